"""The page about protection says the bounds that there are, and its commands and its program run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import downstack.server
from downstack.cli import command_line
from downstack.graphql.guards import Guards
from downstack.graphql.limits import LIMITS
from downstack.graphql.stored import digest, read_trusted
from downstack.graphql.workers import WAITING
from downstack.kg import KnowledgeGraph
from downstack.server.protection import PRODUCTION_RATE
from downstack.server.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "protection.md").read_text(encoding="utf-8")
COMMANDS = [*re.findall(r"^\$ downstack (.+)$", PAGE, re.MULTILINE), "serve --production"]
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_bounds_of_the_page_are_those_of_the_code() -> None:
    guards = Guards()
    for said in (
        f"| bytes of the request | {guards.request_bytes // 1_000_000} MB |",
        f"| {LIMITS.cost:,} |",
        f"| {guards.deadline_seconds:g} s (`DOWNSTACK_DEADLINE_SECONDS`) |",
        f"| {guards.response_bytes // 1_000_000} MB (`DOWNSTACK_MAX_RESPONSE_BYTES`) |",
        f"| {WAITING}, half of them of one client |",
        f"| none; {PRODUCTION_RATE:g} in production (`DOWNSTACK_RATE_LIMIT`) |",
    ):
        assert said in PAGE


def test_the_hash_of_the_page_is_that_of_its_query(tmp_path: Path) -> None:
    query = "{ layers { name } }"
    assert f"printf '%s' '{query}' | sha256sum\n{digest(query)}  -" in PAGE
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "trusted.json"
    file.write_text(example.replace("<sha256 of the query>", digest(query)), encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8")) == read_trusted(file)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_reach_the_settings(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Settings] = []
    monkeypatch.setattr(downstack.server, "serve", lambda settings, **_: seen.append(settings))
    done = CliRunner().invoke(command_line(), shlex.split(command))
    assert done.exit_code == 0, done.output
    assert seen[0].production is ("--production" in command)
    assert seen[0].trusted_documents == ("trusted.json" if "trusted.json" in command else None)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_program_of_the_page_runs(program: str, monkeypatch: pytest.MonkeyPatch, bundled: KnowledgeGraph) -> None:
    # As it stands but for the time, which a busy machine may need more of, and the graph, which is open already.
    monkeypatch.setattr(KnowledgeGraph, "open", lambda: bundled)
    names: dict[str, object] = {}
    exec(compile(program.replace("Deadline(5.0)", "Deadline(300.0)"), "protection.md", "exec"), names)
    assert names["report"]
