"""The answer to "how much is it?"."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from downstack.graph.model import QuantityKind
from downstack.results.effects import Regime
from downstack.results.feedback import Feedback
from downstack.results.trace import EffectKey, Status, Trace
from downstack.results.uncertainty import Band, FactCoverage, VarianceShare

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class ValueRow:
    """One number for one combination."""

    key: EffectKey
    value: float | None
    unit: str
    status: Status
    reason: str | None
    _trace: Callable[[], Trace] = field(repr=False, compare=False)
    _regime: Callable[[], Regime | None] = field(repr=False, compare=False)
    _loops: Callable[[], tuple[Feedback, ...]] = field(repr=False, compare=False)
    _variance: Callable[[], tuple[VarianceShare, ...]] = field(repr=False, compare=False)
    _coverage: Callable[[], FactCoverage] = field(repr=False, compare=False)
    band: Band | None = None
    """How sure the number is, in its unit; None unless the question asked for samples, or where too few have one."""

    @cached_property
    def variance_shares(self) -> tuple[VarianceShare, ...]:
        """What the width of the band comes from, largest share first; empty without samples."""
        return self._variance()

    @cached_property
    def fact_coverage(self) -> FactCoverage:
        """How many of the facts behind the number vary at all; the others were taken as exact."""
        return self._coverage()

    @cached_property
    def trace(self) -> Trace:
        """The number unfolded to formulas and facts."""
        return self._trace()

    @cached_property
    def loops(self) -> tuple[Feedback, ...]:
        """The feedback loops that the number lies on or rests on, nearest first."""
        return self._loops()

    @cached_property
    def regime(self) -> Regime | None:
        """What binds; None when nothing on the way is a minimum or a maximum."""
        return self._regime()


@dataclass(frozen=True)
class ValueReport:
    """The answer to "how much is it?": `value` when one combination matches, `rows` for all of them."""

    graph_version: str
    quantity: QuantityKind
    unit: str
    rows: tuple[ValueRow, ...]
    as_of: str
    """The date that facts are chosen for and their age is judged on: that of the question, or the graph's newest."""

    @property
    def value(self) -> float | None:
        """The number, when exactly one combination matches."""
        return self.rows[0].value if len(self.rows) == 1 else None

    @property
    def band(self) -> Band | None:
        """How sure the number is, when exactly one combination matches and the question asked for samples."""
        return self.rows[0].band if len(self.rows) == 1 else None

    @property
    def variance_shares(self) -> tuple[VarianceShare, ...]:
        """What the width of the band comes from, when exactly one combination matches; empty without samples."""
        return self.rows[0].variance_shares if len(self.rows) == 1 else ()

    @property
    def status(self) -> Status:
        """The status of the only row; the best status among several; MISSING_INPUT when nothing matches."""
        order = list(Status)
        return min((row.status for row in self.rows), key=order.index, default=Status.MISSING_INPUT)

    @property
    def trace(self) -> Trace | None:
        """The trace of the first row."""
        return self.rows[0].trace if self.rows else None
