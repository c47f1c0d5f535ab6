"""Opening a graph: read, check, arrange; everything beside the running graph, and all of it or nothing."""

from __future__ import annotations

import gc
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from downstack.engine.describe import check_descriptions, functions_turtle
from downstack.engine.schema import check_count
from downstack.errors import Finding, KnowledgeError
from downstack.graph.checks import check_statements
from downstack.graph.documents import Document, parse_document, read_documents
from downstack.graph.knowledge import Knowledge
from downstack.graph.statements import Statements
from downstack.graph.store import content_hash, described_functions, read_knowledge, read_quantities
from downstack.graph.validation import placed, shacl_findings, structural_findings
from downstack.performance.declare import FunctionRegistry
from downstack.vocabulary import locate

DATA_FOLDERS = ("terms", "facts", "influences", "uncertainty", "supply", "calibration")
"""The folders of an ontology whose Turtle is the graph; shapes and questions are about it, functions are generated."""

GENERATED = "functions/functions.ttl"
END_OF_TIME = date(9999, 1, 1)


def load(store: str | Path | None, registry: FunctionRegistry) -> Knowledge:
    """Read a graph version; see :meth:`downstack.kg.KnowledgeGraph.open` for what `store` may be.

    Raises
    ------
    KnowledgeError
        With every finding; nothing is loaded.
    FunctionError
        If the data names an implementation that the registry does not hold.
    """
    with paused_collection():
        documents, foreign = collect(store)
        knowledge, _ = build(documents, registry, shacl=foreign)
    return knowledge


def collect(store: str | Path | None) -> tuple[tuple[Document, ...], bool]:
    """Return the documents of a store, and whether they come from outside the product."""
    bundled = locate()
    if store is None:
        return _tree(bundled), False
    path = Path(store)
    if (path / "terms").is_dir():
        return _tree(path), True
    return (*read_documents(bundled / "terms"), *_facts(path)), True


def _facts(path: Path) -> tuple[Document, ...]:
    if not path.exists():
        raise KnowledgeError((Finding(str(path), None, "there is no such file or folder", "check the path"),))
    return read_documents(path)


def _tree(root: Path) -> tuple[Document, ...]:
    return tuple(
        document for name in DATA_FOLDERS if (root / name).is_dir() for document in read_documents(root / name)
    )


def build(
    documents: Sequence[Document], registry: FunctionRegistry, *, shacl: bool
) -> tuple[Knowledge, tuple[Document, ...]]:
    """Check documents and arrange them as one graph version, together with the description of the functions."""
    check_count(registry)
    with paused_collection():
        statements = Statements(documents)
        # The bundled knowledge was checked when it was made: a machine whose clock runs behind can open it all the same.
        faults = check_statements(statements, None if shacl else END_OF_TIME)
        findings = placed(documents, statements, faults) or (shacl_findings(documents) if shacl else ())
        if findings:
            raise KnowledgeError(tuple(findings))
        check_descriptions(described_functions(statements), registry)
        generated = parse_document(GENERATED, functions_turtle(registry, read_quantities(statements)))
        statements.add(generated)
        everything = (*documents, generated)
        return read_knowledge(statements, version=content_hash(everything)), everything


@contextmanager
def paused_collection() -> Generator[None]:
    """Spare the collector of garbage a graph that grows by millions of objects, none of which is garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def validate_paths(paths: Sequence[Path] | None) -> tuple[Finding, ...]:
    """Run every check, SHACL included, over the bundled Turtle, or over files and folders beside it.

    Facts about bundled entities so need no copy of these entities. A folder with ``terms/`` is a whole ontology of its
    own and stands alone.
    """
    try:
        documents = collect(None)[0] if paths is None else _beside(paths)
    except KnowledgeError as error:
        return error.findings
    # Shapes read best on data that is structurally whole: a missing source would be reported twice.
    return tuple(structural_findings(documents) or shacl_findings(documents))


def _beside(paths: Sequence[Path]) -> tuple[Document, ...]:
    if any((path / "terms").is_dir() for path in paths):
        return tuple(document for path in paths for document in collect(path)[0])
    given = tuple(document for path in paths for document in _facts(path))
    # A bundled file that is named itself is not checked against its own copy.
    texts = {document.text for document in given}
    return (*(document for document in collect(None)[0] if document.text not in texts), *given)
