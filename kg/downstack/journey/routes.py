"""One way for each offering of the accelerator: its seven layers, and the sums that they make."""

from __future__ import annotations

import math
from collections.abc import Mapping

from downstack.graph.knowledge import Knowledge
from downstack.journey.asking import Asked, relations
from downstack.journey.binding import all_parts, binding_of, seconds, slowest
from downstack.journey.catalogue import (
    BATCH,
    COST,
    COST_PARTS,
    ENERGY,
    ENERGY_PARTS,
    NUMBERS,
    TIME,
    TIME_PARTS,
    VALUE_PARTS,
    WHERE_STATED,
)
from downstack.journey.numbers import Numbers
from downstack.results import JourneyNumber, JourneyRoute, JourneyStage

Roles = Mapping[str, str | None]


def routes(knowledge: Knowledge, asked: Asked, numbers: Numbers) -> tuple[JourneyRoute, ...]:
    """Return the routes, the cheapest request first, those without a price last."""
    if asked.accelerator is None:
        return ()
    found = [
        _route(knowledge, asked, numbers, offering, framework)
        for offering in numbers.offerings
        for framework in numbers.frameworks
    ]
    return tuple(sorted(found, key=_order))


def said(number: JourneyNumber, numbers: Numbers, roles: Roles) -> bool:
    """Return whether a number belongs into the answer: see :data:`downstack.journey.catalogue.WHERE_STATED`."""
    behind = WHERE_STATED.get(number.quantity.id)
    if behind is None or number.value is not None:
        return True
    stated = numbers.at(behind, roles)
    return stated is not None and stated.value is not None


def _order(route: JourneyRoute) -> tuple[float, float, str, str]:
    cost, time = (math.inf if item is None or item.value is None else item.value for item in (route.cost, route.time))
    return cost, time, route.offering, route.framework


def _route(knowledge: Knowledge, asked: Asked, numbers: Numbers, offering: str, framework: str) -> JourneyRoute:
    provider = next((item.object for item in relations(knowledge, offering, "offeredBy")), None)
    roles: Roles = {
        "model": asked.model,
        "workload": asked.workload,
        "accelerator": asked.accelerator,
        "offering": offering,
        "provider": provider,
        "framework": framework,
    }
    time = numbers.at(TIME, roles)
    stages = tuple(_stage(knowledge, numbers, roles, layer.number, time) for layer in knowledge.layers)
    return JourneyRoute(
        offering=offering,
        provider=provider,
        accelerator=str(asked.accelerator),
        framework=framework,
        time=time,
        energy=numbers.at(ENERGY, roles),
        cost=numbers.at(COST, roles),
        binding=None if time is None or time.value is None else slowest(all_parts(numbers, roles)),
        stages=stages,
        notes=_notes(numbers, roles),
    )


def _notes(numbers: Numbers, roles: Roles) -> tuple[str, ...]:
    """Say where the reference load is more than the copy of the model serves in time."""
    said = []
    for asked, given, text in (
        ("concurrent_sequences", BATCH, "the load holds {0:.3g} requests at a time, this serves {1:.3g} at its target"),
        ("time_per_output_token", "time_per_output_token_target", "a token takes {0:.3g} ms, the target is {1:.3g} ms"),
    ):
        pair = [numbers.at(name, roles) for name in (asked, given)]
        values = [item.value for item in pair if item is not None and item.value is not None]
        if len(values) == 2 and values[0] > values[1]:
            said.append(text.format(*values))
    return tuple(said)


def _stage(
    knowledge: Knowledge, numbers: Numbers, roles: Roles, layer: int, whole: JourneyNumber | None
) -> JourneyStage:
    parts = _found(TIME_PARTS.get(layer, ()), numbers, roles)
    times = [seconds(item) for item in parts]
    known = [value for value in times if value is not None]
    time = sum(known) if parts and len(known) == len(parts) else None
    total = None if whole is None else whole.value
    energies, costs = (_found(group.get(layer, ()), numbers, roles) for group in (ENERGY_PARTS, COST_PARTS))
    others = [name for name in NUMBERS.get(layer, ()) if numbers.depends_on_cloud(name)]
    return JourneyStage(
        layer=next(item for item in knowledge.layers if item.number == layer),
        time=time,
        time_share=None if time is None or not total else time / total,
        time_parts=parts,
        energy_parts=energies,
        cost_parts=costs,
        value_parts=_found(VALUE_PARTS.get(layer, ()), numbers, roles),
        binding=binding_of(layer, numbers, roles),
        numbers=tuple(item for item in _found(others, numbers, roles) if said(item, numbers, roles)),
    )


def _found(names: tuple[str, ...] | list[str], numbers: Numbers, roles: Roles) -> tuple[JourneyNumber, ...]:
    found = (numbers.at(name, roles) for name in names)
    return tuple(item for item in found if item is not None)
