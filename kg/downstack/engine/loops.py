"""Feedback: the fixed points x = F(x) of loops, for all rows and scenarios at once, with a status for every cell.

A number is given only where it is an answer: one round through the loop returns it, whichever of several starts
the search had it found no other, and a small push away from it dies out (every loop gain is below one in size). A loop
that amplifies itself has no settled answer, although an equation like x = a + 1.2 x has a root: it is DIVERGED. One
that overshoots by more in every round, like x = a - 1.5 x, is OSCILLATING. Several starts find equilibria that
lie apart; they cannot prove that there is no other one beyond or between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from downstack.engine.loop_graph import strong_components, tears
from downstack.engine.loop_search import Loop, Mask, Search, Step, anderson, plain, steffensen
from downstack.performance.declare import Array

POSITIVE_STARTS = (1 / 8.0, 8.0, 1 / 64.0, 64.0)
"""The other starts of a positive variable, as multiples of the given one."""
OTHER_STARTS = (-1.0, 1.0, -8.0, 8.0, -64.0, 64.0)
"""The other starts of any other variable: so many times its size to either side."""
AGREE = 1e-6
"""Relative distance up to which two searches found the same solution, on top of what the tolerance leaves open."""
MARGIN = 1e-6
"""A gain this close to one is one: its measurement by differences is no better."""
NUDGE = 1e-5
ROUNDS, LAST = 100, 4
"""Rounds of plain iteration, the last of which tell how a loop behaves when no solution was found."""


class LoopStatus(IntEnum):
    """How a cell of a loop ended; only CONVERGED has a number."""

    CONVERGED = 0
    OSCILLATING = 1
    """Every round overshoots, and by no less than the round before."""
    DIVERGED = 2
    """Every round pushes on: the variable grows or falls without end, or any push away from a solution grows."""
    MULTIPLE = 3
    """The answer depends on where one starts: there are several solutions, or one from which the loop can run away."""
    MAXITER = 4
    """The rounds were used up, or the solution found did not stand the check."""
    UNDEFINED = 5
    """The loop gives no number at any start: an input is missing, or the start is no number."""


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """The solution of a loop; all arrays have the shape of the rows and columns."""

    values: dict[str, Array]
    """The variables; NaN in every cell that is not CONVERGED."""
    status: npt.NDArray[np.int8]
    gain: Array
    """dF/dx at the solution, stable or not; of several variables the eigenvalue of the loop's Jacobian that is largest
    in size, with its sign if it is real and its size if it is not. NaN where there is no single solution."""
    amplification: Array
    """How much a push from outside grows in the loop: 1/(1 - gain), of several variables 1/det(1 - Jacobian), which is
    the same when they lie on one circle. NaN in every cell that is not CONVERGED."""
    iterations: npt.NDArray[np.int64]
    """Rounds of the search from the given start."""


def solve_fixed_point(
    step: Step,
    start: Mapping[str, Array],
    *,
    positive: bool = True,
    tolerance: float = 1e-10,
    max_iterations: int = 200,
    by_gain: bool = True,
) -> FixedPoint:
    """Solve x = F(x) cell by cell, all cells at once.

    Parameters
    ----------
    step
        F: takes the tear variables, as arrays of one shape, and returns them after one round through the loop. Cells
        must not depend on each other. It is called with NaN in cells that have no number.
    start
        Where to start, and the names of the tear variables. The arrays broadcast against each other and what F returns.
    positive
        Whether the variables are positive: they are then searched as logarithms, and a start that is not positive is
        no start.
    tolerance
        Largest relative distance of x and F(x).
    max_iterations
        Rounds of one search.
    by_gain
        Whether a solution is an answer only where a push dies out when one goes round and round. Where going round takes
        time that is not the question, and somebody else has to answer it.

    Raises
    ------
    ValueError
        If there is no variable, or F does not return one of them.
    """
    with np.errstate(all="ignore"):
        origin, image, shape = _prepare(step, start)
        names = tuple(start)
        usable = np.isfinite(origin) & ((origin > 0.0) | (not positive))
        origin = np.where(usable.all(axis=0), origin, np.nan)
        spread = np.where(np.isfinite(image), np.maximum(np.abs(origin), np.abs(image)), np.abs(origin))
        unit = origin if positive else np.where(spread == 0.0, 1.0, spread)
        loop = Loop(step, names, shape, positive, unit)
        middle = np.zeros(origin.shape) + np.where(np.isnan(origin), np.nan, 0.0) if positive else origin / unit
        others = np.log(POSITIVE_STARTS) if positive else np.array(OTHER_STARTS)
        find = steffensen if len(names) == 1 else anderson
        searches = [find(loop, middle + offset, tolerance, max_iterations) for offset in (0.0, *others.tolist())]
        if len(names) > 1:
            # Without a bracket, Anderson's method may miss or leap over the solution that the loop itself goes to.
            at, anywhere = _first(searches)
            settled = _gain(_slopes(loop, at, anywhere) + np.eye(len(names)), anywhere)[1]
            searches.append(plain(loop, np.where(settled, np.nan, middle), tolerance, max_iterations))
        return _combine(loop, searches, tolerance, by_gain=by_gain)


def _prepare(step: Step, start: Mapping[str, Array]) -> tuple[Array, Array, tuple[int, ...]]:
    if not start:
        raise ValueError("a loop needs at least one tear variable")
    given = {name: np.asarray(values, dtype=np.float64) for name, values in start.items()}
    first = step(dict(given))
    if missing := sorted(set(given) - set(first)):
        raise ValueError(f"the loop does not return {', '.join(missing)}")
    images = [np.asarray(first[name], dtype=np.float64) for name in given]
    shape = np.broadcast_shapes(*(item.shape for item in (*given.values(), *images)))
    flat = [np.stack([np.broadcast_to(item, shape).ravel() for item in group]) for group in (given.values(), images)]
    return flat[0], flat[1], shape


def _combine(loop: Loop, searches: list[Search], tolerance: float, *, by_gain: bool) -> FixedPoint:
    at, anywhere = _first(searches)
    slopes = _slopes(loop, at, anywhere)
    jacobian = slopes + np.eye(len(at))
    gain, stable = _gain(jacobian, anywhere)
    if not by_gain:
        stable = np.isfinite(gain)
    room = np.where(anywhere, -slopes[:, 0, 0] if len(at) == 1 else np.linalg.det(-slopes), np.nan)

    # Two searches agree when they end closer together than the tolerance can tell apart.
    values = loop.point(at)
    open_ = AGREE + 10.0 * tolerance / np.abs(room)
    apart = np.zeros(anywhere.shape, dtype=np.bool_)
    for item in searches:
        other = loop.point(item.at)
        near = np.abs(other - values) <= open_ * np.maximum(np.abs(other), np.abs(values))
        apart |= item.found & ~near.all(axis=0)
        apart |= item.ran_off & stable
    status = np.where(gain > 0.0, LoopStatus.DIVERGED, LoopStatus.OSCILLATING)
    status = np.where(np.isnan(gain), LoopStatus.MAXITER, np.where(stable, LoopStatus.CONVERGED, status))
    status = np.where(apart, LoopStatus.MULTIPLE, status)
    status = np.where(anywhere, status, _without(loop, searches, ~anywhere))

    values = _settle(loop, at, slopes, status == LoopStatus.CONVERGED)
    # The check is independent of the search: the formulas once more, at the numbers that will be given.
    image = loop.image(values)
    holds = np.abs(image - values) <= tolerance * np.maximum(np.abs(image), np.abs(values))
    status = np.where((status == LoopStatus.CONVERGED) & ~holds.all(axis=0), LoopStatus.MAXITER, status)
    good = status == LoopStatus.CONVERGED
    values = np.where(good, values, np.nan)
    single = anywhere & ~apart
    return FixedPoint(
        values={name: row.reshape(loop.shape) for name, row in zip(loop.names, values, strict=True)},
        status=status.astype(np.int8).reshape(loop.shape),
        gain=np.where(single, gain, np.nan).reshape(loop.shape),
        amplification=np.where(good, 1.0 / room, np.nan).reshape(loop.shape),
        iterations=searches[0].rounds.reshape(loop.shape),
    )


def _first(searches: list[Search]) -> tuple[Array, Mask]:
    """Return the first solution of each cell, NaN where there is none, and which cells have one."""
    found = np.stack([item.found for item in searches])
    anywhere: Mask = np.asarray(found.any(axis=0))
    at = np.choose(found.argmax(axis=0), [item.at for item in searches])
    return np.where(anywhere, at, np.nan), anywhere


def _slopes(loop: Loop, at: Array, cells: Mask) -> Array:
    """Return the derivatives of the residual as cells x variables x variables, by central differences."""
    slopes = np.empty((at.shape[1], len(at), len(at)))
    for place in range(len(at)):
        size = NUDGE * (np.ones(at.shape[1]) if loop.positive else np.where(at[place] == 0.0, 1.0, np.abs(at[place])))
        ends = []
        for side in (1.0, -1.0):
            moved = at.copy()
            moved[place] += side * size
            ends.append(loop.residual(moved)[0])
        slopes[:, :, place] = ((ends[0] - ends[1]) / (2.0 * size)).T
    return np.where(cells[:, None, None], slopes, np.nan)


def _gain(jacobian: Array, cells: Mask) -> tuple[Array, Mask]:
    measured = cells & np.isfinite(jacobian).all(axis=(1, 2))
    if jacobian.shape[1] == 1:
        own = np.where(measured, jacobian[:, 0, 0], np.nan)
        return own, measured & (np.abs(own) < 1.0 - MARGIN)
    roots = np.linalg.eigvals(np.where(measured[:, None, None], jacobian, 0.0))
    # Of two of the same size the positive one counts: it is the one that amplifies.
    leading = np.argmax(np.abs(roots) * (1.0 + 1e-9 * np.sign(roots.real)), axis=1)
    root = roots[np.arange(len(roots)), leading]
    size = np.abs(root)
    sign = np.where(np.abs(root.imag) <= 1e-9 * size, np.sign(root.real), -1.0)
    stable = measured & (size < 1.0 - MARGIN)
    # A pair that is not real turns in a circle: where it does not die out it oscillates, whatever its real part.
    return np.where(measured, size * sign, np.nan), stable


def _settle(loop: Loop, at: Array, slopes: Array, cells: Mask) -> Array:
    """Take the last step of Newton with the slopes that the gain was measured by, where it improves the residual."""
    rest, size = loop.residual(at)
    safe = np.where(cells[:, None, None], slopes, np.eye(len(at)))
    rest = np.where(cells, rest, 0.0)
    move = rest / safe[:, :, 0].T if len(at) == 1 else np.linalg.solve(safe, rest.T[:, :, None])[:, :, 0].T
    closer = np.where(cells, at - move, np.nan)
    better = loop.residual(closer)[1] <= size
    return np.where(cells, loop.point(np.where(better, closer, at)), np.nan)


def _without(loop: Loop, searches: list[Search], cells: Mask) -> npt.NDArray[np.int64]:
    """Tell why the cells have no solution from how plain iteration goes."""
    undefined = np.stack([item.undefined for item in searches])
    status = np.full(cells.shape, int(LoopStatus.MAXITER))
    if bool((cells & ~undefined.all(axis=0)).any()):
        y = np.choose((~undefined).argmax(axis=0), [item.at for item in searches])
        late = np.zeros((LAST, *y.shape))
        for _ in range(ROUNDS):
            moved = loop.residual(y)[0]
            going = ~loop.far(y) & np.isfinite(moved).all(axis=0)
            y = np.where(going, y + moved, y)
            late = np.where(going, np.concatenate([late[1:], moved[None]]), late)
        sizes = np.abs(late)
        lasting = sizes[-1] >= 0.9 * sizes[0]
        pushing = (late[1:] * late[:-1] > 0.0).all(axis=0)
        turning = (late[1:] * late[:-1] < 0.0).all(axis=0)
        status[(pushing & lasting).any(axis=0)] = LoopStatus.DIVERGED
        status[(turning & lasting).any(axis=0)] = LoopStatus.OSCILLATING
    for item in reversed(searches):
        status[item.collapsed] = LoopStatus.OSCILLATING
        status[item.ran_off] = LoopStatus.DIVERGED
    status[undefined.all(axis=0)] = LoopStatus.UNDEFINED
    return status


__all__ = ["FixedPoint", "LoopStatus", "Step", "solve_fixed_point", "strong_components", "tears"]
