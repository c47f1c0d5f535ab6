"""Every command of the pages about quality and exports runs, and the pages name every rule and every format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.commands import bundled_findings
from tests.docs.shell import shell

from downstack.cli.exporting import Format
from downstack.graph.exports.export import FORMATS
from downstack.graph.exports.tables import NAMES
from downstack.graph.quality.rules import RULES

ROOT = Path(__file__).parents[2]
QUALITY, EXPORTS = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("quality.md", "exports.md"))


def commands(page: str) -> list[str]:
    return re.findall(r"^\$ (downstack .+)$", page, flags=re.MULTILINE)


@pytest.mark.parametrize("command", commands(QUALITY))
def test_a_command_about_quality_runs(command: str, tmp_path: Path) -> None:
    assert shell(command, tmp_path)


def test_the_commands_about_exports_run_one_after_the_other(tmp_path: Path) -> None:
    listed = commands(EXPORTS)
    for command in listed:
        assert shell(command, tmp_path), command
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {f"tables/{name}.csv" for name in NAMES} < written
    assert {"graph.ttl", "h200.jsonld", "facts.parquet", "graph.graphml", "h200.dot", "decode.json"} < written
    assert not any(name.endswith(".part") for name in written)


def test_the_page_about_exports_names_every_format() -> None:
    assert set(Format) == {*FORMATS, "plan"}
    for name in Format:
        assert f"`{name}`" in EXPORTS
        assert any(f"export {name} " in command for command in commands(EXPORTS))


def test_the_page_about_quality_names_every_rule_with_its_severities() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ((?:error|warning|note)[a-z, ]*) \|", QUALITY, flags=re.MULTILINE))
    assert rows == {rule.id: ", ".join(rule.severities) for rule in RULES}


def test_the_warnings_that_the_page_explains_are_those_that_there_are() -> None:
    explained = set(re.findall(r"`([a-z-]+)`", QUALITY.rpartition("## What the bundled")[2]))
    found = {item.rule for item in bundled_findings()}
    assert found <= explained
