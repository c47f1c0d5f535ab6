"""How many requests a second one core answers over HTTP, with every guard on, beside the stock router with the same types.

Run ``make bench`` or ``python benchmarks/service.py``; it needs ``wrk`` (a Debian package) and two cores: the service has one, what
loads it the other. Prints a table and writes it to ``docs/benchmarks/service.md``. The services are loaded in turns, several
times, and the best turn of each counts: what else the machine does can only take away.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

TURNS = 3
SECONDS = 6
CONNECTIONS = 8
START_SECONDS = 120.0
REPORT = Path(__file__).parents[1] / "docs" / "benchmarks" / "service.md"
SERVER = Path(__file__).parent / "service_server.py"
QUERIES = {
    "`{ __typename }`": "{ __typename }",
    "2 hops, 29 nodes": '{ entity(id: "amd") { slug label type relations { predicate asOf object { slug label type } } } }',
}
SERVICES = {
    "all": "downstack, every guard on",
    "none": "downstack, guards off",
    "router": "stock router",
    "limited": "stock router with its limiters",
}
REACH = {"`{ __typename }`": 2_500, "2 hops, 29 nodes": 900}
EXPONENTIAL = "{ ...f0 } " + " ".join(
    [f"fragment f{n} on Query {{ graph {{ version }} ...f{n + 1} ...f{n + 1} }}" for n in range(25)]
    + ["fragment f25 on Query { graph { version } }"]
)


@contextmanager
def served(what: str) -> Generator[str]:
    """Run one service on a core of its own and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(["taskset", "-c", "0", sys.executable, SERVER, what, str(port)])
    url = f"http://127.0.0.1:{port}/graphql"
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.post(url, json={"query": "{ __typename }"}).raise_for_status()
                break
            except httpx.TransportError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def load(url: str, query: str, folder: Path) -> tuple[float, float]:
    """Return requests per second and the median latency in milliseconds of one turn."""
    script = folder / "post.lua"
    body = json.dumps(json.dumps({"query": query}))
    script.write_text(
        f'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.body = {body}\n', encoding="utf-8"
    )
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", script, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"the service did not answer every request:\n{said}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    median = re.search(r"50%\s+([\d.]+)(us|ms|s)", said)
    if rate is None or median is None:
        raise RuntimeError(f"wrk said something else:\n{said}")
    return float(rate[1]), float(median[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[median[2]]


def refused_in(url: str) -> float:
    """Return the best time in milliseconds in which fragments that double 25 times are refused, each time anew."""
    times = []
    with httpx.Client() as client:
        for number in range(20):
            began = time.perf_counter()
            answer = client.post(url, json={"query": f"{EXPONENTIAL} #{number}"})
            times.append((time.perf_counter() - began) * 1e3)
            assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
    return min(times)


async def beside_heavy(url: str) -> tuple[float, float]:
    """Return the 99th percentile in milliseconds of a light question, alone and while two long ones are computed."""
    change = '{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: %s}'
    heavy = '{ impact(changes: [%s], targets: ["time_per_output_token"], samples: 2000) { effects(first: 20) { nodes { ratio } } } }'

    async with httpx.AsyncClient(timeout=60.0) as client:

        async def light(count: int) -> float:
            times = []
            for _ in range(count):
                began = time.perf_counter()
                await client.post(url, json={"query": "{ __typename }"})
                times.append((time.perf_counter() - began) * 1e3)
            return sorted(times)[int(0.99 * len(times))]

        async def keep_busy(number: int, ended: asyncio.Event) -> None:
            turn = 0
            while not ended.is_set():
                turn += 1
                query = heavy % (change % f"1.{number}{turn:04}")
                await client.post(url, json={"query": query})

        alone = await light(500)
        ended = asyncio.Event()
        busy = [asyncio.create_task(keep_busy(number, ended)) for number in (1, 2)]
        beside = await light(500)
        ended.set()
        await asyncio.gather(*busy)
    return alone, beside


def main() -> None:
    """Measure, print and write the table."""
    missing = [name for name in ("wrk", "taskset") if shutil.which(name) is None]
    if missing or (os.cpu_count() or 1) < 2:
        raise SystemExit(f"needs two cores and {', '.join(missing) or 'wrk'}: apt-get install wrk util-linux")
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        for what in SERVICES:
            with served(what) as url:
                for _ in range(TURNS):
                    for label, query in QUERIES.items():
                        found.setdefault((what, label), []).append(load(url, query, Path(name)))
                if what == "all":
                    refused = refused_in(url)
                    alone, beside = asyncio.run(beside_heavy(url))
    lines = [
        "# The service",
        "",
        "`make bench` gives this table: requests per second of one core, which another one loads with `wrk -t1 "
        f"-c{CONNECTIONS}`, the best of {TURNS} turns of {SECONDS} s, and the median latency of that turn. Every guard on: limits of "
        "documents, estimate, deadline, cap of the answer, rate limit, known hosts, security headers, metrics.",
        "",
        f"Python {platform.python_version()}, {platform.machine()}.",
        "",
        "| query | service | requests/s | p50 ms | of guards off | of the stock router | to reach |",
        "|---|---|---|---|---|---|---|",
    ]
    for label in QUERIES:
        best = {what: max(found[what, label]) for what in SERVICES}
        for what, said in SERVICES.items():
            rate, median = best[what]
            reach = f">= {REACH[label]:,}" if what == "all" else ""
            lines.append(
                f"| {label} | {said} | {rate:,.0f} | {median:.2f} | {median / best['none'][1]:.2f}x p50 "
                f"| {rate / best['router'][0]:.1f}x | {reach} |"
            )
    lines += [
        "",
        "| what | ms |",
        "|---|---|",
        f"| fragments that double 25 times, refused (to reach: under 100) | {refused:.1f} |",
        f"| `{{ __typename }}`, p99, nothing else asked | {alone:.1f} |",
        f"| the same while two impacts of 2,000 samples are computed without pause on the same core | {beside:.1f} |",
        "",
    ]
    text = "\n".join(lines)
    REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
