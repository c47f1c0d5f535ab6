"""Whatever stands in the cells of Epoch AI's tables, a load ends with Turtle that says what it may, or with a finding."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downstack.graph.loading import validate_paths
from downstack.graph.quality.rules import errors_of
from downstack.loaders.registry import LoadRequest, find_loader

TABLES = {
    "hardware": "epoch-hardware",
    "models": "epoch-models",
    "clusters": "epoch-clusters",
    "data-centers": "epoch-clusters",
    "revenue": "epoch-companies",
    "usage": "epoch-companies",
}
NASTY = (
    "", "NaN", "-inf", "1e400", "-0", "1,000", "12 %", "1e3", "0", "2024-07-01", "13/45/2020", "2999-01-01",
    '" . ds:x a dso:Fact . "', "<script>", "javascript:alert(1)", "https://example.org/a>b", "a\u202eb", "\u200b", "\u00e9" * 400,
    "A,B", '"A, B",C', "Acme #likely, Other #x", "\\u0000", "line\nbreak", "tab\there", "Cloud", "\U0001f600", "x" * 5000, "...", "---",
)  # fmt: skip


def headers(table: str) -> list[str]:
    """One spelling of each column that is read."""
    path = Path(find_loader.__code__.co_filename).parent / "curation" / "epoch_columns.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return list(
        {row["column"]: row["header"] for row in rows if row["table"] == table and row["use"] == "read"}.values()
    )


def load(table: str, rows: list[list[str]]) -> tuple[str, int, int]:
    text = io.StringIO()
    csv.writer(text).writerows([headers(table), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        loaded = find_loader(TABLES[table]).read(LoadRequest([path], {}))
    assert loaded.report.kept + loaded.report.rejected == loaded.report.read
    return next(iter(loaded.documents.values())), loaded.report.read, len(rows)


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_a_load_of_anything_is_turtle_and_counts_its_rows(table: str, data: st.DataObject) -> None:
    cell = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
    width = len(headers(table))
    rows = data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=3))
    document, read, given_rows = load(table, rows)
    assert read <= given_rows  # a row without any words is a blank line
    assert list(ox.parse(document.encode(), format=ox.RdfFormat.TURTLE))


def test_what_is_kept_of_hostile_rows_passes_every_check_and_shape(tmp_path: Path) -> None:
    for table in TABLES:
        width = len(headers(table))
        rows = [[NASTY[(place * 7 + shift) % len(NASTY)] for place in range(width)] for shift in range(len(NASTY))]
        rows = [[row[0] or "Acme", *row[1:]] for row in rows]
        document, read, _ = load(table, rows)
        assert read == len(rows)
        (tmp_path / f"{table}.ttl").write_text(document, encoding="utf-8")
    # One table at a time: each was read as if the others were not there.
    for table in TABLES:
        assert errors_of(validate_paths([tmp_path / f"{table}.ttl"])) == ()
