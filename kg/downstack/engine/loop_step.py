"""A feedback loop as one step of a plan: its members are solved together, for all rows and columns at once.

A published value of a member is the base, as everywhere: the base is then not searched, and a scenario is the settled
answer of what the formulas add to it. A member that the question changes is held where the question puts it, which opens
the loop there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from downstack.engine.changes import ChangeOp
from downstack.engine.codes import INFEASIBLE, Codes
from downstack.engine.feedback import FeedbackLoop
from downstack.engine.loop_settle import Evaluate, Held, LoopOutcome, Members, settle
from downstack.engine.loop_time import check_in_time
from downstack.engine.plan import Plan, Step

if TYPE_CHECKING:
    from downstack.engine.run import Asked, Outcome


_PARTS = ("values", "status", "touched", "formula", "regimes", "loops")
"""What an outcome holds of each quantity."""


@dataclass(frozen=True, slots=True)
class LoopStep:
    """The members of a loop that are computed together: those that are given first, the tears last."""

    loop: FeedbackLoop
    steps: tuple[Step, ...]


def loop_steps(plan: Plan, kept: frozenset[str]) -> dict[str, LoopStep | None]:
    """Return, for each member of a loop that is not kept, the loop at the last of them and None at the others."""
    found: dict[str, LoopStep | None] = {}
    for loop in plan.loops:
        members = [plan.by_quantity[name] for name in loop.members if name in plan.by_quantity and name not in kept]
        if not members:
            continue
        inside = {step.quantity for step in members}
        found.update(dict.fromkeys(inside))
        last = [step.quantity for step in plan.steps if step.quantity in inside][-1]
        # A member without a formula is given, whatever its place in the loop.
        found[last] = LoopStep(loop, tuple(sorted(members, key=lambda step: bool(step.variants))))
    return found


def run_loop(group: LoopStep, state: Outcome, asked: Asked, evaluate: Evaluate) -> None:
    """Solve a loop into an outcome that holds everything outside it.

    Parameters
    ----------
    group
        The members to be solved.
    state
        Takes up the members.
    asked
        What the run is asked.
    evaluate
        Evaluates one step.
    """
    given = tuple(step for step in group.steps if not step.variants)
    steps = group.steps[len(given) :]
    tears = tuple(step.quantity for step in steps if step.quantity in group.loop.tears)
    for step in group.steps if not tears else given:
        evaluate(step, state, asked)
    if not tears:
        return
    names = frozenset(step.quantity for step in steps)
    changed = any(name in names for name in asked.cells)
    anchored = any(step.fact_values is not None for step in steps)
    inner = replace(asked, cells={name: cells for name, cells in asked.cells.items() if name not in names})
    reference = asked.reference
    if reference is None and (changed or (anchored and asked.cells)):
        # The first column is the base, which what is published moves against and what is changed starts from.
        reference = _first_column(state, names)
        run_loop(LoopStep(group.loop, steps), reference, replace(asked, cells={}), evaluate)
    members = Members(
        loop=group.loop,
        steps=steps,
        tears=tears,
        width=_width(steps, state, len(asked.along) if changed else 1),
        evaluate=evaluate,
        held={} if reference is None else _held(steps, state, reference, asked, evaluate),
    )
    if reference is None and anchored:
        # Without a change every column is a base: what is published stands, and the formulas around it tell the gain.
        settle(members, state, inner, None)
        base = replace(state, **{part: dict(getattr(state, part)) for part in _PARTS})
        _settle(members, state, replace(inner, reference=base), base)
        for name in names:
            loops = state.loops[name]
            base.copy_to(state, name)
            state.loops[name] = loops
        return
    _settle(members, state, replace(inner, reference=reference), reference)
    if reference is not None:
        base_first = asked.reference is None or (bool(asked.cells) and float(asked.along[0]) == 0.0)
        _keep_base(members, state, reference, first=base_first)


def _settle(members: Members, state: Outcome, asked: Asked, base: Outcome | None) -> None:
    settle(members, state, asked, base)
    if members.loop.lagged:
        check_in_time(members, state, asked)


def _first_column(state: Outcome, members: frozenset[str]) -> Outcome:
    """Return the base of everything outside a loop."""
    return replace(
        state,
        values={name: array[:, :1] for name, array in state.values.items() if name not in members},
        status={name: _narrow(array) for name, array in state.status.items() if name not in members},
        touched=dict(state.touched),
        formula={},
        regimes={},
        loops={},
    )


def _narrow(array: Codes) -> Codes:
    # The same array where it is narrow already: that all is well is known by identity.
    return array if array.shape[1] == 1 else array[:, :1]


def _width(steps: tuple[Step, ...], state: Outcome, least: int) -> int:
    inside = {step.quantity for step in steps}
    widths = [least]
    for step in steps:
        widths += [] if step.fact_values is None else [step.fact_values.shape[1]]
        for variant in step.variants:
            for name, _, _ in variant.gathers:
                if name not in inside:
                    widths += [state.values[name].shape[1], state.status[name].shape[1]]
    return max(widths)


def _held(
    steps: tuple[Step, ...], state: Outcome, reference: Outcome, asked: Asked, evaluate: Evaluate
) -> Mapping[str, Held]:
    """Return where the question holds which members, and at what: a change of a computed quantity cuts its inputs."""
    found = {}
    for step in steps:
        cells = asked.cells.get(step.quantity, ())
        if not cells:
            continue
        base = reference.values[step.quantity]
        place = replace(state, values={}, status={}, touched={}, formula={}, regimes={}, loops={})
        evaluate(replace(step, variants=(), fact_values=base), place, asked)
        value, status = place.values[step.quantity], place.status[step.quantity].copy()
        where = np.zeros(value.shape, dtype=np.bool_)
        for cell in cells:
            moved = np.broadcast_to(asked.along != 0.0, value.shape[1:])
            if cell.intervention.op is not ChangeOp.SET:
                before = reference.status[step.quantity][cell.row]
                moved = moved & ~np.isnan(base[cell.row])
                status[cell.row] = np.maximum(status[cell.row], np.where(before < INFEASIBLE, before, 0))
            where[cell.row] |= moved
        found[step.quantity] = Held(where, value, status.astype(np.int8), place.touched[step.quantity])
    return found


def _keep_base(members: Members, state: Outcome, reference: Outcome, *, first: bool) -> None:
    """Take over the base where no change reaches, and in the first column if that is the base."""
    for step in members.steps:
        name = step.quantity
        kept = np.broadcast_to(~state.touched[name][:, None], (step.rows, members.width)).copy()
        if first:
            kept[:, 0] = True
        if not bool(kept.any()):
            continue
        state.values[name] = np.where(kept, reference.values[name], state.values[name])
        status = np.where(kept, reference.status[name], state.status[name]).astype(np.int8)
        state.status[name] = status
        if name in state.formula and name in reference.formula:
            state.formula[name] = np.where(kept, reference.formula[name], state.formula[name])
        if name in state.regimes and name in reference.regimes:
            state.regimes[name] = np.where(kept, reference.regimes[name], state.regimes[name]).astype(np.int8)
        ours, theirs = state.loops[name], reference.loops.get(name)
        if theirs is not None:
            state.loops[name] = ours.where(kept, theirs)


__all__ = ["LoopOutcome", "LoopStep", "loop_steps", "run_loop"]
