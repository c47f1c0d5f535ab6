"""How sure an answer is: base and scenario are evaluated on the same draws of the uncertain facts.

What the answer knows of uncertainty is the intervals of the facts. They vary independently of each other: constants that
were fitted together, where one being too high goes with another being too low, make a band wider than it is. What the
formulas leave out does not vary, and makes it narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.engine.bind import Mask
from downstack.engine.changes import Intervention
from downstack.engine.engine import Engine
from downstack.engine.plan import Plan
from downstack.engine.run import Outcome
from downstack.engine.sampling import (
    MAX_SAMPLES,
    check_samples,
    draws,
    interval_of,
    quantile,
    run_sampled,
    sampled_plan,
    varying_facts,
)
from downstack.engine.variance import variance_shares
from downstack.errors import UserInputError
from downstack.performance.declare import Array
from downstack.results import Band

Progress = Callable[[int, int], None]
"""What is told how much is done, of how much."""

MAX_WORK = 200_000_000
"""Numbers that one question may compute: samples times the rows of all steps that vary."""
MAX_KEPT = 8_000_000
"""Ratios that one question may keep until their percentiles are taken (64 MB)."""
BLOCK_BYTES = 64_000_000
_NUMBER_BYTES = 32
"""What one number of one run holds in a block: value, formula value, status, regime, and the temporaries of a formula."""
_ROUNDING = 1e-12
"""A ratio this close above one is the rounding of two formulas that cancel, not a rise."""

__all__ = [
    "MAX_SAMPLES",
    "BandColumns",
    "Bands",
    "bands",
    "check_samples",
    "draws",
    "interval_of",
    "quantile",
    "sampled_plan",
    "variance_shares",
]


@dataclass(frozen=True, slots=True)
class BandColumns:
    """The bands of one target, one number a row; NaN where fewer than half of the samples have a number."""

    p10: Array
    p50: Array
    p90: Array
    rise: Array
    """Share of the samples in which the scenario is above the base."""
    switch: Array
    """Share of the samples in which something else binds on the way to the target; NaN where nothing ever binds."""
    samples: npt.NDArray[np.int64]
    """The samples with a number at the base and in the scenario, which the shares and percentiles are of."""


@dataclass(frozen=True, slots=True)
class Bands(Mapping[str, BandColumns]):
    """The bands of a question by target."""

    columns: Mapping[str, BandColumns]

    def __getitem__(self, target: str) -> BandColumns:
        return self.columns[target]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def band(self, target: str, row: int) -> Band | None:
        """Return the band of one effect, or None where base or scenario have no number in half of the samples."""
        found = self.columns[target]
        if np.isnan(found.p50[row]):
            return None
        switch = float(found.switch[row])
        return Band(
            p10=float(found.p10[row]),
            p50=float(found.p50[row]),
            p90=float(found.p90[row]),
            probability_of_rise=float(found.rise[row]),
            probability_of_switch=None if np.isnan(switch) else switch,
            samples=int(found.samples[row]),
        )


def bands(
    engine: Engine,
    plan: Plan,
    changes: tuple[Intervention, ...],
    targets: Sequence[str],
    samples: int,
    seed: int = 0,
    block_bytes: int = BLOCK_BYTES,
    progress: Progress | None = None,
) -> Bands:
    """Evaluate base and scenario on the same draws and say how the ratio of each target is spread.

    `progress` is told, block by block, how many of how many samples are done.

    Raises
    ------
    UserInputError
        If there are more samples than one question may have, for any question or for one of this many rows.
    """
    check_samples(samples)
    wide = _wide(engine, plan)
    per_sample = sum(plan.by_quantity[name].rows for name in wide)
    if per_sample * samples > MAX_WORK:
        raise _too_many(samples, MAX_WORK // per_sample)
    block = max(1, min(samples, block_bytes // (2 * _NUMBER_BYTES * max(1, per_sample))))
    ratios: dict[str, Array] = {}
    switched = {target: np.zeros(plan.by_quantity[target].rows) for target in targets}
    binds: dict[str, Mask] = {target: np.zeros(plan.by_quantity[target].rows, dtype=np.bool_) for target in targets}
    for start in range(0, samples, block):
        width = min(block, samples - start)
        base, scenario = run_sampled(engine, sampled_plan(plan, samples, seed, start, start + width), changes)
        if not start:
            ratios = _room(base, scenario, targets, samples)
        other, limited = _switches(plan, base, scenario)
        for target in targets:
            with np.errstate(all="ignore"):
                ratio = scenario.values[target] / base.values[target]
            # A ratio to nothing, or to a shortfall, means nothing.
            ratio = np.where(np.isfinite(ratio) & (base.values[target] > 0.0), ratio, np.nan)
            ratios[target][:, start : start + width] = ratio
            counted = np.broadcast_to(other[target] & ~np.isnan(ratio), (len(ratio), width))
            switched[target] += counted.sum(axis=1)
            binds[target] |= limited[target]
        if progress is not None:
            progress(start + width, samples)
    return Bands({target: _summary(ratios[target], switched[target], binds[target], samples) for target in targets})


def _too_many(samples: int, possible: int) -> UserInputError:
    hint = "narrow the question with where, or name fewer targets"
    return UserInputError(
        f"{samples} samples are too many for the combinations of this question",
        field="samples",
        hint=f"{hint}; as it is, at most {possible} fit" if possible else hint,
    )


def _wide(engine: Engine, plan: Plan) -> frozenset[str]:
    """Return the quantities whose values can vary from sample to sample."""
    return engine.schema.descendants(step.quantity for step in plan.steps if varying_facts(plan, step)) & set(
        plan.by_quantity
    )


def _room(base: Outcome, scenario: Outcome, targets: Sequence[str], samples: int) -> dict[str, Array]:
    """Return empty arrays for the ratios; a target that no uncertain fact reaches has one column, however many samples."""
    shapes = {}
    for target in targets:
        before, after = base.values[target], scenario.values[target]
        shapes[target] = (len(before), samples if max(before.shape[1], after.shape[1]) > 1 else 1)
    rows = sum(count for count, width in shapes.values() if width > 1)
    if rows * samples > MAX_KEPT:
        raise _too_many(samples, MAX_KEPT // rows)
    return {target: np.full(shape, np.nan) for target, shape in shapes.items()}


def _switches(plan: Plan, base: Outcome, scenario: Outcome) -> tuple[dict[str, Mask], dict[str, Mask]]:
    """Return, per quantity, where something else binds in it or on the way to it, and which rows have a limit at all."""
    other: dict[str, Mask] = {}
    limited: dict[str, Mask] = {}
    looped = {name for loop in plan.loops for name in loop.members}
    for name in looped:
        count = plan.by_quantity[name].rows
        other[name], limited[name] = np.zeros((count, 1), dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    # Round a loop once more for every tear, so that each member has heard of all others.
    rounds = 1 + max((len(loop.tears) for loop in plan.loops), default=0)
    for step in plan.steps * rounds:
        before, after = base.regimes.get(step.quantity), scenario.regimes.get(step.quantity)
        switched: Mask = np.zeros((step.rows, 1), dtype=np.bool_)
        limit: Mask = np.zeros(step.rows, dtype=np.bool_)
        if before is not None and after is not None:
            switched = (before != after) & (before >= 0) & (after >= 0)
            limit = np.asarray(((before >= 0) | (after >= 0)).any(axis=1))
        for variant in step.variants:
            rows = np.arange(step.rows) if variant.rows is None else variant.rows
            for name, index, _ in variant.gathers:
                if not len(limited[name]) or not bool(limited[name].any()):
                    continue
                places = rows if index is None else index
                reached = (places >= 0) & limited[name][places]
                limit[rows[reached]] = True
                if bool(other[name].any()):
                    grown = np.broadcast_to(
                        switched, np.broadcast_shapes(switched.shape, (step.rows, other[name].shape[1]))
                    )
                    switched = grown.copy()
                    switched[rows[reached]] |= other[name][places[reached]]
        other[step.quantity], limited[step.quantity] = switched, limit
    return other, limited


def _summary(ratios: Array, switched: Array, binds: Mask, samples: int) -> BandColumns:
    """Take the percentiles and shares of each row; sorts the ratios in place, the missing ones last."""
    weight = samples if ratios.shape[1] == 1 else 1
    found = (~np.isnan(ratios)).sum(axis=1)
    counts = found * weight
    enough = 2 * counts >= samples
    with np.errstate(invalid="ignore", divide="ignore"):
        rise = np.where(enough, (ratios > 1.0 + _ROUNDING).sum(axis=1) / found, np.nan)
        switch = np.where(enough & binds, switched / counts, np.nan)
    ratios.sort(axis=1)
    rows = np.arange(len(ratios))

    def percentile(level: float) -> Array:
        place = level * np.maximum(found - 1, 0)
        low, high = ratios[rows, np.floor(place).astype(np.int64)], ratios[rows, np.ceil(place).astype(np.int64)]
        # The minimum keeps the rounding of the interpolation from passing the larger neighbour.
        return np.where(enough, np.minimum(low + (high - low) * (place % 1.0), high), np.nan)

    return BandColumns(percentile(0.1), percentile(0.5), percentile(0.9), rise, switch, counts)
