"""How often one client may ask: a bucket of tokens for each, which fills at a steady rate.

The table of clients is bounded: the one that has not asked for longest is forgotten, and its bucket was the fullest. A client
is the name behind a token, or an address; of IPv6 the network of 64 bits, as one machine has all of it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import orjson

from downstack.graphql.endpoint import client_of
from downstack.graphql.observing import observe_error
from downstack.graphql.request import RefusedError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

RATE_LIMITED = "RATE_LIMITED"
CLIENTS = 10_000
"""Clients that are remembered."""
FREE = frozenset({"/healthz", "/readyz"})
"""What is asked by what keeps the service running."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often one client may ask."""

    per_second: float
    burst: float
    """Requests at once, after a time without any."""


def refilled(limit: RateLimit, tokens: float, then: float, now: float) -> tuple[float, float]:
    """Return what is in a bucket once it was filled and a token was taken, and the seconds to wait when there was none."""
    tokens = min(limit.burst, tokens + max(0.0, now - then) * limit.per_second)
    return (tokens - 1.0, 0.0) if tokens >= 1.0 else (tokens, (1.0 - tokens) / limit.per_second)


class Taking(Protocol):
    """What tells whether a client may ask now."""

    def take(self, client: str) -> float:
        """Take a token; return 0, or the seconds until there is one."""
        ...


class Buckets:
    """The buckets of all clients of one process.

    Parameters
    ----------
    limit
        How often each may ask.
    clients
        How many are remembered.
    clock
        Seconds that only grow.
    """

    def __init__(self, limit: RateLimit, clients: int = CLIENTS, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clients, self._clock = limit, clients, clock
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._filled)

    def take(self, client: str) -> float:
        """Take a token; return 0, or the seconds until there is one."""
        now = self._clock()
        limit = self._limit
        tokens, then = self._filled.get(client, (limit.burst, now))
        tokens, wait = refilled(limit, tokens, then, now)
        self._filled[client] = tokens, now
        self._filled.move_to_end(client)
        if len(self._filled) > self._clients:
            self._filled.popitem(last=False)
        return wait


class RateLimited:
    """Refuses the requests of a client that asks too often."""

    def __init__(self, app: ASGIApp, buckets: Taking) -> None:
        self._app = app
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say when to ask again."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in FREE:
            await self._app(scope, receive, send)
            return
        wait = self._buckets.take(network_of(client_of(scope)))
        if wait == 0.0:
            await self._app(scope, receive, send)
            return
        seconds = str(int(wait) + 1)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})
            return
        observe_error(RATE_LIMITED)
        refused = RefusedError(429, RATE_LIMITED, "too many requests", f"ask again in {seconds} s")
        body = orjson.dumps({"errors": [refused.error]})
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"retry-after", seconds.encode()),
        ]
        await send({"type": "http.response.start", "status": refused.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def network_of(client: str) -> str:
    """Return a client as it is counted: of an IPv6 address the first 64 bits."""
    kind, _, address = client.partition(" ")
    if kind != "address" or ":" not in address or address.startswith("::ffff:"):
        return client
    import ipaddress

    try:
        return f"address {ipaddress.ip_network((address.partition('%')[0], 64), strict=False)}"
    except ValueError:
        return client
