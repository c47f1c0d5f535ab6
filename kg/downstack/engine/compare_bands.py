"""How sure a comparison is: base and all scenarios on the same draws, so that what they share cancels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from downstack.engine.bind import Mask, Rows
from downstack.engine.changes import Intervention
from downstack.engine.dependence import widest
from downstack.engine.engine import Engine
from downstack.engine.percentiles import Percentiles, percentiles, share_of
from downstack.engine.plan import Plan
from downstack.engine.run import run
from downstack.engine.sampler import BLOCK_BYTES, Sampler
from downstack.engine.sampling import run_scenario
from downstack.engine.switches import switches
from downstack.engine.uncertainty import BandColumns, ratio_of
from downstack.errors import UserInputError
from downstack.performance.declare import Array

MAX_SAMPLED_SCENARIOS = 10
"""Every pair of scenarios has a band, so that their number grows with the square."""
_ROUNDING = 1e-12
"""Numbers that differ by less than this part of them are the same, but for the rounding of factors that cancel."""

Pair = tuple[int, int]


class ComparisonBands:
    """The bands of the ratios of some scenarios to their base and of their differences, by target.

    Numbers are in base units. The rows of a target are those that were asked for, in their order.
    """

    def __init__(
        self, ratios: Mapping[tuple[str, int], BandColumns], pairs: Mapping[tuple[str, Pair], BandColumns]
    ) -> None:
        self.ratios = ratios
        self.pairs = pairs


def comparison_bands(
    engine: Engine,
    plan: Plan,
    scenarios: Sequence[tuple[Intervention, ...]],
    rows: Mapping[str, Rows],
    samples: int,
    seed: int = 0,
    block_bytes: int = BLOCK_BYTES,
) -> ComparisonBands:
    """Evaluate the base and every scenario on the same draws.

    Parameters
    ----------
    engine, plan, scenarios
        What is compared.
    rows
        The rows of each target that the answer lists.
    samples, seed, block_bytes
        As in :func:`downstack.engine.uncertainty.bands`.

    Raises
    ------
    UserInputError
        If there are too many scenarios to compare each pair of them, or too many samples for the combinations.
    """
    if len(scenarios) > MAX_SAMPLED_SCENARIOS:
        raise UserInputError(
            f"{len(scenarios)} scenarios are more than the {MAX_SAMPLED_SCENARIOS} of a sampled comparison",
            field="scenarios",
            hint="leave some out, or leave samples at 0",
        )
    sampler = Sampler(engine, plan, samples, seed, runs=1 + len(scenarios), block_bytes=block_bytes)
    sampler.check()

    def derived(raw: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
        for target in rows:
            values = [raw[_name(target, place)] for place in range(1 + len(scenarios))]
            for place in range(1, len(values)):
                yield f"{target} {place}", ratio_of(values[0], values[place])
            for first, second in combinations(range(1, len(values)), 2):
                yield f"{target} {first} {second}", _difference(values[first], values[second])

    measure = _Measure(engine, scenarios, rows)
    raw = sampler.collect(measure)
    shares: dict[str, tuple[Array, Array]] = {}
    independent: dict[str, Percentiles] = {}
    for name, values in derived(raw):
        middle = 1.0 if name.count(" ") == 1 else 0.0
        slack = _ROUNDING * middle
        shares[name] = share_of(values > middle + slack, values), share_of(values < middle - slack, values)
        independent[name] = percentiles(values, samples)
    bounds = widest(sampler, _Measure(engine, scenarios, rows), derived, independent)

    def column(name: str, switch: Array | None) -> BandColumns:
        found = independent[name]
        absent = np.full(len(found.p50), np.nan)
        return BandColumns(
            found.p10,
            found.p50,
            found.p90,
            *shares[name],
            absent if switch is None else switch,
            found.counts,
            bounds.get(name),
        )

    ratios = {}
    for target in rows:
        for place in range(1, 1 + len(scenarios)):
            name = f"{target} {place}"
            with np.errstate(invalid="ignore", divide="ignore"):
                limit = measure.binds[target, place]
                switch = np.where(limit, measure.switched[target, place] / independent[name].counts, np.nan)
            ratios[target, place - 1] = column(name, switch)
    pairs = {
        (target, (first - 1, second - 1)): column(f"{target} {first} {second}", None)
        for target in rows
        for first, second in combinations(range(1, 1 + len(scenarios)), 2)
    }
    return ComparisonBands(ratios, pairs)


@dataclass(frozen=True, slots=True)
class _Measure:
    """Looks at base and scenarios in a sampled plan, and counts how often another limit binds."""

    engine: Engine
    scenarios: Sequence[tuple[Intervention, ...]]
    rows: Mapping[str, Rows]
    switched: dict[tuple[str, int], Array] = field(default_factory=dict)
    binds: dict[tuple[str, int], Mask] = field(default_factory=dict)

    def __call__(self, plan: Plan, width: int) -> dict[str, Array]:
        """Return base (0) and scenarios (from 1) of every target, on the rows of the answer."""
        base = run(plan)
        found = {_name(target, 0): base.values[target][listed] for target, listed in self.rows.items()}
        for place, changes in enumerate(self.scenarios, start=1):
            outcome = run_scenario(self.engine, plan, changes, base)
            other, limits = switches(plan, base, outcome)
            for target, listed in self.rows.items():
                after = found[_name(target, place)] = outcome.values[target][listed]
                there = ~np.isnan(ratio_of(found[_name(target, 0)], after))
                counted = np.broadcast_to(other[target][listed] & there, (len(listed), width)).sum(axis=1)
                key = target, place
                self.switched[key] = self.switched.get(key, np.zeros(len(listed))) + counted
                self.binds[key] = self.binds.get(key, np.zeros(len(listed), dtype=np.bool_)) | limits[target][listed]
        return found


def _name(target: str, place: int) -> str:
    return f"{target} {place}"


def _difference(first: Array, second: Array) -> Array:
    difference = second - first
    same = np.abs(difference) <= _ROUNDING * np.maximum(np.abs(first), np.abs(second))
    result: Array = np.where(same, 0.0, difference)
    return result
