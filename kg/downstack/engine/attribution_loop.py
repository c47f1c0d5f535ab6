"""A feedback loop in an attribution: the loop counts as one function of what it reads from outside.

Its Shapley value is taken like that of any function, only that a value of it is where the loop settles. All corners of all
segments are columns of one run. Between its members nothing flows: what goes round is in the gain.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from downstack.engine.attribution_orders import move_orders
from downstack.engine.attribution_paths import Split, per_unit
from downstack.engine.codes import OK
from downstack.engine.feedback import FeedbackLoop
from downstack.engine.plan import Plan
from downstack.engine.run import Cell, Outcome, run
from downstack.performance.declare import Array

Cells = Mapping[str, tuple[Cell, ...]]


def outside(plan: Plan, cells: Cells, outcome: Outcome, member: str) -> tuple[str, ...]:
    """Return what the loop of a member rests on: what its members read from outside, and members that are changed.

    A changed member is cut from the loop, so that it rests on the change alone.
    """
    if cells.get(member):
        return ()
    loop = outcome.loops[member].loop
    computed = [name for name in loop.members if name in plan.by_quantity and plan.by_quantity[name].variants]
    free = [name for name in computed if not cells.get(name)]
    read = {
        item: None for name in free for item in plan.by_quantity[name].variants[0].function.input_names
    }  # in the order of reading, each once
    return tuple(item for item in read if item not in free)


class LoopCorners:
    """The loops on the way of one combination, solved at the corners of all segments when they are asked for."""

    def __init__(self, plan: Plan, cells: Cells, fractions: Array, walked: Outcome) -> None:
        self._plan = plan
        self._cells = cells
        self._fractions = fractions
        self._walked = walked
        self._solved: dict[FeedbackLoop, Mapping[str, Array] | None] = {}

    def split(self, name: str, moving: tuple[str, ...], before: Mapping[str, Split]) -> Split | None:
        """Split the change of a member over what its loop rests on; None where a corner has no number."""
        loop = self._walked.loops[name].loop
        if not all(np.isfinite(self._walked.values[item]).all() for item in moving):
            return None
        if loop not in self._solved:
            self._solved[loop] = self._solve(loop, moving)
        solved = self._solved[loop]
        if solved is None or not np.isfinite(solved[name]).all():
            return None
        orders = move_orders(len(moving))
        values = np.broadcast_to(solved[name], (1, len(orders.members) * (len(self._fractions) - 1)))
        corners = values.reshape(len(orders.members), -1)
        # Where all or none have moved, the walk was there already, by its own way round the loop.
        own = self._walked.values[name][0]
        everyone = np.asarray(orders.members.all(axis=1))
        nobody = np.asarray(~orders.members.any(axis=1))
        corners = np.where(everyone[:, None], own[1:], np.where(nobody[:, None], own[:-1], corners))
        parts = np.einsum("ip,ipk->ik", orders.weights, corners[orders.joined] - corners[orders.without])
        begins = tuple(source not in before for source in moving)
        multipliers = parts.copy()
        for index, source in enumerate(moving):
            if not begins[index]:
                multipliers[index] = per_unit(parts[index], self._walked.values[source][0])
        return Split(name, f"loop {loop.text}", moving, parts, multipliers, begins)

    def _solve(self, loop: FeedbackLoop, moving: tuple[str, ...]) -> Mapping[str, Array] | None:
        """Solve a loop with some inputs at the end of each segment and the others at its beginning."""
        members = move_orders(len(moving)).members
        known = Outcome({}, {}, {}, {}, {})
        # What a changed member is held at counts as an input: it is given, and its change is no longer made.
        free = frozenset(name for name in loop.members if name in self._plan.by_quantity and not self._cells.get(name))
        for name in self._plan.by_quantity:
            if name in self._walked.values and name not in free:
                value = self._walked.values[name]
                known.values[name], known.touched[name] = value[:, :1], self._walked.touched[name]
                known.status[name] = np.full((1, 1), self._walked.code(name, 0, 0), dtype=np.int8)
        for index, name in enumerate(moving):
            known.values[name] = self._corner(self._walked.values[name], members[:, index])
            known.status[name] = np.full((1, 1), OK, dtype=np.int8)
            known.touched[name] = np.ones(1, dtype=np.bool_)
        base = Outcome({}, {}, {}, {}, {})
        for name in free:
            self._walked.copy_to(base, name)
            base.values[name] = base.values[name][:, :1]
            base.status[name] = base.status[name][:, :1]
            if name in base.formula:
                base.formula[name] = base.formula[name][:, :1]
        return run(self._plan, {}, None, known, free, reference=base).values

    def _corner(self, value: Array, moved: npt.NDArray[np.bool_]) -> Array:
        width = len(self._fractions)
        whole = np.broadcast_to(value, (1, width))
        return np.where(moved[:, None], whole[:, 1:], whole[:, :-1]).reshape(1, -1)
