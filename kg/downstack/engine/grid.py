"""Rows as a grid of their roles: an input that depends on one role is not copied for every entity of the others.

With thousands of samples a row, gathering costs more than arithmetic. The rows of a key are the product of its roles, so an
input can lie in the grid as a view that NumPy repeats along the axes on which it does not depend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downstack.engine.bind import Rows
from downstack.performance.declare import Array

WIDE = 64
"""Columns from which copying costs more than the longer way through a grid."""


@dataclass(frozen=True, slots=True)
class View:
    """How one input lies in the grid of the rows that read it."""

    rows: Rows | None
    """The rows of the input, each once; None for all of them in order."""
    shape: tuple[int, ...]
    """One length an axis: 1 where the input does not depend on the role."""

    def of(self, values: Array) -> Array:
        """Return rows x columns as grid x columns."""
        taken = values if self.rows is None else values.take(self.rows, axis=0)
        return taken.reshape((*self.shape, values.shape[1]))


def view(shape: tuple[int, ...], index: Rows | None, length: int) -> View:
    """Find the axes on which an input depends.

    Parameters
    ----------
    shape
        The grid of the rows that read it.
    index
        The row of the input for each of them, none negative; None when they are the same.
    length
        The rows of the input.
    """
    if index is None:
        return View(None, shape)
    grid = index.reshape(shape)
    for axis in range(len(shape)):
        first = grid.take([0], axis=axis)
        if bool((grid == first).all()):
            grid = first
    rows = grid.reshape(-1)
    same = len(rows) == length and bool((rows == np.arange(length)).all())
    return View(None if same else rows, grid.shape)
