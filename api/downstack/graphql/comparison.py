"""What compare answers: every target of every combination in all scenarios."""

from __future__ import annotations

import strawberry

from downstack import results
from downstack.graphql.combinations import EffectKey
from downstack.graphql.enums import EffectStatus
from downstack.graphql.fields import resolved
from downstack.graphql.terms import QuantityKind, finite


@strawberry.type(description="One target of one combination in every scenario, in the order of the scenarios.")
class ComparisonCell:
    """A target in all scenarios."""

    record: strawberry.Private[results.ComparisonCell]
    unit: str = strawberry.field(description="The unit of base and values.")
    base: float | None = strawberry.field(description="The number without any change.")
    values: list[float | None] = strawberry.field(description="The number in each scenario; null when there is none.")
    ratios: list[float | None] = strawberry.field(description="Each value over the base; null without either.")
    statuses: list[EffectStatus] = strawberry.field(description="How far each value can be trusted.")

    @resolved("The combination that the numbers are for.")
    def key(self) -> EffectKey:
        """Wrap the combination."""
        return EffectKey.of(self.record.key)

    @resolved("The quantity compared.")
    def quantity(self) -> QuantityKind:
        """Wrap the quantity."""
        return QuantityKind.of(self.record.quantity)

    @classmethod
    def of(cls, record: results.ComparisonCell) -> ComparisonCell:
        """Wrap a record."""
        return cls(
            record=record,
            unit=record.unit,
            base=finite(record.base),
            values=[finite(item) for item in record.values],
            ratios=[finite(item) for item in record.ratios],
            statuses=[EffectStatus[item.name] for item in record.statuses],
        )


@strawberry.type(description="Several scenarios side by side, against the same base.")
class ComparisonReport:
    """The answer to a comparison."""

    record: strawberry.Private[results.ComparisonReport]
    graph_version: str = strawberry.field(description="The version that answered.")
    scenarios: list[str] = strawberry.field(description="The names of the scenarios, in the order of the values.")

    @resolved("Every target of every combination.")
    def cells(self) -> list[ComparisonCell]:
        """List the targets."""
        return [ComparisonCell.of(item) for item in self.record.cells]

    @classmethod
    def of(cls, record: results.ComparisonReport) -> ComparisonReport:
        """Wrap a record."""
        return cls(record=record, graph_version=record.graph_version, scenarios=list(record.scenarios))
