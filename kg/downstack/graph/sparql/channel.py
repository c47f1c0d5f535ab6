"""What goes between the processes: frames (a length, then so many bytes) and orders of a fixed size. Never code.

An answer is frames with its parts, as they are written, an empty frame, and a JSON document that says how it ended. Whoever
writes faster than the other side reads waits.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any, cast

ORDER = struct.Struct("!cI")
"""``m``: make a worker, whose channel comes along; ``e``: end the worker of this process id."""
REPORT = struct.Struct("!i")
"""The process id of a worker that was made, or the wait status of one that has ended."""
MAKE, END = b"m", b"e"

_LENGTH = struct.Struct("!I")
LARGEST = 2**24
PART = 64 * 1024
"""Bytes of an answer that are handed on at a time."""


def send_frame(channel: socket.socket, content: bytes) -> None:
    """Send one frame."""
    channel.sendall(_LENGTH.pack(len(content)))
    channel.sendall(content)


def receive_frame(channel: socket.socket, deadline: float | None = None) -> bytes:
    """Receive one frame.

    Parameters
    ----------
    channel
        The socket.
    deadline
        When to stop waiting, on the monotonic clock; never unless given.

    Raises
    ------
    TimeoutError
        If the frame was not whole by then.
    EOFError
        If the other side has gone.
    """
    (size,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, deadline))
    if size > LARGEST:
        raise EOFError("a frame of an impossible length")
    return _exactly(channel, size, deadline)


def _exactly(channel: socket.socket, size: int, deadline: float | None) -> bytes:
    content = bytearray(size)
    view = memoryview(content)
    got = 0
    while got < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
        count = channel.recv_into(view[got:])
        if not count:
            raise EOFError("the other side has gone")
        got += count
    return bytes(content)


def send_json(channel: socket.socket, value: object) -> None:
    """Send one JSON document."""
    send_frame(channel, json.dumps(value).encode())


def receive_json(channel: socket.socket, deadline: float | None = None) -> dict[str, Any]:
    """Receive one JSON document."""
    return cast("dict[str, Any]", json.loads(receive_frame(channel, deadline)))
