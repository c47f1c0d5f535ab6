"""The coverage page counts what is there, and what it calls missing is what answers miss."""

from __future__ import annotations

import re

import pytest

from downstack.graph.loading import collect
from downstack.graph.quality.contradictions import contradictions
from downstack.graph.quality.coverage import coverage_page
from downstack.graph.quality.gaps import Gap, gaps
from downstack.graph.quality.rule import Examined
from downstack.graph.validation import statements_of
from downstack.kg import KnowledgeGraph
from downstack.performance import REGISTRY
from downstack.results import Status


@pytest.fixture(scope="module")
def page(bundled: KnowledgeGraph) -> str:
    return coverage_page(bundled.engine.knowledge, statements_of(collect(None)[0]), REGISTRY)


@pytest.fixture(scope="module")
def found(bundled: KnowledgeGraph) -> tuple[Gap, ...]:
    return gaps(bundled.engine.knowledge, REGISTRY)


def section(page: str, title: str) -> str:
    return page.partition(f"## {title}\n")[2].partition("\n## ")[0]


def numbers(text: str, column: int) -> int:
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]
    return sum(int(row[column].strip("| ").replace(",", "")) for row in rows)


def test_entities_and_facts_add_up_to_the_graph(bundled: KnowledgeGraph, page: str) -> None:
    assert numbers(section(page, "Entities by layer and class"), 2) == len(bundled.entities)
    assert numbers(section(page, "Facts by confidence"), 1) == len(bundled.facts)
    assert numbers(section(page, "Facts by quantity"), 1) == len(bundled.facts)
    assert numbers(section(page, "Influences"), 2) == len(bundled.influences)


def test_every_contradiction_is_listed(bundled: KnowledgeGraph, page: str) -> None:
    held = bundled.engine.knowledge
    listed = section(page, "Contradictions")
    for item in contradictions(Examined(held, statements_of(collect(None)[0]))):
        assert f"`{item.facts[0].entity}.{item.facts[0].quantity}`" in listed


def test_the_same_graph_gives_the_same_page_and_no_day_of_the_machine(bundled: KnowledgeGraph, page: str) -> None:
    assert page == coverage_page(bundled.engine.knowledge, statements_of(collect(None)[0]), REGISTRY)
    assert f"Ages are judged on {bundled.engine.knowledge.today}" in page
    assert not re.search(r"\d{2}:\d{2}:\d{2}", page)


def test_what_is_called_missing_keeps_its_functions_from_an_answer(
    bundled: KnowledgeGraph, found: tuple[Gap, ...]
) -> None:
    gap = next(item for item in found if item.quantity == "thermal_design_power" and not item.is_total)
    assert "energy_per_operation" in gap.functions
    report = bundled.value("energy_per_operation", where={"accelerator": gap.without[0]})
    assert report.rows
    assert {row.status for row in report.rows} == {Status.MISSING_INPUT}


def test_a_published_value_leaves_no_gap_behind(bundled: KnowledgeGraph, found: tuple[Gap, ...]) -> None:
    """The bandwidth of most chips is published: that nobody says how many stacks they have keeps it from nobody."""
    stated = {fact.entity for fact in bundled.facts if fact.quantity == "memory_bandwidth"}
    for gap in found:
        if gap.functions == ("memory_bandwidth",):
            assert not stated & set(gap.without)
