"""The feedback loops of the schema graph: which quantities are computed from each other, and where to cut them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from downstack.engine.loop_graph import strong_components, tears
from downstack.errors import FunctionError
from downstack.performance.declare import FunctionDeclaration

LONGEST_LOOP = 20
"""Quantities of a loop that a sentence names."""


@dataclass(frozen=True, slots=True)
class FeedbackLoop:
    """Quantities that are computed from each other: one strongly connected component of the schema graph."""

    members: tuple[str, ...]
    """In the order of evaluation when the tears are guessed; the tears come last."""
    tears: tuple[str, ...]
    """The members that are guessed, so that all others follow."""
    cycle: tuple[str, ...]
    """One way round, for the eye; a loop of several cycles has others beside it."""
    non_negative: frozenset[str]
    """The members that cannot be below zero."""
    lagged: bool
    """Whether some way round takes time, so that the settled answer is where a recursion in time ends."""

    @property
    def positive(self) -> bool:
        """Whether no tear can be negative, so that all are searched as logarithms."""
        return self.non_negative.issuperset(self.tears)

    @property
    def text(self) -> str:
        """The loop as a reader sees it."""
        return _text(self.cycle)


def find_loops(
    producers: Mapping[str, Iterable[FunctionDeclaration]],
    inputs: Mapping[str, frozenset[str]],
    stated: Iterable[str],
    non_negative: Iterable[str],
) -> tuple[FeedbackLoop, ...]:
    """Return the loops, each with an anchor outside and a start for every tear.

    Parameters
    ----------
    producers, inputs
        The functions of every computed quantity, and all that they read, late or at once.
    stated
        The quantities that facts can state: a search can begin there.
    non_negative
        The quantities that cannot be below zero.

    Raises
    ------
    FunctionError
        If nothing outside a loop holds it, or a search would not know where to begin.
    """
    known, positive = frozenset(stated), frozenset(non_negative)
    found = []
    for component in components(inputs):
        members = frozenset(component)
        text = _text(_cycle(members, inputs))
        if not any(inputs[name] - members for name in members):
            raise FunctionError(
                f"functions form a loop that nothing outside holds: {text}",
                hint="let one of them read something that facts state, or compute it from something else",
            )
        declared = {name for name in members if _declares_start(producers[name])}
        begins = declared | (members & known)
        lagged = _acts_late(members, producers)
        # What is declared is there for every entity; a fact that could be stated often is not.
        loop = arrange(members, inputs, declared, positive, lagged=lagged)
        if not declared.issuperset(loop.tears):
            loop = arrange(members, inputs, begins, positive, lagged=lagged)
        if lost := sorted(set(loop.tears) - begins):
            raise FunctionError(
                f"the loop {text} has no start: no fact can state {', '.join(lost)}",
                hint="declare `start` on its function, or give the quantity kind a dso:appliesTo class",
            )
        found.append(loop)
    return tuple(found)


def components(inputs: Mapping[str, frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of quantities that are computed from each other, in the order of evaluation."""
    return tuple(
        group
        for group in strong_components(inputs)
        if len(group) > 1 or any(name in inputs.get(name, frozenset[str]()) for name in group)
    )


def arrange(
    members: frozenset[str],
    inputs: Mapping[str, frozenset[str]],
    begins: Iterable[str],
    non_negative: frozenset[str],
    *,
    lagged: bool,
) -> FeedbackLoop:
    """Return the loop of some members, torn where a search can begin if that opens it."""
    torn = tears(members, inputs, begins)
    return FeedbackLoop(
        members=_order(members, torn, inputs),
        tears=torn,
        cycle=_cycle(members, inputs),
        non_negative=non_negative & members,
        lagged=lagged,
    )


def evaluation_order(
    names: Iterable[str], inputs: Mapping[str, frozenset[str]], loops: Iterable[FeedbackLoop]
) -> tuple[str, ...]:
    """Return the order of evaluation, the members of a loop in a row."""
    members = {loop.members[0]: loop.members for loop in loops}
    head = {name: first for first, group in members.items() for name in group}
    edges: dict[str, set[str]] = {head.get(name, name): set() for name in sorted(names)}
    for name in sorted(names):
        edges[head.get(name, name)] |= {head.get(item, item) for item in inputs.get(name, ())}
    condensed = {name: sorted(sources - {name}) for name, sources in edges.items()}
    return tuple(item for name in TopologicalSorter(condensed).static_order() for item in members.get(name, (name,)))


def _text(cycle: tuple[str, ...]) -> str:
    shown = cycle if len(cycle) <= LONGEST_LOOP else (*cycle[:LONGEST_LOOP], "...")
    return " -> ".join((*shown, cycle[0]))


def _acts_late(members: frozenset[str], producers: Mapping[str, Iterable[FunctionDeclaration]]) -> bool:
    return any(source in members for name in members for declaration in producers[name] for source in declaration.lags)


def _declares_start(functions: Iterable[FunctionDeclaration]) -> bool:
    return any(item.start is not None for item in functions)


def _order(members: frozenset[str], torn: tuple[str, ...], inputs: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    rest = members.difference(torn)
    return (*TopologicalSorter({name: sorted(inputs[name] & rest) for name in sorted(rest)}).static_order(), *torn)


def _cycle(members: frozenset[str], inputs: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the shortest way from the first member back to itself, each before what is computed from it."""
    first = min(members)
    came: dict[str, str] = {}
    waiting = deque([first])
    while waiting:
        name = waiting.popleft()
        for source in sorted(inputs[name] & members):
            if source == first:
                way = [name]
                while way[-1] != first:
                    way.append(came[way[-1]])
                # From the first to what reads it: the search went against the arrows.
                return (first, *way[:-1])
            if source not in came:
                came[source] = name
                waiting.append(source)
    return tuple(sorted(members))
