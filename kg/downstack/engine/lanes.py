"""Lanes: copies of single combinations side by side, each of which can be moved on its own.

A plan shares what rows have in common: one number of a chip feeds every model that runs on it. To move an input
differently for each combination (a goal met by another factor in each, one input after the other in the same
combination), the plan is unrolled: every step gets one row a lane, and whatever number of lanes is one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from downstack.engine.bind import Rows
from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.codes import OK
from downstack.engine.plan import Plan, Step, Variant
from downstack.engine.run import Cell, Outcome, run
from downstack.graph.model import QuantityKind
from downstack.performance.declare import Array


@dataclass(frozen=True, slots=True)
class Lanes:
    """An unrolled plan. Its rows are lanes, so that its binding must not be asked what they stand for."""

    plan: Plan
    source: Mapping[str, Rows]
    """Per quantity: the row of the plan that was unrolled, -1 where a link is missing."""

    def with_facts(self, values: Mapping[str, Array]) -> Lanes:
        """Replace the stated values of some quantities by lanes x columns; formulas still add what they move."""
        return self._with(
            {name: replace(self.plan.by_quantity[name], fact_values=held) for name, held in values.items()}
        )

    def pinned(self, quantity: str, values: Array) -> Lanes:
        """Give one quantity by lanes x columns, whatever it is computed from."""
        step = self.plan.by_quantity[quantity]
        return self._with({quantity: replace(step, fact_values=values, variants=(), fact_codes=None)})

    def _with(self, changed: Mapping[str, Step]) -> Lanes:
        steps = tuple(changed.get(step.quantity, step) for step in self.plan.steps)
        return Lanes(self.plan.with_steps(steps), self.source)

    def run(
        self,
        moved: Mapping[str, tuple[QuantityKind, Rows]],
        known: Outcome | None = None,
        moving: frozenset[str] = frozenset(),
    ) -> Outcome:
        """Evaluate; the first column is the base, against which published values are moved.

        Parameters
        ----------
        moved
            Per quantity: the lanes in which it is moved, so that a number that rests on it and cannot follow is missing.
        known, moving
            An earlier outcome of the same lanes, and the quantities that differ from it.
        """
        # The moved values stand in the steps already: a change of nothing marks where they are, and no more.
        cells = {
            name: tuple(Cell(int(lane), Intervention("", kind, ChangeOp.SCALE, 1.0)) for lane in lanes)
            for name, (kind, lanes) in moved.items()
        }
        return run(self.plan, cells, np.zeros(1), known, moving)


def unroll(plan: Plan, target: str, rows: Rows) -> Lanes:
    """Give each of some rows of a target a lane of its own; a row may occur more than once."""
    key = plan.by_quantity[target].key
    source: dict[str, Rows] = {}
    steps = []
    for step in plan.steps:
        gather = plan.binding.gather(key, step.key)
        place = rows if gather is None else gather[rows]
        source[step.quantity] = place
        steps.append(_unroll_step(step, place))
    return Lanes(plan.with_steps(steps), source)


def _unroll_step(step: Step, place: Rows) -> Step:
    variants = tuple(found for variant in step.variants if (found := _unroll_variant(variant, place)) is not None)
    facts, codes = step.fact_values, step.fact_codes
    if codes is not None:
        codes = np.where(place >= 0, codes[place, 0], OK).astype(np.int8).reshape(-1, 1)
    if facts is not None and len(facts):
        facts = np.where(place >= 0, facts[place, 0], np.nan).reshape(-1, 1)
    elif facts is not None or not variants:
        facts = np.full((len(place), 1), np.nan)
    return replace(step, rows=len(place), fact_values=facts, variants=variants, fact_codes=codes)


def _unroll_variant(variant: Variant, place: Rows) -> Variant | None:
    inside = place >= 0 if variant.rows is None else np.isin(place, variant.rows)
    if not bool(inside.any()):
        return None
    rows = None if bool(inside.all()) else np.flatnonzero(inside)
    return Variant(variant.function, rows, tuple((name, rows, optional) for name, _, optional in variant.gathers))


__all__ = ["Lanes", "unroll"]
