"""The side that asks: the process that holds the triples and the workers that it makes, as this side sees them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import weakref
from dataclasses import dataclass

from downstack.children import command, environment
from downstack.errors import UnavailableError
from downstack.graph.sparql.channel import END, MAKE, ORDER, REPORT, receive_json, send_json
from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import Origin, origin_json

_STOPPING = 5.0
"""Seconds that a keeper has to end by itself."""


@dataclass(slots=True)
class Worker:
    """A process that answers queries, one after another."""

    pid: int
    channel: socket.socket

    def is_alive(self) -> bool:
        """Return whether an idle worker still waits; one that has gone has closed its channel."""
        self.channel.setblocking(False)
        try:
            self.channel.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


class Keeper:
    """The process that holds the triples; it begins to read them at once."""

    def __init__(self, origin: Origin, limits: QueryLimits) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            process = subprocess.Popen(
                command("downstack.graph.sparql.keeper", str(theirs.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=environment(),
                # An interrupt at the terminal is for the service, which then ends this process.
                start_new_session=True,
            )
        self.process = process
        self.stop = weakref.finalize(self, _stop, process, self._control)
        try:
            send_json(self._control, {"origin": origin_json(origin), "memory": limits.memory})
        except OSError:
            self.stop()
            raise UnavailableError("the process that answers SPARQL did not start", hint="see the log") from None

    def wait(self) -> None:
        """Wait until the graph has been read."""
        try:
            said = receive_json(self._control)
        except (EOFError, OSError):
            said = {"failed": "the process that reads the graph for SPARQL has ended", "hint": "see the log"}
        if "failed" in said:
            self.stop()
            raise UnavailableError(said["failed"], hint=said["hint"])

    def make(self) -> Worker:
        """Return a new worker."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                pid = self._order(MAKE, 0, [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        return Worker(pid, ours)

    def end(self, worker: Worker) -> int:
        """End a worker, if it has not ended yet; return how it ended, as a signal or zero."""
        worker.channel.close()
        status = self._order(END, worker.pid, [])
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def _order(self, order: bytes, number: int, descriptors: list[int]) -> int:
        with self._lock:
            try:
                socket.send_fds(self._control, [ORDER.pack(order, number)], descriptors)
                content = self._control.recv(REPORT.size, socket.MSG_WAITALL)
            except OSError:
                content = b""
        if len(content) < REPORT.size:
            self.stop()
            raise UnavailableError("the process that holds the graph for SPARQL has ended", hint="ask again")
        return int(REPORT.unpack(content)[0])


def _stop(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    # The end of its orders ends the keeper, and the keeper ends its workers.
    with contextlib.suppress(OSError):
        control.shutdown(socket.SHUT_RDWR)
    control.close()
    try:
        process.wait(_STOPPING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
