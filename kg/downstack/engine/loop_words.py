"""What is said of the feedback loops that a number lies on or rests on."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

from downstack.engine.loops import LoopStatus
from downstack.engine.places import variant_at
from downstack.engine.plan import Plan
from downstack.engine.run import Cell, Outcome
from downstack.results import Feedback, FeedbackStatus

Cells = Mapping[str, tuple[Cell, ...]]


def feedback_at(plan: Plan, outcome: Outcome, quantity: str, row: int, column: int, cells: Cells) -> Feedback:
    """Return how the loop of a member ended in one row and column."""
    found = outcome.loops[quantity]
    place = min(column, found.status.shape[1] - 1)
    status = FeedbackStatus[LoopStatus(int(found.status[row, place])).name]
    held: tuple[str, ...] = ()
    if bool(found.held[row, place]):
        held = tuple(name for name in found.loop.cycle if any(cell.row == row for cell in cells.get(name, ())))
        held += tuple(
            name
            for name in found.loop.members
            if name not in found.loop.cycle and any(cell.row == row for cell in cells.get(name, ()))
        )
    variants = (variant_at(plan.by_quantity[name], row) for name in found.loop.members)
    functions = tuple(item[0].function for item in variants if item is not None)
    reasons = dict.fromkeys(item.infeasible_reason for item in functions if item.infeasible_reason)
    return Feedback(
        path=found.loop.text,
        members=found.loop.members,
        key=plan.binding.key(plan.by_quantity[quantity].key, row),
        functions=functions,
        status=status,
        gain=_number(found.gain[row, place]),
        amplification=_number(found.amplification[row, place]),
        held=held,
        lagged=found.loop.lagged,
        why=" or ".join(reasons) if status is FeedbackStatus.UNDEFINED and reasons else None,
    )


def feedback_behind(
    plan: Plan, outcome: Outcome, quantity: str, row: int, column: int, cells: Cells
) -> tuple[Feedback, ...]:
    """Return the loops that a number lies on or rests on, nearest first, each once a row."""
    if not plan.loops:
        return ()
    seen = {(quantity, row)}
    told: set[tuple[tuple[str, ...], int]] = set()
    found = []
    waiting = deque([(quantity, row)])
    while waiting:
        name, place = waiting.popleft()
        outcome_of = outcome.loops.get(name)
        if outcome_of is not None and (outcome_of.loop.members, place) not in told:
            told.add((outcome_of.loop.members, place))
            found.append(feedback_at(plan, outcome, name, place, column, cells))
        here = variant_at(plan.by_quantity[name], place)
        for item in () if here is None else here[1]:
            if item[1] >= 0 and item not in seen:
                seen.add(item)
                waiting.append(item)
    return tuple(found)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
