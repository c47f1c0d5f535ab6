"""What matters most, and what would be needed."""

from __future__ import annotations

from dataclasses import dataclass

from downstack.graph.model import Fact, QuantityKind
from downstack.results.trace import EffectKey, Status
from downstack.results.uncertainty import FactCoverage, TornadoBar


@dataclass(frozen=True, slots=True)
class Elasticity:
    """How much a target moves with one input: percent for percent, at the base, and over the input's stated range."""

    entity: str
    quantity: QuantityKind
    fact: Fact | None
    """The fact that is moved; None for a quantity that only a formula gives."""
    elasticity: float | None
    """Local: the relative change of the target over that of the input, for a change of one per cent both ways."""
    at_low: float | None
    at_high: float | None
    """The target, in its display unit, with the input at the ends of its stated interval; None where none is stated."""


@dataclass(frozen=True, slots=True)
class SensitivityReport:
    """Which inputs matter most for one number."""

    graph_version: str
    key: EffectKey
    target: QuantityKind
    value: float | None
    unit: str
    status: Status
    inputs: tuple[Elasticity, ...]
    """Largest absolute elasticity first."""
    tornado: tuple[TornadoBar, ...] = ()
    """What each uncertain input alone makes of the target, the widest first; empty where every input is a point."""
    fact_coverage: FactCoverage | None = None
    """How many of the facts behind the target vary at all; None when it has no number."""


@dataclass(frozen=True, slots=True)
class SolveRow:
    """The value of the varied input at which one combination meets the goal, or what stands in the way."""

    key: EffectKey
    reachable: bool
    value: float | None
    """Of the varied quantity, in its display unit."""
    factor: float | None
    """Of the varied quantity against its base."""
    base: float | None
    """The target at the base, in the goal's unit."""
    closest: float | None
    """The target nearest to the goal that any value of the input gives."""
    cap: str | None
    """What binds there when the goal is out of reach."""
    reason: str | None


@dataclass(frozen=True, slots=True)
class SolveReport:
    """The answer to "what would be needed?"."""

    graph_version: str
    target: QuantityKind
    goal: float
    unit: str
    vary: str
    vary_unit: str
    rows: tuple[SolveRow, ...]
