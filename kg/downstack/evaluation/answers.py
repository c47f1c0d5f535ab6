"""What a predictor gives for a row, what it may look at, and which constants it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from downstack.engine.engine import Engine
from downstack.evaluation.rows import Row
from downstack.graph.names import NameIndex

Key = tuple[str, str]
"""A calibration and the name of a constant of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is predicted for one row."""

    value: float
    """In the unit of the row; NaN when the status says why there is none."""
    function: str = ""
    """The quantity that a declared function computes for the row."""
    status: str = "OK"
    """OK, EXTRAPOLATED, UNKNOWN_MODEL, UNKNOWN_HARDWARE, UNSUPPORTED or INFEASIBLE."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What predictors look at beside the rows: the graph, its names, and the fitted constants."""

    engine: Engine
    names: NameIndex
    constants: Mapping[Key, float]


def _equally(row: Row) -> float:
    del row
    return 1.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Constants that are fitted together, on the rows that a predicate keeps."""

    name: str
    keys: tuple[Key, ...]
    start: tuple[float, ...]
    """What physics suggests for each constant; where no row tells, it stays there."""
    keep: Callable[[Row], bool]
    spread: tuple[float, ...] = ()
    """How far, as a standard deviation of the logarithm, each constant may lie from its start; 2 unless given."""
    weight: Callable[[Row], float] = _equally
    """How much a row counts."""


class Predictor(Protocol):
    """Claims rows of some kinds and answers them."""

    name: str
    stages: tuple[Stage, ...]

    def claims(self, row: Row) -> bool:
        """Return whether this predictor answers the row."""
        ...

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict rows that it claims; nothing here sees what was measured."""
        ...
