"""One combination on its way from base to scenario: its numbers at every point, and each change split over the inputs.

The combination is cut out of the evaluation that the effect belongs to, so that nothing is bound or compiled again and
what the change does not reach is not computed again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.engine.apply import none_touched
from downstack.engine.attribution_loop import LoopCorners, outside
from downstack.engine.attribution_orders import move_orders
from downstack.engine.attribution_paths import ROUNDING, Split, per_unit
from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.codes import MISSING_INPUT, Codes
from downstack.engine.engine import Evaluation
from downstack.engine.plan import Plan, Step, Variant
from downstack.engine.run import Cell, Outcome, run
from downstack.errors import UserInputError
from downstack.performance.declare import Array

CHANGE = "change"
"""Stands in place of a function for what a change does to the very quantity it is made to."""
_NOTHING: Array = np.full((1, 1), np.nan)
_MISSING: Codes = np.full((1, 1), MISSING_INPUT, dtype=np.int8)
for _array in (_NOTHING, _MISSING):
    _array.setflags(write=False)


@dataclass(frozen=True, slots=True)
class SingleRow:
    """The formulas of one combination, each with a single row."""

    target: str
    plan: Plan
    known: Outcome
    cells: Mapping[str, tuple[Cell, ...]]

    @classmethod
    def of(cls, evaluation: Evaluation, target: str, row: int) -> SingleRow:
        """Cut the row of an effect, and all that it is computed from, out of an evaluation."""
        plan, outcome = evaluation.plan, evaluation.outcome
        places, waiting = {target: row}, [target]
        steps: dict[str, Step] = {}
        known = Outcome({}, {}, {}, {}, {})
        cells: dict[str, tuple[Cell, ...]] = {}
        while waiting:
            name = waiting.pop()
            step, place = plan.by_quantity[name], places[name]
            if place < 0 or place >= step.rows or not outcome.touched[name][place]:
                _hold(known, outcome, name, place if place < step.rows else -1)
                steps[name] = Step(name, step.key, 1, None, step.fact_first, ())
                continue
            variant, sources = _variant_at(step, place)
            for source, spot in sources.items():
                if source not in places:
                    places[source] = spot
                    waiting.append(source)
            facts = None if step.fact_values is None else step.fact_values[place : place + 1, :1]
            if facts is None and variant is None:
                facts = _NOTHING
            steps[name] = Step(name, step.key, 1, facts, step.fact_first, () if variant is None else (variant,))
            own = tuple(Cell(0, cell.intervention) for cell in evaluation.cells.get(name, ()) if cell.row == place)
            if own:
                cells[name] = own
        ordered = {step.quantity: steps[step.quantity] for step in plan.steps if step.quantity in steps}
        return cls(target, plan.with_steps(ordered.values()), known, cells)

    def walk(self, segments: int) -> Walk | None:
        """Evaluate the points between base and scenario; None when the effect has no number at one of them."""
        fractions = np.linspace(0.0, 1.0, segments + 1)
        moving = frozenset(self.plan.by_quantity) - frozenset(self.known.values)
        try:
            outcome = run(self.plan, self.cells, fractions, self.known, moving)
        except UserInputError:
            # Halfway, before other changes have made room for it, a subtraction can go below zero.
            return None
        if not np.isfinite(outcome.values[self.target]).all():
            return None
        return Walk(self, fractions, outcome)


def _hold(known: Outcome, outcome: Outcome, name: str, place: int) -> None:
    """Keep a number that does not move; one behind a missing link is missing."""
    if place >= 0:
        known.values[name] = outcome.values[name][place : place + 1, :1]
        known.status[name] = outcome.status[name][place : place + 1, :1]
    else:
        known.values[name], known.status[name] = _NOTHING, _MISSING
    known.touched[name] = none_touched(1)


def _variant_at(step: Step, row: int) -> tuple[Variant | None, dict[str, int]]:
    """Return the function that applies to a row, made single-row, and the row of each of its inputs."""
    for variant in step.variants:
        place = row
        if variant.rows is not None:
            place = int(np.searchsorted(variant.rows, row))
            if place >= len(variant.rows) or variant.rows[place] != row:
                continue
        sources = {name: place if index is None else int(index[place]) for name, index, _ in variant.gathers}
        gathers = tuple((name, None, optional) for name, _, optional in variant.gathers)
        return Variant(variant.function, None, gathers), sources
    return None, {}


@dataclass(frozen=True, slots=True)
class Walk:
    """The numbers of one combination at every point between base and scenario."""

    row: SingleRow
    fractions: Array
    outcome: Outcome

    @property
    def values(self) -> Mapping[str, Array]:
        """The numbers, one row each with a column a point."""
        return self.outcome.values

    @property
    def total(self) -> float:
        """The effect in the base unit; zero when it is lost in rounding."""
        first, last = float(self.values[self.row.target][0, 0]), float(self.values[self.row.target][0, -1])
        return last - first if abs(last - first) > ROUNDING * max(abs(first), abs(last)) else 0.0

    def splits(self) -> dict[str, Split] | None:
        """Split the change of every quantity on the way, inputs before outputs; None where a number is missing."""
        inputs: dict[str, tuple[str, ...]] = {}
        waiting = [self.row.target]
        while waiting:
            name = waiting.pop()
            if name in inputs:
                continue
            inputs[name] = tuple(item for item in self._reads(name) if self._moves(item))
            waiting += inputs[name]
        if not inputs[self.row.target] and not self._moves(self.row.target):
            return {}
        splits: dict[str, Split] = {}
        loops = LoopCorners(self.row.plan, self.row.cells, self.fractions, self.outcome)
        for name in self.row.plan.by_quantity:
            # What moves only because it is changed begins the paths; it is split only when it is itself the effect.
            if name in inputs and (inputs[name] or name == self.row.target):
                looped = bool(inputs[name]) and name in self.outcome.loops
                split = (loops.split if looped else self._split)(name, inputs[name], splits)
                if split is None:
                    return None
                splits[name] = split
        return splits

    def _reads(self, name: str) -> tuple[str, ...]:
        """Return what a quantity is computed from; a member of a loop from what the whole loop reads from outside."""
        step, cells = self.row.plan.by_quantity[name], self.row.cells.get(name, ())
        if not step.variants or any(cell.intervention.op is ChangeOp.SET for cell in cells):
            return ()
        if name in self.outcome.loops:
            return outside(self.row.plan, self.row.cells, self.outcome, name)
        return step.variants[0].function.input_names

    def _moves(self, name: str) -> bool:
        value = self.values[name]
        if value.shape[1] == 1:
            return False
        first = value[0, 0]
        if math.isnan(first):
            return not bool(np.isnan(value).all())
        return not bool((np.abs(value[0] - first) <= ROUNDING * np.abs(value[0]).max()).all())

    def _split(self, name: str, moving: tuple[str, ...], before: Mapping[str, Split]) -> Split | None:
        step = self.row.plan.by_quantity[name]
        cells = self.row.cells.get(name, ())
        if not moving:
            parts = np.diff(self.values[name])
            return Split(name, CHANGE, (name,), parts, parts, (True,))
        sources = (*moving, name) if cells else moving
        begins = tuple(source == name or source not in before for source in sources)
        orders = move_orders(len(sources))
        values = self._corners(step, moving, cells, orders.members)
        if values is None or not all(np.isfinite(self.values[item]).all() for item in moving if item in before):
            return None
        # Differences first: an input that does not bind contributes zero, and no dust of rounding.
        parts = np.einsum("ip,ipk->ik", orders.weights, values[orders.joined] - values[orders.without])
        multipliers = parts.copy()
        for index, source in enumerate(sources):
            if not begins[index]:
                multipliers[index] = per_unit(parts[index], self.values[source][0])
        return Split(name, step.variants[0].function.name, sources, parts, multipliers, begins)

    def _corners(
        self, step: Step, moving: tuple[str, ...], cells: tuple[Cell, ...], members: npt.NDArray[np.bool_]
    ) -> Array | None:
        """Evaluate a function with some inputs at the end of each segment and the others at its beginning.

        All coalitions are one call, on arrays of coalitions x segments.
        """
        function = step.variants[0].function
        arguments = {item: self.values[item][:, :1] for item in function.input_names}
        for index, item in enumerate(moving):
            value = self.values[item]
            arguments[item] = np.where(members[:, index, None], value[:, 1:], value[:, :-1])
        call = function.arguments(arguments)
        shape = (len(members), len(self.fractions) - 1)
        with np.errstate(all="ignore"):
            values = np.broadcast_to(np.asarray(function.implementation(**call), dtype=np.float64), shape)
            if function.feasible is not None and not bool(np.all(function.feasible(**call))):
                return None
            if step.fact_first and step.fact_values is not None and not np.isnan(step.fact_values[0, 0]):
                # The published value is the base: the formula is scaled so that it meets it.
                values = values * (self.values[step.quantity][0, 0] / values[0, 0])
            for cell in cells:
                along = np.where(members[:, -1, None], self.fractions[1:], self.fractions[:-1])
                values = _changed(cell.intervention, values, along)
        return values if bool(np.isfinite(values).all()) else None


def _changed(item: Intervention, base: Array, along: Array) -> Array:
    """Apply a part of a relative or added change to a computed number, on the path that the evaluation takes."""
    goal = base + item.amount if item.op is ChangeOp.ADD else base * item.amount
    geometric = (base > 0.0) & (goal > 0.0)
    ratio = np.where(geometric, goal / np.where(geometric, base, 1.0), 1.0)
    return np.where(geometric, base * ratio**along, base + along * (goal - base))
