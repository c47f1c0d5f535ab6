"""What a predictor gives for a row, and what it may look at.

A predictor owns one phenomenon. It claims rows by what they say, never by what was measured, and answers them all at
once. The constants that it needs come from the setting; its stages say which rows fit them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from downstack.engine.engine import Engine
from downstack.evaluation.rows import Row
from downstack.graph.names import NameIndex

WIDE = 2.0
"""Spread of a constant of which physics says little: a factor of seven either way."""
Key = tuple[str, str]
"""What a constant holds for (a class of chips, an engine, all) and its name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The prediction of one row, or why there is none."""

    value: float
    """In the unit of the row; NaN when there is no prediction."""
    function: str = ""
    """The declared function that gives the value."""
    status: str = "OK"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What predictions rest on: a graph version, its names, and constants."""

    engine: Engine
    names: NameIndex
    constants: Mapping[Key, float]


@dataclass(frozen=True, slots=True)
class Stage:
    """Constants that are fitted together, on the rows that a predicate keeps."""

    name: str
    keys: tuple[Key, ...]
    start: tuple[float, ...]
    """Where the fit begins, and what holds when no row tells: one number for each key."""
    keep: Callable[[Row], bool]
    spread: tuple[float, ...] = ()
    """How far, as a standard deviation of the logarithm, each constant may lie from its start; `WIDE` unless given."""
    scatter: Callable[[Row], float] | None = None
    """How many times wider than those of the other rows the errors of a row are: it counts by so much less."""


class Predictor(Protocol):
    """Predicts one phenomenon."""

    @property
    def name(self) -> str:
        """What it predicts, in words."""
        ...

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The constants that it fits, in order; those of a later stage may rest on those of an earlier one."""
        ...

    def claims(self, row: Row) -> bool:
        """Return whether the row is about this phenomenon."""
        ...

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Return the answer of each row that it claims."""
        ...
