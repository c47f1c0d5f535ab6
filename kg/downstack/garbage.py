"""When the collector of garbage rests, and when memory goes back to the system."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

_MOST_AREAS = -8
"""M_ARENA_MAX of GNU's malloc.h."""


@contextmanager
def paused_collection(*, lasting: bool = False) -> Generator[None]:
    """Spare the collector what grows by very many objects, none of which is garbage: a graph, or imported modules.

    Parameters
    ----------
    lasting
        What there is at the end stays for as long as the process does: the collector never looks at it again, and no
        request waits while it does. Only for a process of our own; see :func:`settle`.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if lasting:
            gc.freeze()
        if enabled:
            gc.enable()


def settle() -> None:
    """Collect what a part that has been replaced left behind, and have the rest last as before."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    give_back()


def give_back() -> None:
    """Return to the system what arrays held and nothing does any more, where the allocator can be asked to.

    Without this the areas that threads take memory from stay as large as the largest questions that were answered.
    """
    # Another C library than GNU's has no such function, and Windows no library of the process.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def share_one_area() -> None:
    """Have all threads take memory from one area, where the allocator can be asked to; before the first of them starts.

    Of Python's threads one runs at a time, so areas of their own save no waiting, and what one has let go of serves the
    others. Only for a process of our own.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_MOST_AREAS, 1)


class GivingBack:
    """Gives memory back a while after work that may have taken much; safe to share between threads.

    Parameters
    ----------
    seconds
        How long after it, so that questions which follow each other are counted as one.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._waits = False

    @contextmanager
    def after(self, long: float) -> Generator[None]:
        """Give back after what is done inside, if it takes as many seconds: then it may have held large arrays."""
        began = time.monotonic()
        try:
            yield
        finally:
            if time.monotonic() - began >= long:
                self.soon()

    def soon(self) -> None:
        """Give back in a while, once for all that ask meanwhile."""
        with self._lock:
            if self._waits:
                return
            self._waits = True
        timer = threading.Timer(self._seconds, self._now)
        timer.name, timer.daemon = "downstack-memory", True
        try:
            timer.start()
        except RuntimeError:
            # The process ends, or may have no more threads: whoever asks next tries again.
            self._waits = False

    def _now(self) -> None:
        with self._lock:
            self._waits = False
        give_back()
