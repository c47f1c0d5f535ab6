"""Whether a loop that takes time comes to rest where its formulas agree.

Where a loop settles says nothing of how it gets there when some ways round take months and others none: what overshoots
late can be damped at once, and the other way round. So the months are followed for a small push: a push of each late
input moves the sources of this month, and the push dies out when every root of that recursion is below one in size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from downstack.engine.apply import all_ok
from downstack.engine.bind import Mask
from downstack.engine.lags import Month, this_month
from downstack.engine.loop_settle import LoopOutcome, Members, hold, settle, withhold
from downstack.engine.loops import MARGIN, NUDGE, LoopStatus
from downstack.performance.declare import Array

if TYPE_CHECKING:
    from downstack.engine.run import Asked, Outcome


def check_in_time(members: Members, state: Outcome, asked: Asked) -> None:
    """Take back the numbers of a loop in the cells in which a push does not die out.

    Parameters
    ----------
    members
        The loop.
    state
        Where it settles; its members and their loop outcomes are corrected.
    asked
        What the run is asked of everything but the members.
    """
    month = this_month(members.steps, (members.loop,))
    found = state.loops[members.steps[0].quantity]
    settled = found.status == LoopStatus.CONVERGED
    if not month.late or not bool(settled.any()):
        return
    rest = {name: np.broadcast_to(state.values[source], members.shape) for name, (source, _) in month.late.items()}
    for within in _month(members, month, state, asked, rest).loops.values():
        # A loop that does not settle within a month settles in no month.
        _take_back(members, state, within, settled & (within.status != LoopStatus.CONVERGED))
    settled &= state.loops[members.steps[0].quantity].status == LoopStatus.CONVERGED
    found = state.loops[members.steps[0].quantity]
    responses = _responses(members, month, state, asked, rest)
    measured = settled & np.isfinite(responses).all(axis=(2, 3))
    root = _leading_root(np.where(measured[:, :, None, None], responses, 0.0), month)
    size = np.abs(root)
    unstable = settled & ~(measured & (size < 1.0 - MARGIN))
    real = np.abs(root.imag) <= 1e-9 * size
    grows = real & (root.real > 0.0)
    status = np.where(grows, LoopStatus.DIVERGED, LoopStatus.OSCILLATING)
    status = np.where(measured, status, LoopStatus.MAXITER)
    gain = np.where(measured, np.where(grows, size, -size), np.nan)
    _take_back(members, state, replace(found, status=status.astype(np.int8), gain=gain), unstable)


def _take_back(members: Members, state: Outcome, outcome: LoopOutcome, cells: Mask) -> None:
    """Leave no number in some cells, and say of them what another outcome says."""
    if not bool(cells.any()):
        return
    withhold(members, state, cells)
    for step in members.steps:
        own = state.loops[step.quantity]
        state.loops[step.quantity] = replace(
            own,
            status=np.where(cells, outcome.status, own.status).astype(np.int8),
            gain=np.where(cells, outcome.gain, own.gain),
            amplification=np.where(cells, np.nan, own.amplification),
        )


def _responses(members: Members, month: Month, state: Outcome, asked: Asked, rest: Mapping[str, Array]) -> Array:
    """Return by how much each source moves this month with each late input, as rows x columns x sources x inputs."""
    sources = tuple(dict.fromkeys(source for source, _ in month.late.values()))
    responses = np.empty((*members.shape, len(sources), len(rest)))
    for column, name in enumerate(rest):
        push = NUDGE * np.where(rest[name] == 0.0, 1.0, np.abs(rest[name]))
        ends = [_month(members, month, state, asked, {**rest, name: rest[name] + side * push}) for side in (1.0, -1.0)]
        for row, source in enumerate(sources):
            responses[:, :, row, column] = (ends[0].values[source] - ends[1].values[source]) / (2.0 * push)
    return responses


def _month(members: Members, month: Month, state: Outcome, asked: Asked, late: Mapping[str, Array]) -> Outcome:
    """Evaluate one month with given late inputs."""
    found = replace(
        state,
        values={**state.values, **late},
        status={**state.status, **dict.fromkeys(late, all_ok(members.shape[0]))},
        touched={**state.touched, **{name: state.touched[source] for name, (source, _) in month.late.items()}},
        formula=dict(state.formula),
        regimes=dict(state.regimes),
        loops={},
    )
    loop_of = {name: loop for loop in month.loops for name in loop.members}
    for step in month.steps:
        name = step.quantity
        if name in late:
            continue
        loop = loop_of.get(name)
        if loop is None:
            members.evaluate(step, found, asked)
            if name in members.held:
                hold(members.held[name], found, name)
        elif name == loop.members[-1]:
            inside = {item.quantity: item for item in month.steps}
            steps = tuple(inside[item] for item in loop.members)
            settle(replace(members, loop=loop, steps=steps, tears=loop.tears), found, asked, state)
    return found


def _leading_root(responses: Array, month: Month) -> npt.NDArray[np.complex128]:
    """Return the largest root of the recursion of each cell, per step of the months that all lags share."""
    sources = tuple(dict.fromkeys(source for source, _ in month.late.values()))
    shared = reduce(gcd, (months for _, months in month.late.values()))
    count = len(sources)
    depth = max(months for _, months in month.late.values()) // shared
    matrix = np.zeros((*responses.shape[:2], count * depth, count * depth))
    for column, (source, months) in enumerate(month.late.values()):
        matrix[:, :, :count, (months // shared - 1) * count + sources.index(source)] += responses[:, :, :, column]
    for place in range(count, count * depth):
        matrix[:, :, place, place - count] = 1.0
    roots = np.linalg.eigvals(matrix).astype(np.complex128)
    # Of two of the same size the positive one counts: it is the one that grows to one side.
    leading = np.argmax(np.abs(roots) * (1.0 + 1e-9 * np.sign(roots.real)), axis=2)
    return np.take_along_axis(roots, leading[:, :, None], axis=2)[:, :, 0]
