"""All releases of a store in one file, and back; whatever is damaged is found out on the way.

Of a store of triples the file is compressed N-Quads, one named graph after the other, each called by the hash of what it states,
and the pointer last: a file that was cut off has none. Of Turtle it is an archive of the files, with their digests.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError, UserInputError
from downstack.graph.quoted import quoted_triple_line
from downstack.graph.releases import NEW
from downstack.graph.stores.adapter import CURRENT, STORE, Part, TripleStore, Writing
from downstack.graph.stores.archive import is_archive, pack, unpack
from downstack.graph.stores.copying import target_store
from downstack.graph.stores.heads import RELEASE, Piece
from downstack.graph.stores.parts import GRAPH, SPELLING, digest, spelling, whole
from downstack.graph.stores.places import triple_store
from downstack.graph.stores.versions import empty, heads, reached, read_files, whole_parts
from downstack.results.releases import Release

BATCH = 100
"""Parts that are compared with a store at a time."""
LINES = 5_000
MAX_LINE = 16 * 1024 * 1024
"""Bytes of one statement."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    releases: tuple[Release, ...]
    graphs: int
    """Named graphs, or files of Turtle."""


def back_up(store: str, file: Path, *, force: bool = False) -> Backup:
    """Write all releases of a store into one file, each checked against its hashes; the file is whole or not there.

    Raises
    ------
    KnowledgeError
        If the store is damaged, or the file cannot be written.
    UserInputError
        If the file is there already and is not to be replaced.
    """
    if file.exists() and not force:
        raise UserInputError(f"{file} is there already", field="file", hint="name another file, or add --force")
    triples = triple_store(store)
    fresh = file.with_name(file.name + NEW)
    try:
        with fresh.open("wb") as output:
            found = pack(Path(store), output) if triples is None else _write(triples, output)
            output.flush()
            os.fsync(output.fileno())
        fresh.replace(file)
    except OSError as error:
        raise KnowledgeError(
            (
                Finding(
                    str(file), None, f"it cannot be written: {error.strerror or error}", "make room, or name another"
                ),
            )
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
    return Backup(*found)


def restore(file: Path, store: str, *, force: bool = False) -> Backup:
    """Write what a backup holds into a store, and let its last release answer.

    Parameters
    ----------
    file
        The backup.
    store
        An Oxigraph directory, a directory that does not exist yet, or the address of an endpoint.
    force
        Replace what a store answers with that the backup knows nothing of.

    Raises
    ------
    KnowledgeError
        If the file is damaged, or the store cannot be written; it is what it was then.
    UserInputError
        If the store holds releases that are not in the backup.
    """
    try:
        if is_archive(file):
            return Backup(*unpack(file, Path(store)))
        return _read(file, target_store(store), force=force)
    except EOFError:
        raise _broken(file, "it ends too early") from None
    except (gzip.BadGzipFile, SyntaxError, ValueError) as error:
        raise _broken(file, f"it is no backup: {error}") from None
    except OSError as error:
        raise _broken(file, f"it cannot be read: {error.strerror or error}") from None


def _write(store: TripleStore, output: IO[bytes]) -> tuple[tuple[Release, ...], int]:
    graphs = 0
    with store.reading() as reading, gzip.open(output, "wb") as file:
        history = heads(reading, store.name)
        if not history:
            raise empty(store)
        pieces: dict[str, Piece] = {}
        for head in history:
            pieces.update((piece.hash, piece) for piece in head.index)
            for item in read_files(reading, head, store.name):
                pieces.update((piece.hash, piece) for piece in item.pieces)
        names = (piece.graph for piece in pieces.values())
        wholes = zip(names, whole_parts(reading, pieces.values(), store.name), strict=True)
        for name, triples in reading.parts({head.graph: len(head.index) + len(head.before) + 2 for head in history}):
            file.write(_lines(name, triples))
        for name, triples in wholes:
            file.write(_lines(name, triples))
            graphs += 1
        file.write(_lines(STORE, [_pointer(history[-1].graph)]))
    return tuple(head.release for head in history), graphs


def _pointer(release: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(STORE), ox.NamedNode(CURRENT), ox.NamedNode(release))


def _lines(name: str, triples: Iterable[ox.Triple]) -> bytes:
    return "".join(f"{triple} <{name}> .\n" for triple in triples).encode()


def _read(file: Path, store: TripleStore, *, force: bool) -> Backup:
    known, pointer = _check(file)
    with store.writing() as writing:
        held = writing.current()
        if held is not None and held not in known and not force:
            raise UserInputError(
                f"{store.name} answers with a release that is not in the backup",
                field="store",
                hint="restore into another store, or add --force",
            )
        for batch in _batches(_parts(file)):
            _complete(writing, dict(batch), store.name)
        found = heads(writing, store.name, pointer)
        pieces: dict[str, Piece] = {}
        for head in found:
            pieces.update((piece.hash, piece) for piece in head.index)
            for item in read_files(writing, head, store.name):
                pieces.update((piece.hash, piece) for piece in item.pieces)
        count = sum(1 for _ in whole_parts(writing, pieces.values(), store.name))
        if held != pointer:
            writing.point(held, pointer)
        writing.tidy(reached(writing, store.name))
    return Backup(tuple(head.release for head in found), count)


def _batches(parts: Iterator[Part]) -> Iterator[list[Part]]:
    while batch := list(islice(parts, BATCH)):
        yield batch


def _complete(writing: Writing, parts: Mapping[str, Sequence[ox.Triple]], store: str) -> None:
    """Write what a store lacks of some parts, and write anew what is damaged there."""
    wanted: dict[str, Part] = {}
    for part in parts.items():
        kept = spelling(part)
        wanted[part[0]] = part
        if kept is not None:
            wanted[kept[0]] = kept
    held = dict(writing.parts({name: len(part[1]) for name, part in wanted.items()}))
    lacking: list[str] = []
    for name in parts:
        try:
            whole((name, held[name]), held.get(name + SPELLING, ()), store, writing.digits)
        except KnowledgeError:
            lacking += [item for item in (name, name + SPELLING) if item in wanted]
    writing.remove([name for name in lacking if held[name]])
    writing.write(wanted[name] for name in lacking)


def _check(file: Path) -> tuple[frozenset[str], str]:
    """Return the releases of a backup and which of them answers, having looked at all of it."""
    known: set[str] = set()
    pointer = ""
    for name, triples in _graphs(file):
        if name == STORE:
            pointer = next((item.object.value for item in triples if isinstance(item.object, ox.NamedNode)), "")
        elif digest({str(triple) for triple in triples}) != name.removeprefix(RELEASE).removeprefix(GRAPH):
            raise _broken(file, f"<{name}> is not what was written")
        elif name.startswith(RELEASE):
            known.add(name)
    if pointer not in known:
        raise _broken(file, "it ends too early")
    return frozenset(known), pointer


def _parts(file: Path) -> Iterator[Part]:
    return (part for part in _graphs(file) if part[0] != STORE)


def _graphs(file: Path) -> Iterator[Part]:
    """Yield the graphs of a backup, one after the other."""
    with gzip.open(file, "rb") as content:
        quads = chain.from_iterable(_quads(file, block) for block in _blocks(file, cast("IO[bytes]", content)))
        for graph, items in groupby(quads, key=lambda quad: quad.graph_name):
            name = graph.value if isinstance(graph, ox.NamedNode) else ""
            if not name.startswith((GRAPH, RELEASE)) and name != STORE:
                raise _broken(file, "it holds statements that are in no part")
            yield name, [quad.triple for quad in items]


def _blocks(file: Path, content: IO[bytes]) -> Iterator[str]:
    """Yield some thousand lines at a time: a file that was made to be parsed for ever ends here."""
    block: list[bytes] = []
    while line := content.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise _broken(file, "a line of it has no end")
        block.append(line)
        if len(block) == LINES:
            yield b"".join(block).decode()
            block = []
    yield b"".join(block).decode()


def _quads(file: Path, block: str) -> Iterable[ox.Quad]:
    if quoted_triple_line(block) is not None:
        raise _broken(file, "it holds triples inside triples")
    return ox.parse(block, format=ox.RdfFormat.N_QUADS)


def _broken(file: Path, what: str) -> KnowledgeError:
    return KnowledgeError((Finding(str(file), None, what, "take another copy of the backup; nothing was changed"),))
