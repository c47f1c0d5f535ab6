"""A plan with one column a sample: every uncertain fact and every erring formula at its own draws.

What base and scenario share cancels in their ratio, and a quantity minus itself is zero in every sample, because a draw
belongs to a name and not to a place in a formula; see :mod:`downstack.engine.draws`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from downstack.engine.bind import Rows
from downstack.engine.changes import Intervention
from downstack.engine.engine import Engine
from downstack.engine.function_error import errs, with_sampled_errors
from downstack.engine.plan import Plan, Step
from downstack.engine.program import base_of, evaluate_change
from downstack.engine.run import Outcome, place_interventions
from downstack.engine.spread import Directions, Spread


@dataclass(frozen=True, slots=True)
class Varying:
    """An uncertain fact of one step, and the rows that read it."""

    spread: Spread
    rows: Rows


def sampled_plan(
    plan: Plan,
    samples: int,
    seed: int = 0,
    start: int = 0,
    stop: int | None = None,
    directions: Directions | None = None,
) -> Plan:
    """Return a plan whose uncertain facts and erring formulas have one column a sample, all others still a single one.

    Parameters
    ----------
    plan
        The plan of a question.
    samples, seed
        How many samples there are in all, and what the draws are keyed by beside the name.
    start, stop
        The samples that this plan is of; all unless given.
    directions
        Facts of unknown correlation that move together, up or down; independent unless given.
    """
    part = slice(start, stop)
    return plan.with_steps(
        with_sampled_errors(plan, _sampled_facts(plan, step, samples, seed, part, directions), samples, seed, part)
        for step in plan.steps
    )


def _sampled_facts(plan: Plan, step: Step, samples: int, seed: int, part: slice, directions: Directions | None) -> Step:
    varying = varying_facts(plan, step)
    if step.fact_values is None or not varying:
        return step
    width = len(range(*part.indices(samples)))
    values = np.repeat(step.fact_values, width, axis=1)
    for item in varying:
        values[item.rows] = item.spread.values(samples, seed, directions)[part]
    return replace(step, fact_values=values)


def varying_facts(plan: Plan, step: Step) -> tuple[Varying, ...]:
    """Return the uncertain facts that the rows of a step read."""
    column = plan.binding.columns.facts.get(step.quantity)
    if column is None or step.fact_values is None or not column.varies:
        return ()
    places = plan.binding.positions(step.key, column.role)
    found: list[Varying] = []
    for place in np.unique(places[places >= 0]):
        spread = column.spreads[int(place)]
        if spread is not None:
            found.append(Varying(spread, np.flatnonzero(places == place)))
    return tuple(found)


def varying_quantities(engine: Engine, plan: Plan) -> frozenset[str]:
    """Return the quantities whose values can vary from sample to sample."""
    return engine.schema.descendants(
        step.quantity for step in plan.steps if errs(step) or varying_facts(plan, step)
    ) & set(plan.by_quantity)


def run_sampled(engine: Engine, plan: Plan, changes: tuple[Intervention, ...]) -> tuple[Outcome, Outcome]:
    """Evaluate base and scenario of a sampled plan, sample by sample on the same draws."""
    base = base_of(plan)
    return base, run_scenario(engine, plan, changes, base)


def run_scenario(engine: Engine, plan: Plan, changes: tuple[Intervention, ...], base: Outcome) -> Outcome:
    """Evaluate a scenario of a sampled plan whose base is known, sample by sample on the same draws."""
    cells = place_interventions(plan, changes)
    return evaluate_change(plan, base, engine.schema.descendants(cells), cells, np.ones(1))
