"""How sure an answer is: base and scenario are evaluated on the same draws of the uncertain facts.

What varies is the facts that have a range, together as their correlation groups say, and the functions that declare an
error of their own. All other facts are taken as exact: an answer says how many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from downstack.engine.bind import Mask, Rows
from downstack.engine.changes import Intervention
from downstack.engine.dependence import Widest, widest
from downstack.engine.engine import Engine
from downstack.engine.percentiles import Percentiles, percentiles, share_of
from downstack.engine.plan import Plan
from downstack.engine.sampler import BLOCK_BYTES, Progress, Sampler
from downstack.engine.sampling import run_sampled
from downstack.engine.switches import switches
from downstack.performance.declare import Array
from downstack.results import Band

_ROUNDING = 1e-12
"""A ratio this close to one is the rounding of two formulas that cancel, neither a rise nor a fall."""


@dataclass(frozen=True, slots=True)
class BandColumns:
    """The bands of one target, one number a row; NaN where fewer than half of the samples have a number."""

    p10: Array
    p50: Array
    p90: Array
    rise: Array
    """Share of the samples in which the scenario is above the base."""
    fall: Array
    """Share of the samples in which it is below."""
    switch: Array
    """Share of the samples in which something else binds on the way to the target; NaN where nothing ever binds."""
    samples: npt.NDArray[np.int64]
    """The samples with a number at the base and in the scenario, which the shares and percentiles are of."""
    widest: Widest | None = None
    """What an unknown correlation could make of it; None where all correlations are known."""

    def band(self, row: int) -> Band | None:
        """Return the band of one row, or None where base or scenario have no number in half of the samples."""
        if np.isnan(self.p50[row]):
            return None
        rise, fall = float(self.rise[row]), float(self.fall[row])
        return Band(
            p10=float(self.p10[row]),
            p50=float(self.p50[row]),
            p90=float(self.p90[row]),
            probability_of_rise=rise,
            probability_of_fall=fall,
            probability_unchanged=max(0.0, 1.0 - rise - fall),
            probability_of_switch=_or_none(self.switch[row]),
            samples=int(self.samples[row]),
            widest_p10=None if self.widest is None else _or_none(self.widest.p10[row]),
            widest_p90=None if self.widest is None else _or_none(self.widest.p90[row]),
        )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


@dataclass(frozen=True, slots=True)
class Bands(Mapping[str, BandColumns]):
    """The bands of a question by target."""

    columns: Mapping[str, BandColumns]
    places: Mapping[str, Rows] = field(default_factory=dict)
    """Per target: where the bands of the rows are, -1 for rows without one; empty when every row has its own."""

    def __getitem__(self, target: str) -> BandColumns:
        return self.columns[target]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def band(self, target: str, row: int) -> Band | None:
        """Return the band of one effect, or None where base or scenario have no number in half of the samples."""
        place = int(self.places[target][row]) if self.places else row
        return None if place < 0 else self.columns[target].band(place)

    def over(self, plan: Plan, narrower: Plan) -> Bands:
        """Return the same bands by the rows of the plan that they were narrowed from."""
        if plan is narrower:
            return self
        return Bands(
            self.columns,
            {target: plan.binding.within(narrower.binding, plan.by_quantity[target].key) for target in self.columns},
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
    sampler = Sampler(engine, plan, samples, seed, block_bytes=block_bytes, progress=progress)
    sampler.check()
    switched = {target: np.zeros(plan.by_quantity[target].rows) for target in targets}
    binds: dict[str, Mask] = {target: np.zeros(plan.by_quantity[target].rows, dtype=np.bool_) for target in targets}

    def ratios(sampled: Plan, width: int) -> dict[str, Array]:
        base, scenario = run_sampled(engine, sampled, changes)
        found = {target: ratio_of(base.values[target], scenario.values[target]) for target in targets}
        other, limited = switches(sampled, base, scenario)
        for target, ratio in found.items():
            counted = np.broadcast_to(other[target] & ~np.isnan(ratio), (len(ratio), width))
            switched[target] += counted.sum(axis=1)
            binds[target] |= limited[target]
        return found

    independent: dict[str, Percentiles] = {}
    columns: dict[str, BandColumns] = {}
    for target, values in sampler.collect(ratios).items():
        columns[target], independent[target] = _column(values, switched[target], binds[target], samples)
    # It measures again, and goes on counting: the shares of switches are taken before.
    bounds = widest(sampler, ratios, lambda raw: raw.items(), independent)
    return Bands({target: replace(column, widest=bounds.get(target)) for target, column in columns.items()})


def _column(values: Array, switched: Array, binds: Mask, samples: int) -> tuple[BandColumns, Percentiles]:
    rise, fall = share_of(values > 1.0 + _ROUNDING, values), share_of(values < 1.0 - _ROUNDING, values)
    found = percentiles(values, samples)
    with np.errstate(invalid="ignore", divide="ignore"):
        switch = np.where(binds & ~np.isnan(found.p50), switched / found.counts, np.nan)
    return BandColumns(found.p10, found.p50, found.p90, rise, fall, switch, found.counts), found


def ratio_of(base: Array, scenario: Array) -> Array:
    """Return scenario over base; NaN where there is no number, or where the base is not positive and it means nothing."""
    with np.errstate(all="ignore"):
        ratio = scenario / base
    result: Array = np.where(np.isfinite(ratio) & (base > 0.0), ratio, np.nan)
    return result
