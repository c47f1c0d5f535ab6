"""Search among 100,000 entities: pairs of letters choose what is compared, beside comparing the text with every name.

Run ``python benchmarks/search.py``; prints a table and writes it to ``docs/benchmarks/search.md``. The names are made up of
the words of real ones; what is typed is a name with one letter left out, doubled or swapped. Both sides score alike, so what
the quick way loses is what it did not compare.
"""

from __future__ import annotations

import platform
import random
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from downstack.graph.model import Entity
from downstack.graph.name_search import NameSearch, compared
from downstack.graph.names import NameIndex, normalise
from downstack.kg import KnowledgeGraph

ENTITIES = 100_000
TYPED = 200
SLOWLY = 40
"""Texts that are compared with every name: each takes a second."""
DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks" / "search.md"


def made_up(seed: int = 7) -> dict[str, Entity]:
    """Return entities whose labels are two to four words of real labels, each with an alias."""
    draw = random.Random(seed)
    real = KnowledgeGraph.open().entities
    words = sorted({word for item in real.values() for word in item.label.split()})
    found: dict[str, Entity] = {}
    while len(found) < ENTITIES:
        label = " ".join(draw.choice(words) for _ in range(draw.randint(2, 4)))
        slug = f"{normalise(label).replace(' ', '-')}-{len(found)}"
        alias = f"{label.split()[0]} {draw.randrange(1000)}{draw.choice('ABCX')}"
        found[slug] = Entity(slug, slug, label, (alias,), "Company", frozenset({"Company"}), 4, None, "")
    return found


def misspelt(name: str, draw: random.Random) -> str:
    """Return a name with one letter left out, doubled or swapped with its neighbour."""
    place = draw.randrange(1, max(2, len(name) - 1))
    return draw.choice(
        (
            name[:place] + name[place + 1 :],
            name[:place] + name[place - 1] + name[place:],
            name[: place - 1] + name[place : place + 1] + name[place - 1] + name[place + 1 :],
        )
    )


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - started)


def main() -> None:
    """Measure and write the page."""
    entities = made_up()
    draw = random.Random(11)
    labels = [draw.choice(list(entities.values())).label for _ in range(TYPED)]
    typed = [misspelt(label, draw) for label in labels]
    index = NameIndex(entities)
    first = milliseconds(lambda: index.search("warm up"))
    # A default binds each text to its own call; the checker cannot type a lambda with one.
    times = [milliseconds(lambda text=text: index.search(text, 10)) for text in typed]  # type: ignore[misc]
    met = sum(
        normalise(label) in {normalise(hit.entity.label) for hit in index.search(text, 3)}
        for label, text in zip(labels, typed, strict=True)
    )
    names = sorted({normalise(text) for item in entities.values() for text in (item.id, item.label, *item.aliases)})
    quick = NameSearch(names)
    slow_times, lost = [], 0
    for text in (normalise(item) for item in typed[:SLOWLY]):
        started = time.perf_counter()
        best = max(compared(text, name) for name in names)
        slow_times.append(1e3 * (time.perf_counter() - started))
        lost += max(quick.nearest(text, 50)).score < best.score
    slow = statistics.median(slow_times)
    swift = statistics.median(times)
    text = f"""# Search

Written by `benchmarks/search.py` on {platform.machine()}, Python {platform.python_version()}, rapidfuzz {version("rapidfuzz")}; the middle of {TYPED} texts, and of {SLOWLY} that are compared with every name.

{len(entities):,} entities with {len(names):,} names. Typed: a label with one letter left out, doubled or swapped.

| | ms a search | against downstack |
|---|---|---|
| downstack: pairs of letters choose what is compared | {swift:.1f} | 1.0x |
| the same score of every name | {slow:,.0f} | {slow / swift:,.0f}x |

The slowest of the {TYPED} took {max(times):.1f} ms; the first, which arranges the pairs, {first:,.0f} ms. The name that was meant is among the first three for {met} of {TYPED}. Of {SLOWLY} texts, comparing every name finds a better first hit for {lost}.
"""
    print(text)
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
