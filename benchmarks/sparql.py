"""What it costs to answer SPARQL in a process of its own, beside the same library asked in this process.

Run ``make bench``; prints a table and writes it to ``docs/benchmarks/sparql.md``. Each query is asked of Oxigraph in this
process (query, then JSON), of a worker, and of the endpoint over HTTP, in turns within one run, so that ratios do not
depend on the machine.
"""

from __future__ import annotations

import os
import platform
import resource
import socket
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pyoxigraph as ox
import uvicorn

from downstack.graph.sparql.evaluation import evaluate
from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import read_store
from downstack.graph.sparql.processes import QueryProcesses
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

QUERIES = {
    "ask for one triple": "ASK { ds:tsmc a dso:Company }",
    "all about one entity": "SELECT ?p ?o { ds:nvidia-h200-sxm ?p ?o }",
    "who is two steps from a foundry": (
        "SELECT ?cloud ?chip { ?cloud dso:hasAccelerator ?chip . ds:tsmc dso:fabricates ?chip }"
    ),
    "labels of everything (hundreds of kilobytes)": "SELECT ?s ?l { ?s rdfs:label ?l }",
}
ROUNDS = 200


def milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - started)


def memory(pid: int) -> float:
    """Return the megabytes of a process that no other shares with it, or its part of what is shared."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def here(store: ox.Store, text: str) -> bytes:
    """Return the answer to a query that is evaluated in this process."""
    parts: list[bytes] = []
    evaluate(store, text, "json", 2**30, parts.append)
    return b"".join(parts)


def main() -> None:
    """Measure, print and write the table."""
    load = os.getloadavg()[0]
    kg = KnowledgeGraph.open()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    processes = QueryProcesses(kg.origin, QueryLimits(start=600.0))
    first = milliseconds(lambda: processes.ask("ASK {}"))
    keeper = processes._state.keeper
    if keeper is None:
        raise RuntimeError("the keeper has not started")
    pid = keeper.result().process.pid
    keeping = memory(pid)
    after_ending = []
    for _ in range(20):
        (worker,) = processes._state.idle
        keeper.result().end(worker)
        processes._state.idle.clear()
        after_ending.append(milliseconds(lambda: processes.ask("ASK {}")))

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(kg), log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    client = httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=600.0)
    client.post("/sparql", data={"query": "ASK {}"}).raise_for_status()

    store = read_store(kg.origin)
    rows = []
    for name, text in QUERIES.items():
        ways: tuple[Callable[[], bytes], ...] = (
            lambda text=text: here(store, text),
            lambda text=text: processes.ask(text).content,
            lambda text=text: client.post("/sparql", data={"query": text}).content,
        )
        sizes = {len(way()) for way in ways}
        if len(sizes) != 1:
            raise RuntimeError(f"the answers to {text} differ: {sizes}")
        taken = [[milliseconds(way) for way in ways] for _ in range(ROUNDS)]
        low = [min(column) for column in zip(*taken, strict=True)]
        middle = [statistics.median(column) for column in zip(*taken, strict=True)]
        cells = [f"{least:.3f} / {median:.3f}" for least, median in zip(low, middle, strict=True)]
        ratios = [f"{low[way] / low[0]:.1f} / {middle[way] / middle[0]:.1f}" for way in (1, 2)]
        rows.append(f"| {name} | {sizes.pop():,} | {cells[0]} | {cells[1]} | {ratios[0]} | {cells[2]} | {ratios[1]} |")
    server.should_exit = True
    thread.join()
    client.close()
    processes.close()

    table = "\n".join(
        [
            f"Graph version {kg.version}: {len(store):,} triples. pyoxigraph {ox.__version__}, Python "
            f"{platform.python_version()}, {platform.machine()}. Fastest and median of {ROUNDS} rounds.",
            f"{os.cpu_count()} cores; {load:.1f} processes wanted one when it began, and a median says how long they had to wait too.",
            "",
            "| query | bytes | in this process, ms | in a worker, ms | ratio | over HTTP, ms | ratio |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
            "| what | |",
            "|---|---|",
            f"| the first query, which has the graph read | {first:,.0f} ms |",
            f"| a query after its worker was ended: a new one is made | {statistics.median(after_ending):.1f} ms |",
            f"| memory of the process that holds the triples | {keeping:.0f} MB |",
            f"| memory of the process that asks, with the graph open, before anybody asks | {before:.0f} MB |",
        ]
    )
    print(table)
    target = Path(__file__).parent.parent / "docs" / "benchmarks" / "sparql.md"
    target.write_text(f"# SPARQL\n\n`make bench` gives this table.\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
