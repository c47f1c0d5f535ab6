"""Read Turtle files and check them, before anything of them is used.

Two kinds of checks. :func:`structural_findings` is plain Python over the parsed statements, runs on every opening of a
graph, and finds what a reader must be able to rely on: names that exist, units that fit, numbers that are numbers,
sources that are there. :func:`shacl_findings` runs the SHACL shapes of the vocabulary, which are the readable contract
for everybody else; it takes seconds and runs when knowledge comes from outside. Both name file, line, fault and remedy.

Nothing is fetched: files are read as bytes with an explicit format, and no import or context is ever followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError
from downstack.graph.checks import Fault, check_statements
from downstack.graph.statements import Statements, Text, Value, line_of
from downstack.vocabulary import SH, XSD, folder, shorten

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_FILES = 50_000
MAX_FINDINGS = 1_000
"""Looking lines up takes longer than checking; nobody reads more."""


@dataclass(frozen=True, slots=True)
class Document:
    """One Turtle file: the name it is reported under, its text, and what it states."""

    path: str
    text: str
    triples: list[ox.Quad]


def parse_document(path: str, text: str) -> Document:
    """Parse Turtle that is already in memory.

    Raises
    ------
    KnowledgeError
        If it is not Turtle; the finding names the line.
    """
    try:
        return Document(path, text, list(ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)))
    except SyntaxError as error:
        what = (error.msg or "not Turtle").partition(": ")[2] or "not Turtle"
        finding = Finding(path, error.lineno, f"not Turtle: {what}", "correct the syntax", "syntax")
        raise KnowledgeError((finding,)) from None


def read_documents(path: Path) -> tuple[Document, ...]:
    """Read one Turtle file, or all ``*.ttl`` files of a folder and the folders in it, in the order of their names.

    Files of a folder are reported as ``folder/sub/name.ttl``. Links are followed only to files inside the folder.

    Raises
    ------
    KnowledgeError
        With a finding for every file that cannot be read: not UTF-8, not Turtle, too large, a link that leads outside.
    """
    documents: list[Document] = []
    findings: list[Finding] = []
    for file, label in _files(path):
        try:
            documents.append(parse_document(label, _read(file, label, path)))
        except KnowledgeError as error:
            findings.extend(error.findings)
    if findings:
        raise KnowledgeError(tuple(findings))
    return tuple(documents)


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    if not path.is_dir():
        yield path, str(path)
        return
    count, above = 0, len(str(path))
    for parent, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if not name.endswith(".ttl"):
                continue
            count += 1
            if count > MAX_FILES:
                raise KnowledgeError(
                    (Finding(str(path), None, f"more than {MAX_FILES} files", "load them in parts", "size"),)
                )
            yield Path(parent, name), f"{path.name}{parent[above:].replace(os.sep, '/')}/{name}"


def _read(file: Path, label: str, root: Path) -> str:
    def refuse(line: int | None, what: str, remedy: str) -> KnowledgeError:
        return KnowledgeError((Finding(label, line, what, remedy, "file"),))

    try:
        # Folders that are links are not gone into, so only the file itself can lead elsewhere.
        if file.is_symlink() and root.is_dir() and not file.resolve().is_relative_to(root.resolve()):
            raise refuse(None, "a link that leads out of the folder", "copy the file into the folder")
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise refuse(None, "not a regular file", "give a Turtle file")
        if status.st_size > MAX_FILE_BYTES:
            raise refuse(None, f"larger than {MAX_FILE_BYTES // 2**20} MiB", "split it into one file per subject")
        content = file.read_bytes()
    except OSError as error:
        raise refuse(None, f"cannot be read: {error.strerror}", "check the path and its permissions") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(line, f"not UTF-8 at byte {error.start}", "save the file as UTF-8") from None


def structural_findings(
    documents: Sequence[Document], *, today: date | None = None, statements: Statements | None = None
) -> tuple[Finding, ...]:
    """Run the fast checks over all documents of a graph together, the vocabulary among them.

    Parameters
    ----------
    documents
        Vocabulary and knowledge; a name is known when one of them states it.
    today
        The day after which a date is in the future; the day of the machine's clock unless given.
    statements
        What the documents state, where it has been read already.
    """
    statements = statements_of(documents) if statements is None else statements
    return _findings(documents, statements, check_statements(statements, today))


def shacl_findings(documents: Sequence[Document], shapes: Path | None = None) -> tuple[Finding, ...]:
    """Validate documents against the SHACL shapes of the vocabulary (or of another folder).

    SHACL Core, and SPARQL constraints where a sum is needed: no rules, no JavaScript, no inference, no imports.
    """
    import pyshacl
    from rdflib import Graph

    data = _rdflib_graph(documents)
    shape_graph = _rdflib_graph(read_documents(folder("shapes") if shapes is None else shapes))
    conforms, report, _ = pyshacl.validate(
        data,
        shacl_graph=shape_graph,
        advanced=False,
        js=False,
        inference="none",
        do_owl_imports=False,
        meta_shacl=False,
        inplace=True,
    )
    if conforms or not isinstance(report, Graph):
        return ()
    return _findings(documents, statements_of(documents), _report(report))


def validate(documents: Sequence[Document], *, today: date | None = None) -> tuple[Finding, ...]:
    """Run the fast checks and, when they find nothing, the shapes."""
    # On data that is not structurally whole the shapes would only repeat the same faults in other words.
    return structural_findings(documents, today=today) or shacl_findings(documents)


def statements_of(documents: Iterable[Document]) -> Statements:
    """Return what some documents state, as plain Python."""
    statements = Statements()
    for home, document in enumerate(documents):
        add_statements(statements, home, document)
    return statements


def add_statements(statements: Statements, home: int, document: Document) -> None:
    """Add what one document states, as the file with number `home`."""
    add, named = statements.add, ox.NamedNode
    for subject, predicate, value, _ in document.triples:
        add(
            home,
            subject.value if type(subject) is named else _name(subject, home),
            predicate.value,
            value.value if type(value) is named else _value(value, home),
        )


def _name(term: Any, home: int) -> str:
    # A blank node's label means something only within its file.
    return term.value if isinstance(term, ox.NamedNode) else f"_:{home}.{term.value}"


def _value(term: Any, home: int) -> Value:
    if isinstance(term, ox.Literal):
        return Text(term.value, term.datatype.value, term.language)
    return _name(term, home)


def _findings(documents: Sequence[Document], statements: Statements, faults: Iterable[Fault]) -> tuple[Finding, ...]:
    """Look up where the first faults stand, and return them in the order of files and lines."""
    first = list(islice(faults, MAX_FINDINGS + 1))
    found = [_place(documents, statements, fault) for fault in first[:MAX_FINDINGS]]
    found.sort(key=lambda item: (item.file, item.line or 0, item.what))
    if len(first) > MAX_FINDINGS:
        found.append(Finding(found[-1].file, None, f"more than {MAX_FINDINGS} findings", "correct these first", "size"))
    return tuple(found)


def _place(documents: Sequence[Document], statements: Statements, fault: Fault) -> Finding:
    """Find file and line of a statement: of the files that mention its subject, the one that holds the statement."""
    subject, predicate, value, what, remedy, rule = fault
    homes = statements.homes.get(subject, [])
    if not homes:
        return Finding(documents[0].path if documents else "", None, what, remedy, rule)
    home = homes[0]
    if len(homes) > 1 and predicate is not None:
        for candidate in homes:
            if any(
                quad.predicate.value == predicate
                and _name(quad.subject, candidate) == subject
                and (value is None or _value(quad.object, candidate) == value)
                for quad in documents[candidate].triples
            ):
                # The last one: of two statements that contradict each other, the later one is reported.
                home = candidate
    document = documents[home]
    return Finding(document.path, line_of(document.text, subject, predicate, value), what, remedy, rule)


def _rdflib_graph(documents: Iterable[Document]) -> Any:
    """Hand parsed triples over to rdflib, which the SHACL engine works on; parsing twice would take longer."""
    from rdflib import BNode, Graph, URIRef
    from rdflib import Literal as RdfLiteral

    names: dict[str, Any] = {}

    def name(term: Any, home: int) -> Any:
        key = _name(term, home)
        found = names.get(key)
        if found is None:
            found = names[key] = URIRef(key) if isinstance(term, ox.NamedNode) else BNode(key[2:].replace(".", "n"))
        return found

    graph = Graph()
    for home, document in enumerate(documents):
        for quad in document.triples:
            term: Any = quad.object
            if isinstance(term, ox.Literal):
                plain = term.language is not None
                value: Any = RdfLiteral(
                    term.value, lang=term.language, datatype=None if plain else URIRef(term.datatype.value)
                )
            else:
                value = name(term, home)
            graph.add((name(quad.subject, home), name(quad.predicate, home), value))
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
        yield Fault(focus, predicate, stated, f"{shorten(focus)}: {what}", remedy, "shape")
