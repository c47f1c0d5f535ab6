"""The process that answers queries, one after another, and can do nothing else.

It shares the triples with the process that it was forked from, and then gives up what it does not need: after
:func:`confine` it can open no file and no connection whatever a query asks for, grow by so much memory only, and leave no
core behind. What it still can do wrong is to take long or to end, and both are seen by the side that asks.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from downstack.errors import DownstackError
from downstack.graph.sparql.channel import receive_frame, send_frame, send_json
from downstack.graph.sparql.evaluation import evaluate

STACK = 256 * 2**20
"""Bytes of stack for the parser and the evaluation, which descend with the query; taken only as far as it is used."""
NICENESS = 5
"""Queries come after the service itself when the machine is busy."""


def confine(memory: int) -> None:
    """Give up all that answering needs not.

    Parameters
    ----------
    memory
        Bytes that may be taken beyond what is taken already.
    """
    os.nice(NICENESS)
    size = Path("/proc/self/statm")
    if size.exists():
        taken = int(size.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory, taken + memory))
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        resource.setrlimit(limit, (0, 0))


def serve(channel: socket.socket, store: ox.Store, memory: int) -> None:
    """Answer queries until the other side goes away."""
    threading.stack_size(STACK)
    answering = threading.Thread(target=_answer_all, args=(channel, store, memory))
    answering.start()
    answering.join()


def _answer_all(channel: socket.socket, store: ox.Store, memory: int) -> None:
    confine(memory)
    before = _largest()
    while True:
        try:
            request = json.loads(receive_frame(channel))
            said = _answer(channel, store, request)
            send_frame(channel, b"")
            # Memory that was taken once is seldom given back: a worker that took much makes room for a fresh one.
            send_json(channel, {**said, "last": _largest() - before > memory // 4})
        except (EOFError, OSError):
            return


def _answer(channel: socket.socket, store: ox.Store, request: Mapping[str, Any]) -> dict[str, str]:
    def hand_on(part: bytes) -> None:
        try:
            send_frame(channel, part)
        except OSError as error:
            raise EOFError("the other side has gone") from error

    try:
        evaluate(store, request["query"], request["format"], request["most"], hand_on)
    except DownstackError as error:
        return {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    return {}


def _largest() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
