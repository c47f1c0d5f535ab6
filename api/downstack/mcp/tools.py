"""The tools by name, in the order in which they are listed."""

from __future__ import annotations

from downstack.mcp.chains import CHAINS
from downstack.mcp.lookup import LOOKUP
from downstack.mcp.numbers import NUMBERS
from downstack.mcp.tool import Tool

TOOLS: dict[str, Tool] = {tool.name: tool for tool in (*LOOKUP, *NUMBERS, *CHAINS)}
"""All of them read only: none changes, fetches or opens anything."""
