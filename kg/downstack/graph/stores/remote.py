"""Versions of the graph in a SPARQL 1.1 endpoint: Virtuoso, GraphDB, Stardog, Neptune, QLever, Fuseki, Oxigraph's server.

Standard queries and updates only. What is read comes in batches that no endpoint cuts off; what is written is a set of new graphs,
and then one triple that changes. The names of graphs are hashes: nothing that a user or a file says is put into a query but as a
term that was parsed before.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError
from downstack.graph.stores.adapter import CURRENT, STORE, Part
from downstack.graph.stores.endpoint import Endpoint, Remote, connected
from downstack.graph.stores.parts import printable
from downstack.graph.stores.versions import overtaken
from downstack.vocabulary import XSD

ROWS = 4_000
"""Rows of an answer: many endpoints give no more than ten thousand, and do not say that there were more."""
GRAPHS = 100
"""Graphs that one query names."""
TRIPLES = 400
"""Triples of one update: some endpoints make a program of each."""
CHARACTERS = 200_000
"""Of one update."""
PORTABLE = frozenset(
    XSD + name
    for name in (
        "string",
        "boolean",
        "integer",
        "decimal",
        "float",
        "double",
        "date",
        "dateTime",
        "gYear",
        "gYearMonth",
    )
)
"""Types of literals that are sent as they are; others are kept beside the triples, with all other spellings."""
TRIES = 5
PAUSE = 0.2
"""Seconds until the pointer is read again where there are two or none: not every endpoint moves it in one step."""


class RemoteStore:
    """An endpoint that holds versions of the graph."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote

    @classmethod
    def from_environment(cls, url: str) -> RemoteStore:
        """Read names and passwords from the environment."""
        return cls(Remote.from_environment(url))

    @property
    def name(self) -> str:
        """The address, without what may be secret in it."""
        return self.remote.name

    @contextmanager
    def reading(self) -> Generator[RemoteGraphs]:
        """Connect."""
        with connected(self.remote) as endpoint:
            yield RemoteGraphs(self.name, endpoint)

    @contextmanager
    def writing(self) -> Generator[RemoteGraphs]:
        """Connect; of two writers, the one that moves the pointer first has written."""
        with self.reading() as graphs:
            yield graphs


class RemoteGraphs:
    """A connected endpoint; see :class:`downstack.graph.stores.adapter.Writing`."""

    digits = 6
    """Virtuoso prints no more of a double."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self._name = name
        self._endpoint = endpoint

    def current(self) -> str | None:
        """Return the name of the release that answers."""
        query = f"SELECT ?release WHERE {{ GRAPH <{STORE}> {{ <{STORE}> <{CURRENT}> ?release }} }}"
        rows: list[tuple[object, ...]] = []
        for attempt in range(TRIES):
            rows = list(self._rows(query))
            if len(rows) == 1 or (not rows and attempt):
                break
            time.sleep(PAUSE)
        if len(rows) > 1:
            raise self._finding("it points to several releases", "restore a backup")
        found = rows[0][0] if rows else None
        return found.value if isinstance(found, ox.NamedNode) else None

    def parts(self, sizes: Mapping[str, int]) -> Iterator[Part]:
        """Yield named graphs, several at a time."""
        batch: list[str] = []
        rows = 0
        for name, size in sizes.items():
            if batch and (rows + size > ROWS or len(batch) == GRAPHS):
                yield from self._batch(batch)
                batch, rows = [], 0
            batch.append(name)
            rows += size
        if batch:
            yield from self._batch(batch)

    def _batch(self, names: list[str]) -> Iterator[Part]:
        listed = " ".join(f"FROM NAMED {ox.NamedNode(name)}" for name in names)
        found: dict[str, list[ox.Triple]] = defaultdict(list)
        for graph, subject, predicate, value in self._rows(
            f"SELECT ?g ?s ?p ?o {listed} WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}"
        ):
            if not isinstance(subject, ox.NamedNode) or not isinstance(predicate, ox.NamedNode):
                raise self._finding("it gives back statements that nobody has written", "restore a backup")
            if isinstance(graph, ox.NamedNode) and isinstance(value, ox.NamedNode | ox.Literal):
                found[graph.value].append(ox.Triple(subject, predicate, value))
        for name in names:
            yield name, found.pop(name, [])

    def write(self, parts: Iterable[Part]) -> None:
        """Add named graphs."""
        blocks: list[str] = []
        triples = characters = 0
        for name, items in parts:
            for start in range(0, len(items), TRIPLES):
                chosen = items[start : start + TRIPLES]
                block = f"GRAPH {ox.NamedNode(name)} {{\n" + " .\n".join(map(_portable, chosen)) + " }"
                if blocks and (triples + len(chosen) > TRIPLES or characters + len(block) > CHARACTERS):
                    self._insert(blocks)
                    blocks, triples, characters = [], 0, 0
                blocks.append(block)
                triples += len(chosen)
                characters += len(block)
        if blocks:
            self._insert(blocks)

    def _insert(self, blocks: list[str]) -> None:
        self._endpoint.update("INSERT DATA {\n" + "\n".join(blocks) + "\n}")

    def point(self, before: str | None, after: str) -> None:
        """Move the pointer if it is still where it was, and see whether it was this writer who has moved it."""
        new = f"GRAPH <{STORE}> {{ ?store <{CURRENT}> {ox.NamedNode(after)} }}"
        if before is None:
            # With a variable: Virtuoso takes a pattern without any as if it were not there.
            none = f"FILTER NOT EXISTS {{ GRAPH <{STORE}> {{ ?store <{CURRENT}> ?other }} }}"
            self._endpoint.update(f"INSERT {{ {new} }} WHERE {{ VALUES ?store {{ <{STORE}> }} {none} }}")
        else:
            old = f"GRAPH <{STORE}> {{ ?store <{CURRENT}> {ox.NamedNode(before)} }}"
            self._endpoint.update(f"DELETE {{ {old} }} INSERT {{ {new} }} WHERE {{ {old} }}")
        if self.current() != after:
            raise overtaken(self._name)

    def remove(self, names: Iterable[str]) -> None:
        """Remove named graphs."""
        for name in names:
            self._endpoint.update(f"DROP SILENT GRAPH {ox.NamedNode(name)}")

    def tidy(self, kept: Iterable[str]) -> None:
        """Leave everything: nobody knows who else is writing. What a dead writer left is taken up by the next one."""

    def _rows(self, query: str) -> Iterator[tuple[object, ...]]:
        content = self._endpoint.select(query)
        if b"<triple" in content:
            # Nested by thousands they would end the parser, and the process with it. In a text, the sign is escaped.
            raise self._finding("it gives back triples inside triples", "restore a backup")
        try:
            found = ox.parse_query_results(content, format=ox.QueryResultsFormat.XML)
            if not isinstance(found, ox.QuerySolutions):
                raise self._finding("its answer holds no rows", "check that it is a SPARQL 1.1 endpoint")
            for row in found:
                yield tuple(row)
        except (SyntaxError, ValueError, OSError) as error:
            raise self._finding(
                f"its answer cannot be read: {error}", "check that it is a SPARQL 1.1 endpoint"
            ) from error

    def _finding(self, what: str, remedy: str) -> KnowledgeError:
        return KnowledgeError((Finding(self._name, None, what, remedy, "store"),))


def _portable(triple: ox.Triple) -> str:
    """Return a statement as every endpoint takes it: some refuse a duration, so that is sent as text."""
    value = triple.object
    if not isinstance(value, ox.Literal):
        return str(triple)
    text = printable(value.value)
    if value.language is not None:
        sent = ox.Literal(text, language=value.language)
    elif value.datatype.value in PORTABLE:
        sent = ox.Literal(text, datatype=value.datatype)
    else:
        sent = ox.Literal(text)
    return f"{triple.subject} {triple.predicate} {sent}"
