"""One writer at a time: a lock that dies with the process that holds it.

The lock is the operating system's, on a file of the store. It is gone when its holder is, however that ended, so no lock
is ever stale; what the file says is only for people.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.graph.releases import LOCK


@contextmanager
def locked(store: Path) -> Generator[None]:
    """Hold the lock of a store.

    Raises
    ------
    KnowledgeError
        If another load holds it.
    """
    path = store / LOCK
    descriptor = os.open(
        path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC if sys.platform != "win32" else os.O_RDWR | os.O_CREAT
    )
    try:
        if not _take(descriptor):
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


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
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

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
