"""The process that holds the triples and makes workers: ``python -m downstack.graph.sparql.keeper DESCRIPTOR``.

It reads a graph version once and never runs a query. A worker is a fork of it: made in milliseconds, sharing the triples,
so that ending one costs nothing. It has a single thread, which is what makes forking safe, and ends with the socket that
its orders come from, whatever happened to the other side.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys

import pyoxigraph as ox

from downstack.errors import DownstackError
from downstack.graph.sparql.channel import MAKE, ORDER, REPORT, receive_json, send_json
from downstack.graph.sparql.origin import read_origin, read_store
from downstack.graph.sparql.worker import serve

_PARENT_DEATH_SIGNAL = 1


def keep(control: socket.socket) -> None:
    """Read what the first message names, then follow orders until there are none."""
    setup = receive_json(control)
    try:
        store = read_store(read_origin(setup["origin"]))
    except DownstackError as error:
        send_json(control, {"failed": error.message, "hint": error.hint})
        return
    gc.collect()
    # What is there now stays, and the collector need not touch pages that all workers share.
    gc.freeze()
    send_json(control, {"triples": len(store)})
    workers: set[int] = set()
    try:
        while True:
            content, descriptors, _, _ = socket.recv_fds(control, ORDER.size, 1)
            if not content:
                return
            order, number = ORDER.unpack(content)
            if order == MAKE:
                worker = _fork(control, descriptors[0], store, setup["memory"])
                workers.add(worker)
                control.sendall(REPORT.pack(worker))
            elif number in workers:
                workers.discard(number)
                # Not waited for before: the number still belongs to this worker, dead or alive.
                os.kill(number, signal.SIGKILL)
                control.sendall(REPORT.pack(os.waitpid(number, 0)[1]))
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)


def _fork(control: socket.socket, descriptor: int, store: ox.Store, memory: int) -> int:
    worker = os.fork()
    if worker:
        os.close(descriptor)
        return worker
    # The copy: it never comes back from here.
    try:
        _die_with_parent()
        control.close()
        # What the libraries print when they fail is for nobody, and a query chooses how often.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        serve(socket.socket(fileno=descriptor), store, memory)
    finally:
        os._exit(0)


def _die_with_parent() -> None:
    """Ask the system, where it can, to end this process when the one that made it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def main() -> None:
    """Keep what the socket of this descriptor says."""
    # It ends with its socket: a service that is told to end answers first what it was asked.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as control:
        keep(control)


if __name__ == "__main__":
    main()
