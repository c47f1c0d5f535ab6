"""How long the bundled graph takes to open, and the README question to answer, in process.

Run ``make bench``; prints a table and writes it to ``docs/benchmarks/first_question.md``. The peers doing the same
lookup are measured in the same run: the binding join of the question as a SPARQL query on Oxigraph and on rdflib, over
the same triples, so that the ratio does not depend on the machine.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyoxigraph as ox
import rdflib

from downstack.graph.loading import collect
from downstack.kg import KnowledgeGraph

CHANGES = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
TARGETS = [
    "decode_tokens_per_second",
    "cost_per_million_output_tokens",
    "max_concurrent_sequences",
    "max_context_length",
]
WHERE = {"model": "llama-3.1-70b"}
JOIN = """
PREFIX dso: <https://w3id.org/downstack/ontology#>
PREFIX ds: <https://w3id.org/downstack/id/>
SELECT ?workload ?offering ?value WHERE {
  ?offering dso:hasAccelerator ds:nvidia-h200-sxm . ?workload a dso:Workload .
  ?fact dso:subject ds:nvidia-h200-sxm ; dso:quantity dso:memoryBandwidth ; dso:value ?value .
}
"""


def timed(call: Callable[[], object], repeats: int) -> list[float]:
    """Return the seconds of each of several calls."""
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return found


def main() -> None:
    """Measure, print and write the table."""
    opening = timed(KnowledgeGraph.open, 5)
    kg = KnowledgeGraph.open()

    def question() -> int:
        return len(kg.impact(CHANGES, targets=TARGETS, where=WHERE).effects)

    def page() -> object:
        report = kg.impact(CHANGES, targets=TARGETS, where=WHERE)
        return [(effect.ratio, effect.regime, effect.trace.facts) for effect in report.effects[:20]]

    def full() -> object:
        report = kg.impact(CHANGES, targets=TARGETS, where=WHERE, samples=2000)
        return [(effect.ratio, effect.band, effect.attribution, effect.trace.facts) for effect in report.effects[:20]]

    def everything() -> int:
        return len(kg.impact(CHANGES).effects)

    rows = question()
    warm = timed(question, 200)
    paged = timed(page, 50)
    drawn = timed(full, 50)
    whole = timed(everything, 20)

    documents, _ = collect(None)
    store = ox.Store()
    for document in documents:
        store.load(document.text.encode(), format=ox.RdfFormat.TURTLE)
    graph = rdflib.Graph()
    for document in documents:
        graph.parse(data=document.text, format="turtle")

    def joined() -> int:
        solutions = store.query(JOIN)
        if not isinstance(solutions, ox.QuerySolutions):
            raise TypeError("the join is a SELECT query")
        return sum(1 for _ in solutions)

    oxigraph = timed(joined, 50)
    sparql = timed(lambda: list(graph.query(JOIN)), 10)

    def line(what: str, seconds: list[float], note: str = "") -> str:
        low, middle, high = (
            1e3 * value for value in (min(seconds), statistics.median(seconds), float(np.percentile(seconds, 95)))
        )
        return f"| {what} | {low:.2f} | {middle:.2f} | {high:.2f} | {note} |"

    table = "\n".join(
        [
            f"Graph version {kg.version}: {kg.info.facts} facts, {kg.info.entities} entities, {kg.info.triples} triples.",
            f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}.",
            "",
            "| what | min ms | median ms | p95 ms | bar |",
            "|---|---|---|---|---|",
            line("open the bundled graph, checks included", opening, "under 3,000"),
            line(f"README question, warm ({rows} effects)", warm, "under 50"),
            line("the same with regimes, switch points and traces of the first 20", paged, ""),
            line("the same with bands of 2,000 samples, flows and traces of the first 20", drawn, "p95 under 50"),
            line(f"all targets and models, warm ({everything()} effects)", whole, ""),
            line("peer: only the join of the question, SPARQL on Oxigraph", oxigraph, ""),
            line("peer: only the join of the question, SPARQL on rdflib", sparql, ""),
        ]
    )
    print(table)
    target = Path(__file__).parent.parent / "docs" / "benchmarks" / "first_question.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(f"# The first question\n\n`make bench` gives this table.\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
