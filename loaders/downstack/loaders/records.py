"""The plain records between a source's own words and Turtle.

They hold what the graph's cited nodes hold, before any conversion: a value in the unit of the source, its exact
literal, its date, its condition, and the slug of the source.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """Where facts were read: a title and an honest locator."""

    slug: str
    title: str
    reference: str
    """An http(s) URL, ``owner/repository@commit``, or a ``urn:``."""
    licence: str | None = None
    retrieved: str | None = None


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """A thing of the industry; the first class is the main one, the others refine it."""

    slug: str
    label: str
    classes: tuple[str, ...]
    layer: int | None
    aliases: tuple[str, ...] = ()
    description: str | None = None
    file: str | None = None
    """The file that describes it, when a store has it."""


@dataclass(frozen=True, slots=True)
class FactRecord:
    """One value of one quantity of one entity, as one source gives it."""

    subject: str
    quantity: str
    """The snake_case identifier of the quantity kind."""
    literal: str
    value: float
    unit: str
    confidence: str
    source: str
    low: float | None = None
    high: float | None = None
    condition: str | None = None
    as_of: str | None = None
    valid_until: str | None = None
    note: str | None = None
    locator: str | None = None

    @property
    def key(self) -> str:
        """The local name of the fact: readable, and different for every different statement."""
        return f"{self.subject}.{self.quantity}.{_digest(self.literal, self.unit, self.condition, self.as_of, self.source)}"


@dataclass(frozen=True, slots=True)
class PropertyRecord:
    """One date, word or yes or no of one entity, as one source states it."""

    subject: str
    kind: str
    """The snake_case identifier of the property kind."""
    stated: str
    confidence: str
    source: str
    as_of: str | None = None
    note: str | None = None
    locator: str | None = None

    @property
    def key(self) -> str:
        """The local name: readable, and different for every different statement."""
        return f"{self.subject}.{self.kind}.{_digest(self.stated, self.as_of, self.locator, self.source)}"


@dataclass(frozen=True, slots=True)
class RelationRecord:
    """A typed link between two entities, dated and cited."""

    subject: str
    predicate: str
    object: str
    source: str
    as_of: str | None = None
    note: str | None = None

    @property
    def key(self) -> str:
        """The local name of the relation."""
        return f"{self.subject}.{self.predicate}.{self.object}.{_digest(self.as_of, self.source)}"


@dataclass(frozen=True, slots=True)
class InfluenceRecord:
    """A cross-layer influence: a sign and a mechanism; the published effect stays text."""

    slug: str
    source_entity: str
    target_entity: str
    sign: str
    strength: str
    confidence: str
    direction: str
    mechanism: str
    source: str
    quantity_affected: str | None = None
    changed_kind: str | None = None
    affected_kind: str | None = None
    published_effect: str | None = None
    locator: str | None = None


@dataclass(frozen=True, slots=True)
class EffectRecord:
    """What a source says that an influence amounts to, typed so that a formula can be compared with it."""

    influence: str
    form: str
    """ratio, value or at most."""
    low: float
    high: float
    unit: str
    condition: str
    baseline: str | None = None
    changed_kind: str | None = None
    affected_kind: str | None = None
    base_case: str | None = None
    changed_case: str | None = None
    not_computed: str | None = None
    """Why no formula is compared with it."""


SOURCE_IRI = "https://w3id.org/downstack/source/"


def _digest(*parts: str | None) -> str:
    """Eight hexadecimal digits over the parts; the last part is the slug of the source."""
    *rest, source = parts
    text = "|".join([*(part or "" for part in rest), f"{SOURCE_IRI}{source}"])
    return hashlib.sha256(text.encode()).hexdigest()[:8]
