"""How sure a number itself is: the spread of one quantity over the samples, in its display unit."""

from __future__ import annotations

import numpy as np

from downstack.engine.dependence import Widest, widest
from downstack.engine.engine import Engine
from downstack.engine.percentiles import percentiles
from downstack.engine.plan import Plan
from downstack.engine.run import run
from downstack.engine.sampler import BLOCK_BYTES, Sampler
from downstack.graph.display import in_unit
from downstack.graph.model import QuantityKind
from downstack.performance.declare import Array
from downstack.results import Band


def value_bands(
    engine: Engine,
    plan: Plan,
    kind: QuantityKind,
    samples: int,
    seed: int = 0,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[Band | None, ...]:
    """Return the band of each row of a quantity; None where fewer than half of the samples have a number.

    Raises
    ------
    UserInputError
        If there are more samples than one question may have, for any question or for one of this many rows.
    """
    sampler = Sampler(engine, plan, samples, seed, runs=1, block_bytes=block_bytes)
    sampler.check()

    def measure(sampled: Plan, width: int) -> dict[str, Array]:
        del width
        # A copy: percentiles are sorted in place, and a quantity that does not vary is the plan's own array.
        return {kind.id: run(sampled).values[kind.id].copy()}

    found = percentiles(sampler.collect(measure)[kind.id], samples)
    bound = widest(sampler, measure, lambda raw: raw.items(), {kind.id: found}).get(kind.id)

    def shown(value: float) -> float:
        return in_unit(kind, float(value))

    def at(row: int) -> Band | None:
        if np.isnan(found.p50[row]):
            return None
        low, high = _ends(bound, row)
        return Band(
            p10=shown(found.p10[row]),
            p50=shown(found.p50[row]),
            p90=shown(found.p90[row]),
            probability_of_rise=None,
            probability_of_fall=None,
            probability_unchanged=None,
            probability_of_switch=None,
            samples=int(found.counts[row]),
            widest_p10=None if low is None else shown(low),
            widest_p90=None if high is None else shown(high),
        )

    return tuple(at(row) for row in range(len(found.p50)))


def _ends(bound: Widest | None, row: int) -> tuple[float | None, float | None]:
    if bound is None or np.isnan(bound.p10[row]):
        return None, None
    return float(bound.p10[row]), float(bound.p90[row])
