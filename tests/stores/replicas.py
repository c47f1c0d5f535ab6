"""Services in processes of their own, and a proxy that sends each connection to the next of them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import httpx
from tests.commands import environment

DEADLINE = 120.0


@contextmanager
def replicas(store: str, number: int, **variables: str) -> Generator[list[int]]:
    """Serve a store so many times; yield the ports when all are ready."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [item.getsockname()[1] for item in listeners]
    for item in listeners:
        item.close()
    command = [sys.executable, "-m", "downstack.cli", "serve", "--store", store, "--port"]
    started = [
        subprocess.Popen([*command, str(port)], env=environment(**variables), stderr=subprocess.PIPE, text=True)
        for port in ports
    ]
    try:
        for process, port in zip(started, ports, strict=True):
            _wait(process, port)
        yield ports
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.communicate(timeout=DEADLINE)


def _wait(process: subprocess.Popen[str], port: int) -> None:
    # The service says on its log that it listens: reading that line is waiting for it.
    until = time.monotonic() + DEADLINE
    assert process.stderr is not None
    for line in process.stderr:
        if "Uvicorn running" in line:
            break
        assert time.monotonic() < until, line
    assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == httpx.codes.OK
    # What it logs from now on must not fill the pipe.
    threading.Thread(target=process.stderr.read, daemon=True).start()


@contextmanager
def round_robin(ports: Sequence[int]) -> Generator[str]:
    """Listen, and pass each connection on to the next port; yield the address."""
    ready = threading.Event()
    place: list[int] = []
    loop = asyncio.new_event_loop()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    turn = iter(range(1_000_000))

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", ports[next(turn) % len(ports)])
        await asyncio.gather(pipe(reader, back), pipe(there, writer))

    async def serve() -> None:
        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        place.append(server.sockets[0].getsockname()[1])
        ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            await server.serve_forever()

    def run() -> None:
        asyncio.set_event_loop(loop)
        task.append(loop.create_task(serve()))
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task[0])
        loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True))
        loop.close()

    task: list[asyncio.Task[None]] = []
    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(DEADLINE)
    try:
        yield f"http://127.0.0.1:{place[0]}"
    finally:
        loop.call_soon_threadsafe(task[0].cancel)
        thread.join(DEADLINE)
