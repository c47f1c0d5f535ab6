"""The side that asks: one keeper for a graph version, its workers, and what happens when one of them ends.

Nothing here runs a query or holds a triple. A worker that is not done in time is ended and replaced; one that ends by
itself has failed the query that it was answering, and no other. The keeper starts with the first query.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from downstack import errors as known_errors
from downstack.errors import DownstackError, QueryError, QueryLimitError, QueryTimeError, UnavailableError
from downstack.graph.sparql.channel import END, MAKE, ORDER, REPORT, receive_frame, receive_json, send_json
from downstack.graph.sparql.formats import Format, formats_of
from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import Origin, origin_json
from downstack.graph.sparql.refusals import check_query

_CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP})
"""How a process ends that ran out of stack or memory while it worked on a query, or met a defect of a library."""
_STOPPING = 5.0
"""Seconds that a keeper has to end by itself."""


@dataclass(slots=True)
class _Worker:
    pid: int
    channel: socket.socket

    def is_alive(self) -> bool:
        """Return whether an idle worker still waits; one that has gone has closed its channel."""
        self.channel.setblocking(False)
        try:
            self.channel.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


class _Keeper:
    """The process that holds the triples."""

    def __init__(self, origin: Origin, limits: QueryLimits) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            # The modules that this process finds are found by the other one too, and none beside the current folder.
            path = os.pathsep.join(item for item in sys.path if item)
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "downstack.graph.sparql.keeper", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": path},
                # An interrupt at the terminal is for the service, which then ends this process.
                start_new_session=True,
            )
        self.process = process
        self.stop = weakref.finalize(self, _stop, process, self._control)
        try:
            send_json(self._control, {"origin": origin_json(origin), "memory": limits.memory})
        except OSError:
            self.stop()
            raise UnavailableError("the process that answers SPARQL did not start", hint="see the log") from None

    def wait(self) -> None:
        """Wait until the graph has been read."""
        try:
            said = receive_json(self._control)
        except (EOFError, OSError):
            said = {"failed": "the process that reads the graph for SPARQL has ended", "hint": "see the log"}
        if "failed" in said:
            self.stop()
            raise UnavailableError(said["failed"], hint=said["hint"])

    def make(self) -> _Worker:
        """Return a new worker."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                pid = self._order(MAKE, 0, [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        return _Worker(pid, ours)

    def end(self, worker: _Worker) -> int:
        """End a worker, if it has not ended yet; return how it ended, as a signal or zero."""
        worker.channel.close()
        status = self._order(END, worker.pid, [])
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def _order(self, order: bytes, number: int, descriptors: list[int]) -> int:
        with self._lock:
            try:
                socket.send_fds(self._control, [ORDER.pack(order, number)], descriptors)
                content = self._control.recv(REPORT.size, socket.MSG_WAITALL)
            except OSError:
                content = b""
        if len(content) < REPORT.size:
            self.stop()
            raise UnavailableError("the process that holds the graph for SPARQL has ended", hint="ask again")
        return int(REPORT.unpack(content)[0])


def _stop(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    # The end of its orders ends the keeper, and the keeper ends its workers.
    with contextlib.suppress(OSError):
        control.shutdown(socket.SHUT_RDWR)
    control.close()
    try:
        process.wait(_STOPPING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave."""

    content: bytes
    format: Format
    version: str
    """The graph version that it was asked of."""


ChooseFormat = Callable[[tuple[Format, ...]], Format]
"""Chooses what an answer is written in, from what its form of query can be written in."""


@dataclass(slots=True)
class _State:
    """What changes while queries are answered; under one lock."""

    keeper: Future[_Keeper] | None = None
    reading: _Keeper | None = None
    """The keeper that is still reading the graph."""
    idle: list[_Worker] = field(default_factory=list[_Worker])
    asking: int = 0
    retired: bool = False


class QueryProcesses:
    """Answers queries about one graph version; safe to share between threads.

    Parameters
    ----------
    origin
        The graph version.
    limits
        What a query may use, and how many run at a time.
    """

    def __init__(self, origin: Origin, limits: QueryLimits | None = None) -> None:
        self.origin = origin
        self.limits = QueryLimits() if limits is None else limits
        self._lock = threading.Lock()
        self._running = threading.BoundedSemaphore(self.limits.workers)
        self._state = _State()

    @property
    def started(self) -> bool:
        """True when there is a process that holds the triples, or is about to."""
        return self._state.keeper is not None

    def ask(self, text: str, choose: ChooseFormat | None = None) -> Answer:
        """Return the answer to a query; the calling thread waits for it.

        Parameters
        ----------
        text
            The query.
        choose
            Chooses the format; JSON for solutions and Turtle for graphs unless given.

        Raises
        ------
        QueryError
            If the query is refused, fails, takes too long, or ends its worker.
        UnavailableError
            If too many queries wait already, or the graph is still being read.
        """
        formats = formats_of(check_query(text))
        format = formats[0] if choose is None else choose(formats)
        with self._lock:
            if self._state.asking >= self.limits.workers + self.limits.waiting:
                raise UnavailableError(
                    f"{self.limits.waiting} queries wait already", hint="ask again in a moment, or less at a time"
                )
            self._state.asking += 1
        try:
            with self._running:
                return Answer(self._ask(text, format.name), format, self.origin.version)
        finally:
            with self._lock:
                self._state.asking -= 1
                last = self._state.retired and not self._state.asking
            if last:
                self.close()

    def _ask(self, text: str, format: str) -> bytes:
        keeper = self._started_keeper()
        try:
            worker = self._take(keeper)
        except UnavailableError:
            self._forget(keeper)
            raise
        try:
            said, content = self._exchange(worker, text, format)
        except (EOFError, OSError, ValueError) as error:
            raise self._ended(keeper, worker, error) from None
        if said["last"]:
            with contextlib.suppress(UnavailableError):
                keeper.end(worker)
        else:
            with self._lock:
                self._state.idle.append(worker)
        if content is None:
            raise _error(said)
        return content

    def _exchange(self, worker: _Worker, text: str, format: str) -> tuple[dict[str, object], bytes | None]:
        deadline = time.monotonic() + self.limits.seconds
        worker.channel.settimeout(self.limits.seconds)
        send_json(worker.channel, {"query": text, "format": format, "most": self.limits.answer})
        said = receive_json(worker.channel, deadline)
        return said, None if "error" in said else receive_frame(worker.channel, deadline)

    def _ended(self, keeper: _Keeper, worker: _Worker, error: Exception) -> DownstackError:
        """End a worker that did not answer, and return what that means to who asked."""
        try:
            how = keeper.end(worker)
        except UnavailableError as gone:
            self._forget(keeper)
            return gone
        if isinstance(error, TimeoutError):
            return QueryTimeError(
                f"the query was stopped after {self.limits.seconds:g} s", hint="ask for less, or more precisely"
            )
        if how in _CRASHES:
            return QueryLimitError(
                "the query ended the process that answered it: it needs too much memory, descends too deep, or orders "
                "values that have no common order",
                hint="ask for less or more simply, and order by STR(...)",
            )
        return UnavailableError("the process that answered the query has ended", hint="ask again")

    def _take(self, keeper: _Keeper) -> _Worker:
        while True:
            with self._lock:
                worker = self._state.idle.pop() if self._state.idle else None
            if worker is None:
                return keeper.make()
            if worker.is_alive():
                return worker
            keeper.end(worker)

    def _started_keeper(self) -> _Keeper:
        with self._lock:
            starting = self._state.keeper
            if starting is None:
                starting = self._state.keeper = Future[_Keeper]()
                threading.Thread(target=self._start, args=(starting,), name="downstack-sparql", daemon=True).start()
        try:
            return starting.result(self.limits.start)
        except TimeoutError:
            raise UnavailableError("the graph is still being read for SPARQL", hint="ask again in a moment") from None

    def _start(self, starting: Future[_Keeper]) -> None:
        try:
            if not hasattr(socket, "send_fds"):
                raise OSError("it needs a system that can fork processes and hand them descriptors")
            keeper = _Keeper(self.origin, self.limits)
            with self._lock:
                self._state.reading = keeper
            keeper.wait()
        except (UnavailableError, OSError) as error:
            with self._lock:
                # The next query tries again.
                self._state.keeper = None
            known = isinstance(error, UnavailableError)
            starting.set_exception(error if known else UnavailableError(f"SPARQL cannot be answered: {error}"))
        else:
            starting.set_result(keeper)

    def _forget(self, keeper: _Keeper) -> None:
        with self._lock:
            held = self._state.keeper
            if held is not None and held.done() and held.exception() is None and held.result() is keeper:
                self._state.keeper = None
                idle, self._state.idle = self._state.idle, []
            else:
                idle = []
        for worker in idle:
            worker.channel.close()
        keeper.stop()

    def retire(self) -> None:
        """Close as soon as what is being asked has been answered."""
        with self._lock:
            self._state.retired = True
            last = not self._state.asking
        if last:
            self.close()

    def close(self) -> None:
        """End all processes; a query that is being answered fails."""
        with self._lock:
            starting, reading = self._state.keeper, self._state.reading
        if starting is not None:
            if reading is not None and not starting.done():
                # Nobody waits for it any more.
                reading.stop()
            with contextlib.suppress(UnavailableError):
                self._forget(starting.result())


def _error(said: dict[str, object]) -> QueryError:
    kind = getattr(known_errors, str(said["error"]), QueryError)
    made = kind if isinstance(kind, type) and issubclass(kind, QueryError) else QueryError
    return made(str(said["message"]), hint=str(said["hint"]))
