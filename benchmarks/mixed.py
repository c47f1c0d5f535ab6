"""Half an hour of mixed load: honest clients, one hostile client, a new release every minute. What fails, how slow, how much memory?

Run ``python -m benchmarks.mixed`` (``--minutes 30`` at first) on a machine with two cores: the service has one, everything
else the other. All of it stays on this machine. Prints a line a minute, then writes ``docs/benchmarks/mixed.md``. Ends with
status 1 when an honest request failed, the service died, or a release was not served.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from benchmarks.mixed_honest import Asked, follow_changes, honest
from benchmarks.mixed_hostile import Hostile
from benchmarks.mixed_memory import Memory
from benchmarks.mixed_releases import releases

REPORT = Path(__file__).parents[1] / "docs" / "benchmarks" / "mixed.md"
START_SECONDS = 120.0
CLIENTS = 4
TOKENS = {"reader": "read", "stranger": "read", "writer": "write"}


def downstack(*words: str) -> str:
    """Run the command line and return what it printed."""
    command = [sys.executable, "-m", "downstack.cli", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def served(folder: Path) -> Generator[tuple[str, int, dict[str, str]]]:
    """Run the service on a store of its own, guarded as in production, and yield address, process and tokens."""
    store, tokens_file, log = folder / "store", folder / "tokens.toml", folder / "log"
    downstack("copy", "bundled", str(store))
    tokens = {
        name: downstack("token", "new", name, "--role", role, "--tokens-file", str(tokens_file)).strip()
        for name, role in TOKENS.items()
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", "--production", "--port", str(port), "--store", str(store), "--tokens-file", str(tokens_file)]
    command = ["taskset", "-c", "0", sys.executable, "-m", "downstack.cli", *words]
    with log.open("wb") as kept:
        process = subprocess.Popen(command, stdout=kept, stderr=kept)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _ready(url):
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"the service does not start:\n{log.read_text()}")
            time.sleep(0.1)
        yield url, process.pid, tokens
        if process.poll() is not None:
            raise RuntimeError(f"the service died with {process.returncode}:\n{log.read_text()[-4_000:]}")
    finally:
        process.terminate()
        process.wait(60)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


async def run(
    url: str, pid: int, tokens: dict[str, str], store: Path, minutes: float
) -> tuple[Asked, Hostile, Memory, list[str]]:
    """Load the service for some minutes and return what was seen."""
    asked, hostile, memory = Asked(), Hostile(url, tokens["stranger"], random.Random(7)), Memory(pid)
    versions: list[str] = []
    ended = asyncio.Event()
    tasks = [
        asyncio.create_task(honest(url, tokens["reader"], asked, random.Random(seed), ended)) for seed in range(CLIENTS)
    ]
    tasks += [
        asyncio.create_task(follow_changes(url, tokens["reader"], asked, ended)),
        asyncio.create_task(releases(url, tokens["writer"], store, versions, ended)),
        asyncio.create_task(hostile.run(ended)),
        asyncio.create_task(memory.run(ended)),
    ]
    began = time.monotonic()
    while (passed := time.monotonic() - began) < minutes * 60:
        await asyncio.wait(tasks, timeout=min(60.0, minutes * 60 - passed), return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task.done():
                task.result()
        print(
            f"{(time.monotonic() - began) / 60:5.1f} min  {asked.count:>7,} honest, {len(asked.failures)} failed, "
            f"p99 {asked.percentile(99):6.0f} ms  {hostile.count:>6,} hostile  {len(versions):>3} releases  {memory.now} MB",
            flush=True,
        )
    ended.set()
    await asyncio.gather(*tasks)
    return asked, hostile, memory, versions


def table(asked: Asked, hostile: Hostile, memory: Memory, versions: list[str], minutes: float) -> str:
    """Return the page."""
    lines = [
        "# Half an hour of mixed load",
        "",
        "`python -m benchmarks.mixed` serves a store on one core, as in production (tokens, rate limit, all guards), and loads it from the",
        f"other: {CLIENTS} honest clients, one that follows changes, one hostile client, and a new release every minute, by turns through the",
        "service and by `downstack load` beside it.",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {platform.machine()}, Python {platform.python_version()}, {minutes:g} minutes.",
        "",
        "| seen | |",
        "|---|---|",
        f"| honest requests | {asked.count:,} |",
        f"| of them failed | {len(asked.failures)} |",
        f"| releases made and served | {len(versions)} |",
        f"| releases that the follower was told | {asked.told} |",
        f"| hostile requests | {hostile.count:,} |",
        f"| of them that got another answer than meant | {len(hostile.surprises)} |",
        "",
        "| memory (MB), means of a sixth of the time | the third | the fifth | the last | most |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {third:.0f} | {fifth:.0f} | {last:.0f} | {most:.0f} |"
            for name, third, fifth, last, most in memory.rows()
        ),
        "",
        "| honest question | asked | p50 ms | p99 ms | slowest ms |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {count:,} | {p50:.1f} | {p99:.0f} | {most:.0f} |"
            for name, count, p50, p99, most in asked.rows()
        ),
        "",
        "A release is made, read and arranged by processes beside the service, here on the same core.",
        "",
        "| hostile request | sent | answers |",
        "|---|---|---|",
        *(f"| {name} | {count:,} | {said} |" for name, count, said in hostile.rows()),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--out", type=Path, default=REPORT)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="downstack-mixed-") as name:
        folder = Path(name)
        with served(folder) as (url, pid, tokens):
            seen = asyncio.run(run(url, pid, tokens, folder / "store", given.minutes))
    asked, hostile, _, versions = seen
    page = table(*seen, given.minutes)
    given.out.write_text(page, encoding="utf-8")
    print(page)
    for failure in (*asked.failures[:20], *hostile.surprises[:20]):
        print(failure, file=sys.stderr)
    if asked.failures or hostile.surprises or not versions:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
