"""Everything within some steps of an entity, nearest first: breadth first, so that every depth is the shortest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from downstack.deadline import checkpoint
from downstack.graph.dependence.index import Adjacency

START = -1


@dataclass(frozen=True, slots=True)
class Cone:
    """What is reached from some nodes."""

    levels: tuple[list[int], ...]
    """Nodes by their distance in steps, the start first; hidden nodes lie between."""
    came_from: dict[int, int]
    """Node to the node before it on a shortest way; -1 at the start."""
    adjacency: Adjacency
    """What was walked on."""

    def way(self, node: int) -> list[tuple[int, int]]:
        """Return the (node, link) pairs of a shortest way from the start to a node, the start left out."""
        found: list[tuple[int, int]] = []
        while True:
            before = self.came_from[node]
            if before < 0:
                return found[::-1]
            # The link is looked up again: to keep it for every node would cost more than the walk.
            found.append((node, next(link for end, link in self.adjacency[before] if end == node)))
            node = before


def reach(
    adjacency: Adjacency, starts: Iterable[int], max_depth: int | None = None, hidden: frozenset[int] = frozenset()
) -> Cone:
    """Return what is reached from some nodes.

    Parameters
    ----------
    adjacency
        :attr:`DependenceIndex.down` or :attr:`DependenceIndex.up`.
    starts
        Where to begin.
    max_depth
        How many steps to go at most; to the end unless given.
    hidden
        Nodes that are passed through without counting as a step.
    """
    ends = adjacency.ends
    level = list(starts)
    came_from = dict.fromkeys(level, START)
    levels = [level]
    while level and (max_depth is None or len(levels) <= max_depth):
        checkpoint()
        following: list[int] = []
        if hidden:
            # What is hidden is reached at no cost, so it joins the level that is being walked.
            for node in level:
                for end in ends[node]:
                    if end not in came_from:
                        came_from[end] = node
                        (level if end in hidden else following).append(end)
        else:
            for node in level:
                for end in ends[node]:
                    if end not in came_from:
                        came_from[end] = node
                        following.append(end)
        if not following:
            break
        levels.append(following)
        level = following
    return Cone(tuple(levels), came_from, adjacency)
