"""The command ``downstack mcp``: one client, standard input and output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from tests.api.mcp.asking import GRAPH, Assistant, stdio
from tests.api.mcp.test_answers import CALLS
from tests.api.test_cli import downstack, environment

from downstack.kg import KnowledgeGraph

START = 120.0


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_lists_and_calls_the_tools(mode: str, kg: KnowledgeGraph) -> None:
    async def several(client: Client) -> list[Any]:
        await client.list_tools()
        calls = [("search", {"text": "H200"}), ("impact", CALLS["impact"]), ("entity", {"entity": "nvidia-h20x"})]
        return [await client.call_tool(name, arguments) for name, arguments in calls]

    hits, effects, error = Assistant(stdio(), mode).do(several)
    assert hits.structured_content["hits"][0]["entity"]["id"] == "nvidia-h200-sxm"
    assert effects.structured_content["graphVersion"] == kg.version
    assert error.is_error and error.structured_content["error"]["code"] == "NOT_FOUND"


def talk(lines: list[bytes], *words: str) -> tuple[list[dict[str, Any]], str]:
    """Send lines, close standard input, and return what came out."""
    done = subprocess.run(
        [sys.executable, "-m", "downstack.cli", "mcp", *words],
        input=b"".join(line + b"\n" for line in lines),
        capture_output=True,
        check=False,
        timeout=START,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


def test_standard_output_holds_messages_only_and_the_end_of_input_ends_it() -> None:
    begun = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    said, _ = talk([json.dumps(item).encode() for item in (INITIALIZE, begun, GRAPH)])
    assert [item["jsonrpc"] for item in said] == ["2.0"] * len(said)
    assert said[0]["result"]["serverInfo"]["name"] == "downstack"


def test_an_endless_number_is_refused_also_where_the_reader_takes_it() -> None:
    begun = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    solve = b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"solve","arguments":{"target":"x","goal":NaN,"vary":{"entity":"a","quantity":"b"}}}}'
    said, _ = talk([json.dumps(INITIALIZE).encode(), json.dumps(begun).encode(), solve, json.dumps(GRAPH).encode()])
    answers = {item.get("id"): item for item in said}
    refused = answers.get(7)
    assert refused is None or "error" in refused or refused["result"]["isError"]


def test_a_store_that_is_not_there_is_an_error_with_a_hint(tmp_path: Path) -> None:
    done = downstack("mcp", "--store", str(tmp_path / "nowhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "error:" in done.stderr


def test_the_sdk_is_imported_by_the_first_request_and_not_by_the_service() -> None:
    program = (
        "import sys\nfrom downstack.server import create_app\nfrom downstack.kg import KnowledgeGraph\n"
        "app = create_app(KnowledgeGraph.open())\n"
        "assert any(getattr(route, 'path', '') == '/mcp' for route in app.routes)\n"
        "print([name for name in ('mcp', 'mcp_types', 'jsonschema') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=START, env=environment()
    )
    assert done.stdout.strip() == "[]"


WITHOUT = """
import sys
sys.modules["mcp"] = None  # as where it is not installed
from downstack.kg import KnowledgeGraph
from downstack.server import create_app
print([route.path for route in create_app(KnowledgeGraph.open()).routes if getattr(route, "path", "") == "/mcp"])
from downstack.cli import main
sys.argv = ["downstack", "mcp"]
main()
"""


def test_without_the_sdk_the_service_has_no_such_door_and_the_command_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False, timeout=START, env=environment()
    )
    assert (done.returncode, done.stdout) == (1, "[]\n")
    assert "downstack[api,mcp]" in done.stderr
