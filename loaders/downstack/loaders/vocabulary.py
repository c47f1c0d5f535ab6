"""The quantity kinds that facts may have and the kinds of property that are stated, read from the ontology's term files.

A source attribute maps to a quantity kind by ``dso:sourceAttribute``; when several kinds list the same attribute, the
class of the subject decides. Nothing here knows a quantity by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rdflib import RDF, Graph, Namespace

DSO = Namespace("https://w3id.org/downstack/ontology#")


@dataclass(frozen=True, slots=True)
class QuantityTerm:
    """One quantity kind, as far as a loader needs it."""

    identifier: str
    local_name: str
    applies_to: frozenset[str]
    base_unit: str
    attributes: frozenset[str]
    implied_denominator: str | None = None
    """A unit that sources leave out because the subject implies it."""


@dataclass(frozen=True, slots=True)
class PropertyTerm:
    """One property kind: a date, a text or a boolean, never a number."""

    identifier: str
    local_name: str
    value_type: str
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Quantity kinds by identifier and by source attribute; property kinds by source attribute."""

    terms: Mapping[str, QuantityTerm]
    properties: Mapping[str, PropertyTerm] = field(default_factory=dict)
    """Source attribute -> property kind."""
    by_attribute: Mapping[str, tuple[QuantityTerm, ...]] = field(init=False)

    def __post_init__(self) -> None:
        index: dict[str, list[QuantityTerm]] = {}
        for identifier in sorted(self.terms):
            term = self.terms[identifier]
            for attribute in sorted(term.attributes | {term.identifier}):
                index.setdefault(attribute, []).append(term)
        object.__setattr__(self, "by_attribute", {name: tuple(found) for name, found in index.items()})

    def for_attribute(self, attribute: str, classes: Iterable[str]) -> QuantityTerm | None:
        """The kind that a source attribute of a subject with these classes stands for, if there is one.

        Kinds of the subject's class win; among those, the one that declares the attribute wins over the one that
        is merely called so.
        """
        wanted = set(classes)
        found = [term for term in self.by_attribute.get(attribute, ()) if term.applies_to & wanted]
        found.sort(key=lambda term: attribute not in term.attributes)
        return found[0] if found else None


def vocabulary_files(terms: Path) -> list[Path]:
    """The files of a folder of terms that declare quantity kinds and property kinds."""
    return [*sorted(terms.glob("quantities*.ttl")), *sorted(terms.glob("properties*.ttl"))]


def read_vocabulary(paths: Iterable[Path]) -> Vocabulary:
    """Read quantity kinds and property kinds from Turtle files."""
    graph = Graph()
    for path in sorted(paths):
        graph.parse(path, format="turtle")
    terms: dict[str, QuantityTerm] = {}
    for node in graph.subjects(RDF.type, DSO.QuantityKind):
        identifier = str(graph.value(node, DSO.identifier))
        terms[identifier] = QuantityTerm(
            identifier=identifier,
            local_name=str(node).removeprefix(str(DSO)),
            applies_to=frozenset(str(item).removeprefix(str(DSO)) for item in graph.objects(node, DSO.appliesTo)),
            base_unit=str(graph.value(node, DSO.baseUnit)),
            attributes=frozenset(str(item) for item in graph.objects(node, DSO.sourceAttribute)),
            implied_denominator=str(implied) if (implied := graph.value(node, DSO.impliedDenominator)) else None,
        )
    properties: dict[str, PropertyTerm] = {}
    for node in graph.subjects(RDF.type, DSO.PropertyKind):
        attributes = frozenset(str(item) for item in graph.objects(node, DSO.sourceAttribute))
        kind = PropertyTerm(
            identifier=str(graph.value(node, DSO.identifier)),
            local_name=str(node).removeprefix(str(DSO)),
            value_type=str(graph.value(node, DSO.valueType)),
            attributes=attributes,
        )
        properties.update(dict.fromkeys(attributes, kind))
    return Vocabulary(terms, properties)
