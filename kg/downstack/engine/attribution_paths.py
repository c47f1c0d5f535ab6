"""The largest single ways from a change to an effect, without walking all of them: there may be billions."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from downstack.deadline import checkpoint
from downstack.performance.declare import Array

EXPANSIONS = 2_000
"""Partial paths that are looked at in order of promise; after that, the most promising are finished as they stand."""

ROUNDING = 4.0 * float(np.finfo(np.float64).eps)
"""A quantity that moves by no more than this, relative to itself, stands still."""

Path = tuple[tuple[str, ...], float]
"""The quantities from the change to the effect, and what came along them."""


@dataclass(frozen=True, slots=True)
class Split:
    """How the change of one quantity divides over what moves it, segment by segment."""

    quantity: str
    function: str
    sources: tuple[str, ...]
    """The inputs that move; the quantity itself stands for a change that is made to it directly."""
    parts: Array
    """Sources x segments: what each contributes, in the unit of the quantity."""
    multipliers: Array
    """Sources x segments: the parts per unit of change of the source, or the part itself where a path begins."""
    begins: tuple[bool, ...]
    """Per source: whether a path begins with it, because nothing before it moves."""


@dataclass(frozen=True, slots=True, order=True)
class _Way:
    """The tail of a path: from some quantity to the effect, with room for the best that can come before it."""

    rank: tuple[float, int, int]
    """The bound with its sign turned (what comes first in a heap), then longer before shorter, then in order."""
    steps: tuple[str, ...]
    weight: Array
    """Per segment: the effect per unit of change of the first step; of a finished path, the contributions."""
    finished: bool


def largest_paths(splits: Mapping[str, Split], target: str, top: int) -> tuple[tuple[Path, ...], bool]:
    """Find the paths with the largest contributions, and whether these are all that contribute.

    The search starts at the effect and always extends the tail with the largest bound, so that the paths are exact and
    come in order of size unless :data:`EXPANSIONS` is reached first.

    Parameters
    ----------
    splits
        The quantities between change and effect, inputs before outputs.
    target
        The quantity of the effect.
    top
        How many paths to find.
    """
    bounds = _bounds(splits)
    count = splits[target].parts.shape[1]
    heap = [_Way((-np.inf, 0, 0), (target,), np.ones(count), finished=False)]
    found: list[_Way] = []
    made = 0
    for _ in range(EXPANSIONS):
        if not heap or len(found) == top:
            break
        checkpoint()
        way = heapq.heappop(heap)
        if way.finished:
            found.append(way)
            continue
        for item in _extend(splits[way.steps[0]], bounds[way.steps[0]], way, made):
            heapq.heappush(heap, item)
        made += len(splits[way.steps[0]].sources)
    complete = not heap
    if heap and len(found) < top:
        found += [_finish(splits, bounds, way) for way in heapq.nsmallest(top - len(found), heap)]
    paths = [(way.steps, float(way.weight.sum())) for way in found]
    return tuple(sorted(paths, key=lambda path: -abs(path[1]))), complete


def _bounds(splits: Mapping[str, Split]) -> dict[str, Array]:
    """Return, per quantity, the largest contribution that any one path through each source can bring, by segment."""
    bounds: dict[str, Array] = {}
    for name, split in splits.items():
        room = np.abs(split.multipliers)
        for index, (source, begins) in enumerate(zip(split.sources, split.begins, strict=True)):
            if not begins:
                room[index] *= bounds[source].max(axis=0)
        bounds[name] = room
    return bounds


def _extend(split: Split, room: Array, way: _Way, made: int) -> list[_Way]:
    """Return the tails that are one step longer, without those along which nothing can come."""
    weights = split.multipliers * way.weight
    limits = (room @ np.abs(way.weight)).tolist()
    depth = len(way.steps) + 1
    longer = []
    for index, (source, begins) in enumerate(zip(split.sources, split.begins, strict=True)):
        weight = weights[index]
        limit = abs(float(weight.sum())) if begins else limits[index]
        if limit == 0.0:
            continue
        steps = way.steps if source == split.quantity else (source, *way.steps)
        longer.append(_Way((-limit, -depth, made + index), steps, weight, begins))
    return longer


def _finish(splits: Mapping[str, Split], bounds: Mapping[str, Array], way: _Way) -> _Way:
    """Follow the most promising source until the path is whole."""
    while not way.finished:
        split, room = splits[way.steps[0]], bounds[way.steps[0]]
        ahead = _extend(split, room, way, 0)
        if not ahead:
            return _Way(way.rank, way.steps, np.zeros_like(way.weight), finished=True)
        way = min(ahead)
    return way


def per_unit(part: Array, value: Array) -> Array:
    """Return a part per unit of change of its source.

    Where the source ends a segment as it began it, what it hands on is nothing at any rate: the rate of the segment
    before (at the beginning, of the first one that moves) keeps inflow equal to outflow.
    """
    change = np.diff(value)
    moved = np.abs(change) > ROUNDING * np.abs(value).max()
    if not moved.any():
        moved = change != 0.0
    last = np.maximum.accumulate(np.where(moved, np.arange(len(change)), int(np.argmax(moved))))
    filled: Array = part[last] / change[last]
    return filled
