"""What compare answers: every target of every combination in all scenarios."""

from __future__ import annotations

import strawberry

from downstack import results
from downstack.graphql.combinations import EffectKey, off_the_loop
from downstack.graphql.enums import EffectStatus
from downstack.graphql.fields import resolved
from downstack.graphql.terms import QuantityKind, finite
from downstack.graphql.uncertainty import Band, FactCoverage


@strawberry.type(description="How far two scenarios are apart in one number, on the same draws of the uncertain facts.")
class ScenarioDifference:
    """A difference."""

    record: strawberry.Private[results.ScenarioDifference]
    first: str = strawberry.field(description="The name of one scenario.")
    second: str = strawberry.field(description="The name of the other.")
    change: float | None = strawberry.field(description="The second less the first, in the unit of the cell.")

    @resolved("How sure the difference is; a rise is a second scenario above the first.")
    def band(self) -> Band | None:
        """Wrap the band."""
        return Band.of(self.record.band)

    @classmethod
    def of(cls, record: results.ScenarioDifference) -> ScenarioDifference:
        """Wrap a record."""
        return cls(record=record, first=record.first, second=record.second, change=finite(record.change))


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

    @resolved("How sure each ratio is, in the order of the scenarios; empty without `samples`.")
    def bands(self) -> list[Band | None]:
        """Wrap the bands."""
        return [Band.of(item) for item in self.record.bands]

    @resolved("Every pair of scenarios; empty without `samples`.")
    def differences(self) -> list[ScenarioDifference]:
        """Wrap the differences."""
        return [ScenarioDifference.of(item) for item in self.record.differences]

    @resolved("How many of the facts behind the base vary at all.")
    async def fact_coverage(self) -> FactCoverage:
        """Count the facts."""
        return FactCoverage.of(await off_the_loop(lambda: self.record.fact_coverage))

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
    samples: int = strawberry.field(description="How often the uncertain facts were drawn.")
    scenarios: list[str] = strawberry.field(description="The names of the scenarios, in the order of the values.")

    @resolved("Every target of every combination.")
    def cells(self) -> list[ComparisonCell]:
        """List the targets."""
        return [ComparisonCell.of(item) for item in self.record.cells]

    @classmethod
    def of(cls, record: results.ComparisonReport) -> ComparisonReport:
        """Wrap a record."""
        return cls(
            record=record,
            graph_version=record.graph_version,
            samples=record.samples,
            scenarios=list(record.scenarios),
        )
