"""Dates, words and answers of yes or no that sources state of an entity; numbers are facts."""

from __future__ import annotations

import strawberry

from downstack.graph import model
from downstack.graphql.enums import Confidence, Date
from downstack.graphql.terms import Source, date_of


@strawberry.type(description="One date, word or yes or no of one entity, as one source states it; no formula reads it.")
class StatedProperty:
    """A stated property."""

    iri: strawberry.ID = strawberry.field(description="The IRI of the statement.")
    kind: str = strawberry.field(description="What it says, as an identifier: `release_date`, `open_weights`...")
    label: str = strawberry.field(description="What it says, for people.")
    value_type: str = strawberry.field(description="`date`, `text` or `boolean`.")
    value: str = strawberry.field(description="The date in ISO form, `true` or `false`, or the words of the source.")
    as_of: Date | None = strawberry.field(description="The date it was stated for.")
    confidence: Confidence = strawberry.field(description="What kind of statement it rests on.")
    source: Source = strawberry.field(description="Where it was read.")
    locator: str | None = strawberry.field(description="The place within the source.")
    note: str | None = strawberry.field(description="A remark of the source or of the curator.")

    @classmethod
    def of(cls, record: model.StatedProperty) -> StatedProperty:
        """Wrap a record."""
        return cls(
            iri=strawberry.ID(record.iri),
            kind=record.kind,
            label=record.label,
            value_type=record.value_type,
            value=record.value,
            as_of=date_of(record.as_of),
            confidence=Confidence(record.confidence),
            source=Source.of(record.source),
            locator=record.locator,
            note=record.note,
        )
