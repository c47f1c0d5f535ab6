"""The committed Turtle as plain rows, read once for all tests of this room."""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, Graph, Namespace
from rdflib.namespace import DCTERMS, SKOS
from rdflib.term import Node

ROOT = Path(__file__).parents[2] / "ontology"
DSO = Namespace("https://w3id.org/downstack/ontology#")
DS = "https://w3id.org/downstack/id/"
ORDER = ("measured", "datasheet", "vendorClaim", "press", "estimate", "assumption")


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact: value in the source's unit, with what decides between several."""

    value: float
    unit: str
    literal: str
    confidence: str
    as_of: str
    valid_until: str
    note: str
    condition: str
    source: str
    low: float | None = None
    high: float | None = None


@cache
def graph() -> Graph:
    """All committed facts, relations, sources and influences."""
    merged = Graph()
    for room in ("facts", "influences"):
        for path in sorted((ROOT / room).rglob("*.ttl")):
            merged.parse(path, format="turtle")
    return merged


@cache
def classes() -> dict[str, frozenset[str]]:
    """Entity slug -> classes."""
    found: dict[str, set[str]] = defaultdict(set)
    for subject, kind in graph().subject_objects(RDF.type):
        if str(subject).startswith(DS):
            found[str(subject).removeprefix(DS)].add(local(kind))
    return {slug: frozenset(kinds) for slug, kinds in found.items()}


@cache
def facts() -> dict[tuple[str, str], tuple[Statement, ...]]:
    """(slug, local name of the quantity) -> facts, the one that answers use first."""
    found: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for node in graph().subjects(RDF.type, DSO.Fact):
        key = (str(graph().value(node, DSO.subject)).removeprefix(DS), local(graph().value(node, DSO.quantity)))
        found[key].append(
            Statement(
                value=float(str(graph().value(node, DSO.value))),
                unit=text(node, DSO.unit),
                literal=text(node, DSO.literal),
                confidence=local(graph().value(node, DSO.confidence)),
                as_of=text(node, DSO.asOf),
                valid_until=text(node, DSO.validUntil),
                note=text(node, DSO.note),
                condition=text(node, DSO.condition),
                source=text(node, DCTERMS.source),
                low=number(node, DSO.low),
                high=number(node, DSO.high),
            )
        )
    for statements in found.values():
        statements.sort(key=lambda item: item.as_of, reverse=True)
        statements.sort(key=lambda item: ORDER.index(item.confidence))
    return {key: tuple(statements) for key, statements in found.items()}


@dataclass(frozen=True, slots=True)
class Stated:
    """One stated property: what is no number."""

    stated: str
    source: str
    note: str


@cache
def stated() -> dict[tuple[str, str], tuple[Stated, ...]]:
    """(slug, local name of the property kind) -> what sources state."""
    found: dict[tuple[str, str], list[Stated]] = defaultdict(list)
    for node in graph().subjects(RDF.type, DSO.StatedProperty):
        key = (str(graph().value(node, DSO.subject)).removeprefix(DS), local(graph().value(node, DSO.property)))
        found[key].append(Stated(text(node, DSO.stated), text(node, DCTERMS.source), text(node, DSO.note)))
    return {key: tuple(items) for key, items in found.items()}


@cache
def effects() -> dict[str, dict[str, str]]:
    """Slug of an influence -> its published effect, by the local names of the properties."""
    return {
        str(graph().value(node, DSO.effectOf)).rpartition("/")[2]: {
            local(predicate): str(item) for predicate, item in graph().predicate_objects(node)
        }
        for node in graph().subjects(RDF.type, DSO.PublishedEffect)
    }


def value(slug: str, quantity: str) -> float:
    """The value that answers use: best confidence, then newest."""
    return facts()[slug, quantity][0].value


@cache
def names() -> dict[str, frozenset[str]]:
    """Normalised label, alias or slug -> slugs that carry it."""
    found: dict[str, set[str]] = defaultdict(set)
    for slug in classes():
        node = graph().resource(DS + slug)
        for name in (slug, *node.objects(RDFS.label), *node.objects(SKOS.altLabel)):
            found[normalise(str(name))].add(slug)
    return {name: frozenset(slugs) for name, slugs in found.items()}


def layer(slug: str) -> int:
    """The layer of an entity."""
    return int(local(graph().resource(DS + slug).value(DSO.inLayer).identifier).removeprefix("layer"))


def objects(slug: str, predicate: str) -> set[str]:
    """Slugs that an entity links to."""
    return {str(item.identifier).removeprefix(DS) for item in graph().resource(DS + slug).objects(DSO[predicate])}


def normalise(name: str) -> str:
    """Fold case and punctuation, as the product does."""
    return re.sub(r"[\s_\-/]+", " ", name.casefold()).strip()


def local(node: Node | None) -> str:
    """The part of an IRI after the vocabulary."""
    return str(node).removeprefix(str(DSO))


def text(node: Node, predicate: Node) -> str:
    """A literal, or the empty string."""
    return str(graph().value(node, predicate) or "")


def number(node: Node, predicate: Node) -> float | None:
    """A number, or None where nothing is stated: missing is not 0."""
    found = graph().value(node, predicate)
    return None if found is None else float(str(found))


def sources(name: str) -> list[dict[str, str]]:
    """One of the source tables; the test is skipped where they are not at hand."""
    with (source_folder() / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def source_folder() -> Path:
    """The folder with the source tables that DOWNSTACK_DATA_DIR names."""
    folder = os.environ.get("DOWNSTACK_DATA_DIR")
    if not folder:
        pytest.skip("DOWNSTACK_DATA_DIR does not name a folder with the source tables")
    return Path(folder)


def table(name: str) -> list[dict[str, str]]:
    """A data file of this room."""
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
