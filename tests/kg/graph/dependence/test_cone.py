"""Depths are the shortest, circles end, and up is down seen from the other side."""

from __future__ import annotations

from hypothesis import given
from tests.kg.graph.dependence.chains import index, link, links, reached

from downstack.graph.dependence.cone import reach
from downstack.graph.dependence.index import SELF, DependenceIndex
from downstack.graph.dependence.links import Link
from downstack.kg import KnowledgeGraph

BONDS = ("use", "make", "output", "kind", "supply")


def down(graph: DependenceIndex, entity: str) -> dict[str, int]:
    itself = graph.itself(entity)
    cone = reach(graph.down, () if itself is None else (itself,))
    found: dict[str, int] = {}
    for depth, level in enumerate(cone.levels):
        for node in level:
            found.setdefault(graph.entities[node], depth)
    found.pop(entity, None)
    return found


def up(graph: DependenceIndex, entity: str) -> dict[str, int]:
    cone = reach(graph.up, graph.roles(entity))
    found: dict[str, int] = {}
    for depth, level in enumerate(cone.levels):
        for node in level:
            name = graph.entities[node]
            if graph.nodes[name][SELF] == node and name != entity:
                found.setdefault(name, depth)
    return found


@given(links(BONDS))
def test_the_depth_is_that_of_the_shortest_way(items: list[Link]) -> None:
    graph = index(*items)
    for entity in graph.nodes:
        assert down(graph, entity) == reached(graph, entity)


@given(links(BONDS))
def test_one_depends_on_another_exactly_when_the_other_is_depended_on_by_it(items: list[Link]) -> None:
    graph = index(*items)
    downwards = {(one, other): depth for one in graph.nodes for other, depth in down(graph, one).items()}
    upwards = {(other, one): depth for one in graph.nodes for other, depth in up(graph, one).items()}
    assert downwards == upwards


def test_in_the_whole_bundled_graph_up_is_down_seen_from_the_other_side(bundled: KnowledgeGraph) -> None:
    slugs = list(bundled.entities)
    downwards = {
        (one, node.entity.id): node.depth for one in slugs for node in bundled.dependencies(one, "down", 64).nodes
    }
    upwards = {(node.entity.id, one): node.depth for one in slugs for node in bundled.dependencies(one, "up", 64).nodes}
    assert downwards == upwards
    assert len(downwards) > 2_000


def test_a_circle_is_walked_once_and_nothing_is_its_own_dependency() -> None:
    graph = index(link("a", "b"), link("b", "c"), link("c", "a"), link("c", "d"))
    assert down(graph, "a") == {"b": 1, "c": 2, "d": 3}
    assert up(graph, "a") == {"c": 1, "b": 2}


def test_a_chip_needs_its_maker_and_not_what_else_the_maker_makes() -> None:
    graph = index(
        link("h200", "nvidia", "output", "designs"),
        link("b200", "nvidia", "output", "designs"),
        link("b200", "sk-hynix", "make", "suppliesMemoryTo"),
    )
    assert down(graph, "h200") == {"nvidia": 1}
    assert down(graph, "nvidia") == {"h200": 1, "b200": 1, "sk-hynix": 2}
    assert up(graph, "nvidia") == {"h200": 1, "b200": 1}


def test_who_uses_a_line_needs_some_member_and_a_member_does_not_inherit_what_is_said_of_the_line() -> None:
    graph = index(
        link("cuda", "nvidia-gpu", "use", "runsOn"),
        link("h200", "nvidia-gpu", "kind", "memberOf"),
        link("hbm3e", "hbm", "kind", "memberOf"),
        link("hbm", "samsung", "output", "designs"),
        link("h200", "hbm3e", "use", "usesMemory"),
    )
    assert down(graph, "cuda") == {"nvidia-gpu": 1, "h200": 2, "hbm3e": 3, "hbm": 4}
    assert down(graph, "h200") == {"nvidia-gpu": 1, "hbm3e": 1, "hbm": 2}


def test_makers_of_one_kind_do_not_need_one_another() -> None:
    graph = index(
        link("hbm", "samsung", "output", "designs"),
        link("hbm", "sk-hynix", "output", "designs"),
        link("hbm3e", "hbm", "kind", "memberOf"),
    )
    assert down(graph, "samsung") == {}
    assert down(graph, "hbm") == {"samsung": 1, "sk-hynix": 1, "hbm3e": 1}


def test_what_is_hidden_is_passed_through_without_counting_as_a_step() -> None:
    graph = index(link("a", "x"), link("x", "y"), link("y", "b"), link("b", "c"), link("a", "d"), link("d", "c"))
    hidden = frozenset({*graph.roles("x"), *graph.roles("y")})
    itself = graph.itself("a")
    assert itself is not None
    cone = reach(graph.down, (itself,), 1, hidden)
    shown = [{graph.entities[node] for node in level if node not in hidden} for level in cone.levels]
    assert shown == [{"a"}, {"b", "d"}]
