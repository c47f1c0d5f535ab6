"""Stopping without losing an answer.

On SIGTERM the service is not ready at once. After the drain time (in which a balancer that asks ``/readyz`` looks elsewhere,
and requests are still taken) it listens no more, finishes what it was asked within the grace time, and ends with status 0.
What is not finished by then is cut off: a computation in a thread cannot be stopped from outside, so the process ends under
it, with status 1. SIGINT means the same; a second one ends the service without waiting.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from downstack.server.readiness import Readiness

MARGIN_SECONDS = 2.0
"""Between the grace time, at which requests are cancelled, and the end of a process that has not ended by itself."""

Handler = Callable[[int, FrameType | None], object]

_log = logging.getLogger("downstack.server")


class Drain:
    """What happens on a signal.

    Parameters
    ----------
    readiness
        What is not ready from then on.
    stop
        Closes the listener and finishes what is running: the handler of the server.
    drain_seconds
        How long requests are still taken.
    grace_seconds
        How long they may take after that.
    """

    def __init__(self, readiness: Readiness, stop: Handler, drain_seconds: float, grace_seconds: float) -> None:
        self._readiness = readiness
        self._stop = stop
        self._drain_seconds = drain_seconds
        self._grace_seconds = grace_seconds
        self._loop = asyncio.get_running_loop()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Begin to drain; on a second SIGINT end at once."""
        if self._readiness.draining:
            # A terminal sends SIGINT to all processes, and then the first of several workers sends SIGTERM to the others.
            if number == signal.SIGINT:
                self._stop(number, frame)
                self._stop(number, frame)
            return
        self._readiness.drain()
        _log.info("draining: %s received", signal.Signals(number).name)
        last = threading.Timer(self._drain_seconds + self._grace_seconds + MARGIN_SECONDS, _end)
        last.daemon = True
        last.start()
        if self._drain_seconds > 0:
            self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_seconds, self._stop, number, None)
        else:
            self._stop(number, frame)


def _end() -> None:
    _log.error("the grace time is over and a request is still running: ending without its answer")
    logging.shutdown()
    os._exit(1)


def drain_on_signals(readiness: Readiness, drain_seconds: float, grace_seconds: float) -> None:
    """Put draining before the handlers of a server that is starting; called in its event loop."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)
        if callable(handler):
            signal.signal(number, Drain(readiness, handler, drain_seconds, grace_seconds))


@contextmanager
def without_echo() -> Generator[None]:
    """Let the signal that a server raises once more after it has stopped do nothing: the process ends with status 0."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
