"""Opening a graph: read, check, arrange; everything beside the running graph, and all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from downstack.engine.describe import check_descriptions, functions_turtle
from downstack.engine.schema import check_count
from downstack.errors import Finding, KnowledgeError, UserInputError
from downstack.graph.knowledge import Knowledge
from downstack.graph.quality.rules import RULES, errors_of, quality_findings, rule_named, worst_first
from downstack.graph.store import content_hash, described_functions, read_knowledge, read_quantities
from downstack.graph.validation import Document, parse_document, read_documents, shacl_findings, structural_findings
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
    # The bundled knowledge was checked when it was made: a machine whose clock runs behind can open it all the same.
    findings = structural_findings(documents, today=None if shacl else END_OF_TIME)
    if not findings and shacl:
        findings = errors_of(shacl_findings(documents))
    if findings:
        raise KnowledgeError(tuple(findings))
    check_descriptions(described_functions(documents), registry)
    text = functions_turtle(registry, read_quantities(documents))
    everything = (*documents, parse_document(GENERATED, text))
    knowledge = read_knowledge(everything, version=content_hash(everything))
    if shacl:
        refusing = [rule for rule in RULES if rule.may_refuse]
        impossible = errors_of(quality_findings(documents, knowledge, rules=refusing))
        if impossible:
            raise KnowledgeError(impossible)
    return knowledge, everything


def documents_of(store: str | Path | None, registry: FunctionRegistry, version: str) -> tuple[Document, ...]:
    """Return the files that a graph version was read from, with the description of its functions.

    Raises
    ------
    UserInputError
        If the files have changed since.
    """
    documents, _ = collect(store)
    text = functions_turtle(registry, read_quantities(documents))
    everything = (*documents, parse_document(GENERATED, text))
    if content_hash(everything) != version:
        raise UserInputError(
            "the files of the graph have changed since it was opened", field="store", hint="open the graph again"
        )
    return everything


def validate_paths(paths: Sequence[Path] | None, rules: Sequence[str] | None = None) -> tuple[Finding, ...]:
    """Run every check, SHACL and plausibility included, over the bundled Turtle, or over files and folders beside it.

    Facts about bundled entities so need no copy of these entities. A folder with ``terms/`` is a whole ontology of its
    own and stands alone.

    Parameters
    ----------
    paths
        Files and folders; the bundled Turtle unless given. What is doubtful in bundled files alone is not said then.
    rules
        Identifiers of the rules of plausibility to run; all unless given.

    Returns
    -------
    What is wrong, then what is doubtful; only what is wrong (``is_error``) keeps a graph from being loaded. On a graph
    that cannot be read, plausibility is not looked at.

    Raises
    ------
    UnknownNameError
        If a rule does not exist.
    """
    chosen = RULES if rules is None else tuple(dict.fromkeys(rule_named(name) for name in rules))
    try:
        given = None if paths is None else tuple(document for path in paths for document in _given(path))
        documents = collect(None)[0] if given is None else _beside(paths or (), given)
    except KnowledgeError as error:
        return error.findings
    # Shapes read best on data that is structurally whole: a missing source would be reported twice.
    findings = tuple(structural_findings(documents) or shacl_findings(documents))
    if errors_of(findings):
        return worst_first(findings)
    own = None if given is None else frozenset(document.path for document in given)
    knowledge = read_knowledge(documents, version=content_hash(documents))
    return worst_first((*findings, *quality_findings(documents, knowledge, rules=chosen, given=own)))


def _given(path: Path) -> tuple[Document, ...]:
    return collect(path)[0] if (path / "terms").is_dir() else _facts(path)


def _beside(paths: Sequence[Path], given: tuple[Document, ...]) -> tuple[Document, ...]:
    if any((path / "terms").is_dir() for path in paths):
        return given
    # A bundled file that is named itself is not checked against its own copy.
    texts = {document.text for document in given}
    return (*(document for document in collect(None)[0] if document.text not in texts), *given)
