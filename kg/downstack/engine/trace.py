"""From a number in an array back to its formula, its inputs, and the facts at the bottom."""

from __future__ import annotations

import math

import numpy as np

from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, STALE
from downstack.engine.interventions import cuts, variant_at
from downstack.engine.plan import Plan, Step, Variant
from downstack.engine.run import Cell, Outcome
from downstack.engine.schema import Key
from downstack.graph.ages import stale_reason
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

    def trace(self, quantity: str, row: int) -> Trace:
        """Return the trace of one number; a step that two paths share is the same object in both."""
        # Inputs first, on a list of its own: chains of functions may be deeper than Python's stack.
        waiting = [(quantity, row)]
        while waiting:
            place = waiting[-1]
            missing = [] if place in self._done else [item for item in self._sources(*place) if item not in self._done]
            if missing:
                waiting.extend(reversed(missing))
                continue
            waiting.pop()
            if place not in self._done:
                self._done[place] = self._build(*place)
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
        cell = self._cell(quantity, row)
        if cell is not None and cuts(cell):
            return self._cut(step, row, value, code, cell)
        facts = self._facts(step, row)
        variant = variant_at(step, row)
        inputs = tuple(self._done[place] for place in self._sources(quantity, row))
        reason = self._reason(step, row, code, facts, variant, inputs)
        formula_value = math.nan
        formula = self._outcome.formula.get(quantity)
        if facts and formula is not None and variant is not None:
            formula_value = float(formula[row, min(self._column, formula.shape[1] - 1)])
            if not step.fact_first and not math.isnan(formula_value):
                facts = ()
            elif code < INFEASIBLE and (math.isnan(formula_value) or formula_value == float(formula[row, 0])):
                # The published value stands: the formula was not asked to move it, so the number rests on the fact.
                variant, inputs = None, ()
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
            intervention=None if cell is None else f"{cell.intervention.entity}.{quantity} is changed by the question",
        )

    def _cut(self, step: Step, row: int, value: float, code: int, cell: Cell) -> Trace:
        """Return the step of a number that the question sets: it rests on nothing else."""
        kind = self._knowledge.quantities[step.quantity]
        rest = "its formula no longer has a say" if variant_at(step, row) else "whatever the facts say"
        return Trace(
            quantity=kind,
            key=self._key(step.key, row),
            value=self._show(step.quantity, value),
            unit=kind.display_unit,
            status=STATUS[code],
            function=None,
            inputs=(),
            own_facts=(),
            reason=None,
            intervention=f"{cell.intervention.entity}.{step.quantity} is set by the question: {rest}",
        )

    def _show(self, quantity: str, value: float) -> float | None:
        return shown(self._knowledge.quantities[quantity], value)

    def _facts(self, step: Step, row: int) -> tuple[Fact, ...]:
        column = self._plan.binding.columns.facts.get(step.quantity)
        if column is None:
            return ()
        slug = self._key(step.key, row).get(column.role)
        return () if slug is None else column.facts[self._plan.binding.columns.tables[column.role].position[slug]]

    def _sources(self, quantity: str, row: int) -> list[tuple[str, int]]:
        """Return the numbers that one is computed from; none behind a link that is missing."""
        step = self._plan.by_quantity[quantity]
        variant = variant_at(step, row)
        if variant is None or self._is_cut(quantity, row):
            return []
        place = row if variant.rows is None else int(np.searchsorted(variant.rows, row))
        sources = [(name, place if index is None else int(index[place])) for name, index, _ in variant.gathers]
        return [(name, source) for name, source in sources if source >= 0 and self._plan.by_quantity[name].rows]

    def _cell(self, quantity: str, row: int) -> Cell | None:
        return next((item for item in self._cells.get(quantity, ()) if item.row == row and self._column > 0), None)

    def _is_cut(self, quantity: str, row: int) -> bool:
        cell = self._cell(quantity, row)
        return cell is not None and cuts(cell)

    def _reason(
        self,
        step: Step,
        row: int,
        code: int,
        facts: tuple[Fact, ...],
        variant: Variant | None,
        inputs: tuple[Trace, ...],
    ) -> str | None:
        if code == 0:
            return None
        key = self._key(step.key, row)
        if code == STALE and facts:
            kind = self._knowledge.quantities[step.quantity]
            said = stale_reason(kind, facts[0], self._plan.binding.columns.on)
            if said is not None:
                return said
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
