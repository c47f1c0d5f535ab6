"""One query on the store: its answer in parts, as they are written, or why there is none."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox

from downstack.errors import QueryError, QueryLimitError, QuerySizeError
from downstack.graph.sparql.channel import PART
from downstack.vocabulary import PREFIXES

_SOLUTIONS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_GRAPHS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}

_PREFIX = b"@prefix "

SAID = 500
"""Characters of what the library says that are passed on; a name of a query may be as long as a query."""


class _Output:
    """What an answer is written to: hands it on in parts, and refuses to become too large."""

    def __init__(self, hand_on: Callable[[bytes], object], most: int) -> None:
        self._hand_on = hand_on
        self._most = most
        self._size = 0
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._size += len(data)
        if self._size > self._most:
            raise QuerySizeError(
                f"the answer is larger than {self._most:,} bytes",
                hint="ask for less, or for parts with LIMIT and OFFSET; the whole graph is written by `downstack export`",
            )
        self._held += data
        if len(self._held) >= PART:
            self._hand_over()
        return len(data)

    def flush(self) -> None:
        """Do nothing: parts have a size of their own."""

    def close(self) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Hand on what is left."""
        if self._held:
            self._hand_over()

    def _hand_over(self) -> None:
        part = bytes(self._held)
        self._held.clear()
        self._hand_on(part)


class _Turtle(_Output):
    """Puts the prefixes in order, which are printed first and in another order on every run."""

    _sorted = False

    def _hand_over(self) -> None:
        if not self._sorted:
            # They are two thousand characters: the first part holds all of them.
            self._sorted = True
            lines = bytes(self._held).splitlines(keepends=True)
            count = next((number for number, line in enumerate(lines) if not line.startswith(_PREFIX)), len(lines))
            self._held[:] = b"".join((*sorted(lines[:count]), *lines[count:]))
        super()._hand_over()


def evaluate(store: ox.Store, text: str, format: str, most: int, hand_on: Callable[[bytes], object]) -> None:
    """Answer a query.

    Parameters
    ----------
    store
        The triples.
    text
        A query that was checked before.
    format
        A name of :mod:`downstack.graph.sparql.formats` that fits the form of the query.
    most
        Bytes that the answer may have.
    hand_on
        Takes the parts of the answer, one after another. What it raises ends the query; no OSError and no ValueError,
        which are taken for the query's.

    Raises
    ------
    QueryError
        If it cannot be parsed, calls a function that does not exist, or its answer is too large. Parts may have been handed
        on before.
    """
    try:
        found = store.query(text, prefixes=PREFIXES)
        output = (_Turtle if format == "turtle" else _Output)(hand_on, most)
        if isinstance(found, ox.QueryTriples):
            if format not in _GRAPHS:
                raise QueryError(f"triples cannot be written as {format}")
            if format == "turtle":
                # What a query gives is iterated like triples; the stubs name only lists of these.
                ox.serialize(found, output, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)  # type: ignore[arg-type]
            else:
                found.serialize(output, format=_GRAPHS[format])  # type: ignore[arg-type] # two methods of a file are enough
        else:
            if format not in _SOLUTIONS:
                raise QueryError(f"solutions cannot be written as {format}")
            # The stub asks for a file on the disk; any object that is written to will do.
            found.serialize(output, format=_SOLUTIONS[format])  # type: ignore[arg-type]
        output.finish()
    except SyntaxError as error:
        raise QueryError(f"not SPARQL 1.1: {(error.msg or str(error))[:SAID]}", hint="correct the query") from None
    except MemoryError:
        raise QueryLimitError("the query needs more memory than a query may have", hint="ask for less") from None
    except (RuntimeError, ValueError, OSError) as error:
        # What Oxigraph says of functions that do not exist, and of what its process cannot reach.
        raise QueryError(f"the query failed: {str(error)[:SAID]}", hint="use functions of SPARQL 1.1 only") from None
