"""Where functions of one factor meet a goal, for many of them at once: a scan, then division of the bracket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.engine.bind import Mask
from downstack.performance.declare import Array

DECADES = 3
"""The factor is sought between 10 to the power of minus this and of plus this."""
POINTS = 241
"""Of the scan: one every six per cent, the middle one exactly 1. Two crossings between neighbours are not seen."""
PARTS, ROUNDS = 33, 9
"""Points into which a bracket is divided, and how often: 32 to the power of 9 is beyond the last digit of a factor."""
EXACT = 1e-12
NEAR = 1e-6
"""A number that is further from the goal than this when the bracket is closed jumps over it."""
STILL = 1e-2
"""Below this elasticity at the end of the scan a number has levelled off."""

Evaluate = Callable[[Array], Array]
"""Factors as rows x columns to values of the same shape; NaN where there is no number."""


@dataclass(frozen=True, slots=True)
class Search:
    """What the search found, one entry a row."""

    factor: Array
    """At the crossing that is nearest to 1; where the goal is not met, at the nearest value. NaN without a number."""
    value: Array
    met: Mask
    crossings: npt.NDArray[np.int64]
    """How often the scan meets the goal."""
    jumps: Mask
    """The number passes the goal without taking its value."""
    bounded: Mask
    """Not met, and there is no number beyond the nearest value."""
    level: Mask
    """Not met, and the number moves no further at the end of the scan."""
    flat: Mask
    """The number does not move at all."""


def search(evaluate: Evaluate, rows: int, goal: float) -> Search:
    """Find the factor at which each row takes the value of the goal, which is above zero."""
    grid = np.linspace(-DECADES, DECADES, POINTS)
    grid[POINTS // 2] = 0.0
    place = np.broadcast_to(grid * np.log(10.0), (rows, POINTS)).copy()
    value = evaluate(np.exp(place))
    edge = _add_edges(evaluate, place, value)
    there = np.isfinite(value)
    sign = _sign(value, goal)
    hit = there & (sign == 0.0)
    crossed = there[:, :-1] & there[:, 1:] & (sign[:, :-1] * sign[:, 1:] < 0.0)
    entered = hit.copy()
    entered[:, 1:] &= ~hit[:, :-1]
    low, high = _nearest_bracket(place, hit, crossed)
    found = np.isfinite(low)
    met_at, met_value = _divide(evaluate, low, high, goal)
    met = found & (np.abs(met_value - goal) <= NEAR * goal)
    best_at, best_value, index = _closest(place, value, goal)
    last = np.clip(index, 1, POINTS - 2)
    each = np.arange(rows)
    at_end = (index == 0) | (index == POINTS - 1)
    with np.errstate(all="ignore"):
        inner = np.log(value[each, last + 1] / value[each, last - 1]) / (place[each, last + 1] - place[each, last - 1])
        spread = np.nanmax(np.where(there, value, -np.inf), axis=1) - np.min(np.where(there, value, np.inf), axis=1)
    missed = ~met & there.any(axis=1)
    jumps = found & ~met & np.isfinite(met_value)
    return Search(
        factor=np.exp(np.where(met | jumps, met_at, best_at)),
        value=np.where(met | jumps, met_value, best_value),
        met=met,
        crossings=np.count_nonzero(crossed, axis=1) + np.count_nonzero(entered, axis=1),
        jumps=jumps,
        bounded=missed & ~jumps & edge[each, index],
        level=missed & ~jumps & (~at_end | (np.abs(inner) < STILL)),
        flat=missed & (spread <= EXACT * goal),
    )


def _sign(value: Array, goal: float) -> Array:
    away = value - goal
    return np.where(np.abs(away) <= EXACT * goal, 0.0, np.sign(away))


def _add_edges(evaluate: Evaluate, place: Array, value: Array) -> Mask:
    """Move the scan's last point without a number on either side to where the numbers begin; return which moved."""
    edge = np.zeros(place.shape, dtype=np.bool_)
    there = np.isfinite(value)
    some = there.any(axis=1)
    for first, step in ((np.argmax(there, axis=1), -1), (POINTS - 1 - np.argmax(there[:, ::-1], axis=1), 1)):
        beyond = first + step
        lanes = np.flatnonzero(some & (beyond >= 0) & (beyond < POINTS))
        if not len(lanes):
            continue
        good, bad = place[np.arange(len(place)), first].copy(), place[np.arange(len(place)), first].copy()
        bad[lanes] = place[lanes, beyond[lanes]]
        for _ in range(ROUNDS):
            points = _points(good, bad)
            gone = ~np.isfinite(evaluate(np.exp(points)))
            index = np.where(gone.any(axis=1), np.maximum(np.argmax(gone, axis=1), 1), 1)
            each = np.arange(len(points))
            good, bad = points[each, index - 1], points[each, index]
        at = evaluate(np.exp(good[:, None]))[:, 0]
        place[lanes, beyond[lanes]], value[lanes, beyond[lanes]] = good[lanes], at[lanes]
        edge[lanes, beyond[lanes]] = np.isfinite(at[lanes])
    return edge


def _points(low: Array, high: Array) -> Array:
    return low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, PARTS)


def _nearest_bracket(place: Array, hit: Mask, crossed: Mask) -> tuple[Array, Array]:
    """Return the ends of the crossing nearest to factor 1, the same twice where a point meets the goal; NaN if none."""
    each = np.arange(len(place))
    size = np.abs(place)
    points = np.where(hit, size, np.inf)
    spans = np.where(crossed, np.minimum(size[:, :-1], size[:, 1:]), np.inf)
    point, span = np.argmin(points, axis=1), np.argmin(spans, axis=1)
    exact = points[each, point] <= spans[each, span]
    low = np.where(exact, place[each, point], place[each, span])
    high = np.where(exact, place[each, point], place[each, span + 1])
    none = ~hit.any(axis=1) & ~crossed.any(axis=1)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def _divide(evaluate: Evaluate, low: Array, high: Array, goal: float) -> tuple[Array, Array]:
    each = np.arange(len(low))
    for _ in range(ROUNDS):
        points = _points(low, high)
        above = evaluate(np.exp(points)) >= goal
        changed = above != above[:, :1]
        index = np.argmax(changed, axis=1)
        # Without a change the bracket is a single point, or has closed to the last digit.
        low, high = points[each, np.maximum(index - 1, 0)], points[each, index]
    ends = np.stack([low, high], axis=1)
    value = evaluate(np.exp(ends))
    better = np.argmin(np.where(np.isfinite(value), np.abs(value - goal), np.inf), axis=1)
    return ends[each, better], value[each, better]


def _closest(place: Array, value: Array, goal: float) -> tuple[Array, Array, npt.NDArray[np.intp]]:
    """Return the point whose value is nearest to the goal; of equal ones, that nearest to factor 1."""
    away = np.where(np.isfinite(value), np.abs(value - goal), np.inf)
    least = away.min(axis=1, keepdims=True)
    equal = away <= least + EXACT * goal
    index = np.argmin(np.where(equal, np.abs(place), np.inf), axis=1)
    each = np.arange(len(place))
    return place[each, index], value[each, index], index
