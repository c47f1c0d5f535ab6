"""When work has to end: a deadline that long work looks at between its steps.

A thread cannot be stopped from outside, so work that may take long asks by itself, with :func:`checkpoint`, whether anybody
still waits for it. Where no deadline is set that costs a look at a context variable.

>>> from downstack.deadline import Deadline
>>> with Deadline(10.0):
...     report = kg.impact(changes, samples=10_000)  # doctest: +SKIP
"""

from __future__ import annotations

import math
import time
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

from downstack.errors import DeadlineExceededError

_current: ContextVar[Deadline | None] = ContextVar("downstack_deadline", default=None)


class Deadline:
    """A time at which work ends, or earlier when it is cancelled; a context manager that holds for what runs within.

    Parameters
    ----------
    seconds
        From now on; without end unless given, so that only :meth:`cancel` ends it.
    """

    __slots__ = ("_at", "_seconds", "_tokens", "cancelled")

    def __init__(self, seconds: float = math.inf) -> None:
        self._seconds = seconds
        self._at = time.monotonic() + seconds
        self._tokens: list[Token[Deadline | None]] = []
        self.cancelled = False
        """Whether nobody waits any more."""

    def cancel(self) -> None:
        """End the work at its next checkpoint; may be called from any thread."""
        self.cancelled = True

    @property
    def remaining(self) -> float:
        """Seconds that are left; 0 when there are none."""
        return 0.0 if self.cancelled else max(0.0, self._at - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether the work has to end."""
        return self.cancelled or time.monotonic() >= self._at

    def error(self) -> DeadlineExceededError:
        """Return what work that has to end raises."""
        if self.cancelled:
            return DeadlineExceededError("the question was withdrawn before it was answered")
        return DeadlineExceededError(f"no answer within {self._seconds:g} seconds")

    def check(self) -> None:
        """Go on, or end.

        Raises
        ------
        DeadlineExceededError
            When the deadline has passed or was cancelled.
        """
        if self.passed:
            raise self.error()

    def __enter__(self) -> Self:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _current.reset(self._tokens.pop())


def checkpoint() -> None:
    """Go on, or end: to be called between the steps of work that may take long.

    Raises
    ------
    DeadlineExceededError
        When the deadline that this work runs under has passed or was cancelled.
    """
    deadline = _current.get()
    if deadline is not None:
        deadline.check()
