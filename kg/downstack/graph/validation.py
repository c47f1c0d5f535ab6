"""Check what Turtle files state, before anything of it is used.

Two kinds of checks. :func:`structural_findings` is plain Python over the parsed statements, runs on every opening of a
graph, and finds what a reader must be able to rely on: names that exist, units that fit, numbers that are numbers,
sources that are there. :func:`shacl_findings` runs the SHACL shapes of the vocabulary, which are the readable contract
for everybody else; it takes seconds and runs when knowledge comes from outside. Both name file, line, fault and remedy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from pathlib import Path

from downstack.errors import Finding
from downstack.graph.checks import Fault, check_statements
from downstack.graph.documents import MAX_FILE_BYTES, Document, parse_document, read_documents
from downstack.graph.scope import scope_of_change
from downstack.graph.statements import Statements, line_of
from downstack.vocabulary import folder

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
    # Only who asks the shapes pays for importing what answers them.
    from downstack.graph.shacl import ask_shapes, readings_of

    statements = Statements(documents)
    shape_documents = read_documents(folder("shapes") if shapes is None else shapes)
    scope = None
    if conforming is not None:
        scope = scope_of_change(Statements(conforming), statements, shape_documents, readings_of(shape_documents))
    if scope is not None and not scope.focus:
        return ()
    return placed(documents, statements, ask_shapes(statements, shape_documents, scope))


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
