"""One writer at a time, and no reader beside it where the files are not versions: a lock that dies with its holder.

The lock is the operating system's, on a file of the store. It is gone when its holder is, however that ended, so no lock
is ever stale; what the file says is only for people.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.graph.releases import LOCK

PAUSE = 0.05
"""Seconds between two tries."""


@contextmanager
def locked(store: Path, *, patience: float = 0.0) -> Generator[None]:
    """Hold the lock of a store, as the only one.

    Parameters
    ----------
    store
        Its folder.
    patience
        Seconds to wait for others.

    Raises
    ------
    KnowledgeError
        If another load holds it.
    """
    descriptor = _open(store / LOCK, os.O_RDWR | os.O_CREAT)
    try:
        if not _wait(descriptor, patience, shared=False):
            holder = os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
            what = f"another load is writing into it: {holder}"
            raise KnowledgeError((Finding(str(store), None, what, "wait until it has ended, then load again", "lock"),))
        os.ftruncate(descriptor, 0)
        os.write(
            descriptor, f"process {os.getpid()} since {datetime.now(UTC).isoformat(timespec='seconds')}\n".encode()
        )
        yield
    finally:
        # Closing gives the lock back. The file stays: to remove it would let two holders have one each.
        os.close(descriptor)


@contextmanager
def shared(store: Path, *, patience: float) -> Generator[None]:
    """Keep writers away from a store while it is read; other readers may read too.

    Raises
    ------
    KnowledgeError
        If somebody is writing for longer than one is willing to wait.
    """
    try:
        descriptor = _open(store / LOCK, os.O_RDONLY)
    except OSError:
        # No downstack has ever written here, or nobody may: then nobody is writing now.
        yield
        return
    try:
        if not _wait(descriptor, patience, shared=True):
            what = f"it is being written to for more than {patience:.0f} s"
            raise KnowledgeError(
                (Finding(str(store), None, what, "wait until that has ended, then try again", "lock"),)
            )
        yield
    finally:
        os.close(descriptor)


def _open(path: Path, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC if sys.platform != "win32" else flags)


def _wait(descriptor: int, patience: float, *, shared: bool) -> bool:
    until = time.monotonic() + patience
    while not _take(descriptor, shared=shared):
        if time.monotonic() >= until:
            return False
        time.sleep(PAUSE)
    return True


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int, *, shared: bool) -> bool:
        # There are no shared locks: readers take turns.
        try:
            # Far behind the text, so that others can read who holds it.
            os.lseek(descriptor, 1 << 20, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _take(descriptor: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
