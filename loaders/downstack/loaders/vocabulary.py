"""The quantity kinds that facts may have and the kinds of property that are stated, read from the ontology's term files.

A source attribute maps to a quantity kind by ``dso:sourceAttribute``; when several kinds list the same attribute, the
class of the subject decides. Nothing here knows a quantity by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from downstack.graph.documents import Pool, read_documents
from downstack.graph.statements import Statements, Text
from downstack.vocabulary import DSO


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
    pool = Pool()
    statements = Statements(document for path in sorted(paths) for document in read_documents(path, pool))

    def text(node: str, name: str) -> str:
        return statements.text(node, DSO + name) or ""

    def attributes(node: str) -> frozenset[str]:
        stated = statements.values(node, DSO + "sourceAttribute")
        return frozenset(item.value for item in stated if isinstance(item, Text))

    terms: dict[str, QuantityTerm] = {}
    for node in statements.instances("QuantityKind"):
        terms[text(node, "identifier")] = QuantityTerm(
            identifier=text(node, "identifier"),
            local_name=node.removeprefix(DSO),
            applies_to=frozenset(item.removeprefix(DSO) for item in statements.iris(node, DSO + "appliesTo")),
            base_unit=text(node, "baseUnit"),
            attributes=attributes(node),
            implied_denominator=text(node, "impliedDenominator") or None,
        )
    properties: dict[str, PropertyTerm] = {}
    for node in statements.instances("PropertyKind"):
        kind = PropertyTerm(
            identifier=text(node, "identifier"),
            local_name=node.removeprefix(DSO),
            value_type=text(node, "valueType"),
            attributes=attributes(node),
        )
        properties.update(dict.fromkeys(kind.attributes, kind))
    return Vocabulary(terms, properties)
