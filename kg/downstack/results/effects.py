"""One effect of a change: how much, along which path, how sure, and what binds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from downstack.graph.model import Layer, QuantityKind
from downstack.results.feedback import Feedback
from downstack.results.profile import Profile
from downstack.results.trace import EffectKey, Status, Trace
from downstack.results.uncertainty import Band, FactCoverage, VarianceShare

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Flow:
    """What one edge carries of an effect: the change of `source` that `function` hands on to `target`.

    Flows that leave the changed quantities sum to the effect; at every quantity between, inflow equals outflow.
    """

    source: str
    target: str
    function: str
    amount: float
    """In the unit of the effect."""
    share: float | None
    """Of the whole effect; None when that is zero."""


@dataclass(frozen=True, slots=True)
class EffectPath:
    """One way from a change to an effect, and what came along it, in the unit of the effect."""

    steps: tuple[str, ...]
    amount: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Attribution:
    """How an effect came about: every edge of the formula graph with its amount, the largest paths, and the rest."""

    flows: tuple[Flow, ...]
    paths: tuple[EffectPath, ...]
    other_paths: float
    """What came along the paths that are not listed, in the unit of the effect."""
    total: float


@dataclass(frozen=True, slots=True)
class Regime:
    """What binds before and after the change, and the change at which it switches (when it does)."""

    quantity: str
    base: str | None
    scenario: str | None
    switch_at: str | None
    """The first change as a person would write it, for example ``nvidia-h200-sxm.memory_bandwidth x1.18``."""

    @property
    def switches(self) -> bool:
        """True when another limit binds after the change."""
        return self.base is not None and self.scenario is not None and self.base != self.scenario


@dataclass(frozen=True)
class Effect:
    """What the change does to one quantity of one combination."""

    key: EffectKey
    quantity: QuantityKind
    unit: str
    base: float | None
    scenario: float | None
    status: Status
    layer: Layer | None
    _reason: Callable[[], str | None] = field(repr=False, compare=False)
    _trace: Callable[[], Trace] = field(repr=False, compare=False)
    _regime: Callable[[], Regime | None] = field(repr=False, compare=False)
    _attribution: Callable[[], Attribution | None] = field(repr=False, compare=False)
    _variance: Callable[[], tuple[VarianceShare, ...]] = field(repr=False, compare=False)
    _coverage: Callable[[], FactCoverage] = field(repr=False, compare=False)
    _loops: Callable[[], tuple[Feedback, ...]] = field(repr=False, compare=False)
    _profile: Callable[[int], Profile | None] = field(repr=False, compare=False)
    band: Band | None = None
    """How sure the ratio is; None unless the question asked for samples, or where too few samples have a number."""

    @cached_property
    def variance_shares(self) -> tuple[VarianceShare, ...]:
        """What the width of the band comes from, largest share first; empty without samples."""
        return self._variance()

    @cached_property
    def fact_coverage(self) -> FactCoverage:
        """How many of the facts behind base and scenario vary at all; the others were taken as exact."""
        return self._coverage()

    @cached_property
    def attribution(self) -> Attribution | None:
        """Which formulas handed how much of the effect on; None where base or scenario have no number."""
        return self._attribution()

    @property
    def becomes(self) -> str | None:
        """``feasible`` or ``infeasible`` where the change makes it so: there is no size then, and nothing to attribute."""
        if self.status is not Status.INFEASIBLE or (self.base is None) == (self.scenario is None):
            return None
        return "feasible" if self.base is None else "infeasible"

    @cached_property
    def reason(self) -> str | None:
        """Why there is no number, or which validity range is left; None when all is well."""
        return self._reason()

    @property
    def change(self) -> float | None:
        """Scenario minus base, in `unit`."""
        return None if self.base is None or self.scenario is None else self.scenario - self.base

    @property
    def ratio(self) -> float | None:
        """Scenario over base; None when either is missing or the base is not positive, where a ratio means nothing."""
        if self.base is None or self.scenario is None or self.base <= 0.0:
            return None
        return self.scenario / self.base

    @cached_property
    def trace(self) -> Trace:
        """The scenario's number unfolded to formulas and facts."""
        return self._trace()

    @cached_property
    def loops(self) -> tuple[Feedback, ...]:
        """The feedback loops that the scenario's number lies on or rests on, nearest first."""
        return self._loops()

    def profile(self, months: int = 60) -> Profile | None:
        """Return how the effect unfolds month by month; None where nothing on the way acts late.

        Raises
        ------
        UserInputError
            If there are not 1 to 240 months.
        """
        return self._profile(months)

    @cached_property
    def regime(self) -> Regime | None:
        """What binds; None when nothing on the way is a minimum or a maximum."""
        return self._regime()
