"""A plan as a program: what does not depend on the numbers of a question is found out once, not in every run.

Most numbers of most questions are clean: every fact is there, every formula holds. A program bets on that. It knows
beforehand which links exist and which facts are missing, has gathered what does not move, calls the formulas by position,
and looks at the floating-point flags once at the end instead of at every number. Where a bet is lost (an input without a
number, a range that is left, an infeasible combination) that step is run with care, as :func:`downstack.engine.run.run`
does, and where a flag was raised every number is looked at: the numbers and statuses are the same either way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from downstack.deadline import checkpoint
from downstack.engine.absent import absent
from downstack.engine.apply import all_ok, none_touched, take_linked, take_rows
from downstack.engine.bind import Mask
from downstack.engine.codes import INFEASIBLE, OK, Codes
from downstack.engine.grid import WIDE
from downstack.engine.on_demand import OnDemand
from downstack.engine.operations import Operation, Slots, compile_operation
from downstack.engine.plan import Plan
from downstack.engine.run import BASE_AND_SCENARIO, ONLY_BASE, Asked, Cell, Outcome, run, run_step, stated
from downstack.engine.scalar import scalar_of
from downstack.engine.straight import Line, write_out
from downstack.performance.declare import Array

PATIENCE = 3
"""Runs that end with a floating-point flag before every number is looked at from the start."""
KEPT_BYTES = 32_000_000
"""The base of a plan is kept with it up to this size."""

WRITTEN_OUT = 500
"""Up to so many formulas are written out as one function; beyond, compiling it takes longer than it saves."""
WRITTEN_OUT_NUMBERS = 5_000_000
"""Up to so many numbers of one run; with more, what lies between the formulas costs nothing beside them."""

Cells = Mapping[str, tuple[Cell, ...]]


class _Flags:
    """Hears from NumPy that a number was not finite."""

    __slots__ = ("raised",)

    def __init__(self) -> None:
        self.raised = False

    def __call__(self, kind: str, flag: int) -> None:
        self.raised = True


class Program:
    """The moving steps of a plan, compiled against what does not move.

    Parameters
    ----------
    plan
        The steps.
    known
        The run without interventions; None for a program that is that run.
    moving
        The quantities that differ from it.
    """

    def __init__(self, plan: Plan, known: Outcome | None = None, moving: frozenset[str] = frozenset()) -> None:
        self._plan = plan
        self._known = known
        if known is None:
            moving = frozenset(step.quantity for step in plan.steps if step.variants)
        steps = tuple(step for step in plan.steps if step.quantity in moving)
        self._steps = steps
        self._values, self._status = _still(plan, known, moving)
        self._unclean = frozenset(name for name, code in self._status.items() if code is not all_ok(len(code)))
        self._absent = absent(steps, self._status)
        slots = Slots(self._values)
        widths = [step.fact_values.shape[1] for step in plan.steps if step.fact_values is not None]
        self._sampled = max(widths, default=1) > 1
        lengths = {step.quantity: step.rows for step in plan.steps}
        operations = [
            compile_operation(
                step,
                slots,
                self._status,
                moving,
                (plan.binding.shape(step.key), lengths) if max(widths, default=1) >= WIDE else None,
            )
            for step in steps
        ]
        # The second entry is a formula that needs no look of its own, the third where its result is gathered to.
        self._operations = [
            (item, item.calls[0] if item.plain else None, tuple(slots.fills.get(item.quantity, ())))
            for item in operations
        ]
        self._initial = slots.initial
        self._roots = [item for item in operations if not item.step.variants]
        self._changed = {item.quantity for item in self._roots}
        rest = [item for item in operations if item.step.variants]
        self._named = [item.quantity for item in rest]
        # What takes long is run step by step, so that it can be stopped between them.
        numbers = max(widths, default=1) * sum(item.step.rows for item in rest)
        brief = len(rest) <= WRITTEN_OUT and numbers <= WRITTEN_OUT_NUMBERS
        self._certain = brief and all(item.plain and item.step.fact_values is None for item in rest)
        if self._certain:
            self._held = [value for value in slots.initial if value is not None]
            self._program = write_out(
                [place for place, value in enumerate(slots.initial) if value is not None]
                + [item.place for item in self._roots],
                [
                    (place, item.place, rows)
                    for item in self._roots
                    for place, rows in slots.fills.get(item.quantity, ())
                ],
                [
                    Line(item.place, call.formula, call.places, tuple(slots.fills.get(item.quantity, ())))
                    for item in rest
                    for call in item.calls
                ],
                single=known is None and not self._sampled,
            )
        self._status.update({step.quantity: all_ok(step.rows) for step in steps})
        self.moving = moving
        self._limited = frozenset(
            step.quantity for step in steps if any(variant.function.regimes for variant in step.variants)
        ) | frozenset(name for name in (known.regimes if known else ()) if name not in moving)
        self._formula = {} if known is None else {n: held for n, held in known.formula.items() if n not in moving}
        self._loops = {} if known is None else known.loops
        self._lost = 0

    def run(self, cells: Cells | None = None, along: Array | None = None) -> Outcome:
        """Evaluate.

        Parameters
        ----------
        cells
            The interventions, which reach the moving quantities and no others; none in a program without a known run.
        along
            The columns, as in :func:`downstack.engine.run.run`; base and scenario unless given.
        """
        columns = ONLY_BASE if self._known is None else BASE_AND_SCENARIO if along is None else along
        asked = Asked(cells or {}, columns, self._known, self._sampled)
        if self._lost < PATIENCE:
            flags = _Flags()
            with np.errstate(all="call", under="ignore", call=flags):
                outcome = self._straight(asked) if self._certain and asked.cells.keys() <= self._changed else None
                if outcome is None:
                    outcome = self._walk(asked, flags)
            if not flags.raised:
                return outcome
            self._lost += 1
        with np.errstate(all="ignore"):
            return self._walk(asked, None)

    def _straight(self, asked: Asked) -> Outcome | None:
        """Evaluate a program in which nothing is in doubt; None when a changed fact leaves something in doubt."""
        values, status = self._values.copy(), self._status
        touched: OnDemand[Mask] = OnDemand({}, self._plan.by_quantity, partial(self._reached, asked.cells, {}))
        state = Outcome(values, status, touched, self._formula, {}, self._loops)
        if self._roots:
            state.status = status = status.copy()
            for operation in self._roots:
                run_step(operation.step, state, asked)
                if status[operation.quantity] is not all_ok(operation.step.rows):
                    return None
            moved = [values[item.quantity] for item in self._roots]
            results = self._program(*self._held, *moved)
        else:
            results = self._program(*self._held)
        values.update(zip(self._named, results, strict=True))
        state.regimes = OnDemand({}, self._limited, partial(self._limit, values))
        return state

    def _walk(self, asked: Asked, flags: _Flags | None) -> Outcome:
        work, values, status = self._initial.copy(), self._values.copy(), self._status.copy()
        formula, limits = self._formula.copy(), dict[str, Codes]()
        touched: OnDemand[Mask] = OnDemand({}, self._plan.by_quantity, partial(self._reached, asked.cells, {}))
        state = Outcome(values, status, touched, formula, limits)
        cells, unclean, waiting = asked.cells, set(self._unclean), self._limited
        # A question that states one of them gives others a number too.
        nowhere = self._absent if cells.keys().isdisjoint(self._absent) else {}
        for operation, call, fills in self._operations:
            checkpoint()
            quantity = operation.quantity
            value = None
            if quantity in nowhere:
                value, status[quantity], regime = nowhere[quantity]
                values[quantity] = value
                unclean.add(quantity)
                if quantity in waiting:
                    limits[quantity] = regime
            elif (
                operation.ready
                and quantity not in cells
                and (not unclean or operation.reads.isdisjoint(unclean) or _forgiven(operation, unclean, status))
            ):
                if call is not None and flags is not None:
                    value = call.formula(*call.inputs(work))
                else:
                    value = operation.run(work, watch=flags is None)
            if value is None:
                raised = flags is not None and flags.raised
                run_step(operation.step, state, asked)
                if flags is not None:
                    # What is run with care is looked at number by number: its flags say nothing new.
                    flags.raised = raised
                waiting = waiting - {quantity}
                value = values[quantity]
                if status[quantity].any():
                    unclean.add(quantity)
                else:
                    status[quantity] = all_ok(len(value))
            else:
                values[quantity] = value
                if operation.step.fact_values is not None:
                    formula[quantity] = value
            work[operation.place] = value
            for place, index in fills:
                work[place] = take_linked(value, index, np.nan) if quantity in unclean else take_rows(value, index)
        regimes: OnDemand[Codes] = OnDemand(limits, waiting, partial(self._limit, values))
        return Outcome(values, status, touched, formula, regimes, self._loops)

    def _reached(self, cells: Cells, reached: dict[str, Mask], quantity: str, touched: Mapping[str, Mask]) -> Mask:
        """Return the rows of a quantity that the interventions reach; `reached` keeps those of all before it."""
        if quantity not in self.moving:
            rows = self._plan.by_quantity[quantity].rows
            return none_touched(rows) if self._known is None else self._known.touched[quantity]
        if not cells:
            return none_touched(self._plan.by_quantity[quantity].rows)
        # In the order of evaluation, not by recursion: chains of functions may be deeper than Python's stack.
        for step in self._steps:
            if quantity in reached:
                break
            if step.quantity in reached:
                continue
            mask = np.zeros(step.rows, dtype=np.bool_)
            for variant in step.variants:
                place = slice(None) if variant.rows is None else variant.rows
                for name, index, _ in variant.gathers:
                    reach = reached[name] if name in reached else touched[name]
                    if reach is not none_touched(len(reach)) and len(reach):
                        mask[place] |= reach if index is None else reach[index] & (index >= 0)
            for cell in cells.get(step.quantity, ()):
                mask[cell.row] = True
            reached[step.quantity] = mask
        return reached[quantity]

    def _limit(self, values: Mapping[str, Array], quantity: str, limits: Mapping[str, Codes]) -> Codes:
        """Return what binds in every row of a quantity that was not run with care."""
        if quantity not in self.moving and self._known is not None:
            return self._known.regimes[quantity]
        step = self._plan.by_quantity[quantity]
        codes = np.full(values[quantity].shape, -1, dtype=np.int8)
        for variant in step.variants:
            if variant.function.regimes is None or (variant.rows is not None and not len(variant.rows)):
                continue
            arguments = {
                name: values[name] if index is None else take_linked(values[name], index, np.nan)
                for name, index, _ in variant.gathers
            }
            rows = slice(None) if variant.rows is None else variant.rows
            with np.errstate(all="ignore"):
                codes[rows] = variant.function.regimes.index(**variant.function.arguments(arguments))
        return codes


def _forgiven(operation: Operation, unclean: set[str], status: Mapping[str, Codes]) -> bool:
    """Return whether what is unclean of the inputs of a step is optional, and missing where it is not clean."""
    if not operation.needs.isdisjoint(unclean):
        return False
    for name in operation.reads & unclean:
        code = status[name]
        if bool(((code != OK) & (code < INFEASIBLE)).any()):
            return False
    return True


def _still(plan: Plan, known: Outcome | None, moving: frozenset[str]) -> tuple[dict[str, Array], dict[str, Codes]]:
    """Return the numbers and codes of what does not move."""
    values: dict[str, Array] = {}
    status: dict[str, Codes] = {}
    for step in plan.steps:
        if step.quantity in moving:
            continue
        if known is not None:
            values[step.quantity], status[step.quantity] = known.values[step.quantity], known.status[step.quantity]
            continue
        values[step.quantity], status[step.quantity] = stated(step)
    return values, status


def evaluate(plan: Plan) -> Outcome:
    """Compute a plan without interventions."""
    if plan.loops:
        return run(plan)
    if "program" not in plan.kept:
        plan.kept["program"] = Program(plan)
    program: Program = plan.kept["program"]
    scalar = scalar_of(plan)
    return program.run() if scalar is None else scalar.run(program.moving, {}, None, program.run)


def base_of(plan: Plan, compute: Callable[[Plan], Outcome] = evaluate) -> Outcome:
    """Return the run of a plan without interventions, which is kept with the plan unless it is large.

    Parameters
    ----------
    plan
        The plan.
    compute
        How to come by it when it is not kept.
    """
    if "base" in plan.kept:
        base: Outcome = plan.kept["base"]
        return base
    found = compute(plan)
    if sum(array.nbytes for array in found.values.values()) <= KEPT_BYTES:
        plan.kept["base"] = found
    return found


def evaluate_change(plan: Plan, base: Outcome, moving: frozenset[str], cells: Cells, along: Array) -> Outcome:
    """Compute what interventions on a plan change.

    Parameters
    ----------
    plan
        The plan.
    base
        Its run without interventions.
    moving
        What the interventions reach.
    cells, along
        The interventions, and the columns, as in :func:`downstack.engine.run.run`.
    """
    looped = any(name in moving for loop in plan.loops for name in loop.members)
    if looped:
        return run(plan, cells, along, base, moving, reference=base)
    if plan.kept.get("base") is not base:
        return Program(plan, base, moving).run(cells, along)
    if moving not in plan.kept:
        plan.kept[moving] = Program(plan, base, moving)
    program: Program = plan.kept[moving]
    scalar = scalar_of(plan) if along is BASE_AND_SCENARIO else None
    if scalar is None:
        return program.run(cells, along)
    return scalar.run(moving, cells, base, partial(program.run, cells, along))
