"""Attacks by the document itself: A1 to A5, A8 and A12. None gets as far as a resolver."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from graphql import ExecutionResult, OperationDefinitionNode, parse, specified_rules
from graphql.validation.rules.overlapping_fields_can_be_merged import OverlappingFieldsCanBeMergedRule
from tests.api.serving import running

from downstack.graphql import endpoint
from downstack.graphql.cost import Estimate
from downstack.graphql.documents import Documents
from downstack.graphql.guards import Guards
from downstack.graphql.limits import LIMITS
from downstack.graphql.schema import build_schema
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

MOST_ERRORS = 5


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every operation that is run."""
    seen: list[str] = []
    for name in ("run_at_once", "run_to_the_end"):
        original = getattr(endpoint, name)

        def noted(*args: Any, _original: Any = original, _name: str = name, **options: Any) -> ExecutionResult:
            seen.append(_name)
            return _original(*args, **options)

        monkeypatch.setattr(endpoint, name, noted)
    return seen


def refused(client: httpx.Client, query: str) -> None:
    """Send a document that is too much, and see that the service says so and lives."""
    answer = client.post("/graphql", json={"query": query})
    errors = answer.json()["errors"]
    assert {item["extensions"]["code"] for item in errors} == {"TOO_COMPLEX"}
    assert len(errors) <= MOST_ERRORS
    assert len(answer.content) < 2_000
    assert client.get("/healthz").text == "ok\n"


def test_a01_a_thousand_aliases_are_refused_before_anything_runs(client: httpx.Client, runs: list[str]) -> None:
    refused(client, "{" + " ".join(f"a{number}: graph {{ version }}" for number in range(1_000)) + "}")
    refused(client, "{ graph {" + " ".join(f"a{number}: version" for number in range(500)) + "} }")
    assert runs == []


def test_a02_aliases_of_lists_cost_what_the_lists_are_long(client: httpx.Client, runs: list[str]) -> None:
    page = "entities(first: %d) { nodes { facts { id value literal source { title locator } quantity { id unit } } } }"
    few = "{" + " ".join(f"a{number}: {page % 1}" for number in range(20)) + "}"
    many = "{" + " ".join(f"a{number}: {page % 100}" for number in range(20)) + "}"
    assert "errors" not in client.post("/graphql", json={"query": few}).json()
    assert len(runs) == 1
    refused(client, many)
    variable = "query ($n: Int) {" + " ".join(f"a{n}: {page.replace('%d', '$n')}" for n in range(20)) + "}"
    answer = client.post("/graphql", json={"query": variable, "variables": {"n": 100}}).json()
    assert answer["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
    assert len(runs) == 1


def test_a03_recursion_over_a_branching_edge_is_bounded_in_depth_values_and_bytes(
    client: httpx.Client, runs: list[str], kg: KnowledgeGraph
) -> None:
    nested = "slug"
    for _ in range(15):
        nested = f"relations {{ object {{ {nested} }} }}"
    refused(client, f'{{ entity(id: "nvidia") {{ {nested} }} }}')
    shallow = "slug"
    for _ in range(8):
        shallow = f"relations {{ object {{ {shallow} }} }}"
    refused(client, f'{{ entity(id: "nvidia") {{ {shallow} }} }}')
    assert runs == []
    with running(create_app(kg, guards=Guards(response_bytes=20_000))) as url:
        query = '{ entity(id: "nvidia") { relations { object { relations { object { iri label description } } } } } }'
        answer = httpx.post(f"{url}/graphql", json={"query": query})
        assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
        assert "bytes" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "{ layers " * 300 + "}" * 300,
        "{ layers " * 5_000 + "}" * 5_000,
        "{ entity(id: " + "[" * 5_000 + "]" * 5_000 + ") { slug } }",
        "{ entities(filter: " + "{a: " * 1_500 + "1" + "}" * 1_500 + ") { totalCount } }",
        "query ($a: " + "[" * 2_000 + "Int" + "]" * 2_000 + ") { __typename }",
        # Levels that are hidden in a chain of fragments.
        "{ ...f0 } "
        + " ".join(f"fragment f{n} on Entity {{ {'... { ' * 60} ...f{n + 1} {'}' * 60} }}" for n in range(20))
        + " fragment f20 on Entity { slug }",
    ],
)
def test_a04_whatever_is_nested_deeply_is_an_error_and_no_crash(
    client: httpx.Client, runs: list[str], query: str
) -> None:
    answer = client.post("/graphql", json={"query": query}, headers={"accept": "application/graphql-response+json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] in ("TOO_COMPLEX", "BAD_USER_INPUT")
    assert client.get("/healthz").text == "ok\n"
    assert runs == []


def spreading(count: int) -> str:
    parts = [f"fragment f{n} on Query {{ graph {{ version }} ...f{n + 1} ...f{n + 1} }}" for n in range(count)]
    return "{ ...f0 } " + " ".join(parts) + f" fragment f{count} on Query {{ graph {{ version }} }}"


@pytest.mark.parametrize(
    "query",
    [
        spreading(25),
        spreading(48),
        "{ " + "graph { version } " * 250 + "}",
        "{" + " __typename" * 10_000 + "}",
        "{ __typename " + "@include(if: true) " * 5_000 + "}",
        "{ "
        + " ".join(f"...f{n}" for n in range(200))
        + " }"
        + " ".join(f" fragment f{n} on Query {{ graph {{ version }} }}" for n in range(200)),
    ],
    ids=["25 doublings", "48 doublings", "overlapping fields", "one field often", "directives", "many fragments"],
)
def test_a05_what_grows_when_it_is_written_out_is_refused_as_it_stands(
    client: httpx.Client, runs: list[str], query: str
) -> None:
    refused(client, query)
    assert runs == []


def test_a05_fragments_that_go_in_a_circle_are_refused_with_few_errors(client: httpx.Client, runs: list[str]) -> None:
    answer = client.post(
        "/graphql", json={"query": "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }"}
    )
    assert 1 <= len(answer.json()["errors"]) <= MOST_ERRORS
    wrong = "{" + " ".join(f"nothing{number}" for number in range(15)) + "}"
    assert len(client.post("/graphql", json={"query": wrong}).json()["errors"]) == MOST_ERRORS
    assert runs == []


@pytest.mark.parametrize("count", [1, 5, 25])
def test_a05_the_work_of_an_estimate_grows_as_the_document_does(count: int) -> None:
    document = parse(spreading(count))
    (operation,) = (item for item in document.definitions if isinstance(item, OperationDefinitionNode))
    estimate = Estimate(build_schema().graphql, document, {})
    assert estimate.operation(operation).fields > 2**count
    # A field, its own field and two spreads in each fragment, and no node twice.
    assert estimate.visited == 1 + 4 * count + 2


def test_a05_the_largest_documents_that_are_allowed_keep_validation_busy_only_for_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Comparing fields is what grows faster than the document: it is counted at the limits."""
    compared = 0
    rule = next(item for item in specified_rules if item is OverlappingFieldsCanBeMergedRule)
    module = __import__(rule.__module__, fromlist=["find_conflict"])
    find = module.find_conflict

    def counted(*args: Any) -> Any:
        nonlocal compared
        compared += 1
        return find(*args)

    monkeypatch.setattr(module, "find_conflict", counted)
    inside = " ".join(f"a{n}: version" for n in range(2))
    documents = Documents(build_schema().graphql)
    for query in (
        "{ graph { " + "version " * LIMITS.repeats + "} }",
        "{ ...all } fragment all on Query { "
        + " ".join(f"...f{n}" for n in range(1, LIMITS.fragments))
        + " }"
        + " ".join(f" fragment f{n} on Query {{ graph {{ {inside} }} }}" for n in range(1, LIMITS.fragments)),
    ):
        compared = 0
        assert documents.look(query).errors == (), query
        # A comparison takes some two microseconds.
        assert 0 < compared < 20_000


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "\xff"}',
        b"\x80\x81",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
    ],
)
def test_a08_a_body_that_no_parser_should_survive_is_a_bad_request(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a08_several_questions_in_one_request_are_not_answered(client: httpx.Client, runs: list[str]) -> None:
    answer = client.post("/graphql", json=[{"query": "{ __typename }"}] * 200)
    assert answer.status_code == 400
    assert runs == []


@pytest.mark.parametrize("part", ["query", "variables"])
def test_a12_ten_megabytes_are_refused_before_they_are_read(client: httpx.Client, runs: list[str], part: str) -> None:
    padding = "x" * 10_000_000
    body: dict[str, Any] = {"query": "{ __typename }"}
    body = {**body, "query": "{ __typename } #" + padding} if part == "query" else {**body, "variables": {"a": padding}}
    try:
        answer = client.post("/graphql", json=body)
    except httpx.WriteError:
        pass  # the service answered and closed the connection while the body was still being sent
    else:
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
    refused(client, "{ __typename } #" + "x" * 900_000)
    assert runs == []
