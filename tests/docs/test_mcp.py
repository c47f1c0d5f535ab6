"""The page for assistants: its configurations connect, its commands and its program run, its errors are the errors."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import StdioServerParameters
from tests.api.mcp.asking import Assistant
from tests.api.test_cli import environment
from tests.conftest import require
from typer.testing import CliRunner

import downstack.mcp.stdio
from downstack.cli import command_line
from downstack.kg import KnowledgeGraph
from downstack.mcp.pages import ANSWER_BYTES

PAGE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text(encoding="utf-8")
LOCAL = "http://127.0.0.1:8000"
JSON = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
SERVERS = [item["mcpServers"]["downstack"] for item in JSON if "mcpServers" in item]


def test_the_configuration_for_http_connects(service_url: str) -> None:
    (server,) = [item for item in SERVERS if item.get("url", "").startswith(LOCAL)]
    assert Assistant(server["url"].replace(LOCAL, service_url)).ask("graph")["graphVersion"]


def test_the_configuration_with_a_token_sends_it_as_the_service_reads_it() -> None:
    (server,) = [item for item in SERVERS if "headers" in item]
    assert server["headers"] == {"authorization": "Bearer TOKEN"}
    assert server["url"].startswith("https://")


def test_the_configuration_with_a_command_connects() -> None:
    (server,) = [item for item in SERVERS if "command" in item]
    assert server["command"] == "downstack"
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "downstack.cli", *server["args"]], env=dict(environment())
    )
    assert Assistant(started).ask("graph")["graphVersion"]


def test_the_question_of_the_shell_is_answered(service_url: str) -> None:
    (line,) = re.findall(r"^\$ curl (.+)$", PAGE, re.MULTILINE)
    require(shutil.which("curl"), "the page asks with curl")
    words = [word.replace(LOCAL, service_url) for word in shlex.split(line)]
    done = subprocess.run(["curl", *words, "--max-time", "60"], capture_output=True, text=True, check=True)
    hits = json.loads(done.stdout)["result"]["structuredContent"]["hits"]
    assert hits[0]["entity"]["id"] == "nvidia-h200-sxm"


def test_the_program_runs(service_url: str, tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "ask.py"
    file.write_text(program.replace(LOCAL, service_url), encoding="utf-8")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=120, check=True)
    assert re.search(r"^aws-p5en-48xlarge [\d.]+ [\d.]+ token/s", done.stdout, re.MULTILINE)


def test_the_command_opens_the_store_that_is_named(monkeypatch: pytest.MonkeyPatch, bundled: KnowledgeGraph) -> None:
    (words,) = re.findall(r"^\$ downstack (.+)$", PAGE, re.MULTILINE)
    opened: list[object] = []
    served: list[KnowledgeGraph] = []
    monkeypatch.setattr(KnowledgeGraph, "open", lambda store: opened.append(store) or bundled)
    monkeypatch.setattr(downstack.mcp.stdio, "serve_stdio", lambda kg, guards: served.append(kg))
    done = CliRunner().invoke(command_line(), shlex.split(words))
    assert done.exit_code == 0, done.output
    assert (opened, served) == (["my-store"], [bundled])


def test_the_error_of_the_page_is_the_error(service_url: str) -> None:
    (said,) = [item for item in JSON if "error" in item]
    assert Assistant(f"{service_url}/mcp").call("entity", entity="nvidia-h20x").structured_content == said


def test_the_size_of_the_page_is_that_of_the_code() -> None:
    size = f"{ANSWER_BYTES // 1_000} kB"
    protection = (Path(__file__).parents[2] / "docs" / "protection.md").read_text(encoding="utf-8")
    assert size in PAGE and size in protection
