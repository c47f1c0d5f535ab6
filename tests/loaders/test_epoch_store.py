"""Epoch AI's tables in a store: it opens, passes the shapes, answers as before, and loading again changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.loaders.test_epoch_samples import SAMPLES, TABLES

from downstack.kg import KnowledgeGraph
from downstack.loaders.records import EntityRecord
from downstack.loaders.registry import LoadRequest, find_loader, known_entities
from downstack.loaders.transaction import write_store

ORDER = ("epoch-hardware", "epoch-models", "epoch-clusters", "epoch-companies")


def load_all(graph: KnowledgeGraph) -> dict[str, str]:
    """Load each table on top of the ones before it; later loads see what earlier ones added."""
    documents: dict[str, str] = {}
    held = known_entities(graph.entities.values())
    for loader in ORDER:
        paths = [SAMPLES / f"{table}.csv" for table, (name, *_) in TABLES.items() if name == loader]
        documents |= find_loader(loader).read(LoadRequest(paths, held)).documents
        for place, text in documents.items():
            held |= {item.slug: item for item in described(place, text) if item.slug not in held}
    return documents


def described(place: str, text: str) -> list[EntityRecord]:
    """The entities that a document describes, as the store would name them."""
    found = re.findall(r'^ds:(\S+) a dso:(\w+) ;\n    rdfs:label "(.*)"@en', text, re.MULTILINE)
    return [EntityRecord(slug, label, (kind,), None, file=place) for slug, kind, label in found]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, bundled: KnowledgeGraph) -> tuple[KnowledgeGraph, dict[str, str]]:
    store: Path = tmp_path_factory.mktemp("epoch") / "store"
    documents = load_all(bundled)
    write_store(store, documents)
    return KnowledgeGraph.open(store), documents


def test_the_store_passes_the_shapes_and_has_what_the_tables_name(
    loaded: tuple[KnowledgeGraph, dict[str, str]],
) -> None:
    graph, _ = loaded
    assert graph.entities["acme-q1"].type == "Accelerator"
    assert graph.entities["acmenet"].type == "TrainedModel"
    assert graph.entities["unresolved-unheard-of-chip"].type == "UnresolvedEntity"
    assert graph.entities["acme-prairie"].aliases == ("Prairie",)


def test_loading_again_over_the_store_writes_the_same_bytes(loaded: tuple[KnowledgeGraph, dict[str, str]]) -> None:
    graph, documents = loaded
    assert load_all(graph) == documents


def test_a_question_about_known_things_is_answered_as_before(
    loaded: tuple[KnowledgeGraph, dict[str, str]], bundled: KnowledgeGraph
) -> None:
    graph, _ = loaded
    answers = [
        each.impact(
            {"nvidia-h200-sxm.memory_bandwidth": "x1.4"},
            ["decode_tokens_per_second", "cost_per_million_output_tokens", "max_context_length"],
            {"model": "llama-3.1-70b", "workload": "codex-swebenchpro"},
        ).to_rows()
        for each in (bundled, graph)
    ]
    assert answers[0] and answers[1] == answers[0]
    fact = bundled.value("memory_bandwidth", "nvidia-h100-sxm")
    assert graph.value("memory_bandwidth", "nvidia-h100-sxm").value == fact.value
