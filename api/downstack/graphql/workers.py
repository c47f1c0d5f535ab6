"""Threads for questions that compute: a bounded number, a bounded queue, and work that ends when nobody waits for it.

The event loop reads requests and sends answers, and answers itself what is a matter of microseconds. Everything else runs in
a worker thread from the first resolver to the last byte, in an event loop of its own, so that one long question holds up no
short one. No client may fill the queue alone.
"""

from __future__ import annotations

import contextvars
import os
import threading
from collections import Counter
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from downstack.deadline import Deadline
from downstack.garbage import GivingBack

Answer = TypeVar("Answer")

THREADS = max(2, min(8, os.cpu_count() or 2))
WAITING = 64
"""Questions that wait for a thread; one more is refused."""
LONG_SECONDS = 0.2
"""A question that took as long may have held large arrays."""
GIVING_BACK = GivingBack(5.0)
"""Gives the memory of long questions back, seconds later; one for the process, as its memory is."""
RETRY_AFTER = 1
"""Seconds that a refused client should wait."""

_inside: contextvars.ContextVar[bool] = contextvars.ContextVar("downstack_worker", default=False)


class OverloadedError(Exception):
    """Too many questions wait already."""


def in_worker() -> bool:
    """Return whether this is a worker thread, where computing holds nobody up."""
    return _inside.get()


class Workers:
    """A pool of threads.

    Parameters
    ----------
    threads
        How many questions are computed at the same time.
    waiting
        How many wait; half of these at most for the same client.
    """

    def __init__(self, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="downstack-question")
        self._room = threads + waiting
        self._share = max(1, threads + waiting // 2)
        self._taken: Counter[Hashable] = Counter()
        self._total = 0
        self._lock = threading.Lock()

    @property
    def busy(self) -> int:
        """Questions that are computed or wait."""
        return self._total

    def submit(self, work: Callable[[], Answer], deadline: Deadline, client: Hashable = None) -> Future[Answer]:
        """Run work in a thread, under a deadline; what has passed it before its turn comes does not begin.

        Raises
        ------
        OverloadedError
            If too many wait, in all or of this client.
        """
        with self._lock:
            if self._total >= self._room or self._taken[client] >= self._share:
                raise OverloadedError
            self._total += 1
            self._taken[client] += 1

        def run() -> Answer:
            deadline.check()
            _inside.set(True)
            with GIVING_BACK.after(LONG_SECONDS), deadline:
                return work()

        def done(_: Future[Answer]) -> None:
            with self._lock:
                self._total -= 1
                self._taken[client] -= 1
                if self._taken[client] <= 0:
                    del self._taken[client]

        # What is traced or logged for this request is found in the context of the thread too.
        future = self._pool.submit(contextvars.copy_context().run, run)
        future.add_done_callback(done)
        return future

    def close(self) -> None:
        """Take no more work."""
        self._pool.shutdown(wait=False, cancel_futures=True)
