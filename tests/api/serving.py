"""Runs the real service on a free loopback port for as long as a test needs it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from fastapi import FastAPI

from downstack.graphql.streams import StreamLimits
from downstack.server.patience import PatientProtocol
from downstack.server.run import socket_options

DEADLINE = 120.0


class ReadyServer(uvicorn.Server):
    """Says when it listens, so that no test has to guess."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def running(
    app: FastAPI,
    *,
    lifespan: Literal["on", "off"] = "off",
    send_buffer: int | None = None,
    http: type[PatientProtocol] = PatientProtocol,
) -> Generator[str]:
    """Serve an application and yield its address; with its lifespan it also starts and ends as it says.

    With a small `send_buffer` (bytes) the system takes little off the service that nobody reads; `http` may have less patience.
    """
    # Named as TCP, or asyncio would leave Nagle's algorithm on and every answer would wait 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if send_buffer is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    listener.bind(("127.0.0.1", 0))
    options = socket_options(StreamLimits())
    options["http"] = http
    config = uvicorn.Config(app, log_level="warning", lifespan=lifespan, proxy_headers=False, **options)
    server = ReadyServer(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        assert server.ready.wait(DEADLINE), "the service did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(DEADLINE)
        listener.close()
