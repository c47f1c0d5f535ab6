"""Opening a graph: read, check, arrange; everything beside the running graph, and all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from downstack.engine.describe import check_descriptions, functions_turtle
from downstack.engine.schema import check_count
from downstack.errors import Finding, KnowledgeError, UserInputError
from downstack.garbage import paused_collection
from downstack.graph.bundled_hash import FAULTLESS
from downstack.graph.checks import check_statements
from downstack.graph.documents import (
    DATA_FOLDERS,
    GENERATED,
    Document,
    Pool,
    changed,
    content_hash,
    parse_document,
    read_documents,
)
from downstack.graph.knowledge import Knowledge
from downstack.graph.quality.rules import RULES, errors_of, quality_findings, rule_named, worst_first
from downstack.graph.releases import (
    check_unchanged,
    find_release,
    has_releases,
    is_store,
    is_unfinished,
    read_manifest,
    release_folder,
    shapes_digest,
)
from downstack.graph.statements import Statements
from downstack.graph.store import described_functions, read_knowledge, read_quantities
from downstack.graph.stores.places import split_name, triple_store
from downstack.graph.stores.versions import read_version
from downstack.graph.validation import placed, shacl_findings, structural_findings
from downstack.performance.declare import FunctionRegistry
from downstack.results.releases import Release
from downstack.vocabulary import locate

END_OF_TIME = date(9999, 1, 1)


def load(
    store: str | Path | None, registry: FunctionRegistry, *, release: str | None = None, large: bool = False
) -> Knowledge:
    """Read a graph version; see :meth:`downstack.kg.KnowledgeGraph.open` for what may be asked for.

    Raises
    ------
    KnowledgeError
        With every finding; nothing is loaded.
    FunctionError
        If the data names an implementation that the registry does not hold.
    UserInputError
        If the store has no such release.
    """
    with paused_collection():
        documents, checked = collect(store, release=release, large=large)
        # An installation that somebody has edited is another one than was checked when the product was made.
        faultless = store is None and content_hash(documents) == FAULTLESS
        knowledge, _ = build(documents, registry, shacl=not checked, checked=faultless)
    return knowledge


def collect(
    store: str | Path | None, *, release: str | None = None, large: bool = False
) -> tuple[tuple[Document, ...], bool]:
    """Return the documents of a store, and whether they conform to the shapes for certain.

    That is so for the bundled knowledge, and for a release that was checked against the shapes of this very version.
    """
    bundled = locate()
    if store is None:
        if release is not None:
            raise UserInputError("the bundled knowledge has no releases", field="release", hint="name a store")
        return _tree(bundled), True
    name, named = split_name(store)
    path, wanted = Path(name), named if release is None else release
    triples = triple_store(name)
    if triples is not None:
        version = read_version(triples, wanted)
        return version.documents, version.checked
    if has_releases(path) or wanted is not None:
        return read_release(path, find_release(path, wanted))
    if (path / "terms").is_dir():
        try:
            documents = _tree(path, large=large)
        except KnowledgeError:
            if not has_releases(path):
                raise
            documents = ()
        # The first load into a folder kept by hand moves its files away: what was read meanwhile may be half of them.
        return (documents, False) if not has_releases(path) else read_release(path, find_release(path))
    if is_unfinished(path):
        raise KnowledgeError(
            (Finding(str(path), None, "nothing was loaded into this store yet", "load something, or name another"),)
        )
    pool = Pool()
    return (*read_documents(bundled / "terms", pool), *_facts(path, pool, large=large)), False


def folder_of(store: str | None) -> Path | None:
    """Return the folder that holds all files of a graph version and nothing else; None where they lie otherwise."""
    if store is None:
        return locate()
    name, named = split_name(store)
    path = Path(name)
    if triple_store(name) is None and has_releases(path):
        return release_folder(path, find_release(path, named))
    return None


def read_release(store: Path, release: Release) -> tuple[tuple[Document, ...], bool]:
    """Return the documents of a release as they were loaded, and whether its shapes are those of this version.

    However large they are: who loaded them said that it is meant.

    Raises
    ------
    KnowledgeError
        If a file of it was changed since.
    """
    root = release_folder(store, release)
    manifest = read_manifest(root)
    documents = _tree(root, large=True)
    check_unchanged(root, manifest, documents)
    return documents, manifest.shapes == shapes_digest()


def _facts(path: Path, pool: Pool | None = None, *, large: bool = False) -> tuple[Document, ...]:
    if not path.exists():
        raise KnowledgeError((Finding(str(path), None, "there is no such file or folder", "check the path"),))
    return read_documents(path, pool, large=large)


def _tree(root: Path, *, large: bool = False) -> tuple[Document, ...]:
    pool = Pool()
    return tuple(
        document
        for name in DATA_FOLDERS
        if (root / name).is_dir()
        for document in read_documents(root / name, pool, large=large)
    )


def build(
    documents: Sequence[Document],
    registry: FunctionRegistry,
    *,
    shacl: bool,
    conforming: Sequence[Document] | None = None,
    checked: bool = False,
    described: Document | None = None,
) -> tuple[Knowledge, tuple[Document, ...]]:
    """Check documents and arrange them as one graph version, together with the description of the functions.

    Parameters
    ----------
    documents
        Vocabulary and knowledge.
    registry
        The functions that may be run.
    shacl
        Whether the shapes are asked too, as for all that comes from outside.
    conforming
        Documents that conform to the shapes: only what differs from them is asked about. Bundled ones are found unless given.
    checked
        Whether the documents are known to be without any fault: then they are arranged and not checked again.
    described
        A description of the functions that was made before; used where it is the same.
    """
    check_count(registry)
    with paused_collection():
        if shacl and conforming is None:
            conforming = _bundled_part(documents)
        statements = Statements(documents)
        # The bundled knowledge was checked when it was made: a machine whose clock runs behind can open it all the same.
        faults = () if checked else check_statements(statements, None if shacl else END_OF_TIME)
        findings = placed(documents, statements, faults)
        if not findings and shacl:
            findings = shacl_findings(documents, conforming=conforming)
        if errors := errors_of(findings):
            raise KnowledgeError(errors)
        check_descriptions(described_functions(statements), registry)
        text = functions_turtle(registry, read_quantities(statements))
        generated = described if described is not None and described.text == text else parse_document(GENERATED, text)
        statements.add(generated)
        everything = (*documents, generated)
        knowledge = read_knowledge(statements, version=content_hash(everything))
    if shacl:
        refusing = [rule for rule in RULES if rule.may_refuse]
        if impossible := errors_of(quality_findings(documents, knowledge, rules=refusing)):
            raise KnowledgeError(impossible)
    return knowledge, everything


def _bundled_part(documents: Sequence[Document]) -> tuple[Document, ...] | None:
    """Return bundled documents that some others are likely to differ little from; None where the vocabulary is another."""
    texts = {document.path: document.text for document in documents}
    terms = read_documents(locate() / "terms")
    if any(texts.get(document.path) != document.text for document in terms):
        return None
    shared = any((locate() / name).is_file() for name in texts if name.startswith("facts/"))
    return collect(None)[0] if shared else terms


def documents_of(store: str | Path | None, functions: str, version: str) -> tuple[Document, ...]:
    """Return the files that a graph version was read from, with the description of its functions.

    Parameters
    ----------
    store
        Where they lie; the release is named where there are several.
    functions
        The description, as Turtle.
    version
        The content hash of all of it.

    Raises
    ------
    UserInputError
        If the files have changed since.
    """
    # However large: who opened it said that it is meant.
    documents, _ = collect(store, large=True)
    everything = (*documents, parse_document(GENERATED, functions))
    if content_hash(everything) != version:
        raise changed()
    return everything


def validate_paths(paths: Sequence[Path] | None, rules: Sequence[str] | None = None) -> tuple[Finding, ...]:
    """Run every check, SHACL and plausibility included, over the bundled Turtle, or over files and folders beside it.

    Facts about bundled entities so need no copy of these entities; the shapes are then asked about what the files say and
    what that touches. A folder with ``terms/`` is a whole ontology of its own and stands alone.

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
        documents, conforming = (collect(None)[0], None) if given is None else _beside(paths or (), given)
    except KnowledgeError as error:
        return error.findings
    # Shapes read best on data that is structurally whole: a missing source would be reported twice.
    findings = tuple(structural_findings(documents) or shacl_findings(documents, conforming=conforming))
    if errors_of(findings):
        return worst_first(findings)
    own = None if given is None else frozenset(document.path for document in given)
    knowledge = read_knowledge(Statements(documents), version=content_hash(documents))
    return worst_first((*findings, *quality_findings(documents, knowledge, rules=chosen, given=own)))


def _given(path: Path) -> tuple[Document, ...]:
    return collect(path)[0] if _is_whole(path) else _facts(path)


def _beside(
    paths: Sequence[Path], given: tuple[Document, ...]
) -> tuple[tuple[Document, ...], tuple[Document, ...] | None]:
    """Return what is checked, and what of it conforms to the shapes; None where nothing of it is known to."""
    if any(_is_whole(path) for path in paths):
        return given, None
    # A bundled file that is named itself is not checked against its own copy.
    texts = {document.digest for document in given}
    bundled = tuple(document for document in collect(None)[0] if document.digest not in texts)
    return (*bundled, *given), bundled


def _is_whole(path: Path) -> bool:
    name = split_name(path)[0]
    return is_store(Path(name)) or triple_store(name) is not None
