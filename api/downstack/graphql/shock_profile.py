"""The months of a supply shock: ratios to the base, with their intervals."""

from __future__ import annotations

import strawberry

from downstack import results
from downstack.graphql.context import Info
from downstack.graphql.entities import Entity, entity_by_slug
from downstack.graphql.enums import SubstitutionBound
from downstack.graphql.fields import resolved


@strawberry.type(description="A number with the ends between which it lies over all cases.")
class ShockInterval:
    """An interval."""

    value: float | None = strawberry.field(
        description="With every published or assumed number as stated; null when it turns on something nobody publishes."
    )
    low: float | None = strawberry.field(description="The lower end; null when it is never reached.")
    high: float | None = strawberry.field(description="The upper end; null when it is never reached.")

    @classmethod
    def of(cls, record: results.ShockInterval) -> ShockInterval:
        """Wrap a record."""
        return cls(value=record.value, low=record.low, high=record.high)


@strawberry.type(description="One month of a profile: ratios to what would be without the disruption.")
class ShockMonth:
    """A month."""

    month: int = strawberry.field(description="Counted from 1, the first month of the disruption.")
    value: float | None = strawberry.field(
        description="With every published or assumed number as stated; null when it turns on something nobody publishes."
    )
    low: float = strawberry.field(description="The lower end over all cases.")
    high: float = strawberry.field(description="The upper end over all cases.")
    stated_low: float = strawberry.field(
        description="The lower end with every number as stated: the worst that an unpublished share or installed base can make of it."
    )
    stated_high: float = strawberry.field(
        description="The upper end with every number as stated: the best that an unpublished share or installed base can make of it."
    )

    @classmethod
    def of(cls, record: results.ShockMonth) -> ShockMonth:
        """Wrap a record."""
        return cls(
            month=record.month,
            value=record.value,
            low=record.low,
            high=record.high,
            stated_low=record.stated_low,
            stated_high=record.stated_high,
        )


@strawberry.type(description="How much a ratio of 1 is.")
class ShockAmount:
    """An amount."""

    value: float = strawberry.field(description="The amount.")
    low: float = strawberry.field(description="The lowest that a source says.")
    high: float = strawberry.field(description="The highest that a source says.")
    unit: str = strawberry.field(description="The unit, such as wafer/month.")

    @classmethod
    def of(cls, record: results.ShockAmount) -> ShockAmount:
        """Wrap a record."""
        return cls(value=record.value, low=record.low, high=record.high, unit=record.unit)


@strawberry.type(description="Months in which one input, or the own capacity, set the output.")
class ShockBinding:
    """What binds when."""

    suppliers_slugs: strawberry.Private[tuple[str, ...]]
    first: int = strawberry.field(description="The first of these months.")
    last: int = strawberry.field(description="The last of them.")
    what: str = strawberry.field(description="The group of inputs, or capacity.")

    @resolved("Who of its suppliers delivers less.")
    def suppliers(self, info: Info) -> list[Entity]:
        """Look the entities up."""
        return [entity_by_slug(slug, info) for slug in self.suppliers_slugs]

    @classmethod
    def of(cls, record: results.ShockBinding) -> ShockBinding:
        """Wrap a record."""
        return cls(suppliers_slugs=record.suppliers, first=record.first, last=record.last, what=record.what)


@strawberry.type(description="What happens at one target under one bound.")
class ShockProfile:
    """A profile."""

    record: strawberry.Private[results.ShockProfile]
    bound: SubstitutionBound = strawberry.field(description="How far suppliers of one input replace one another.")
    recovery_month: int | None = strawberry.field(
        description="The first month in which the flow (of a service: the stock) is whole again and stays so; null within the horizon."
    )

    @resolved("What is made or delivered, month by month; empty for a service.")
    def flow(self) -> list[ShockMonth]:
        """Wrap the months."""
        return [ShockMonth.of(item) for item in self.record.flow]

    @resolved("What is installed, or what a service can run on, month by month; empty where nothing is installed.")
    def stock(self) -> list[ShockMonth]:
        """Wrap the months."""
        return [ShockMonth.of(item) for item in self.record.stock]

    @resolved(
        "The month in which the flow is lowest; its ends are the lowest months of the worst and of the best case."
    )
    def worst_flow(self) -> ShockMonth | None:
        """Wrap the month."""
        return None if self.record.worst_flow is None else ShockMonth.of(self.record.worst_flow)

    @resolved(
        "The month in which the stock is lowest; its ends are the lowest months of the worst and of the best case."
    )
    def worst_stock(self) -> ShockMonth | None:
        """Wrap the month."""
        return None if self.record.worst_stock is None else ShockMonth.of(self.record.worst_stock)

    @resolved("Days from the start of the disruption until the flow (of a service: the stock) begins to fall.")
    def days_to_impact(self) -> ShockInterval:
        """Wrap the interval."""
        return ShockInterval.of(self.record.days_to_impact)

    @resolved("Demand that is not met over the horizon, in months of the flow at the base; null for a service.")
    def lost_flow(self) -> ShockInterval | None:
        """Wrap the interval."""
        return None if self.record.lost_flow is None else ShockInterval.of(self.record.lost_flow)

    @resolved("What set the output when; empty where inputs only add up.")
    def binding(self) -> list[ShockBinding]:
        """Wrap the spans."""
        return [ShockBinding.of(item) for item in self.record.binding]

    @classmethod
    def of(cls, record: results.ShockProfile) -> ShockProfile:
        """Wrap a record."""
        return cls(record=record, bound=SubstitutionBound[record.bound.name], recovery_month=record.recovery_month)
