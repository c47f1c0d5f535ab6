"""From a number in an array back to its formula, its inputs, and the facts at the bottom."""

from __future__ import annotations

import math

from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, NOT_CONVERGED
from downstack.engine.loop_words import feedback_at
from downstack.engine.places import variant_at
from downstack.engine.plan import Plan, Step, Variant
from downstack.engine.run import Cell, Outcome
from downstack.engine.schema import Key
from downstack.graph.display import shown
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Fact
from downstack.performance.declare import Validity
from downstack.results import EffectKey, Feedback, Status, Trace

STATUS = tuple(Status)
"""Status of a code: both list the same names in the same order."""


class Tracer:
    """Unfolds the numbers of one run."""

    def __init__(
        self,
        knowledge: Knowledge,
        plan: Plan,
        outcome: Outcome,
        column: int,
        cells: dict[str, tuple[Cell, ...]],
    ) -> None:
        self._knowledge = knowledge
        self._plan = plan
        self._outcome = outcome
        self._column = column
        self._cells = cells
        self._done: dict[tuple[str, int], Trace] = {}
        self._named: dict[tuple[Key, int], EffectKey] = {}

    def trace(self, quantity: str, row: int) -> Trace:
        """Return the trace of one number; a step that two paths share is the same object in both."""
        if (quantity, row) not in self._done:
            self._done[quantity, row] = self._build(quantity, row)
        return self._done[quantity, row]

    def _key(self, key: Key, row: int) -> EffectKey:
        if (key, row) not in self._named:
            self._named[key, row] = self._plan.binding.key(key, row)
        return self._named[key, row]

    def _build(self, quantity: str, row: int) -> Trace:
        kind = self._knowledge.quantities[quantity]
        step = self._plan.by_quantity[quantity]
        code = self._outcome.code(quantity, row, self._column)
        value = self._outcome.value(quantity, row, self._column)
        facts = self._facts(step, row)
        variant, inputs = self._inputs(step, row)
        loop = None
        if variant is not None and quantity in self._outcome.loops:
            loop = feedback_at(self._plan, self._outcome, quantity, row, self._column, self._cells)
            if quantity in loop.held:
                # The question cuts what it is computed from.
                variant, inputs = None, ()
        reason = self._reason(step, row, code, variant, inputs, loop)
        formula_value = math.nan
        formula = self._outcome.formula.get(quantity)
        if facts and formula is not None and variant is not None:
            formula_value = float(formula[row, min(self._column, formula.shape[1] - 1)])
            if not step.fact_first and not math.isnan(formula_value):
                facts = ()
            elif code < INFEASIBLE and (math.isnan(formula_value) or formula_value == float(formula[row, 0])):
                # The published value stands: the formula was not asked to move it, so the number rests on the fact.
                variant, inputs, loop = None, (), None
        cut = ", which cuts what it is computed from" if loop is not None and quantity in loop.held else ""
        intervention = next(
            (
                f"{cell.intervention.entity}.{quantity} is changed by the question{cut}"
                for cell in self._cells.get(quantity, ())
                if cell.row == row and self._column > 0
            ),
            None,
        )
        return Trace(
            quantity=kind,
            key=self._key(step.key, row),
            value=self._show(quantity, value),
            unit=kind.display_unit,
            status=STATUS[code],
            function=None if variant is None else variant.function,
            inputs=inputs,
            own_facts=facts,
            reason=reason,
            formula_value=self._show(quantity, formula_value),
            intervention=intervention,
            loop=loop,
        )

    def _show(self, quantity: str, value: float) -> float | None:
        return shown(self._knowledge.quantities[quantity], value)

    def _facts(self, step: Step, row: int) -> tuple[Fact, ...]:
        column = self._plan.binding.columns.facts.get(step.quantity)
        if column is None:
            return ()
        slug = self._key(step.key, row).get(column.role)
        return () if slug is None else column.facts[self._plan.binding.columns.tables[column.role].position[slug]]

    def _inputs(self, step: Step, row: int) -> tuple[Variant | None, tuple[Trace, ...]]:
        found = variant_at(step, row)
        if found is None:
            return None, ()
        variant, _ = found
        # A loop is one step: it is unfolded once, to what it reads from outside.
        members = (
            () if (loop := self._outcome.loops.get(step.quantity)) is None else (step.quantity, *loop.loop.members)
        )
        children: dict[tuple[str, int], Trace] = {}
        for name in dict.fromkeys(members or (step.quantity,)):
            member = variant_at(self._plan.by_quantity[name], row) if name in self._plan.by_quantity else None
            if member is None:
                continue
            for source_name, source in member[1]:
                if source_name not in members and source >= 0 and self._plan.by_quantity[source_name].rows:
                    children.setdefault((source_name, source), self.trace(source_name, source))
        return variant, tuple(children.values())

    def _reason(
        self,
        step: Step,
        row: int,
        code: int,
        variant: Variant | None,
        inputs: tuple[Trace, ...],
        loop: Feedback | None,
    ) -> str | None:
        if code == 0:
            return None
        key = self._key(step.key, row)
        inherited = next((item.reason for item in inputs if STATUS.index(item.status) == code and item.reason), None)
        if code == NOT_CONVERGED and loop is not None:
            return loop.sentence
        if variant is None:
            if loop is not None:
                return inherited or f"{step.quantity} is held where it has no number"
            if step.variants:
                return _no_formula(step, key)
            return f"no fact for {step.quantity} of {key}"
        if code == MISSING_INPUT:
            if loop is not None:
                return inherited or self._absent_in_loop(loop, row)
            if len(inputs) < len(variant.gathers):
                present = {item.quantity.id for item in inputs}
                absent = [name for name, _, _ in variant.gathers if name not in present]
                if inherited is None:
                    return f"nothing in the graph carries {', '.join(absent)} for {key}"
            return inherited or f"an input of {step.quantity} is missing for {key}"
        if code == INFEASIBLE and inherited is None:
            return variant.function.infeasible_reason or f"{variant.function.name} gives no number for {key}"
        if code == EXTRAPOLATED and inherited is None:
            return self._left_range(variant, inputs) if loop is None else self._left_in_loop(loop, row)
        return inherited

    def _absent_in_loop(self, loop: Feedback, row: int) -> str:
        steps = [self._plan.by_quantity[name] for name in loop.members]
        found = [variant_at(step, row) for step in steps]
        for step, item in zip(steps, found, strict=True):
            if item is None and step.variants:
                return _no_formula(step, loop.key)
        absent = [name for item in found if item is not None for name, source in item[1] if source < 0]
        if absent:
            return f"nothing in the graph carries {', '.join(dict.fromkeys(absent))} for {loop.key}"
        return f"nothing says where the search for {loop.path} begins for {loop.key}"

    def _left_in_loop(self, loop: Feedback, row: int) -> str | None:
        """Say which member of a loop reads something out of range."""
        for name in loop.members:
            found = variant_at(self._plan.by_quantity[name], row)
            if found is None:
                continue
            variant, reads = found
            for check in variant.function.validity:
                source = dict(reads)[check.input]
                value = self._outcome.value(check.input, source, self._column) if source >= 0 else math.nan
                if value < check.low or value > check.high:
                    seen, low, high = (self._show(check.input, at) for at in (value, check.low, check.high))
                    return _out_of_range(
                        check, variant, seen, low, high, self._knowledge.quantities[check.input].display_unit
                    )
        return None

    def _left_range(self, variant: Variant, inputs: tuple[Trace, ...]) -> str | None:
        by_name = {item.quantity.id: item for item in inputs}
        for check in variant.function.validity:
            item = by_name.get(check.input)
            if item is None or item.value is None:
                continue
            low, high = self._show(check.input, check.low), self._show(check.input, check.high)
            outside = (low is not None and item.value < low) or (high is not None and item.value > high)
            if outside:
                return _out_of_range(check, variant, item.value, low, high, item.unit)
        return None


def _no_formula(step: Step, key: EffectKey) -> str:
    classes = sorted({name for item in step.variants for name in item.function.applies_to.values()})
    return f"no formula for {step.quantity} applies to {key}: it is none of {', '.join(classes)}"


def _out_of_range(
    check: Validity, variant: Variant, value: float | None, low: float | None, high: float | None, unit: str
) -> str:
    return (
        f"{check.input} of {value:g} {unit} is outside {low:g} to {high:g} {unit}, "
        f"where {variant.function.name} holds: {check.reason}"
    )
