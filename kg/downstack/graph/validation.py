"""Check what Turtle files state, before anything of it is used.

Two kinds of checks. :func:`structural_findings` is plain Python over the parsed statements, runs on every opening of a
graph, and finds what a reader must be able to rely on: names that exist, units that fit, numbers that are numbers,
sources that are there. :func:`shacl_findings` runs the SHACL shapes of the vocabulary, which are the readable contract
for everybody else; it takes seconds and runs when knowledge comes from outside. Both name file, line, fault and remedy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from downstack.errors import Finding
from downstack.graph.checks import Fault, check_statements
from downstack.graph.documents import MAX_FILE_BYTES, Document, parse_document, read_documents
from downstack.graph.scope import scope_of_change
from downstack.graph.statements import Node, Statements, Text, Value, line_of
from downstack.vocabulary import SH, XSD, folder, shorten

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_FINDINGS",
    "Document",
    "parse_document",
    "placed",
    "read_documents",
    "shacl_findings",
    "structural_findings",
    "validate",
]

MAX_FINDINGS = 1_000
"""Looking lines up takes longer than checking; nobody reads more."""
_SEVERITIES = {SH + "Violation": "error", SH + "Warning": "warning", SH + "Info": "note"}


def structural_findings(documents: Sequence[Document], *, today: date | None = None) -> tuple[Finding, ...]:
    """Run the fast checks over all documents of a graph together, the vocabulary among them.

    Parameters
    ----------
    documents
        Vocabulary and knowledge; a name is known when one of them states it.
    today
        The day after which a date is in the future; the day of the machine's clock unless given.
    """
    statements = Statements(documents)
    return placed(documents, statements, check_statements(statements, today))


def shacl_findings(
    documents: Sequence[Document], shapes: Path | None = None, *, conforming: Sequence[Document] | None = None
) -> tuple[Finding, ...]:
    """Validate documents against the SHACL shapes of the vocabulary (or of another folder).

    SHACL Core, and SPARQL constraints where a sum is needed: no rules, no JavaScript, no inference, no imports.

    Parameters
    ----------
    documents
        Vocabulary and knowledge.
    shapes
        The folder of the shapes; those of the vocabulary unless given.
    conforming
        Documents that are known to conform: only what differs from them, and what refers to that, is asked about. The
        verdict is the same.
    """
    import pyshacl
    from rdflib import Graph

    statements = Statements(documents)
    shape_documents = read_documents(folder("shapes") if shapes is None else shapes)
    scope = None
    if conforming is not None:
        queried = _queried(shape_documents)
        scope = scope_of_change(Statements(conforming), statements, shape_documents, queried)
    if scope is not None and not scope.focus:
        return ()
    conforms, report, _ = pyshacl.validate(
        _rdflib_graph(statements.nodes if scope is None else scope.nodes),
        shacl_graph=_rdflib_graph(Statements(shape_documents).nodes),
        focus_nodes=None if scope is None else list(scope.focus),
        advanced=False,
        js=False,
        inference="none",
        do_owl_imports=False,
        meta_shacl=False,
        inplace=True,
    )
    if conforms or not isinstance(report, Graph):
        return ()
    return placed(documents, statements, _report(report))


def _queried(shapes: Iterable[Document]) -> dict[str, frozenset[str] | None]:
    """Return the predicates that each query in some shapes reads; None where a query could read any."""
    from rdflib import URIRef
    from rdflib.plugins.sparql import prepareQuery
    from rdflib.plugins.sparql.algebra import traverse

    found: dict[str, frozenset[str] | None] = {}
    for document in shapes:
        for node in document.nodes.values():
            for text in node.get(SH + "select", ()):
                predicates: set[Any] = set()

                def visit(part: Any, predicates: set[Any] = predicates) -> None:
                    predicates.update(triple[1] for triple in getattr(part, "triples", None) or ())

                try:
                    traverse(prepareQuery(_text(text)).algebra, visitPre=visit)
                except Exception:  # noqa: BLE001 - whatever its parser says, the query is then asked everywhere
                    found[_text(text)] = None
                    continue
                plain = all(isinstance(item, URIRef) for item in predicates)
                found[_text(text)] = frozenset(str(item) for item in predicates) if plain and predicates else None
    return found


def _text(value: Value) -> str:
    return value.value if isinstance(value, Text) else value


def validate(documents: Sequence[Document], *, today: date | None = None) -> tuple[Finding, ...]:
    """Run the fast checks and, when they find nothing, the shapes."""
    # On data that is not structurally whole the shapes would only repeat the same faults in other words.
    return structural_findings(documents, today=today) or shacl_findings(documents)


def statements_of(documents: Iterable[Document]) -> Statements:
    """Arrange what some documents state for checking."""
    return Statements(documents)


def placed(documents: Sequence[Document], statements: Statements, faults: Iterable[Fault]) -> tuple[Finding, ...]:
    """Look up where the first faults stand, and return them in the order of files and lines."""
    first = list(islice(faults, MAX_FINDINGS + 1))
    found = [_place(documents, statements, fault) for fault in first[:MAX_FINDINGS]]
    found.sort(key=lambda item: (item.file, item.line or 0, item.what))
    if len(first) > MAX_FINDINGS:
        what = f"more than {MAX_FINDINGS} findings"
        found.append(Finding(found[-1].file, None, what, "correct these first", "size", first[-1].severity))
    return tuple(found)


def _place(documents: Sequence[Document], statements: Statements, fault: Fault) -> Finding:
    """Find file and line of a statement: of the files that mention its subject, the one that holds the statement."""
    subject, predicate, value, what, remedy, rule, severity, _ = fault
    homes = statements.homes(subject)
    if not homes:
        return Finding(documents[0].path if documents else "", None, what, remedy, rule, severity)
    home = homes[0]
    if len(homes) > 1 and predicate is not None:
        for candidate in homes:
            stated = documents[candidate].nodes[subject].get(predicate, ())
            if stated if value is None else value in stated:
                # The last one: of two statements that contradict each other, the later one is reported.
                home = candidate
    document = documents[home]
    return Finding(document.path, line_of(document.text, subject, predicate, value), what, remedy, rule, severity)


def _rdflib_graph(nodes: Mapping[str, Node]) -> Any:
    """Hand parsed triples over to rdflib, which the SHACL engine works on; parsing twice would take longer."""
    from rdflib import BNode, Graph, URIRef
    from rdflib import Literal as RdfLiteral

    names: dict[str, Any] = {}

    def name(key: str) -> Any:
        found = names.get(key)
        if found is None:
            found = names[key] = BNode(key[2:].replace(".", "n")) if key.startswith("_:") else URIRef(key)
        return found

    graph = Graph()
    for subject, node in nodes.items():
        for predicate, values in node.items():
            for value in values:
                if isinstance(value, Text):
                    plain = value.language is not None
                    term: Any = RdfLiteral(
                        value.value, lang=value.language, datatype=None if plain else URIRef(value.datatype)
                    )
                else:
                    term = name(value)
                graph.add((name(subject), name(predicate), term))
    return graph


def _report(report: Any) -> Iterator[Fault]:
    """Yield the results of a validation report; a message reads ``what is wrong => what to do``."""
    from rdflib import RDF, Literal, URIRef

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
