"""From a number in an array back to its formula, its inputs, and the facts at the bottom."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, OK, STALE
from downstack.engine.interventions import cuts, variant_at
from downstack.engine.plan import Plan, Step, Variant
from downstack.engine.run import Cell, Outcome
from downstack.graph.ages import stale_reason
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
        done = self._done
        # Inputs first, on a list of its own: chains of functions may be deeper than Python's stack.
        waiting = [(quantity, row)]
        while waiting:
            place = waiting[-1]
            if place not in done:
                missing = [item for item in self._sources(*place) if item not in done]
                if missing:
                    waiting.extend(reversed(missing))
                    continue
                done[place] = self._build(*place)
            waiting.pop()
        return done[quantity, row]

    def _sources(self, quantity: str, row: int) -> tuple[tuple[str, int], ...]:
        """Return the numbers that one is computed from; none where the question cuts them off."""
        return () if self._cut_by(quantity, row) is not None else self._anatomy(quantity, row).sources

    def _cell(self, quantity: str, row: int) -> Cell | None:
        if self._column == 0:
            return None
        return next((item for item in self._cells.get(quantity, ()) if item.row == row), None)

    def _cut_by(self, quantity: str, row: int) -> Cell | None:
        cell = self._cell(quantity, row)
        return cell if cell is not None and cuts(cell) else None

    def _anatomy(self, quantity: str, row: int) -> _Anatomy:
        """Return what the trace of a number says whatever the number is; kept with the plan."""
        found = self._anatomies.get((quantity, row))
        if found is None:
            step = self._plan.by_quantity[quantity]
            key = self._plan.binding.key(step.key, row)
            variant, sources = self._reads(step, row)
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
        cell = self._cell(quantity, row)
        if cell is not None and cuts(cell):
            return self._cut(anatomy, value, code, cell)
        inputs = tuple([self._done[place] for place in anatomy.sources])
        reason = None if code == OK else self._reason(anatomy, code, inputs)
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
            None if cell is None else f"{cell.intervention.entity}.{quantity} is changed by the question",
        )

    def _cut(self, anatomy: _Anatomy, value: float, code: int, cell: Cell) -> Trace:
        """Return the step of a number that the question sets: it rests on nothing else."""
        rest = "whatever the facts say" if anatomy.variant is None else "its formula no longer has a say"
        return Trace(
            quantity=anatomy.kind,
            key=anatomy.key,
            value=shown(anatomy.kind, value),
            unit=anatomy.kind.display_unit,
            status=STATUS[code],
            function=None,
            inputs=(),
            own_facts=(),
            reason=None,
            intervention=f"{cell.intervention.entity}.{anatomy.kind.id} is set by the question: {rest}",
        )

    def _show(self, quantity: str, value: float) -> float | None:
        return shown(self._knowledge.quantities[quantity], value)

    def _facts(self, step: Step, key: EffectKey) -> tuple[Fact, ...]:
        column = self._plan.binding.columns.facts.get(step.quantity)
        slug = None if column is None else key.get(column.role)
        if column is None or slug is None:
            return ()
        return column.facts[self._plan.binding.columns.tables[column.role].position[slug]]

    def _reads(self, step: Step, row: int) -> tuple[Variant | None, tuple[tuple[str, int], ...]]:
        """Return the function behind a row and the numbers it reads; none behind a link that is missing."""
        variant = variant_at(step, row)
        if variant is None:
            return None, ()
        place = row if variant.rows is None else int(np.searchsorted(variant.rows, row))
        sources = [(name, place if index is None else int(index[place])) for name, index, _ in variant.gathers]
        return variant, tuple(
            (name, source) for name, source in sources if source >= 0 and self._plan.by_quantity[name].rows
        )

    def _reason(self, anatomy: _Anatomy, code: int, inputs: tuple[Trace, ...]) -> str | None:
        step, key, variant = anatomy.step, anatomy.key, anatomy.variant
        if code == STALE and anatomy.facts:
            said = stale_reason(anatomy.kind, anatomy.facts[0], self._plan.binding.columns.on)
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
