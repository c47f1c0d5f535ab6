"""An answer: whole, or as it is written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from downstack.errors import QueryTimeError
    from downstack.graph.sparql.exchange import Exchange
    from downstack.graph.sparql.formats import Format


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave."""

    content: bytes
    format: Format
    version: str
    """The graph version that it was asked of."""


class OpenAnswer:
    """An answer that is still being written, unless it was short; to be closed by whoever opened it.

    It holds a worker until it is whole, and no longer than a query may run.

    Parameters
    ----------
    exchange
        Where its parts come from.
    format
        What it is written in.
    version
        The graph version that it is asked of.
    most
        Bytes up to which it is held until it is whole.
    """

    def __init__(self, exchange: Exchange, format: Format, version: str, most: int) -> None:
        self.format = format
        self.version = version
        self.whole = False
        """Whether the beginning is all of it."""
        self._exchange = exchange
        self._closed: Callable[[], object] | None = None
        self._lock = threading.Lock()
        self.beginning = self._begin(most)
        """What has been written of it until now."""

    @property
    def deadline(self) -> float:
        """When it is ended if it is not whole, on the monotonic clock."""
        return self._exchange.deadline

    def _begin(self, most: int) -> bytes:
        content = bytearray()
        while len(content) < most:
            part = self.part()
            if part is None:
                self.whole = True
                break
            content += part
        return bytes(content)

    def part(self) -> bytes | None:
        """Return what follows, as far as it is written; None at the end.

        Raises
        ------
        QueryError, UnavailableError
            If there is no more, and it is not whole.
        """
        part = self._exchange.part()
        if part is None:
            self._done()
        return part

    def __iter__(self) -> Iterator[bytes]:
        """Yield all of it, the beginning first."""
        yield self.beginning
        while (part := self.part()) is not None:
            yield part

    def too_late(self) -> QueryTimeError:
        """Return what is said when it is not whole at its deadline."""
        return self._exchange.too_late()

    def withdraw(self) -> None:
        """Let whoever waits for a part wait no longer; returns at once, for an event loop."""
        self._exchange.withdraw()

    def close(self) -> None:
        """End it, if it is not whole."""
        self._exchange.close()
        self._done()

    def when_closed(self, closed: Callable[[], object]) -> None:
        """Have something told, once, when no worker is needed any more."""
        self._closed = closed

    def _done(self) -> None:
        with self._lock:
            closed, self._closed = self._closed, None
        if closed is not None:
            closed()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
