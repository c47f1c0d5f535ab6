"""How wide a band can be where facts go together and nobody says how strongly.

The band of an answer takes such facts as independent. Beside it stands what the other extreme gives: all facts of a group
at the same place of their distributions, and each at that place or at its mirror image according to which way it pushes
the answer. For a number that rises or falls with each fact throughout, nothing spreads further.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from downstack.engine.percentiles import Percentiles, percentiles
from downstack.engine.plan import Plan
from downstack.engine.sampler import Measure, Sampler
from downstack.engine.sampling import Varying, varying_facts
from downstack.performance.declare import Array

MAX_PATTERNS = 8
"""Different ways in which the facts push the numbers of one answer, the most frequent first; numbers that are pushed in
another way get the band of all facts moving up together."""
_LOW, _HIGH = 0.1, 0.9

Derive = Callable[[Mapping[str, Array]], Iterable[tuple[str, Array]]]
"""From what is measured to what has a band, by name."""


@dataclass(frozen=True, slots=True)
class Widest:
    """The smallest p10 and the largest p90 that correlation makes of each row; NaN where none is unknown."""

    p10: Array
    p90: Array


def widest(
    sampler: Sampler, measure: Measure, derive: Derive, independent: Mapping[str, Percentiles]
) -> dict[str, Widest]:
    """Return the widest bands, by the names of the bands of independent facts; none where no correlation is unknown."""
    facts = _of_unknown_correlation(sampler.plan)
    if not facts:
        return {}
    pushes = _pushes(sampler.plan, facts, measure, derive)
    common = [pattern for pattern, _ in _count(pushes).most_common(MAX_PATTERNS)]
    patterns = list(dict.fromkeys([(1,) * len(facts), *common]))
    sampler.check(repeats=1 + len(patterns))
    low = {name: found.p10.copy() for name, found in independent.items()}
    high = {name: found.p90.copy() for name, found in independent.items()}
    for pattern in patterns:
        directions = dict(zip(facts, pattern, strict=True))
        for name, values in derive(sampler.collect(measure, directions)):
            found = percentiles(values.copy(), sampler.samples)
            concerned = (pushes[name] == np.array(pattern)).all(axis=1) | (min(pattern) == 1)
            low[name] = np.where(concerned, np.fmin(low[name], found.p10), low[name])
            high[name] = np.where(concerned, np.fmax(high[name], found.p90), high[name])
    touched = {name: (pushes[name] != 0).sum(axis=1) > 1 for name in pushes}
    return {
        name: Widest(np.where(touched[name], low[name], np.nan), np.where(touched[name], high[name], np.nan))
        for name in independent
    }


def _of_unknown_correlation(plan: Plan) -> dict[str, list[tuple[str, Varying]]]:
    """Return the facts of groups of which the plan reads two or more, by IRI: where they stand in its steps."""
    found: dict[str, list[tuple[str, Varying]]] = {}
    groups: dict[str, set[str]] = {}
    for step in plan.steps:
        for item in varying_facts(plan, step):
            if item.spread.correlation_is_unknown and item.spread.group is not None:
                found.setdefault(item.spread.fact.iri, []).append((step.quantity, item))
                groups.setdefault(item.spread.group.iri, set()).add(item.spread.fact.iri)
    together = {iri for members in groups.values() if len(members) > 1 for iri in members}
    return {iri: places for iri, places in sorted(found.items()) if iri in together}


def _pushes(
    plan: Plan, facts: Mapping[str, list[tuple[str, Varying]]], measure: Measure, derive: Derive
) -> dict[str, npt.NDArray[np.int64]]:
    """Return for every number which way each fact pushes it (rows x facts: 1, -1 or 0), the others at their values."""
    width = 2 * len(facts)
    held = {
        quantity: np.repeat(values, width, axis=1)
        for quantity in {quantity for places in facts.values() for quantity, _ in places}
        if (values := plan.by_quantity[quantity].fact_values) is not None
    }
    for place, (_, places) in enumerate(facts.items()):
        for quantity, item in places:
            ends = item.spread.distribution.quantile(np.array([_LOW, _HIGH]))
            held[quantity][item.rows, 2 * place : 2 * place + 2] = ends
    moved = plan.with_steps(
        (replace(step, fact_values=held[step.quantity]) if step.quantity in held else step for step in plan.steps),
    )
    found = {}
    for name, values in derive(measure(moved, width)):
        wide = np.broadcast_to(values, (len(values), width))
        difference = np.nan_to_num(wide[:, 1::2] - wide[:, 0::2])
        found[name] = _normalised(np.sign(difference).astype(np.int64), facts)
    return found


def _normalised(signs: npt.NDArray[np.int64], facts: Mapping[str, list[tuple[str, Varying]]]) -> npt.NDArray[np.int64]:
    """Turn every group so that its first fact that matters pushes up: a band is the same seen from the other side."""
    group_of = np.array([places[0][1].spread.group.iri for places in facts.values() if places[0][1].spread.group])
    result = signs.copy()
    for group in np.unique(group_of):
        columns = np.flatnonzero(group_of == group)
        part = result[:, columns]
        first = part[np.arange(len(part)), np.argmax(part != 0, axis=1)]
        result[:, columns] = np.where((first < 0)[:, None], -part, part)
    return result


def _count(pushes: Mapping[str, npt.NDArray[np.int64]]) -> Counter[tuple[int, ...]]:
    return Counter(tuple(int(sign) for sign in line) for signs in pushes.values() for line in signs if line.any())
