"""Catalogues side by side in one store: they join each other's names, and no answer moves that they say nothing about."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bundled import bundled_graph
from tests.loaders.catalogues import EXAMPLES, data_folder, load

from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store


def answer(graph: KnowledgeGraph) -> list[tuple[str, float | None, float | None]]:
    report = graph.impact(
        {"nvidia-h200-sxm.memory_bandwidth": "x1.4"},
        targets=["decode_tokens_per_second"],
        where={"model": "llama-3.1-70b"},
    )
    return [(str(effect.key), effect.base, effect.scenario) for effect in report.effects]


def filled(store: Path, folder: Path) -> KnowledgeGraph:
    graph = bundled_graph()
    for loader, name in (("ecosystem-graphs", "ecosystem-graphs"), ("eto", "eto")):
        path = folder / name
        loaded = load(loader, path if path.is_dir() else folder / name.replace("-", "_"), graph=graph)
        write_store(store, loaded.documents)
        graph = KnowledgeGraph.open(store)
    return graph


def test_the_samples_of_both_leave_the_first_question_as_it_was(tmp_path: Path) -> None:
    graph = filled(tmp_path / "store", EXAMPLES)
    assert answer(graph) == answer(bundled_graph())
    # Both name the company; it is one entity with the links of both.
    links = {(item.predicate, item.object) for item in graph.relations_of("nvidia") if item.subject == "nvidia"}
    assert {("develops", "nimbus-9b"), ("headquarteredIn", "united-states")} <= links


@pytest.mark.slow
def test_the_real_files_of_both_leave_the_first_question_as_it_was(tmp_path: Path) -> None:
    graph = filled(tmp_path / "store", data_folder())
    assert answer(graph) == answer(bundled_graph())
    assert graph.entities["google"].file.startswith("facts/companies/")
    links = {(item.predicate, item.object) for item in graph.relations_of("google") if item.subject == "google"}
    assert ("headquarteredIn", "united-states") in links
