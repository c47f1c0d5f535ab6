"""What the width of a band comes from: the share of each fact, and of each function's own error, in the variance."""

from __future__ import annotations

import numpy as np

from downstack.engine.changes import Intervention
from downstack.engine.draws import scores
from downstack.engine.engine import Engine
from downstack.engine.function_error import ROLES, error_name
from downstack.engine.plan import Plan
from downstack.engine.sampler import check_samples
from downstack.engine.sampling import run_sampled, sampled_plan
from downstack.engine.spread import spread_of
from downstack.performance.declare import Array
from downstack.results import Trace, VarianceShare

BINS = 16
CERTAIN = 3.0
"""Standard deviations of what pure noise seems to explain; a smaller share is not told from none."""


def variance_shares(
    engine: Engine,
    plan: Plan,
    changes: tuple[Intervention, ...],
    target: str,
    row: int,
    samples: int,
    seed: int = 0,
    first: int = 10,
) -> tuple[VarianceShare, ...]:
    """Say what the width of a band comes from, the largest share first.

    The share of a fact is the part of the variance of the logarithm of the ratio (of the value itself, when nothing is
    changed) that the fact explains on its own: the variance of the mean over 16 equal slices of the fact's draws,
    less what as many slices of pure noise would explain. What only two facts together explain is in no share, so the
    shares sum to one for a product and to less where facts interact. Facts of a correlation group explain each other's
    part too, so that theirs sum to more. The own error of a function has a share like a fact. A share that so many samples
    cannot tell from noise is left out.
    """
    check_samples(samples)
    narrow, place = _alone(engine, plan, target, row)
    base, scenario = run_sampled(engine, sampled_plan(narrow, samples, seed), changes)
    with np.errstate(all="ignore"):
        ratio = scenario.values[target] / base.values[target] if changes else base.values[target]
        outcome = np.log(ratio[place])
    finite = np.isfinite(outcome)
    # Where nothing is left but the rounding of factors that cancel, nothing is shared out.
    if 2 * finite.sum() < len(outcome) or finite.sum() <= BINS or float(np.ptp(outcome[finite])) < _ROUNDING:
        return ()
    shares = [
        VarianceShare(_explained(outcome[finite], drawn[finite]), item.fact, item.function, item.roles)
        for item, drawn in _sources(engine, narrow, changes, target, place, samples, seed)
    ]
    # The share of something unrelated has the mean zero and this standard deviation, as an F statistic has.
    least = CERTAIN * np.sqrt(2.0 * (BINS - 1)) / finite.sum()
    found = sorted((item for item in shares if item.share > least), key=_order)
    return tuple(found[:first])


_ROUNDING = 1e-12


def _order(item: VarianceShare) -> tuple[float, str]:
    return -item.share, item.function.iri if item.function is not None else item.fact.iri if item.fact else ""


def _alone(engine: Engine, plan: Plan, target: str, row: int) -> tuple[Plan, int]:
    """Return the plan of one row of one target: the draws belong to names, so its numbers are those of the wide plan."""
    columns = plan.binding.columns
    named = dict(plan.binding.entities(plan.by_quantity[target].key, row))
    selected = {role: frozenset({columns.tables[role].position[slug]}) for role, slug in named.items()}
    return engine.plan((target,), selected, columns.as_of), 0


def _sources(
    engine: Engine, plan: Plan, changes: tuple[Intervention, ...], target: str, row: int, samples: int, seed: int
) -> list[tuple[VarianceShare, Array]]:
    """Return everything uncertain that a number rests on, with its draws."""
    evaluation = engine.evaluate(plan, changes)
    found: dict[str, tuple[VarianceShare, Array]] = {}
    for column in (0, 1) if changes else (0,):
        for node in evaluation.tracer(engine.knowledge, column).trace(target, row).walk():
            spread = spread_of(node.own_facts, node.quantity, engine.knowledge.correlation_groups)
            if spread is not None:
                iri = spread.fact.iri
                found[iri] = VarianceShare(0.0, spread.fact, None), spread.places(samples, seed)
            function = node.function
            if function is not None and function.relative_error is not None:
                roles = error_roles(node)
                name = error_name(function, roles)
                found[name] = VarianceShare(0.0, None, function, tuple(roles.items())), scores(name, samples, seed)
    return list(found.values())


def error_roles(node: Trace) -> dict[str, str]:
    """Return the roles that the error of a function belongs to, at one step of a trace."""
    return {role: slug for role, slug in node.key.roles if role in ROLES}


def _explained(outcome: Array, drawn: Array) -> float:
    order = np.argsort(drawn, kind="stable")
    place = np.empty(len(drawn), dtype=np.int64)
    place[order] = np.arange(len(drawn)) * BINS // len(drawn)
    counts = np.bincount(place, minlength=BINS)
    means = np.bincount(place, outcome, minlength=BINS) / counts
    total = float(((outcome - outcome.mean()) ** 2).sum())
    within = total - float((counts * (means - outcome.mean()) ** 2).sum())
    free = len(outcome) - BINS
    return max(0.0, 1.0 - within / total * (len(outcome) - 1) / free)
