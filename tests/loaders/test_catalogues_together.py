"""Catalogues side by side in one store: they join each other's names, and no answer moves that they say nothing about."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bundled import bundled_graph
from tests.loaders.catalogues import EXAMPLES, data_folder, load
from tests.loaders.small import by_hand
from tests.loaders.test_epoch_samples import SAMPLES, TABLES

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


def loaded_in_turn(store: Path, sources: list[tuple[str, list[Path]]]) -> list[str]:
    """Load all sources one after the other; return those that changed something."""
    changed: list[str] = []
    graph: KnowledgeGraph | None = None
    for loader, paths in sources:
        # What changes nothing leaves the graph as it was read.
        graph = graph or (KnowledgeGraph.open(store) if store.exists() else bundled_graph())
        if write_store(store, load(loader, *paths, graph=graph).documents, loader=loader).changed:
            changed.append(f"{loader}: {paths[0].name}")
            graph = None
    return changed


def check_rounds(store: Path, sources: list[tuple[str, list[Path]]]) -> None:
    """The first round loads, the second gives a meaning to names that were open, the third finds nothing to do."""
    assert len(loaded_in_turn(store, sources)) == len(sources)
    graph = KnowledgeGraph.open(store)
    stated = {item.iri for slug in graph.entities for item in graph.facts_of(slug)}
    loaded_in_turn(store, sources)
    graph = KnowledgeGraph.open(store)
    again = {item.iri for slug in graph.entities for item in graph.facts_of(slug)}
    # A name that was nobody's may have become a thing; no number comes or goes by that.
    assert stated == again
    assert loaded_in_turn(store, sources) == []


def test_samples_of_all_sources_loaded_again_after_each_other_come_to_rest(tmp_path: Path) -> None:
    tables = [(loader, [SAMPLES / f"{table}.csv"]) for table, (loader, *_) in TABLES.items()]
    others = [("ecosystem-graphs", [EXAMPLES / "ecosystem-graphs"]), ("eto", [EXAMPLES / "eto"])]
    check_rounds(by_hand(tmp_path / "store"), [*tables, *others])


@pytest.mark.slow
def test_real_files_of_all_sources_loaded_again_after_each_other_come_to_rest(tmp_path: Path) -> None:
    folder = data_folder()
    epoch = folder / "epoch"
    check_rounds(
        tmp_path / "store",
        [
            ("epoch-hardware", [epoch / "capstone_2026-04__ml_hardware.csv"]),
            ("epoch-models", [epoch / "capstone_2026-04__frontier_ai_models.csv"]),
            ("epoch-models", [epoch / "zanmadit_2025-11__large_scale_ai_models.csv"]),
            ("epoch-clusters", [epoch / "gpu_clusters_2025-11.csv", epoch / "sr3k__data_centers.csv"]),
            ("epoch-companies", sorted(epoch.glob("sr3k__ai_companies_*.csv"))),
            ("ecosystem-graphs", [folder / "ecosystem_graphs"]),
            ("eto", [folder / "eto"]),
        ],
    )
