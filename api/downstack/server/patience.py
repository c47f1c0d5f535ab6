"""Whoever does not take what was written for him is cut off, whichever door it came from.

An answer is written to a connection at once, and lies in memory until the other side has taken it. A client that takes a byte a
second, or none, would keep that memory and its connection for as long as it likes.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as AutoHTTPProtocol
else:
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

_log = logging.getLogger("downstack.server")


class PatientProtocol(AutoHTTPProtocol):
    """The server's HTTP, which ends a connection whose other side takes too little of what waits for it."""

    patience = 30.0
    """Seconds between two looks."""
    least = 16 * 1024
    """Bytes that must have been taken in between, or all of them."""

    _look: asyncio.TimerHandle | None = None
    _left = 0

    def pause_writing(self) -> None:
        """Begin to look: more is waiting than the system takes off us."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Look no more: most of it was taken."""
        self._stop()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing is asked; what still waits there is looked after until it is taken."""
        super().timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size():
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more: it is over."""
        self._stop()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self._look is None:
            self._left = self.transport.get_write_buffer_size()
            self._look = self.loop.call_later(self.patience, self._see)

    def _stop(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _see(self) -> None:
        self._look = None
        left = self.transport.get_write_buffer_size()
        if left and self._left - left < self.least:
            _log.warning("a client that does not take its answer was cut off: %d bytes were left", left)
            self.transport.abort()
        elif left:
            self._watch()
