"""How a release is described in a store of triples: its head, and the index of its files.

::

    <https://w3id.org/downstack/store>              the pointer: <store> <store#current> <release/HASH>
    <https://w3id.org/downstack/release/HASH>       the head: the record of the release, the releases before it, its index
    <https://w3id.org/downstack/graph/HASH>         a part of an index: path, digest and parts of every file
    <https://w3id.org/downstack/graph/HASH>         a part of a file: its triples
    <https://w3id.org/downstack/graph/HASH#spelling>    how some literals of that part are spelled

Each HASH is over what the graph states, so the pointer alone says what everything below it must be. All literals of heads and
indexes are plain strings, which no store respells.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from downstack.graph.documents import DATA_FOLDERS
from downstack.graph.releases import record_of, release_of
from downstack.graph.stores.adapter import STORE, Part
from downstack.graph.stores.parts import GRAPH, changed, cut, digest
from downstack.results.releases import Release

RELEASE = "https://w3id.org/downstack/release/"
FILE = "https://w3id.org/downstack/file/"
_SUBJECT = ox.NamedNode(STORE + "#release")
"""A head is called by its hash, so it cannot name itself."""


def _term(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{STORE}#{name}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file: its hash, its size, and the size of its spellings."""

    hash: str
    triples: int
    spellings: int

    @property
    def graph(self) -> str:
        """The name of the named graph."""
        return GRAPH + self.hash


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a release."""

    path: str
    digest: str
    """The SHA-256 of its text."""
    triples: int
    """Repetitions included."""
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """A release as a store keeps it."""

    graph: str
    release: Release
    shapes: str
    """The digest of the shapes that it was checked against; empty where it was not."""
    before: tuple[str, ...]
    """The graphs of the earlier heads, oldest first."""
    index: tuple[Piece, ...]


def index_parts(files: Iterable[StoredFile]) -> list[Part]:
    """Return the index of a release as parts."""
    triples: list[ox.Triple] = []
    for file in files:
        name = hashlib.sha256(f"{file.path}\0{file.digest}".encode()).hexdigest()
        subject = ox.NamedNode(FILE + name)
        said = [("path", file.path), ("text", file.digest), ("triples", str(file.triples))]
        said += [("part", _piece(piece)) for piece in file.pieces]
        triples += [ox.Triple(subject, _term(predicate), ox.Literal(value)) for predicate, value in said]
    return list(cut(triples))


def read_index(triples: Iterable[ox.Triple]) -> tuple[StoredFile, ...]:
    """Return the files of a release, in the order in which they are read from a folder."""
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for triple in triples:
        said[str(triple.subject)][triple.predicate.value.removeprefix(STORE + "#")].append(_text(triple))
    found = [
        StoredFile(
            path=item["path"][0],
            digest=item["text"][0],
            triples=int(item["triples"][0]),
            pieces=tuple(sorted((_read_piece(text) for text in item["part"]), key=lambda piece: piece.hash)),
        )
        for item in said.values()
    ]
    return tuple(sorted(found, key=_place))


def _place(file: StoredFile) -> tuple[int, tuple[tuple[bool, str], ...]]:
    """A folder's own files come before those of the folders in it."""
    *folders, name = file.path.split("/")
    first = DATA_FOLDERS.index(folders[0]) if folders and folders[0] in DATA_FOLDERS else len(DATA_FOLDERS)
    return first, (*((True, folder) for folder in folders), (False, name))


def head_part(release: Release, shapes: str, before: Sequence[str], index: Sequence[Piece]) -> Part:
    """Return the graph of a head."""
    said = [("record", json.dumps(record_of(release), ensure_ascii=False, sort_keys=True)), ("shapes", shapes)]
    said += [("before", f"{number:06} {name.removeprefix(RELEASE)}") for number, name in enumerate(before)]
    said += [("index", _piece(piece)) for piece in index]
    triples = [ox.Triple(_SUBJECT, _term(predicate), ox.Literal(value)) for predicate, value in said]
    return RELEASE + digest(map(str, triples)), triples


def read_head(part: Part, store: str) -> Head:
    """Return what a head says.

    Raises
    ------
    KnowledgeError
        If it is not what was written.
    """
    name, triples = part
    if not triples:
        raise changed(store, name, "the release is not there")
    if RELEASE + digest({str(triple) for triple in triples}) != name:
        raise changed(store, name, "the release is not what was written")
    said: dict[str, list[str]] = defaultdict(list)
    for triple in triples:
        said[triple.predicate.value.removeprefix(STORE + "#")].append(_text(triple))
    return Head(
        graph=name,
        release=release_of(json.loads(said["record"][0])),
        shapes=said["shapes"][0],
        before=tuple(RELEASE + text.partition(" ")[2] for text in sorted(said["before"])),
        index=tuple(_read_piece(text) for text in sorted(said["index"])),
    )


def _text(triple: ox.Triple) -> str:
    return triple.object.value if isinstance(triple.object, ox.Literal) else ""


def _piece(piece: Piece) -> str:
    return f"{piece.hash} {piece.triples} {piece.spellings}"


def _read_piece(text: str) -> Piece:
    name, triples, spellings = text.split(" ")
    return Piece(name, int(triples), int(spellings))
