"""Every command and example of docs/journey.md is run, and its output block is what the command prints."""

from __future__ import annotations

import json
import re
import sys
import urllib.request

import pytest
from tests.docs.shell import shell
from tests.docs.test_readme import BLOCK, ROOT, run

PAGE = (ROOT / "docs" / "journey.md").read_text(encoding="utf-8")
EXAMPLES = [(match["kind"], match["text"]) for match in BLOCK.finditer(PAGE)]


def of(kind: str) -> list[str]:
    return [text for name, text in EXAMPLES if name == kind]


def test_every_code_block_is_an_example() -> None:
    assert PAGE.count("```") // 2 == len(EXAMPLES)
    assert {kind for kind, _ in EXAMPLES} == {"asking", "journey", "closed", "output", "python", "graphql"}


@pytest.mark.parametrize("command", of("journey"))
def test_a_command_about_the_stand_in_runs(command: str) -> None:
    assert "llama-3.1-70b" in shell(command)


def test_the_printed_rows_are_what_the_command_prints() -> None:
    (shown,) = of("output")
    printed = [re.sub(r"\s+", " ", line).strip() for line in shell(of("journey")[0]).splitlines()]
    for line in shown.strip().splitlines():
        assert re.sub(r"\s+", " ", line).strip() in printed, line


def test_the_question_with_nothing_named_is_answered_by_questions() -> None:
    (command,) = of("asking")
    printed = shell(command)
    assert all(word in printed for word in ("--model", "--accelerator", "--workload", "ownsStakeIn", "API price"))


def test_a_closed_model_has_a_price_as_the_page_says() -> None:
    (command,) = of("closed")
    printed = shell(command)
    assert "list price of a request of gpt-5" in printed
    assert "no source states the architecture of gpt-5" in printed


@pytest.mark.parametrize("program", of("python"))
def test_the_python_example_runs(program: str) -> None:
    assert "High-Speed Memory and Interconnect" in run([sys.executable, "-"], program)


@pytest.mark.parametrize("query", of("graphql"))
def test_the_graphql_example_is_answered(query: str, service_url: str) -> None:
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(f"{service_url}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert "errors" not in answer, answer["errors"]
    assert answer["data"]["journey"]["routes"][0]["time"]["status"] == "OK"
