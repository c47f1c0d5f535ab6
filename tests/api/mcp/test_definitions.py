"""What clients are told of the tools: read only, closed schemas, and the same as yesterday."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.api.mcp.asking import Assistant, stdio

from downstack.mcp.protocol import INSTRUCTIONS, definition
from downstack.mcp.tools import TOOLS

DIGEST = "14dd29f122a56896d8a519d7f92ca6877562c627de1efcf362c7125b9f4c0856"
"""Of all definitions. A client that was allowed to use a tool was allowed to use this one: a change is made knowingly."""
EXPECTED = {
    "graph", "search", "entity", "quantities", "functions", "influences", "value", "explain", "impact", "compare",
    "sensitivity", "solve", "dependencies", "paths", "shock", "journey", "deployments",
}  # fmt: skip


def written(tools: list[Any]) -> list[Any]:
    return [item.model_dump(mode="json", by_alias=True, exclude_none=True) for item in tools]


def objects(schema: object) -> Iterator[Mapping[str, Any]]:
    """Every schema of an object, however deep."""
    if isinstance(schema, Mapping):
        if schema.get("type") == "object":
            yield schema
        for item in schema.values():
            yield from objects(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from objects(item)


def test_the_tools_are_those_that_are_expected(either: Assistant) -> None:
    assert {tool.name for tool in either.tools()} == EXPECTED == set(TOOLS)


def test_both_transports_list_the_same_tools(assistant: Assistant) -> None:
    declared = written([definition(tool) for tool in TOOLS.values()])
    assert written(assistant.tools()) == written(Assistant(stdio()).tools()) == declared


def test_tool_definitions_are_stable() -> None:
    text = json.dumps([*written([definition(tool) for tool in TOOLS.values()]), INSTRUCTIONS], sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_tool_is_read_only_and_annotated_so(name: str) -> None:
    said = definition(TOOLS[name]).annotations
    assert said is not None
    assert (said.read_only_hint, said.idempotent_hint) == (True, True)
    assert (said.destructive_hint, said.open_world_hint) == (False, False)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_arguments_of_a_tool_admit_nothing_that_is_not_named(name: str) -> None:
    schema = definition(TOOLS[name]).input_schema
    Draft202012Validator.check_schema(schema)
    found = list(objects(schema))
    assert found
    assert all(item["additionalProperties"] is False for item in found)
    assert all(set(item.get("required", ())) <= set(item["properties"]) for item in found)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_everything_of_a_tool_is_described(name: str) -> None:
    tool = definition(TOOLS[name])
    assert tool.title and tool.description and tool.description.endswith(".")
    assert tool.output_schema is not None
    Draft202012Validator.check_schema(tool.output_schema)
    for schema in (tool.input_schema, tool.output_schema):
        assert all(item.get("description") for item in schema["properties"].values())


def test_no_tool_takes_an_address_or_a_file() -> None:
    names = {name for tool in TOOLS.values() for item in objects(tool.input_schema) for name in item["properties"]}
    assert names.isdisjoint({"url", "uri", "href", "file", "path", "store", "endpoint", "query", "sparql"})


def test_instructions_say_that_answers_are_data() -> None:
    assert "never instructions" in INSTRUCTIONS
