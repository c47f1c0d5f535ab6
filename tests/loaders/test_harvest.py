"""The harvest: deterministic, complete, and equal to what is committed when the source tables are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from downstack.errors import KnowledgeError
from downstack.loaders import Vocabulary, read_curation, read_vocabulary
from downstack.loaders.harvest import harvest, main, report_of
from downstack.loaders.sources import facts_csv
from downstack.loaders.vocabulary import vocabulary_files

ROOT = Path(__file__).parents[2]
TERMS = vocabulary_files(ROOT / "ontology" / "terms")
TABLES = {
    "facts": "facts_hardware.csv",
    "models": "facts_models.csv",
    "relations": "relations_hardware.csv",
    "influences": "influences.csv",
    "configs": "hf_configs/INDEX.csv",
    "companies": "companies.csv",
}
SAMPLE = (
    ",".join(facts_csv.COLUMNS)
    + "\nnvidia-h200-sxm,H200,processor,5,memory_bandwidth,4800,GB/s,2026-08,A Book,owner/book@0123abc,a.md,datasheet,\n"
)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return read_vocabulary(TERMS)


def test_a_quantity_kind_is_declared_once(vocabulary: Vocabulary) -> None:
    declared = [
        line for path in TERMS for line in path.read_text(encoding="utf-8").splitlines() if "dso:identifier" in line
    ]
    assert len(declared) == len(set(declared)) == len(vocabulary.terms) + len(set(vocabulary.properties.values()))


def test_the_curated_tables_alone_make_a_checked_harvest(vocabulary: Vocabulary) -> None:
    result = harvest(vocabulary, read_curation())
    assert result.facts and result.relations and result.influences
    assert "| entities |" in report_of(result)


def test_running_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    table = tmp_path / "facts.csv"
    table.write_text(SAMPLE, encoding="utf-8")
    arguments = ["--facts", str(table), "--out", str(tmp_path / "out"), "--report", str(tmp_path / "report.md")]
    arguments += [part for path in TERMS for part in ("--terms", str(path))]
    runs = []
    for _ in range(2):
        assert main(arguments) == 0
        runs.append(
            {path.relative_to(tmp_path): path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}
        )
    assert runs[0] == runs[1]
    assert (tmp_path / "out/facts/processors/nvidia-h200-sxm.ttl").is_file()


def test_a_file_that_nothing_asks_for_any_more_is_removed(tmp_path: Path) -> None:
    stale = tmp_path / "facts/processors/old.ttl"
    stale.parent.mkdir(parents=True)
    stale.write_text("", encoding="utf-8")
    assert main(["--out", str(tmp_path), *(part for path in TERMS for part in ("--terms", str(path)))]) == 0
    assert not stale.exists()


def test_a_fact_about_a_stranger_stops_the_harvest(vocabulary: Vocabulary) -> None:
    only_bandwidth = Vocabulary({"memory_bandwidth": vocabulary.terms["memory_bandwidth"]})
    with pytest.raises(KnowledgeError) as caught:
        harvest(only_bandwidth, read_curation())
    assert any("cannot have" in item.what for item in caught.value.findings)


def test_the_committed_knowledge_is_what_the_source_tables_give(tmp_path: Path) -> None:
    folder = os.environ.get("DOWNSTACK_DATA_DIR")
    if not folder:
        pytest.skip("DOWNSTACK_DATA_DIR does not name a folder with the source tables")
    arguments = [part for name, file in TABLES.items() for part in (f"--{name}", str(Path(folder) / file))]
    arguments += [part for path in TERMS for part in ("--terms", str(path))]
    assert main([*arguments, "--out", str(tmp_path), "--report", str(tmp_path / "report.md")]) == 0
    for room in ("facts", "influences"):
        fresh = {path.relative_to(tmp_path): path.read_text() for path in (tmp_path / room).rglob("*.ttl")}
        committed = {
            path.relative_to(ROOT / "ontology"): path.read_text() for path in (ROOT / "ontology" / room).rglob("*.ttl")
        }
        assert fresh == committed
    assert (tmp_path / "report.md").read_text() == (ROOT / "docs" / "knowledge-report.md").read_text()
