"""Tidy tables of three kinds: exactly this Turtle, row by row accounted for, and nothing overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bundled import bundled_graph
from tests.loaders.catalogues import EXAMPLES, data_folder, expected, load, request_for, shown

from downstack.errors import KnowledgeError
from downstack.kg import KnowledgeGraph
from downstack.loaders.registry import LoadRequest, find_loader
from downstack.loaders.transaction import write_store

SAMPLE = [EXAMPLES / "facts-csv" / f"{name}.csv" for name in ("chips", "links", "effects")]
FACTS = (
    "entity_id,entity_name,entity_type,layer,attribute,value,unit,as_of,source_title,source_url_or_repo,source_path,"
    "confidence,note\n"
)


def table(folder: Path, rows: str, name: str = "some.csv", header: str = FACTS) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + rows, encoding="utf-8")
    return path


def row(entity: str, attribute: str, value: str, unit: str, title: str = "A page") -> str:
    return f'{entity},"{entity} name",processor,5,{attribute},"{value}",{unit},2026-01,{title},https://example.org/a,p. 1,press,\n'


def test_the_three_samples_become_exactly_this_turtle() -> None:
    loaded = load("facts-csv", *SAMPLE)
    assert shown(loaded.documents) == expected("facts-csv.ttl")
    assert (loaded.report.read, loaded.report.kept) == (10, 5)
    assert [str(item) for item in loaded.report.rejections] == [
        "chips.csv:4: acme-x1 memory_bandwidth = '64': GB is byte, memory_bandwidth is byte per chip per second",
        "chips.csv:5: acme-x1 tdp = '1,000': not a number",
        "chips.csv:6: acme employees = '12': no quantity kind has that source attribute",
        "links.csv:4: acme admires = 'acme-x1': the vocabulary has no such predicate",
        "effects.csv:3: HBM E-2 = 'Acme X1': no sign: add the columns sign, strength and sign_reason",
    ]


def test_they_are_loaded_together_and_again_without_a_change(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = load("facts-csv", *SAMPLE)
    release = write_store(store, first.documents).release
    assert release is not None
    graph = KnowledgeGraph.open(store)
    assert graph.value("memory_capacity", "acme-x1").value == pytest.approx(64 * 2**30 / 1e9)
    assert {item.iri.rsplit("/", 1)[1] for item in graph.influences_of("acme-x1")} == {"e-1-hbm-acme-x1"}
    again = load("facts-csv", *SAMPLE, graph=graph)
    home = store / "releases" / release.id
    stored = {name: (home / name).read_text(encoding="utf-8") for name in again.documents}
    assert again.documents == stored


def test_two_tables_about_one_thing_do_not_overwrite_each_other(tmp_path: Path) -> None:
    one = load("facts-csv", table(tmp_path, row("acme-x2", "memory_bandwidth", "3000", "GB/s"), "one.csv"))
    two = load("facts-csv", table(tmp_path, row("acme-x2", "memory_capacity", "64", "GB"), "two.csv"))
    assert not {name for name in one.documents if "/sources/" not in name} & set(two.documents)


def test_a_fact_that_the_store_states_elsewhere_is_not_stated_twice(tmp_path: Path) -> None:
    graph = bundled_graph()
    known = next(item for item in graph.facts_of("nvidia-h100-sxm", "memory_capacity"))
    request = request_for(SAMPLE[0])
    stated = {f"https://w3id.org/downstack/fact/{name}": "facts/elsewhere.ttl" for name in ("x",)}
    assert known.iri in request.stated
    loaded = find_loader("facts-csv").read(LoadRequest(request.paths, request.held, stated=stated))
    fact = next(line.split()[0] for line in shown(loaded.documents).splitlines() if line.startswith("fact:"))
    stated = {f"https://w3id.org/downstack/fact/{fact.removeprefix('fact:')}": "facts/elsewhere.ttl"}
    again = find_loader("facts-csv").read(LoadRequest(request.paths, request.held, stated=stated))
    assert again.facts == loaded.facts - 1
    assert again.report.rejections[0].reason == "the store has this statement already"


def test_one_number_in_gb_and_in_gib_is_a_slip_of_one_of_the_two(tmp_path: Path) -> None:
    rows = (
        row("acme-x3", "memory_capacity", "80", "GB")
        + row("acme-x3", "memory_capacity", "80", "GiB")
        + row("acme-x3", "memory_capacity", "80", "GiB", "Another page")
    )
    report = load("facts-csv", table(tmp_path, rows)).report
    assert [(item.row, item.reason) for item in report.rejections] == [
        (2, "the same number in GB and in GiB: one of them is a slip"),
        (3, "the same number in GB and in GiB: one of them is a slip"),
    ]
    assert report.kept == 1


def test_a_reading_of_an_influence_is_never_lent_to_another_row_of_the_same_identifier(tmp_path: Path) -> None:
    header = SAMPLE[2].read_text(encoding="utf-8").splitlines()[0] + "\n"
    rows = "INF-001,HBM,L6,vLLM,L3,up,something else,x,,,,A page,https://example.org/a,high,,,,\n"
    loaded = load("facts-csv", table(tmp_path, rows, "other.csv", header))
    assert [item.reason for item in loaded.report.rejections] == [
        "no sign: add the columns sign, strength and sign_reason"
    ]


def test_columns_of_no_table_are_refused_and_a_renamed_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="no table of facts, relations or influences"):
        load("facts-csv", table(tmp_path, "1,2\n", header="a,b\n"))
    with pytest.raises(KnowledgeError, match=r"some\.csv:1: unknown column 'val'"):
        load("facts-csv", table(tmp_path, "", header=FACTS.replace(",value,", ",val,")))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    rows = row("acme-x4", "memory_capacity", "64", "GB")
    with pytest.raises(KnowledgeError, match="two tables of this name"):
        load("facts-csv", table(tmp_path / "a", rows), table(tmp_path / "b", rows))


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("facts_hardware.csv", 1200),
        ("facts_models.csv", 2000),
        ("relations_hardware.csv", 300),
        ("influences.csv", 70),
    ],
)
def test_all_rows_of_the_real_tables_are_kept_or_rejected(name: str, at_least: int) -> None:
    request = request_for(data_folder() / name)
    report = find_loader("facts-csv").read(LoadRequest(request.paths, request.held)).report
    assert report.read == report.kept + report.rejected
    assert report.kept >= at_least
    # Beside what the store states, what remains is new, and counted as well.
    beside = find_loader("facts-csv").read(request).report
    assert beside.read == beside.kept + beside.rejected == report.read
    assert beside.kept < report.kept
