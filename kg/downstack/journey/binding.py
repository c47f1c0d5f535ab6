"""What binds at each layer of a route, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from downstack.journey.catalogue import (
    APPLICATION,
    BATCH,
    CLOUD,
    MODEL,
    PHRASES,
    SILICON,
    SUPPLY,
    TIME,
    TIME_PARTS,
)
from downstack.journey.numbers import Numbers
from downstack.results import JourneyNumber


def binding_of(layer: int, numbers: Numbers, roles: Mapping[str, str | None]) -> str | None:
    """Return the resource that binds at a layer of a route; None where nothing is known to."""
    if layer in TIME_PARTS:
        return slowest(_known(TIME_PARTS[layer], numbers, roles))
    if layer == APPLICATION:
        prompt, whole = (numbers.at(name, roles) for name in ("prefill_time", TIME))
        if prompt is None or whole is None or prompt.value is None or whole.value is None:
            return None
        return "input tokens" if 2.0 * _seconds(prompt) > _seconds(whole) else "output tokens"
    if layer == MODEL:
        read = slowest(_known(("request_weight_read_time", "request_kv_read_time"), numbers, roles))
        return None if read is None else read.removeprefix("memory bandwidth: reading ")
    if layer == CLOUD:
        regime = numbers.regime(BATCH, roles)
        return None if regime is None or regime.base is None else f"requests at a time: {regime.base}"
    if layer == SILICON:
        supply = numbers.at(SUPPLY, roles)
        regime = None if supply is None or supply.value is None else numbers.regime(SUPPLY, roles)
        return None if regime is None or regime.base is None else f"supply: {regime.base}"
    return None


def slowest(parts: Iterable[JourneyNumber]) -> str | None:
    """Return, in words, the part of the time that takes longest; None where all take none, or one is not known."""
    listed = list(parts)
    if not listed or any(item.value is None for item in listed):
        return None
    longest = max(listed, key=_seconds)
    return PHRASES[longest.quantity.id] if _seconds(longest) > 0.0 else None


def all_parts(numbers: Numbers, roles: Mapping[str, str | None]) -> list[JourneyNumber]:
    """Return the parts of the time of a request, over all layers."""
    return _known([name for names in TIME_PARTS.values() for name in names], numbers, roles)


def _known(names: Iterable[str], numbers: Numbers, roles: Mapping[str, str | None]) -> list[JourneyNumber]:
    found = (numbers.at(name, roles) for name in names)
    return [item for item in found if item is not None]


def _seconds(number: JourneyNumber) -> float:
    return seconds(number) or 0.0


def seconds(number: JourneyNumber) -> float | None:
    """Return a time in seconds, whatever unit its quantity is shown in."""
    if number.value is None:
        return None
    return number.value * {"s": 1.0, "ms": 1e-3, "min": 60.0}[number.unit]
