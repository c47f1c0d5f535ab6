"""What a question returns: frozen records that the Python door, the command line and GraphQL share.

Values are in the display unit of their quantity, named in `unit`. A missing number is None, never zero, and the
status says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from downstack.graph.model import Entity, Fact, Influence, Layer, QuantityKind
from downstack.performance.declare import FunctionDeclaration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Status(StrEnum):
    """How far a number can be trusted; the gravest of everything it rests on."""

    OK = "OK"
    EXTRAPOLATED = "EXTRAPOLATED"
    INFEASIBLE = "INFEASIBLE"
    MISSING_INPUT = "MISSING_INPUT"


@dataclass(frozen=True, slots=True)
class EffectKey:
    """The combination a number is for: entity slugs by role (model, workload, offering, accelerator, framework...)."""

    roles: tuple[tuple[str, str], ...]
    """The roles that make up the combination, then those that they determine (the accelerator of an offering)."""
    own: int | None = None
    """How many of the roles make up the combination; all of them unless given."""

    def get(self, role: str) -> str | None:
        """Return the entity in that role, or None when the number does not depend on the role."""
        return dict(self.roles).get(role)

    @property
    def entity(self) -> str | None:
        """The entity, when the number belongs to a single one."""
        own = self.roles[: self.own]
        return own[0][1] if len(own) == 1 else None

    def __str__(self) -> str:
        return ", ".join(name for _, name in self.roles[: self.own])


@dataclass(frozen=True, slots=True)
class Trace:
    """Where one number comes from: a formula with its inputs, or a fact; recursively down to facts."""

    quantity: QuantityKind
    key: EffectKey
    value: float | None
    unit: str
    status: Status
    function: FunctionDeclaration | None
    inputs: tuple[Trace, ...]
    own_facts: tuple[Fact, ...]
    """The facts read at this step itself: the chosen one first, then other sources for the same quantity."""
    reason: str | None
    """Why there is no number, or which validity range is left."""
    formula_value: float | None = None
    """Where a published fact is the base: what the formula alone would give (the gap is shown, not hidden)."""
    intervention: str | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts that the number rests on, each once."""
        seen: dict[str, Fact] = {}
        for node in self.walk():
            for fact in node.own_facts[:1]:
                seen.setdefault(fact.iri, fact)
        return tuple(seen.values())

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the formulas leave out and which facts are assumptions, each once."""
        seen: dict[str, None] = {}
        for node in self.walk():
            if node.function is not None:
                for text in node.function.assumes:
                    seen.setdefault(text)
            for fact in node.own_facts[:1]:
                if fact.confidence == "assumption":
                    seen.setdefault(f"{fact.entity}.{fact.quantity} = {fact.literal} {fact.unit} is an assumption")
        return tuple(seen)

    def walk(self) -> Iterator[Trace]:
        """Yield this step and all steps below it, depth first."""
        yield self
        for item in self.inputs:
            yield from item.walk()


@dataclass(frozen=True, slots=True)
class Band:
    """How sure an effect is, from samples of the uncertain facts; the ratio is scenario over base."""

    p10: float
    p50: float
    p90: float
    probability_of_rise: float
    """Share of samples in which the scenario is above the base."""
    probability_of_switch: float | None
    """Share of samples in which another limit binds after the change; None where nothing is a minimum or maximum."""
    samples: int


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
    _variance: Callable[[], tuple[tuple[Fact, float], ...]] = field(repr=False, compare=False)
    band: Band | None = None
    """How sure the ratio is; None unless the question asked for samples, or where too few samples have a number."""

    @cached_property
    def variance_shares(self) -> tuple[tuple[Fact, float], ...]:
        """Which uncertain facts the width of the band comes from, largest share first; empty without samples."""
        return self._variance()

    @cached_property
    def attribution(self) -> Attribution | None:
        """Which formulas handed how much of the effect on; None where base or scenario have no number."""
        return self._attribution()

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
    def regime(self) -> Regime | None:
        """What binds; None when nothing on the way is a minimum or a maximum."""
        return self._regime()


@dataclass(frozen=True, slots=True)
class NotReached:
    """A target that the change does not move, and why."""

    quantity: str
    reason: str


@dataclass(frozen=True, slots=True)
class QualitativeEffect:
    """A direction without a number: signs composed along influences that have no formula."""

    path: tuple[str, ...]
    """Entity slugs from the changed entity to the affected one."""
    target: str
    sign: str
    strength: str
    confidence: str
    influences: tuple[Influence, ...]


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """How many effects a layer has, and the largest relative one."""

    layer: Layer
    effects: int
    infeasible: int
    missing: int
    largest: Effect | None


@dataclass(frozen=True)
class ImpactReport:
    """The answer to "what does this change do?"."""

    graph_version: str
    method: str
    elapsed_ms: float
    partial: bool
    partial_reason: str | None
    changes: tuple[str, ...]
    effects: Sequence[Effect]
    """Largest relative change first; each effect is built when it is looked at."""
    by_layer: tuple[LayerSummary, ...]
    qualitative: tuple[QualitativeEffect, ...]
    not_reached: tuple[NotReached, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one flat dictionary an effect, ready for a table."""
        rows = []
        for effect in self.effects:
            row: dict[str, Any] = dict(effect.key.roles)
            row.update(
                quantity=effect.quantity.id,
                unit=effect.unit,
                base=effect.base,
                scenario=effect.scenario,
                ratio=effect.ratio,
                status=str(effect.status),
                reason=effect.reason,
            )
            if effect.band is not None:
                row.update(p10=effect.band.p10, p50=effect.band.p50, p90=effect.band.p90)
            rows.append(row)
        return rows

    def to_pandas(self) -> Any:
        """Return the effects as a pandas DataFrame (needs the extra ``downstack[pandas]``)."""
        import pandas as pd

        return pd.DataFrame(self.to_rows())


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

    @cached_property
    def trace(self) -> Trace:
        """The number unfolded to formulas and facts."""
        return self._trace()

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

    @property
    def value(self) -> float | None:
        """The number, when exactly one combination matches."""
        return self.rows[0].value if len(self.rows) == 1 else None

    @property
    def status(self) -> Status:
        """The status of the only row; the best status among several; MISSING_INPUT when nothing matches."""
        order = list(Status)
        return min((row.status for row in self.rows), key=order.index, default=Status.MISSING_INPUT)

    @property
    def trace(self) -> Trace | None:
        """The trace of the first row."""
        return self.rows[0].trace if self.rows else None


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An entity found by its label or an alias; `score` is 0 to 1."""

    entity: Entity
    matched: str
    score: float


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """What is loaded."""

    version: str
    entities: int
    facts: int
    relations: int
    influences: int
    functions: int
    quantities: int
    sources: int
    triples: int
    loaded_at: str


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


@dataclass(frozen=True, slots=True)
class ComparisonCell:
    """One target of one combination in every scenario, in the order of the scenarios."""

    key: EffectKey
    quantity: QuantityKind
    unit: str
    base: float | None
    values: tuple[float | None, ...]
    ratios: tuple[float | None, ...]
    statuses: tuple[Status, ...]


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Several scenarios side by side, against the same base."""

    graph_version: str
    scenarios: tuple[str, ...]
    """Their names, in the order of the values."""
    cells: tuple[ComparisonCell, ...]
