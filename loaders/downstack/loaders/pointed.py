"""What others still point to stays, when the file that described it describes it no longer.

A source that is loaded again, or its next release, may have no more to say of a thing, or may have learnt that it is
another one; what was loaded from elsewhere meanwhile may point to it. Then its class, its label and its layer stay in the
file, with a line that says why, until nothing points there any more and the file is loaded again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from downstack.graph.documents import Document, Pool, parse_document
from downstack.graph.exports.rdf import turtle_text
from downstack.vocabulary import DS, DSO, RDF, RDFS

LOADED = "facts/loaded/"
"""Where loaders write; what people write by hand says itself what it leaves out."""
KEPT = frozenset({f"{RDF}type", f"{RDFS}label", f"{DSO}inLayer"})
"""What stays of a thing: what it is and what it is called. No number and no relation."""


@dataclass(frozen=True, slots=True)
class _Dropped:
    """Things that a file described and describes no longer."""

    old: Document
    things: frozenset[str]


def keep_pointed(fresh: Iterable[Document], held: Mapping[str, Document], pool: Pool) -> list[Document]:
    """Return new documents with what they leave out and others point to.

    Parameters
    ----------
    fresh
        The documents that take the place of those of the same path.
    held
        All documents that the store has, by path.
    pool
        The names that are known.
    """
    fresh = list(fresh)
    dropped = {item.path: found for item in fresh if (found := _dropped(item, held.get(item.path))) is not None}
    if not dropped:
        return fresh
    together = {**held, **{item.path: item for item in fresh}}
    pointed = _pointed(frozenset().union(*(item.things for item in dropped.values())), together.values())
    kept: list[Document] = []
    for item in fresh:
        before = dropped.get(item.path)
        stay = frozenset[str]() if before is None else before.things & pointed
        # Of two files that both described it, one keeps it.
        pointed -= stay
        kept.append(item if before is None or not stay else _with(item, before.old, stay, pool))
    return kept


def _dropped(new: Document, old: Document | None) -> _Dropped | None:
    if old is None or not new.path.startswith(LOADED):
        return None
    things = frozenset(name for name in old.nodes if name.startswith(DS) and name not in new.nodes)
    return _Dropped(old, things) if things else None


def _pointed(things: frozenset[str], documents: Collection[Document]) -> frozenset[str]:
    """Which of some things are pointed to and not described."""
    wanted = things.difference(*(things & item.nodes.keys() for item in documents))
    return frozenset(
        value
        for item in documents
        for node in item.nodes.values()
        for values in node.values()
        for value in values
        if isinstance(value, str) and value in wanted
    )


def _with(new: Document, old: Document, things: frozenset[str], pool: Pool) -> Document:
    triples = sorted(
        (
            triple
            for triple in old.triples
            if isinstance(triple.subject, ox.NamedNode)
            and triple.subject.value in things
            and triple.predicate.value in KEPT
        ),
        key=str,
    )
    text = f"{new.text.rstrip()}\n\n# Described no longer, and still pointed to.\n{turtle_text(triples)}"
    return parse_document(new.path, text, pool)
