"""What a process and its children hold in memory while it is loaded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import fmean

EVERY_SECONDS = 2.0


SERVICE, SPARQL, RELEASES = "the service", "its SPARQL processes", "those that make or read a release"


def held(pid: int) -> dict[str, float]:
    """Return the memory in MB of a process and all below it, by part; what forked processes share counts once, in parts."""
    found: dict[str, float] = {SERVICE: 0.0, SPARQL: 0.0, RELEASES: 0.0}
    for one in (pid, *_children(pid)):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
            words = Path(f"/proc/{one}/cmdline").read_bytes()
        except OSError:
            continue  # It ended meanwhile.
        part = SERVICE if one == pid else SPARQL if b"sparql.keeper" in words else RELEASES
        found[part] += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0) / 1024
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text(encoding="ascii").split()]
        except OSError:
            continue
    return [*found, *(below for child in found for below in _children(child))]


class Memory:
    """Samples of the memory of a process and those below it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.samples = [held(pid)]

    async def run(self, ended: asyncio.Event) -> None:
        """Take samples until it ended."""
        while not ended.is_set():
            await asyncio.sleep(EVERY_SECONDS)
            self.samples.append(held(self._pid))

    @property
    def now(self) -> str:
        """The last sample, part by part."""
        return " + ".join(f"{value:.0f}" for value in self.samples[-1].values())

    def rows(self) -> list[tuple[str, float, float, float, float]]:
        """Return for each part, and for all, three means of a sixth of the time, and the most."""
        parts = [(name, [sample[name] for sample in self.samples]) for name in self.samples[0]]
        parts.append(("all", [sum(sample.values()) for sample in self.samples]))
        return [(name, *_sixths(values), max(values)) for name, values in parts]


def _sixths(values: list[float]) -> tuple[float, float, float]:
    """The means of the third, the fifth and the last sixth: caches are full after a third of the time."""
    size = max(1, len(values) // 6)
    return (
        fmean(values[2 * size : 3 * size] or values),
        fmean(values[4 * size : 5 * size] or values),
        fmean(values[-size:]),
    )
