"""What sensitivity answers: the inputs of one number by how much it moves with them."""

from __future__ import annotations

import strawberry

from downstack import results
from downstack.graphql.combinations import EffectKey
from downstack.graphql.context import Info
from downstack.graphql.entities import Entity, Fact, entity_by_slug
from downstack.graphql.enums import EffectStatus
from downstack.graphql.fields import resolved
from downstack.graphql.terms import QuantityKind, finite
from downstack.graphql.uncertainty import FactCoverage, TornadoBar


@strawberry.type(description="How much a target moves with one input.")
class Elasticity:
    """An elasticity."""

    record: strawberry.Private[results.Elasticity]
    elasticity: float | None = strawberry.field(
        description="Per cent of the target for one per cent of the input, at the base."
    )
    at_low: float | None = strawberry.field(
        description="The target at the lower end of the input's stated range; null when no range is stated."
    )
    at_high: float | None = strawberry.field(
        description="The target at the upper end of the input's stated range; null when no range is stated."
    )

    @resolved("The entity whose quantity is moved.")
    def entity(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.entity, info)

    @resolved("The quantity that is moved.")
    def quantity(self) -> QuantityKind:
        """Wrap the quantity."""
        return QuantityKind.of(self.record.quantity)

    @resolved("The fact that is moved; null for a quantity that only a formula gives.")
    def fact(self) -> Fact | None:
        """Wrap the fact."""
        return None if self.record.fact is None else Fact.of(self.record.fact)

    @classmethod
    def of(cls, record: results.Elasticity) -> Elasticity:
        """Wrap a record."""
        return cls(
            record=record,
            elasticity=finite(record.elasticity),
            at_low=finite(record.at_low),
            at_high=finite(record.at_high),
        )


@strawberry.type(description='The answer to "which inputs matter most?".')
class SensitivityReport:
    """The answer to a question about inputs."""

    record: strawberry.Private[results.SensitivityReport]
    graph_version: str = strawberry.field(description="The version that answered.")
    value: float | None = strawberry.field(description="The target at the base; null when it has no number.")
    unit: str = strawberry.field(description="The unit of the target.")
    status: EffectStatus = strawberry.field(description="How far the target's number can be trusted.")

    @resolved("The combination that the target is for.")
    def key(self) -> EffectKey:
        """Wrap the combination."""
        return EffectKey.of(self.record.key)

    @resolved("The quantity asked for.")
    def target(self) -> QuantityKind:
        """Wrap the quantity."""
        return QuantityKind.of(self.record.target)

    @resolved("The inputs, the largest absolute elasticity first.")
    def inputs(self) -> list[Elasticity]:
        """List the inputs."""
        return [Elasticity.of(item) for item in self.record.inputs]

    @resolved("What each uncertain input alone makes of the target, the widest first; empty where all are points.")
    def tornado(self) -> list[TornadoBar]:
        """List the bars."""
        return [TornadoBar.of(item) for item in self.record.tornado]

    @resolved("How many of the facts behind the target vary at all; null when it has no number.")
    def fact_coverage(self) -> FactCoverage | None:
        """Wrap the count."""
        return None if self.record.fact_coverage is None else FactCoverage.of(self.record.fact_coverage)

    @classmethod
    def of(cls, record: results.SensitivityReport) -> SensitivityReport:
        """Wrap a record."""
        return cls(
            record=record,
            graph_version=record.graph_version,
            value=finite(record.value),
            unit=record.unit,
            status=EffectStatus[record.status.name],
        )
