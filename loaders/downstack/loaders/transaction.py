"""Knowledge into a store, all of it or nothing.

A load reads the store, puts what is loaded beside what is there, and checks both together: syntax, units, names, shapes,
circles, and whether the graph opens with the functions of the product. Only then is anything written, and what is written
is a new release beside the others (see :mod:`downstack.graph.releases`); the store changes in one rename. Whoever reads it
meanwhile keeps reading what was there, and so does everybody after a load that died.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from downstack.engine.engine import Engine
from downstack.errors import Finding, KnowledgeError
from downstack.garbage import paused_collection
from downstack.graph.diff import compare_knowledge
from downstack.graph.documents import DATA_FOLDERS, SUFFIXES, Document, Pool, digest_of, parse_document
from downstack.graph.knowledge import Knowledge
from downstack.graph.loading import build, collect
from downstack.graph.releases import (
    is_store,
    is_unfinished,
    read_history,
    release_folder,
    shapes_digest,
)
from downstack.graph.store_lock import locked
from downstack.graph.stores.adapter import TripleStore
from downstack.graph.stores.copying import record as record_release
from downstack.graph.stores.places import triple_store
from downstack.graph.stores.versions import Entry, append, read_version
from downstack.loaders.joining import check_additive, joined
from downstack.loaders.pointed import keep_pointed
from downstack.loaders.store_files import clean, discard, write_history, write_release
from downstack.performance import REGISTRY
from downstack.performance.declare import FunctionRegistry
from downstack.results.diff import DiffReport
from downstack.results.releases import Release

BUNDLED = "bundled"
"""What a store is said to have been made with that began as the knowledge of the product."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a load did, or would do."""

    release: Release | None
    """The release that was made; None where nothing was written."""
    diff: DiffReport
    """What differs from the store as it was; from the bundled knowledge where there was none."""

    @property
    def changed(self) -> bool:
        """True when the store is, or would be, another than before."""
        return self.release is not None or not self.diff.is_empty


@dataclass(frozen=True, slots=True)
class _Base:
    """What a load begins with."""

    documents: tuple[Document, ...]
    checked: bool
    """Whether the shapes are known to agree."""
    history: tuple[Release, ...]
    origin: str
    """What the first release of a store is called that has none yet."""

    @property
    def is_bundled(self) -> bool:
        """Whether it begins with what ships with downstack."""
        return self.origin == BUNDLED


def write_store(
    store: str | Path,
    documents: Mapping[str, str],
    *,
    dry_run: bool = False,
    loader: str = "",
    sources: Sequence[str] = (),
    rejected: Sequence[tuple[str, int]] = (),
    registry: FunctionRegistry | None = None,
    large: bool = False,
    by: str = "",
    additive: bool = False,
) -> Outcome:
    """Check documents together with a store, and make a release of both.

    Parameters
    ----------
    store
        A store; a folder that is kept by hand, which becomes one; a folder that does not exist yet and begins as the
        bundled knowledge; an Oxigraph directory, or the address of an endpoint.
    documents
        Path inside the store to Turtle. A file of that name is replaced; one of ``facts/loaded``, which several loaders
        share, keeps what the new one does not state.
    dry_run
        Check, and write nothing.
    loader, sources, rejected
        For the history: what was loaded with, from which files, and why rows were left out.
    registry
        The functions that the graph must open with; the shared registry unless given.
    large
        Allow files of gigabytes.
    by
        For the history: who asked for it.
    additive
        Refuse to say anything else of a subject that a file of that name describes already.

    Raises
    ------
    KnowledgeError
        With every finding, or if the store cannot be written; the store is what it was then.
    """
    functions = REGISTRY if registry is None else registry
    record = _Record(loader or "python", tuple(sources), tuple(rejected), by)
    _check_names(documents)
    triples = triple_store(store)
    if triples is not None:
        return _write_triples(triples, documents, functions, record, dry_run=dry_run, additive=additive)
    store = Path(store)
    _check_place(store)
    trial: tuple[_Base, _Trial] | None = None
    if dry_run or not store.exists():
        # Nothing may be left of a load into a new store that is refused.
        base = _read_base(store, large)
        trial = base, _trial(base, documents, functions, additive)
        if dry_run:
            return Outcome(None, trial[1].diff)
    created = not store.exists()
    try:
        store.mkdir(parents=True, exist_ok=True)
        with locked(store):
            clean(store)
            if trial is None or is_store(store):
                base = _read_base(store, large)
                trial = base, _trial(base, documents, functions, additive)
            return _commit(store, *trial, record)
    except OSError as error:
        discard(store, created=created)
        raise _unwritable(store, error) from error


def _write_triples(
    store: TripleStore,
    documents: Mapping[str, str],
    functions: FunctionRegistry,
    record: _Record,
    *,
    dry_run: bool,
    additive: bool,
) -> Outcome:
    version = read_version(store)
    base = _Base(version.documents, version.checked, version.history, "")
    trial = _trial(base, documents, functions, additive)
    fresh = [] if dry_run else _releases(base, trial, record)
    # Between the reading and this, somebody else may have written: then nothing is, and the load begins anew.
    entries = [Entry(release, held, shapes_digest()) for release, held in fresh]
    if entries:
        append(store, entries, base.history)
    return Outcome(entries[-1].release if entries else None, trial.diff)


@dataclass(frozen=True, slots=True)
class _Record:
    loader: str
    sources: tuple[str, ...]
    rejected: tuple[tuple[str, int], ...]
    by: str = ""


@dataclass(frozen=True, slots=True)
class _Trial:
    """Both versions as they would answer."""

    before: Knowledge
    after: Knowledge
    documents: tuple[Document, ...]
    diff: DiffReport
    same: bool
    """Whether no file is another one."""


def _read_base(store: Path, large: bool) -> _Base:
    history = read_history(store)
    if history or (store / "terms").is_dir():
        documents, checked = collect(store, large=large)
        return _Base(documents, checked, history, "by-hand")
    documents, checked = collect(None)
    return _Base(documents, checked, (), BUNDLED)


def _trial(base: _Base, documents: Mapping[str, str], registry: FunctionRegistry, additive: bool) -> _Trial:
    with paused_collection():
        held = {item.path: item for item in base.documents}
        if additive:
            check_additive(documents, held)
        pool = Pool()
        stated = [
            parse_document(name, text, pool)
            for name, text in joined(_without_known_sources(held, documents), held).items()
            if name not in held or held[name].digest != digest_of(text)
        ]
        fresh = [
            item
            for item in keep_pointed(stated, held, pool)
            if item.path not in held or held[item.path].digest != item.digest
        ]
        together = {**held, **{item.path: item for item in fresh}}
        after, everything = build(
            tuple(together.values()), registry, shacl=True, conforming=base.documents if base.checked else None
        )
        before = after
        if fresh:
            # The bundled knowledge was checked when it was made; a store may have been checked by an older version.
            before, _ = build(base.documents, registry, shacl=False, checked=base.is_bundled, described=everything[-1])
        Engine(after, registry)
    return _Trial(before, after, tuple(together.values()), compare_knowledge(before, after), not fresh)


def _without_known_sources(held: Mapping[str, Document], documents: Mapping[str, str]) -> dict[str, str]:
    known = {PurePosixPath(name).stem for name in held if name.startswith("facts/sources/")}
    return {
        name: text
        for name, text in documents.items()
        if "/sources/" not in name or PurePosixPath(name).stem not in known or name in held
    }


def _commit(store: Path, base: _Base, trial: _Trial, record: _Record) -> Outcome:
    fresh = _releases(base, trial, record)
    if not fresh:
        return Outcome(None, trial.diff)
    history = list(base.history)
    for release, documents in fresh:
        previous = release_folder(store, history[-1]) if history else None
        write_release(store, release.id, {item.path: item.text for item in documents}, previous)
        history.append(release)
    write_history(store, history)
    clean(store)
    return Outcome(history[-1], trial.diff)


def _releases(base: _Base, trial: _Trial, record: _Record) -> list[tuple[Release, Sequence[Document]]]:
    """Return what is to be written: how a new store began, and what was loaded."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    fresh: list[tuple[Release, Sequence[Document]]] = []
    if not base.history:
        fresh.append((record_release(trial.before, base.documents, now, base.origin), base.documents))
    if not trial.same:
        release = record_release(
            trial.after, trial.documents, now, record.loader, record.sources, record.rejected, record.by
        )
        diff = trial.diff
        release = replace(release, added=diff.added, changed=diff.changed, removed=diff.removed)
        fresh.append((release, trial.documents))
    return fresh


def _check_place(store: Path) -> None:
    if not store.exists() or is_store(store) or is_unfinished(store):
        return
    if store.is_file() or any(store.iterdir()):
        hint = "name a folder that holds terms/, or one that does not exist yet"
        raise KnowledgeError((Finding(str(store), None, "the store is not a whole ontology", hint),))


def _check_names(documents: Mapping[str, str]) -> None:
    """Loaders come from other packages too: what they name must lie inside the store."""
    findings = [
        Finding(
            name, None, "it is no name of a file in a store", f"begin with one of {', '.join(DATA_FOLDERS)}", "path"
        )
        for name in documents
        if not name.endswith(SUFFIXES)
        or "\\" in name
        or PurePosixPath(name).as_posix() != name
        or len(PurePosixPath(name).parts) < 2
        or PurePosixPath(name).parts[0] not in DATA_FOLDERS
        or ".." in PurePosixPath(name).parts
    ]
    if findings:
        raise KnowledgeError(tuple(findings))


def _unwritable(store: Path, error: OSError) -> KnowledgeError:
    what = f"the store cannot be written: {error.strerror or error}"
    place = os.fspath(error.filename) if isinstance(error.filename, str | os.PathLike) else str(store)
    remedy = "nothing was changed; make room, or check its permissions, and load again"
    return KnowledgeError((Finding(place, None, what, remedy, "store"),))
