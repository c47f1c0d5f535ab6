"""One function on all its rows: gather the inputs, call it once, and say of every number how far it can be trusted.

Most lanes are clean: every input is there and in range. They share one read-only array of OK codes a row count, known by
identity, so that nothing is gathered, compared or copied to find out what is known already.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from downstack.engine.bind import Mask, Rows
from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, OK, Codes
from downstack.engine.plan import Variant
from downstack.performance.declare import Array, FunctionDeclaration


class Piece(NamedTuple):
    """What one or several functions give for the rows of a quantity."""

    value: Array
    status: Codes
    touched: Mask
    regime: Codes | None


@lru_cache(maxsize=4096)
def all_ok(rows: int) -> Codes:
    """Return the one array that says of so many rows that all is well; read-only, compared by identity."""
    codes = np.zeros((rows, 1), dtype=np.int8)
    codes.setflags(write=False)
    return codes


@lru_cache(maxsize=4096)
def none_touched(rows: int) -> Mask:
    """Return the one array that says of so many rows that no change reaches them; read-only, compared by identity."""
    mask = np.zeros(rows, dtype=np.bool_)
    mask.setflags(write=False)
    return mask


def apply(
    variant: Variant,
    rows: int,
    values: Mapping[str, Array],
    statuses: Mapping[str, Codes],
    touches: Mapping[str, Mask],
) -> Piece:
    """Evaluate one function on the rows it applies to.

    Parameters
    ----------
    variant
        The function with its gathers.
    rows
        The rows of the quantity that it computes.
    values, statuses, touches
        What is known of the quantities that it reads.
    """
    count = rows if variant.rows is None else len(variant.rows)
    arguments: dict[str, Array] = {}
    status: Codes | None = None
    touched: Mask | None = None
    for name, index, optional in variant.gathers:
        value, code, reach = values[name], statuses[name], touches[name]
        clean, still = code is all_ok(len(reach)), reach is none_touched(len(reach))
        if index is not None:
            if not len(reach) or bool((index < 0).any()):
                clean = False
            if not clean:
                code = take_linked(code, index, MISSING_INPUT)
            value = take_linked(value, index, np.nan)
            if not still:
                reach = reach[index] & (index >= 0) if len(reach) else none_touched(len(index))
        arguments[name] = value
        if not clean:
            code = np.where(code >= INFEASIBLE, OK, code).astype(np.int8) if optional else code
            status = code if status is None else np.maximum(status, code)
        if not still:
            touched = reach if touched is None else touched | reach
    return _judge(variant.function, arguments, count, status, none_touched(count) if touched is None else touched)


def _judge(
    function: FunctionDeclaration, arguments: dict[str, Array], count: int, status: Codes | None, touched: Mask
) -> Piece:
    call = function.arguments(arguments)
    result = np.asarray(function.implementation(**call), dtype=np.float64)
    shape = (count, max(result.shape[-1] if result.ndim == 2 else 1, 1 if status is None else status.shape[1]))
    result = result if result.shape == shape else np.broadcast_to(result, shape)
    outside = [_outside(arguments[check.input], check.low, check.high) for check in function.validity]
    possible = None if function.feasible is None else np.asarray(function.feasible(**call), dtype=np.bool_)
    regime = None
    if function.regimes is not None:
        regime = np.broadcast_to(np.asarray(function.regimes.index(**call)), shape).astype(np.int8)
    flawless = status is None and not any(bool(mask.any()) for mask in outside)
    if flawless and (possible is None or bool(possible.all())) and all_finite(result):
        return Piece(result, all_ok(count), touched, regime)
    codes = np.broadcast_to(all_ok(count) if status is None else status, shape).copy()
    for mask in outside:
        codes = np.maximum(codes, np.where(mask, EXTRAPOLATED, OK).astype(np.int8))
    if possible is not None:
        codes[~np.broadcast_to(possible, shape) & (codes < INFEASIBLE)] = INFEASIBLE
    # A formula that gives no finite number from inputs that are all there has left its domain.
    codes[~np.isfinite(result) & (codes < INFEASIBLE)] = INFEASIBLE
    without = codes >= INFEASIBLE
    if regime is not None:
        regime = np.where(without, -1, regime).astype(np.int8)
    return Piece(np.where(without, np.nan, result), codes, touched, regime)


def _outside(value: Array, low: float, high: float) -> Mask:
    mask: Mask = (value < low) | (value > high)
    return mask


def all_finite(result: Array) -> bool:
    """Return whether every number is finite."""
    # A sum is finite only if every part is: one pass without an array of flags. It may overflow, so then look closer.
    return math.isfinite(float(np.add.reduce(result, axis=None))) or bool(np.isfinite(result).all())


def take_rows(array: Any, index: Rows) -> Any:
    """Return some rows of an array of rows x columns, in the same layout.

    Few columns lie one behind the other, so that a formula runs along the rows and not along two numbers at a time.
    """
    if array.shape[1] > 1 and not array.flags.c_contiguous:
        return array.T.take(index, axis=1).T
    return array.take(index, axis=0)


def take_linked(array: Any, index: Rows, fill: float) -> Any:
    """Return some rows of an array, `fill` where a link is missing."""
    if not len(array):
        return np.full((len(index), 1), fill, dtype=array.dtype)
    taken = take_rows(array, index)
    absent = index < 0
    if bool(absent.any()):
        taken[absent] = fill
    return taken
