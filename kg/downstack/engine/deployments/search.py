"""Going through the space block by block: what is excluded and why, and what is best of the rest.

What does not depend on the batch is computed once for all batches; a combination that fails there fails at every batch and
is counted so. Memory stays bounded: a block is thrown away when the next one begins.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from downstack.deadline import checkpoint
from downstack.engine.bind import Mask, Rows
from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, Codes
from downstack.engine.deployments.evaluate import Numbers, Origins, evaluate, gravest
from downstack.engine.deployments.pareto import front, unbeaten
from downstack.engine.deployments.setting import (
    BATCH,
    COST,
    ENERGY,
    PRICE,
    RATE,
    THROUGHPUT,
    TPOT,
    TTFT,
    Objective,
    Setting,
)
from downstack.performance.declare import Array

BLOCK = 32_768
"""Configurations that are evaluated together: few enough that their arrays stay in the cache."""
CHUNK = 65_536
"""Combinations without batch that are evaluated together."""
KEPT = 1_000
"""Deployments that are kept when they are ordered by one objective."""

SLOW_TOKEN = "slower between tokens than the limit"
SLOW_START = "slower to the first token than the limit"
TOO_DEAR = "above the budget"
NO_PRICE = "no price, so that the budget cannot be held against it"

Progress = Callable[[int, int], None]
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(slots=True)
class Found:
    """What the search has found so far."""

    counts: dict[str, int] = field(default_factory=dict)
    """Excluded configurations by the first thing that excludes them."""
    codes: dict[str, int] = field(default_factory=dict)
    """The status code that each of these gives; limits give none."""
    feasible: int = 0
    unpriced: int = 0
    extrapolated: int = 0
    evaluated: int = 0
    """Configurations that went through all formulas; the others failed for all batches at once."""
    best: dict[str, float] = field(default_factory=dict)
    """The lowest value of each limited quantity among what can be deployed at all."""
    priced: Kept = field(default_factory=lambda: Kept())
    free: Kept = field(default_factory=lambda: Kept())
    """What is kept of the configurations without a price, when objectives need one."""
    elapsed: float = 0.0

    def exclude(self, cause: str, number: int, code: int | None = None) -> None:
        """Count configurations that one thing excludes."""
        if number:
            self.counts[cause] = self.counts.get(cause, 0) + number
            if code is not None:
                self.codes[cause] = code


@dataclass(slots=True)
class Kept:
    """The best configurations so far, with the two objectives they are judged by."""

    places: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    first: Array = field(default_factory=lambda: np.zeros(0))
    second: Array = field(default_factory=lambda: np.zeros(0))

    def take_front(self, places: Rows, first: Array, second: Array) -> None:
        """Keep what nothing beats, of what was kept and what is new."""
        some = unbeaten(first, second, self.first, self.second)
        self._choose(places[some], first[some], second[some], front)

    def take_best(self, places: Rows, first: Array, second: Array) -> None:
        """Keep the lowest in the first objective, the second deciding between equals."""
        if len(self.first) >= KEPT:
            some = np.flatnonzero(first <= self.first[-1])
            places, first, second = places[some], first[some], second[some]
        self._choose(places, first, second, _lowest)

    def _choose(self, places: Rows, first: Array, second: Array, chosen: Callable[[Array, Array], Rows]) -> None:
        if not len(places):
            return
        all_places = np.concatenate((self.places, places))
        all_first, all_second = np.concatenate((self.first, first)), np.concatenate((self.second, second))
        stay = chosen(all_first, all_second)
        self.places, self.first, self.second = all_places[stay], all_first[stay], all_second[stay]


def _lowest(first: Array, second: Array) -> Rows:
    known = np.flatnonzero(np.isfinite(first))
    return known[np.lexsort((np.nan_to_num(second[known], nan=np.inf), first[known]))][:KEPT]


def search(setting: Setting, progress: Progress | None = None) -> Found:
    """Evaluate the whole space of a question."""
    started = time.perf_counter()
    found = Found()
    platforms, layouts, weights, caches, _ = setting.space.shape
    step = max(1, CHUNK // max(1, layouts * weights * caches))
    for first in range(0, platforms, step):
        last = min(first + step, platforms)
        _chunk(setting, found, first, last)
        if progress is not None:
            progress(last * (setting.space.size // platforms), setting.space.size)
    found.elapsed = time.perf_counter() - started
    return found


def _chunk(setting: Setting, found: Found, first: int, last: int) -> None:
    """Evaluate some platforms: first what all batches share, then the rest in blocks."""
    checkpoint()
    known = {name: _slice(item, first, last) for name, item in setting.known.items()}
    evaluate(setting.shared, known, setting.causes)
    _, layouts, weights, caches, batches = setting.space.shape
    shape = (last - first, layouts, weights, caches, 1)
    code, origin = gravest([known[RATE], *(known[name] for name in _needed(setting))])
    alive = np.arange(int(np.prod(shape)))
    if code is not None and origin is not None:
        dead = np.broadcast_to(code >= INFEASIBLE, shape).reshape(-1)
        codes, origins = np.broadcast_to(code, shape).reshape(-1), np.broadcast_to(origin, shape).reshape(-1)
        _count(setting, found, codes[dead], origins[dead], batches)
        alive = np.flatnonzero(~dead)
    names = {item.name for function in setting.batched for item in function.inputs} & known.keys()
    flat = {name: _flatten(known[name], shape, alive) for name in (*names, PRICE) if name != BATCH}
    flat[BATCH] = Numbers(known[BATCH].value.reshape(1, -1))
    offset = first * layouts * weights * caches
    rows = max(1, BLOCK // batches)
    for start in range(0, len(alive), rows):
        part = slice(start, start + rows)
        block = {name: _rows(item, part) for name, item in flat.items()}
        _block(setting, found, block, (alive[part] + offset) * batches)


def _needed(setting: Setting) -> list[str]:
    """Return what all configurations need of what their batches share, in the order in which it is blamed."""
    inputs: dict[str, None] = {}
    producers = {item.returns: item for item in setting.batched}
    waiting = [TTFT, TPOT, *setting.checks]
    while waiting:
        function = producers.get(waiting.pop())
        for item in () if function is None else function.inputs:
            if item.name in producers:
                waiting.append(item.name)
            elif not item.optional and item.name != BATCH:
                inputs.setdefault(item.name)
    return [*(name for name in setting.checks if name not in producers), *sorted(inputs)]


def _count(setting: Setting, found: Found, codes: Codes, origins: Origins, times: int) -> None:
    """Count failed combinations by cause; one cause always gives one code."""
    causes, firsts, numbers = np.unique(origins, return_index=True, return_counts=True)
    for cause, first, number in zip(causes, firsts, numbers, strict=True):
        found.exclude(setting.causes.texts[int(cause)], int(number) * times, int(codes[first]))


def _slice(item: Numbers, first: int, last: int) -> Numbers:
    def cut(array: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        return array[first:last] if array.shape[0] > 1 else array

    if item.code is None or item.origin is None:
        return Numbers(cut(item.value))
    return Numbers(cut(item.value), cut(item.code), cut(item.origin))


def _flatten(item: Numbers, shape: tuple[int, ...], alive: Rows) -> Numbers:
    def flat(array: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        if array.size == 1:
            return array.reshape(1, 1)
        return np.broadcast_to(array, shape).reshape(-1)[alive].reshape(-1, 1)

    value = flat(item.value)
    if item.code is None or item.origin is None:
        return Numbers(value)
    code = flat(item.code)
    if not code.any():
        return Numbers(value)
    return Numbers(value, code, flat(item.origin))


def _rows(item: Numbers, part: slice) -> Numbers:
    def cut(array: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        return array[part] if len(array) > 1 else array

    if item.code is None or item.origin is None:
        return Numbers(cut(item.value))
    return Numbers(cut(item.value), cut(item.code), cut(item.origin))


def _block(setting: Setting, found: Found, known: dict[str, Numbers], offsets: Rows) -> None:
    """Evaluate one block of combinations x batches, count what it excludes and keep the best."""
    checkpoint()
    evaluate(setting.batched, known, setting.causes)
    shape = (len(offsets), len(setting.space.batches))
    found.evaluated += shape[0] * shape[1]
    targets = [known[name] for name in (*setting.checks, TPOT, TTFT) if name in known]
    code, origin = gravest(targets)
    stays: Mask = np.ones(shape, dtype=np.bool_)
    if code is not None and origin is not None:
        fails = np.broadcast_to(code >= INFEASIBLE, shape)
        _count(setting, found, np.broadcast_to(code, shape)[fails], np.broadcast_to(origin, shape)[fails], 1)
        stays &= ~fails
    tpot, ttft = (np.broadcast_to(known[name].value, shape) for name in (TPOT, TTFT))
    stays = _limit(setting, found, known, stays, tpot, ttft)
    number = int(np.count_nonzero(stays))
    if not number:
        return
    found.feasible += number
    if code is not None:
        found.extrapolated += int(np.count_nonzero(np.broadcast_to(code == EXTRAPOLATED, shape) & stays))
    places = np.flatnonzero(stays.reshape(-1))
    rows, columns = np.divmod(places, shape[1])
    _keep(setting, found, known, shape, places, offsets[rows] + columns)


def _limit(setting: Setting, found: Found, known: dict[str, Numbers], stays: Mask, tpot: Array, ttft: Array) -> Mask:
    limits = setting.asked.limits
    price = np.broadcast_to(known[PRICE].value, stays.shape)
    for limit, value, cause in (
        (limits.time_per_output_token, tpot, SLOW_TOKEN),
        (limits.time_to_first_token, ttft, SLOW_START),
        (limits.price, price, TOO_DEAR),
    ):
        if limit is None:
            continue
        lowest = float(np.min(value, initial=np.inf, where=stays & (value == value)))
        found.best[cause] = min(found.best.get(cause, np.inf), lowest)
        if cause == TOO_DEAR:
            unknown = stays & np.isnan(value)
            found.exclude(NO_PRICE, int(np.count_nonzero(unknown)))
            stays = stays & ~unknown
        over = stays & (value > limit)
        found.exclude(cause, int(np.count_nonzero(over)))
        stays = stays & ~over
    return stays


def _keep(
    setting: Setting, found: Found, known: dict[str, Numbers], shape: tuple[int, int], places: Rows, configuration: Rows
) -> None:
    def of(quantity: str) -> Array:
        return np.broadcast_to(known[quantity].value, shape).reshape(-1)[places]

    cost, tpot = of(COST), of(TPOT)
    priced = np.isfinite(cost)
    found.unpriced += len(places) - int(np.count_nonzero(priced))
    objective = setting.asked.objective
    if objective in (Objective.PARETO, Objective.COST):
        keep = Kept.take_front if objective is Objective.PARETO else Kept.take_best
        keep(found.priced, configuration[priced], cost[priced], tpot[priced])
        if not priced.all():
            slow = -of(THROUGHPUT)
            keep(found.free, configuration[~priced], slow[~priced], tpot[~priced])
        return
    first = {
        Objective.LATENCY: lambda: tpot,
        Objective.FIRST_TOKEN: lambda: of(TTFT),
        Objective.THROUGHPUT: lambda: -of(THROUGHPUT),
        Objective.ENERGY: lambda: of(ENERGY),
    }[objective]()
    found.priced.take_best(configuration, first, cost)
