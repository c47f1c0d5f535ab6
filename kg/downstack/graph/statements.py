"""The statements of some Turtle files as plain Python, arranged for checking; and where in the text they stand.

The parser says what a file states but not on which line. Lines are therefore looked up afterwards, and only for the few
statements that are wrong: the subject's block first, then the predicate in it, then the object.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple, Protocol

from downstack.vocabulary import DSO, RDF, RDFS

MAX_SUPERCLASSES = 64
"""Of one class, at any distance."""


class Text(NamedTuple):
    """A literal: its lexical form, its datatype and its language."""

    value: str
    datatype: str
    language: str | None


Value = str | Text
"""The object of a statement: an IRI (or a blank node, ``_:...``), or a literal."""


Node = dict[str, tuple[Value, ...] | list[Value]]
"""Predicate to objects, of one subject: a list only where there are several."""


class Stated(Protocol):
    """What is read of one file; see :class:`downstack.graph.documents.Document`."""

    @property
    def path(self) -> str:
        """The name that it is reported under."""
        ...

    @property
    def nodes(self) -> dict[str, Node]:
        """What it states, by subject."""
        ...

    @property
    def count(self) -> int:
        """How many triples."""
        ...


class Statements:
    """All statements of some files by subject and predicate; it is known in which files each subject occurs."""

    def __init__(self, documents: Iterable[Stated] = ()) -> None:
        self.nodes: dict[str, Node] = {}
        self.by_type: dict[str, list[str]] = defaultdict(list)
        self.count = 0
        """Triples, repetitions included."""
        self.too_deep: str | None = None
        """A class with more superclasses than :data:`MAX_SUPERCLASSES`, once :meth:`superclasses` has met one."""
        self._documents: list[Stated] = []
        self._homes: dict[str, int | list[int]] = {}
        for document in documents:
            self.add(document)

    def add(self, document: Stated) -> None:
        """Add all statements of one file; what no other file speaks of is taken over as it is."""
        home = len(self._documents)
        self._documents.append(document)
        self.count += document.count
        nodes, by_type, homes = self.nodes, self.by_type, self._homes
        for subject, node in document.nodes.items():
            if subject not in nodes:
                nodes[subject] = node
                homes[subject] = home
            else:
                self._join(home, subject, node)
            for value in node.get(RDF_TYPE, ()):
                if isinstance(value, str):
                    by_type[value].append(subject)

    def _join(self, home: int, subject: str, node: Node) -> None:
        homes = self._homes[subject]
        if isinstance(homes, int):
            homes = self._homes[subject] = [homes]
            # The node of the first file stays what that file states.
            self.nodes[subject] = dict(self.nodes[subject])
        homes.append(home)
        whole = self.nodes[subject]
        for predicate, values in node.items():
            held = whole.get(predicate)
            whole[predicate] = values if held is None else [*held, *values]

    def homes(self, subject: str) -> Sequence[int]:
        """Return the numbers of the files that state something of a subject, in order."""
        found = self._homes.get(subject, [])
        return [found] if isinstance(found, int) else found

    def typed_in(self) -> dict[str, str]:
        """Return the file that first says what a subject is, for every subject that has a type."""
        return {
            subject: document.path
            for document in reversed(self._documents)
            for subject, node in document.nodes.items()
            if RDF_TYPE in node
        }

    def values(self, subject: str, predicate: str) -> Sequence[Value]:
        """Return all objects of a subject and predicate, repetitions included."""
        node = self.nodes.get(subject)
        return () if node is None else node.get(predicate, ())

    def iris(self, subject: str, predicate: str) -> list[str]:
        """Return the objects that are IRIs."""
        return [value for value in self.values(subject, predicate) if isinstance(value, str)]

    def text(self, subject: str, predicate: str) -> str | None:
        """Return the lexical form of the first literal, or None."""
        return next((value.value for value in self.values(subject, predicate) if isinstance(value, Text)), None)

    def instances(self, name: str) -> list[str]:
        """Return the subjects that are stated to be of a class of the vocabulary, each once, in order."""
        return list(dict.fromkeys(self.by_type.get(DSO + name, ())))

    def superclasses(self) -> dict[str, frozenset[str]]:
        """Return every class that has a superclass or is one, with itself and all its superclasses.

        Where a class has more than :data:`MAX_SUPERCLASSES`, the graph is refused, so that the others are not sought.
        """
        direct: dict[str, list[str]] = {
            subject: self.iris(subject, SUBCLASS_OF) for subject in self.nodes if SUBCLASS_OF in self.nodes[subject]
        }
        closures: dict[str, frozenset[str]] = {}
        for name in dict.fromkeys([*direct, *(parent for parents in direct.values() for parent in parents)]):
            found, waiting = {name}, [name]
            while waiting and self.too_deep is None:
                for parent in direct.get(waiting.pop(), ()):
                    if parent not in found:
                        found.add(parent)
                        waiting.append(parent)
                if len(found) > MAX_SUPERCLASSES + 1:
                    self.too_deep = name
            closures[name] = frozenset(found)
        return closures


RDF_TYPE = RDF + "type"
SUBCLASS_OF = RDFS + "subClassOf"

_PREFIX = re.compile(r"^\s*@?prefix\s+([\w.-]*):\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)
_END_OF_BLOCK = re.compile(r"\.[ \t]*(?:#[^\n\"]*)?$", re.MULTILINE)


def line_of(text: str, subject: str, predicate: str | None = None, value: Value | None = None) -> int | None:
    """Return the line (from 1) on which a statement stands, as exactly as it can be found.

    Parameters
    ----------
    text
        The Turtle file.
    subject, predicate, value
        The statement; without a predicate, the line on which the subject's block begins.

    Returns
    -------
    The line of the predicate with that value, of the predicate, or of the subject; None when the subject is not in the
    file (a blank node has no name to look for).
    """
    prefixes = tuple(_PREFIX.findall(text))
    first: int | None = None
    for start, end in _blocks(text, _spellings(prefixes, subject)):
        if first is None:
            first = start
        if predicate is None:
            break
        place = _predicate_place(text, start, end, prefixes, predicate, value)
        if place is not None:
            return _line(text, place)
    return None if first is None else _line(text, first)


def has_statement(text: str, subject: str, predicate: str) -> bool:
    """Return whether a file states something of that subject with that predicate, judged by its text."""
    prefixes = tuple(_PREFIX.findall(text))
    return any(
        _predicate_place(text, start, end, prefixes, predicate, None) is not None
        for start, end in _blocks(text, _spellings(prefixes, subject))
    )


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _spellings(prefixes: Iterable[tuple[str, str]], iri: str) -> tuple[str, ...]:
    found = [f"<{iri}>"]
    found += [
        f"{prefix}:{iri[len(namespace) :]}" for prefix, namespace in prefixes if namespace and iri.startswith(namespace)
    ]
    if iri == RDF_TYPE:
        found.append("a")
    return tuple(found)


@cache
def _pattern(spellings: tuple[str, ...], *, at_line_start: bool) -> re.Pattern[str]:
    names = "|".join(re.escape(item) for item in spellings)
    before = r"^[ \t]*" if at_line_start else r"(?:(?<=[\s;,\[])|^)"
    return re.compile(rf"{before}(?P<name>{names})(?=[\s;,\[\]\"<]|\.\s|$)", re.MULTILINE)


def _blocks(text: str, spellings: tuple[str, ...]) -> Iterable[tuple[int, int]]:
    for match in _pattern(spellings, at_line_start=True).finditer(text):
        start = match.start("name")
        end = _END_OF_BLOCK.search(text, start)
        yield start, len(text) if end is None else end.end()


def _predicate_place(
    text: str, start: int, end: int, prefixes: tuple[tuple[str, str], ...], predicate: str, value: Value | None
) -> int | None:
    places = [
        match.start("name")
        for match in _pattern(_spellings(prefixes, predicate), at_line_start=False).finditer(text, start, end)
        if match.start("name") > start
    ]
    if not places or value is None:
        return places[0] if places else None
    wanted = _spellings(prefixes, value) if isinstance(value, str) else (value.value,)
    for place, stop in zip(places, [*places[1:], end], strict=True):
        found = [position for name in wanted if (position := text.find(name, place, stop)) >= 0]
        if found:
            # A list of objects may run over several lines: the line of the object itself is the better answer.
            return min(found)
    return places[0]
