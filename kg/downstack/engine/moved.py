"""What a question moves of single entities: where the numeric pass ends and directions without numbers begin."""

from __future__ import annotations

import math

import numpy as np

from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.qualitative import Start


def starts_of(
    engine: Engine, evaluation: Evaluation, changes: tuple[Intervention, ...], as_of: str | None
) -> tuple[Start, ...]:
    """Return the changes themselves, then the stated quantities of single entities that formulas move with them."""
    starts = [_changed(engine, evaluation, item, as_of) for item in changes]
    seen = {(item.entity, item.quantity) for item in starts}
    starts += [item for item in _followed(engine, evaluation) if (item.entity, item.quantity) not in seen]
    return tuple(starts)


def _changed(engine: Engine, evaluation: Evaluation, item: Intervention, as_of: str | None) -> Start:
    name = item.quantity.id
    cell = next((cell for cell in evaluation.cells.get(name, ()) if cell.intervention is item), None)
    if cell is not None:
        outcome = evaluation.outcome
        return _start(item.entity, name, outcome.value(name, cell.row, 0), outcome.value(name, cell.row, 1))
    # The question's filter or its targets leave the changed quantity out of the plan.
    facts = engine.knowledge.candidates(item.entity, name, as_of)
    if facts:
        return _start(item.entity, name, facts[0].value, item.scenario(facts[0].value))
    if item.op is ChangeOp.SET:
        return _start(item.entity, name, math.nan, item.amount)
    sign = item.scenario(1.0) - 1.0
    return Start(item.entity, name, "+" if sign > 0.0 else "-" if sign < 0.0 else "0", f"{name} of {item.entity} moves")


def _followed(engine: Engine, evaluation: Evaluation) -> list[Start]:
    """Read off what moved and belongs to one entity, as what a person could have changed directly."""
    found = []
    outcome, plan = evaluation.outcome, evaluation.plan
    for step in plan.steps:
        if len(step.key) != 1 or engine.knowledge.quantities[step.quantity].subject_class is None:
            continue
        for row in np.flatnonzero(outcome.touched[step.quantity]).tolist():
            before, after = outcome.value(step.quantity, row, 0), outcome.value(step.quantity, row, 1)
            entity = plan.binding.key(step.key, row).entity
            if entity is not None and before != after and math.isfinite(before) and math.isfinite(after):
                found.append(_start(entity, step.quantity, before, after))
    return found


def _start(entity: str, quantity: str, before: float, after: float) -> Start:
    name = f"{quantity} of {entity}"
    if math.isnan(before) or math.isnan(after):
        return Start(entity, quantity, "?", f"{name} is set, and was not known")
    sign = "+" if after > before else "-" if after < before else "0"
    if before <= 0.0:
        return Start(entity, quantity, sign, f"{name} {'rises' if sign == '+' else 'falls'} from nothing")
    change = (after / before - 1.0) * 100.0
    return Start(entity, quantity, sign, f"{name} {change:+.3g} %")
