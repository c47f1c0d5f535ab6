"""Whole versions of the graph, into a store of triples and out of it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError
from downstack.graph.documents import Document, Pool, stored_document
from downstack.graph.releases import pick_release, shapes_digest
from downstack.graph.stores.adapter import Part, Reading, TripleStore, Writing
from downstack.graph.stores.heads import Head, Piece, StoredFile, head_part, index_parts, read_head, read_index
from downstack.graph.stores.parts import GRAPH, SPELLING, anonymous, cut, named, spelling, whole
from downstack.results.releases import Release


@dataclass(frozen=True, slots=True)
class Version:
    """A release, its files, and whether they conform to the shapes of this version of the product for certain."""

    release: Release
    documents: tuple[Document, ...]
    checked: bool
    history: tuple[Release, ...]
    """All releases of the store when it was read, oldest first."""


def heads(reading: Reading, store: str, last: str | None = None) -> tuple[Head, ...]:
    """Return the releases of a store, oldest first; the last one is where the pointer is, unless another is named."""
    name = last or reading.current()
    if name is None:
        return ()
    (part,) = reading.parts({name: 1})
    newest = read_head(part, store)
    earlier = [read_head(part, store) for part in reading.parts(dict.fromkeys(newest.before, 100))]
    return (*earlier, newest)


def read_releases(store: TripleStore) -> tuple[Release, ...]:
    """Return the releases of a store, oldest first.

    Raises
    ------
    KnowledgeError
        If the store cannot be read.
    """
    with store.reading() as reading:
        return tuple(head.release for head in heads(reading, store.name))


def read_version(store: TripleStore, wanted: str | None = None) -> Version:
    """Read a release of a store; the newest unless one is asked for.

    A part at a time: beside what is read, memory holds two thousand triples.

    Raises
    ------
    KnowledgeError
        If the store cannot be read, holds nothing, or is not what was written.
    UserInputError
        If there is no such release.
    """
    with store.reading() as reading:
        history = heads(reading, store.name)
        if not history:
            raise empty(store)
        release = pick_release([head.release for head in history], wanted, store.name)
        head = [head for head in history if head.release == release][-1]
        documents = tuple(read_documents(reading, read_files(reading, head, store.name), store.name))
    releases = tuple(head.release for head in history)
    return Version(head.release, documents, head.shapes == shapes_digest(), releases)


def empty(store: TripleStore) -> KnowledgeError:
    """Return the error about a store that holds no version."""
    remedy = "copy a version into it: downstack copy bundled STORE"
    return KnowledgeError((Finding(store.name, None, "nothing was written into this store yet", remedy, "store"),))


def read_files(reading: Reading, head: Head, store: str) -> tuple[StoredFile, ...]:
    """Return the files of a release."""
    found = reading.parts({piece.graph: piece.triples for piece in head.index})
    return read_index(triple for part in found for triple in whole(part, (), store, reading.digits))


def read_documents(reading: Reading, files: Sequence[StoredFile], store: str) -> Iterator[Document]:
    """Yield the documents of some files, as they were written."""
    pool = Pool()
    uses = Counter(piece.hash for file in files for piece in file.pieces)
    # Two files may state the same; the part is asked for once, and kept as long as it is needed.
    shared: dict[str, list[ox.Triple]] = {}
    found = whole_parts(reading, {piece.hash: piece for file in files for piece in file.pieces}.values(), store)
    for file in files:
        triples: list[ox.Triple] = []
        for piece in file.pieces:
            part = shared.get(piece.hash) or next(found)
            if uses[piece.hash] > 1:
                shared[piece.hash] = part
            triples += part
        triples.sort(key=str)
        yield stored_document(file.path, map(anonymous, triples), file.digest, file.triples, pool)


def whole_parts(reading: Reading, pieces: Iterable[Piece], store: str) -> Iterator[list[ox.Triple]]:
    """Yield the triples of some parts, each checked against its name.

    Raises
    ------
    KnowledgeError
        If one of them is not what was written.
    """
    sizes: dict[str, int] = {}
    for piece in pieces:
        sizes[piece.graph] = piece.triples
        if piece.spellings:
            sizes[piece.graph + SPELLING] = piece.spellings
    found = reading.parts(sizes)
    for part in found:
        kept = next(found)[1] if part[0] + SPELLING in sizes else ()
        yield whole(part, kept, store, reading.digits)


@dataclass(frozen=True, slots=True)
class Entry:
    """A release that is to be written."""

    release: Release
    documents: Sequence[Document]
    shapes: str
    """The digest of the shapes that it was checked against; empty where it was not."""


def append(store: TripleStore, entries: Sequence[Entry], expected: Sequence[Release] | None = None) -> bool:
    """Write releases behind those that are there; the last one answers from then on. All of it or nothing.

    What was written is read again and compared before the pointer moves; so is what it shares with the releases before, unless
    that was just read for `expected`.

    Parameters
    ----------
    store
        Where to.
    entries
        The releases, oldest first.
    expected
        The history that they were made from; any unless given.

    Returns
    -------
    False when the store answers with the last of them already, and nothing was written.

    Raises
    ------
    KnowledgeError
        If it cannot be written, or somebody has written meanwhile; the store is what it was then.
    """
    with store.writing() as writing:
        history = heads(writing, store.name)
        held = tuple(head.release for head in history)
        if expected is not None and held != tuple(expected):
            raise overtaken(store.name)
        if held and held[-1].id == entries[-1].release.id:
            return False
        files = read_files(writing, history[-1], store.name) if history else ()
        known = {piece.hash: piece for file in files for piece in file.pieces}
        before = [*history[-1].before, history[-1].graph] if history else []
        for entry in entries:
            before.append(_write(writing, entry, known, before, store.name, expected is not None))
        writing.point(history[-1].graph if history else None, before[-1])
        writing.tidy(reached(writing, store.name))
    return True


def overtaken(store: str) -> KnowledgeError:
    """Return the error of a writer whom another one has overtaken."""
    what = "another load was written into it meanwhile"
    return KnowledgeError((Finding(store, None, what, "nothing was changed; load again", "lock"),))


def _write(
    writing: Writing, entry: Entry, known: dict[str, Piece], before: Sequence[str], store: str, trusted: bool
) -> str:
    files: list[StoredFile] = []
    fresh: dict[str, Piece] = {}

    def parts() -> Iterator[Part]:
        for document in entry.documents:
            pieces: list[Piece] = []
            for part in cut(named(document.triples, document.digest)):
                name = part[0].removeprefix(GRAPH)
                if name not in known and name not in fresh:
                    kept = spelling(part)
                    fresh[name] = Piece(name, len(part[1]), 0 if kept is None else len(kept[1]))
                    yield part
                    if kept is not None:
                        yield kept
                pieces.append(known.get(name) or fresh[name])
            files.append(StoredFile(document.path, document.digest, document.count, tuple(pieces)))

    writing.write(parts())
    index = index_parts(files)
    writing.write(index)
    pieces = [Piece(name.removeprefix(GRAPH), len(triples), 0) for name, triples in index]
    head = head_part(entry.release, entry.shapes, before, pieces)
    writing.write([head])
    # A store that drops or rounds something is found out now, while the version before still answers.
    doubtful = {**fresh, **({} if trusted else {piece.hash: piece for file in files for piece in file.pieces})}
    for _ in whole_parts(writing, [*doubtful.values(), *pieces], store):
        pass
    read_head(next(writing.parts({head[0]: len(head[1])})), store)
    known.update(fresh)
    return head[0]


def reached(reading: Reading, store: str) -> Iterator[str]:
    """Yield the name of every graph that the pointer leads to."""
    for head in heads(reading, store):
        yield head.graph
        yield from (piece.graph for piece in head.index)
        for file in read_files(reading, head, store):
            for piece in file.pieces:
                yield piece.graph
                yield piece.graph + SPELLING
