"""Every command of the page on releases runs, in order, and answers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.commands import downstack

from downstack.graph.diff import HEADLINES, HEADLINES_FOR

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "releases.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ downstack (.+)$", PAGE, re.MULTILINE)


@pytest.mark.slow
def test_the_commands_of_the_page_run(tmp_path: Path) -> None:
    said: dict[str, str] = {}
    for command in COMMANDS:
        words = shlex.split(command.replace("my-store", str(tmp_path / "my-store")).replace("docs/", f"{ROOT}/docs/"))
        done = downstack(*words)
        assert done.returncode == 0, (command, done.stderr)
        said[command] = done.stdout
    assert "would be written" in said[COMMANDS[0]]
    assert "release " in said[COMMANDS[1]]
    assert "facts-csv" in said[COMMANDS[2]]
    assert "3,000 GB/s" in said[COMMANDS[3]]
    assert "+ fact example-x1.memory_bandwidth: 3000 GB/s" in said[COMMANDS[4]]
    assert "1 only after" in said[COMMANDS[5]]


def test_the_page_names_the_headlines() -> None:
    assert all(f"`{name}`" in PAGE for name in (*HEADLINES, *HEADLINES_FOR.values()))
