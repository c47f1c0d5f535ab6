"""The declared functions over arrays of configurations, with a status and its cause for every number.

Values are arrays of any shapes that broadcast together: a quantity that depends on two axes of the space has the size of
these two, so that what is shared is computed once. Rules are those of the plan (:mod:`downstack.engine.apply`); tests hold
both, and the scalar interpreter, to the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from downstack.engine.bind import Mask
from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, OK, Codes
from downstack.performance.declare import Array, FunctionDeclaration

Origins = npt.NDArray[np.int16]


class Numbers(NamedTuple):
    """One quantity over some configurations."""

    value: Array
    code: Codes | None = None
    """Status codes; None where all is well."""
    origin: Origins | None = None
    """Per code that is not OK: the number of its cause."""


class Causes:
    """What can be wrong with a configuration, numbered in the order in which it was met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """Return the number of a cause, a new one when it was not met before."""
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]


def evaluate(functions: Iterable[FunctionDeclaration], known: dict[str, Numbers], causes: Causes) -> None:
    """Add what some functions give to what is known; each finds its inputs there."""
    with np.errstate(all="ignore"):
        for function in functions:
            known[function.returns] = _apply(function, known, causes)


def gravest(numbers: Sequence[Numbers]) -> tuple[Codes | None, Origins | None]:
    """Return the gravest code of several numbers and its cause; of equal ones the first."""
    code: Codes | None = None
    origin: Origins | None = None
    for item in numbers:
        if item.code is None or item.origin is None:
            continue
        if code is None or origin is None:
            code, origin = item.code, item.origin
            continue
        worse = item.code > code
        origin = np.where(worse, item.origin, origin)
        code = np.where(worse, item.code, code)
    return code, origin


def marked(value: Array, wrong: Mask, severity: int, cause: int) -> Numbers:
    """Return numbers of which some are wrong for one cause."""
    if not wrong.any():
        return Numbers(value)
    return Numbers(
        value,
        np.where(wrong, severity, OK).astype(np.int8),
        np.where(wrong, cause, -1).astype(np.int16),
    )


def _apply(function: FunctionDeclaration, known: dict[str, Numbers], causes: Causes) -> Numbers:
    inputs = [_forgiven(known[item.name]) if item.optional else known[item.name] for item in function.inputs]
    call = function.arguments({item.name: known[item.name].value for item in function.inputs})
    result = np.asarray(function.implementation(**call), dtype=np.float64)
    code, origin = gravest(inputs)
    state = Numbers(result, code, origin)
    for check in function.validity:
        value = call[check.input]
        outside = (value < check.low) | (value > check.high)
        if outside.any():
            cause = f"{check.input} is outside the range in which {function.name} holds: {check.reason}"
            state = _raised(state, outside, EXTRAPOLATED, causes.number(cause))
    if function.feasible is not None:
        possible = np.asarray(function.feasible(**call), dtype=np.bool_)
        if not possible.all():
            state = _raised(state, ~possible, INFEASIBLE, causes.number(function.infeasible_reason))
    return _without_number(function, state, causes)


def _forgiven(numbers: Numbers) -> Numbers:
    if numbers.code is None:
        return numbers
    code = np.where(numbers.code >= INFEASIBLE, OK, numbers.code).astype(np.int8)
    return Numbers(numbers.value, code, numbers.origin) if code.any() else Numbers(numbers.value)


def _raised(state: Numbers, wrong: Mask, severity: int, cause: int) -> Numbers:
    if state.code is None or state.origin is None:
        return marked(state.value, wrong, severity, cause)
    worse = wrong & (state.code < severity)
    code = np.where(worse, severity, state.code).astype(np.int8)
    return Numbers(state.value, code, np.where(worse, cause, state.origin).astype(np.int16))


def _without_number(function: FunctionDeclaration, state: Numbers, causes: Causes) -> Numbers:
    """Take the number away where there is none, and the other way round."""
    value: Any = state.value
    if state.code is None:
        # A sum is finite only if every part is: one pass without an array of flags. It may overflow, so then look closer.
        if math.isfinite(float(np.add.reduce(value, axis=None))):
            return state
        unknown = ~np.isfinite(value)
        if not unknown.any():
            return state
        cause = causes.number(f"{function.name} gives no number")
        return marked(np.where(unknown, np.nan, value), unknown, INFEASIBLE, cause)
    without, has = state.code >= INFEASIBLE, np.isfinite(value)
    # Where there is no number, an infinite one is none either.
    if not (without == has).any() and not np.isinf(value).any():
        return state
    strange = ~(without | has)
    if strange.any():
        state = _raised(state, strange, INFEASIBLE, causes.number(f"{function.name} gives no number"))
        without = without | strange
    return state._replace(value=np.where(without, np.nan, value))
