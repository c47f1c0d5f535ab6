"""The pages of the loaders of Epoch AI's tables: their commands are run, and they name every column that is read."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from tests.docs.shell import shell
from tests.docs.test_readme import ROOT

PAGES = ROOT / "docs" / "loaders"
SAMPLES = ROOT / "tests" / "loaders" / "samples" / "epoch"
TABLES = {
    "epoch-hardware": ("hardware",),
    "epoch-models": ("models",),
    "epoch-clusters": ("clusters", "data-centers"),
    "epoch-companies": ("revenue", "usage"),
}


def blocks(loader: str, language: str) -> list[str]:
    page = (PAGES / f"{loader}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("loader", TABLES)
def test_the_command_of_a_page_prints_what_the_page_says(loader: str, tmp_path: Path) -> None:
    for sample in SAMPLES.glob("*.csv"):
        shutil.copy(sample, tmp_path)
    (command,), (said,) = blocks(loader, "sh"), blocks(loader, "text")
    printed = shell(command, tmp_path)
    assert said in printed
    assert list((tmp_path / "my-store").glob(f"releases/*/facts/loaded/{loader}/*.ttl"))


@pytest.mark.parametrize("loader", TABLES)
def test_a_page_names_every_column_that_is_read(loader: str) -> None:
    page = (PAGES / f"{loader}.md").read_text(encoding="utf-8")
    path = ROOT / "loaders" / "downstack" / "loaders" / "curation" / "epoch_columns.csv"
    first: dict[tuple[str, str], str] = {}
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        if row["table"] in TABLES[loader] and row["use"] == "read":
            first.setdefault((row["table"], row["column"]), row["header"])
    assert [header for header in first.values() if f"\n| {header} | " not in page] == []
