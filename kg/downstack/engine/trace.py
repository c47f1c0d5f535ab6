"""From a number in an array back to its formula, its inputs, and the facts at the bottom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from downstack.deadline import checkpoint
from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, NOT_CONVERGED, OK, STALE
from downstack.engine.interventions import cuts
from downstack.engine.loop_words import feedback_at
from downstack.engine.places import variant_at
from downstack.engine.plan import Plan, Step, Variant
from downstack.engine.run import Cell, Outcome
from downstack.graph.ages import stale_reason
from downstack.graph.display import base_units, shown
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Fact, QuantityKind
from downstack.performance.declare import Validity
from downstack.results import EffectKey, Feedback, Status, Trace

STATUS = tuple(Status)
"""Status of a code: both list the same names in the same order."""


MAX_ANATOMIES = 50_000
"""So many numbers of one plan are remembered by what their traces have in common."""


_Place = tuple[str, int]
"""A quantity and its row."""


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
    sources: tuple[_Place, ...]


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
        self._done: dict[_Place, Trace] = {}
        # What only a question states is an input of the questions that state it.
        told = frozenset([name for name in cells if not _is_stated(plan, name)])
        self._anatomies: dict[_Place, _Anatomy] = plan.kept.setdefault(("anatomies", told), {})
        self._shared: dict[_Place, Trace] = plan.kept.setdefault(("traces", told), {})
        """The traces of what no question of the plan's moves."""
        self._silent: dict[str, bool] = {}
        self._seen = cells if column else {}
        """The interventions that this column sees."""
        self._cutting: frozenset[_Place] = frozenset(
            (name, cell.row) for name, group in self._seen.items() for cell in group if cuts(cell)
        )
        """The numbers that they set."""

    def trace(self, quantity: str, row: int) -> Trace:
        """Return the trace of one number; a step that two paths share is the same object in both.

        All that it says is there when the run is over. The steps below a number with nothing to say against it are put
        together when somebody looks at them; where there is a reason to give, it is found below first.
        """
        place = quantity, row
        if place not in self._done:
            self._unfold(place)
        return self._done[place]

    def _unfold(self, wanted: _Place) -> None:
        """Build a step, and first what it has to say of the steps below it."""
        # On a list of its own, not by recursion: chains of functions may be deeper than Python's stack.
        done, outcome, waiting = self._done, self._outcome, [wanted]
        while waiting:
            checkpoint()
            place = waiting[-1]
            if place in done:
                waiting.pop()
                continue
            shared = self._shared if outcome.is_still(place[0]) else None
            if shared is not None and (kept := shared.get(place)) is not None:
                done[place] = kept
                continue
            anatomy, (value, code) = self._anatomy(*place), outcome.number(*place, self._column)
            if self._speaks(place[0], code):
                sources = () if place in self._cutting else anatomy.sources
                missing = [item for item in sources if item not in done]
                if missing:
                    waiting.extend(reversed(missing))
                    continue
                found = self._build(*place, anatomy, value, code)
            else:
                found = self._plain(anatomy, value)
            # Two threads may unfold the same trace: the first step stays.
            done.setdefault(place, found)
            if shared is not None:
                if len(shared) >= MAX_ANATOMIES:
                    shared.clear()
                shared.setdefault(place, done[place])

    def _speaks(self, quantity: str, code: int) -> bool:
        """Return whether a trace has more to say of a number than what it is computed from."""
        outcome = self._outcome
        return code != OK or quantity in outcome.formula or quantity in outcome.loops or quantity in self._seen

    def _plain(self, anatomy: _Anatomy, value: float) -> Trace:
        function = None if anatomy.variant is None else anatomy.variant.function
        given = anatomy.kind, anatomy.key, value / anatomy.base_units, anatomy.kind.display_unit, function
        if anatomy.sources:
            return Trace.unfolding(*given, partial(self._inputs, anatomy.sources), anatomy.facts)
        return Trace(*given[:4], Status.OK, function, (), anatomy.facts, None)

    def _inputs(self, sources: tuple[_Place, ...]) -> tuple[Trace, ...]:
        done = self._done
        return tuple([done[place] if place in done else self.trace(*place) for place in sources])

    def _cell(self, quantity: str, row: int) -> Cell | None:
        return next((item for item in self._seen.get(quantity, ()) if item.row == row), None)

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

    def _build(self, quantity: str, row: int, anatomy: _Anatomy, value: float, code: int) -> Trace:
        variant, facts, column = anatomy.variant, anatomy.facts, self._column
        cell = self._cell(quantity, row)
        if cell is not None and cuts(cell):
            return self._cut(anatomy, value, code, cell)
        inputs = tuple([self._done[place] for place in anatomy.sources])
        loop = None
        if variant is not None and quantity in self._outcome.loops:
            loop = feedback_at(self._plan, self._outcome, quantity, row, column, self._cells)
            if quantity in loop.held:
                # The question cuts what it is computed from.
                variant, inputs = None, ()
        reason = None if code == OK else self._reason(anatomy, row, code, variant, inputs, loop)
        formula_value = None
        if facts and variant is not None and quantity in self._outcome.formula:
            formula = self._outcome.formula[quantity]
            found = formula.item(row, min(column, formula.shape[1] - 1))
            formula_value = shown(anatomy.kind, found)
            if not anatomy.step.fact_first and not math.isnan(found):
                facts = ()
            elif code < INFEASIBLE and (math.isnan(found) or found == formula.item(row, 0)):
                # The published value stands: the formula was not asked to move it, so the number rests on the fact.
                variant, inputs, loop = None, (), None
        cut = ", which cuts what it is computed from" if loop is not None and quantity in loop.held else ""
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
            None if cell is None else f"{cell.intervention.entity}.{quantity} is changed by the question{cut}",
            loop,
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

    def _reads(self, step: Step, row: int) -> tuple[Variant | None, tuple[_Place, ...]]:
        """Return the function behind a row and the numbers it reads; none behind a link that is missing."""
        found = variant_at(step, row)
        if found is None:
            return None, ()
        # A loop is one step: it is unfolded once, to what it reads from outside.
        loop = self._plan.loop_of(step.quantity)
        members = () if loop is None else (step.quantity, *loop.members)
        sources: dict[_Place, None] = {}
        for name in dict.fromkeys(members or (step.quantity,)):
            member = variant_at(self._plan.by_quantity[name], row) if name in self._plan.by_quantity else None
            if member is None:
                continue
            optional = {item.name for item in member[0].function.inputs if item.optional}
            for source, place in member[1]:
                if source in members or place < 0 or not self._plan.by_quantity[source].rows:
                    continue
                if source not in optional or not self._only_stated(source):
                    sources.setdefault((source, place))
        return found[0], tuple(sources)

    def _only_stated(self, quantity: str) -> bool:
        """Return whether a quantity is only ever stated by a question, and this one does not: it is then no input.

        The layout of a deployment is such; the formulas that may read it say in words what holds without it.
        """
        if quantity not in self._silent:
            step = self._plan.by_quantity[quantity]
            stated = quantity in self._cells or _is_stated(self._plan, quantity)
            column = self._plan.binding.columns.facts.get(quantity)
            known = column is not None and not bool(np.isnan(column.values).all())
            needs = [name for variant in step.variants for name, _, optional in variant.gathers if not optional]
            self._silent[quantity] = not (stated or known) and (
                not step.variants or any(self._only_stated(name) for name in needs)
            )
        return self._silent[quantity]

    def _reason(
        self,
        anatomy: _Anatomy,
        row: int,
        code: int,
        variant: Variant | None,
        inputs: tuple[Trace, ...],
        loop: Feedback | None,
    ) -> str | None:
        step, key = anatomy.step, anatomy.key
        if code == NOT_CONVERGED and loop is not None:
            return loop.sentence
        if code == STALE and anatomy.facts:
            said = stale_reason(anatomy.kind, anatomy.facts[0], self._plan.binding.columns.on)
            if said is not None:
                return said
        inherited = next((item.reason for item in inputs if STATUS.index(item.status) == code and item.reason), None)
        if variant is None:
            if loop is not None:
                return inherited or f"{step.quantity} is held where it has no number"
            if step.variants:
                return _no_formula(step, key)
            return f"no fact for {step.quantity} of {key}"
        if code == MISSING_INPUT:
            if loop is not None:
                return inherited or self._absent_in_loop(loop, row)
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


def _is_stated(plan: Plan, quantity: str) -> bool:
    """Return whether any row of a quantity has a stated value; kept with the plan."""
    known: dict[str, bool] = plan.kept.setdefault("stated", {})
    if quantity not in known:
        values = plan.by_quantity[quantity].fact_values
        known[quantity] = values is not None and not bool(np.isnan(values).all())
    return known[quantity]
