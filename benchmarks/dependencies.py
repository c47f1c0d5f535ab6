"""A cone of tens of thousands of dependents, and two steps of it, beside networkx and an Oxigraph path query in the same run.

Run ``make bench``; prints a table and writes it to ``docs/benchmarks/dependencies.md``. The graph is made up and as large
as a graph of a million triples with facts, sources and labels would make it: 20,000 companies, 60,000 products and
171,000 links between them. Every side answers the same question from the same links; their answers are compared.
"""

from __future__ import annotations

import importlib.metadata
import platform
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pyoxigraph as ox

from downstack.graph.dependence.cone import Cone, reach
from downstack.graph.dependence.index import DependenceIndex
from downstack.graph.dependence.links import Link
from downstack.graph.dependence.paths import shortest_ways
from downstack.graph.model import Source

COMPANIES, PRODUCTS, MAKERS, LINKS = 20_000, 60_000, 100_000, 71_000
CONE = 34_000
"""The size of the cone that is looked for: the one of the reference figures."""
TWO_STEPS = 29
TURNS = 15
MOST_CONE_MS, MOST_TWO_STEPS_MS = 40.0, 0.05
SOURCE = Source("https://w3id.org/downstack/source/made-up", "made up", "https://example.org/", None, None)
NEEDS = "https://example.org/needs"
DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks" / "dependencies.md"


def made_up(seed: int = 7) -> list[Link]:
    """Return links: each product needs makers, and many products need others that are older."""
    draw = random.Random(seed)
    pairs = {
        *((f"product-{draw.randrange(PRODUCTS)}", f"company-{draw.randrange(COMPANIES)}") for _ in range(MAKERS)),
        *_older(draw),
    }
    return [Link(one, other, "needs", "use", "needs", alternatives=True, source=SOURCE) for one, other in sorted(pairs)]


def _older(draw: random.Random) -> set[tuple[str, str]]:
    found = set()
    while len(found) < LINKS:
        # A few old ones are what most build on, as in real supply chains.
        first, second = sorted((int(PRODUCTS * draw.random() ** 10), draw.randrange(PRODUCTS)))
        if first != second:
            found.add((f"product-{second}", f"product-{first}"))
    return found


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def names(index: DependenceIndex, cone: Cone) -> set[str]:
    """Return the entities of a cone."""
    return {index.entities[node] for level in cone.levels[1:] for node in level}


def largest_near(index: DependenceIndex) -> str:
    """Return the product whose dependents are nearest to the number that is looked for."""
    best, least = "", CONE
    for number in range(400):
        name = f"product-{number}"
        if name in index.nodes:
            size = len(reach(index.up, index.roles(name)).came_from)
            if abs(size - CONE) < least:
                best, least = name, abs(size - CONE)
    return best


def ordinary(index: DependenceIndex) -> str:
    """Return a product with about as many dependents within two steps as the reference figures have."""
    for number in range(PRODUCTS):
        name = f"product-{number}"
        if name in index.nodes and TWO_STEPS <= len(reach(index.up, index.roles(name), 2).came_from) <= TWO_STEPS + 3:
            return name
    raise LookupError(f"no product has about {TWO_STEPS} dependents within two steps")


def main() -> None:
    """Measure, compare the answers, print and write the table."""
    links = made_up()
    built = timed(lambda: DependenceIndex(links))
    index = DependenceIndex(links)
    graph = nx.DiGraph((link.dependent, link.provider) for link in links)
    backwards = graph.reverse(copy=False)
    store = ox.Store()
    store.bulk_extend(
        ox.Quad(ox.NamedNode(f"urn:{link.dependent}"), ox.NamedNode(NEEDS), ox.NamedNode(f"urn:{link.provider}"))
        for link in links
    )
    start, common = largest_near(index), ordinary(index)
    whole = f"SELECT DISTINCT ?x WHERE {{ ?x <{NEEDS}>+ <urn:{start}> }}"
    near = f"SELECT DISTINCT ?x WHERE {{ {{ ?x <{NEEDS}> <urn:{common}> }} UNION {{ ?x <{NEEDS}>/<{NEEDS}> <urn:{common}> }} }}"

    def asked(text: str) -> set[str]:
        answer = store.query(text)
        assert isinstance(answer, ox.QuerySolutions)
        # `x` is bound to names only; the stub allows for literals and triples.
        return {str(row["x"].value).removeprefix("urn:") for row in answer}  # type: ignore[union-attr]

    sides: dict[str, tuple[Callable[[], set[str]], Callable[[], set[str]]]] = {
        "networkx": (
            lambda: nx.ancestors(graph, start),
            lambda: set(nx.single_source_shortest_path_length(backwards, common, 2)) - {common},
        ),
        "Oxigraph, path query": (lambda: asked(whole), lambda: asked(near)),
    }
    ours_whole, ours_near = reach(index.up, index.roles(start)), reach(index.up, index.roles(common), 2)
    for whole_of, near_of in sides.values():
        assert whole_of() == names(index, ours_whole)
        assert near_of() == names(index, ours_near)
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in ("downstack", *sides)}
    for _ in range(TURNS):
        times["downstack"][0].append(timed(lambda: reach(index.up, index.roles(start))))
        times["downstack"][1].append(timed(lambda: reach(index.up, index.roles(common), 2)))
        for name, work in sides.items():
            times[name][0].append(timed(work[0]))
            times[name][1].append(timed(work[1]))
    far = ours_whole.levels[-1][0]
    way = [timed(lambda: next(shortest_ways(index, index.entities[far], start))) for _ in range(5)]
    least = {name: tuple(map(min, both)) for name, both in times.items()}
    text = page(
        index, len(names(index, ours_whole)), len(names(index, ours_near)), built, least, statistics.median(way)
    )
    print(text)
    DOCUMENT.write_text(text, encoding="utf-8")


def page(
    index: DependenceIndex,
    cone: int,
    near: int,
    built: float,
    least: dict[str, tuple[float, ...]],
    way: float,
) -> str:
    """Return the page with the table."""
    ours = least["downstack"]
    rows = "\n".join(
        f"| {name} | {whole:,.2f} ms | {whole / ours[0]:,.1f}x | {some:,.4f} ms | {some / ours[1]:,.1f}x |"
        for name, (whole, some) in least.items()
    )
    met = [
        f"at most {bar:g} ms for {what}; seen {seen:.3g} ms, {'met' if seen <= bar else 'not met'}"
        for bar, what, seen in (
            (MOST_CONE_MS, "the cone", ours[0]),
            (MOST_TWO_STEPS_MS, "two steps", ours[1]),
        )
    ]
    roles = sum(len(item) for item in index.nodes.values())
    return f"""# Dependence

Written by `benchmarks/dependencies.py` on {platform.machine()}, Python {platform.python_version()}, networkx {nx.__version__}, pyoxigraph {importlib.metadata.version("pyoxigraph")}; the least of {TURNS} turns, the sides in turns.

{len(index):,} entities ({roles:,} nodes), {len(index.links):,} links. Asked: who depends on one product at any distance ({cone:,} entities), and on another within two steps ({near:,}).

| | whole cone | against downstack | two steps | against downstack |
|---|---|---|---|---|
{rows}

Bars: {"; ".join(met)}.

The index of this graph is built once, in {built:,.0f} ms; the shortest way between the ends of the cone, its distances included, takes {way:,.1f} ms. downstack also keeps the depth of each entity and a shortest way to it, which the others do not; all give the same entities. What an answer adds to the walk (alternatives, single points, shares) is for cones of at most 5,000 nodes, and an answer about a larger one says that it leaves them out.
"""


if __name__ == "__main__":
    main()
