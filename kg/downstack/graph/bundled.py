"""What the bundled vocabulary lets a question name, read without opening a graph.

The schema of the service is the same whatever it serves, so it is written from the vocabulary that ships with the product;
the terms of a store of its own are named as words instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from downstack.graph.model import QuantityKind
from downstack.graph.statements import Statements
from downstack.graph.store import read_quantities
from downstack.graph.validation import read_documents
from downstack.vocabulary import DSO, SKOS, folder


@dataclass(frozen=True, slots=True)
class RelationTerm:
    """A relation of the vocabulary."""

    name: str
    """In the vocabulary's words, such as ``fabricates``."""
    definition: str


@cache
def _terms() -> Statements:
    return Statements(read_documents(folder("terms")))


@cache
def stated_quantities() -> tuple[QuantityKind, ...]:
    """Return the kinds of quantity that facts may state, by identifier; what is only computed is left out."""
    kinds = read_quantities(_terms()).values()
    return tuple(sorted((kind for kind in kinds if kind.subject_class is not None), key=lambda kind: kind.id))


@cache
def relation_terms() -> tuple[RelationTerm, ...]:
    """Return the relations between entities, by name."""
    terms = _terms()
    found = []
    for iri in sorted(set(terms.by_type.get(DSO + "RelationPredicate", ()))):
        words = [value if isinstance(value, str) else value.value for value in terms.values(iri, SKOS + "definition")]
        found.append(RelationTerm(iri.removeprefix(DSO), words[0] if words else ""))
    return tuple(found)
