"""The same knowledge has the same version and the same answers, whatever kind of store it comes from.

From Turtle the questions are asked in tests/ontology and tests/api; here the others are held to the same written answers, and
where there is no written one, to the answer of the bundled Turtle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from tests.api import test_questions as in_graphql
from tests.api.serving import running
from tests.ontology import test_questions as in_sparql

from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.wire.answers import impact_json

README: dict[str, Any] = {
    "changes": {"nvidia-h200-sxm.memory_bandwidth": "x1.4"},
    "targets": [
        "decode_tokens_per_second",
        "cost_per_million_output_tokens",
        "max_concurrent_sequences",
        "max_context_length",
    ],
    "where": {"model": "llama-3.1-70b"},
}
NARROW = {"offering": "aws-p5en-48xlarge", "workload": "codex-swebenchpro"}


def all_triples(kg: KnowledgeGraph) -> ox.Store:
    """All that a graph was read from, and the description of its functions, for SPARQL."""
    found = ox.Store()
    for document in kg._documents():
        found.extend(ox.Quad(item.subject, item.predicate, item.object) for item in document.triples)
    return found


@pytest.fixture(scope="session")
def triples(kg: KnowledgeGraph) -> ox.Store:
    return all_triples(kg)


@pytest.fixture(scope="session")
def ask(kg: KnowledgeGraph) -> Iterator[Any]:
    """Put a query to a service of a kind of store."""
    with running(create_app(kg)) as url, httpx.Client(base_url=url, timeout=60.0) as client:

        def send(query: str, **variables: Any) -> dict[str, Any]:
            answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
            assert "errors" not in answer, answer["errors"]
            data: dict[str, Any] = answer["data"]
            return data

        yield send


def test_the_version_and_every_record_are_the_same(kg: KnowledgeGraph, bundled: KnowledgeGraph) -> None:
    assert kg.version == bundled.version
    one, other = kg.engine.knowledge, bundled.engine.knowledge
    assert [item.name for item in fields(one) if getattr(one, item.name) != getattr(other, item.name)] == []


@pytest.mark.parametrize("question", in_sparql.QUESTIONS, ids=lambda path: path.stem)
def test_a_question_in_sparql_has_the_expected_answer(triples: ox.Store, question: Path) -> None:
    assert in_sparql.answer(triples, question) == question.with_suffix(".tsv").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("stem", in_graphql.READERS)
def test_a_question_in_graphql_has_the_expected_answer(ask: Any, stem: str) -> None:
    read, columns = in_graphql.READERS[stem]
    assert read(ask(in_graphql.text(stem))) == in_graphql.expected(stem, *columns)


def test_questions_over_several_pages_and_computed_ones_have_the_expected_answers(ask: Any) -> None:
    in_graphql.test_graphql_lists_what_competes_page_by_page(ask)
    in_graphql.test_the_open_models_that_fit_one_h200_in_fp8_with_a_long_context(ask)


@pytest.mark.parametrize("samples", [0, 200])
def test_the_question_of_the_readme_has_the_same_effects_flows_and_traces(
    kg: KnowledgeGraph, bundled: KnowledgeGraph, samples: int
) -> None:
    asked: dict[str, Any] = {**README, "where": {**README["where"], **NARROW}}
    one, other = (impact_json(graph.impact(**asked, samples=samples), flows=True) for graph in (kg, bundled))
    assert one.pop("elapsedMs") and other.pop("elapsedMs")
    assert one == other
    assert one["effects"]


def test_values_sensitivities_goals_and_dependencies_are_the_same(kg: KnowledgeGraph, bundled: KnowledgeGraph) -> None:
    where = {**README["where"], **NARROW}
    target = "cost_per_million_output_tokens"
    assert kg.value(target, where=where) == bundled.value(target, where=where)
    one, other = (replace(graph.dependencies("tsmc-cowos"), elapsed_ms=0.0) for graph in (kg, bundled))
    assert one == other
    assert kg.paths("claude-code", "sk-hynix") == bundled.paths("claude-code", "sk-hynix")
    assert kg.sensitivity(target, where=where) == bundled.sensitivity(target, where=where)
    goal: dict[str, Any] = {
        "target": "decode_tokens_per_second=50token/s",
        "vary": "nvidia-h200-sxm.memory_bandwidth",
        "where": where,
    }
    assert kg.solve(**goal) == bundled.solve(**goal)


def test_every_triple_is_the_same_to_the_letter(triples: ox.Store, bundled: KnowledgeGraph) -> None:
    # Nodes without a name, in the description of the functions alone, get another one each time that they are read.
    one, other = (
        sorted(str(quad) for quad in store if "_:" not in str(quad)) for store in (triples, all_triples(bundled))
    )
    assert one == other
    assert len(triples) == len(all_triples(bundled))


def test_a_table_that_is_exported_is_the_same_to_the_letter(kg: KnowledgeGraph, bundled: KnowledgeGraph) -> None:
    assert kg.export("csv", tables=["facts"]).content == bundled.export("csv", tables=["facts"]).content
