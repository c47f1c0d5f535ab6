"""What journey answers: one prompt from application to silicon."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.graphql.arguments import AsOf, Name, Samples
from downstack.graphql.combinations import EffectKey, Trace, off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.entities import Entity, Relation, entity_by_slug
from downstack.graphql.enums import Date, EffectStatus
from downstack.graphql.fields import resolved
from downstack.graphql.inputs import given
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


@strawberry.type(description="An entity that the question names, and whether a source links it to the application.")
class JourneyChoice:
    """A choice."""

    slug: strawberry.Private[str]
    role: str = strawberry.field(description="model, accelerator or workload.")
    linked: bool = strawberry.field(description="Whether cited relations lead from the application to it.")
    stand_in: bool = strawberry.field(description="True for a model that no source says the application uses.")
    reason: str = strawberry.field(description="What the sources say, in a sentence.")

    @resolved("The entity.")
    def entity(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.slug, info)

    @classmethod
    def of(cls, record: results.JourneyChoice) -> JourneyChoice:
        """Wrap a record."""
        return cls(
            slug=record.entity, role=record.role, linked=record.linked, stand_in=record.stand_in, reason=record.reason
        )


@strawberry.type(
    description="What the sources do not say and the question did not name: nothing is chosen in its place."
)
class JourneyQuestion:
    """A question back."""

    role: str = strawberry.field(description="The argument to name: model, accelerator or workload.")
    reason: str = strawberry.field(description="What the sources say, in a sentence.")
    candidates: list[strawberry.ID] = strawberry.field(description="Slugs of entities that could be named.")

    @classmethod
    def of(cls, record: results.JourneyQuestion) -> JourneyQuestion:
        """Wrap a record."""
        return cls(
            role=record.role,
            reason=record.reason,
            candidates=[strawberry.ID(slug) for slug in record.candidates],
        )


@strawberry.type(description="What is known of one layer whatever cloud is chosen.")
class JourneyLayer:
    """A layer of the way."""

    record: strawberry.Private[results.JourneyLayer]
    notes: list[str] = strawberry.field(description="What is not known or not modelled, in sentences.")

    @resolved("The layer.")
    def layer(self) -> Layer:
        """Wrap the layer."""
        return Layer.of(self.record.layer)

    @resolved("The entities of the way at this layer.")
    def entities(self, info: Info) -> list[Entity]:
        """Look the entities up."""
        return [entity_by_slug(slug, info) for slug in self.record.entities]

    @resolved("The cited relations by which the way goes on, or that say who makes and supplies what.")
    def links(self) -> list[Relation]:
        """Wrap the relations."""
        return [Relation.of(item) for item in self.record.links]

    @resolved("Numbers that do not depend on the cloud.")
    def numbers(self) -> list[JourneyNumber]:
        """Wrap the numbers."""
        return [JourneyNumber.of(item) for item in self.record.numbers]

    @classmethod
    def of(cls, record: results.JourneyLayer) -> JourneyLayer:
        """Wrap a record."""
        return cls(record=record, notes=list(record.notes))


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


@strawberry.type(
    description="One prompt from its application to silicon: time, energy, cost and what binds, layer by layer."
)
class JourneyReport:
    """The answer to a question about a prompt."""

    record: strawberry.Private[results.JourneyReport]
    graph_version: str = strawberry.field(description="The version that answered.")
    method: str = strawberry.field(description="How it was computed.")
    elapsed_ms: float = strawberry.field(description="How long the answer took.")
    as_of: Date = strawberry.field(description="The date that facts are chosen for and their age is judged on.")
    reason: str | None = strawberry.field(description="Why there is no route; null where there is one.")
    closed_model: strawberry.ID | None = strawberry.field(
        description="The model that is named, when no source states its architecture: nothing that rests on it has a number."
    )

    @resolved("Where the prompt is written.")
    def application(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.application, info)

    @resolved("What the question named, and how it hangs together with the application.")
    def choices(self) -> list[JourneyChoice]:
        """Wrap the choices."""
        return [JourneyChoice.of(item) for item in self.record.choices]

    @resolved("What has to be named before there are numbers.")
    def questions(self) -> list[JourneyQuestion]:
        """Wrap the questions."""
        return [JourneyQuestion.of(item) for item in self.record.questions]

    @resolved("All seven layers, applications first.")
    def layers(self) -> list[JourneyLayer]:
        """Wrap the layers."""
        return [JourneyLayer.of(item) for item in self.record.layers]

    @resolved("One for each offering of the accelerator, the cheapest request first, those without a price last.")
    def routes(self) -> list[JourneyRoute]:
        """Wrap the routes."""
        return [JourneyRoute.of(item) for item in self.record.routes]

    @resolved("What the formulas of time, energy and cost take for granted, each once.")
    async def assumptions(self) -> list[str]:
        """List them."""
        return list(await off_the_loop(lambda: self.record.assumptions))

    @classmethod
    def of(cls, record: results.JourneyReport) -> JourneyReport:
        """Wrap a record."""
        return cls(
            record=record,
            graph_version=record.graph_version,
            method=record.method,
            elapsed_ms=record.elapsed_ms,
            as_of=Date(record.as_of),
            reason=record.reason,
            closed_model=None if record.closed_model is None else strawberry.ID(record.closed_model),
        )


@strawberry.type
class Journeys:
    """The root field of journeys."""

    @resolved(
        "One prompt from its application to silicon, layer by layer. What sources do not say is asked for, not chosen."
    )
    async def journey(
        self,
        info: Info,
        application: Name,
        model: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Which model answers; one that no source links is a stand-in."),
        ] = UNSET,
        accelerator: Annotated[
            strawberry.ID | None, strawberry.argument(description="Which chip: a route for each offering of it.")
        ] = UNSET,
        workload: Annotated[
            strawberry.ID | None, strawberry.argument(description="What a request is: tokens in and out, turns.")
        ] = UNSET,
        samples: Samples = 0,
        as_of: AsOf = UNSET,
    ) -> JourneyReport:
        """Ask for a journey."""
        chosen, chip, load = (given(item) for item in (model, accelerator, workload))
        when = given(as_of)

        def ask() -> results.JourneyReport:
            on = None if when is None else str(when)
            return info.context.kg.journey(application, chosen, chip, load, on, samples or 0)

        return JourneyReport.of(await off_the_loop(ask))
