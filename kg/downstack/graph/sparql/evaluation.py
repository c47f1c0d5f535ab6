"""One query on the store: its answer as bytes, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from downstack.errors import QueryError, QueryLimitError, QuerySizeError
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

SAID = 500
"""Characters of what the library says that are passed on; a name of a query may be as long as a query."""


class _Bounded:
    """What an answer is written to; refuses to become too large."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._size += len(data)
        if self._size > self._most:
            raise QuerySizeError(
                f"the answer is larger than {self._most:,} bytes; nothing of it was sent",
                hint="ask for less, or for parts with LIMIT and OFFSET; the whole graph is written by `downstack export`",
            )
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: all is in memory."""

    def close(self) -> None:
        """Do nothing."""

    @property
    def content(self) -> bytes:
        return b"".join(self._parts)


def evaluate(store: ox.Store, text: str, format: str, most: int) -> bytes:
    """Return the answer to a query.

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

    Raises
    ------
    QueryError
        If it cannot be parsed, calls a function that does not exist, or its answer is too large.
    """
    try:
        found = store.query(text, prefixes=PREFIXES)
        output = _Bounded(most)
        if isinstance(found, ox.QueryTriples):
            if format not in _GRAPHS:
                raise QueryError(f"triples cannot be written as {format}")
            if format == "turtle":
                return _turtle(found, output)
            found.serialize(output, format=_GRAPHS[format])  # type: ignore[arg-type] # two methods of a file are enough
        else:
            if format not in _SOLUTIONS:
                raise QueryError(f"solutions cannot be written as {format}")
            found.serialize(output, format=_SOLUTIONS[format])  # type: ignore[arg-type]
        return output.content
    except SyntaxError as error:
        raise QueryError(f"not SPARQL 1.1: {(error.msg or str(error))[:SAID]}", hint="correct the query") from None
    except MemoryError:
        raise QueryLimitError("the query needs more memory than a query may have", hint="ask for less") from None
    except (RuntimeError, ValueError, OSError) as error:
        # What Oxigraph says of functions that do not exist, and of what its process cannot reach.
        raise QueryError(f"the query failed: {str(error)[:SAID]}", hint="use functions of SPARQL 1.1 only") from None


def _turtle(triples: Iterable[ox.Triple], output: _Bounded) -> bytes:
    ox.serialize(triples, output, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)  # type: ignore[arg-type]
    # The serializer prints prefixes in an order that changes from run to run, first of all.
    lines = output.content.splitlines(keepends=True)
    count = next((number for number, line in enumerate(lines) if not line.startswith(b"@prefix ")), len(lines))
    return b"".join((*sorted(lines[:count]), *lines[count:]))
