"""From a number in an array back to its formula, its inputs, and the facts at the bottom."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, OK
from downstack.engine.plan import Plan, Step, Variant
from downstack.engine.run import Cell, Outcome
from downstack.graph.display import base_units, shown
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Fact, QuantityKind
from downstack.results import EffectKey, Status, Trace

STATUS = tuple(Status)
"""Status of a code: both list the same names in the same order."""


MAX_ANATOMIES = 50_000
"""So many numbers of one plan are remembered by what their traces have in common."""


@dataclass(frozen=True, slots=True)
class _Anatomy:
    """What the trace of a number says whatever the number is."""

    kind: QuantityKind
    base_units: float
    """In one display unit."""
    step: Step
    key: EffectKey
    facts: tuple[Fact, ...]
    variant: Variant | None
    sources: tuple[tuple[str, int], ...]


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
        self._anatomies: dict[tuple[str, int], _Anatomy] = plan.kept.setdefault("anatomies", {})

    def trace(self, quantity: str, row: int) -> Trace:
        """Return the trace of one number; a step that two paths share is the same object in both."""
        if (quantity, row) not in self._done:
            self._done[quantity, row] = self._build(quantity, row)
        return self._done[quantity, row]

    def _anatomy(self, quantity: str, row: int) -> _Anatomy:
        """Return what the trace of a number says whatever the number is; kept with the plan."""
        found = self._anatomies.get((quantity, row))
        if found is None:
            step = self._plan.by_quantity[quantity]
            key = self._plan.binding.key(step.key, row)
            variant, sources = self._sources(step, row)
            kind = self._knowledge.quantities[quantity]
            found = _Anatomy(kind, base_units(kind), step, key, self._facts(step, key), variant, sources)
            if len(self._anatomies) >= MAX_ANATOMIES:
                self._anatomies.clear()
            self._anatomies[quantity, row] = found
        return found

    def _build(self, quantity: str, row: int) -> Trace:
        anatomy = self._anatomy(quantity, row)
        variant, facts, column = anatomy.variant, anatomy.facts, self._column
        codes, values = self._outcome.status[quantity], self._outcome.values[quantity]
        code = codes.item(row, min(column, codes.shape[1] - 1))
        value = values.item(row, min(column, values.shape[1] - 1))
        inputs = tuple([self.trace(name, source) for name, source in anatomy.sources])
        reason = None if code == OK else self._reason(anatomy.step, anatomy.key, code, variant, inputs)
        formula_value = None
        if facts and variant is not None and quantity in self._outcome.formula:
            formula = self._outcome.formula[quantity]
            found = formula.item(row, min(column, formula.shape[1] - 1))
            formula_value = shown(anatomy.kind, found)
            if not anatomy.step.fact_first and not math.isnan(found):
                facts = ()
            elif code < INFEASIBLE and (math.isnan(found) or found == formula.item(row, 0)):
                # The published value stands: the formula was not asked to move it, so the number rests on the fact.
                variant, inputs = None, ()
        intervention = None
        if column > 0 and any(cell.row == row for cell in self._cells.get(quantity, ())):
            intervention = f"{anatomy.key}.{quantity} is changed by the question"
        return Trace(
            anatomy.kind,
            anatomy.key,
            None if math.isnan(value) else value / anatomy.base_units,
            anatomy.kind.display_unit,
            STATUS[code],
            None if variant is None else variant.function,
            inputs,
            facts,
            reason,
            formula_value,
            intervention,
        )

    def _show(self, quantity: str, value: float) -> float | None:
        return shown(self._knowledge.quantities[quantity], value)

    def _facts(self, step: Step, key: EffectKey) -> tuple[Fact, ...]:
        column = self._plan.binding.columns.facts.get(step.quantity)
        slug = None if column is None else key.get(column.role)
        if column is None or slug is None:
            return ()
        return column.facts[self._plan.binding.columns.tables[column.role].position[slug]]

    def _sources(self, step: Step, row: int) -> tuple[Variant | None, tuple[tuple[str, int], ...]]:
        for variant in step.variants:
            place = row
            if variant.rows is not None:
                place = int(np.searchsorted(variant.rows, row))
                if place >= len(variant.rows) or variant.rows[place] != row:
                    continue
            sources = [(name, place if index is None else int(index[place])) for name, index, _ in variant.gathers]
            return variant, tuple(
                (name, source) for name, source in sources if source >= 0 and self._plan.by_quantity[name].rows
            )
        return None, ()

    def _reason(
        self, step: Step, key: EffectKey, code: int, variant: Variant | None, inputs: tuple[Trace, ...]
    ) -> str | None:
        inherited = next((item.reason for item in inputs if STATUS.index(item.status) == code and item.reason), None)
        if variant is None:
            if step.variants:
                classes = sorted({name for item in step.variants for name in item.function.applies_to.values()})
                return f"no formula for {step.quantity} applies to {key}: it is none of {', '.join(classes)}"
            return f"no fact for {step.quantity} of {key}"
        if code == MISSING_INPUT:
            if len(inputs) < len(variant.gathers):
                present = {item.quantity.id for item in inputs}
                absent = [name for name, _, _ in variant.gathers if name not in present]
                if inherited is None:
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
