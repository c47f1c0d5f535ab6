"""Steps between what is shown: hidden entities between two shown ones become one indirect step that names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from downstack.graph.dependence.index import DependenceIndex
from downstack.graph.dependence.links import Link
from downstack.results.dependencies import DependencyStep

ITEMS = "items"
"""The bond of a step from a holder to what it puts out or consists of."""
Edge = tuple[int, int, int]
"""The node that needs, the node that is needed, and the number of the link."""


def steps_of_way(
    index: DependenceIndex, start: int, way: Iterable[tuple[int, int]], hidden: frozenset[int], *, upwards: bool
) -> tuple[DependencyStep, ...]:
    """Return the steps of a way in the order in which it was walked, what is hidden collapsed.

    Parameters
    ----------
    index
        The graph version.
    start, way
        Where the way begins, and its (node, link) pairs.
    hidden
        The nodes that are hidden.
    upwards
        True when the way goes from what is needed to who needs it.
    """
    found: list[DependencyStep] = []
    waiting: list[Edge] = []
    before = start
    for node, number in way:
        waiting.append((node, before, number) if upwards else (before, node, number))
        before = node
        if node not in hidden:
            found.append(_step(index, waiting[::-1] if upwards else waiting))
            waiting = []
    return tuple(found)


def steps_between(index: DependenceIndex, nodes: Iterable[int], hidden: frozenset[int]) -> tuple[DependencyStep, ...]:
    """Return all steps between some nodes, each once, sorted; of several indirect ones between two, the shortest."""
    known = frozenset(nodes)
    found: dict[tuple[str, str, str], DependencyStep] = {}
    for node in known - hidden:
        for edges in _from(index, node, known, hidden):
            step = _step(index, edges)
            key = (step.dependent, step.provider, "" if step.via else step.relation)
            if step.dependent != step.provider and (key not in found or len(step.via) < len(found[key].via)):
                found[key] = step
    return tuple(step for _, step in sorted(found.items()))


def _from(index: DependenceIndex, node: int, known: frozenset[int], hidden: frozenset[int]) -> Iterator[Sequence[Edge]]:
    """Yield the edges from one shown node to the next shown ones, nearest first."""
    waiting: list[tuple[int, tuple[Edge, ...]]] = [(node, ())]
    seen = {node}
    for here, before in waiting:
        for end, number in index.down[here]:
            if end not in known:
                continue
            edges = (*before, (here, end, number))
            if end not in hidden:
                yield edges
            elif end not in seen:
                seen.add(end)
                waiting.append((end, edges))


def _step(index: DependenceIndex, edges: Sequence[Edge]) -> DependencyStep:
    """Return some edges, from who needs to what is needed, as one step."""
    names = index.entities
    first, last = edges[0], edges[-1]
    links = [index.links[number] for _, _, number in edges]
    bonds = [_bond(link, names[start]) for link, (start, _, _) in zip(links, edges, strict=True)]
    return DependencyStep(
        dependent=names[first[0]],
        provider=names[last[1]],
        relation=" > ".join(link.relation for link in links),
        bond=" > ".join(bonds),
        as_of=min((link.as_of for link in links if link.as_of), default=None),
        source=links[0].source,
        part=links[-1].part,
        sign=links[0].sign if len(links) == 1 else None,
        via=tuple(names[end] for _, end, _ in edges[:-1]),
    )


def _bond(link: Link, dependent: str) -> str:
    return link.bond if link.dependent == dependent else ITEMS
