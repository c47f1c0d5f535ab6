"""Every loader has a page, and what a page shows is what its commands print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
        words = command.split()
        assert words[:3] == ["downstack", "load", name]
        store = str(tmp_path / words.pop())
        done = subprocess.run(
            [sys.executable, "-m", "downstack.cli", *words[1:], store],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "200"},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        printed += done.stdout.replace(store, "my-store")
    for line in shown.splitlines():
        assert line in printed.splitlines()


def test_every_page_says_under_which_licence_the_source_stands_and_what_is_left_out() -> None:
    for name in OWN:
        page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
        assert "\n## Licence\n" in page
        assert "\n## What is left out, and why\n" in page
