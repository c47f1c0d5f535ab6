"""A service that notices a new release of its store and serves it, without an answer that fails or waits.

A request looks, at most once in a while, whether the store has another mark than before: of Turtle the file with its history, of
an Oxigraph directory the file that lists its tables, of an endpoint the pointer, which is asked for in a thread. If so, the new
release is opened in a thread, and takes the place of the old one in a single assignment. What cannot be opened is logged, and the
old one keeps answering; so it does while an endpoint is away, which ``/readyz`` says, and which is asked again until it is back.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from downstack.errors import DownstackError, UserInputError
from downstack.graph.releases import POINTER
from downstack.graph.stores.adapter import TripleStore
from downstack.graph.stores.oxigraph import OxigraphStore
from downstack.graph.stores.places import history_of, split_name, triple_store
from downstack.graphql.context import GraphHolder
from downstack.kg import KnowledgeGraph

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

INTERVAL = 1.0
"""Seconds between two looks at a disk."""
REMOTE_INTERVAL = 5.0
"""Seconds between two questions to an endpoint, unless the environment says otherwise."""
POLL = "DOWNSTACK_REMOTE_POLL_SECONDS"
LONGEST_WAIT = 60.0
"""Seconds after which an endpoint that stays away is asked again."""

LAGGING = "the newest release cannot be opened"

_log = logging.getLogger("downstack")
Mark = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the newest release may not be the one that is served."""

    what: str
    since: str
    """ISO 8601, in UTC."""


class StoreWatch:
    """Keeps a holder at the newest release of a store."""

    def __init__(
        self,
        holder: GraphHolder,
        store: str,
        *,
        interval: float | None = None,
        opened: Callable[[str], KnowledgeGraph] = KnowledgeGraph.open,
    ) -> None:
        name, release = split_name(store)
        held = triple_store(name)
        self._holder = holder
        self._opened = opened
        self._name = name
        self._shown = name if held is None else held.name
        self._follows = release is None
        self._far = held is not None and not isinstance(held, OxigraphStore)
        self._interval = (_remote_interval() if self._far else INTERVAL) if interval is None else interval
        self._mark = _marker(name, held)
        self._next_look = 0.0
        self._failures = 0
        # The store may have changed since the graph was opened: it is read once more then, and found the same.
        self._seen: Mark | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.trouble: Trouble | None = None
        """Set while the store, or its newest release, cannot be read; what it is stands in the log, it may name paths."""
        self._opening = threading.Lock()

    def look(self) -> None:
        """Start to open a new release if there is one; returns at once."""
        # A clock that only goes forward: what people set does not matter.
        now = time.monotonic()
        if not self._follows or now < self._next_look or not self._lock.acquire(blocking=False):
            return
        try:
            self._next_look = now + self._interval
            if self._thread is not None and self._thread.is_alive():
                return
            if not self._far:
                mark = self._mark()
                if not mark or mark == self._seen:
                    return
                self._seen = mark
            self._thread = threading.Thread(target=self._follow, name="downstack-reload", daemon=True)
            self._thread.start()
        finally:
            self._lock.release()

    def finished(self, timeout: float) -> bool:
        """Wait until a release that is being opened is served or was refused; return whether that is so."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def lag(self) -> dict[str, object] | None:
        """Say, in words for everybody, why the newest release may not be the one that is served."""
        return None if self.trouble is None else {"reason": LAGGING, "since": self.trouble.since}

    def refresh(self) -> None:
        """Serve the newest release, and return when it is served; a store that is fixed to one release stays there."""
        if self._follows:
            self._open()

    def _follow(self) -> None:
        try:
            mark = self._mark() if self._far else None
        except (DownstackError, OSError) as error:
            self._fail(str(error))
            return
        if mark is not None and mark == self._seen:
            self._succeed()
        elif self._open() and mark is not None:
            self._seen = mark

    def _open(self) -> bool:
        # One at a time: what was read first would otherwise be able to replace what was read last.
        with self._opening:
            try:
                history = history_of(self._name)
                if history != self._holder.served.kg.info.releases:
                    kg = self._opened(self._name)
                    self._holder.prepare(kg)
                    self._holder.swap(kg)
                    _log.info("serving release %s of %s", kg.version, self._shown)
            except (DownstackError, OSError) as error:
                self._fail(str(error))
                return False
            self._succeed()
            return True

    def _succeed(self) -> None:
        if self.trouble is not None:
            _log.info("%s can be read again", self._shown)
        self.trouble, self._failures = None, 0

    def _fail(self, what: str) -> None:
        if self.trouble is None or self.trouble.what != what:
            _log.error("%s cannot be read, the old one keeps answering: %s", self._shown, what)
        since = datetime.now(UTC).isoformat(timespec="seconds") if self.trouble is None else self.trouble.since
        self.trouble = Trouble(what, since)
        if self._far:
            self._failures += 1
            wait = min(self._interval * 2**self._failures, max(LONGEST_WAIT, self._interval))
            self._next_look = time.monotonic() + wait


def _marker(name: str, store: TripleStore | None) -> Callable[[], Mark]:
    if store is None:
        return lambda: _stamp(Path(name) / POINTER)
    if isinstance(store, OxigraphStore):
        return lambda: tuple(_stamp(file) for file in sorted(store.path.glob("MANIFEST-*")))

    def pointer() -> Mark:
        with store.reading() as reading:
            return (reading.current(),)

    return pointer


def _stamp(file: Path) -> Mark:
    with suppress(OSError):
        found = file.stat()
        return found.st_mtime_ns, found.st_ino, found.st_size
    return ()


def _remote_interval() -> float:
    text = os.environ.get(POLL, "").strip()
    if not text:
        return REMOTE_INTERVAL
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 86_400.0:
        raise UserInputError(f"{POLL} is {text!r}", field=POLL, hint="give seconds, more than 0")
    return seconds


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
