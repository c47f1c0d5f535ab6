"""Which facts the width of a band comes from: the share of each in the variance of one number."""

from __future__ import annotations

import numpy as np

from downstack.engine.changes import Intervention
from downstack.engine.engine import Engine
from downstack.engine.plan import Plan
from downstack.engine.sampling import check_samples, draws, interval_of, run_sampled, sampled_plan
from downstack.graph.model import Fact
from downstack.performance.declare import Array

BINS = 16


def variance_shares(
    engine: Engine,
    plan: Plan,
    changes: tuple[Intervention, ...],
    target: str,
    row: int,
    samples: int,
    seed: int = 0,
    first: int = 10,
) -> tuple[tuple[Fact, float], ...]:
    """Say which facts the width of a band comes from, the largest share first.

    The share of a fact is the part of the variance of the logarithm of the ratio (of the value itself, when nothing is
    changed) that the fact explains on its own: the variance of the mean over 16 equal slices of the fact's draws,
    less what as many slices of pure noise would explain. What only two facts together explain is in no share, so the
    shares sum to one for a product and to less where facts interact.
    """
    check_samples(samples)
    narrow, place = _alone(engine, plan, target, row)
    base, scenario = run_sampled(engine, sampled_plan(narrow, samples, seed), changes)
    with np.errstate(all="ignore"):
        ratio = scenario.values[target] / base.values[target] if changes else base.values[target]
        outcome = np.log(ratio[place])
    finite = np.isfinite(outcome)
    if 2 * finite.sum() < len(outcome) or finite.sum() <= BINS or float(np.ptp(outcome[finite])) == 0.0:
        return ()
    shares = [
        (fact, _explained(outcome[finite], draws(fact.iri, samples, seed)[finite]))
        for fact in _rests_on(engine, narrow, changes, target, place)
    ]
    found = sorted((item for item in shares if item[1] > 0.0), key=lambda item: (-item[1], item[0].iri))
    return tuple(found[:first])


def _alone(engine: Engine, plan: Plan, target: str, row: int) -> tuple[Plan, int]:
    """Return the plan of one row of one target: the draws belong to facts, so its numbers are those of the wide plan."""
    columns = plan.binding.columns
    named = dict(plan.binding.entities(plan.by_quantity[target].key, row))
    selected = {role: frozenset({columns.tables[role].position[slug]}) for role, slug in named.items()}
    return engine.plan((target,), selected, columns.as_of), 0


def _rests_on(engine: Engine, plan: Plan, changes: tuple[Intervention, ...], target: str, row: int) -> tuple[Fact, ...]:
    evaluation = engine.evaluate(plan, changes)
    found: dict[str, Fact] = {}
    for column in (0, 1) if changes else (0,):
        for node in evaluation.tracer(engine.knowledge, column).trace(target, row).walk():
            if interval_of(node.own_facts) is not None:
                found[node.own_facts[0].iri] = node.own_facts[0]
    return tuple(found.values())


def _explained(outcome: Array, drawn: Array) -> float:
    place = np.minimum((drawn * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    used = counts > 0
    means = np.bincount(place, outcome, minlength=BINS)[used] / counts[used]
    total = float(((outcome - outcome.mean()) ** 2).sum())
    within = total - float((counts[used] * (means - outcome.mean()) ** 2).sum())
    free = len(outcome) - int(used.sum())
    return max(0.0, 1.0 - within / total * (len(outcome) - 1) / free)
