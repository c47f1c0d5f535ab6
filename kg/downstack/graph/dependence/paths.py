"""The shortest ways from one entity to another along dependence, each entity once on a way.

Best first with the exact distance that is left (Hart, Nilsson and Raphael 1968, https://doi.org/10.1109/TSSC.1968.300136),
so that only ways that are as short as those found are walked.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from downstack.deadline import checkpoint
from downstack.graph.dependence.cone import reach
from downstack.graph.dependence.index import DependenceIndex

MOST_STEPS = 100_000
"""Beginnings of ways that are looked at before the search ends with what it has found."""
Way = tuple[tuple[int, int], ...]
"""The (node, link) pairs of a way, the start left out."""


def shortest_ways(
    index: DependenceIndex, start: str, end: str, hidden: frozenset[int] = frozenset()
) -> Iterator[tuple[int, Way]]:
    """Yield the node of the start and a way to the end, shortest first, ways of one length in the order of their names.

    Parameters
    ----------
    index
        The graph version.
    start, end
        The entity that depends, and the one that is depended on.
    hidden
        Nodes that do not count as a step.
    """
    first, targets = index.itself(start), frozenset(index.roles(end))
    if first is None or not targets or start == end:
        return
    left = {node: steps for steps, level in enumerate(reach(index.up, targets, None, hidden).levels) for node in level}
    if first not in left:
        return
    seen: set[tuple[str, ...]] = set()
    waiting: list[tuple[int, tuple[str, ...], int, int, Way]] = [(left[first], (start,), 0, first, ())]
    for _ in range(MOST_STEPS):
        if not waiting:
            return
        checkpoint()
        _, names, walked, node, way = heapq.heappop(waiting)
        if node in targets:
            # The same entities in other roles are the same way.
            if names not in seen:
                seen.add(names)
                yield first, way
            continue
        for following, link in index.down[node]:
            name = index.entities[following]
            if following in left and name not in names:
                steps = walked + (following not in hidden)
                # A hidden node is no step itself, the visible one behind it is.
                rest = left[following] + (following in hidden)
                heapq.heappush(waiting, (steps + rest, (*names, name), steps, following, (*way, (following, link))))
