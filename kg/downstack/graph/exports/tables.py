"""The graph as tables: a row for each thing, a column for each property, the same in every format.

Numbers are in the display unit of their quantity, which stands beside them; the literal and the unit are those of the source.
What is not known is empty, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from downstack.graph.display import in_unit
from downstack.graph.exports.cut import Cut
from downstack.graph.model import Entity, Fact, Influence, QuantityKind, Relation, Source

SIGNS = {"+": "raises", "-": "lowers", "?": "unclear", "0": "none"}
"""A sign in words: a lone plus or minus is a formula to a spreadsheet."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name and what it holds."""

    name: str
    kind: str
    """``text``, ``number``, ``whole`` or ``texts``."""
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns, and its rows as the records that they are read from."""

    name: str
    columns: tuple[Column, ...]
    records: tuple[Any, ...]

    def values(self, column: Column) -> list[Any]:
        """Return one column."""
        return [column.read(record) for record in self.records]


def _text(name: str, read: Callable[[Any], str | None]) -> Column:
    return Column(name, "text", read)


_ENTITIES = (
    _text("id", lambda item: item.id),
    _text("iri", lambda item: item.iri),
    _text("type", lambda item: item.type),
    Column("classes", "texts", lambda item: sorted(item.classes)),
    _text("label", lambda item: item.label),
    Column("aliases", "texts", lambda item: list(item.aliases)),
    Column("layer", "whole", lambda item: item.layer),
    _text("description", lambda item: item.description),
)
_RELATIONS = (
    _text("iri", lambda item: item.iri),
    _text("subject", lambda item: item.subject),
    _text("predicate", lambda item: item.predicate),
    _text("object", lambda item: item.object),
    _text("as_of", lambda item: item.as_of),
    _text("source", lambda item: item.source.iri),
    _text("source_title", lambda item: item.source.title),
    _text("note", lambda item: item.note),
)
_INFLUENCES = (
    _text("iri", lambda item: item.iri),
    _text("source_entity", lambda item: item.source_entity),
    _text("target_entity", lambda item: item.target_entity),
    _text("sign", lambda item: SIGNS[item.sign]),
    _text("strength", lambda item: item.strength),
    _text("confidence", lambda item: item.confidence),
    _text("direction", lambda item: item.direction),
    _text("mechanism", lambda item: item.mechanism),
    _text("quantity_affected", lambda item: item.quantity_affected),
    _text("changed_kind", lambda item: item.changed_kind),
    _text("affected_kind", lambda item: item.affected_kind),
    _text("published_effect", lambda item: item.published_effect),
    _text("source", lambda item: item.source.iri),
    _text("source_title", lambda item: item.source.title),
    _text("locator", lambda item: item.locator),
)
_SOURCES = (
    _text("iri", lambda item: item.iri),
    _text("title", lambda item: item.title),
    _text("locator", lambda item: item.locator),
    _text("licence", lambda item: item.licence),
    _text("retrieved", lambda item: item.retrieved),
)
_QUANTITIES = (
    _text("id", lambda item: item.id),
    _text("iri", lambda item: item.iri),
    _text("label", lambda item: item.label),
    _text("definition", lambda item: item.definition),
    _text("display_unit", lambda item: item.display_unit),
    _text("base_unit", lambda item: item.unit),
    _text("subject_class", lambda item: item.subject_class),
    Column("layer", "whole", lambda item: item.layer),
)


def _facts(quantities: Mapping[str, QuantityKind]) -> tuple[Column, ...]:
    def number(name: str, read: Callable[[Fact], float | None]) -> Column:
        def shown(fact: Fact) -> float | None:
            value = read(fact)
            return None if value is None else in_unit(quantities[fact.quantity], value)

        return Column(name, "number", shown)

    return (
        _text("iri", lambda item: item.iri),
        _text("entity", lambda item: item.entity),
        _text("quantity", lambda item: item.quantity),
        number("value", lambda item: item.value),
        number("low", lambda item: item.low),
        number("high", lambda item: item.high),
        _text("display_unit", lambda item: quantities[item.quantity].display_unit),
        _text("literal", lambda item: item.literal),
        _text("unit", lambda item: item.unit),
        _text("condition", lambda item: item.condition),
        _text("as_of", lambda item: item.as_of),
        _text("valid_until", lambda item: item.valid_until),
        _text("confidence", lambda item: item.confidence),
        _text("distribution", lambda item: item.distribution),
        _text("superseded_by", lambda item: item.superseded_by),
        _text("retracted_on", lambda item: item.retracted_on),
        _text("source", lambda item: item.source.iri),
        _text("source_title", lambda item: item.source.title),
        _text("locator", lambda item: item.locator),
        _text("note", lambda item: item.note),
    )


NAMES = ("entities", "facts", "relations", "influences", "sources", "quantities")


def tables(part: Cut, names: Iterable[str] = NAMES) -> tuple[Table, ...]:
    """Return some tables of a part of the graph, in the order of :data:`NAMES`."""
    wanted = frozenset(names)
    return tuple(_table(part, name) for name in NAMES if name in wanted)


def _table(part: Cut, name: str) -> Table:
    held = part.knowledge
    if name == "entities":
        entities: tuple[Entity, ...] = part.entities
        return Table(name, _ENTITIES, entities)
    if name == "facts":
        return Table(name, _facts(held.quantities), part.facts)
    if name == "relations":
        relations: tuple[Relation, ...] = part.relations
        return Table(name, _RELATIONS, relations)
    if name == "influences":
        influences: tuple[Influence, ...] = part.influences
        return Table(name, _INFLUENCES, influences)
    if name == "sources":
        cited = {item.source.iri for group in (part.facts, part.relations, part.influences) for item in group}
        sources: tuple[Source, ...] = tuple(
            item for iri, item in sorted(held.sources.items()) if part.whole or iri in cited
        )
        return Table(name, _SOURCES, sources)
    stated = {fact.quantity for fact in part.facts}
    kinds = tuple(item for _, item in sorted(held.quantities.items()) if part.whole or item.id in stated)
    return Table(name, _QUANTITIES, kinds)
