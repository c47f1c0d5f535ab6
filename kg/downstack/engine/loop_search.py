"""Searching fixed points of many loops at once: Steffensen for one variable, Anderson for several, both safeguarded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.deadline import checkpoint
from downstack.performance.declare import Array

Mask = npt.NDArray[np.bool_]
Step = Callable[[Mapping[str, Array]], Mapping[str, Array]]

STEEPEST = 50.0
"""Largest residual of a positive variable, in natural logarithms: what a step to zero or below counts as."""
FAR_LOG, FAR = 230.0, 1e100
"""How far from its start a variable has run off: for a positive one a factor of 1e100, in natural logarithms."""
REACH_LOG, REACH = 4.0, 1e3
"""Longest step without a bracket: natural logarithms, or multiples of the variable itself."""
HISTORY = 5
"""Steps that Anderson's method looks back."""
WORSE = 10.0
"""How much larger than the best one a residual may become before the search goes back to the best."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop in the coordinates of the search: logarithms of positive variables, otherwise multiples of a unit.

    Coordinates and residuals are arrays of variables x cells.
    """

    step: Step
    names: tuple[str, ...]
    shape: tuple[int, ...]
    positive: bool
    unit: Array

    def point(self, at: Array) -> Array:
        """Return the variables at some coordinates."""
        return self.unit * np.exp(at) if self.positive else self.unit * at

    def image(self, values: Array) -> Array:
        """Return what one round through the loop makes of some values."""
        checkpoint()
        found = self.step({name: row.reshape(self.shape) for name, row in zip(self.names, values, strict=True)})
        images = [
            np.broadcast_to(np.asarray(found[name], dtype=np.float64), self.shape).reshape(1, -1) for name in self.names
        ]
        return images[0] if len(images) == 1 else np.concatenate(images)

    def residual(self, at: Array) -> tuple[Array, Array]:
        """Return in coordinates by how much one round moves each variable, and the largest relative move of a cell."""
        values = self.point(at)
        image = self.image(values)
        if self.positive:
            moved = np.log(image / values).clip(-STEEPEST, STEEPEST)
            below = image < 0.0
            if bool(below.any()):
                moved = np.where(below & ~np.isnan(values), -STEEPEST, moved)
            return moved, np.abs(moved).max(axis=0) if len(moved) > 1 else np.abs(moved[0])
        moved = np.clip((image - values) / self.unit, -1e150, 1e150)
        scale = np.clip(np.maximum(np.abs(values), np.abs(image)) / self.unit, 0.0, 1e150)
        return moved, np.where(moved == 0.0, 0.0, np.abs(moved) / scale).max(axis=0)

    def far(self, at: Array) -> Mask:
        """Return which cells have run off."""
        return np.asarray(np.abs(at).max(axis=0) > (FAR_LOG if self.positive else FAR))

    def reach(self, at: Array) -> Array:
        """Return the longest step to take blindly."""
        return np.full(at.shape, REACH_LOG) if self.positive else REACH * np.maximum(np.abs(at), 1.0)


@dataclass(frozen=True, slots=True)
class Search:
    """How the search ended, cell by cell; where none of the masks is set, the rounds were used up."""

    at: Array
    found: Mask
    ran_off: Mask
    collapsed: Mask
    """One variable: the residual changes its sign without passing through zero."""
    undefined: Mask
    """The loop gives no number at the start."""
    rounds: npt.NDArray[np.int64]


def steffensen(loop: Loop, start: Array, tolerance: float, max_iterations: int) -> Search:
    """Search the fixed points of one variable.

    Each round probes where plain iteration would go and extrapolates from both points. A search always moves to where
    the loop pushes, so that it settles only where it is pushed from both sides; once it has seen both, the two points
    bracket it, and an extrapolation that leaves the bracket or does not shrink it gives way to its middle.
    """
    y = start[0].copy()
    low, high = np.full(y.shape, -np.inf), np.full(y.shape, np.inf)
    stretch, caution = np.ones(y.shape), np.ones(y.shape)
    rounds = np.zeros(y.shape, dtype=np.int64)
    r, size = _one(loop, y)
    undefined = np.isnan(r)
    active = ~undefined
    found, ran_off, collapsed = (np.zeros(y.shape, dtype=np.bool_) for _ in range(3))
    for _ in range(max_iterations):
        low = _choose((r > 0.0) & (y < high), np.maximum(low, y), low)
        high = _choose((r < 0.0) & (y > low), np.minimum(high, y), high)
        found |= active & (size <= tolerance)
        ran_off |= active & ~found & loop.far(y[None])
        width = high - low
        narrow = width <= 4.0 * np.finfo(np.float64).eps * np.maximum(np.abs(low), np.abs(high))
        collapsed |= active & ~found & ~ran_off & np.isfinite(width) & narrow
        active &= ~(found | ran_off | collapsed)
        if not bool(active.any()):
            break
        rounds += active
        reach = caution * loop.reach(y)
        move = np.sign(r) * np.minimum(np.minimum(np.abs(r), reach), 0.5 * width)
        z = _choose(active, y + move, y)
        rz, _ = _one(loop, z)
        slope = (rz - r) / (z - y)
        low = _choose(active & (rz > 0.0) & (z < high), np.maximum(low, z), low)
        high = _choose(active & (rz < 0.0) & (z > low), np.minimum(high, z), high)
        better = np.abs(rz) < np.abs(r)
        base, rest = _choose(better, z, y), _choose(better, rz, r)
        new = base + np.clip(-rest / slope, -reach, reach)
        bracketed = np.isfinite(low) & np.isfinite(high)
        slow = bracketed & (high - low > 0.5 * width) & (np.abs(rest) > 0.5 * np.abs(r))
        useful = (slope < 0.0) & (new > low) & (new < high) & ~slow
        # Pushed on without a sign of settling: ever longer steps find out whether it ever does.
        onward = base + np.sign(rest) * caution * stretch * np.abs(rest)
        stretch = _choose(useful | bracketed, 1.0, 2.0 * stretch)
        new = _choose(useful, new, _choose(bracketed, 0.5 * (low + high), onward))
        new = _choose(active, new, y)
        rn, new_size = _one(loop, new)
        # Outside the domain of a formula: back to where there was a number, and more carefully.
        lost = active & np.isnan(rn)
        caution, stretch = _choose(lost, 0.1 * caution, caution), _choose(lost, 1.0, stretch)
        forward = active & ~lost
        y, r, size = _choose(forward, new, y), _choose(forward, rn, r), _choose(forward, new_size, size)
    found |= active & (size <= tolerance)
    return Search(y[None], found, ran_off, collapsed, undefined, rounds)


def _choose(mask: Mask, yes: Array | float, no: Array | float) -> Array:
    # With a type of its own, which a checker need not infer anew from all that goes round in the loop: that took it a minute.
    return np.where(mask, yes, no)


def _one(loop: Loop, y: Array) -> tuple[Array, Array]:
    moved, size = loop.residual(y[None])
    return moved[0], size


def anderson(loop: Loop, start: Array, tolerance: float, max_iterations: int) -> Search:
    """Search the fixed points of several variables, mixing the last steps so that the residuals cancel.

    A cell whose residual grows much beyond its best goes back to the best, forgets its history and mixes less of the
    new.
    """
    y = start.copy()
    count, cells = y.shape
    depth = min(HISTORY, count)
    r, size = loop.residual(y)
    best, best_r, best_size = y.copy(), r.copy(), size.copy()
    undefined = np.isnan(size)
    active = ~undefined
    found, ran_off = np.zeros(cells, dtype=np.bool_), np.zeros(cells, dtype=np.bool_)
    rounds = np.zeros(cells, dtype=np.int64)
    mixing = np.ones(cells)
    # Zero columns stand for steps that were not taken yet: the pseudo-inverse gives them no weight.
    steps, changes = np.zeros((cells, count, depth)), np.zeros((cells, count, depth))
    for turn in range(max_iterations):
        found |= active & (size <= tolerance)
        ran_off |= active & ~found & loop.far(y)
        active &= ~(found | ran_off)
        if not bool(active.any()):
            break
        rounds += active
        rows = np.flatnonzero(active)
        residual = r[:, rows].T
        pull = (np.linalg.pinv(changes[rows], rcond=1e-10) @ residual[:, :, None])[:, :, 0]
        part = mixing[rows, None]
        move = part * residual - ((steps[rows] + part[:, :, None] * changes[rows]) @ pull[:, :, None])[:, :, 0]
        reach = loop.reach(y[:, rows]).T
        move *= np.minimum(1.0, (reach / np.maximum(np.abs(move), np.finfo(np.float64).tiny)).min(axis=1))[:, None]
        new = y.copy()
        new[:, rows] += move.T
        rn, new_size = loop.residual(new)
        lost = active & ~(new_size <= WORSE * best_size)
        kept = active & ~lost
        steps[kept, :, turn % depth] = (new - y)[:, kept].T
        changes[kept, :, turn % depth] = (rn - r)[:, kept].T
        steps[lost], changes[lost] = 0.0, 0.0
        mixing = np.where(
            lost, np.maximum(0.5 * mixing, 1.0 / 64.0), np.where(kept, np.minimum(1.0, 1.2 * mixing), mixing)
        )
        y, r = np.where(kept, new, np.where(lost, best, y)), np.where(kept, rn, np.where(lost, best_r, r))
        size = np.where(kept, new_size, np.where(lost, best_size, size))
        improved = kept & (size < best_size)
        best, best_r = np.where(improved, y, best), np.where(improved, r, best_r)
        best_size = np.where(improved, size, best_size)
    found |= active & (size <= tolerance)
    return Search(y, found, ran_off, np.zeros(cells, dtype=np.bool_), undefined, rounds)


def plain(loop: Loop, start: Array, tolerance: float, max_iterations: int) -> Search:
    """Go round the loop, as what it describes does, and see whether it settles."""
    y = start.copy()
    r, size = loop.residual(y)
    undefined = np.isnan(size)
    active = ~undefined
    found, nowhere = np.zeros(size.shape, dtype=np.bool_), np.zeros(size.shape, dtype=np.bool_)
    rounds = np.zeros(size.shape, dtype=np.int64)
    for _ in range(max_iterations):
        found |= active & (size <= tolerance)
        active &= ~(found | np.isnan(size) | loop.far(y))
        if not bool(active.any()):
            break
        rounds += active
        y = np.where(active, y + r, y)
        r, size = loop.residual(y)
    found |= active & (size <= tolerance)
    return Search(y, found, nowhere, nowhere, undefined, rounds)
