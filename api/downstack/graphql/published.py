"""What publishedEffects answers: sizes that sources give for influences, beside the same computed."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.graphql import relay
from downstack.graphql.arguments import After, Before, First, Last
from downstack.graphql.combinations import off_the_loop
from downstack.graphql.context import Info, short_id
from downstack.graphql.cursors import Sorted
from downstack.graphql.fields import member, resolved
from downstack.graphql.inputs import InputFields, given
from downstack.graphql.terms import Influence, QuantityKind, Source, finite


@strawberry.enum(description="How a published effect is stated.")
class EffectForm(Enum):
    """The form of a published effect."""

    RATIO = member("ratio", description="As a multiple of the baseline.")
    VALUE = member("value", description="As a value with a unit.")
    AT_MOST = member("at most", description="As a bound: the source says up to.")


@strawberry.type(
    description=(
        "What a source says that an influence amounts to, beside the same computed where formulas can. A check of the "
        "formulas: no answer reads it."
    )
)
class PublishedEffect:
    """A published effect."""

    record: strawberry.Private[results.EffectCheck]
    iri: strawberry.ID = strawberry.field(description="The IRI of the effect.")
    form: EffectForm = strawberry.field(description="How it is stated.")
    low: float = strawberry.field(description="The lower end of what the source gives, in `unit`.")
    high: float = strawberry.field(description="The upper end, in `unit`; equal to `low` for a single number.")
    unit: str = strawberry.field(description="The unit of low, high and computed; 1 for a ratio.")
    condition: str = strawberry.field(description="Under which conditions the source says so.")
    baseline: str | None = strawberry.field(description="What it is compared with, in words.")
    computed: float | None = strawberry.field(description="What formulas give, in `unit`; null where none can.")
    reason: str | None = strawberry.field(description="Why nothing was computed.")
    gap: float | None = strawberry.field(
        description="How far the computed number lies outside the published range, relative to its nearer end; 0 inside."
    )

    @resolved("The influence that it is an effect of.")
    def influence(self) -> Influence:
        """Wrap the influence."""
        return Influence.of(self.record.influence)

    @resolved("The quantity that is changed; null where the vocabulary has none.")
    def changed_kind(self, info: Info) -> QuantityKind | None:
        """Look the quantity up."""
        return _kind(self.record.effect.changed_kind, info)

    @resolved("The quantity that it is an effect on; null where the vocabulary has none.")
    def affected_kind(self, info: Info) -> QuantityKind | None:
        """Look the quantity up."""
        return _kind(self.record.effect.affected_kind, info)

    @resolved("Where it was read.")
    def source(self) -> Source:
        """Wrap the source."""
        return Source.of(self.record.effect.source)

    @classmethod
    def of(cls, record: results.EffectCheck) -> PublishedEffect:
        """Wrap a record."""
        effect = record.effect
        return cls(
            record=record,
            iri=strawberry.ID(effect.iri),
            form=EffectForm(effect.form),
            low=effect.low,
            high=effect.high,
            unit=effect.unit,
            condition=effect.condition,
            baseline=effect.baseline,
            computed=finite(record.computed),
            reason=record.reason,
            gap=finite(record.gap),
        )


def _kind(name: str | None, info: Info) -> QuantityKind | None:
    return None if name is None else QuantityKind.of(info.context.kg.quantities[name])


@strawberry.input(description="Which published effects to list; all conditions hold together.")
class PublishedEffectFilter(InputFields):
    """A filter on published effects."""

    entity: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Of influences that start or end at this entity."
    )
    influence: strawberry.ID | None = strawberry.field(default=UNSET, description="Of this influence (inf:... or IRI).")
    quantity: strawberry.ID | None = strawberry.field(
        default=UNSET, description="That change or affect this quantity (identifier, IRI or CURIE)."
    )
    computed: bool | None = strawberry.field(
        default=UNSET, description="True: only those that formulas are compared with; false: only the others."
    )


_PLACES: Sorted[results.EffectCheck] = Sorted(lambda item: (item.effect.iri,))


@strawberry.type(description="Questions about what was published.")
class PublishedEffects:
    """A part of the root of all questions."""

    @resolved("What sources say that influences amount to, beside the same computed; page by page.")
    async def published_effects(
        self,
        info: Info,
        filter: Annotated[PublishedEffectFilter | None, strawberry.argument(description="Which ones.")] = UNSET,
        first: First = 20,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> relay.Connection[PublishedEffect]:
        """List published effects."""
        page = relay.page_of(info, first, after, last, before)
        wanted = given(filter) or PublishedEffectFilter()
        kg = info.context.kg
        entity = None if wanted.entity is None else kg.resolve(wanted.entity, field="filter.entity").id
        quantity = None if wanted.quantity is None else kg.quantity(wanted.quantity, field="filter.quantity").id
        found = [
            item
            for item in await off_the_loop(kg.published_effects)
            if (entity is None or entity in (item.influence.source_entity, item.influence.target_entity))
            and (wanted.influence is None or wanted.influence in (item.influence.iri, short_id(item.influence.iri)))
            and (quantity is None or quantity in (item.effect.changed_kind, item.effect.affected_kind))
            and (wanted.computed is None or wanted.computed is (item.computed is not None))
        ]
        return relay.paginate(
            found,
            PublishedEffect.of,
            places=_PLACES,
            scope=relay.scope_of("publishedEffects", entity, wanted.influence, quantity, wanted.computed),
            signer=info.context.signer,
            page=page,
        )
