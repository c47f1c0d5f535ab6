"""A question about one combination on plain numbers, compiled once for all that ask it with other amounts.

NumPy takes about a microsecond for an operation on one number, Python a thirtieth of that. A plan whose every step has one
row is written out as one Python function of what its changes amount to (:mod:`downstack.engine.scalar_source`); it returns
the number and the status of every step, so that a trace is read off and not computed.

The careful run stays the judge: it answers first, its result is what the program must give before it is used, and it
answers where the program gives up (a division by zero, a number that is not finite, a change below zero).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from downstack.engine.codes import MISSING_INPUT, OK
from downstack.engine.plan import Plan, Step, Variant
from downstack.engine.run import Cell, Outcome, stated
from downstack.engine.scalar_formula import on_numbers, with_arrays
from downstack.engine.scalar_outcome import Extra, Layout, Register, ScalarOutcome
from downstack.engine.scalar_source import Anchor, Writer

Cells = Mapping[str, tuple[Cell, ...]]
FAILURES = (ArithmeticError, ValueError)
"""What plain arithmetic raises where an array would hold no number."""
ROUNDING = 1e-13
"""Powers and logarithms of NumPy differ in the last bits with the layout of an array; all else is the same to the bit."""
MOST_STEPS = 2_000
"""Of a plan that is written out; compiling a longer one takes longer than anybody waits for an answer."""


class ScalarProgram:
    """The moving steps of a plan of one combination on plain numbers.

    Parameters
    ----------
    plan
        The plan; see :func:`is_single`.
    moving
        What is computed; all else stands still.
    cells
        Changes of the kind that the program is for: which quantities, and how; none for a run without changes.
    first
        What the plan gave under these changes.
    known
        What it gave without changes; None in a run without changes.
    inexact
        The functions that are to be called with arrays of one number.
    """

    def __init__(
        self,
        plan: Plan,
        moving: frozenset[str],
        cells: Cells,
        first: Outcome,
        known: Outcome | None,
        inexact: frozenset[str] = frozenset(),
    ) -> None:
        self._plan, self._cells, self._first, self._known = plan, cells, first, known
        wide = bool(cells)
        self._moving = [
            step
            for step in plan.steps
            if step.quantity in moving and step.rows and (not wide or first.values[step.quantity].shape[1] > 1)
        ]
        names = {step.quantity for step in self._moving}
        self._still = {step.quantity: self._last(step) for step in plan.steps if step.quantity not in names}
        self._changed = tuple(step.quantity for step in self._moving if step.quantity in cells)
        self._results: dict[str, int] = {}
        registers: dict[str, Register] = {}
        formula: dict[str, Extra] = {}
        regimes: dict[str, Extra] = {}
        writer = Writer(self._still, inexact)
        for step in self._moving:
            self._write(step, writer, formula, regimes)
            value, status = writer.read(step.quantity)
            before, code = self._at(step.quantity, 0)
            registers[step.quantity] = Register(
                self._place(value),
                self._place(status) if isinstance(status, str) else None,
                status if isinstance(status, int) else OK,
                before,
                code,
            )
        self._run = writer.program(list(self._results))
        still = Outcome(
            {name: array for name, array in first.values.items() if name not in registers},
            {name: array for name, array in first.status.items() if name not in registers},
            first.touched,
            {name: array for name, array in first.formula.items() if name not in formula},
            {name: first.regimes[name] for name in first.regimes if name not in regimes},
            first.loops,
        )
        self._layout = Layout(wide, moving, registers, formula, regimes, still)

    def run(self, cells: Cells) -> ScalarOutcome | None:
        """Evaluate with other amounts of the same kind of changes; None where the run with care must answer."""
        try:
            results = self._run(*[cells[name][0].intervention.amount for name in self._changed])
        except FAILURES:
            return None
        return None if results is None else ScalarOutcome(self._layout, results)

    def agrees(self) -> bool:
        """Return whether the program gives exactly what the plan gave."""
        found = self.run(self._cells)
        if found is None:
            return False
        for name in self._layout.registers:
            last = self._first.values[name].shape[1] - 1
            if not _same(found.value(name, 0, last), self._first.value(name, 0, last)):
                return False
            if found.code(name, 0, last) != self._first.code(name, 0, last):
                return False
        pairs = ((found.formula, self._first.formula), (found.regimes, self._first.regimes))
        return all(
            np.allclose(left[name], right[name], rtol=ROUNDING, atol=0.0, equal_nan=True)
            for left, right in pairs
            for name in right
        )

    def _write(self, step: Step, writer: Writer, formula: dict[str, Extra], regimes: dict[str, Extra]) -> None:
        name = step.quantity
        if step.variants:
            variant = _covering(step)
            alone = self._first.formula.get(name, self._first.values[name])
            limit = writer.formula(step, variant, suspect=bool(np.isnan(alone).any()))
            if limit is not None:
                seen = self._first.regimes.get(name)
                regimes[name] = Extra(self._place(limit), -1 if seen is None else seen.item(0, 0))
            if step.fact_values is not None:
                formula[name] = Extra(self._place(writer.read(name)[0]), float(alone[0, 0]))
                writer.anchor(step, self._anchor(step, float(alone[0, 0])))
        else:
            writer.begin(step, *_stated(step))
        if name in self._cells:
            writer.change(step, self._cells[name][0].intervention.op)

    def _anchor(self, step: Step, alone: float) -> Anchor:
        fact, code = _stated(step)
        before = alone if self._known is None else self._known.formula[step.quantity].item(0, 0)
        return Anchor(fact, code, step.fact_first, self._reached(step), before)

    def _reached(self, step: Step) -> bool:
        """Return whether the changes reach an input of the formula."""
        variant = _covering(step)
        gathers = () if variant is None else variant.gathers
        rows = [(name, 0 if index is None else int(index[0])) for name, index, _ in gathers]
        return any(bool(self._first.touched[name][row]) for name, row in rows if row >= 0)

    def _place(self, name: str) -> int:
        return self._results.setdefault(name, len(self._results))

    def _at(self, quantity: str, column: int) -> tuple[float, int]:
        return self._first.value(quantity, 0, column), self._first.code(quantity, 0, column)

    def _last(self, step: Step) -> tuple[float, int]:
        return self._at(step.quantity, 1) if step.rows else (math.nan, MISSING_INPUT)


def compile_scalar(
    plan: Plan, moving: frozenset[str], cells: Cells, first: Outcome, known: Outcome | None
) -> ScalarProgram | None:
    """Return a program that gives exactly what a plan gave, None where none does; see :class:`ScalarProgram`."""
    if any(array.shape[1] > (2 if cells else 1) for array in first.values.values()):
        # A formula brings columns of its own: it errs, sample by sample.
        return None
    program = ScalarProgram(plan, moving, cells, first, known)
    if not program.agrees():
        program = ScalarProgram(plan, moving, cells, first, known, _inexact(plan, moving, first))
    return program if program.agrees() else None


def is_single(plan: Plan) -> bool:
    """Return whether every step of a plan has at most one row, one column and one function, and they are not too many."""
    return len(plan.steps) <= MOST_STEPS and all(
        step.rows <= 1
        and (step.fact_values is None or step.fact_values.shape[1] == 1)
        and sum(variant.rows is None or len(variant.rows) > 0 for variant in step.variants) <= 1
        for step in plan.steps
    )


def _covering(step: Step) -> Variant | None:
    """Return the function that holds in the only row."""
    return next((item for item in step.variants if item.rows is None or len(item.rows)), None)


def _stated(step: Step) -> tuple[float, int]:
    value, code = stated(step)
    return value.item(0, 0), code.item(0, 0)


def _inexact(plan: Plan, moving: frozenset[str], first: Outcome) -> frozenset[str]:
    """Return the functions that do not give on plain numbers what they give on arrays."""
    found = set()
    for step in plan.steps:
        variant = _covering(step) if step.quantity in moving and step.rows else None
        if variant is None:
            continue
        numbers = [
            math.nan if index is not None and index[0] < 0 else first.value(name, 0, 1)
            for name, index, _ in variant.gathers
        ]
        if any(math.isnan(number) for number in numbers):
            continue
        function = variant.function
        names, constants = function.input_names, {name: item.value for name, item in function.constants.items()}
        index = None if function.regimes is None else function.regimes.index
        for part in (function.implementation, function.feasible, index):
            if part is None:
                continue
            expected = with_arrays(part, names, constants)(*numbers)
            try:
                same = _same(float(on_numbers(part, names, constants)(*numbers)), float(expected))
            except FAILURES:
                same = False
            if not same:
                found.add(function.name)
    return frozenset(found)


def _same(left: float, right: float) -> bool:
    return left == right or math.isclose(left, right, rel_tol=ROUNDING) or (math.isnan(left) and math.isnan(right))
