"""Every loader has a page, and what a page shows is what its commands print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.shell import shell

from downstack.loaders.registry import BUILT_IN

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "loaders"
INDEX = (PAGES / "index.md").read_text(encoding="utf-8")
OWN = ("hf-config", "facts-csv", "ecosystem-graphs", "eto", "rdf")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_index_lists_every_loader_and_each_has_a_page() -> None:
    for name in BUILT_IN:
        assert f"({name}.md)" in INDEX
        assert (PAGES / f"{name}.md").is_file()


def test_the_members_that_the_index_shows_make_a_loader() -> None:
    (example,) = blocks(INDEX, "python")
    made: dict[str, type] = {}
    exec(example, made)
    assert all(hasattr(made["Lines"](), member) for member in ("name", "title", "licence", "read"))


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_what_a_page_shows_is_what_its_commands_print(name: str, tmp_path: Path) -> None:
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    (commands,), (shown,) = blocks(page, "sh"), blocks(page, "text")
    printed = ""
    for command in commands.splitlines():
        asked, _, store = command.rpartition(" ")
        assert asked.split()[:3] == ["downstack", "load", name]
        folder = str(tmp_path / store)
        printed += shell(f"{asked} {folder}", columns=200).replace(folder, "my-store")
    for line in shown.splitlines():
        assert line in printed.splitlines()


def test_every_page_says_under_which_licence_the_source_stands_and_what_is_left_out() -> None:
    for name in OWN:
        page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
        assert "\n## Licence\n" in page
        assert "\n## What is left out, and why\n" in page
