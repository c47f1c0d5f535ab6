"""Answers of the suite, so that two of them can be compared whatever they are written in."""

from __future__ import annotations

import csv
import io

import pyoxigraph as ox
from tests.conformance.sparql.suite import RDF, RS, files, triples

Row = dict[str, ox.NamedNode | ox.BlankNode | ox.Literal]
ROW, CELL = ox.NamedNode("urn:row"), "urn:cell:"
SOLUTIONS = {"srx": ox.QueryResultsFormat.XML, "srj": ox.QueryResultsFormat.JSON, "tsv": ox.QueryResultsFormat.TSV}
NUMERIC = {
    "http://www.w3.org/2001/XMLSchema#" + name
    for name in ("integer", "decimal", "double", "float", "nonNegativeInteger")
}


def expected(path: str, form: str) -> bool | list[Row] | ox.Dataset:
    """What the suite expects: a truth value, rows or a graph."""
    kind = path.rpartition(".")[2]
    if kind in SOLUTIONS:
        return solutions(files()[path], SOLUTIONS[kind])
    if kind == "csv":
        return cells(files()[path])
    if form in ("CONSTRUCT", "DESCRIBE"):
        return graph(triples(path))
    return _result_set(path)


def cells(content: bytes) -> list[Row]:
    """Rows of CSV, in which everything is text."""
    return [
        {name: ox.BlankNode() if text.startswith("_:") else ox.Literal(text) for name, text in row.items() if text}
        for row in csv.DictReader(io.StringIO(content.decode()))
    ]


def solutions(content: bytes, format: ox.QueryResultsFormat) -> bool | list[Row]:
    """Rows, or a truth value, in one of the formats of results."""
    found = ox.parse_query_results(content, format=format)
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    names = [variable.value for variable in found.variables]
    return [{name: row[name] for name in names if row[name] is not None} for row in found]  # type: ignore[misc]


def _result_set(path: str) -> bool | list[Row]:
    """Rows that are stated in the vocabulary for results, as the older tests do it."""
    store = ox.Store()
    for triple in triples(path):
        store.add(ox.Quad(*triple))

    def all_of(subject: object, name: str) -> list[object]:
        return [quad.object for quad in store.quads_for_pattern(subject, ox.NamedNode(RS + name), None)]  # type: ignore[arg-type]

    for quad in store.quads_for_pattern(None, ox.NamedNode(RS + "boolean"), None):
        return quad.object.value == "true"  # type: ignore[union-attr]
    rows: list[tuple[int, Row]] = []
    for quad in store.quads_for_pattern(None, ox.NamedNode(RS + "solution"), None):
        row: Row = {}
        for binding in all_of(quad.object, "binding"):
            (variable,) = all_of(binding, "variable")
            (row[variable.value],) = all_of(binding, "value")  # type: ignore[attr-defined, misc]
        place = all_of(quad.object, "index")
        rows.append((int(place[0].value) if place else 0, row))  # type: ignore[attr-defined]
    assert rows or any(store.quads_for_pattern(None, ox.NamedNode(RDF + "type"), ox.NamedNode(RS + "ResultSet")))
    return [row for _, row in sorted(rows, key=lambda item: item[0])]


def _plain(term: object) -> object:
    """A number by its value: 1.0 and 1.00 are the same answer."""
    if isinstance(term, ox.Literal) and term.datatype.value in NUMERIC:
        try:
            return ox.Literal(repr(float(term.value)), datatype=term.datatype)
        except ValueError:
            return term
    return term


def graph(found: object) -> ox.Dataset:
    """Triples, with names for blank nodes that do not depend on who wrote them."""
    dataset = ox.Dataset(ox.Quad(*triple) for triple in found)  # type: ignore[attr-defined, misc]
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def as_graph(rows: list[Row]) -> ox.Dataset:
    """Rows as a graph, so that they compare as graphs do: in any order, whatever blank nodes are called."""
    return graph(
        ox.Triple(node, ox.NamedNode(CELL + name), term)  # type: ignore[arg-type]
        for node, row in ((ox.BlankNode(), row) for row in rows)
        for name, term in [*((name, _plain(term)) for name, term in row.items()), ("", ox.Literal("row"))]
    )


def in_order(rows: list[Row]) -> list[dict[str, str]]:
    """Rows as text, without the names of blank nodes."""
    return [
        {name: "_" if isinstance(term, ox.BlankNode) else str(_plain(term)) for name, term in row.items()}
        for row in rows
    ]
