"""Epoch AI's tables: a few rows in the format of each, then exactly the Turtle and the account that stand beside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from downstack.loaders.records import EntityRecord
from downstack.loaders.registry import Loaded, LoadRequest, find_loader

SAMPLES = Path(__file__).parent / "samples" / "epoch"
HELD = {
    item.slug: item
    for item in (
        EntityRecord("nvidia", "NVIDIA", ("Company",), None),
        EntityRecord("tsmc", "TSMC", ("Company", "Foundry"), 7),
        EntityRecord("meta", "Meta", ("Company",), None, ("Meta Platforms",)),
        EntityRecord("google", "Google", ("Company",), None),
        EntityRecord("openai", "OpenAI", ("Company",), None),
        EntityRecord("coreweave", "CoreWeave", ("CloudProvider",), 4),
        EntityRecord("nvidia-h100-sxm", "NVIDIA H100 SXM", ("Accelerator",), 5, ("H100",)),
        EntityRecord("llama-3.1-405b", "Llama 3.1 405B", ("DenseModel", "FoundationModel"), 2),
        EntityRecord("chatgpt", "ChatGPT", ("Application",), 1),
    )
}
TABLES = {
    "ml_hardware": ("epoch-hardware", 4, 3),
    "notable_ai_models": ("epoch-models", 5, 3),
    "gpu_clusters": ("epoch-clusters", 5, 4),
    "data_centers": ("epoch-clusters", 1, 1),
    "ai_companies_revenue_reports": ("epoch-companies", 3, 1),
    "ai_companies_usage_reports": ("epoch-companies", 4, 3),
}
"""Sample -> its loader, rows read, rows kept."""


def load(table: str) -> Loaded:
    return find_loader(TABLES[table][0]).read(LoadRequest([SAMPLES / f"{table}.csv"], HELD))


def same(actual: str, path: Path) -> None:
    """Compare with a committed text; DOWNSTACK_WRITE_ANSWERS=1 writes it anew, to be read in the diff."""
    if os.environ.get("DOWNSTACK_WRITE_ANSWERS"):
        path.write_text(actual, encoding="utf-8")
    assert actual == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_the_rows_become_exactly_this_turtle(table: str) -> None:
    documents = load(table).documents
    assert list(documents) == [f"facts/loaded/{TABLES[table][0]}/{table.replace('_', '-')}.ttl"]
    same(next(iter(documents.values())), SAMPLES / f"{table}.ttl")


@pytest.mark.parametrize("table", TABLES)
def test_every_row_and_cell_that_became_nothing_is_named_with_its_line_and_reason(table: str) -> None:
    report = load(table).report
    lines = [
        *(f"row rejected {item}" for item in report.rejections),
        *(f"cell left out {item}" for item in report.cells),
    ]
    same("\n".join(lines).replace(f"{SAMPLES}/", "") + "\n", SAMPLES / f"{table}.txt")


@pytest.mark.parametrize("table", TABLES)
def test_kept_and_rejected_rows_add_up_to_those_that_were_read(table: str) -> None:
    report = load(table).report
    assert (report.read, report.kept, report.rejected) == (*TABLES[table][1:], TABLES[table][1] - TABLES[table][2])


def test_the_bar_hears_of_every_row_of_all_files() -> None:
    told: list[tuple[int, int]] = []
    paths = [SAMPLES / "gpu_clusters.csv", SAMPLES / "data_centers.csv"]
    find_loader("epoch-clusters").read(LoadRequest(paths, HELD, progress=lambda done, of: told.append((done, of))))
    assert told == [(row, 6) for row in range(1, 7)]


def test_a_second_file_joins_what_the_first_one_added() -> None:
    paths = [SAMPLES / "gpu_clusters.csv", SAMPLES / "data_centers.csv"]
    loaded = find_loader("epoch-clusters").read(LoadRequest(paths, HELD))
    first, second = loaded.documents.values()
    assert "ds:acme-silicon a dso:Company" in first
    assert "ds:acme-silicon a dso:Company" not in second and "dso:ownedBy ds:acme-silicon" in second


def test_a_file_that_was_loaded_is_described_again_in_the_same_words() -> None:
    before = load("ml_hardware")
    place, text = next(iter(before.documents.items()))
    held = HELD | {
        slug: EntityRecord(slug, slug.replace("-", " "), ("Company",), None, file=place)
        for slug in before.entities
        if slug not in HELD
    }
    again = find_loader("epoch-hardware").read(LoadRequest([SAMPLES / "ml_hardware.csv"], held))
    assert again.documents == {place: text}


def test_a_dangling_name_is_resolved_when_the_store_has_what_it_means() -> None:
    held = HELD | {"example-labs": EntityRecord("example-labs", "Example Labs", ("Company",), None)}
    loaded = find_loader("epoch-clusters").read(LoadRequest([SAMPLES / "gpu_clusters.csv"], held))
    text = next(iter(loaded.documents.values()))
    assert "dso:usedBy ds:example-labs ." in text and "ds:unresolved-example-labs" not in text
    assert "1 name means nothing that is known yet: Unheard-of Chip" in str(loaded.findings[0])
    assert "2 names mean nothing" in str(load("gpu_clusters").findings[0])
