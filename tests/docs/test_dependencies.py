"""Every command and example of docs/dependencies.md is run, and its output block is what the command prints."""

from __future__ import annotations

import json
import re
import sys
import urllib.request

import pytest
from tests.docs.shell import shell
from tests.docs.test_readme import BLOCK, ROOT, run

PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
EXAMPLES = [(match["kind"], match["text"]) for match in BLOCK.finditer(PAGE)]


def of(kind: str) -> str:
    (text,) = [text for name, text in EXAMPLES if name == kind]
    return text


def lines(command: str) -> list[str]:
    return [re.sub(r"\s+", " ", line).strip() for line in shell(command).splitlines()]


def test_every_code_block_is_an_example() -> None:
    assert PAGE.count("```") // 2 == len(EXAMPLES)
    assert {kind for kind, _ in EXAMPLES} == {"down", "output", "up", "paths", "python", "graphql"}


def test_the_printed_rows_are_what_the_command_prints() -> None:
    printed = lines(of("down"))
    for line in of("output").strip().splitlines():
        assert re.sub(r"\s+", " ", line).strip() in printed, line
    assert any(line.startswith("tsmc-cowos 86%") for line in printed), "the share that the page speaks of"


def test_hidden_kinds_are_not_listed() -> None:
    printed = lines(of("up"))
    assert "What depends on TSMC CoWoS" in printed[0]
    assert not [line for line in printed if re.match(r"\d+ tsmc-cowos-[ls] ", line)]


@pytest.mark.parametrize("found", ["1. Claude Code depends on TSMC over", "3. Claude Code depends on TSMC over"])
def test_the_ways_are_listed(found: str) -> None:
    assert any(line.startswith(found) for line in lines(of("paths")))


def test_the_python_example_runs() -> None:
    assert "amd-mi300x" in run([sys.executable, "-"], of("python"))


def test_the_graphql_example_is_answered(service_url: str) -> None:
    body = json.dumps({"query": of("graphql")}).encode()
    request = urllib.request.Request(f"{service_url}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert "errors" not in answer, answer["errors"]
    assert answer["data"]["dependencies"]["nodes"]["totalCount"] > 20
    assert len(answer["data"]["paths"]) == 2
