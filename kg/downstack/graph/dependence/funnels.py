"""Entities that every way from the asked one to some others leads through: dominators of the flow graph.

The classic equations (Allen and Cocke 1972) in sets of entities instead of nodes: what dominates a node is the node itself
and whatever dominates all nodes before it. In sets the answer is exact although one entity has several roles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from downstack.graph.dependence.cone import Cone
from downstack.graph.dependence.index import Adjacency

MOST_NODES = 5_000
"""Of a cone; the sets of a larger one would take more memory than the answer is worth."""


def funnels(cone: Cone, entities: Sequence[str], backwards: Adjacency) -> Mapping[str, tuple[str, ...]]:
    """Return each entity through which all ways to some others lead, with those others, sorted.

    Parameters
    ----------
    cone
        What is reached, to the end.
    entities
        Node to entity.
    backwards
        The adjacency against the direction of the cone.
    """
    bits: dict[str, int] = {}
    for node in cone.came_from:
        bits.setdefault(entities[node], 1 << len(bits))
    starts = frozenset(cone.levels[0])
    everything = (1 << len(bits)) - 1
    dominators = {node: bits[entities[node]] if node in starts else everything for node in cone.came_from}
    before = {
        node: [entry for entry in backwards.ends[node] if entry in dominators]
        for node in cone.came_from
        if node not in starts
    }
    changed = True
    while changed:
        changed = False
        for node, entries in before.items():
            mask = everything
            for entry in entries:
                mask &= dominators[entry]
            mask |= bits[entities[node]]
            if mask != dominators[node]:
                dominators[node] = mask
                changed = True
    return _behind(dominators, bits, entities, {entities[node] for node in starts})


def _behind(
    dominators: Mapping[int, int], bits: Mapping[str, int], entities: Sequence[str], starts: set[str]
) -> dict[str, tuple[str, ...]]:
    common: dict[str, int] = {}
    for node, mask in dominators.items():
        name = entities[node]
        common[name] = common.get(name, -1) & mask
    names = list(bits)
    behind: dict[str, list[str]] = defaultdict(list)
    for name, mask in common.items():
        left = mask & ~bits[name]
        while left:
            lowest = left & -left
            dominator = names[lowest.bit_length() - 1]
            if dominator not in starts:
                behind[dominator].append(name)
            left ^= lowest
    return {name: tuple(sorted(found)) for name, found in behind.items()}
