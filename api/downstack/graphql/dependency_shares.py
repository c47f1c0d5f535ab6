"""Which part of what one entity needs comes from another, where shares are stated."""

from __future__ import annotations

import strawberry

from downstack import results
from downstack.graphql.entities import Entity, Fact, entity_of
from downstack.graphql.fields import resolved


@strawberry.type(description="A part of a whole, between 0 and 1.")
class ShareInterval:
    """A share."""

    value: float | None = strawberry.field(description="Null where it turns on a share that nobody publishes.")
    low: float = strawberry.field(description="The lower end, over sources that disagree and shares nobody publishes.")
    high: float = strawberry.field(description="The upper end.")

    @classmethod
    def of(cls, record: results.ShareInterval) -> ShareInterval:
        """Wrap a record."""
        return cls(value=record.value, low=record.low, high=record.high)


@strawberry.type(description="One way along which a part of what the one needs comes from the other.")
class ShareChain:
    """A chain of shares."""

    entities: list[strawberry.ID] = strawberry.field(description="Slugs, from the dependent to the provider.")
    shares: list[ShareInterval] = strawberry.field(description="Of each step.")
    product: ShareInterval = strawberry.field(description="Of all steps.")

    @classmethod
    def of(cls, record: results.ShareChain) -> ShareChain:
        """Wrap a record."""
        return cls(
            entities=[strawberry.ID(item) for item in record.entities],
            shares=[ShareInterval.of(item) for item in record.shares],
            product=ShareInterval.of(record.product),
        )


@strawberry.type(
    description="The part of what one entity needs that comes from another, in the need that rests on it most."
)
class Exposure:
    """A share of a need."""

    record: strawberry.Private[results.Exposure]
    share: ShareInterval = strawberry.field(description="The part of the need.")
    need: str | None = strawberry.field(description="The group of inputs that rests on it most.")
    place: str | None = strawberry.field(description="What of the dependent it is said of.")
    allocated: ShareInterval | None = strawberry.field(
        description="The other way round: the part of the provider's output that goes to the dependent, where stated."
    )
    chains: list[ShareChain] = strawberry.field(description="The ways behind it; known products sum to the value.")
    unknown: list[str] = strawberry.field(description="What nobody publishes and the number turns on.")
    assumptions: list[str] = strawberry.field(description="What is taken for granted where nobody says.")

    @resolved("Who needs.")
    def dependent(self) -> Entity:
        """Wrap the entity."""
        return entity_of(self.record.dependent)

    @resolved("What is needed.")
    def provider(self) -> Entity:
        """Wrap the entity."""
        return entity_of(self.record.provider)

    @resolved("The facts behind the shares.")
    def facts(self) -> list[Fact]:
        """Wrap the facts."""
        return [Fact.of(item) for item in self.record.facts]

    @classmethod
    def of(cls, record: results.Exposure) -> Exposure:
        """Wrap a record."""
        return cls(
            record=record,
            share=ShareInterval.of(record.share),
            need=record.need,
            place=record.place,
            allocated=None if record.allocated is None else ShareInterval.of(record.allocated),
            chains=[ShareChain.of(item) for item in record.chains],
            unknown=list(record.unknown),
            assumptions=list(record.assumptions),
        )
