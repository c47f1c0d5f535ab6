"""Facts whose errors go together."""

from __future__ import annotations

import strawberry

from downstack.graph import model
from downstack.graphql.enums import Confidence
from downstack.graphql.terms import Source


@strawberry.type(description="How strongly two facts of a group go together.")
class PairCorrelation:
    """The correlation of a pair."""

    first: strawberry.ID = strawberry.field(description="The IRI of one fact.")
    second: strawberry.ID = strawberry.field(description="The IRI of the other.")
    correlation: float = strawberry.field(description="Of their normal scores, -1 to 1.")


@strawberry.type(description="Facts whose errors go together, because one source or one fit gave them.")
class CorrelationGroup:
    """A correlation group."""

    iri: strawberry.ID = strawberry.field(description="The IRI of the group.")
    label: str = strawberry.field(description="What its facts have in common.")
    facts: list[strawberry.ID] = strawberry.field(description="The IRIs of its facts.")
    is_known: bool = strawberry.field(
        description="False where nobody says how strong the correlation is: bands then also have their widest ends."
    )
    correlation: float | None = strawberry.field(description="Of every pair; null where each has its own.")
    pairs: list[PairCorrelation] = strawberry.field(description="The correlation of each pair, where they differ.")
    confidence: Confidence = strawberry.field(description="What kind of statement the correlation rests on.")
    source: Source = strawberry.field(description="Where it was read.")
    note: str | None = strawberry.field(description="A remark of the curator.")

    @classmethod
    def of(cls, record: model.CorrelationGroup) -> CorrelationGroup:
        """Wrap a record."""
        return cls(
            iri=strawberry.ID(record.iri),
            label=record.label,
            facts=[strawberry.ID(iri) for iri in record.facts],
            is_known=record.is_known,
            correlation=record.correlation,
            pairs=[
                PairCorrelation(first=strawberry.ID(first), second=strawberry.ID(second), correlation=value)
                for first, second, value in record.pairs
            ],
            confidence=Confidence(record.confidence),
            source=Source.of(record.source),
            note=record.note,
        )
