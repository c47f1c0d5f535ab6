"""The graph version that a query is answered from, also when another one takes its place while serving."""

from __future__ import annotations

import threading
from collections.abc import Callable

from downstack.graph.sparql.answers import OpenAnswer
from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import Source
from downstack.graph.sparql.processes import ChooseFormat, QueryProcesses


class SparqlService:
    """Asks the processes of the version that is served; those of the one before end with their last answer.

    Parameters
    ----------
    served
        Returns the version that a question asked now is about.
    limits
        What a query may use.
    """

    def __init__(self, served: Callable[[], Source], limits: QueryLimits | None = None) -> None:
        self._served = served
        self.limits = QueryLimits() if limits is None else limits
        self._lock = threading.Lock()
        self._current: QueryProcesses | None = None
        self._next: QueryProcesses | None = None

    def open(self, text: str, choose: ChooseFormat) -> OpenAnswer:
        """Return the answer to a query, asked of the version that is served now; see :meth:`QueryProcesses.open`."""
        return self._processes().open(text, choose)

    def _processes(self) -> QueryProcesses:
        with self._lock:
            # Asked for in here: whoever waited for the lock with an older version would bring that one back.
            source = self._served()
            held = self._current
            if held is not None and held.origin.version == source.version:
                return held
            ready = self._next
            if ready is not None and ready.origin.version == source.version:
                self._current, self._next = ready, None
            else:
                self._current = QueryProcesses(source.origin, self.limits)
            current = self._current
        if held is not None:
            held.retire()
        return current

    def prepare(self, source: Source) -> None:
        """Read a version that will be served next, where queries were asked before; returns once it is read, or cannot be.

        No query waits then for what is newly served: those of before answer in the meantime.
        """
        if not self.started:
            return
        origin = source.origin
        with self._lock:
            # After the end nothing begins any more.
            if self._current is None:
                return
            passed, self._next = self._next, QueryProcesses(origin, self.limits)
            coming = self._next
        if passed is not None:
            passed.close()
        coming.wait()

    def follow(self) -> None:
        """Begin to read the version that is served now, where queries were asked before; returns at once."""
        if self.started:
            self._processes().begin()

    @property
    def started(self) -> bool:
        """True when processes hold triples: after the first query."""
        held = self._current
        return held is not None and held.started

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            held, coming = self._current, self._next
            self._current = self._next = None
        for processes in (held, coming):
            if processes is not None:
                processes.close()
