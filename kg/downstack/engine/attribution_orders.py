"""The orders in which the inputs of one function can move, which is what a Shapley value is the mean over."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from downstack.performance.declare import Array

EXACT_INPUTS = 10
"""Up to so many moving inputs are split over all orders; beyond, over one order and its reverse."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders in which inputs can move, as pairs of coalitions (sets of inputs that have moved)."""

    members: npt.NDArray[np.bool_]
    """Coalitions x inputs: what has moved in each coalition."""
    joined: npt.NDArray[np.int64]
    """Inputs x pairs: the coalition after the input has moved."""
    without: npt.NDArray[np.int64]
    """Inputs x pairs: the same coalition before."""
    weights: Array
    """Inputs x pairs: the share of orders in which the input moves just there."""


@lru_cache(maxsize=64)
def move_orders(count: int) -> Orders:
    """Return the orders in which that many inputs can move, each order with the same weight."""
    inputs = np.arange(count)
    if count <= EXACT_INPUTS:
        members = (np.arange(1 << count)[:, None] >> inputs) & 1 == 1
        without = np.array([np.flatnonzero(~members[:, index]) for index in inputs])
        share = np.array([1.0 / (count * math.comb(count - 1, size)) for size in inputs])
        return Orders(members, without + (1 << inputs)[:, None], without, share[members.sum(axis=1)[without]])
    rising = np.tri(count + 1, count, -1, dtype=np.bool_)
    without = np.stack([inputs, count + 1 + inputs[::-1]], axis=1)
    return Orders(np.concatenate([rising, rising[:, ::-1]]), without + 1, without, np.full((count, 2), 0.5))
