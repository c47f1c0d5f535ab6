"""The outcome of a run on plain numbers: a flat tuple of registers, which becomes arrays where somebody wants arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from downstack.engine.apply import all_ok
from downstack.engine.codes import OK, Codes
from downstack.engine.on_demand import OnDemand
from downstack.engine.run import Outcome
from downstack.performance.declare import Array


@dataclass(frozen=True, slots=True)
class Register:
    """Where a quantity lies among the results of a program."""

    value: int
    status: int | None
    """The place of its status; None where it can only be one."""
    code: int
    """That one."""
    before: float
    """The number without the change; not read in a run without changes."""
    code_before: int


@dataclass(frozen=True, slots=True)
class Extra:
    """Where what binds a number lies, or what its formula alone gives; and the same without the change."""

    place: int
    before: Any


@dataclass(frozen=True, slots=True)
class Layout:
    """What the results of a program mean, and all that is the same in every run of it."""

    wide: bool
    """Whether there are two columns, without and with the change."""
    moving: frozenset[str]
    """What the changes reach, also where it has no number either way."""
    registers: Mapping[str, Register]
    formula: Mapping[str, Extra]
    regimes: Mapping[str, Extra]
    still: Outcome
    """What does not move, and what a change can reach."""


class ScalarOutcome(Outcome):
    """An outcome whose arrays are made when they are read."""

    __slots__ = ("_layout", "_results")

    def __init__(self, layout: Layout, results: tuple[Any, ...]) -> None:
        self._layout = layout
        self._results = results
        still = layout.still
        super().__init__(
            OnDemand(dict(still.values), layout.registers, partial(_value, layout, results)),
            OnDemand(dict(still.status), layout.registers, partial(_status, layout, results)),
            still.touched,
            OnDemand(dict(still.formula), layout.formula, partial(_formula, layout, results)),
            OnDemand(dict(still.regimes), layout.regimes, partial(_regime, layout, results)),
            still.loops,
        )

    def is_still(self, quantity: str) -> bool:
        """Return whether a quantity is known to be the same as in every run of its kind."""
        return quantity not in self._layout.moving

    def number(self, quantity: str, row: int, column: int) -> tuple[float, int]:
        """Return one number and its status code."""
        register = self._layout.registers.get(quantity)
        if register is None:
            return super().number(quantity, row, column)
        if column == 0 and self._layout.wide:
            return register.before, register.code_before
        code = register.code if register.status is None else self._results[register.status]
        return float(self._results[register.value]), code

    def value(self, quantity: str, row: int, column: int) -> float:
        """Return one number; NaN where there is none."""
        return self.number(quantity, row, column)[0]

    def code(self, quantity: str, row: int, column: int) -> int:
        """Return one status code."""
        return self.number(quantity, row, column)[1]


def _value(layout: Layout, results: tuple[Any, ...], quantity: str, _: object) -> Array:
    register = layout.registers[quantity]
    return _numbers(layout, register.before, results[register.value])


def _status(layout: Layout, results: tuple[Any, ...], quantity: str, _: object) -> Codes:
    register = layout.registers[quantity]
    code = register.code if register.status is None else results[register.status]
    if code == OK and (not layout.wide or register.code_before == OK):
        return all_ok(1)
    return _codes(layout, register.code_before, code)


def _formula(layout: Layout, results: tuple[Any, ...], quantity: str, _: object) -> Array:
    found = layout.formula[quantity]
    return _numbers(layout, found.before, results[found.place])


def _regime(layout: Layout, results: tuple[Any, ...], quantity: str, _: object) -> Codes:
    found = layout.regimes[quantity]
    return _codes(layout, found.before, results[found.place])


def _numbers(layout: Layout, before: float, now: float) -> Array:
    return np.array([[before, now] if layout.wide else [now]], dtype=np.float64)


def _codes(layout: Layout, before: int, now: int) -> Codes:
    return np.array([[before, now] if layout.wide else [now]], dtype=np.int8)
