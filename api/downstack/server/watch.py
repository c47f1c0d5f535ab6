"""A service that notices a new release of its store and serves it, without an answer that fails or waits.

The history of a store is one small file that a load replaces by a rename. A request looks, at most once a second, whether
it is another file than before; if so, the new release is opened in a thread, and takes the place of the old one in a single
assignment. What cannot be opened is logged, and the old one keeps answering.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from downstack.errors import DownstackError
from downstack.graph.releases import POINTER, read_history, split_store
from downstack.graphql.context import GraphHolder
from downstack.kg import KnowledgeGraph

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

INTERVAL = 1.0
"""Seconds between two looks."""

_log = logging.getLogger("downstack")
_Stamp = tuple[int, int, int]


class StoreWatch:
    """Keeps a holder at the newest release of a store."""

    def __init__(self, holder: GraphHolder, store: str, *, interval: float = INTERVAL) -> None:
        path, release = split_store(store)
        self._holder = holder
        self._path = path
        self._follows = release is None
        self._interval = interval
        self._next_look = 0.0
        # The file may have been replaced since the graph was opened: it is read once more then, and found the same.
        self._seen: _Stamp | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.failed = False
        """Whether the newest release could not be opened; why stands in the log, it may name paths."""
        self._opening = threading.Lock()

    def look(self) -> None:
        """Start to open a new release if there is one; returns at once."""
        now = time.monotonic()
        if not self._follows or now < self._next_look or not self._lock.acquire(blocking=False):
            return
        try:
            self._next_look = now + self._interval
            stamp = _stamp(self._path / POINTER)
            if stamp is None or stamp == self._seen or (self._thread is not None and self._thread.is_alive()):
                return
            self._seen = stamp
            self._thread = threading.Thread(target=self._open, name="downstack-reload", daemon=True)
            self._thread.start()
        finally:
            self._lock.release()

    def finished(self, timeout: float) -> bool:
        """Wait until a release that is being opened is served or was refused; return whether that is so."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def refresh(self) -> None:
        """Serve the newest release, and return when it is served; a store that is fixed to one release stays there."""
        if self._follows:
            self._open()

    def _open(self) -> None:
        # One at a time: what was read first would otherwise be able to replace what was read last.
        with self._opening:
            try:
                history = read_history(self._path)
                held = self._holder.served.kg.info.releases
                if history == held:
                    self.failed = False
                    return
                kg = KnowledgeGraph.open(self._path)
            except (DownstackError, OSError) as error:
                self.failed = True
                _log.error("the new release of %s cannot be opened, the old one keeps answering: %s", self._path, error)
                return
            self.failed = False
            self._holder.swap(kg)
            _log.info("serving release %s of %s", kg.version, self._path)


def _stamp(file: Path) -> _Stamp | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


class WatchStore:
    """Looks for a new release when a request comes in."""

    def __init__(self, app: ASGIApp, watch: StoreWatch) -> None:
        self._app = app
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look, and pass the request on."""
        if scope["type"] == "http":
            self._watch.look()
        await self._app(scope, receive, send)
