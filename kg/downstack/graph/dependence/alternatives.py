"""For whom no alternative is known: who would be left without something it needs if one entity were gone.

A node is left without when it is gone itself, when one of the needs of which all are necessary is, or when all that can
serve one need are. What the graph does not name cannot be counted as an alternative, and no claim is made beyond it.
"""

from __future__ import annotations

from collections.abc import Set

from downstack.graph.dependence.index import FLEET, SELF, DependenceIndex, Need


def left_without(index: DependenceIndex, gone: str) -> frozenset[str]:
    """Return the entities that no known alternative keeps going when one is gone, itself included.

    Parameters
    ----------
    index
        The graph version.
    gone
        The entity that is gone, in all its roles.
    """
    lost = set(index.roles(gone))
    waiting = list(lost)
    while waiting:
        for node, _ in index.up[waiting.pop()]:
            if node not in lost and any(_is_unmet(need, lost) for need in index.needs.get(node, ())):
                lost.add(node)
                waiting.append(node)
    found = {gone}
    for node in lost:
        entity = index.entities[node]
        roles = index.nodes[entity]
        if node in (roles.get(SELF), roles.get(FLEET)):
            found.add(entity)
    return frozenset(found)


def _is_unmet(need: Need, lost: Set[int]) -> bool:
    return (all if need.any_is_enough else any)(provider in lost for provider in need.providers)
