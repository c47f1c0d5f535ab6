"""What diff answers: what two releases of the served store state differently."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.graphql import relay
from downstack.graphql.arguments import After, Before, First, Last
from downstack.graphql.combinations import off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.cursors import Sorted
from downstack.graphql.fields import member, resolved
from downstack.graphql.inputs import given


@strawberry.enum(description="What differs.")
class DifferenceKind(Enum):
    """What differs."""

    ENTITY = member("entity", description="What an entity is: its name, classes, layer, description.")
    FACT = member("fact", description="A cited value.")
    RELATION = member("relation", description="A cited relation between two entities.")
    INFLUENCE = member("influence", description="A qualitative influence.")


@strawberry.enum(description="How it differs.")
class DifferenceChange(Enum):
    """How it differs."""

    ADDED = member("added", description="Only the newer release has it.")
    REMOVED = member("removed", description="Only the older release has it.")
    CHANGED = member("changed", description="Both have it and state it differently.")
    SUPERSEDED = member("superseded", description="The newer release keeps the fact and says which one corrects it.")


@strawberry.type(description="One thing that two releases do not state alike.")
class Difference:
    """A difference."""

    kind: DifferenceKind = strawberry.field(description="What differs.")
    change: DifferenceChange = strawberry.field(description="How it differs.")
    name: str = strawberry.field(
        description="ENTITY, ENTITY.QUANTITY, SUBJECT predicate OBJECT, or SOURCE -> TARGET, with slugs."
    )
    iri: strawberry.ID = strawberry.field(description="The IRI of what differs.")
    before: str | None = strawberry.field(description="What the older release says; null where it says nothing.")
    after: str | None = strawberry.field(description="What the newer release says; null where it says nothing.")
    source_before: str | None = strawberry.field(description="Where the older release has it from.")
    source_after: str | None = strawberry.field(description="Where the newer release has it from.")
    superseded_by: strawberry.ID | None = strawberry.field(description="The IRI of the fact that corrects it.")

    @classmethod
    def of(cls, record: results.Difference) -> Difference:
        """Wrap a record."""
        corrected = record.superseded_by
        return cls(
            kind=DifferenceKind(record.kind),
            change=DifferenceChange(record.change),
            name=record.name,
            iri=strawberry.ID(record.iri),
            before=record.before,
            after=record.after,
            source_before=record.source_before,
            source_after=record.source_after,
            superseded_by=None if corrected is None else strawberry.ID(corrected),
        )


_KINDS = {kind.value: place for place, kind in enumerate(DifferenceKind)}
_PLACES: Sorted[results.Difference] = Sorted(lambda item: (_KINDS[item.kind], item.name, item.iri))


@strawberry.type(description="What a newer release states that an older one does not, and the other way round.")
class DiffReport:
    """An answer."""

    record: strawberry.Private[results.DiffReport]
    before: str = strawberry.field(description="The graph version of the older release.")
    after: str = strawberry.field(description="The graph version of the newer release.")
    added: int = strawberry.field(description="How many things only the newer release has.")
    removed: int = strawberry.field(description="How many things only the older release has.")
    changed: int = strawberry.field(description="How many things both have and state differently, corrected ones too.")

    @resolved("Entities first, then facts, relations and influences, each by name; page by page.")
    def differences(
        self,
        info: Info,
        kind: Annotated[
            list[DifferenceKind] | None, strawberry.argument(description="Only such things; all unless given.")
        ] = UNSET,
        change: Annotated[
            list[DifferenceChange] | None, strawberry.argument(description="Only what differs so; all unless given.")
        ] = UNSET,
        first: First = 20,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> relay.Connection[Difference]:
        """Cut a page out of the differences."""
        page = relay.page_of(info, first, after, last, before)
        kinds = None if given(kind) is None else sorted({item.value for item in kind or ()})
        changes = None if given(change) is None else sorted({item.value for item in change or ()})
        found = [
            item
            for item in self.record.differences
            if (kinds is None or item.kind in kinds) and (changes is None or item.change in changes)
        ]
        return relay.paginate(
            found,
            Difference.of,
            places=_PLACES,
            # What differs between two versions never changes, so the two are what the list is a list of.
            scope=relay.scope_of("differences", self.before, self.after, kinds, changes),
            signer=info.context.signer,
            page=page,
        )

    @classmethod
    def of(cls, record: results.DiffReport) -> DiffReport:
        """Wrap a record."""
        return cls(
            record=record,
            before=record.before,
            after=record.after,
            added=record.added,
            removed=record.removed,
            changed=record.changed,
        )


@strawberry.type(description="Questions about releases.")
class Releases:
    """A part of the root of all questions."""

    @resolved("What two releases of the served store state differently; the bundled knowledge has no releases.")
    async def diff(
        self,
        info: Info,
        from_: Annotated[
            strawberry.ID,
            strawberry.argument(name="from", description="The older release: the beginning of its hash, or a date."),
        ],
        to: Annotated[
            strawberry.ID | None, strawberry.argument(description="The newer one; the one that answers unless given.")
        ] = UNSET,
    ) -> DiffReport:
        """Compare two releases."""
        kg = info.context.kg
        return DiffReport.of(await off_the_loop(lambda: kg.diff_releases(from_, given(to))))
