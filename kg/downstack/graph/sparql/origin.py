"""What another process needs to read the same graph version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyoxigraph as ox

from downstack.errors import UnavailableError
from downstack.graph.documents import GENERATED, changed, digest_of, format_of, hash_of, read_texts

LARGE = 8 * 1024 * 1024
"""Bytes from which on a file is sorted before it is stored; for a small one that takes longer than it saves."""


@dataclass(frozen=True, slots=True)
class StoreOrigin:
    """The files of a store, with what is generated beside them."""

    version: str
    """The content hash that they must have."""
    store: str | None
    """Where they lie, or None for the bundled knowledge."""
    functions: str
    """The description of the functions, which is part of the graph."""

    root: str | None = None
    """The folder of all files, where they are nothing but a folder: then they are read without arranging a graph."""

    def documents(self) -> Iterator[tuple[bytes, ox.RdfFormat]]:
        """Yield the files, after their hash was compared.

        Raises
        ------
        UserInputError
            If they have changed since the version was opened.
        """
        if self.root is None:
            yield from self._arranged()
            return
        texts = [*read_texts(Path(self.root)), (GENERATED, self.functions)]
        if hash_of((path, digest_of(text)) for path, text in texts) != self.version:
            raise changed()
        for path, text in texts:
            yield text.encode(), format_of(path)

    def _arranged(self) -> Iterator[tuple[bytes, ox.RdfFormat]]:
        # Only what is no plain folder needs all that reading a graph needs.
        from downstack.graph.loading import documents_of

        for document in documents_of(self.store, self.functions, self.version):
            if document.text:
                yield document.text.encode(), format_of(document.path)
            else:
                # Read from a store that keeps triples and no text.
                yield ox.serialize(document.triples, format=ox.RdfFormat.N_TRIPLES) or b"", ox.RdfFormat.N_TRIPLES


@dataclass(frozen=True, slots=True)
class QuadsOrigin:
    """A file of N-Quads, named graphs included."""

    version: str
    path: str

    def documents(self) -> Iterator[tuple[bytes, ox.RdfFormat]]:
        """Yield the file."""
        try:
            yield Path(self.path).read_bytes(), ox.RdfFormat.N_QUADS
        except OSError as error:
            raise UnavailableError(f"{self.path} cannot be read: {error.strerror}") from None


Origin = StoreOrigin | QuadsOrigin


class Source(Protocol):
    """What can be asked in SPARQL: a graph version that another process can read."""

    @property
    def version(self) -> str:
        """The content hash."""
        ...

    @property
    def origin(self) -> Origin:
        """Where to read it."""
        ...


def origin_json(origin: Origin) -> dict[str, str | None]:
    """Return an origin as JSON."""
    if isinstance(origin, QuadsOrigin):
        return {"version": origin.version, "path": origin.path}
    return {"version": origin.version, "store": origin.store, "functions": origin.functions, "root": origin.root}


def read_origin(data: Mapping[str, str]) -> Origin:
    """Return the origin that some JSON describes."""
    if "path" in data:
        return QuadsOrigin(data["version"], data["path"])
    return StoreOrigin(data["version"], data["store"], data["functions"], data["root"])


def read_store(origin: Origin) -> ox.Store:
    """Return the triples of an origin, in memory."""
    store = ox.Store()
    for content, format in origin.documents():
        # Nodes without a name are told apart between files.
        (store.bulk_load if len(content) > LARGE else store.load)(content, format=format)
    return store
