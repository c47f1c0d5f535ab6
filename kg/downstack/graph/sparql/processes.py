"""The side that asks: one keeper for a graph version, its workers, and what happens when one of them ends.

Nothing here runs a query or holds a triple. A worker that is not done in time is ended and replaced; one that ends by
itself has failed the query that it was answering, and no other. The keeper starts with the first query, or before it when asked.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field

from downstack.errors import UnavailableError
from downstack.graph.sparql.answers import Answer, OpenAnswer
from downstack.graph.sparql.exchange import Exchange
from downstack.graph.sparql.formats import Format, formats_of
from downstack.graph.sparql.keeping import Keeper, Worker
from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import Origin
from downstack.graph.sparql.refusals import check_query

ChooseFormat = Callable[[tuple[Format, ...]], Format]
"""Chooses what an answer is written in, from what its form of query can be written in."""


@dataclass(slots=True)
class _State:
    """What changes while queries are answered; under one lock."""

    keeper: Future[Keeper] | None = None
    reading: Keeper | None = None
    """The keeper that is still reading the graph."""
    idle: list[Worker] = field(default_factory=list[Worker])
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

    def begin(self) -> None:
        """Start the process that holds the triples, if none is there; returns at once."""
        self._starting()

    def wait(self) -> None:
        """Start it, and return when it holds the triples, or cannot: then a query says why."""
        with contextlib.suppress(UnavailableError):
            self._started_keeper()

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
            If the query is refused, fails, takes too long, gives too much, or ends its worker.
        UnavailableError
            If too many queries wait already, or the graph is still being read.
        """
        with self.open(text, choose) as opened:
            return Answer(b"".join(opened), opened.format, opened.version)

    def open(self, text: str, choose: ChooseFormat | None = None) -> OpenAnswer:
        """Return the answer to a query as it is written, once its beginning is there or all of it; see :meth:`ask`."""
        formats = formats_of(check_query(text))
        format = formats[0] if choose is None else choose(formats)
        with ExitStack() as held:
            self._enter()
            held.callback(self._leave)
            held.enter_context(self._running)
            keeper = self._started_keeper()
            try:
                worker = self._take(keeper)
            except UnavailableError:
                self._forget(keeper)
                raise
            exchange = Exchange(_Loan(keeper, self._keep, self._forget), worker, self.limits)
            held.callback(exchange.close)
            exchange.ask(text, format)
            opened = OpenAnswer(exchange, format, self.origin.version, self.limits.whole)
            if not opened.whole:
                opened.when_closed(held.pop_all().close)
            return opened

    def _enter(self) -> None:
        with self._lock:
            if self._state.asking >= self.limits.workers + self.limits.waiting:
                raise UnavailableError(
                    f"{self.limits.waiting} queries wait already", hint="ask again in a moment, or less at a time"
                )
            self._state.asking += 1

    def _leave(self) -> None:
        with self._lock:
            self._state.asking -= 1
            last = self._state.retired and not self._state.asking
        if last:
            self.close()

    def _take(self, keeper: Keeper) -> Worker:
        while True:
            with self._lock:
                worker = self._state.idle.pop() if self._state.idle else None
            if worker is None:
                return keeper.make()
            if worker.is_alive():
                return worker
            keeper.end(worker)

    def _keep(self, worker: Worker) -> None:
        with self._lock:
            self._state.idle.append(worker)

    def _starting(self) -> Future[Keeper]:
        with self._lock:
            starting = self._state.keeper
            if starting is None:
                starting = self._state.keeper = Future[Keeper]()
                threading.Thread(target=self._start, args=(starting,), name="downstack-sparql", daemon=True).start()
            return starting

    def _started_keeper(self) -> Keeper:
        try:
            return self._starting().result(self.limits.start)
        except TimeoutError:
            raise UnavailableError("the graph is still being read for SPARQL", hint="ask again in a moment") from None

    def _start(self, starting: Future[Keeper]) -> None:
        try:
            if not hasattr(socket, "send_fds"):
                raise OSError("it needs a system that can fork processes and hand them descriptors")
            keeper = Keeper(self.origin, self.limits)
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

    def _forget(self, keeper: Keeper) -> None:
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


@dataclass(frozen=True, slots=True)
class _Loan:
    """A worker of one keeper, lent for one query."""

    keeper: Keeper
    kept: Callable[[Worker], None]
    gone: Callable[[Keeper], None]

    def give_back(self, worker: Worker) -> None:
        """Keep it for the next query."""
        self.kept(worker)

    def end(self, worker: Worker) -> int:
        """End it; without a keeper all of its workers have ended."""
        try:
            return self.keeper.end(worker)
        except UnavailableError:
            self.gone(self.keeper)
            raise
