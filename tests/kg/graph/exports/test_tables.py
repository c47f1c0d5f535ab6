"""Tables have a row for each thing, read back as they were, and appear whole or not at all."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from downstack.errors import UnknownNameError, UserInputError
from downstack.graph.exports.tables import NAMES
from downstack.graph.exports.write import write_files
from downstack.kg import KnowledgeGraph


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as content:
        return list(csv.DictReader(content))


def test_a_folder_of_csv_has_every_thing_once(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    report = bundled.export("csv", tmp_path / "out")
    assert [Path(file).name for file in report.files] == [f"{name}.csv" for name in NAMES]
    info = bundled.info
    for name in NAMES:
        found = rows(tmp_path / "out" / f"{name}.csv")
        assert len(found) == getattr(info, name), name
    facts = {row["iri"]: row for row in rows(tmp_path / "out" / "facts.csv")}
    for fact in bundled.facts_of("nvidia-h200-sxm", "memory_bandwidth"):
        row = facts[fact.iri]
        assert float(row["value"]) == pytest.approx(fact.value / 1e9)
        assert (row["display_unit"], row["literal"], row["as_of"]) == ("GB/s", fact.literal, fact.as_of)
        assert row["source"] == fact.source.iri


def test_parquet_reads_back_with_types_and_the_graph_it_is_of(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra downstack[arrow] is not installed")
    bundled.export("parquet", tmp_path / "out")
    found = pq.read_table(tmp_path / "out" / "facts.parquet")
    assert found.num_rows == len(bundled.facts)
    assert {name: str(found.schema.field(name).type) for name in ("value", "entity", "as_of")} == {
        "value": "double", "entity": "string", "as_of": "string"
    }  # fmt: skip
    assert found.schema.metadata[b"downstack.graph"].decode() == bundled.version
    lows = [fact.low for fact in bundled.facts]
    assert found.column("low").null_count == lows.count(None)
    entities = pq.read_table(tmp_path / "out" / "entities.parquet").to_pylist()
    assert {item["id"]: tuple(item["aliases"]) for item in entities} == {
        slug: item.aliases for slug, item in bundled.entities.items()
    }


def test_csv_and_parquet_hold_the_same(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra downstack[arrow] is not installed")
    bundled.export("csv", tmp_path / "facts.csv", tables=["facts"])
    bundled.export("parquet", tmp_path / "facts.parquet", tables=["facts"])
    values = [float(row["value"]) for row in rows(tmp_path / "facts.csv")]
    assert values == pq.read_table(tmp_path / "facts.parquet").column("value").to_pylist()


def test_without_apache_arrow_the_error_names_the_extra(
    bundled: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserInputError) as caught:
        bundled.export("parquet", tmp_path / "out")
    assert "downstack[arrow]" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_unless_forced(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    file = tmp_path / "facts.csv"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(UserInputError, match="exists already"):
        bundled.export("csv", file, tables=["facts"])
    assert file.read_text(encoding="utf-8") == "mine"
    bundled.export("csv", file, tables=["facts"], force=True)
    assert rows(file)
    assert [item.name for item in tmp_path.iterdir()] == ["facts.csv"]


def test_a_folder_with_one_of_the_files_is_left_as_it_is(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    (tmp_path / "sources.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UserInputError, match=r"sources\.csv exists already"):
        bundled.export("csv", tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["sources.csv"]


def test_nothing_is_left_of_a_write_that_fails(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="cannot be written"):
        write_files({tmp_path / "one": b"1", tmp_path / "missing" / "two": b"2"}, force=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_has_the_rights_that_other_new_files_have(tmp_path: Path) -> None:
    write_files({tmp_path / "one": b"1"}, force=False)
    (tmp_path / "two").write_bytes(b"2")
    assert (tmp_path / "one").stat().st_mode == (tmp_path / "two").stat().st_mode


@pytest.mark.parametrize(
    ("format", "more", "field"),
    [
        ("turtel", {}, "format"),
        ("csv", {"tables": ["fact"]}, "tables"),
        ("csv", {}, "path"),
        ("parquet", {"tables": ["facts"]}, "path"),
        ("dot", {"tables": ["facts"]}, "tables"),
        ("csv", {"tables": []}, "tables"),
        ("dot", {"entity": "nvidia-h2000"}, "entity"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_is_wrong(
    bundled: KnowledgeGraph, format: str, more: dict[str, object], field: str
) -> None:
    with pytest.raises(UserInputError) as caught:
        bundled.export(format, **more)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert caught.value.hint or isinstance(caught.value, UnknownNameError)
