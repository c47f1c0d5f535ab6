"""Who is left without an alternative when one entity is gone."""

from __future__ import annotations

from hypothesis import given
from tests.kg.graph.dependence.chains import index, link, links

from downstack.graph.dependence.alternatives import left_without
from downstack.graph.dependence.cone import reach
from downstack.graph.dependence.links import Link
from downstack.kg import KnowledgeGraph
from downstack.results import Reliance


def test_one_of_two_suppliers_can_be_missed_and_the_only_one_cannot() -> None:
    graph = index(
        link("h200", "sk-hynix", "make", "memory", alternatives=True),
        link("h200", "micron", "make", "memory", alternatives=True),
        link("h200", "tsmc", "make", "logic", alternatives=True),
        link("p5e", "h200", "use", "hasAccelerator", alternatives=True),
    )
    assert left_without(graph, "micron") == {"micron"}
    assert left_without(graph, "tsmc") == {"tsmc", "h200", "p5e"}


def test_of_what_is_needed_together_each_is_missed() -> None:
    graph = index(link("model", "attention", relation="uses"), link("model", "experts", relation="uses"))
    assert left_without(graph, "experts") == {"experts", "model"}


def test_a_line_goes_on_while_one_member_does_and_a_company_does_whatever_it_makes() -> None:
    graph = index(
        link("h100", "line", "kind", "memberOf", alternatives=True),
        link("h200", "line", "kind", "memberOf", alternatives=True),
        link("h100", "maker", "output", "designs", alternatives=True),
        link("h200", "maker", "output", "designs", alternatives=True),
        link("h100", "fab-1", "make", "fabricates", alternatives=True),
        link("h200", "fab-2", "make", "fabricates", alternatives=True),
        link("cuda", "line", "use", "runsOn", alternatives=True),
    )
    assert left_without(graph, "fab-1") == {"fab-1", "h100"}
    assert left_without(graph, "maker") == {"maker", "h100", "h200", "line", "cuda"}


@given(links(("use", "make", "output", "kind", "supply")))
def test_only_those_who_depend_on_it_are_left_without(items: list[Link]) -> None:
    graph = index(*items)
    for gone in graph.nodes:
        dependents = {graph.entities[node] for node in reach(graph.up, graph.roles(gone)).came_from}
        assert left_without(graph, gone) <= dependents


def test_what_would_stop_if_cowos_stopped(bundled: KnowledgeGraph) -> None:
    report = bundled.dependencies("tsmc-cowos", "up", 64)
    sole = {node.entity.id for node in report.nodes if node.reliance is Reliance.SOLE}
    replaceable = {node.entity.id for node in report.nodes if node.reliance is Reliance.REPLACEABLE}
    assert {"amd-mi300x", "azure-nd96isr-mi300x-v5", "microsoft-maia-100"} <= sole
    # Amkor and ASE do a part of it for NVIDIA.
    assert {"nvidia-h200-sxm", "nvidia-b200", "aws-p5en-48xlarge", "chatgpt"} <= replaceable
