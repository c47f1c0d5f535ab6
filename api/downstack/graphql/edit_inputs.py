"""What changes of the store are asked with."""

from __future__ import annotations

import math

import strawberry
from strawberry import UNSET

from downstack.editing import NewFact, NewSource
from downstack.errors import UserInputError
from downstack.graphql.enums import Confidence, Date
from downstack.graphql.inputs import InputFields
from downstack.kg import KnowledgeGraph

MAX_TEXT = 2_000
"""Characters of a note, a reason, a condition."""


@strawberry.input(description="Where something was read: a source that the graph knows, or a new one.")
class SourceInput(InputFields):
    """A source."""

    id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The IRI or the CURIE (src:...) of a source that the graph knows."
    )
    title: str | None = strawberry.field(default=UNSET, description="The title of a new one.")
    reference: str | None = strawberry.field(
        default=UNSET, description="Where it can be read: https://..., owner/repository@commit, or urn:..."
    )
    licence: str | None = strawberry.field(default=UNSET, description="The licence, where it is stated.")
    retrieved: Date | None = strawberry.field(default=UNSET, description="When it was read.")

    def source(self) -> str | NewSource:
        """Return the source as a store takes it."""
        if self.id is not None:
            return str(self.id)
        if not self.title or not self.reference:
            raise UserInputError(
                "the source is not named", field="source", hint="give its id, or its title and reference"
            )
        title, reference = bounded(self.title, "source.title", 300), bounded(self.reference, "source.reference", 500)
        return NewSource(title, reference, optional(self.licence, "source.licence"), self.retrieved)


@strawberry.input(description="One value of one quantity of one entity, as one source states it.")
class FactInput(InputFields):
    """A fact."""

    entity: strawberry.ID = strawberry.field(description="Slug, IRI, CURIE or unambiguous alias of the entity.")
    quantity: strawberry.ID = strawberry.field(description="Identifier, IRI or CURIE of the quantity.")
    value: float = strawberry.field(description="The value, in `unit`.")
    unit: str = strawberry.field(description="The unit of the source, such as GB/s; 1 for a pure number.")
    confidence: Confidence = strawberry.field(description="What kind of statement it rests on.")
    source: SourceInput = strawberry.field(description="Where it was read.")
    literal: str | None = strawberry.field(
        default=UNSET, description="The value exactly as the source prints it; the number as written here unless given."
    )
    low: float | None = strawberry.field(default=UNSET, description="The lower end that the source gives, in `unit`.")
    high: float | None = strawberry.field(default=UNSET, description="The upper end that the source gives, in `unit`.")
    condition: str | None = strawberry.field(default=UNSET, description="Under which conditions it holds.")
    as_of: Date | None = strawberry.field(default=UNSET, description="The date it was stated for.")
    valid_until: Date | None = strawberry.field(default=UNSET, description="The last date on which it held.")
    locator: str | None = strawberry.field(default=UNSET, description="The place within the source.")
    note: str | None = strawberry.field(default=UNSET, description="What a reader must know beside the value.")
    supersedes: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The fact that it corrects; that one stays, and says so."
    )

    def fact(self, kg: KnowledgeGraph, supersedes: str | None) -> NewFact:
        """Return the fact as a store takes it, its names resolved."""
        for name, number in (("value", self.value), ("low", self.low), ("high", self.high)):
            if number is not None and not math.isfinite(number):
                raise UserInputError(f"{name} is {number}", field=f"input.{name}", hint="give a finite number")
        return NewFact(
            entity=kg.resolve(self.entity, field="input.entity").id,
            quantity=kg.quantity(self.quantity, field="input.quantity").id,
            literal=optional(self.literal, "input.literal", 100) or f"{self.value:.15g}",
            value=self.value,
            unit=bounded(self.unit, "input.unit", 60),
            confidence=self.confidence.value,
            source=self.source.source(),
            low=self.low,
            high=self.high,
            condition=optional(self.condition, "input.condition"),
            as_of=self.as_of,
            valid_until=self.valid_until,
            note=optional(self.note, "input.note"),
            locator=optional(self.locator, "input.locator", 300),
            supersedes=supersedes,
        )


def bounded(text: str, field: str, most: int = MAX_TEXT) -> str:
    """Return a text that says something and can be stored: not empty, not endless, without control characters."""
    said = text.strip()
    if not said or len(said) > most or any(char < " " and char not in "\n\t" for char in said):
        raise UserInputError(
            f"{field} is empty, or longer than {most} characters, or holds characters that cannot be seen",
            field=field,
            hint="write it in a sentence",
        )
    return said


def optional(text: str | None, field: str, most: int = MAX_TEXT) -> str | None:
    """Return a text as :func:`bounded` does, or None where there is none."""
    return None if text is None else bounded(text, field, most)
