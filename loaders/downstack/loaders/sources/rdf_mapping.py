"""A table that says what the terms of another vocabulary mean in this one.

A row maps one term, or with a star at the end of both sides all names of a namespace. A circumflex before a relation turns
it round: what another vocabulary says of a chip (its maker), this one says of the company (that it designs the chip). A term that becomes a kind of quantity
needs the unit that its numbers are in and how the source knows them, because a bare number says neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from downstack.errors import Finding, KnowledgeError
from downstack.loaders.inputs import NamedBytes
from downstack.loaders.sources.facts_csv import CONFIDENCES
from downstack.loaders.tables import read_table
from downstack.loaders.texts import entity_slug
from downstack.loaders.units import spell
from downstack.vocabulary import DS, PREFIXES, expand

COLUMNS = ("source", "target")
OPTIONAL_COLUMNS = ("unit", "confidence", "note")
_CONFIDENCES = {**CONFIDENCES, "assumption": "assumption"}


@dataclass(frozen=True, slots=True)
class Term:
    """What one term of another vocabulary becomes."""

    target: str
    unit: str | None
    confidence: str | None
    note: str | None
    turned: bool = False
    """Whether subject and object change places."""


@dataclass(slots=True)
class Mapping:
    """Terms and namespaces of another vocabulary."""

    terms: dict[str, Term] = field(default_factory=dict)
    namespaces: dict[str, str] = field(default_factory=dict)
    _slugs: dict[str, str] = field(default_factory=dict)

    def term(self, iri: str) -> Term | None:
        """What a term becomes."""
        return self.terms.get(iri)

    def name(self, iri: str) -> str | None:
        """What a name becomes: a term, or a name of a namespace that is mapped as a whole.

        Two names that become one are two things under one name, so the second becomes none.
        """
        term = self.terms.get(iri)
        if term is not None:
            return term.target
        for start in sorted(self.namespaces, key=len, reverse=True):
            if iri.startswith(start) and len(iri) > len(start):
                target = self.namespaces[start]
                local = iri[len(start) :]
                made = target + (entity_slug(local) if target.startswith(DS) else local)
                return made if self._slugs.setdefault(made, iri) == iri else None
        return None


def read_mapping(file: NamedBytes) -> Mapping:
    """Read a mapping.

    Raises
    ------
    KnowledgeError
        If the table has other columns, or a row a side, unit or confidence that is none.
    """
    mapping = Mapping()
    faults: list[Finding] = []
    for line, cells in read_table(file.data, COLUMNS, OPTIONAL_COLUMNS, file.name):
        fault = _row(mapping, cells)
        if fault:
            faults.append(Finding(file.name, line, fault, "see the page of this loader", "mapping"))
    if faults:
        raise KnowledgeError(tuple(faults))
    return mapping


def _row(mapping: Mapping, cells: dict[str, str]) -> str | None:
    turned = cells["target"].startswith("^")
    source, target = expand(cells["source"]), expand(cells["target"].removeprefix("^"))
    star = source.endswith("*"), target.endswith("*")
    if not source.startswith(("http://", "https://", "urn:")):
        return f"{cells['source']!r} is no address and no name with a known prefix"
    if not target.startswith(tuple(PREFIXES.values())):
        return f"{cells['target']!r} is no name of this vocabulary"
    if star[0] != star[1]:
        return "a star on one side only"
    if source.rstrip("*") in mapping.terms or source.rstrip("*") in mapping.namespaces:
        return f"{cells['source']!r} is mapped twice"
    if star[0]:
        mapping.namespaces[source[:-1]] = target[:-1]
        return None
    unit = spell(cells.get("unit", "")) if cells.get("unit") else None
    confidence = _CONFIDENCES.get(cells.get("confidence", ""))
    if cells.get("unit") and unit is None:
        return f"unknown unit {cells['unit']!r}"
    if cells.get("confidence") and confidence is None:
        return f"the confidence is not one of {', '.join(_CONFIDENCES)}"
    mapping.terms[source] = Term(target, unit, confidence, cells.get("note") or None, turned)
    return None
