"""An Oxigraph directory: triples on the disk of one machine, which other programs can open as well.

Readers open it read-only, for as long as a version takes to be read, under a lock that keeps writers away; the service then
answers from memory. A writer brings new graphs to the disk first and moves the pointer in one transaction behind them.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pyoxigraph as ox

from downstack.errors import Finding, KnowledgeError
from downstack.graph.releases import LOCK
from downstack.graph.store_lock import locked, shared
from downstack.graph.stores.adapter import CURRENT, STORE, Part
from downstack.graph.stores.parts import changed
from downstack.graph.stores.versions import overtaken

PATIENCE = 60.0
"""Seconds that a reader waits for a writer, and a writer for readers: a version is read in seconds."""
_FILES = ("CURRENT", "IDENTITY", "MANIFEST-*", "OPTIONS-*", "*.sst")
"""By any of these a directory is known, also when others are missing."""
_STORE, _CURRENT = ox.NamedNode(STORE), ox.NamedNode(CURRENT)
RESTORE = "restore a backup: downstack restore FILE DIRECTORY; nothing was changed"


def is_oxigraph(path: Path) -> bool:
    """Return whether a folder is an Oxigraph directory, whole or not."""
    return path.is_dir() and any(next(path.glob(name), None) is not None for name in _FILES)


class OxigraphStore:
    """A directory that holds versions of the graph as triples."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @contextmanager
    def reading(self) -> Generator[OpenStore]:
        """Open it read-only."""
        if not is_oxigraph(self.path):
            raise _finding(self.path, "it is no Oxigraph directory", "check the path")
        with shared(self.path, patience=PATIENCE):
            _check_alone(self.path)
            with self._opened(writing=False) as store:
                yield store

    @contextmanager
    def writing(self) -> Generator[OpenStore]:
        """Open it as its only writer."""
        created = not self.path.exists()
        if not created and not is_oxigraph(self.path) and _foreign(self.path):
            raise _finding(self.path, "it is neither empty nor an Oxigraph directory", "name another directory")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with locked(self.path, patience=PATIENCE), self._opened(writing=True) as store:
                yield store
        except BaseException as error:
            if created:
                shutil.rmtree(self.path, ignore_errors=True)
            if isinstance(error, OSError):
                raise _unwritable(self.path, error) from error
            raise

    @contextmanager
    def _opened(self, *, writing: bool) -> Generator[OpenStore]:
        with _understood(self.path, writing=writing):
            found = OpenStore(
                self.path, ox.Store(self.path) if writing else ox.Store.read_only(str(self.path)), writing
            )
        try:
            yield found
        finally:
            found.close()


@contextmanager
def _understood(path: Path, *, writing: bool) -> Generator[None]:
    """Say what the database means: damage where it raises a RuntimeError, or a disk that cannot be used."""
    try:
        yield
    except RuntimeError as error:
        raise _finding(path, f"it is damaged: {_first_line(error)}", RESTORE) from error
    except OSError as error:
        if writing and not isinstance(error, FileNotFoundError):
            raise
        raise _finding(path, f"it cannot be read: {_first_line(error)}", RESTORE) from error


class OpenStore:
    """An Oxigraph directory that is open; see :class:`downstack.graph.stores.adapter.Writing`."""

    digits = 17
    """All that a double has."""

    def __init__(self, path: Path, store: ox.Store, writing: bool) -> None:
        self._path = path
        self._held: ox.Store | None = store
        self._writing = writing

    @property
    def _store(self) -> ox.Store:
        if self._held is None:
            raise _finding(self._path, "it was closed", "open it again")
        return self._held

    def close(self) -> None:
        """Give the directory back."""
        self._held = None

    def _understood(self) -> AbstractContextManager[None]:
        return _understood(self._path, writing=self._writing)

    def current(self) -> str | None:
        """Return the name of the release that answers."""
        with self._understood():
            found = [quad.object for quad in self._store.quads_for_pattern(_STORE, _CURRENT, None, _STORE)]
        if len(found) > 1:
            raise changed(str(self._path), STORE, "it points to several releases")
        return found[0].value if found and isinstance(found[0], ox.NamedNode) else None

    def parts(self, sizes: Mapping[str, int]) -> Iterator[Part]:
        """Yield named graphs."""
        for name in sizes:
            with self._understood():
                quads = self._store.quads_for_pattern(None, None, None, ox.NamedNode(name))
                part = name, [quad.triple for quad in quads]
            yield part

    def write(self, parts: Iterable[Part]) -> None:
        """Bring named graphs to the disk."""
        quads = (
            ox.Quad(triple.subject, triple.predicate, triple.object, ox.NamedNode(name))
            for name, triples in parts
            for triple in triples
        )
        with self._understood():
            self._store.bulk_extend(quads)
            self._store.flush()

    def remove(self, names: Iterable[str]) -> None:
        """Remove named graphs."""
        with self._understood():
            for name in names:
                self._store.remove_graph(ox.NamedNode(name))
            self._store.flush()

    def point(self, before: str | None, after: str) -> None:
        """Move the pointer in one transaction."""
        if self.current() != before:
            raise overtaken(str(self._path))
        gone = "" if before is None else f"DELETE DATA {{ GRAPH <{STORE}> {{ <{STORE}> <{CURRENT}> <{before}> }} }} ;"
        with self._understood():
            self._store.update(f"{gone} INSERT DATA {{ GRAPH <{STORE}> {{ <{STORE}> <{CURRENT}> <{after}> }} }}")
            self._store.flush()

    def tidy(self, kept: Iterable[str]) -> None:
        """Remove what dead loads left; the lock says that whoever wrote it has died."""
        known = {STORE, *kept}
        with self._understood():
            left = [graph.value for graph in self._store.named_graphs() if graph.value not in known]
        if left:
            self.remove(left)


def _foreign(path: Path) -> bool:
    return not path.is_dir() or any(item.name != LOCK for item in path.iterdir())


def _check_alone(path: Path) -> None:
    """Refuse a directory that a program other than downstack is writing to: it would change while it is read."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        with (path / "LOCK").open("rb") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                what = "another program has opened it for writing"
                raise _finding(path, what, "stop it, or serve its SPARQL endpoint instead") from None
    except OSError:
        # Without its lock file nobody has it open.
        return


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__


def _finding(path: Path, what: str, remedy: str) -> KnowledgeError:
    return KnowledgeError((Finding(str(path), None, what, remedy, "store"),))


def _unwritable(path: Path, error: OSError) -> KnowledgeError:
    remedy = "nothing was changed; make room, or check its permissions, and try again"
    return _finding(path, f"the store cannot be written: {error.strerror or _first_line(error)}", remedy)
