"""Which inputs matter most for one number: every fact it rests on moved by one per cent, all in one run."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from downstack.engine.coverage import fact_coverage
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.lanes import unroll
from downstack.engine.places import variant_row
from downstack.engine.plan import Plan, Step
from downstack.engine.tornado import tornado
from downstack.engine.trace import STATUS
from downstack.errors import UserInputError
from downstack.graph.display import in_unit
from downstack.graph.model import Fact
from downstack.performance.declare import Array
from downstack.results import Elasticity, SensitivityReport

STEP = 1.01
"""The factor up, and its inverse down: one per cent both ways on the logarithmic path."""
NAMED = 5
"""How many candidates of a role a refusal names."""

BASE, DOWN, UP, LOW, HIGH = range(5)


@dataclass(frozen=True, slots=True)
class _Input:
    quantity: str
    fact: Fact


def sensitivity(
    engine: Engine, target: str, selected: dict[str, frozenset[int]], as_of: str | None, first: int
) -> SensitivityReport:
    """Say how much one number moves with each fact that it rests on.

    The elasticity is the central one, so that where two limits bind at once it is the mean of both sides; where one
    side is infeasible it is that of the other. A fact that no formula can follow (a published value stands above it and
    another input of the formula is missing) has none.

    A published value and the facts that a formula computes it from are two descriptions of one thing: each says what a
    change of it alone does, so their elasticities are not to be added.

    Raises
    ------
    UserInputError
        If not exactly one combination matches; the hint names what to narrow.
    """
    if first < 1:
        raise UserInputError(f"first is {first}", field="first", hint="ask for at least one input")
    plan = engine.plan((target,), selected, as_of)
    step = plan.by_quantity[target]
    if step.rows != 1:
        raise _not_one(plan, step)
    base = engine.base(plan)
    kind = engine.knowledge.quantities[target]
    value = base.outcome.value(target, 0, 0)
    missing = bool(np.isnan(value))
    found = () if missing else _measure(engine, base, target)
    return SensitivityReport(
        graph_version=engine.knowledge.version,
        key=plan.binding.key(step.key, 0),
        target=kind,
        value=None if missing else in_unit(engine.knowledge.quantities[target], value),
        unit=kind.display_unit,
        status=STATUS[base.outcome.code(target, 0, 0)],
        inputs=tuple(sorted(found, key=_order))[:first],
        tornado=() if missing else tornado(engine, base, target)[:first],
        fact_coverage=None if missing else fact_coverage((base.tracer(engine.knowledge, 0).trace(target, 0),)),
    )


def _order(item: Elasticity) -> tuple[float, str, str]:
    return (1.0 if item.elasticity is None else -abs(item.elasticity), item.entity, item.quantity.id)


def _not_one(plan: Plan, step: Step) -> UserInputError:
    sizes = {role: len(plan.binding.lists[role]) for role in step.key}
    if not step.rows:
        empty = " and no ".join(role for role, size in sizes.items() if not size)
        return UserInputError(f"no {empty} matches the question", field="where", hint="widen the filter")
    said = []
    for role, size in sizes.items():
        if size > 1:
            ids = plan.binding.columns.tables[role].ids
            names = [ids[int(place)] for place in plan.binding.lists[role][:NAMED]]
            said.append(f"{role} ({', '.join(names)}{f' and {size - NAMED} more' if size > NAMED else ''})")
    return UserInputError(
        f"{step.quantity} has {step.rows} combinations, and sensitivity is asked of one",
        field="where",
        hint=f"name one {'; one '.join(said)}",
    )


def _measure(engine: Engine, base: Evaluation, target: str) -> tuple[Elasticity, ...]:
    inputs = _inputs(base, target)
    if not inputs:
        return ()
    lanes = unroll(base.plan, target, np.zeros(len(inputs), dtype=np.int64))
    values: dict[str, Array] = {}
    moved = {}
    for lane, item in enumerate(inputs):
        held = lanes.plan.by_quantity[item.quantity].fact_values
        if held is None:
            raise LookupError(f"{item.quantity} has no facts")
        columns = np.repeat(held, 5, axis=1)
        fact = item.fact
        columns[lane, [DOWN, UP]] = fact.value / STEP, fact.value * STEP
        columns[lane, LOW] = np.nan if fact.low is None else fact.low
        columns[lane, HIGH] = np.nan if fact.high is None else fact.high
        values[item.quantity] = columns
        moved[item.quantity] = (engine.knowledge.quantities[item.quantity], np.array([lane]))
    result = lanes.with_facts(values).run(moved)
    return tuple(
        _elasticity(
            engine, target, item, *(result.value(target, lane, column) for column in (BASE, DOWN, UP, LOW, HIGH))
        )
        for lane, item in enumerate(inputs)
    )


def _inputs(base: Evaluation, target: str) -> tuple[_Input, ...]:
    """Return the facts that a number rests on, those beneath a published value that a formula moves included."""
    plan = base.plan
    found = []
    seen = {(target, 0)}
    waiting = deque(seen)
    while waiting:
        quantity, row = waiting.popleft()
        step = plan.by_quantity[quantity]
        fact = _fact(plan, step, row)
        if fact is not None and _stands(base, step, row):
            found.append(_Input(quantity, fact))
        for variant in step.variants:
            place = variant_row(variant, row)
            if place is None:
                continue
            for name, index, _ in variant.gathers:
                item = (name, place if index is None else int(index[place]))
                if item[1] >= 0 and item not in seen:
                    seen.add(item)
                    waiting.append(item)
    return tuple(found)


def _fact(plan: Plan, step: Step, row: int) -> Fact | None:
    column = plan.binding.columns.facts.get(step.quantity)
    if column is None:
        return None
    slug = dict(plan.binding.entities(step.key, row)).get(column.role)
    if slug is None:
        return None
    facts = column.facts[plan.binding.columns.tables[column.role].position[slug]]
    return facts[0] if facts else None


def _stands(base: Evaluation, step: Step, row: int) -> bool:
    """Return whether the stated value is the number, rather than a rounded label beside a formula."""
    formula = base.outcome.formula.get(step.quantity)
    return step.fact_first or formula is None or bool(np.isnan(formula[row, 0]))


def _elasticity(
    engine: Engine, target: str, item: _Input, base: float, down: float, up: float, low: float, high: float
) -> Elasticity:
    fact = item.fact
    return Elasticity(
        entity=fact.entity,
        quantity=engine.knowledge.quantities[item.quantity],
        fact=fact,
        elasticity=_slope(base, down, up),
        at_low=None if fact.low is None or np.isnan(low) else in_unit(engine.knowledge.quantities[target], low),
        at_high=None if fact.high is None or np.isnan(high) else in_unit(engine.knowledge.quantities[target], high),
    )


def _slope(base: float, down: float, up: float) -> float | None:
    sides = [side for side in (down, up) if not np.isnan(side)]
    if not sides or np.isnan(base) or base == 0.0:
        return None
    ratio = (base if np.isnan(up) else up) / (base if np.isnan(down) else down)
    if not np.isfinite(ratio) or ratio <= 0.0:
        return None
    return float(np.log(ratio) / (len(sides) * np.log(STEP)))
