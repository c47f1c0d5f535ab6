"""The W3C test suite for SPARQL 1.1 as it lies in ``suite.zip``: what each test asks, of what, and what it expects."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox

BASE = "http://suite.example/"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
DAWGT = "http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

EVALUATION = frozenset({"QueryEvaluationTest", "CSVResultFormatTest"})
POSITIVE = frozenset({"PositiveSyntaxTest", "PositiveSyntaxTest11"})
NEGATIVE = frozenset({"NegativeSyntaxTest", "NegativeSyntaxTest11"})
ROOTS = ("sparql11/manifest-all.ttl", "dawg-data-r2/manifest-evaluation.ttl", "dawg-data-r2/manifest-syntax.ttl")


@cache
def files() -> dict[str, bytes]:
    """Every file of the suite by its path."""
    with zipfile.ZipFile(Path(__file__).parent / "suite.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@dataclass(frozen=True)
class Case:
    """One test of the suite."""

    id: str
    kind: str
    query: str
    """The path of the query."""
    data: tuple[str, ...]
    named: tuple[str, ...]
    result: str | None
    approved: bool

    @property
    def text(self) -> str:
        """The query, with the base that its relative names are meant against."""
        return f"BASE <{BASE}{self.query}>\n{files()[self.query].decode()}"

    @property
    def quads(self) -> list[ox.Quad]:
        """The data that the query is asked about."""
        # A file that is loaded twice has other blank nodes the second time.
        found = [quad(triple) for path in self.data for triple in triples(path)]
        return found + [quad(triple, ox.NamedNode(BASE + path)) for path in self.named for triple in triples(path)]


FORMATS = {"ttl": ox.RdfFormat.TURTLE, "rdf": ox.RdfFormat.RDF_XML, "nt": ox.RdfFormat.N_TRIPLES}


def quad(triple: ox.Triple, graph: ox.NamedNode | None = None) -> ox.Quad:
    """A triple in a graph."""
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def triples(path: str) -> tuple[ox.Triple, ...]:
    """The triples of one file; blank nodes have names of their own in each."""
    format = FORMATS[path.rpartition(".")[2]]
    return tuple(
        quad.triple for quad in ox.parse(files()[path], format=format, base_iri=BASE + path, rename_blank_nodes=True)
    )


def cases() -> list[Case]:
    """Every test that is listed, once, in the order of the manifests."""
    manifests = sorted(name for name in files() if name.endswith("/manifest.ttl"))
    return [case for manifest in manifests for case in _cases(manifest)]


def _cases(manifest: str) -> Iterator[Case]:
    store = ox.Store()
    for triple in triples(manifest):
        store.add(ox.Quad(*triple))

    def values(subject: object, predicate: str) -> list[object]:
        return [quad.object for quad in store.quads_for_pattern(subject, ox.NamedNode(predicate), None)]  # type: ignore[arg-type]

    def paths(subject: object, predicate: str) -> tuple[str, ...]:
        return tuple(sorted(str(item.value).removeprefix(BASE) for item in values(subject, predicate)))  # type: ignore[attr-defined]

    def listed() -> Iterator[object]:
        for head in [quad.object for quad in store.quads_for_pattern(None, ox.NamedNode(MF + "entries"), None)]:
            item: object = head
            while item != ox.NamedNode(RDF + "nil"):
                yield from values(item, RDF + "first")
                (item,) = values(item, RDF + "rest")

    folder = manifest.rpartition("/")[0]
    for entry in listed():
        kinds = [str(item.value).removeprefix(MF) for item in values(entry, RDF + "type")]  # type: ignore[attr-defined]
        kind = next((name for name in kinds if name in EVALUATION | POSITIVE | NEGATIVE), None)
        actions = values(entry, MF + "action")
        if kind is None or not actions:
            continue
        action = actions[0]
        query = paths(action, QT + "query")[0] if kind in EVALUATION else str(action.value).removeprefix(BASE)  # type: ignore[attr-defined]
        result = paths(entry, MF + "result")
        yield Case(
            id=f"{folder}/{str(entry.value).rpartition('#')[2]}",  # type: ignore[attr-defined]
            kind=kind,
            query=query,
            data=paths(action, QT + "data"),
            named=paths(action, QT + "graphData"),
            result=result[0] if result else None,
            approved=ox.NamedNode(DAWGT + "Approved") in values(entry, DAWGT + "approval"),
        )
