"""One step of dependence, and what is found at the end of some."""

from __future__ import annotations

from enum import Enum

import strawberry

from downstack import results
from downstack.graphql.context import Info
from downstack.graphql.entities import Entity, entity_by_slug, entity_of
from downstack.graphql.enums import Date
from downstack.graphql.fields import resolved
from downstack.graphql.terms import Source, date_of


@strawberry.enum(description="How firmly one entity depends on another, as far as the graph knows.")
class Reliance(Enum):
    """How firmly one depends on another."""

    SOLE = strawberry.enum_value(
        "SOLE", description="No alternative is known: without the one, the other lacks something that it needs."
    )
    REPLACEABLE = strawberry.enum_value(
        "REPLACEABLE", description="An alternative is known on the way, or only a part of it is concerned."
    )
    QUALITATIVE = strawberry.enum_value("QUALITATIVE", description="Only an influence leads there.")


@strawberry.type(description="One entity needs another, and who says so.")
class DependencyStep:
    """A step."""

    record: strawberry.Private[results.DependencyStep]
    relation: str = strawberry.field(
        description="The relation, such as fabricates; drawsOn and partitionOf of supply chains; joined by > when indirect."
    )
    bond: str = strawberry.field(
        description="How far the need goes: use, make, output, items, kind or supply; joined by > when indirect."
    )
    as_of: Date | None = strawberry.field(description="The date for which it is stated.")
    source: Source = strawberry.field(description="Where it was read.")
    part: strawberry.ID | None = strawberry.field(description="The part of the provider that it comes from, as a slug.")
    sign: str | None = strawberry.field(description="The sign of an influence.")
    via: list[strawberry.ID] = strawberry.field(description="Slugs of hidden entities that it passes through.")

    @resolved("Who needs.")
    def dependent(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.dependent, info)

    @resolved("What is needed.")
    def provider(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.provider, info)

    @classmethod
    def of(cls, record: results.DependencyStep) -> DependencyStep:
        """Wrap a record."""
        return cls(
            record=record,
            relation=record.relation,
            bond=record.bond,
            as_of=date_of(record.as_of),
            source=Source.of(record.source),
            part=None if record.part is None else strawberry.ID(record.part),
            sign=record.sign,
            via=[strawberry.ID(item) for item in record.via],
        )


@strawberry.type(description="An entity that depends on the asked one, or that the asked one depends on.")
class DependencyNode:
    """A node of a cone."""

    record: strawberry.Private[results.DependencyNode]
    depth: int = strawberry.field(description="The number of steps of a shortest way.")
    reliance: Reliance | None = strawberry.field(
        description="Whether an alternative is known; null where too much is reached to look."
    )
    place: str | None = strawberry.field(
        description="What of it stands in the supply chains, where that is not the whole of it."
    )

    @resolved("The entity.")
    def entity(self) -> Entity:
        """Wrap the entity."""
        return entity_of(self.record.entity)

    @resolved("A shortest way, from the asked entity on.")
    def way(self) -> list[DependencyStep]:
        """Wrap the way."""
        return [DependencyStep.of(item) for item in self.record.way]

    @classmethod
    def of(cls, record: results.DependencyNode) -> DependencyNode:
        """Wrap a record."""
        reliance = record.reliance
        return cls(
            record=record,
            depth=record.depth,
            reliance=None if reliance is None else Reliance[reliance.name],
            place=record.place,
        )
