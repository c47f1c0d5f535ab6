"""Limits on clients that hold for several processes of one service together.

The processes share files in a folder that only they know: memory that all of them see, with a lock that the system takes back
from a process that ends. The clock of the buckets is that of the machine since it started, which is the same for all of them.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from downstack.graphql.streams import StreamLimits, Streams
from downstack.server.rate import RateLimit, refilled

SETS, WAYS = 2_048, 8
"""Places for the buckets of clients: as many sets, of which the name of a client chooses one."""
SLOTS = 1_000
"""Processes that are told apart; there are 64 at a time at most, and those that took their place."""

_WAY = struct.Struct("=Qdd")
_SET = struct.Struct("=" + "Qdd" * WAYS)


def number_of(client: str) -> int:
    """Return a number for a client that all processes find, and that is not zero."""
    return int.from_bytes(hashlib.blake2b(client.encode(), digest_size=8).digest(), "little") or 1


class SharedMemory:
    """Memory of several processes: a file, mapped by each, with a lock.

    Parameters
    ----------
    path
        The file; made by whoever comes first.
    size
        Its bytes, which are zero at first.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Threads of one process share the descriptor, and so the lock on it.
        self._threads = threading.Lock()
        with self._threads, self._processes():
            if os.fstat(self._descriptor).st_size < size:
                os.ftruncate(self._descriptor, size)
        self.content = mmap.mmap(self._descriptor, size)

    @contextmanager
    def locked(self) -> Generator[mmap.mmap]:
        """Keep everybody else from it for a moment."""
        with self._threads, self._processes():
            yield self.content

    @contextmanager
    def _processes(self) -> Generator[None]:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)


class SharedBuckets:
    """The buckets of all clients, as :class:`~downstack.server.rate.Buckets` of one process has them.

    A client whose set is full takes the place of the one there that has not asked for longest.

    Parameters
    ----------
    limit
        How often each client may ask.
    folder
        What the processes share.
    clock
        Seconds that only grow, the same in all processes.
    """

    def __init__(self, limit: RateLimit, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._memory = SharedMemory(folder / "rates", SETS * _SET.size)

    def take(self, client: str) -> float:
        """Take a token; return 0, or the seconds until there is one."""
        number = number_of(client)
        place = number % SETS * _SET.size
        with self._memory.locked() as content:
            now = self._clock()
            found = _SET.unpack_from(content, place)
            numbers, thens = found[0::3], found[2::3]
            if number in numbers:
                way = numbers.index(number)
                tokens, then = found[3 * way + 1], thens[way]
            else:
                way = min(range(WAYS), key=lambda item: float(thens[item]))
                tokens, then = self._limit.burst, now
            tokens, wait = refilled(self._limit, tokens, then, now)
            _WAY.pack_into(content, place + way * _WAY.size, number, tokens, now)
        return wait


class SharedStreams(Streams):
    """Counts the open connections of all processes.

    Each connection has a row, with its client and the process that holds it. A process is known by a file that it keeps locked
    for as long as it lives: what a dead one has left is cleared when it would be missed.

    Parameters
    ----------
    limits
        How many there may be.
    folder
        What the processes share.
    """

    def __init__(self, limits: StreamLimits | None, folder: Path) -> None:
        super().__init__(limits)
        self._folder = folder
        self._memory = SharedMemory(folder / "streams", self.limits.total * 16)
        rows: np.ndarray[Any, np.dtype[np.uint64]] = np.frombuffer(self._memory.content, dtype=np.uint64)
        self._clients, self._slots = rows.reshape(2, -1)
        with self._memory.locked():
            self._slot = self._take_slot()
            self._clear(self._slot)

    @property
    def open(self) -> int:
        """How many are open."""
        return int(np.count_nonzero(self._clients))

    def _take(self, client: str) -> None:
        number = number_of(client)
        with self._memory.locked():
            self._check_room(number)
            place = int(np.argmin(self._clients != 0))
            self._clients[place], self._slots[place] = number, self._slot

    def _move(self, before: str, after: str) -> None:
        number = number_of(after)
        with self._memory.locked():
            self._check_client(number)
            self._clients[self._places(before)] = number

    def _give(self, client: str) -> None:
        with self._memory.locked():
            self._clients[self._places(client)] = 0

    def _places(self, client: str) -> np.ndarray[Any, np.dtype[np.intp]]:
        """Return the row of one connection of a client; which of several it is does not matter."""
        mine = (self._clients == number_of(client)) & (self._slots == self._slot)
        return np.flatnonzero(mine)[:1]

    def _check_room(self, number: int) -> None:
        if self.open >= self.limits.total:
            self._clear_dead()
            if self.open >= self.limits.total:
                raise self._full()
        self._check_client(number)

    def _check_client(self, number: int) -> None:
        if self._count(number) >= self.limits.per_client:
            self._clear_dead()
            if self._count(number) >= self.limits.per_client:
                raise self._too_many()

    def _count(self, number: int) -> int:
        return int(np.count_nonzero(self._clients == number))

    def _clear(self, slot: int) -> None:
        self._clients[self._slots == slot] = 0

    def _clear_dead(self) -> None:
        for slot in np.unique(self._slots[self._clients != 0]).tolist():
            if slot != self._slot and (descriptor := self._lock_of(slot)) is not None:
                os.close(descriptor)
                self._clear(slot)

    def _take_slot(self) -> int:
        for slot in range(1, SLOTS):
            if self._lock_of(slot) is not None:
                # Kept open, and so locked, for as long as this process lives.
                return slot
        raise OSError("too many processes")

    def _lock_of(self, slot: int) -> int | None:
        """Return the locked file of a process, or None while that lives."""
        descriptor = os.open(self._folder / f"process-{slot}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor
