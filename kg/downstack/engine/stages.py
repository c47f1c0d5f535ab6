"""What the engine spends its time on, told to whoever asks for it.

A question goes through stages: ``columns`` (facts as seen on a date), ``bind`` (the filter on the rows), ``plan`` (functions
joined and put in order), ``run`` (formulas), ``sample`` (formulas on samples, which holds runs of its own). An observer that
is set for a context, such as one request, hears of its stages and of what was found in which cache; threads that work for
the context hear of it too when they are started with a copy of it. Without an observer nothing is measured.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Literal, Protocol

Stage = Literal["columns", "bind", "plan", "run", "sample"]
Cache = Literal["plan", "value", "sample"]


class Observer(Protocol):
    """What is told; called from several threads at once."""

    def stage(self, name: Stage) -> AbstractContextManager[object]:
        """Return what surrounds a stage."""
        ...

    def looked_up(self, cache: str, hits: int, misses: int) -> None:
        """Hear how many things were found in a cache, and how many were not."""
        ...


_observer: ContextVar[Observer | None] = ContextVar("downstack_observer", default=None)
_UNSEEN = nullcontext()


def current_observer() -> Observer | None:
    """Return the observer of this context, if any."""
    return _observer.get()


@contextmanager
def observed_by(observer: Observer) -> Generator[None]:
    """Let an observer hear of what is done in this context."""
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


def stage(name: Stage) -> AbstractContextManager[object]:
    """Return what surrounds a stage: nothing without an observer."""
    seen = _observer.get()
    return _UNSEEN if seen is None else seen.stage(name)


def looked_up(cache: Cache, *, hits: int = 0, misses: int = 0) -> None:
    """Tell the observer, if any, what was found in a cache and what was not."""
    seen = _observer.get()
    if seen is not None:
        seen.looked_up(cache, hits, misses)
