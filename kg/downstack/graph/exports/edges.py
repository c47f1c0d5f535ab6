"""Relations and influences as the edges of one drawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from downstack.graph.exports.cut import Cut
from downstack.graph.exports.tables import SIGNS


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge: a relation (``kind`` is ``relation``) or an influence."""

    iri: str
    source: str
    target: str
    kind: str
    label: str
    as_of: str | None
    cited: str


def edges(part: Cut) -> Iterator[Edge]:
    """Yield relations, then influences, each in the order of its ends."""
    for link in sorted(part.relations, key=lambda item: (item.subject, item.object, item.predicate, item.iri)):
        yield Edge(link.iri, link.subject, link.object, "relation", link.predicate, link.as_of, link.source.title)
    for item in sorted(part.influences, key=lambda item: (item.source_entity, item.target_entity, item.iri)):
        affected = item.quantity_affected or ""
        label = f"{SIGNS[item.sign]} {affected}".strip()
        yield Edge(item.iri, item.source_entity, item.target_entity, "influence", label, None, item.source.title)


def drawn(part: Cut) -> tuple[Edge, ...]:
    """Return the edges that a drawing shows: what several sources say of one link is one line."""
    seen: dict[tuple[str, str, str, str], Edge] = {}
    for edge in edges(part):
        seen.setdefault((edge.source, edge.target, edge.kind, edge.label), edge)
    return tuple(seen.values())
