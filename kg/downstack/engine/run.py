"""Running a plan: base and scenarios side by side as columns, a status for every number, and what binds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field

import numpy as np

from downstack.deadline import checkpoint
from downstack.engine.apply import Piece, all_ok, apply, none_touched
from downstack.engine.bind import Mask
from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.codes import INFEASIBLE, MISSING_INPUT, OK, Codes
from downstack.engine.loop_step import LoopOutcome, loop_steps, run_loop
from downstack.engine.plan import Plan, Step
from downstack.errors import UserInputError
from downstack.performance.declare import Array

ONLY_BASE: Array = np.array([0.0])
BASE_AND_SCENARIO: Array = np.array([0.0, 1.0])
"""The columns of most runs; known by identity."""
ONLY_BASE.setflags(write=False)
BASE_AND_SCENARIO.setflags(write=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """Where an intervention acts: one row of one quantity."""

    row: int
    intervention: Intervention


@dataclass(slots=True)
class Asked:
    """What a run is asked beside the plan; see :func:`run`."""

    cells: Mapping[str, tuple[Cell, ...]]
    along: Array
    reference: Outcome | None
    sampled: bool
    """Whether columns are samples, where a change that is too large is a sample without a number and not a mistake."""


@dataclass(slots=True)
class Outcome:
    """The values of a run: per quantity an array of rows x columns, or rows x 1 where no column differs."""

    values: MutableMapping[str, Array]
    status: MutableMapping[str, Codes]
    touched: MutableMapping[str, Mask]
    """Per quantity: the rows that a change can reach."""
    formula: MutableMapping[str, Array]
    """Where a published fact is the base: what the formula alone gives."""
    regimes: MutableMapping[str, Codes]
    """Per quantity with a minimum or maximum: the index of what binds, -1 where there is no number."""
    loops: dict[str, LoopOutcome] = field(default_factory=dict)
    """Per member of a feedback loop: how the loop ended."""

    def copy_to(self, other: Outcome, quantity: str) -> None:
        """Take one quantity over into another outcome of the same plan."""
        other.values[quantity] = self.values[quantity]
        other.status[quantity] = self.status[quantity]
        other.touched[quantity] = self.touched[quantity]
        if quantity in self.formula:
            other.formula[quantity] = self.formula[quantity]
        if quantity in self.regimes:
            other.regimes[quantity] = self.regimes[quantity]
        if quantity in self.loops:
            other.loops[quantity] = self.loops[quantity]

    def value(self, quantity: str, row: int, column: int) -> float:
        """Return one number; NaN where there is none."""
        array = self.values[quantity]
        return float(array[row, min(column, array.shape[1] - 1)])

    def code(self, quantity: str, row: int, column: int) -> int:
        """Return one status code."""
        array = self.status[quantity]
        return int(array[row, min(column, array.shape[1] - 1)])

    def is_still(self, quantity: str) -> bool:
        """Return whether a quantity is known to be the same as in every run of its kind."""
        return False

    def number(self, quantity: str, row: int, column: int) -> tuple[float, int]:
        """Return one number and its status code."""
        values, codes = self.values[quantity], self.status[quantity]
        return (
            values.item(row, column if column < values.shape[1] else -1),
            codes.item(row, column if column < codes.shape[1] else -1),
        )


def place_interventions(plan: Plan, interventions: Iterable[Intervention]) -> dict[str, tuple[Cell, ...]]:
    """Find the row of each intervention; one that the question's filter leaves out has none.

    Raises
    ------
    UserInputError
        If a quantity belongs to several roles at once, so that one entity does not name a row.
    """
    cells: dict[str, list[Cell]] = {}
    for item in interventions:
        step = plan.by_quantity.get(item.quantity.id)
        if step is None:
            continue
        if len(step.key) != 1:
            raise UserInputError(
                f"{item.quantity.id} is computed per {', '.join(step.key)}, not for {item.entity} alone",
                field="changes",
                hint="change one of the quantities that it is computed from",
            )
        role = step.key[0]
        position = plan.binding.columns.tables[role].position.get(item.entity)
        if position is None:
            raise UserInputError(
                f"{item.entity} carries no {item.quantity.id}",
                field="changes",
                hint=f"{item.quantity.id} belongs to a {plan.binding.columns.tables[role].role.entity_class}",
            )
        row = plan.binding.place(role, position)
        if row >= 0:
            cells.setdefault(item.quantity.id, []).append(Cell(row, item))
    return {quantity: tuple(group) for quantity, group in cells.items()}


def run(
    plan: Plan,
    cells: Mapping[str, tuple[Cell, ...]] | None = None,
    fractions: Array | None = None,
    known: Outcome | None = None,
    moving: frozenset[str] = frozenset(),
    reference: Outcome | None = None,
) -> Outcome:
    """Evaluate a plan.

    The facts of a plan may have one column each, or as many columns as there are samples; a column of the outcome is
    then one sample, and `fractions` has one column for all of them or one for each.

    Parameters
    ----------
    plan
        The compiled steps.
    cells
        The interventions by quantity; none for a plain evaluation.
    fractions
        One column each: 0 is the base, 1 the full change, a fraction between them lies on the log-linear path.
    known, moving
        An earlier outcome of the same plan, and the quantities that differ from it: only those are computed again.
    reference
        The run without interventions that a published value moves against, column by column. Unless given, that is
        the first column, and without interventions every column is its own.
    """
    asked = Asked(
        cells={} if cells is None else cells,
        along=np.zeros(1) if fractions is None else fractions,
        reference=reference,
        sampled=any(step.fact_values is not None and step.fact_values.shape[1] > 1 for step in plan.steps),
    )
    state = Outcome({}, {}, {}, {}, {})
    kept = frozenset[str]() if known is None else frozenset(plan.by_quantity) - moving
    loops = loop_steps(plan, kept)
    if known is not None:
        for name in kept:
            known.copy_to(state, name)
    with np.errstate(all="ignore"):
        for step in plan.steps:
            if step.quantity in kept:
                continue
            checkpoint()
            if step.quantity not in loops:
                run_step(step, state, asked)
            elif (loop := loops[step.quantity]) is not None:
                run_loop(loop, state, asked, run_step)
    return state


def run_step(step: Step, state: Outcome, asked: Asked) -> None:
    """Compute one quantity with care: every number gets its own status."""
    facts, cells = step.fact_values, asked.cells.get(step.quantity, ())
    touched = np.zeros(step.rows, dtype=np.bool_) if cells else none_touched(step.rows)
    if step.variants:
        value, status, touched, regime = _formulas(step, state)
        touched = touched.copy() if cells else touched
        if regime is not None:
            state.regimes[step.quantity] = regime
        if facts is not None:
            state.formula[step.quantity] = value
            before = value[:, :1] if asked.cells else value
            if asked.reference is not None:
                before = asked.reference.formula[step.quantity]
            value, status = _anchor(step, facts, value, status, touched, before)
    else:
        value, status = stated(step)
    if cells and asked.along is BASE_AND_SCENARIO and value.shape[1] == status.shape[1] == 1:
        value, status = _side_by_side(value, status, cells)
        touched[[cell.row for cell in cells]] = True
    elif cells:
        shape = (step.rows, max(value.shape[1], status.shape[1], len(asked.along)))
        along = np.broadcast_to(asked.along, shape[1:])
        value, status = np.broadcast_to(value, shape).copy(), np.broadcast_to(status, shape).copy()
        for cell in cells:
            _intervene(value, status, cell, along, sampled=asked.sampled)
            touched[cell.row] = True
    state.values[step.quantity] = value
    state.status[step.quantity] = status
    state.touched[step.quantity] = touched


def stated(step: Step) -> tuple[Array, Codes]:
    """Return the stated numbers of a step, and what they are worth."""
    value = np.full((step.rows, 1), np.nan) if step.fact_values is None else step.fact_values
    missing = np.isnan(value)
    if not missing.any() and step.fact_codes is None:
        return value, all_ok(step.rows)
    return value, np.where(missing, MISSING_INPUT, _fact_codes(step)).astype(np.int8)


def _formulas(step: Step, state: Outcome) -> Piece:
    pieces = [apply(variant, step.rows, state.values, state.status, state.touched) for variant in step.variants]
    if len(pieces) == 1 and step.variants[0].rows is None:
        return pieces[0]
    width = max((piece.value.shape[1] for piece in pieces), default=1)
    value = np.full((step.rows, width), np.nan)
    status = np.full((step.rows, width), MISSING_INPUT, dtype=np.int8)
    touched = np.zeros(step.rows, dtype=np.bool_)
    regime = np.full((step.rows, width), -1, dtype=np.int8)
    for variant, piece in zip(step.variants, pieces, strict=True):
        rows = slice(None) if variant.rows is None else variant.rows
        value[rows], status[rows], touched[rows] = piece.value, piece.status, piece.touched
        if piece.regime is not None:
            regime[rows] = piece.regime
    if not status.any():
        status = all_ok(step.rows)
    return Piece(value, status, touched, regime if bool((regime >= 0).any()) else None)


def _anchor(step: Step, facts: Array, value: Array, status: Codes, touched: Mask, before: Array) -> tuple[Array, Codes]:
    """Combine a published value with a formula for the same quantity, which gave `before` without the change.

    The fact is the base and the formula gives the change, unless the published value is a rounded label. Where a change
    reaches an input of the formula but the formula cannot be evaluated, the answer is that an input is missing: the
    unchanged fact would be a wrong answer.
    """
    known, held = ~np.isnan(facts), _fact_codes(step)
    computed = status < INFEASIBLE
    if step.fact_first:
        result = np.where(known & computed, facts * (value / before), np.where(known & ~touched[:, None], facts, value))
        result = np.where(known & computed & (value == before), facts, result)
        code = np.where(known & ~touched[:, None], held, np.where(known, np.maximum(status, held), status))
    else:
        usable = known & ~touched[:, None] & ~computed
        result = np.where(usable, facts, value)
        code = np.where(usable, held, status)
    return result, code.astype(np.int8)


def _side_by_side(value: Array, status: Codes, cells: tuple[Cell, ...]) -> tuple[Array, Codes]:
    """Return base and scenario as two columns."""
    moved = np.empty((len(value), 2), order="F")
    moved[:] = value
    for cell in cells:
        item, base = cell.intervention, float(value[cell.row, 0])
        if np.isnan(base) and item.op is not ChangeOp.SET:
            continue
        if item.op is ChangeOp.SET and status[cell.row, -1] != OK:
            status = np.repeat(status, 2 // status.shape[1], axis=1)
            status[cell.row, 1] = OK
        goal = float(_goal(item, value[cell.row])[0])
        if goal < 0.0:
            raise _negative(item)
        moved[cell.row, 1] = goal
    return moved, status


def _negative(item: Intervention) -> UserInputError:
    return UserInputError(
        f"{item.entity}.{item.quantity.id} would become negative", field="changes", hint="make the change smaller"
    )


def _fact_codes(step: Step) -> Codes:
    return all_ok(step.rows) if step.fact_codes is None else step.fact_codes


def _intervene(value: Array, status: Codes, cell: Cell, along: Array, *, sampled: bool) -> None:
    row, item = cell.row, cell.intervention
    base = value[row]
    moved = along != 0.0
    if item.op is not ChangeOp.SET:
        moved = moved & ~np.isnan(base)
    base = np.where(np.isnan(base), 0.0, base)
    goal = _goal(item, base)
    negative = moved & (goal < 0.0)
    if bool(negative.any()) and not sampled:
        raise _negative(item)
    straight = base + along * (goal - base)
    path = np.where((base <= 0.0) | (goal <= 0.0), straight, base * (goal / base) ** along)
    value[row] = np.where(moved, np.where(along == 1.0, goal, path), value[row])
    if item.op is ChangeOp.SET:
        status[row, moved] = OK
    # The change is possible at the stated value and not at the low end of its interval: that sample has no number.
    value[row, negative] = np.nan
    status[row, negative] = INFEASIBLE


def _goal(item: Intervention, base: Array) -> Array:
    if item.op is ChangeOp.SET:
        return np.full_like(base, item.amount)
    return base + item.amount if item.op is ChangeOp.ADD else base * item.amount
