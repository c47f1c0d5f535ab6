"""The service is a subgraph of Apollo Federation 2: it composes, and answers for the keys that a gateway sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema
from tests.api.serving import running
from tests.conformance.node import run_script

from downstack.graphql.federation import federated_text
from downstack.graphql.local import answer
from downstack.graphql.schema import schema_text
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

STOCK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@key", "@shareable"])
type Query { stocked: [Accelerator!]! }
type Accelerator @key(fields: "id") { id: ID!  "Boards that a warehouse holds." inStock: Int! }
type PageInfo @shareable { hasNextPage: Boolean!  hasPreviousPage: Boolean!  startCursor: String  endCursor: String }
"""
"""A subgraph of somebody else, which knows accelerators by their slugs and how many are in stock."""
ASK = """query ($keys: [_Any!]!) { _entities(representations: $keys) { __typename ... on Entity { slug label } } }"""


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def composed(tmp_path: Path, **subgraphs: str) -> dict[str, Any]:
    file = tmp_path / "subgraphs.json"
    file.write_text(json.dumps(subgraphs), encoding="utf-8")
    found: dict[str, Any] = run_script("compose.mjs", str(file))
    return found


def test_the_service_composes_without_a_hint(tmp_path: Path) -> None:
    found = composed(tmp_path, downstack=federated_text())
    assert (found["errors"], found["hints"]) == ([], [])
    assert "type Accelerator" in found["supergraph"]


def test_another_service_adds_a_field_to_an_accelerator(tmp_path: Path) -> None:
    found = composed(tmp_path, downstack=federated_text(), stock=STOCK)
    assert found["errors"] == []
    assert "inStock: Int! @join__field(graph: STOCK)" in found["supergraph"]


def test_composition_tells_what_is_wrong(tmp_path: Path) -> None:
    found = composed(tmp_path, downstack=federated_text(), stock=STOCK.replace("@shareable {", "{"))
    assert any("PageInfo" in error for error in found["errors"])


def test_the_schema_of_a_gateway_is_the_one_of_clients_with_keys(kg: KnowledgeGraph) -> None:
    sdl = answer(kg, "{ _service { sdl } }")["data"]["_service"]["sdl"]  # type: ignore[index]  # checked by the test
    assert sdl == federated_text()
    assert '@key(fields: "id")' in sdl
    plain = build_schema(schema_text())
    assert plain.query_type is not None
    assert {name for name in plain.query_type.fields if name.startswith("_")} == set()
    assert "@key" not in schema_text() and "_Entity" not in schema_text()


def asked(kg: KnowledgeGraph, keys: object) -> dict[str, Any]:
    return answer(kg, ASK, {"keys": keys})


def test_entities_are_found_by_their_keys_in_the_order_asked(kg: KnowledgeGraph) -> None:
    keys = [
        {"__typename": "Company", "id": "tsmc"},
        {"__typename": "Accelerator", "id": "nvidia-h200-sxm"},
        {"__typename": "Company", "id": "no-such-company"},
        {"__typename": "Company", "id": "nvidia-h200-sxm"},
    ]
    found = asked(kg, keys)
    assert "errors" not in found
    assert [None if item is None else (item["__typename"], item["slug"]) for item in found["data"]["_entities"]] == [
        ("Company", "tsmc"),
        ("Accelerator", "nvidia-h200-sxm"),
        None,
        None,
    ]


def test_every_entity_is_found_by_its_type_and_id(kg: KnowledgeGraph) -> None:
    listed = answer(kg, "{ entities(first: 100, orderBy: LAYER) { nodes { __typename id } } }")
    nodes: list[dict[str, str]] = listed["data"]["entities"]["nodes"]  # type: ignore[index]  # checked by the test
    found = asked(kg, nodes)["data"]["_entities"]
    assert [(item["__typename"], item["slug"]) for item in found] == [
        (item["__typename"], item["id"]) for item in nodes
    ]


@pytest.mark.parametrize(
    "key",
    [
        {},
        [],
        "tsmc",
        7,
        {"__typename": "Company"},
        {"id": "tsmc"},
        {"__typename": "Query", "id": "tsmc"},
        {"__typename": "PageInfo", "id": "tsmc"},
        {"__typename": ["Company"], "id": "tsmc"},
        {"__typename": "Company", "id": {"nested": "tsmc"}},
    ],
)
def test_what_is_no_key_is_refused(kg: KnowledgeGraph, key: object) -> None:
    found = asked(kg, [key])
    assert found["data"] is None
    (error,) = found["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["field"] == "representations"


def test_more_keys_than_a_page_are_refused(kg: KnowledgeGraph) -> None:
    key = {"__typename": "Company", "id": "tsmc"}
    assert len(asked(kg, [key] * 100)["data"]["_entities"]) == 100
    (error,) = asked(kg, [key] * 101)["errors"]
    assert error["extensions"]["field"] == "representations"


def test_each_key_counts_for_what_is_asked_of_it(kg: KnowledgeGraph) -> None:
    deep = "facts { entity { facts { entity { facts { id } } } } }"
    query = f"query ($keys: [_Any!]!) {{ _entities(representations: $keys) {{ ... on Entity {{ {deep} }} }} }}"
    key = {"__typename": "Company", "id": "sk-hynix"}
    assert "errors" not in answer(kg, query, {"keys": [key]})
    (error,) = answer(kg, query, {"keys": [key] * 100})["errors"]  # type: ignore[misc]  # checked by the test
    assert error["extensions"]["code"] == "TOO_COMPLEX"


def test_without_introspection_the_schema_is_not_given_to_gateways_either(kg: KnowledgeGraph) -> None:
    with running(create_app(kg, introspection=False)) as url:
        body = {"query": "{ _service { sdl } }"}
        refused = httpx.post(f"{url}/graphql", json=body, timeout=60.0)
        body = {"query": ASK, "variables": {"keys": [{"__typename": "Company", "id": "tsmc"}]}}
        answered = httpx.post(f"{url}/graphql", json=body, timeout=60.0)
    assert "type Accelerator" not in refused.text
    assert "does not give its schema" in refused.json()["errors"][0]["message"]
    assert answered.json()["data"]["_entities"][0]["slug"] == "tsmc"
