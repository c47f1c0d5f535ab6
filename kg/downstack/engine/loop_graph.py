"""Where a graph of functions feeds back into itself, and which of its quantities to guess to cut every loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from math import comb

MAX_TRIED = 20_000
"""Sets of tear variables that are tried one by one; a component with more of them is torn greedily."""

Edges = Mapping[str, Iterable[str]]
"""A name to the names it leads to; for functions: a quantity to what it is computed from."""


def strong_components(edges: Edges) -> tuple[tuple[str, ...], ...]:
    """Return the strongly connected components (Tarjan), each sorted, every name in exactly one.

    A component comes after all those that its edges lead to: with a quantity leading to its inputs, that is the order
    of evaluation. A component of one name is a loop only if the name leads to itself.
    """
    targets = {name: sorted(set(found)) for name, found in edges.items()}
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found: list[tuple[str, ...]] = []
    # The recursion is kept on a list of its own: chains of functions may be deeper than Python's stack.
    for root in sorted({*targets, *(name for group in targets.values() for name in group)}):
        path: list[tuple[str, Iterator[str]]] = []
        upcoming: str | None = root if root not in index else None
        while path or upcoming is not None:
            if upcoming is not None:
                index[upcoming] = lowest[upcoming] = len(index)
                stack.append(upcoming)
                waiting.add(upcoming)
                path.append((upcoming, iter(targets.get(upcoming, ()))))
            name, rest = path[-1]
            upcoming = None
            for target in rest:
                if target not in index:
                    upcoming = target
                    break
                if target in waiting:
                    lowest[name] = min(lowest[name], index[target])
            if upcoming is not None:
                continue
            path.pop()
            if path:
                parent = path[-1][0]
                lowest[parent] = min(lowest[parent], lowest[name])
            if lowest[name] == index[name]:
                place = stack.index(name)
                found.append(tuple(sorted(stack[place:])))
                waiting.difference_update(stack[place:])
                del stack[place:]
    return tuple(found)


def tears(component: Iterable[str], edges: Edges, among: Iterable[str] | None = None) -> tuple[str, ...]:
    """Choose few names of a component whose removal leaves no loop in it; none if there is no loop.

    The smallest such set, the first one in alphabetical order, as long as there are not too many sets to try; then
    greedily the names with most ways through them. Where some names alone suffice, `among` restricts the choice to them.
    """
    members = frozenset(component)
    inside = {name: frozenset(edges.get(name, ())) & members for name in sorted(members)}
    forced = tuple(name for name, targets in inside.items() if name in targets)
    free = [name for name in inside if name not in forced]
    wanted = None if among is None else members & frozenset(among)
    if wanted is not None and not _knots(inside, {*forced, *wanted}):
        free = [name for name in free if name in wanted]
    for size in range(len(free) + 1):
        if comb(len(free), size) > MAX_TRIED:
            break
        for chosen in combinations(free, size):
            if not _knots(inside, {*forced, *chosen}):
                return tuple(sorted((*forced, *chosen)))
    torn = set(forced)
    while knots := _knots(inside, torn):
        torn.add(max(sorted(knots.intersection(free) or knots), key=lambda name: _ways(name, inside, knots)))
    return tuple(sorted(torn))


def _knots(inside: Mapping[str, frozenset[str]], torn: set[str]) -> frozenset[str]:
    """Return the names that still lie on a loop when some are torn; those that lead to themselves are torn already."""
    rest = {name: targets - torn for name, targets in inside.items() if name not in torn}
    return frozenset(name for group in strong_components(rest) if len(group) > 1 for name in group)


def _ways(name: str, inside: Mapping[str, frozenset[str]], knots: frozenset[str]) -> int:
    return len(inside[name] & knots) * sum(name in inside[other] for other in knots)
