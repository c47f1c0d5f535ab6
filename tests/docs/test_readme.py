"""Every command and example of the README is run, and what it says of itself is true."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.docs.shell import shell

from downstack.kg import KnowledgeGraph

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^<!-- example: (?P<kind>\w+) -->\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [(match["kind"], match["text"]) for match in BLOCK.finditer(README)]
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"}


def run(command: list[str], text: str | None = None) -> str:
    done = subprocess.run(
        command, input=text, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def of(kind: str) -> list[str]:
    return [text for name, text in EXAMPLES if name == kind]


def test_every_code_block_is_an_example_or_the_two_commands() -> None:
    blocks = README.count("```") // 2
    assert blocks == len(EXAMPLES) + 1
    assert {kind for kind, _ in EXAMPLES} == {"http", "shell", "shock", "evaluate", "python", "output", "dependencies"}


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("serve", "test"):
        assert f"make {target} " in README
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_first_example_runs_in_a_shell_as_a_reader_pastes_it() -> None:
    command = of("shell")[0]
    printed = run(["bash", "-euo", "pipefail", "-c", command])
    assert "llama-3.1-70b" in printed
    assert printed.splitlines()[:-1] == shell(command).splitlines()[:-1], "all but the time that it took"


@pytest.mark.parametrize("command", of("shell"))
def test_a_shell_example_runs(command: str) -> None:
    assert "llama-3.1-70b" in shell(command)


def test_the_example_of_dependencies_names_who_needs_what() -> None:
    (command,) = of("dependencies")
    said = shell(command)
    assert "What depends on TSMC CoWoS" in said
    assert "nvidia-h200-sxm" in said
    assert "Claude Code depends on SK hynix" in said


def test_the_example_of_a_shock_says_what_the_text_says_of_it() -> None:
    (command,) = of("shock")
    printed = shell(command)
    assert all(bound in printed for bound in ("none", "declared", "full"))
    flow, installed = (
        [float(found) for found in re.findall(rf"^{line} +none +-(\d+\.\d)", printed, re.MULTILINE)]
        for line in ("nvidia-h200-sxm", "meta")
    )
    assert flow == [30.0] and installed[0] == 30.0 and 2.5 <= installed[1] <= 3.5


def test_the_example_of_an_evaluation_reports_each_kind_and_writes_each_row(tmp_path: Path) -> None:
    (command,) = of("evaluate")
    out = tmp_path / "predictions.csv"
    printed = shell(command.replace("predictions.csv", str(out)))
    assert all(kind in printed for kind in ("serving_throughput", "tpot", "training_mfu", "median"))
    rows = (ROOT / "benchmarks" / "measurements" / "open.csv").read_text(encoding="utf-8")
    assert len(out.read_text(encoding="utf-8").splitlines()) == len(list(csv.reader(rows.splitlines(keepends=True))))


@pytest.mark.parametrize("program", of("python"))
def test_a_python_example_runs(program: str) -> None:
    assert "aws-p5en-48xlarge" in run([sys.executable, "-"], program)


def test_the_printed_table_is_what_the_command_prints() -> None:
    """Compare the numbers of the README's output block with a run of the command above it."""
    (shown,) = of("output")
    printed = shell(of("shell")[0])
    for line in shown.strip().splitlines():
        if line.strip():
            assert line.strip() in printed, line


def test_the_http_example_answers_over_http(service_url: str) -> None:
    (command,) = of("http")
    assert "docs/examples/first-question.json" in command
    body = (ROOT / "docs" / "examples" / "first-question.json").read_bytes()
    request = urllib.request.Request(f"{service_url}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert "errors" not in answer
    found = {item["quantity"]["id"] for item in answer["data"]["impact"]["effects"]["nodes"] if item["ratio"]}
    assert found == {
        "decode_tokens_per_second",
        "cost_per_million_output_tokens",
        "max_concurrent_sequences",
        "max_context_length",
    }


def test_the_counts_are_those_of_the_graph(bundled: KnowledgeGraph) -> None:
    info = bundled.info
    stated = {name: int(number.replace(",", "")) for number, name in re.findall(r"\*\*([\d,]+) (\w+)\*\*", README)}
    assert stated == {
        "entities": info.entities,
        "facts": info.facts,
        "relations": info.relations,
        "influences": info.influences,
        "functions": info.functions,
        "sources": info.sources,
    }


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
