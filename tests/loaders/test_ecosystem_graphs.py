"""Assets of Ecosystem Graphs: exactly this Turtle, every dependency kept, and all of the real files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bundled import bundled_graph
from tests.loaders.catalogues import EXAMPLES, data_folder, expected, load, shown

from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store

SAMPLE = EXAMPLES / "ecosystem-graphs"
PREFIXES = (
    "@prefix ds: <https://w3id.org/downstack/id/> .\n@prefix dso: <https://w3id.org/downstack/ontology#> .\n"
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
)


def assets(folder: Path, text: str, name: str = "some.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_sample_becomes_exactly_this_turtle() -> None:
    loaded = load("ecosystem-graphs", SAMPLE)
    assert shown(loaded.documents) == expected("ecosystem-graphs.ttl")
    assert (loaded.report.read, loaded.report.kept, loaded.report.rejected) == (3, 3, 0)
    assert [str(item) for item in loaded.report.cells] == [
        "nimbus.yaml:2: Nimbus Corpus created_date = '2024-02-30': not a date",
        "nimbus.yaml:31: Nimbus Chat monthly_active_users = 'several': no number of people",
    ]


def test_what_nothing_describes_is_an_unresolved_entity_and_resolved_by_the_asset_that_comes_later(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store"
    first = load("ecosystem-graphs", SAMPLE)
    write_store(store, first.documents)
    graph = KnowledgeGraph.open(store)
    assert graph.entities["aurora-crawl"].classes >= {"UnresolvedEntity"}
    folder = assets(
        tmp_path / "later", "- {name: Aurora Crawl, type: dataset, organization: Aurora, size: 6 TB, access: open}\n"
    )
    write_store(store, load("ecosystem-graphs", folder, graph=graph).documents)
    later = KnowledgeGraph.open(store)
    assert later.entities["aurora-crawl"].type == "Dataset"
    # What was loaded before stays, and still depends on it.
    assert ("nimbus-9b", "dependsOn", "aurora-crawl") in {
        (item.subject, item.predicate, item.object) for item in later.relations
    }
    # Loaded once more, the first files find the data set that the store has by now.
    again = load("ecosystem-graphs", SAMPLE, graph=later)
    assert again.report.counts["dependencies on entities of the store"] == 2
    assert "dependencies unresolved" not in again.report.counts


def test_a_name_that_another_source_left_open_is_said_here_too(tmp_path: Path) -> None:
    store, place = tmp_path / "store", "facts/loaded/another-source/names.ttl"
    name = 'ds:unresolved-aurora-crawl a dso:UnresolvedEntity ; rdfs:label "Aurora Crawl"@en .\n'
    write_store(store, {place: PREFIXES + name})
    loaded = load("ecosystem-graphs", SAMPLE, graph=KnowledgeGraph.open(store))
    write_store(store, loaded.documents)
    assert load("ecosystem-graphs", SAMPLE, graph=KnowledgeGraph.open(store)).documents == loaded.documents
    # The other source has learnt what it is, and says so no longer.
    write_store(store, {place: PREFIXES + name.replace("aurora-crawl", "other").replace("Aurora Crawl", "Other")})
    graph = KnowledgeGraph.open(store)
    assert ("nimbus-9b", "dependsOn", "unresolved-aurora-crawl") in {
        (item.subject, item.predicate, item.object) for item in graph.relations
    }


def test_loading_the_same_files_again_makes_the_same_files(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = load("ecosystem-graphs", SAMPLE)
    write_store(store, first.documents)
    assert load("ecosystem-graphs", SAMPLE, graph=KnowledgeGraph.open(store)).documents == first.documents


def test_every_dependency_is_counted_once(tmp_path: Path) -> None:
    folder = assets(
        tmp_path,
        "- {name: One, type: model, organization: A, dependencies: [Two, two, Three, THREE, vLLM, unknown, One]}\n"
        "- {name: Two, type: dataset, organization: A, dependencies: []}\n",
    )
    loaded = load("ecosystem-graphs", folder)
    assert loaded.report.counts == {
        "dependencies": 7,
        "dependencies on assets": 3,
        "dependencies unresolved": 2,
        "dependencies on entities of the store": 1,
    }
    # The seventh says that nothing is known; one of the three on assets is the asset itself.
    assert [(item.value, item.reason) for item in loaded.report.cells] == [
        ("unknown", "no name"),
        ("One", "an asset does not depend on itself"),
    ]
    assert [name for name in loaded.entities if name == "three"] == ["three"]


def test_assets_of_one_name_stay_two_things_unless_one_company_made_them(tmp_path: Path) -> None:
    folder = assets(
        tmp_path,
        "- {name: Twin, type: model, organization: A}\n"
        "- {name: twin, type: model, organization: B}\n"
        "- {name: TWIN, type: model, organization: A}\n"
        "- {name: Twin, type: dataset, organization: A}\n"
        "- {name: Child, type: model, organization: C, dependencies: [Twin]}\n",
    )
    loaded = load("ecosystem-graphs", folder)
    assert {name for name in loaded.entities if name.startswith("twin")} == {
        "twin", "twin-model", "twin-dataset", "twin-name",
    }  # fmt: skip
    # Which of them the child means is not known: the name is kept, and nothing is guessed.
    assert "ds:child dso:dependsOn ds:twin-name" not in shown(loaded.documents)
    assert "dso:dependsOn ds:twin-name" in loaded.documents["facts/loaded/ecosystem-graphs/child.ttl"]
    assert loaded.report.counts["dependencies unresolved"] == 1
    assert loaded.report.kept == 5


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ("- just a text\n", "not a mapping"),
        ("- {type: model}\n", "no name"),
        ("- {name: X, type: recipe}\n", "not one of model, dataset, application"),
        ("- {name: '\u200b', type: model}\n", "no name"),
    ],
)
def test_an_element_that_is_no_asset_is_rejected_with_its_line(tmp_path: Path, element: str, reason: str) -> None:
    folder = assets(tmp_path, "- {name: Good Model, type: model, organization: A}\n" + element)
    report = load("ecosystem-graphs", folder).report
    assert (report.read, report.kept) == (2, 1)
    assert [(item.file, item.row, item.reason) for item in report.rejections] == [("some.yaml", 2, reason)]


def test_an_asset_that_adds_nothing_to_what_the_store_knows_is_rejected(tmp_path: Path) -> None:
    folder = assets(tmp_path, "- {name: Llama-3.1-405B, type: model}\n")
    report = load("ecosystem-graphs", folder).report
    assert [item.reason for item in report.rejections] == ["the store knows it, and the asset adds nothing"]


def test_names_that_a_person_joined_are_joined(tmp_path: Path) -> None:
    folder = assets(tmp_path, "- {name: Some Model, type: model, organization: Google DeepMind}\n")
    loaded = load("ecosystem-graphs", folder)
    assert "google" in loaded.entities
    assert "google-deepmind" not in loaded.entities


def test_all_of_the_real_files_are_kept_or_rejected() -> None:
    told: list[tuple[int, int]] = []
    from tests.loaders.catalogues import request_for

    from downstack.loaders.registry import LoadRequest, find_loader

    plain = request_for(data_folder() / "ecosystem_graphs")
    request = LoadRequest(plain.paths, plain.held, progress=lambda done, of: told.append((done, of)))
    loaded = find_loader("ecosystem-graphs").read(request)
    report = loaded.report
    assert report.read == report.kept + report.rejected > 300
    assert told[-1] == (report.read, report.read)
    counts = report.counts
    kinds = ("dependencies on assets", "dependencies on entities of the store", "dependencies unresolved")
    unread = [item for item in report.cells if item.attribute == "dependencies"]
    assert counts["dependencies"] == sum(counts[kind] for kind in kinds) + sum(
        item.reason == "no name" for item in unread
    )
    unresolved = [text for text in loaded.documents.values() if " a dso:UnresolvedEntity ;" in text]
    assert 0 < len(unresolved) <= counts["dependencies unresolved"]
    assert bundled_graph().entities.keys() & set(loaded.entities)
