"""How sure an answer is, and what that comes from."""

from __future__ import annotations

from dataclasses import dataclass

from downstack.graph.model import Fact
from downstack.performance.declare import FunctionDeclaration


@dataclass(frozen=True, slots=True)
class Band:
    """How sure a number is, from samples of the uncertain facts and of the errors of the formulas.

    The percentiles are those of the ratio of scenario to base for an effect, of the number itself, in its unit, for a
    value, and of the difference, in its unit, for two scenarios.
    """

    p10: float
    p50: float
    p90: float
    probability_of_rise: float | None
    """Share of samples in which the scenario is above the base; None for a value, which is compared with nothing."""
    probability_of_fall: float | None
    probability_unchanged: float | None
    """Share of samples in which the two differ by rounding at most."""
    probability_of_switch: float | None
    """Share of samples in which another limit binds after the change; None where nothing is a minimum or maximum."""
    samples: int
    widest_p10: float | None = None
    widest_p90: float | None = None
    """The widest band that facts of unknown correlation could make of it; None where all correlations are known."""


@dataclass(frozen=True, slots=True)
class VarianceShare:
    """How much of the variance of a number comes from one fact, or from the own error of one function."""

    share: float
    fact: Fact | None
    """A fact that one could look up: knowing it better would narrow the band."""
    function: FunctionDeclaration | None
    """A function whose own error it is: only a better formula, or a new calibration, would narrow the band."""
    roles: tuple[tuple[str, str], ...] = ()
    """The model and framework that the error of a function belongs to."""

    @property
    def kind(self) -> str:
        """``fact`` or ``function``."""
        return "fact" if self.function is None else "function"


@dataclass(frozen=True, slots=True)
class FactCoverage:
    """How many of the facts that a number rests on vary in its band."""

    facts: int
    varying: int
    """Facts with a stated range or distribution, or whose sources disagree."""
    assumptions: int
    """Facts that say which question is asked (confidence ``assumption``): they never vary."""

    @property
    def exact(self) -> int:
        """Facts that were taken as exact points."""
        return self.facts - self.varying

    @property
    def statement(self) -> str:
        """The same as a sentence."""
        if not self.facts:
            return "no fact stands behind it"
        if not self.exact:
            return f"all {self.facts} facts vary" if self.facts > 1 else "the one fact behind it varies"
        have, they, do = ("has", "it", "does") if self.exact == 1 else ("have", "they", "do")
        assumed = f" ({self.assumptions} by assumption)" if self.assumptions else ""
        return f"{self.exact} of {self.facts} facts {have} no stated interval{assumed}: {they} {do} not vary"


@dataclass(frozen=True, slots=True)
class TornadoBar:
    """What one uncertain input alone does to a number, all others at their chosen values."""

    fact: Fact | None
    """The fact that is moved; None for the own error of a function."""
    function: FunctionDeclaration | None
    input_p10: float
    input_p90: float
    """The input there, in its display unit; for a function the factor by which it errs."""
    at_p10: float | None
    at_p90: float | None
    """The target with the input there, in the unit of the target; None where it has no number."""

    @property
    def kind(self) -> str:
        """``fact`` or ``function``."""
        return "fact" if self.function is None else "function"

    @property
    def swing(self) -> float | None:
        """How far apart the target is at the two ends, in its unit; None where one has no number."""
        return None if self.at_p10 is None or self.at_p90 is None else abs(self.at_p90 - self.at_p10)
