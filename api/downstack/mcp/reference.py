"""The page of the tools, written from their definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from downstack.mcp.schema import WHERE, Schema
from downstack.mcp.tool import Tool
from downstack.mcp.tools import TOOLS

HEAD = """\
<!-- Generated from the tools of api/downstack/mcp by `make generate`; edit those instead. -->
# Tools for assistants

What an assistant can ask over the Model Context Protocol; how it is connected is on [mcp.md](mcp.md). Every answer names the
graph version, and lists that are cut have their length and a cursor under `pages`. An argument in **bold** must be given;
no tool takes an argument that is not listed.
"""


def tools_page() -> str:
    """Return the page."""
    return "\n".join([HEAD, *(line for tool in TOOLS.values() for line in _section(tool)), *_filter()])


def _section(tool: Tool) -> Iterator[str]:
    yield f"## {tool.name}\n"
    yield f"{tool.title} {tool.description}\n" if tool.title.endswith("?") else f"{tool.description}\n"
    properties = tool.input_schema["properties"]
    if properties:
        yield from _table(properties, tool.required)
    yield f"Answers with {', '.join(f'`{name}`' for name in tool.output_schema['properties'])}.\n"


def _filter() -> Iterator[str]:
    yield "## where\n"
    yield f"{WHERE['description']}\n"
    yield from _table(WHERE["properties"], ())


def _table(properties: Mapping[str, Schema], required: tuple[str, ...]) -> Iterator[str]:
    yield "| argument | takes | meaning |"
    yield "|---|---|---|"
    for name, schema in properties.items():
        shown = f"**`{name}`**" if name in required else f"`{name}`"
        yield f"| {shown} | {_takes(schema)} | {_cell(schema.get('description', ''))} |"
    yield ""


def _takes(schema: Schema) -> str:
    if "anyOf" in schema:
        return "one name or a list of names"
    if "enum" in schema:
        words = ", ".join(f"`{word}`" for word in schema["enum"])
        return f"one of {words}"
    kind = str(schema["type"])
    if kind == "array":
        return f"a list: {_takes(schema['items'])}"
    if kind == "object":
        return ("see [where](#where)" if schema is WHERE else "an object: " + _fields(schema)) + _default(schema)
    if kind == "integer":
        return f"{schema['minimum']} to {schema['maximum']:,}{_default(schema)}"
    names = {"string": "text", "number": "a number", "boolean": "true or false"}
    return names[kind] + _default(schema)


def _fields(schema: Schema) -> str:
    must = schema.get("required", ())
    return ", ".join(f"**`{name}`**" if name in must else f"`{name}`" for name in schema["properties"])


def _default(schema: Schema) -> str:
    value: Any = schema.get("default")
    return "" if value is None else f"; {str(value).lower() if isinstance(value, bool) else value} unless given"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
