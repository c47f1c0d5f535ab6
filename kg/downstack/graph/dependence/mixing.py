"""A part of a whole from several parts with weights, where weights and parts are intervals or unknown."""

from __future__ import annotations

from collections.abc import Sequence

from downstack.results.dependencies import ShareInterval

ALL = ShareInterval(1.0, 1.0, 1.0)
NONE = ShareInterval(0.0, 0.0, 0.0)
SAME = 1e-9
"""Ends that are nearer than this are one value: what is unknown makes no difference."""


def mix(weights: Sequence[ShareInterval | None], parts: Sequence[ShareInterval], *, other: bool) -> ShareInterval:
    """Return the weighted mean of some parts.

    Parameters
    ----------
    weights
        Of each part, in any unit that they share; None where nobody publishes it. A single part needs none.
    parts
        What each contributes, between 0 and 1.
    other
        True when something else contributes nothing, to an unknown weight.

    Examples
    --------
    >>> mix([ShareInterval(3.0, 3.0, 3.0), ShareInterval(1.0, 1.0, 1.0)], [ALL, NONE], other=False)
    ShareInterval(value=0.75, low=0.75, high=0.75)
    >>> mix([None, None], [ALL, NONE], other=False)
    ShareInterval(value=None, low=0.0, high=1.0)
    """
    known = [(weight, part) for weight, part in zip(weights, parts, strict=True) if weight is not None]
    loose = [part for weight, part in zip(weights, parts, strict=True) if weight is None]
    if known:
        loose.append(_mean([weight for weight, _ in known], [part for _, part in known]))
    if other:
        loose.append(NONE)
    if len(loose) == 1:
        return loose[0]
    low, high = min(item.low for item in loose), max(item.high for item in loose)
    same = high - low <= SAME
    return ShareInterval(loose[0].value if same else None, low, high)


def times(first: ShareInterval, second: ShareInterval) -> ShareInterval:
    """Return the part of a part."""
    value = None if first.value is None or second.value is None else first.value * second.value
    return ShareInterval(value, first.low * second.low, first.high * second.high)


def weight_shares(weights: Sequence[ShareInterval | None], *, other: bool) -> list[ShareInterval]:
    """Return the part of the whole that each weight is."""
    count = range(len(weights))
    return [mix(weights, [ALL if place == here else NONE for place in count], other=other) for here in count]


def largest(parts: Sequence[ShareInterval]) -> ShareInterval:
    """Return the largest of several parts, each of which stops the whole by itself."""
    low, high = max(item.low for item in parts), max(item.high for item in parts)
    known = max((item.value for item in parts if item.value is not None), default=None)
    # A part that nobody publishes matters unless a known one is at least as large as it can be.
    unclear = max((item.high for item in parts if item.value is None), default=0.0)
    return ShareInterval(known if known is not None and known >= unclear else None, low, high)


def _mean(weights: Sequence[ShareInterval], parts: Sequence[ShareInterval]) -> ShareInterval:
    values = [part.value for part in parts]
    stated = [weight.value for weight in weights]
    value = None
    if all(item is not None for item in (*values, *stated)):
        total = sum(item for item in stated if item is not None)
        pairs = zip(stated, values, strict=True)
        value = sum(weight * part for weight, part in pairs if weight is not None and part is not None) / total
    low = _extreme(weights, [part.low for part in parts], least=True)
    high = _extreme(weights, [part.high for part in parts], least=False)
    return ShareInterval(value, low, high)


def _extreme(weights: Sequence[ShareInterval], parts: Sequence[float], *, least: bool) -> float:
    """Return the smallest or largest mean: the extreme parts weigh as much as they can, the others as little."""
    order = sorted(range(len(parts)), key=lambda place: parts[place] if least else -parts[place])
    found: list[float] = []
    for count in range(len(order) + 1):
        heavy = set(order[:count])
        chosen = [weights[place].high if place in heavy else weights[place].low for place in range(len(parts))]
        total = sum(chosen)
        if total > 0.0:
            found.append(sum(weight * part for weight, part in zip(chosen, parts, strict=True)) / total)
    return min(found) if least else max(found)
