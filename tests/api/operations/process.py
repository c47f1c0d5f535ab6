"""The service as a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.commands import environment

DEADLINE = 240.0
# There is no TLS on loopback; to be ready for it takes 50 ms of the processor for each request, most of a look that waits.
NO_TLS = False


def wait_for(condition: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Return once a condition holds; fail when it does not in time, or when the process has ended."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert process is None or process.poll() is None, f"the process ended: {what}"
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.02)


def answers(url: str, status: int = 200) -> bool:
    """Whether an address answers with a status, over a connection of its own."""
    try:
        return httpx.get(url, timeout=10, verify=NO_TLS).status_code == status
    except httpx.TransportError:
        return False


def refuses(url: str) -> bool:
    """Whether nothing listens at an address."""
    try:
        httpx.get(url, timeout=10, verify=NO_TLS)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        return False
    return False


class Service:
    """A running process: its address, and what it has logged when it has ended."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process, self.url, self._log = process, url, log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def ends(self) -> int:
        return self.process.wait(DEADLINE)


@contextmanager
def service(folder: Path, *words: str, command: Sequence[str] | None = None, **variables: str) -> Generator[Service]:
    """Start ``downstack serve``, or another command that serves, and wait until it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command or [sys.executable, "-m", "downstack.cli", "serve", *words],
            env=environment(DOWNSTACK_PORT=str(port), **variables),
            stderr=output,
        )
    found = Service(process, f"http://127.0.0.1:{port}", log)
    try:
        wait_for(lambda: answers(f"{found.url}/readyz"), "the service did not get ready", process)
        yield found
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
