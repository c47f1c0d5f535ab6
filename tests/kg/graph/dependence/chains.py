"""Small graphs of links for tests."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from downstack.graph.dependence.index import DependenceIndex
from downstack.graph.dependence.links import Link
from downstack.graph.model import Source

SOURCE = Source("https://w3id.org/downstack/source/test", "A test", "https://example.org/", None, None)
NAMES = "abcdefgh"


def link(
    dependent: str, provider: str, bond: str = "use", relation: str = "needs", *, alternatives: bool = False
) -> Link:
    """Return "dependent needs provider"."""
    return Link(dependent, provider, relation, bond, relation, alternatives, SOURCE)


def index(*links: Link) -> DependenceIndex:
    """Return the index of some links."""
    return DependenceIndex(links)


def reached(graph: DependenceIndex, entity: str) -> dict[str, int]:
    """Return what an entity depends on by depth, found by walking all simple ways: slow, and plainly right."""
    best: dict[str, int] = {}

    def walk(node: int, steps: int, seen: frozenset[int]) -> None:
        for end, _ in graph.down[node]:
            name = graph.entities[end]
            if end in seen:
                continue
            if name != entity and steps + 1 < best.get(name, 1_000):
                best[name] = steps + 1
            walk(end, steps + 1, seen | {end})

    itself = graph.itself(entity)
    if itself is not None:
        walk(itself, 0, frozenset({itself}))
    return best


def links(bonds: Iterable[str] = ("use",)) -> st.SearchStrategy[list[Link]]:
    """Generate graphs of up to eight entities, circles included."""
    one = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(tuple(bonds)), st.booleans())
    return st.lists(one, min_size=1, max_size=14).map(
        lambda items: [
            link(first, second, bond, bond, alternatives=either)
            for first, second, bond, either in dict.fromkeys(items)
            if first != second
        ]
    )
