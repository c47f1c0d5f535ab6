"""Which runs of a plan go on plain numbers: those of one combination, once the same kind of question has come again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from downstack.engine.changes import ChangeOp
from downstack.engine.plan import Plan
from downstack.engine.run import Cell, Outcome
from downstack.engine.scalar_program import ScalarProgram, compile_scalar, is_single

RUNS = 16
"""Runs of one kind after which it is written out, which costs about as much as that many of them."""
MAX_KINDS = 64
"""Kinds of question that are remembered of one plan."""

Cells = Mapping[str, tuple[Cell, ...]]
_Kind = tuple[frozenset[str], tuple[tuple[str, ChangeOp], ...]]


class Scalar:
    """The programs of one plan by kind of question.

    Parameters
    ----------
    plan
        A plan of one combination.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._programs: dict[_Kind, ScalarProgram | int | None] = {}
        """A program, the number of runs so far, or None where plain numbers do not give the same."""

    def run(
        self, moving: frozenset[str], cells: Cells, known: Outcome | None, compute: Callable[[], Outcome]
    ) -> Outcome:
        """Evaluate.

        Parameters
        ----------
        moving
            What the changes reach.
        cells
            The changes, at full strength; none for a run without.
        known
            The run without changes; None in that run itself.
        compute
            Runs the plan on arrays.
        """
        kind = moving, tuple([(name, group[0].intervention.op) for name, group in cells.items()])
        program = self._programs.get(kind, 0)
        if isinstance(program, ScalarProgram):
            return program.run(cells) or compute()
        found = compute()
        if program is None or any(len(group) != 1 for group in cells.values()):
            return found
        if len(self._programs) >= MAX_KINDS:
            self._programs.clear()
        self._programs[kind] = program + 1
        if program + 1 >= RUNS:
            self._programs[kind] = compile_scalar(self._plan, moving, cells, found, known)
        return found


def scalar_of(plan: Plan) -> Scalar | None:
    """Return the programs of a plan, kept with it; None for a plan of more than one combination."""
    if "scalar" not in plan.kept:
        plan.kept["scalar"] = Scalar(plan) if is_single(plan) else None
    found: Scalar | None = plan.kept["scalar"]
    return found
