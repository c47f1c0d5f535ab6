"""The feedback loops of the schema graph: which quantities are computed from each other, and where to cut them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from downstack.engine.loop_graph import strong_components, tears
from downstack.errors import FunctionError
from downstack.performance.declare import FunctionDeclaration


@dataclass(frozen=True, slots=True)
class FeedbackLoop:
    """Quantities that are computed from each other: one strongly connected component of the schema graph."""

    members: tuple[str, ...]
    """In the order of evaluation when the tears are guessed; the tears come last."""
    tears: tuple[str, ...]
    """The members that are guessed, so that all others follow."""
    cycle: tuple[str, ...]
    """One way round, for the eye; a loop of several cycles has others beside it."""
    positive: bool
    """Whether no tear can be negative, so that all are searched as logarithms."""
    lagged: bool
    """Whether some way round takes time, so that the settled answer is where a recursion in time ends."""

    @property
    def text(self) -> str:
        """The loop as a reader sees it."""
        return " -> ".join((*self.cycle, self.cycle[0]))


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
    for component in strong_components(inputs):
        members = frozenset(component)
        if len(component) == 1 and component[0] not in inputs.get(component[0], frozenset()):
            continue
        cycle = _cycle(members, inputs)
        text = " -> ".join((*cycle, cycle[0]))
        if not any(inputs[name] - members for name in members):
            raise FunctionError(
                f"functions form a loop that nothing outside holds: {text}",
                hint="let one of them read something that facts state, or compute it from something else",
            )
        begins = {name for name in members if name in known or _declares_start(producers[name])}
        torn = tears(members, inputs, begins)
        if lost := sorted(set(torn) - begins):
            raise FunctionError(
                f"the loop {text} has no start: no fact can state {', '.join(lost)}",
                hint="declare `start` on its function, or give the quantity kind a dso:appliesTo class",
            )
        found.append(
            FeedbackLoop(
                members=_order(members, torn, inputs),
                tears=torn,
                cycle=cycle,
                positive=positive.issuperset(torn),
                lagged=any(
                    source in members
                    for name in members
                    for declaration in producers[name]
                    for source in declaration.lags
                ),
            )
        )
    return tuple(found)


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
