"""One step of a plan made ready: inputs by position, what does not move gathered beforehand, checks reduced to what can fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from downstack.engine.apply import all_finite, all_ok, take_linked, take_rows
from downstack.engine.arithmetic import is_plain
from downstack.engine.bind import Rows
from downstack.engine.codes import INFEASIBLE, OK, Codes
from downstack.engine.grid import View, view
from downstack.engine.plan import Step, Variant
from downstack.performance.declare import Array, Formula, FunctionDeclaration

GATHERED = 1 << 16
"""Numbers of one input that are gathered beforehand and kept; more are gathered in each run."""
_FLOAT = np.dtype(np.float64)


Grid = tuple[tuple[int, ...], Mapping[str, int]]


class Slots:
    """The places of a program's working list: one a quantity, and one for each way in which it is gathered.

    Parameters
    ----------
    held
        The numbers of what does not move.
    """

    def __init__(self, held: Mapping[str, Array]) -> None:
        self.initial: list[Any] = []
        self.held = held
        self.fills: dict[str, list[tuple[int, Rows]]] = {}
        """Per moving quantity: the places to gather it into once it is there."""
        self._own: dict[str, int] = {}
        self._gathered: dict[tuple[str, int], int] = {}

    def of(self, quantity: str) -> int:
        """Return the place of a quantity."""
        if quantity not in self._own:
            self._own[quantity] = self._new(self.held.get(quantity))
        return self._own[quantity]

    def gathered(self, quantity: str, index: Rows) -> int:
        """Return the place of some rows of a quantity."""
        key = (quantity, id(index))
        if key not in self._gathered:
            value = self.held.get(quantity)
            place = self._new(None)
            if value is None:
                self.fills.setdefault(quantity, []).append((place, index))
            elif len(index) * value.shape[1] <= GATHERED:
                self.initial[place] = take_linked(value, index, np.nan)
            self._gathered[key] = place
        return self._gathered[key]

    def _new(self, value: Array | None) -> int:
        self.initial.append(value)
        return len(self.initial) - 1


@dataclass(frozen=True, slots=True)
class Call:
    """One formula on the rows it applies to."""

    function: FunctionDeclaration
    rows: Rows | None
    count: int
    formula: Formula
    feasible: Formula | None
    """Takes its arguments by name."""
    places: tuple[int, ...]
    """Where its inputs lie in the working list."""
    inputs: Callable[[list[Any]], Any]
    """Takes them out of it."""
    takes: tuple[tuple[int, int, Rows], ...]
    """What does not move and is too large to keep gathered: place, source, rows."""
    ranges: tuple[tuple[int, float, float], ...]
    watched: bool
    plain: bool
    """Whether nothing is to be looked at but the floating-point flags."""
    shape: tuple[int, ...]
    views: tuple[tuple[int, View], ...]
    """Of a plain formula over many columns: the places of its inputs, and how they lie in the grid of its rows."""

    def over_grid(self, work: list[Any]) -> Array:
        """Return the numbers of a plain formula over many columns."""
        result: Array = self.formula(*[view.of(work[place]) for place, view in self.views])
        if result.shape[:-1] != self.shape:
            result = np.broadcast_to(result, (*self.shape, result.shape[-1]))
        return result.reshape((self.count, result.shape[-1]))

    def run(self, work: list[Any], *, watch: bool) -> Array | None:
        """Return the numbers; None where one of them needs a closer look."""
        if self.views:
            result = self.over_grid(work)
            return None if watch and not all_finite(result) else result
        for place, source, index in self.takes:
            work[place] = take_rows(work[source], index)
        for place, low, high in self.ranges:
            value = work[place]
            if value.min() < low or value.max() > high:
                return None
        arguments = self.inputs(work)
        result = self.formula(*arguments)
        if (
            type(result) is not np.ndarray
            or result.dtype is not _FLOAT
            or result.ndim != 2
            or len(result) != self.count
        ):
            result = np.asarray(result, dtype=np.float64)
            result = np.broadcast_to(result, (self.count, result.shape[-1] if result.ndim == 2 else 1))
        if (watch or self.watched) and not all_finite(result):
            return None
        if self.function.only_positive:
            return result if result.min() > 0.0 else None
        if self.feasible is not None and not np.all(
            self.feasible(**dict(zip(self.function.input_names, arguments, strict=True)))
        ):
            return None
        return result


@dataclass(frozen=True, slots=True)
class Operation:
    """How a program computes one quantity."""

    step: Step
    quantity: str
    place: int
    ready: bool
    """Whether every link and every fact that it needs is there, so that only numbers that move can stand in the way."""
    reads: frozenset[str]
    """The moving quantities that it reads."""
    needs: frozenset[str]
    """Those of them that are not optional, or whose range is looked at: missing ones need a closer look."""
    calls: tuple[Call, ...]
    plain: bool
    """Whether it is one formula for all rows that the floating-point flags say everything about."""

    def run(self, work: list[Any], *, watch: bool) -> Array | None:
        """Return the numbers of all rows; None where one of them needs a closer look."""
        if len(self.calls) == 1 and self.calls[0].rows is None:
            return self.calls[0].run(work, watch=watch)
        pieces = []
        for call in self.calls:
            piece = call.run(work, watch=watch)
            if piece is None:
                return None
            pieces.append(piece)
        shape = (self.step.rows, max(piece.shape[1] for piece in pieces))
        whole = np.empty(shape, order="F" if shape[1] < shape[0] else "C")
        for call, piece in zip(self.calls, pieces, strict=True):
            whole[call.rows] = piece
        return whole


def compile_operation(
    step: Step, slots: Slots, status: Mapping[str, Codes], moving: frozenset[str], grid: Grid | None = None
) -> Operation:
    """Make one step ready.

    Parameters
    ----------
    step
        The step.
    slots
        The working list, which it gets its places in.
    status
        The codes of what does not move.
    moving
        The quantities that do.
    grid
        Over many columns: the lengths of the axes of its rows, and the rows of each of its inputs.
    """
    ready = bool(step.variants) and step.rows > 0 and not (step.fact_first and step.fact_values is not None)
    covered = sum(step.rows if variant.rows is None else len(variant.rows) for variant in step.variants)
    held = [variant for variant in step.variants if variant.rows is None or len(variant.rows)]
    calls = []
    for variant in held:
        call = _call(variant, step.rows, slots, status, moving, grid) if ready and covered == step.rows else None
        ready = ready and call is not None
        if call is not None:
            calls.append(call)
    reads = frozenset(name for variant in held for name, _, _ in variant.gathers) & moving
    needs = {name for variant in held for name, _, optional in variant.gathers if not optional}
    needs |= {check.input for variant in held for check in variant.function.validity}
    plain = ready and len(calls) == 1 and calls[0].plain
    place, usable = slots.of(step.quantity), ready and bool(calls)
    return Operation(step, step.quantity, place, usable, reads, reads & needs, tuple(calls), plain)


def _call(
    variant: Variant,
    rows: int,
    slots: Slots,
    status: Mapping[str, Codes],
    moving: frozenset[str],
    grid: Grid | None,
) -> Call | None:
    function = variant.function
    count = rows if variant.rows is None else len(variant.rows)
    constants = {name: constant.value for name, constant in function.constants.items()}
    formula = _by_position(function)
    formula = partial(formula, **constants) if constants else formula
    watched = any(optional for _, _, optional in variant.gathers) or not is_plain(function.implementation)
    if not all(_is_linked(item, status, moving) for item in variant.gathers):
        return None
    ranges = []
    for check in function.validity:
        held = None if check.input in moving else slots.held[check.input]
        if held is None:
            ranges.append(check)
        elif np.fmin.reduce(held, axis=None) < check.low or np.fmax.reduce(held, axis=None) > check.high:
            return None
    plain = variant.rows is None and not ranges and not watched and function.feasible is None
    plain = plain and _is_well_formed(formula, len(function.inputs))
    places: dict[str, int] = {}
    takes: list[tuple[int, int, Rows]] = []
    views: list[tuple[int, View]] = []
    for name, index, _ in variant.gathers:
        if plain and grid is not None:
            places[name] = slots.of(name)
            views.append((places[name], view(grid[0], index, grid[1][name])))
        elif index is None:
            places[name] = slots.of(name)
        else:
            places[name] = slots.gathered(name, index)
            if name not in moving and slots.initial[places[name]] is None:
                takes.append((places[name], slots.of(name), index))
    order = tuple(places[name] for name in function.input_names)
    return Call(
        function=function,
        rows=variant.rows,
        count=count,
        formula=formula,
        feasible=None if function.feasible is None else partial(function.feasible, **constants),
        places=order,
        inputs=itemgetter(*order) if len(order) > 1 else _alone(order),
        takes=tuple(takes),
        ranges=tuple((places[check.input], check.low, check.high) for check in ranges),
        watched=watched,
        plain=plain and not takes and not views,
        views=tuple(views),
        shape=() if grid is None else grid[0],
    )


def _is_linked(gather: tuple[str, Rows | None, bool], status: Mapping[str, Codes], moving: frozenset[str]) -> bool:
    """Return whether an input is there in every row, as far as that is known before the run."""
    name, index, optional = gather
    absent = index is not None and bool((index < 0).any())
    if name in moving:
        return not absent
    return (optional or not absent) and _settled(status[name], index, optional=optional)


def _by_position(function: FunctionDeclaration) -> Formula:
    """Return a formula that takes its inputs in the order of the declaration."""
    names, formula = function.input_names, function.implementation
    code = getattr(formula, "__code__", None)
    if code is not None and code.co_varnames[: code.co_argcount] == names:
        return formula

    def named(*arguments: Array, **constants: float) -> Array:
        result: Array = formula(**dict(zip(names, arguments, strict=True)), **constants)
        return result

    return named


def _is_well_formed(formula: Formula, inputs: int) -> bool:
    """Return whether a formula keeps the layout of its inputs: it is tried once, on numbers that mean nothing."""
    with np.errstate(all="ignore"):
        found = formula(*[np.ones((3, 2))] * inputs)
    return type(found) is np.ndarray and found.dtype is _FLOAT and found.shape == (3, 2)


def _settled(code: Codes, index: Rows | None, *, optional: bool) -> bool:
    """Return whether an input that does not move is there in every row, or may be missing."""
    if code is all_ok(len(code)):
        return True
    if index is not None:
        code = code.take(index[index >= 0], axis=0) if len(code) else code
    return not bool((code if not optional else np.where(code >= INFEASIBLE, OK, code)).any())


def _alone(order: tuple[int, ...]) -> Callable[[list[Any]], Any]:
    """Return what hands over the only input, or none: an itemgetter of one place would not make a tuple of it."""

    def hand_over(work: list[Any]) -> tuple[Any, ...]:
        return tuple(work[place] for place in order)

    return hand_over
