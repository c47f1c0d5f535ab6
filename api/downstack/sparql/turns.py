"""Whose query runs: a client may ask many, and never has all processes, nor all places, for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from downstack.errors import UnavailableError
from downstack.graph.sparql.limits import QueryLimits


@dataclass(slots=True)
class _Client:
    """One client that asks."""

    turns: asyncio.Semaphore
    open: int = 0


class Turns:
    """Counts what is asked and sent; used in one event loop.

    Parameters
    ----------
    limits
        How many queries run and wait; all but one of those that run, and half of all, may be of the same client.
    places
        Queries that run, wait or are sent.
    """

    def __init__(self, limits: QueryLimits, places: int) -> None:
        self._running = max(1, limits.workers - 1)
        self._share = max(1, (limits.workers + limits.waiting) // 2)
        self._places = places
        self._open = 0
        self._clients: dict[str, _Client] = {}

    async def enter(self, client: str) -> Callable[[], None]:
        """Wait for the turn of a client; return what ends it.

        Raises
        ------
        UnavailableError
            If too many wait already, in all or of this client.
        """
        held = self._clients.get(client) or _Client(asyncio.Semaphore(self._running))
        if self._open >= self._places:
            raise UnavailableError(f"{self._places} answers are on their way already", hint="ask again in a moment")
        if held.open >= self._share:
            raise UnavailableError(f"{held.open} answers of yours are on their way already", hint="ask less at a time")
        self._clients[client] = held
        self._open += 1
        held.open += 1
        try:
            await held.turns.acquire()
        except BaseException:
            self._leave(client)
            raise
        return partial(self._end, client)

    def _end(self, client: str) -> None:
        self._clients[client].turns.release()
        self._leave(client)

    def _leave(self, client: str) -> None:
        self._open -= 1
        held = self._clients[client]
        held.open -= 1
        if not held.open:
            del self._clients[client]
