"""Paths are simple, complete and shortest first: checked against all ways, listed one by one."""

from __future__ import annotations

from hypothesis import given
from tests.kg.graph.dependence.chains import index, links

from downstack.graph.dependence.index import DependenceIndex
from downstack.graph.dependence.links import Link
from downstack.graph.dependence.paths import shortest_ways
from downstack.kg import KnowledgeGraph


def every_way(graph: DependenceIndex, start: str, end: str) -> set[tuple[str, ...]]:
    ways: set[tuple[str, ...]] = set()

    def walk(node: int, names: tuple[str, ...]) -> None:
        if names[-1] == end:
            ways.add(names)
            return
        for following, _ in graph.down[node]:
            if graph.entities[following] not in names:
                walk(following, (*names, graph.entities[following]))

    itself = graph.itself(start)
    if itself is not None and start != end:
        walk(itself, (start,))
    return ways


@given(links(("use", "make", "output", "kind")))
def test_all_simple_ways_are_found_shortest_first_and_each_once(items: list[Link]) -> None:
    graph = index(*items)
    for start in graph.nodes:
        for end in graph.nodes:
            found = [(start, *(graph.entities[node] for node, _ in way)) for _, way in shortest_ways(graph, start, end)]
            assert [len(way) for way in found] == sorted(len(way) for way in found)
            assert len(set(found)) == len(found)
            assert set(found) == every_way(graph, start, end)


def test_a_path_leads_from_the_first_to_the_second_whichever_depends_on_the_other(bundled: KnowledgeGraph) -> None:
    downwards = bundled.paths("claude-code", "tsmc", 3)
    upwards = bundled.paths("tsmc", "claude-code", 3)
    assert [str(item.direction) for item in downwards] == ["down"] * 3
    assert [str(item.direction) for item in upwards] == ["up"] * 3
    for down, up in zip(downwards, upwards, strict=True):
        assert down.steps == up.steps[::-1]
        assert down.steps[0].dependent == "claude-code" and down.steps[-1].provider == "tsmc"
        for before, after in zip(down.steps, down.steps[1:], strict=False):
            assert before.provider == after.dependent


def test_an_absent_path_is_an_empty_list(bundled: KnowledgeGraph) -> None:
    assert bundled.paths("micron", "samsung-electronics") == ()
    assert bundled.paths("tsmc", "tsmc") == ()
