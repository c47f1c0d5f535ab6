"""Every example of docs/graphql.md is answered, and shows what the page says it shows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.docs.test_readme import BLOCK, ROOT, run
from tests.loaders.small import FILE, by_hand, revenue

from downstack.graphql.local import answer
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store

PAGE = (ROOT / "docs" / "graphql.md").read_text(encoding="utf-8")
EXAMPLES = {match["kind"]: match["text"] for match in BLOCK.finditer(PAGE)}


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def data(kg: KnowledgeGraph, name: str, **variables: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer(kg, EXAMPLES[name], variables)
    assert "errors" not in found, found["errors"]
    answered: dict[str, Any] = found["data"]
    return answered


def test_every_code_block_is_an_example_that_is_tried_here() -> None:
    assert PAGE.count("```") // 2 == len(EXAMPLES)
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in EXAMPLES if f'"{name}"' not in text] == []


def test_the_command_answers() -> None:
    found = json.loads(run(["bash", "-euo", "pipefail", "-c", EXAMPLES["command"]]))
    assert found["graph"]["counts"]["facts"] > 1_000


def test_the_python_example_finds_the_fastest_memory(kg: KnowledgeGraph) -> None:
    count, slug = run([sys.executable, "-"], EXAMPLES["python"]).split()
    assert int(count) > 10
    assert slug in kg.entities


def test_chips_are_found_by_their_memory(kg: KnowledgeGraph) -> None:
    found = data(kg, "fast_chips")["entities"]
    best = [item["facts"][0]["value"] for item in found["nodes"]]
    assert best == sorted(best, reverse=True) and best[-1] >= 4_000
    assert found["totalCount"] >= len(best) == 5


def test_relations_are_followed_from_either_end(kg: KnowledgeGraph) -> None:
    slugs = [item["slug"] for item in data(kg, "relations")["entities"]["nodes"]]
    assert slugs
    assert not [slug for slug in slugs if slug.startswith("nvidia")]


def test_search_forgives_what_was_left_out(kg: KnowledgeGraph) -> None:
    assert data(kg, "search")["search"][0]["entity"]["slug"] == "claude-code"


def test_a_list_is_walked_from_its_end(kg: KnowledgeGraph) -> None:
    last = data(kg, "pages")["entities"]
    before = data(kg, "pages", before=last["pageInfo"]["startCursor"])["entities"]
    labels = [item["label"].casefold() for page in (before, last) for item in page["nodes"]]
    assert labels == sorted(item.label.casefold() for item in kg.entities.values())[-6:]


def test_numbers_come_with_bands_and_flows(kg: KnowledgeGraph) -> None:
    effects = data(kg, "impact")["impact"]["effects"]["nodes"]
    assert len(effects) == 3
    assert all(item["band"]["p10"] <= item["band"]["p90"] and item["flows"] for item in effects)


def test_scenarios_stand_side_by_side(kg: KnowledgeGraph) -> None:
    found = data(kg, "compare")["compare"]
    assert found["scenarios"] == ["bandwidth", "compute"]
    known = [cell for cell in found["cells"] if cell["base"] is not None]
    assert known
    assert all(cell["values"][0] < cell["base"] for cell in known)


def test_published_effects_stand_beside_the_computed(kg: KnowledgeGraph) -> None:
    nodes = data(kg, "published")["publishedEffects"]["nodes"]
    assert nodes
    assert all(item["computed"] is not None and item["gap"] is not None for item in nodes)


def test_releases_are_compared(tmp_path: Path) -> None:
    store = by_hand(tmp_path / "store")
    write_store(store, {FILE: revenue(1)}, loader="test")
    write_store(store, {FILE: revenue(2)}, loader="test")
    graph = KnowledgeGraph.open(store)
    found = data(graph, "diff", **{"from": graph.info.releases[-2].id[:8]})["diff"]
    assert (found["added"], found["removed"], found["changed"]) == (0, 0, 1)
    (node,) = found["differences"]["nodes"]
    assert (node["change"], node["name"]) == ("CHANGED", "maker.company_revenue")
    assert node["before"].startswith("1 USD/year") and node["after"].startswith("2 USD/year")


def test_gateways_are_answered(kg: KnowledgeGraph) -> None:
    (entity,) = data(kg, "keys")["_entities"]
    assert entity["facts"][0]["unit"] == "GB"
    assert '@key(fields: "id")' in data(kg, "subgraph")["_service"]["sdl"]
