"""Read Turtle and N-Triples: from bytes to statements, in one pass, with every name kept once.

Nothing is fetched: files are read as bytes with an explicit format, and no import or context is ever followed.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError, UserInputError
from downstack.graph.quoted import QUOTED, quoted_triple_line
from downstack.graph.statements import Node, Text, Value
from downstack.vocabulary import RDF

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_LARGE_FILE_BYTES = 16 * 1024**3
"""With ``large``: a graph of a hundred million triples; what is larger than that is no knowledge but a mistake."""
MAX_FILES = 50_000
MAX_LARGE_FILES = 1_000_000
DATA_FOLDERS = ("terms", "facts", "influences", "uncertainty", "supply", "calibration", "scenarios")
"""The folders of an ontology whose Turtle is the graph; shapes and questions are about it, functions are generated."""
GENERATED = "functions/functions.ttl"
"""The description of the functions, which belongs to every graph and is in no store."""
SUFFIXES = (".ttl", ".nt")
SHORT = 32
"""Characters up to which a literal is kept once however often it is stated: words, dates, units."""
LANGUAGE_STRING = RDF + "langString"

_scopes = count()


@dataclass(frozen=True, slots=True)
class Document:
    """One Turtle file: the name it is reported under, its text, and what it states."""

    path: str
    text: str
    """Empty where the triples came from a store of triples, which keeps no text."""
    nodes: dict[str, Node]
    """Subject to predicate to objects; a blank node is ``_:`` and a name that no other document has."""
    count: int
    """How many triples."""
    kept_digest: str = ""
    """Of a document without a text, the digest of the text that was once read."""

    @property
    def digest(self) -> str:
        """The SHA-256 of the text."""
        return self.kept_digest or digest_of(self.text)

    @property
    def triples(self) -> list[ox.Triple]:
        """The triples: as the parser gives them, read again from the text, or as they came from a store, in order."""
        if self.kept_digest:
            return sorted(_triples(self.nodes), key=str)
        return [quad.triple for quad in ox.parse(self.text.encode(), format=format_of(self.path))]


class Pool:
    """The names and short literals that were met, each as one object, shared by the documents that are read together."""

    def __init__(self) -> None:
        self.names: dict[str, tuple[Value]] = {}
        self.texts: dict[Text, tuple[Value]] = {}
        self.types: dict[str, str] = {}


def parse_document(path: str, text: str, pool: Pool | None = None) -> Document:
    """Parse Turtle that is already in memory; N-Triples where the path ends in ``.nt``.

    Raises
    ------
    KnowledgeError
        If it is not Turtle, or quotes a triple; the finding names the line.
    """
    quoted = quoted_triple_line(text)
    if quoted is not None:
        finding = Finding(path, quoted, QUOTED, "the vocabulary has none: remove it", "syntax")
        raise KnowledgeError((finding,))
    try:
        nodes, size = _nodes(ox.parse(text.encode(), format=format_of(path)), Pool() if pool is None else pool)
    except SyntaxError as error:
        what = (error.msg or "not Turtle").partition(": ")[2] or "not Turtle"
        finding = Finding(path, error.lineno, f"not Turtle: {what}", "correct the syntax", "syntax")
        raise KnowledgeError((finding,)) from None
    return Document(path, text, nodes, size)


def stored_document(
    path: str, triples: Iterable[ox.Triple], digest: str, count: int, pool: Pool | None = None
) -> Document:
    """Return what a store of triples gives back of a file, without its text.

    Parameters
    ----------
    path
        The name of the file.
    triples
        What it states, in an order that is always the same.
    digest
        The SHA-256 of its text.
    count
        How many triples the text has, repetitions included.
    pool
        Names that are known already.
    """
    return Document(path, "", _nodes(triples, Pool() if pool is None else pool)[0], count, digest)


def digest_of(text: str) -> str:
    """Return the SHA-256 of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_hash(documents: Sequence[Document], extra: Iterable[str] = ()) -> str:
    """Return the version of a graph: a hash of every file's name and content, and of what else decides answers."""
    return hash_of(((document.path, document.digest) for document in documents), extra)


def hash_of(digests: Iterable[tuple[str, str]], extra: Iterable[str] = ()) -> str:
    """Return the version of a graph by the names and the digests of its files."""
    digest = hashlib.sha256()
    for path, held in sorted(digests):
        digest.update(hashlib.sha256(path.encode()).digest())
        digest.update(bytes.fromhex(held))
    for text in extra:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:16]


def _triples(nodes: dict[str, Node]) -> Iterator[ox.Triple]:
    def named(name: str) -> ox.NamedNode | ox.BlankNode:
        return ox.BlankNode(name[2:].replace(".", "x")) if name.startswith("_:") else ox.NamedNode(name)

    for subject, node in nodes.items():
        for predicate, values in node.items():
            for value in values:
                yield ox.Triple(named(subject), ox.NamedNode(predicate), _literal(value) or named(str(value)))


def _literal(value: Value) -> ox.Literal | None:
    if isinstance(value, str):
        return None
    if value.language is not None:
        return ox.Literal(value.value, language=value.language)
    return ox.Literal(value.value, datatype=ox.NamedNode(value.datatype))


def changed() -> UserInputError:
    """Return the error of files that are others than a graph was opened with."""
    return UserInputError(
        "the files of the graph have changed since it was opened", field="store", hint="open the graph again"
    )


def format_of(path: str) -> ox.RdfFormat:
    """Return what a document of that name is written in."""
    return ox.RdfFormat.N_TRIPLES if path.endswith(".nt") else ox.RdfFormat.TURTLE


def _nodes(quads: Iterable[ox.Quad | ox.Triple], pool: Pool) -> tuple[dict[str, Node], int]:
    # A million times: names are looked up once, calls are few, and a single object needs no list of its own.
    scope = f"_:{next(_scopes)}."
    nodes: dict[str, Node] = {}
    names, texts, types = pool.names, pool.texts, pool.types
    named, literal, new_tuple = ox.NamedNode, ox.Literal, tuple.__new__
    size, before, node = 0, "", dict[str, "tuple[Value, ...] | list[Value]"]()
    for size, quad in enumerate(quads, 1):  # noqa: B007 - the last number is the size
        term = quad.subject
        name = term.value if isinstance(term, named) else scope + str(term)[2:]
        if name != before:
            before = name
            cell = names.get(name)
            if cell is None:
                cell = names[name] = (name,)
            # The cells of names hold texts; one type serves them and those of literals.
            node = nodes.setdefault(cell[0], {})  # type: ignore[arg-type]
        name = quad.predicate.value
        cell = names.get(name)
        if cell is None:
            cell = names[name] = (name,)
        # As above: a name is a text.
        predicate: str = cell[0]  # type: ignore[assignment]
        thing = quad.object
        if isinstance(thing, named):
            name = thing.value
            cell = names.get(name)
            if cell is None:
                cell = names[name] = (name,)
        elif isinstance(thing, literal):
            language = thing.language
            datatype = thing.datatype.value if language is None else LANGUAGE_STRING
            text = new_tuple(Text, (thing.value, types.setdefault(datatype, datatype), language))
            if len(text[0]) > SHORT:
                cell = (text,)
            else:
                cell = texts.get(text)
                if cell is None:
                    cell = texts[text] = (text,)
        else:
            cell = (scope + str(thing)[2:],)
        held = node.get(predicate)
        if held is None:
            node[predicate] = cell
        elif isinstance(held, list):
            held.append(cell[0])
        else:
            node[predicate] = [*held, cell[0]]
    return nodes, size


def read_documents(path: Path, pool: Pool | None = None, *, large: bool = False) -> tuple[Document, ...]:
    """Read one file, or all ``*.ttl`` and ``*.nt`` files of a folder and the folders in it, in the order of their names.

    Files of a folder are reported as ``folder/sub/name.ttl``. Links are followed only to files inside the folder.

    Parameters
    ----------
    path
        The file or folder.
    pool
        Names that are known already; shared by documents that are read together.
    large
        Allow files of gigabytes.

    Raises
    ------
    KnowledgeError
        With a finding for every file that cannot be read: not UTF-8, not Turtle, too large, a link that leads outside.
    """
    documents: list[Document] = []
    findings: list[Finding] = []
    shared = Pool() if pool is None else pool
    for file, label in list_files(path, large=large):
        try:
            documents.append(parse_document(label, _read(file, label, path, large), shared))
        except KnowledgeError as error:
            findings.extend(error.findings)
    if findings:
        raise KnowledgeError(tuple(findings))
    return tuple(documents)


def read_texts(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the names and the texts of all files of an ontology, unparsed and however large.

    Raises
    ------
    KnowledgeError
        If one cannot be read.
    """
    for name in DATA_FOLDERS:
        folder = root / name
        if folder.is_dir():
            for file, label in list_files(folder, large=True):
                yield label, _read(file, label, folder, large=True)


def list_files(path: Path, *, large: bool = False) -> Iterator[tuple[Path, str]]:
    """Yield the files that :func:`read_documents` reads, with the names that they are reported under.

    Raises
    ------
    KnowledgeError
        If there are too many.
    """
    if not path.is_dir():
        yield path, str(path)
        return
    most = MAX_LARGE_FILES if large else MAX_FILES
    found, above = 0, len(str(path))
    for parent, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if not name.endswith(SUFFIXES):
                continue
            found += 1
            if found > most:
                raise KnowledgeError(
                    (Finding(str(path), None, f"more than {most} files", "load them in parts", "size"),)
                )
            yield Path(parent, name), f"{path.name}{parent[above:].replace(os.sep, '/')}/{name}"


def _read(file: Path, label: str, root: Path, large: bool) -> str:
    def refuse(line: int | None, what: str, remedy: str) -> KnowledgeError:
        return KnowledgeError((Finding(label, line, what, remedy, "file"),))

    most = MAX_LARGE_FILE_BYTES if large else MAX_FILE_BYTES
    try:
        # Folders that are links are not gone into, so only the file itself can lead elsewhere.
        if file.is_symlink() and root.is_dir() and not file.resolve().is_relative_to(root.resolve()):
            raise refuse(None, "a link that leads out of the folder", "copy the file into the folder")
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise refuse(None, "not a regular file", "give a Turtle file")
        if status.st_size > most:
            remedy = "split it into one file per subject" if large else "split it, or say that it is meant: --large"
            raise refuse(None, f"larger than {most // 2**20} MiB", remedy)
        content = file.read_bytes()
    except OSError as error:
        raise refuse(None, f"cannot be read: {error.strerror}", "check the path and its permissions") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(line, f"not UTF-8 at byte {error.start}", "save the file as UTF-8") from None
