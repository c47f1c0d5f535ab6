"""Asks as an assistant does: with the client of the official SDK, over HTTP or with a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import mcp_types as types
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from tests.api.test_cli import environment

Found = TypeVar("Found")

MODES = ("auto", "legacy")
"""The revision of 2026, without a handshake, and those before it."""
PATIENCE = 300.0


def stdio(*words: str) -> StdioServerParameters:
    """The command, as a client starts it."""
    return StdioServerParameters(
        command=sys.executable, args=["-m", "downstack.cli", "mcp", *words], env=dict(environment())
    )


@dataclass(frozen=True)
class Assistant:
    """A client that connects anew for each question."""

    server: str | StdioServerParameters
    mode: str = "auto"
    headers: Mapping[str, str] | None = None

    def do(self, work: Callable[[Client], Awaitable[Found]]) -> Found:
        """Do some work with one connection."""
        return asyncio.run(self._do(work))

    async def _do(self, work: Callable[[Client], Awaitable[Found]]) -> Found:
        if isinstance(self.server, str) and self.headers is not None:
            async with (
                httpx2.AsyncClient(headers=dict(self.headers), timeout=PATIENCE) as http,
                Client(streamable_http_client(self.server, http_client=http), mode=self.mode) as client,
            ):
                return await work(client)
        async with Client(self.server, mode=self.mode) as client:
            return await work(client)

    def tools(self) -> list[types.Tool]:
        """List the tools."""
        return self.do(lambda client: client.list_tools()).tools

    def call(self, tool: str, /, **arguments: Any) -> types.CallToolResult:
        """Call a tool, and check what holds for every answer: the structure and the text say the same."""

        async def called(client: Client) -> types.CallToolResult:
            # The client checks an answer against the schema of a tool that it has listed.
            await client.list_tools()
            found = await client.call_tool(tool, arguments)
            assert isinstance(found, types.CallToolResult)
            return found

        result = self.do(called)
        (content,) = result.content
        assert isinstance(content, types.TextContent)
        assert json.loads(content.text) == result.structured_content
        return result

    def ask(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool and return its answer; an error fails the test."""
        result = self.call(tool, **arguments)
        assert not result.is_error, result.structured_content
        assert result.structured_content is not None
        return dict(result.structured_content)

    def refused(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool that must refuse and return the error."""
        result = self.call(tool, **arguments)
        assert result.is_error, result.structured_content
        assert result.structured_content is not None
        return dict(result.structured_content["error"])


def message(method: str = "tools/call", **params: Any) -> dict[str, Any]:
    """A message as it goes over the wire."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
GRAPH = message(name="graph", arguments={})
