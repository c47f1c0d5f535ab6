"""What shock answers: monthly profiles of a supply disruption, with three bounds."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.graphql.combinations import off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.entities import Entity, Fact, entity_by_slug
from downstack.graphql.fields import resolved
from downstack.graphql.inputs import given
from downstack.graphql.shock_profile import ShockAmount, ShockInterval, ShockProfile
from downstack.graphql.terms import PerformanceFunction
from downstack.supply.ask import DEFAULT_HORIZON
from downstack.supply.disruption import DEFAULT_MONTHS, Disruption


@strawberry.input(description="A part of the output of one entity that is lost for some months.")
class DisruptionInput:
    """A disruption."""

    entity: strawberry.ID = strawberry.field(
        description="Slug, IRI, CURIE or unambiguous alias of a place of the supply chain, such as tsmc-cowos."
    )
    percent: float = strawberry.field(description="The change in per cent, from -100 to just below 0.")
    months: int = strawberry.field(default=DEFAULT_MONTHS, description="For how long, from the first month on.")


@strawberry.type(description="One input of a target, with the terms of its supply.")
class ShockInput:
    """An input."""

    supplier_slug: strawberry.Private[str]
    group: str = strawberry.field(description="Suppliers of one group can replace one another, groups cannot.")
    share: ShockInterval | None = strawberry.field(
        description="The supplier's share of the group; null when nobody publishes it."
    )
    per_unit: str | None = strawberry.field(description="How much of it one unit takes, in words.")
    base_use: ShockAmount | None = strawberry.field(
        description="How much of it is used in a month; null unless flow, share and use per unit are published."
    )

    @resolved("Who supplies it.")
    def supplier(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.supplier_slug, info)

    @classmethod
    def of(cls, record: results.ShockInput) -> ShockInput:
        """Wrap a record."""
        return cls(
            supplier_slug=record.supplier,
            group=record.group,
            share=None if record.share is None else ShockInterval.of(record.share),
            per_unit=record.per_unit,
            base_use=None if record.base_use is None else ShockAmount.of(record.base_use),
        )


@strawberry.type(description="The part of a target's output that one customer gets.")
class ShockShare:
    """A share."""

    customer_slug: strawberry.Private[str | None]
    share: ShockInterval = strawberry.field(description="The part of the output, 0 to 1.")

    @resolved("Who gets it; null for what no source allocates to anybody.")
    def customer(self, info: Info) -> Entity | None:
        """Look the entity up."""
        return None if self.customer_slug is None else entity_by_slug(self.customer_slug, info)


@strawberry.type(description="What happens at one place of the chain.")
class ShockTarget:
    """A target."""

    record: strawberry.Private[results.ShockTarget]
    label: str = strawberry.field(description="What is made, gathered or served there.")
    technology: str = strawberry.field(
        description="assembly (the scarcest essential input sets the flow), collection or fleet (inputs add up; a fleet keeps "
        "them), or service (it runs on what its suppliers have installed)."
    )
    reason: str = strawberry.field(description="Why it fares so, in a sentence.")
    assumptions: list[str] = strawberry.field(description="What is assumed on the way to it.")

    @resolved("The entity.")
    def entity(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.entity.id, info)

    @resolved("How much a flow of 1 is; null where nobody publishes it.")
    def base_flow(self) -> ShockAmount | None:
        """Wrap the amount."""
        return None if self.record.base_flow is None else ShockAmount.of(self.record.base_flow)

    @resolved("How much is installed at the start; null where nobody publishes it.")
    def base_stock(self) -> ShockAmount | None:
        """Wrap the amount."""
        return None if self.record.base_stock is None else ShockAmount.of(self.record.base_stock)

    @resolved("Share times shock: the flow if the disruption lasted, without inventory, with perfect substitution.")
    def first_order(self) -> ShockInterval | None:
        """Wrap the interval."""
        return None if self.record.first_order is None else ShockInterval.of(self.record.first_order)

    @resolved("The profile under each of the three bounds.")
    def profiles(self) -> list[ShockProfile]:
        """Wrap the profiles."""
        return [ShockProfile.of(item) for item in self.record.profiles]

    @resolved("What it is made from.")
    def inputs(self) -> list[ShockInput]:
        """Wrap the inputs."""
        return [ShockInput.of(item) for item in self.record.inputs]

    @resolved("Who gets what of its output, the unallocated rest last; empty where no source says.")
    def allocation(self) -> list[ShockShare]:
        """Wrap the shares."""
        return [
            ShockShare(customer_slug=item.customer, share=ShockInterval.of(item.share))
            for item in self.record.allocation
        ]

    @resolved("For a service: the function by which accelerators become tokens, at a fixed value.")
    def function(self) -> PerformanceFunction | None:
        """Wrap the function."""
        return None if self.record.function is None else PerformanceFunction.of(self.record.function)

    @resolved("All facts that its numbers rest on.")
    def facts(self) -> list[Fact]:
        """Wrap the facts."""
        return [Fact.of(item) for item in self.record.facts]

    @classmethod
    def of(cls, record: results.ShockTarget) -> ShockTarget:
        """Wrap a record."""
        return cls(
            record=record,
            label=record.label,
            technology=record.technology,
            reason=record.reason,
            assumptions=list(record.assumptions),
        )


@strawberry.type(description="An essential input with one supplier, as far as the graph knows.")
class ShockSinglePoint:
    """A single point of failure."""

    record: strawberry.Private[results.ShockSinglePoint]
    group: str = strawberry.field(description="The input.")

    @resolved("The only supplier.")
    def supplier(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.supplier, info)

    @resolved("Who cannot do without.")
    def users(self, info: Info) -> list[Entity]:
        """Look the entities up."""
        return [entity_by_slug(slug, info) for slug in self.record.users]


@strawberry.type(description="A target that the shock does not reach.")
class ShockNotReached:
    """A target out of reach."""

    entity_slug: strawberry.Private[str]
    reason: str = strawberry.field(description="Why it is not reached.")

    @resolved("The entity.")
    def entity(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.entity_slug, info)


@strawberry.type(description='The answer to "what does this disruption do, month by month?".')
class ShockReport:
    """The answer to a supply shock."""

    record: strawberry.Private[results.ShockReport]
    graph_version: str = strawberry.field(description="The version that answered.")
    method: str = strawberry.field(description="How it was computed, and what the intervals combine.")
    disruptions: list[str] = strawberry.field(description="What is lost, in words.")
    horizon_months: int = strawberry.field(description="How many months are looked at.")
    cases: int = strawberry.field(description="Combinations of uncertain numbers behind the intervals of each bound.")
    assumptions: list[str] = strawberry.field(description="Everything that is assumed, each once.")
    elapsed_ms: float = strawberry.field(description="How long the answer took.")

    @resolved("What happens along the chain, what is disrupted first.")
    def targets(self) -> list[ShockTarget]:
        """Wrap the targets."""
        return [ShockTarget.of(item) for item in self.record.targets]

    @resolved("Essential inputs with one supplier, those with most users first.")
    def single_points(self) -> list[ShockSinglePoint]:
        """Wrap them."""
        return [ShockSinglePoint(record=item, group=item.group) for item in self.record.single_points]

    @resolved("Targets that were asked for and are not reached.")
    def not_reached(self) -> list[ShockNotReached]:
        """Wrap them."""
        return [ShockNotReached(entity_slug=item.entity, reason=item.reason) for item in self.record.not_reached]

    @classmethod
    def of(cls, record: results.ShockReport) -> ShockReport:
        """Wrap a record."""
        return cls(
            record=record,
            graph_version=record.graph_version,
            method=record.method,
            disruptions=list(record.disruptions),
            horizon_months=record.horizon_months,
            cases=record.cases,
            assumptions=list(record.assumptions),
            elapsed_ms=record.elapsed_ms,
        )


@strawberry.type
class Shocks:
    """The root field of supply shocks."""

    @resolved("What a supply disruption does, month by month, with three bounds.")
    async def shock(
        self,
        info: Info,
        disruptions: Annotated[list[DisruptionInput], strawberry.argument(description="What is lost.")],
        horizon_months: Annotated[
            int | None, strawberry.argument(description="How far to look, 1 to 120 months.")
        ] = DEFAULT_HORIZON,
        targets: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Places of the chain to report; all that are reached unless given."),
        ] = UNSET,
    ) -> ShockReport:
        """Ask for a shock."""
        asked = [Disruption(item.entity, item.percent, item.months) for item in disruptions]
        wanted = given(targets)
        names = None if wanted is None else [str(item) for item in wanted]
        horizon = DEFAULT_HORIZON if horizon_months is None else horizon_months

        def ask() -> results.ShockReport:
            return info.context.kg.shock(asked, horizon_months=horizon, targets=names)

        return ShockReport.of(await off_the_loop(ask))
