"""Ask SHACL shapes with pySHACL: hand the parsed statements over to rdflib, and bring the verdict back.

Imported only where shapes are asked; rdflib and pySHACL take longer to import than a graph takes to open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pyshacl
from rdflib import RDF, BNode, Graph, Literal, URIRef, Variable
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.algebra import traverse
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query

from downstack.graph.checks import Fault
from downstack.graph.documents import Document
from downstack.graph.scope import Reading, Scope
from downstack.graph.statements import Node, Statements, Text, Value
from downstack.vocabulary import SH, XSD, shorten

_SEVERITIES = {SH + "Violation": "error", SH + "Warning": "warning", SH + "Info": "note"}
TARGET, TARGET_NODE, PROPERTY, CLOSED, DEACTIVATED = (
    URIRef(SH + name) for name in ("targetClass", "targetNode", "property", "closed", "deactivated")
)
_JOINING = re.compile(
    r"SelectQuery|Project|Distinct|Filter|Extend|Group|AggregateJoin|Join|BGP|vars|Aggregate_\w+"
    r"|\w+Expression|Builtin_(?!EXISTS|NOTEXISTS)\w+"
)
"""Parts of a query that let triples through only together: none is optional, absent or from another branch."""


def ask_shapes(statements: Statements, shapes: Sequence[Document], scope: Scope | None = None) -> Iterator[Fault]:
    """Yield what some shapes say of a graph, or of a part of it.

    SHACL Core, and SPARQL constraints where a sum is needed: no rules, no JavaScript, no inference, no imports.
    """
    asked = _rdflib_graph(Statements(shapes).nodes)
    _ask_at_once(asked)
    if scope is not None:
        _ask_only(asked, statements, frozenset(scope.focus))
    conforms, report, _ = pyshacl.validate(
        _rdflib_graph(statements.nodes if scope is None else scope.nodes),
        shacl_graph=asked,
        advanced=False,
        js=False,
        inference="none",
        do_owl_imports=False,
        meta_shacl=False,
        inplace=True,
    )
    if not conforms and isinstance(report, Graph):
        yield from _report(report)


def _ask_at_once(shapes: Graph) -> None:
    """Give the property shapes of a shape with a target that target themselves, which says the same.

    Inside another shape a property shape is asked anew for each node, and pySHACL takes it apart each time; with a target
    it is asked once for all of them.
    """
    for shape in set(shapes.subjects(TARGET, None)):
        # A closed shape allows what its property shapes are about, and another one may ask for this one.
        if any((shape, name, None) in shapes for name in (CLOSED, DEACTIVATED)) or (None, None, shape) in shapes:
            continue
        for part in list(shapes.objects(shape, PROPERTY)):
            shapes.remove((shape, PROPERTY, part))
            for target in shapes.objects(shape, TARGET):
                shapes.add((part, TARGET, target))


def _ask_only(shapes: Graph, statements: Statements, focus: frozenset[str]) -> None:
    """Name the nodes that shapes are asked about in place of their classes.

    pySHACL has an option for that, which compares each node with each other one.
    """
    below = statements.superclasses()
    for target in set(shapes.objects(None, TARGET)):
        names = {str(target)} | {name for name, closure in below.items() if str(target) in closure}
        members = focus & {subject for name in names for subject in statements.by_type.get(name, ())}
        for shape in list(shapes.subjects(TARGET, target)):
            shapes.remove((shape, TARGET, target))
            for member in members:
                shapes.add((shape, TARGET_NODE, URIRef(member)))


def readings_of(shapes: Iterable[Document]) -> dict[str, Reading | None]:
    """Return what each query in some shapes reads of a graph; None where that could be anything."""
    texts = (value for document in shapes for node in document.nodes.values() for value in node.get(SH + "select", ()))
    return {text: _reading(text) for text in (item.value if isinstance(item, Text) else item for item in texts)}


def _reading(text: str) -> Reading | None:
    triples: list[tuple[Any, Any, Any]] = []
    names: set[str] = set()

    def visit(part: Any) -> None:
        triples.extend(getattr(part, "triples", None) or ())
        if isinstance(part, CompValue):
            names.add(part.name)

    try:
        traverse(_prepared(text).algebra, visitPre=visit)
    except Exception:  # noqa: BLE001 - whatever its parser says, the query is then asked everywhere
        return None
    if not triples or not all(isinstance(predicate, URIRef) for _, predicate, _ in triples):
        return None
    joining = all(_JOINING.fullmatch(name) for name in names)
    return Reading(frozenset(str(predicate) for _, predicate, _ in triples), joining and _hangs_together(triples))


def _hangs_together(triples: Sequence[tuple[Any, Any, Any]]) -> bool:
    """Return whether patterns are linked to the node that is asked about by things, and not by equal words alone."""
    subjects = {subject for subject, _, _ in triples}
    linked = {Variable("this")}
    waiting = list(triples)
    while waiting:
        joined = [item for item in waiting if not linked.isdisjoint((item[0], item[2]))]
        if not joined:
            return False
        for subject, _, thing in joined:
            # What is nowhere a subject could be a literal: being equal to another one is no link.
            linked |= {subject} | ({thing} & subjects)
        waiting = [item for item in waiting if item not in joined]
    return True


@cache
def _prepared(text: str) -> Query:
    return prepareQuery(text, initNs=dict(Graph().namespaces()))


class _Graph(Graph):
    """A graph that takes a query apart once, however many nodes it is asked of: that takes longer than answering it."""

    def query(self, query_object: Any, *args: Any, **options: Any) -> Any:
        prepared = _prepared(query_object) if isinstance(query_object, str) else query_object
        return super().query(prepared, *args, **options)


def _rdflib_graph(nodes: Mapping[str, Node]) -> Graph:
    """Hand parsed triples over to rdflib, which the SHACL engine works on; parsing twice would take longer."""
    names: dict[str, Any] = {}

    def name(key: str) -> Any:
        found = names.get(key)
        if found is None:
            found = names[key] = BNode(key[2:].replace(".", "n")) if key.startswith("_:") else URIRef(key)
        return found

    graph = _Graph()
    for subject, node in nodes.items():
        for predicate, values in node.items():
            for value in values:
                if isinstance(value, Text):
                    plain = value.language is not None
                    term: Any = Literal(
                        value.value, lang=value.language, datatype=None if plain else URIRef(value.datatype)
                    )
                else:
                    term = name(value)
                graph.add((name(subject), name(predicate), term))
    return graph


def _report(report: Graph) -> Iterator[Fault]:
    """Yield the results of a validation report; a message reads ``what is wrong => what to do``."""
    for result in report.subjects(RDF.type, URIRef(SH + "ValidationResult")):
        focus = str(report.value(result, URIRef(SH + "focusNode")))
        path = report.value(result, URIRef(SH + "resultPath"))
        value = report.value(result, URIRef(SH + "value"))
        message = str(report.value(result, URIRef(SH + "resultMessage")) or "does not fit its shape")
        stated: Value | None = None
        if isinstance(value, URIRef):
            stated = str(value)
        elif isinstance(value, Literal):
            stated = Text(str(value), str(value.datatype or XSD + "string"), value.language)
        what, _, remedy = message.partition(" => ")
        predicate = str(path) if isinstance(path, URIRef) else None
        severity = _SEVERITIES.get(str(report.value(result, URIRef(SH + "resultSeverity"))), "error")
        yield Fault(focus, predicate, stated, f"{shorten(focus)}: {what}", remedy, "shape", severity)
