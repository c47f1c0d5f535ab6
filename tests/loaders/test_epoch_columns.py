"""Columns of Epoch AI's tables get renamed between releases: known spellings mean the same, an unknown one stops the load."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.loaders.test_epoch_samples import HELD, SAMPLES

from downstack.errors import KnowledgeError
from downstack.loaders.registry import Loaded, LoadRequest, find_loader

RENAMED = {
    "ml_hardware": (
        "epoch-hardware",
        {
            "Hardware name": "Name of the hardware",
            "Tensor-FP16/BF16 performance (FLOP/s)": "FP16 Tensor Performance (FLOP/s)",
            "FP8 performance (FLOP/s)": "FP8 Tensor Performance (FLOP/s)",
            "FP16 (half precision) performance (FLOP/s)": "FP16 Performance (FLOP/s)",
            "INT8 performance (OP/s)": "INT8 Tensor Performance (OP/s)",
            "Memory (bytes)": "Memory size per board (Byte)",
            "Memory bandwidth (byte/s)": "Memory Bandwidth (Byte/s)",
            "TDP (W)": "TDP in W",
            "Die Size (mm^2)": "Die Size in mm^2",
        },
    ),
    "notable_ai_models": (
        "epoch-models",
        {
            "Model": "System",
            "Publication date": "Publication Date",
            "Training dataset size (total)": "Training dataset size (datapoints)",
        },
    ),
    "data_centers": (
        "epoch-clusters",
        {
            "Handle": "Name",
            "Current total capital cost (2025 USD billions)": "Current capital cost (2025 USD billions)",
        },
    ),
    "ai_companies_revenue_reports": (
        "epoch-companies",
        {"Revenue amount (normalize to annual)": "Annualized revenue (USD)"},
    ),
}


def load(loader: str, path: Path, text: str) -> Loaded:
    path.write_text(text, encoding="utf-8")
    return find_loader(loader).read(LoadRequest([path], HELD))


def statements(loaded: Loaded) -> list[str]:
    """The Turtle without the line that has the digest of the file."""
    return [
        line for text in loaded.documents.values() for line in text.splitlines() if not line.startswith("    dcterms:t")
    ]


@pytest.mark.parametrize("table", RENAMED)
def test_another_spelling_of_a_column_means_the_same(table: str, tmp_path: Path) -> None:
    loader, spellings = RENAMED[table]
    text = (SAMPLES / f"{table}.csv").read_text(encoding="utf-8")
    header, rest = text.split("\n", 1)
    columns = [spellings.get(column, column) for column in header.split(",")]
    assert sum(column in spellings.values() for column in columns) == len(spellings)
    path = tmp_path / f"{table}.csv"
    assert statements(load(loader, path, text)) == statements(load(loader, path, f"{','.join(columns)}\n{rest}"))


def test_the_unit_of_a_spelling_is_the_unit_of_its_values(tmp_path: Path) -> None:
    loaded = load("epoch-hardware", tmp_path / "a.csv", "Hardware name,Memory (GB)\nAcme Q2,96\n")
    assert 'dso:literal "96" ;\n    dso:unit "GB"' in next(iter(loaded.documents.values()))


@pytest.mark.parametrize(
    ("loader", "text", "said"),
    [
        (
            "epoch-hardware",
            "Hardware name,TDP (kW)\nAcme,1\n",
            r"a\.csv:1: unknown column 'TDP \(kW\)' \(nearest: 'TDP \(W\)'",
        ),
        ("epoch-models", "Model,Vibes\nAcme,good\n", r"a\.csv:1: unknown column 'Vibes'"),
        ("epoch-clusters", "Status,Country\nExisting,China\n", r"a\.csv:1: no column says the name of a row"),
        (
            "epoch-companies",
            "Company,Date,Revenue amount,\nOpenAI,2024,1,2\n",
            r"a\.csv:2: column 4 has values and no name",
        ),
        ("epoch-models", "Model,System\nA,B\n", r"a\.csv:1: column 'System' means name again"),
        ("epoch-models", "Model,Parameters\nA\n", r"a\.csv:2: 1 cells under 2 columns"),
        ("epoch-models", 'Model,Parameters\n"A,1\n', r"a\.csv:2: not CSV"),
        ("epoch-models", "", r"a\.csv:1: no column says the name of a row"),
    ],
)
def test_what_is_not_such_a_table_is_refused_by_name(loader: str, text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=said):
        load(loader, tmp_path / "a.csv", text)


def test_bytes_that_are_no_text_and_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"Model\n\xff\xfe\n")
    loader = find_loader("epoch-models")
    with pytest.raises(KnowledgeError, match=r"a\.csv: not UTF-8"):
        loader.read(LoadRequest([tmp_path / "a.csv"], HELD))
    with pytest.raises(KnowledgeError, match=r"b\.csv: cannot be read"):
        loader.read(LoadRequest([tmp_path / "b.csv"], HELD))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    paths = [tmp_path / "a.csv", tmp_path / "other" / "a.csv"]
    for path in paths:
        path.write_text("Model\nA\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="two files have this name"):
        find_loader("epoch-models").read(LoadRequest(paths, HELD))


def test_a_byte_order_mark_and_windows_lines_change_nothing(tmp_path: Path) -> None:
    text = "Hardware name,TDP (W)\nAcme Q2,90\n"
    plain = load("epoch-hardware", tmp_path / "a.csv", text)
    assert statements(load("epoch-hardware", tmp_path / "a.csv", "\ufeff" + text.replace("\n", "\r\n"))) == statements(
        plain
    )
