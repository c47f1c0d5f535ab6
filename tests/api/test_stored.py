"""Queries that are asked by their hash: registered ones, and those that clients send along once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.serving import running

from downstack.errors import UserInputError
from downstack.graphql.guards import Guards
from downstack.graphql.stored import MAX_CHARACTERS, MAX_REMEMBERED, RememberedQueries, digest, read_trusted
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

LAYERS = "{ layers { name } }"
ENTITY = "query Entity($id: ID!) { entity(id: $id) { slug } }"


def persisted(query: str | None, hash_: str) -> dict[str, Any]:
    body: dict[str, Any] = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_}}}
    return body if query is None else {**body, "query": query}


def code(answer: httpx.Response) -> str:
    (error,) = answer.json()["errors"]
    return str(error["extensions"]["code"])


@pytest.fixture
def own(kg: KnowledgeGraph) -> Iterator[httpx.Client]:
    with running(create_app(kg)) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_query_is_remembered_when_it_comes_with_its_hash(own: httpx.Client) -> None:
    hash_ = digest(LAYERS)
    unknown = own.post("/graphql", json=persisted(None, hash_))
    assert code(unknown) == "PERSISTED_QUERY_NOT_FOUND"
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert own.post("/graphql", json=persisted(LAYERS, hash_)).json()["data"]
    assert own.post("/graphql", json=persisted(None, hash_)).json()["data"]
    assert own.get("/graphql", params={"extensions": json.dumps(persisted(None, hash_)["extensions"])}).json()["data"]
    assert own.post("/graphql", json={"documentId": f"sha256:{hash_}"}).json()["data"]


def test_a_query_that_is_wrong_is_not_remembered(own: httpx.Client) -> None:
    wrong = "{ nothing }"
    assert code(own.post("/graphql", json=persisted(wrong, digest(wrong)))) == "BAD_USER_INPUT"
    assert code(own.post("/graphql", json=persisted(None, digest(wrong)))) == "PERSISTED_QUERY_NOT_FOUND"


def trusted_service(kg: KnowledgeGraph, queries: dict[str, str]) -> Any:
    return running(create_app(kg, guards=Guards(trusted=queries)))


def test_only_registered_queries_are_answered_where_there_are_some(kg: KnowledgeGraph) -> None:
    queries = {digest(LAYERS): LAYERS, "entity-by-name": ENTITY}
    with trusted_service(kg, queries) as url, httpx.Client(base_url=url) as client:
        assert client.post("/graphql", json={"documentId": digest(LAYERS)}).json()["data"]
        assert client.post("/graphql", json=persisted(None, digest(LAYERS).upper())).json()["data"]
        named = {"documentId": "entity-by-name", "variables": {"id": "tsmc"}}
        assert client.post("/graphql", json=named).json()["data"]["entity"]["slug"] == "tsmc"
        assert client.get("/graphql", params={"documentId": digest(LAYERS)}).json()["data"]
        # The same text is the same query.
        assert client.post("/graphql", json={"query": LAYERS}).json()["data"]
        for body in (
            {"query": "{ layers { number } }"},
            {"query": LAYERS + " "},
            {"documentId": digest("{ layers { number } }")},
            persisted("{ layers { number } }", digest("{ layers { number } }")),
            {"query": "not even GraphQL"},
        ):
            assert code(client.post("/graphql", json=body)) == "FORBIDDEN"


def test_a_registered_query_is_bounded_as_any_other(kg: KnowledgeGraph) -> None:
    wide = (
        "query ($n: Int) { entities(first: $n) { nodes { facts { entity { facts { entity { facts { id } } } } } } } }"
    )
    with trusted_service(kg, {"wide": wide}) as url:
        assert code(httpx.post(f"{url}/graphql", json={"documentId": "wide", "variables": {"n": 100}})) == "TOO_COMPLEX"


def test_the_service_does_not_begin_with_a_registered_query_that_it_cannot_answer(kg: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError, match=r"trusted document .* cannot be run: Cannot query field 'nothing'"):
        create_app(kg, guards=Guards(trusted={"wrong": "{ nothing }"}))


@pytest.mark.parametrize(
    "content",
    [
        {digest(LAYERS): LAYERS},
        {f"sha256:{digest(LAYERS)}": LAYERS},
        {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{"id": digest(LAYERS), "name": "Layers", "type": "query", "body": LAYERS}],
        },
    ],
)
def test_registered_queries_are_read_as_a_map_or_as_a_manifest(tmp_path: Path, content: Any) -> None:
    file = tmp_path / "trusted.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    assert read_trusted(file) == {digest(LAYERS): LAYERS}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "is not a JSON object"),
        ('{"a": 1}', "has no query at entry 1"),
        ('{"operations": [{"id": "a"}]}', "has no query at entry 1"),
        ('{"operations": ["a"]}', "has no query at entry 1"),
        (json.dumps({digest("another"): LAYERS}), "another query than its hash"),
    ],
)
def test_a_file_of_registered_queries_that_means_nothing_is_refused(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "trusted.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UserInputError, match=said):
        read_trusted(file)
    with pytest.raises(UserInputError, match="cannot be read"):
        read_trusted(tmp_path / "absent.json")


def test_what_clients_send_along_is_kept_within_bounds() -> None:
    remembered = RememberedQueries()
    for number in range(3 * MAX_REMEMBERED):
        remembered.remember(f"{{ a{number} }}")
    assert len(remembered) == MAX_REMEMBERED
    for number in range(30):
        remembered.remember(str(number) + " " * (MAX_CHARACTERS // 11))
    assert remembered.characters <= MAX_CHARACTERS
    remembered.remember("x" * MAX_CHARACTERS)
    assert remembered.characters <= MAX_CHARACTERS
