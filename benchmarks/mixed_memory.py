"""What a process and its children hold in memory while it is loaded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import fmean

EVERY_SECONDS = 2.0


def proportional_mb(pid: int) -> float:
    """Return the memory in MB of a process and all below it; what forked processes share counts once, in parts."""
    total = 0
    for one in (pid, *_children(pid)):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue  # It ended meanwhile.
        total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return total / 1024


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    found = [int(word) for word in text.split()]
    return [*found, *(below for child in found for below in _children(child))]


class Memory:
    """Samples of the memory of a process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.samples = [proportional_mb(pid)]

    async def run(self, ended: asyncio.Event) -> None:
        """Take samples until it ended."""
        while not ended.is_set():
            await asyncio.sleep(EVERY_SECONDS)
            self.samples.append(proportional_mb(self._pid))

    @property
    def now(self) -> float:
        """The last sample."""
        return self.samples[-1]

    @property
    def most(self) -> float:
        """The largest sample."""
        return max(self.samples)

    @property
    def early(self) -> float:
        """The mean of a sixth of the time, after a third of it: caches are full then."""
        size = len(self.samples)
        return fmean(self.samples[size // 3 : size // 3 + max(1, size // 6)])

    @property
    def late(self) -> float:
        """The mean of the last sixth of the time."""
        return fmean(self.samples[-max(1, len(self.samples) // 6) :])
