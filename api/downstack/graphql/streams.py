"""How many connections that stay open there may be, and how much each may ask."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from downstack.errors import UnavailableError, UserInputError


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What subscriptions may take."""

    per_connection: int = 100
    """DOWNSTACK_MAX_SUBSCRIPTIONS: operations at a time on one WebSocket."""
    per_client: int = 20
    """DOWNSTACK_MAX_STREAMS_PER_CLIENT: WebSockets and event streams of one token, or of one address without a token."""
    total: int = 1_000
    """DOWNSTACK_MAX_STREAMS: WebSockets and event streams together."""
    init_seconds: float = 10.0
    """How long a WebSocket may stay open without saying who it is."""
    send_seconds: float = 30.0
    """How long a reader may take for one message; who takes longer is cut off."""
    message_bytes: int = 200_000
    """Of one message on a WebSocket."""
    messages: int = 600
    """Messages that a client may send at once; as many per minute from then on."""

    @classmethod
    def from_environment(cls, given: Mapping[str, str]) -> StreamLimits:
        """Read the settings, and refuse values that mean nothing."""
        default = cls()
        return cls(
            per_connection=_count(given, "DOWNSTACK_MAX_SUBSCRIPTIONS", default.per_connection),
            per_client=_count(given, "DOWNSTACK_MAX_STREAMS_PER_CLIENT", default.per_client),
            total=_count(given, "DOWNSTACK_MAX_STREAMS", default.total),
        )

    def to_environment(self) -> dict[str, str]:
        """Return the variables that :meth:`from_environment` reads these limits from."""
        return {
            "DOWNSTACK_MAX_SUBSCRIPTIONS": str(self.per_connection),
            "DOWNSTACK_MAX_STREAMS_PER_CLIENT": str(self.per_client),
            "DOWNSTACK_MAX_STREAMS": str(self.total),
        }


def _count(given: Mapping[str, str], name: str, default: int) -> int:
    text = (given.get(name) or str(default)).strip()
    if not text.isdecimal() or not 1 <= int(text[:9]) <= 1_000_000:
        raise UserInputError(f"{name} is {text!r}", field=name, hint="give a number from 1 to 1000000")
    return int(text)


class TooManyStreamsError(UnavailableError):
    """No further connection can stay open."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, hint="close one, or try again later")
        self.status = status


class Seat:
    """The place of one open connection; :meth:`leave` gives it back, once."""

    def __init__(self, streams: Streams, client: str) -> None:
        self._streams = streams
        self.client = client
        self._taken = True

    def leave(self) -> None:
        """Give the place back."""
        if self._taken:
            self._taken = False
            self._streams.left(self.client)

    def move(self, client: str) -> None:
        """Count the connection for somebody else: it is known now who opened it.

        Raises
        ------
        TooManyStreamsError
            If they have as many as they may.
        """
        if client != self.client and self._taken:
            self._streams.moved(self.client, client)
            self.client = client


class Streams:
    """Counts the open connections of one process."""

    def __init__(self, limits: StreamLimits | None = None) -> None:
        self.limits = limits or StreamLimits()
        self._by_client: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def open(self) -> int:
        """How many are open."""
        return self._by_client.total()

    def enter(self, client: str) -> Seat:
        """Take a place for a client.

        Raises
        ------
        TooManyStreamsError
            If there is none.
        """
        self._take(client)
        return Seat(self, client)

    def moved(self, before: str, after: str) -> None:
        """Count one connection for another client.

        Raises
        ------
        TooManyStreamsError
            If they have as many as they may.
        """
        self._move(before, after)

    def left(self, client: str) -> None:
        """Count one connection less."""
        self._give(client)

    def _take(self, client: str) -> None:
        with self._lock:
            if self.open >= self.limits.total:
                raise self._full()
            self._check(client)
            self._by_client[client] += 1

    def _move(self, before: str, after: str) -> None:
        with self._lock:
            self._check(after)
            self._forget(before)
            self._by_client[after] += 1

    def _give(self, client: str) -> None:
        with self._lock:
            self._forget(client)

    def _check(self, client: str) -> None:
        if self._by_client[client] >= self.limits.per_client:
            raise self._too_many()

    def _forget(self, client: str) -> None:
        self._by_client[client] -= 1
        if self._by_client[client] <= 0:
            del self._by_client[client]

    def _full(self) -> TooManyStreamsError:
        return TooManyStreamsError("this service has as many open connections as it may", 503)

    def _too_many(self) -> TooManyStreamsError:
        return TooManyStreamsError(f"there are {self.limits.per_client} open connections of yours", 429)
