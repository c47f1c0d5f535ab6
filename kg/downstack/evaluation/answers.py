"""What a predictor gives for a row, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from downstack.engine.engine import Engine
from downstack.evaluation.rows import Row
from downstack.graph.names import NameIndex

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    value: float
    function: str = ""
    status: str = "OK"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    engine: Engine
    names: NameIndex
    constants: Mapping[Key, float]


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    keys: tuple[Key, ...]
    start: tuple[float, ...]
    keep: Callable[[Row], bool]


class Predictor(Protocol):
    name: str
    stages: tuple[Stage, ...]

    def claims(self, row: Row) -> bool: ...

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]: ...
