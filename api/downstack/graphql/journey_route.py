"""A prompt's way over one cloud: its numbers, its seven layers, and the sums that they make."""

from __future__ import annotations

import strawberry

from downstack import results
from downstack.graphql.combinations import EffectKey, Trace, off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.entities import Entity, entity_by_slug
from downstack.graphql.enums import EffectStatus
from downstack.graphql.fields import resolved
from downstack.graphql.terms import Layer, QuantityKind, finite
from downstack.graphql.uncertainty import Band


@strawberry.type(description="One number on the way of a prompt.")
class JourneyNumber:
    """A number."""

    record: strawberry.Private[results.JourneyNumber]
    value: float | None = strawberry.field(description="The number; null when there is none.")
    unit: str = strawberry.field(description="Its unit.")
    status: EffectStatus = strawberry.field(description="How far it can be trusted.")
    reason: str | None = strawberry.field(description="Why there is no number, or which validity range is left.")
    rests_on: list[strawberry.ID] = strawberry.field(
        description="The stand-ins that it rests on: it says nothing of what they stand in for."
    )

    @resolved("What is counted.")
    def quantity(self) -> QuantityKind:
        """Wrap the quantity."""
        return QuantityKind.of(self.record.quantity)

    @resolved("The combination that it is for.")
    def key(self) -> EffectKey:
        """Wrap the combination."""
        return EffectKey.of(self.record.key)

    @resolved("How sure the number is, in its unit; of the totals of a route, and null without `samples`.")
    def band(self) -> Band | None:
        """Wrap the band."""
        return Band.of(self.record.band)

    @resolved("The number unfolded to formulas and facts.")
    async def trace(self) -> Trace:
        """Unfold the number."""
        return Trace.of(await off_the_loop(lambda: self.record.trace))

    @classmethod
    def of(cls, record: results.JourneyNumber) -> JourneyNumber:
        """Wrap a record."""
        return cls(
            record=record,
            value=finite(record.value),
            unit=record.unit,
            status=EffectStatus[record.status.name],
            reason=record.reason,
            rests_on=[strawberry.ID(slug) for slug in record.rests_on],
        )


@strawberry.type(description="One layer of one route: its parts of time, energy and cost, and what binds there.")
class JourneyStage:
    """A layer of a route."""

    record: strawberry.Private[results.JourneyStage]
    time: float | None = strawberry.field(
        description="Seconds of the request that are spent here: the sum of `timeParts`; null where there are none or one "
        "is missing."
    )
    time_share: float | None = strawberry.field(description="Of the time of the request, 0 to 1.")
    energy: float | None = strawberry.field(description="The sum of `energyParts`, in J.")
    cost: float | None = strawberry.field(description="The sum of `costParts`, in USD.")
    value: float | None = strawberry.field(description="The sum of `valueParts`, in USD.")
    binding: str | None = strawberry.field(description="The resource that binds; null where nothing is known to.")

    @resolved("The layer.")
    def layer(self) -> Layer:
        """Wrap the layer."""
        return Layer.of(self.record.layer)

    @resolved("What the time is spent on; empty at a layer that takes none of its own.")
    def time_parts(self) -> list[JourneyNumber]:
        """Wrap the parts."""
        return [JourneyNumber.of(item) for item in self.record.time_parts]

    @resolved("What chips and facility draw meanwhile; empty at a layer that has no part of it.")
    def energy_parts(self) -> list[JourneyNumber]:
        """Wrap the parts."""
        return [JourneyNumber.of(item) for item in self.record.energy_parts]

    @resolved("The rent for the time that chips are taken up; empty at a layer that has no part of it.")
    def cost_parts(self) -> list[JourneyNumber]:
        """Wrap the parts."""
        return [JourneyNumber.of(item) for item in self.record.cost_parts]

    @resolved("The same cost by who is paid: maker, seller and owner of the chips; empty at other layers.")
    def value_parts(self) -> list[JourneyNumber]:
        """Wrap the parts."""
        return [JourneyNumber.of(item) for item in self.record.value_parts]

    @resolved("Further numbers that depend on the cloud.")
    def numbers(self) -> list[JourneyNumber]:
        """Wrap the numbers."""
        return [JourneyNumber.of(item) for item in self.record.numbers]

    @classmethod
    def of(cls, record: results.JourneyStage) -> JourneyStage:
        """Wrap a record."""
        return cls(
            record=record,
            time=finite(record.time),
            time_share=finite(record.time_share),
            energy=finite(record.energy),
            cost=finite(record.cost),
            value=finite(record.value),
            binding=record.binding,
        )


@strawberry.type(description="The way over one cloud offering with one framework.")
class JourneyRoute:
    """A route."""

    record: strawberry.Private[results.JourneyRoute]
    status: EffectStatus = strawberry.field(description="How far the time of the request can be trusted.")
    binding: str | None = strawberry.field(description="The resource on which the request waits longest.")
    time_difference: float | None = strawberry.field(description="Time minus the times of all stages: rounding only.")
    energy_difference: float | None = strawberry.field(description="The same of the energy.")
    cost_difference: float | None = strawberry.field(description="The same of the cost.")
    value_difference: float | None = strawberry.field(description="Cost minus what all are paid: rounding only.")
    notes: list[str] = strawberry.field(description="Where the load asks for more than this way gives, in sentences.")

    @resolved("The cloud offering.")
    def offering(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.offering, info)

    @resolved("Who offers it; null where no source says.")
    def provider(self, info: Info) -> Entity | None:
        """Look the entity up."""
        return None if self.record.provider is None else entity_by_slug(self.record.provider, info)

    @resolved("The accelerator.")
    def accelerator(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.accelerator, info)

    @resolved("The serving framework.")
    def framework(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.framework, info)

    @resolved("Of the whole request, as its user waits for it; null without a model or a workload.")
    def time(self) -> JourneyNumber | None:
        """Wrap the number."""
        return None if self.record.time is None else JourneyNumber.of(self.record.time)

    @resolved("Energy of accelerators and facility for the whole request.")
    def energy(self) -> JourneyNumber | None:
        """Wrap the number."""
        return None if self.record.energy is None else JourneyNumber.of(self.record.energy)

    @resolved("Rent of the chips that the whole request takes up.")
    def cost(self) -> JourneyNumber | None:
        """Wrap the number."""
        return None if self.record.cost is None else JourneyNumber.of(self.record.cost)

    @resolved("All seven layers, applications first.")
    def stages(self) -> list[JourneyStage]:
        """Wrap the stages."""
        return [JourneyStage.of(item) for item in self.record.stages]

    @classmethod
    def of(cls, record: results.JourneyRoute) -> JourneyRoute:
        """Wrap a record."""
        return cls(
            record=record,
            status=EffectStatus[record.status.name],
            binding=record.binding,
            time_difference=finite(record.time_difference),
            energy_difference=finite(record.energy_difference),
            cost_difference=finite(record.cost_difference),
            value_difference=finite(record.value_difference),
            notes=list(record.notes),
        )
