"""What journey answers: one prompt from application to silicon."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.graphql.arguments import AsOf, Name, Samples
from downstack.graphql.combinations import off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.entities import Entity, Relation, entity_by_slug
from downstack.graphql.enums import Date
from downstack.graphql.fields import resolved
from downstack.graphql.inputs import given
from downstack.graphql.journey_route import JourneyNumber, JourneyRoute
from downstack.graphql.terms import Layer


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
