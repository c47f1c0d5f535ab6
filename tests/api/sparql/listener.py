"""A port on loopback that counts who connects: what must not be fetched is not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager


class Listener:
    """Counts connections, and answers none."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.hits = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            connection.close()

    def close(self) -> None:
        """Stop listening."""
        # A thread that waits in accept is not woken by a close.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10.0)


@contextmanager
def listening() -> Generator[Listener]:
    """Listen for as long as a test needs it."""
    listener = Listener()
    try:
        yield listener
    finally:
        listener.close()
