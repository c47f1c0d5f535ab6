"""Scenarios: questions that were kept under a name."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from downstack.engine.changes import Change
from downstack.engine.changes import ChangeOp as Op
from downstack.graph import model
from downstack.graphql import relay
from downstack.graphql.arguments import After, Before, First, Last
from downstack.graphql.context import Info
from downstack.graphql.cursors import Sorted
from downstack.graphql.entities import Entity, entity_by_slug
from downstack.graphql.enums import ChangeOp, Date
from downstack.graphql.fields import resolved
from downstack.graphql.terms import QuantityKind, date_of


@strawberry.type(description="One change of a scenario.")
class ScenarioChange:
    """A change."""

    record: strawberry.Private[model.ScenarioChange]
    op: ChangeOp = strawberry.field(description="How the value is meant.")
    value: float = strawberry.field(description="The factor, percentage, or amount in `unit`.")
    unit: str | None = strawberry.field(description="The unit of ADD and SET.")
    text: str = strawberry.field(description="The change as `downstack impact` takes it.")

    @resolved("The entity whose quantity changes.")
    def entity(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.entity, info)

    @resolved("The quantity that changes.")
    def quantity(self, info: Info) -> QuantityKind:
        """Look the quantity up."""
        return QuantityKind.of(info.context.kg.quantities[self.record.quantity])

    @classmethod
    def of(cls, record: model.ScenarioChange) -> ScenarioChange:
        """Wrap a record."""
        change = Change(record.entity, record.quantity, Op[record.operation], record.amount, record.unit)
        reference = f"{record.entity}.{record.quantity}"
        return cls(
            record=record,
            op=ChangeOp[record.operation],
            value=record.amount,
            unit=record.unit,
            text=f"{reference}={change.text.removeprefix(reference).strip()}",
        )


@strawberry.type(description="Which combinations a scenario looks at.")
class ScenarioFilter:
    """A filter."""

    role: str = strawberry.field(description="The role that is narrowed (model, offering...), or layer.")
    admits: list[strawberry.ID] = strawberry.field(description="The slugs that are admitted, or names of layers.")


@strawberry.type(description="A question that was kept under a name; its answer is computed anew each time.")
class Scenario:
    """A scenario."""

    record: strawberry.Private[model.Scenario]
    id: strawberry.ID = strawberry.field(description="The slug of its name.")
    iri: strawberry.ID = strawberry.field(description="Its IRI.")
    name: str = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="What it is about.")
    where: list[ScenarioFilter] = strawberry.field(description="Which combinations it looks at; none for all.")
    as_of: Date | None = strawberry.field(description="The date that facts are chosen for; null for the newest.")

    @resolved("What changes.")
    def changes(self) -> list[ScenarioChange]:
        """List the changes."""
        return [ScenarioChange.of(item) for item in self.record.changes]

    @resolved("The quantities that are asked for; none for all that the changes reach.")
    def targets(self, info: Info) -> list[QuantityKind]:
        """List the targets."""
        return [QuantityKind.of(info.context.kg.quantities[name]) for name in self.record.targets]

    @classmethod
    def of(cls, record: model.Scenario) -> Scenario:
        """Wrap a record."""
        return cls(
            record=record,
            id=strawberry.ID(record.id),
            iri=strawberry.ID(record.iri),
            name=record.name,
            description=record.description,
            where=[
                ScenarioFilter(role=role, admits=[strawberry.ID(item) for item in admitted])
                for role, admitted in record.where
            ],
            as_of=date_of(record.as_of),
        )


def _key(scenario: model.Scenario) -> tuple[str, str]:
    return scenario.name.casefold(), scenario.id


_PLACES: Sorted[model.Scenario] = Sorted(_key)


@strawberry.type
class Scenarios:
    """The root fields about scenarios."""

    @resolved("Questions that were kept under a name, by name, page by page.")
    def scenarios(
        self, info: Info, first: First = 20, after: After = UNSET, last: Last = UNSET, before: Before = UNSET
    ) -> relay.Connection[Scenario]:
        """List scenarios."""
        page = relay.page_of(info, first, after, last, before)
        return relay.paginate(
            sorted(info.context.kg.scenarios, key=_key),
            Scenario.of,
            places=_PLACES,
            scope=relay.scope_of("scenarios"),
            signer=info.context.signer,
            page=page,
        )
