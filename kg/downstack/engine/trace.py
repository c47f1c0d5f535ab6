"""From a number in an array back to its formula, its inputs, and the facts at the bottom."""

from __future__ import annotations

import math

import numpy as np

from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT
from downstack.engine.plan import Plan, Step, Variant
from downstack.engine.run import Cell, Outcome
from downstack.engine.schema import Key
from downstack.graph.display import shown
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Fact
from downstack.results import EffectKey, Status, Trace

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
        self._silent: dict[str, bool] = {}

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
        reason = self._reason(step, row, code, variant, inputs)
        formula_value = math.nan
        formula = self._outcome.formula.get(quantity)
        if facts and formula is not None and variant is not None:
            formula_value = float(formula[row, min(self._column, formula.shape[1] - 1)])
            if not step.fact_first and not math.isnan(formula_value):
                facts = ()
            elif code < INFEASIBLE and (math.isnan(formula_value) or formula_value == float(formula[row, 0])):
                # The published value stands: the formula was not asked to move it, so the number rests on the fact.
                variant, inputs = None, ()
        intervention = next(
            (
                f"{cell.intervention.entity}.{quantity} is changed by the question"
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
        for variant in step.variants:
            place = row
            if variant.rows is not None:
                place = int(np.searchsorted(variant.rows, row))
                if place >= len(variant.rows) or variant.rows[place] != row:
                    continue
            children = []
            for name, index, optional in variant.gathers:
                source = place if index is None else int(index[place])
                if optional and self._only_stated(name):
                    continue
                if source >= 0 and self._plan.by_quantity[name].rows:
                    children.append(self.trace(name, source))
            return variant, tuple(children)
        return None, ()

    def _only_stated(self, quantity: str) -> bool:
        """Return whether a quantity is only ever stated by a question, and this one does not: it is then no input.

        The layout of a deployment is such; the formulas that may read it say in words what holds without it.
        """
        if quantity not in self._silent:
            step = self._plan.by_quantity[quantity]
            stated = quantity in self._cells or (step.fact_values is not None and not np.isnan(step.fact_values).all())
            column = self._plan.binding.columns.facts.get(quantity)
            known = column is not None and not bool(np.isnan(column.values).all())
            needs = [name for variant in step.variants for name, _, optional in variant.gathers if not optional]
            self._silent[quantity] = not (stated or known) and (
                not step.variants or any(self._only_stated(name) for name in needs)
            )
        return self._silent[quantity]

    def _reason(
        self, step: Step, row: int, code: int, variant: Variant | None, inputs: tuple[Trace, ...]
    ) -> str | None:
        if code == 0:
            return None
        key = self._key(step.key, row)
        inherited = next((item.reason for item in inputs if STATUS.index(item.status) == code and item.reason), None)
        if variant is None:
            if step.variants:
                classes = sorted({name for item in step.variants for name in item.function.applies_to.values()})
                return f"no formula for {step.quantity} applies to {key}: it is none of {', '.join(classes)}"
            return f"no fact for {step.quantity} of {key}"
        if code == MISSING_INPUT:
            present = {item.quantity.id for item in inputs}
            absent = [
                name
                for name, _, optional in variant.gathers
                if name not in present and not (optional and self._only_stated(name))
            ]
            if absent and inherited is None:
                return f"nothing in the graph carries {', '.join(absent)} for {key}"
            return inherited or f"an input of {step.quantity} is missing for {key}"
        if code == INFEASIBLE and inherited is None:
            return variant.function.infeasible_reason or f"{variant.function.name} gives no number for {key}"
        if code == EXTRAPOLATED and inherited is None:
            return self._left_range(variant, inputs)
        return inherited

    def _left_range(self, variant: Variant, inputs: tuple[Trace, ...]) -> str | None:
        by_name = {item.quantity.id: item for item in inputs}
        for check in variant.function.validity:
            item = by_name.get(check.input)
            if item is None or item.value is None:
                continue
            low, high = self._show(check.input, check.low), self._show(check.input, check.high)
            outside = (low is not None and item.value < low) or (high is not None and item.value > high)
            if outside:
                return (
                    f"{check.input} of {item.value:g} {item.unit} is outside {low:g} to {high:g} {item.unit}, "
                    f"where {variant.function.name} holds: {check.reason}"
                )
        return None
