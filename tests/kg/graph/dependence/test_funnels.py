"""A single point is what cuts off the others when it is taken away: checked by taking it away."""

from __future__ import annotations

from hypothesis import given
from tests.kg.graph.dependence.chains import index, link, links

from downstack.graph.dependence.cone import reach
from downstack.graph.dependence.funnels import funnels
from downstack.graph.dependence.index import DependenceIndex
from downstack.graph.dependence.links import Link


def found(graph: DependenceIndex, start: str) -> dict[str, set[str]]:
    itself = graph.itself(start)
    assert itself is not None
    behind = funnels(reach(graph.down, (itself,)), graph.entities, graph.up)
    return {name: set(others) for name, others in behind.items()}


def by_removal(graph: DependenceIndex, start: str) -> dict[str, set[str]]:
    """Take each entity away in turn and see who is no longer reached."""

    def names(without: str) -> set[str]:
        seen: set[int] = set()
        waiting = [node for node in (graph.itself(start),) if node is not None]
        while waiting:
            node = waiting.pop()
            if node not in seen and graph.entities[node] != without:
                seen.add(node)
                waiting += [end for end, _ in graph.down[node]]
        return {graph.entities[node] for node in seen}

    everyone = names("")
    lost = {name: everyone - names(name) - {name} for name in everyone - {start}}
    return {name: others for name, others in lost.items() if others}


@given(links(("use", "make", "output", "kind", "supply")))
def test_what_is_behind_a_single_point_is_what_its_removal_cuts_off(items: list[Link]) -> None:
    graph = index(*items)
    for start in graph.nodes:
        assert found(graph, start) == by_removal(graph, start)


def test_two_ways_to_the_same_supplier_leave_no_single_point_between_them() -> None:
    graph = index(link("a", "b"), link("a", "c"), link("b", "d"), link("c", "d"), link("d", "e"))
    assert found(graph, "a") == {"d": {"e"}}
