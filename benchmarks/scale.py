"""How long graphs of a hundred thousand to ten million triples take to load, beside pyoxigraph and rdflib.

Run ``python -m benchmarks.scale``; prints a table and writes it to ``docs/benchmarks/scale.md``. Every measurement is a
process of its own, so that memory is that of the load alone. ``--triples`` measures other sizes, ``--seed`` another graph.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.scale_graph import MILLION, write_graph

SIZES = (MILLION // 10, MILLION, 10 * MILLION)
MOST = {"rdflib": MILLION, "whole_shapes": MILLION // 10}
"""rdflib needs half a minute for a million triples, and pyshacl on it many minutes."""
BARS = {MILLION: "6 s, 600 MB", 10 * MILLION: "90 s, 6 GB"}
LOADED = 100
"""Facts of the load into the large graph."""


def resident() -> float:
    """Return the most megabytes that this process held at any time."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def clock(call: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what a call returns, its seconds by the clock, and those of the processor."""
    wall, busy = time.perf_counter(), time.process_time()
    found = call()
    return found, time.perf_counter() - wall, time.process_time() - busy


def downstack(folder: Path) -> dict[str, float]:
    """Load without checks, and with them; answer a question."""
    from downstack.engine.engine import Engine
    from downstack.graph.checks import check_statements
    from downstack.graph.loading import collect, paused_collection
    from downstack.graph.statements import Statements
    from downstack.graph.store import read_knowledge
    from downstack.kg import KnowledgeGraph
    from downstack.performance import REGISTRY

    before = resident()
    with paused_collection():
        (documents, _), read, read_busy = clock(lambda: collect(folder, large=True))
        statements, index, index_busy = clock(lambda: Statements(documents))
        faults, check, check_busy = clock(lambda: sum(1 for _ in check_statements(statements)))
        knowledge, records, records_busy = clock(lambda: read_knowledge(statements, version="measured"))
    assert faults == 0
    kg, engine, engine_busy = clock(lambda: KnowledgeGraph(Engine(knowledge, REGISTRY)))
    answer, question, _ = clock(
        lambda: (kg.relations_of("company-0"), kg.influences_of("company-1"), kg.resolve("product-7"))
    )
    assert answer[2].label == "Product 7"
    return {
        "triples": knowledge.triples,
        "load": read + index + records + engine,
        "busy": read_busy + index_busy + records_busy + engine_busy,
        "check": check,
        "check_busy": check_busy,
        "first": question,
        "before": before,
        "resident": resident(),
    }


def opened(folder: Path) -> dict[str, float]:
    """Open the graph in the way of a user, checks and the hash of the content included."""
    from downstack.graph.loading import build, collect, paused_collection
    from downstack.performance import REGISTRY

    def load() -> None:
        with paused_collection():
            documents, _ = collect(folder, large=True)
            build(documents, REGISTRY, shacl=False)

    _, wall, busy = clock(load)
    return {"load": wall, "busy": busy, "resident": resident()}


def shapes(folder: Path) -> dict[str, float]:
    """Ask the shapes about a hundred new facts, the rest being known to conform."""
    from downstack.graph.documents import parse_document
    from downstack.graph.loading import collect, paused_collection
    from downstack.graph.validation import shacl_findings

    head = next((folder / "facts").glob("figures-*.ttl")).read_text(encoding="utf-8")
    blocks = head.split("\n\n")
    text = "\n\n".join([blocks[0], *(block.replace("fact:f", "fact:new") for block in blocks[1 : LOADED + 1])])
    with paused_collection():
        documents, _ = collect(folder, large=True)
        new = parse_document("facts/loaded/new.ttl", text)
        found, wall, busy = clock(lambda: shacl_findings((*documents, new), conforming=documents))
    assert found == ()
    return {"load": wall, "busy": busy, "resident": resident()}


def whole_shapes(folder: Path) -> dict[str, float]:
    """Ask the shapes about everything."""
    from downstack.graph.loading import collect, paused_collection
    from downstack.graph.validation import shacl_findings

    with paused_collection():
        documents, _ = collect(folder, large=True)
        found, wall, busy = clock(lambda: shacl_findings(documents))
    assert found == ()
    return {"load": wall, "busy": busy, "resident": resident()}


def oxigraph(folder: Path) -> dict[str, float]:
    """Bulk load into an Oxigraph in memory."""
    import pyoxigraph as ox

    store = ox.Store()

    def load() -> None:
        for file in sorted(folder.rglob("*.ttl")):
            store.bulk_load(path=str(file), format=ox.RdfFormat.TURTLE)

    _, wall, busy = clock(load)
    return {"triples": len(store), "load": wall, "busy": busy, "resident": resident()}


def rdflib(folder: Path) -> dict[str, float]:
    """Parse into a graph of rdflib."""
    from rdflib import Graph

    graph = Graph()

    def load() -> None:
        for file in sorted(folder.rglob("*.ttl")):
            graph.parse(str(file), format="turtle")

    _, wall, busy = clock(load)
    return {"triples": len(graph), "load": wall, "busy": busy, "resident": resident()}


RUNS: dict[str, Callable[[Path], dict[str, float]]] = {
    "downstack": downstack,
    "opened": opened,
    "shapes": shapes,
    "whole_shapes": whole_shapes,
    "oxigraph": oxigraph,
    "rdflib": rdflib,
}


def measured(name: str, folder: Path) -> dict[str, float]:
    """Measure in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.scale", "--run", name, "--folder", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def rows(size: int, folder: Path) -> list[str]:
    """Measure one size, and return its lines of the table."""
    ours = measured("downstack", folder)
    lines = [
        f"| {ours['triples']:,.0f} | downstack: bytes to a graph that answers | {ours['load']:.1f} | {ours['busy']:.1f} | "
        f"{ours['resident']:,.0f} | 1 | {BARS.get(size, '')} |",
        f"| | its structural checks | {ours['check']:.1f} | {ours['check_busy']:.1f} | | {ours['check_busy'] / ours['busy']:.2f} | |",
    ]
    names = {
        "opened": "downstack: all of it with checks and content hash",
        "shapes": f"downstack: the shapes, about {LOADED} new facts",
        "whole_shapes": "downstack: the shapes, about everything (pyshacl)",
        "oxigraph": "pyoxigraph: bulk load in memory",
        "rdflib": "rdflib: parse",
    }
    for name, title in names.items():
        if size > MOST.get(name, size):
            continue
        found = measured(name, folder)
        lines.append(
            f"| | {title} | {found['load']:.1f} | {found['busy']:.1f} | {found['resident']:,.0f} | "
            f"{found['busy'] / ours['busy']:.2f} | |"
        )
    return lines


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help="only write a graph of the first size to this folder")
    parser.add_argument("--run", choices=RUNS)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.run:
        print(json.dumps(RUNS[given.run](given.folder)))
        return
    if given.write:
        print(f"{write_graph(given.write, given.triples[0], seed=given.seed):,} triples")
        return
    lines = [
        "# Scale",
        "",
        "`python -m benchmarks.scale` gives this table; `make bench` runs it too.",
        "",
        "For each million triples: 20,000 companies, 60,000 products, 71,000 influences as nodes of their own, cited relations",
        "and facts, drawn with a seed ([benchmarks/scale_graph.py](../../benchmarks/scale_graph.py)) and written as Turtle.",
        "Loading is all from the bytes of the files to a graph that resolves a name and lists what a company takes part in.",
        "Seconds are by the clock, which on a shared machine is that of its other users too, and of the processor; memory is",
        "the most that the process held; ratios are of the processor.",
        "",
        f"Python {platform.python_version()}, {platform.machine()}.",
        "",
        "| triples | what | seconds | processor | MB | ratio | bar |",
        "|---:|---|---:|---:|---:|---:|---|",
    ]
    for size in given.triples:
        with tempfile.TemporaryDirectory() as folder:
            graph = Path(folder) / "graph"
            write_graph(graph, size, seed=given.seed)
            lines += rows(size, graph)
    text = "\n".join(lines) + "\n"
    print(text)
    if given.triples == list(SIZES) and given.seed == 1:
        Path(__file__).parents[1].joinpath("docs", "benchmarks", "scale.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
