"""Turtle, N-Triples and JSON-LD: the triples that were loaded, each once, whatever wrote them.

The JSON-LD has its context inside (it ships with the vocabulary, and is generated from it), so that no reader fetches
anything. Literals keep their spelling: ``4800.0e0`` comes back as ``4800.0e0``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

import pyoxigraph as ox

from downstack.graph.exports.context import Coercions, coercions, context
from downstack.graph.exports.cut import Cut
from downstack.graph.model import Fact, Influence, Relation
from downstack.graph.validation import Document
from downstack.vocabulary import DS, PREFIXES, RDF, XSD, shorten

TYPE = RDF + "type"


def triples_of(documents: Sequence[Document], part: Cut) -> list[ox.Triple]:
    """Return the triples of some documents, each once and in their order.

    Nodes without a name are numbered in the order of their first use. Of a part of the graph, what is said of its entities,
    facts, relations, influences and sources is kept, and links that lead out of it are not.
    """
    kept = None if part.whole else _subjects(part)
    entities = {item.iri for item in part.entities}
    blanks: dict[tuple[int, str], ox.BlankNode] = {}

    def named(term: Any, home: int) -> Any:
        if not isinstance(term, ox.BlankNode):
            return term
        return blanks.setdefault((home, term.value), ox.BlankNode(f"b{len(blanks) + 1}"))

    found: dict[ox.Triple, None] = {}
    for home, document in enumerate(documents):
        for quad in document.triples:
            if kept is not None:
                if not isinstance(quad.subject, ox.NamedNode) or quad.subject.value not in kept:
                    continue
                target = quad.object.value if isinstance(quad.object, ox.NamedNode) else ""
                if target.startswith(DS) and target not in entities:
                    continue
            found[ox.Triple(named(quad.subject, home), quad.predicate, named(quad.object, home))] = None
    return list(found)


def _subjects(part: Cut) -> frozenset[str]:
    statements: tuple[Fact | Relation | Influence, ...] = (*part.facts, *part.relations, *part.influences)
    return frozenset(
        (
            *(item.iri for item in part.entities),
            *(item.iri for item in statements),
            *(item.source.iri for item in statements),
        )
    )


def turtle_text(triples: Iterable[ox.Triple]) -> str:
    """Return triples as Turtle with the usual prefixes."""
    content = (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b"").decode("utf-8")
    # The serializer prints prefixes in an order that changes from run to run.
    head = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
    lines = content.splitlines(keepends=True)
    return head + "\n" + "".join(lines[sum(1 for _ in takewhile(_is_prefix, lines)) :])


def _is_prefix(line: str) -> bool:
    return line.startswith("@prefix ")


def ntriples_text(triples: Iterable[ox.Triple]) -> str:
    """Return triples as canonical N-Triples, sorted, so that two versions can be compared line by line."""
    content = (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode("utf-8")
    return "".join(sorted(content.splitlines(keepends=True)))


def jsonld_text(triples: Iterable[ox.Triple]) -> str:
    """Return triples as JSON-LD 1.1 with the context of the vocabulary inside."""
    terms = coercions()
    nodes: dict[str, dict[str, Any]] = {}
    for triple in triples:
        subject = _name(triple.subject)
        node = nodes.setdefault(subject, {"@id": subject})
        predicate = triple.predicate.value
        if predicate == TYPE and isinstance(triple.object, ox.NamedNode):
            node.setdefault("@type", []).append(_name(triple.object))
            continue
        key = terms.names.get(predicate) or shorten(predicate)
        node.setdefault(key, []).append(_value(triple.object, key, terms))
    graph = [
        {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in node.items()}
        for node in nodes.values()
    ]
    return json.dumps({"@context": context(), "@graph": graph}, ensure_ascii=False, indent=1) + "\n"


def _name(term: Any) -> str:
    return shorten(term.value) if isinstance(term, ox.NamedNode) else f"_:{term.value}"


def _value(term: Any, key: str, terms: Coercions) -> Any:
    coerced = terms.types.get(key)
    if not isinstance(term, ox.Literal):
        return _name(term) if coerced == "@id" else {"@id": _name(term)}
    if term.language is not None:
        return {"@value": term.value, "@language": term.language}
    kind = term.datatype.value
    if kind == XSD + "string":
        return term.value if coerced is None else {"@value": term.value}
    return term.value if coerced == shorten(kind) else {"@value": term.value, "@type": shorten(kind)}
