"""What a store of triples must be able to do; all else is built on it.

A store keeps named graphs, each written once and never changed, and one pointer: the name of the release that answers.
Writing graphs that the pointer does not lead to changes nothing for anybody; moving the pointer changes everything at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pyoxigraph as ox

STORE = "https://w3id.org/downstack/store"
"""The graph of the pointer, and what it says something of."""
CURRENT = STORE + "#current"
"""The pointer: from the store to the release that answers."""

Part = tuple[str, Sequence[ox.Triple]]
"""A named graph and all of its triples, of which there are never more than a part has."""


class Reading(Protocol):
    """A store that is open for reading."""

    @property
    def digits(self) -> int:
        """How many digits of a number it gives back for certain."""
        ...

    def current(self) -> str | None:
        """Return the name of the release that answers; None where nothing was written yet."""
        ...

    def parts(self, sizes: Mapping[str, int]) -> Iterator[Part]:
        """Yield named graphs in the order in which they were asked for; an absent one has no triples.

        Parameters
        ----------
        sizes
            The names, each with the number of triples that the graph has.
        """
        ...


class Writing(Reading, Protocol):
    """A store that is open for writing, by one writer where the store can tell."""

    def write(self, parts: Iterable[Part]) -> None:
        """Add named graphs; of one that a dead writer left, what is missing is added."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove named graphs."""
        ...

    def point(self, before: str | None, after: str) -> None:
        """Move the pointer, unless somebody has moved it meanwhile.

        Raises
        ------
        KnowledgeError
            If the pointer was not where it was said to be; it stays there.
        """
        ...

    def tidy(self, kept: Iterable[str]) -> None:
        """Remove graphs that nothing leads to, where it is certain that nobody is writing them."""
        ...


class TripleStore(Protocol):
    """A place that keeps versions of the graph as triples."""

    @property
    def name(self) -> str:
        """What it is called in messages: never with anything that is secret."""
        ...

    def reading(self) -> AbstractContextManager[Reading]:
        """Open it for reading.

        Raises
        ------
        KnowledgeError
            If it cannot be opened.
        """
        ...

    def writing(self) -> AbstractContextManager[Writing]:
        """Open it for writing; it is made where it does not exist.

        Raises
        ------
        KnowledgeError
            If it cannot be opened, or somebody else is writing.
        """
        ...
