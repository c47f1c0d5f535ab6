"""Commands that the documents name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from downstack.cli import command_line

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
COMMANDS = set(getattr(get_command(command_line()), "commands", {}))


def code_of(document: Path) -> str:
    """Return what stands in code spans and code blocks."""
    text = document.read_text(encoding="utf-8")
    return "\n".join(first or second for first, second in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", text, re.DOTALL))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_make_target_and_command_that_is_named_exists(document: Path) -> None:
    code = code_of(document)
    assert set(re.findall(r"^\$? ?make (?:PYTHON=\S+ )?([a-z-]+)", code, re.MULTILINE)) <= TARGETS
    assert set(re.findall(r"^\$? ?downstack ([a-z]+)", code, re.MULTILINE)) <= COMMANDS


def test_the_documents_are_found_and_so_are_targets_and_commands() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} <= {path.name for path in DOCUMENTS}
    assert {"serve", "test", "lint", "generate", "bench"} <= TARGETS
    assert {
        "serve",
        "impact",
        "explain",
        "copy",
        "backup",
        "restore",
        "export",
        "evaluate",
        "load",
        "releases",
        "sensitivity",
        "shock",
        "solve",
        "compare",
        "deployments",
        "diff",
        "journey",
        "dependencies",
        "paths",
        "sparql",
        "query",
        "token",
        "validate",
    } == COMMANDS
