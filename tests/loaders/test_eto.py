"""The supply chain of ETO: exactly this Turtle, no circles, and all of the real tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.loaders.catalogues import EXAMPLES, data_folder, expected, load, shown

from downstack.errors import KnowledgeError
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store

SAMPLE = EXAMPLES / "eto"


def changed(folder: Path, table: str, old: str, new: str) -> Path:
    """A copy of the sample with one change."""
    target = shutil.copytree(SAMPLE, folder / "eto")
    path = target / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return target


def test_the_sample_becomes_exactly_this_turtle() -> None:
    loaded = load("eto", SAMPLE)
    assert shown(loaded.documents) == expected("eto.ttl")
    report = loaded.report
    assert (report.read, report.kept, report.rejected) == (22, 19, 3)
    assert [(item.file, item.row, item.reason) for item in report.rejections] == [
        ("providers.csv", 3, "a rest that no country is named for"),
        ("provision.csv", 3, "a rest that no country is named for"),
        ("sequence.csv", 6, "leads nowhere"),
    ]
    assert [(item.file, item.row, item.reason) for item in report.cells] == [
        ("inputs.csv", 5, "a market size that is not understood"),
        ("provision.csv", 6, "a share that is not between 0 % and 100 %"),
    ]


def test_it_is_loaded_and_loaded_again_without_a_change(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = load("eto", SAMPLE)
    write_store(store, first.documents)
    graph = KnowledgeGraph.open(store)
    (share,) = graph.facts_of("japan", "supply_input_share")
    assert (share.value, share.as_of, share.confidence, share.condition) == (
        0.61,
        "2019",
        "estimate",
        "of Widget etchers",
    )
    assert graph.entities["widget-etchers"].type == "SupplyInput"
    assert load("eto", SAMPLE, graph=graph).documents == first.documents


def test_one_company_in_two_spellings_is_one_and_in_two_countries_is_two(tmp_path: Path) -> None:
    assert load("eto", SAMPLE).entities.count("etchall") == 1
    folder = changed(tmp_path, "providers", "ETCHALL,P5,organization,JPN", "ETCHALL,P5,organization,KOR")
    assert {"etchall", "etchall-company"} <= set(load("eto", folder).entities)


def test_a_name_that_a_person_kept_apart_is_not_joined(tmp_path: Path) -> None:
    folder = changed(tmp_path, "providers", "Etchall,P4,", "LG,P4,")
    entities = load("eto", folder).entities
    assert "lg-ai-research" not in entities
    assert "lg" in entities


def test_inputs_that_run_in_a_circle_are_refused(tmp_path: Path) -> None:
    folder = changed(
        tmp_path, "sequence", "Etching of widgets,N1,,,,", "Etching of widgets,N1,,,Plasma widget etchers,N3"
    )
    with pytest.raises(KnowledgeError, match="run in a circle: etching-of-widgets -> plasma-widget-etchers"):
        load("eto", folder)


def test_a_renamed_column_is_refused_by_name(tmp_path: Path) -> None:
    folder = changed(tmp_path, "provision", "share_provided", "market_share")
    with pytest.raises(KnowledgeError, match=r"provision\.csv:1: unknown column 'market_share'"):
        load("eto", folder)


def test_a_table_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLE, tmp_path / "eto")
    (folder / "sequence.csv").unlink()
    with pytest.raises(KnowledgeError, match="no table sequence"):
        load("eto", folder)


@pytest.mark.parametrize(
    ("table", "old", "new", "reason"),
    [
        ("provision", "Etchall,P4,", "Nobody,P99,", "the provider is not described"),
        ("provision", "Widget gas,N4,", "Widget gas,N99,", "the input is not described"),
        ("inputs", "tool_resource,,,,$30", "gadget,,,,$30", "the type is not one of"),
        ("providers", "Etchall,P4,organization", "Etchall,P4,planet", "the type is neither country nor organization"),
        ("providers", "Etchall,P4", "Etchall,P1", "the identifier is taken by an earlier row"),
        ("sequence", "Widget gas,N4,Etching of widgets,N1", "Widget gas,N4,Fabrication,S2", "a stage in the place of"),
    ],
)
def test_a_row_that_fits_nothing_is_rejected_with_its_reason(
    tmp_path: Path, table: str, old: str, new: str, reason: str
) -> None:
    report = load("eto", changed(tmp_path, table, old, new)).report
    assert report.read == report.kept + report.rejected == 22
    assert any(reason in item.reason for item in report.rejections)


def test_all_of_the_real_tables_are_kept_or_rejected() -> None:
    loaded = load("eto", data_folder() / "eto")
    report = loaded.report
    assert report.read == report.kept + report.rejected > 1000
    assert report.counts["companies joined"] >= 10
    # What is left out is what names no country, and nothing else.
    assert {item.reason for item in report.rejections} == {"a rest that no country is named for"}
    assert {"intel", "tsmc", "asml"} <= set(loaded.entities)
