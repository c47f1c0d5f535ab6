"""Whether links run in a circle, and which: what is made of itself is a mistake of the source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def find_cycle(links: Mapping[str, Iterable[str]]) -> list[str]:
    """One circle of links, its first member repeated at the end; empty when there is none.

    Examples
    --------
    >>> find_cycle({"a": ["b"], "b": ["c"], "c": ["b"]})
    ['b', 'c', 'b']
    >>> find_cycle({"a": ["b", "c"], "b": ["c"]})
    []
    """
    done: set[str] = set()
    for start in sorted(links):
        path: list[str] = []
        on_path: set[str] = set()
        # Each entry is a node and the links of it that are still to follow: no recursion, however long a chain is.
        waiting = [(start, iter(sorted(links.get(start, ()))))] if start not in done else []
        if waiting:
            path.append(start)
            on_path.add(start)
        while waiting:
            node, rest = waiting[-1]
            following = next(rest, None)
            if following is None:
                waiting.pop()
                on_path.discard(path.pop())
                done.add(node)
            elif following in on_path:
                return [*path[path.index(following) :], following]
            elif following not in done:
                waiting.append((following, iter(sorted(links.get(following, ())))))
                path.append(following)
                on_path.add(following)
    return []
