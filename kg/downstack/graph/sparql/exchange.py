"""One query on one worker: the parts of its answer as they come, and what became of the worker.

Nothing is read ahead: a worker whose answer nobody takes waits, until its time is over.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Protocol

from downstack import errors as known_errors
from downstack.errors import DownstackError, QueryError, QueryLimitError, QueryTimeError, UnavailableError
from downstack.graph.sparql.channel import receive_frame, receive_json, send_json

if TYPE_CHECKING:
    from downstack.graph.sparql.formats import Format
    from downstack.graph.sparql.keeping import Worker
    from downstack.graph.sparql.limits import QueryLimits

_CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP})
"""How a process ends that ran out of stack or memory while it worked on a query, or met a defect of a library."""


class Owner(Protocol):
    """Who lent a worker."""

    def give_back(self, worker: Worker) -> None:
        """Take it back: it waits for another query."""
        ...

    def end(self, worker: Worker) -> int:
        """End it, if it has not ended yet; return how it ended, as a signal or zero."""
        ...


class Exchange:
    """One query on one worker; parts are taken by one thread at a time, and it may be closed from any."""

    def __init__(self, owner: Owner, worker: Worker, limits: QueryLimits) -> None:
        self._owner = owner
        self._worker = worker
        self._limits = limits
        self.deadline = time.monotonic() + limits.seconds
        """When the worker is ended, on the monotonic clock."""
        self._reading = threading.Lock()
        self._ending = threading.Lock()
        self._over = False
        self._whole = False

    def ask(self, text: str, format: Format) -> None:
        """Send the query.

        Raises
        ------
        QueryError, UnavailableError
            If the worker does not take it.
        """
        try:
            self._worker.channel.settimeout(self._limits.seconds)
            send_json(self._worker.channel, {"query": text, "format": format.name, "most": self._limits.answer})
        except OSError as error:
            raise self._lost(error) from None

    def part(self) -> bytes | None:
        """Return the next part of the answer, or None when it is whole.

        Raises
        ------
        QueryError
            If the query failed, or the time or the size of its answer was too much.
        UnavailableError
            If the worker was ended from outside.
        """
        with self._reading:
            if self._over:
                self._check_whole()
                return None
            try:
                part = receive_frame(self._worker.channel, self.deadline)
                if part:
                    return part
                said = receive_json(self._worker.channel, self.deadline)
            except (EOFError, OSError, ValueError) as error:
                raise self._lost(error) from None
            if not self._finish():
                self._check_whole()
                return None
            self._whole = "error" not in said
            if said["last"]:
                with contextlib.suppress(UnavailableError):
                    self._owner.end(self._worker)
            else:
                self._owner.give_back(self._worker)
            if not self._whole:
                raise _error(said)
            return None

    def _check_whole(self) -> None:
        # Part of an answer must not be taken for a whole one, whoever ended it.
        if not self._whole:
            raise UnavailableError("the answer was given up before it was whole", hint="ask again")

    def withdraw(self) -> None:
        """Let whoever waits for a part wait no longer; returns at once, and :meth:`close` does the rest."""
        with self._ending:
            if not self._over:
                with contextlib.suppress(OSError):
                    self._worker.channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the worker, unless its answer is whole."""
        self.withdraw()
        with self._reading:
            if self._finish():
                with contextlib.suppress(UnavailableError):
                    self._owner.end(self._worker)

    def too_late(self) -> QueryTimeError:
        """Return what is said of an answer that is not whole in time."""
        return QueryTimeError(
            f"the query was stopped after {self._limits.seconds:g} s", hint="ask for less, or more precisely"
        )

    def _finish(self) -> bool:
        """Return whether this is what ends the exchange."""
        with self._ending:
            before, self._over = self._over, True
        return not before

    def _lost(self, error: Exception) -> DownstackError:
        """End a worker that did not answer, and return what that means to who asked."""
        self._finish()
        try:
            how = self._owner.end(self._worker)
        except UnavailableError as gone:
            return gone
        if isinstance(error, TimeoutError):
            return self.too_late()
        if how in _CRASHES:
            return QueryLimitError(
                "the query ended the process that answered it: it needs too much memory, descends too deep, or orders "
                "values that have no common order",
                hint="ask for less or more simply, and order by STR(...)",
            )
        return UnavailableError("the process that answered the query has ended", hint="ask again")


def _error(said: dict[str, object]) -> QueryError:
    kind = getattr(known_errors, str(said["error"]), QueryError)
    made = kind if isinstance(kind, type) and issubclass(kind, QueryError) else QueryError
    return made(str(said["message"]), hint=str(said["hint"]))
