"""Attacks by what a question asks with: A11, A13, A14 and A16."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.api.endless import QUESTION, WAIT, Endless
from tests.api.serving import running

from downstack.graphql.documents import MAX_KEPT, MAX_WEIGHT
from downstack.graphql.guards import Guards
from downstack.graphql.schema import build_schema
from downstack.graphql.stored import MAX_REMEMBERED, digest
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

CODES = ("BAD_USER_INPUT", "TOO_COMPLEX")


@pytest.mark.parametrize("first", [-1, 0, 101, 10**9, 2**31 - 1])
@pytest.mark.parametrize("field", ["entities(first: $n) { nodes { slug } }", "influences(first: $n) { nodes { id } }"])
def test_a11_a_page_size_out_of_range_is_refused_and_no_slice_is_negative(post: Any, field: str, first: int) -> None:
    answer = post(f"query ($n: Int) {{ {field} }}", n=first)
    assert {item["extensions"]["code"] for item in answer["errors"]} <= set(CODES)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 1e308, "10", True, [1], {"a": 1}])
def test_a11_a_number_that_is_none_of_graphql_is_refused(post: Any, value: object) -> None:
    answer = post("query ($n: Int) { entities(first: $n) { totalCount } }", n=value)
    assert answer["errors"][0]["extensions"]["code"] in CODES


def test_a11_a_cursor_of_another_list_or_of_nobody_is_refused(ask: Any, refused: Any) -> None:
    page = "query ($a: String) { entities(first: 1, after: $a) { pageInfo { endCursor } nodes { slug } } }"
    other = "query ($a: String) { influences(first: 1, after: $a) { nodes { id } } }"
    cursor = ask(page)["entities"]["pageInfo"]["endCursor"]
    assert ask(page, a=cursor)["entities"]["nodes"]
    for query, forged in ((other, cursor), (page, cursor[::-1]), (page, "AAAA"), (page, "'; --"), (page, "\x00")):
        assert refused(query, a=forged)["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "id", ["fact:../../etc/passwd", "rel:", "inf:%00", "ds:", "https://w3id.org/downstack/fact/", "a" * 10_000]
)
def test_a11_an_identifier_that_names_nothing_finds_nothing(ask: Any, id: str) -> None:
    assert ask("query ($id: ID!) { node(id: $id) { id } }", id=id) == {"node": None}


@pytest.mark.parametrize("value", [1e308, -1e308, -1.0, 0.0])
def test_a13_a_change_of_absurd_size_is_refused(refused: Any, value: float) -> None:
    query = """query ($v: Float!) { impact(changes: [{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth",
      op: SCALE, value: $v}]) { graphVersion } }"""
    assert refused(query, v=value)["extensions"]["code"] == "BAD_USER_INPUT"


def test_a13_as_many_changes_scenarios_and_disruptions_as_nobody_needs_are_refused(post: Any) -> None:
    change = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.1}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("query ($c: [ChangeInput!]!) { impact(changes: $c) { graphVersion } }", {"c": [change] * 10_000}),
        ("query ($c: [ChangeInput!]!) { impact(changes: $c) { graphVersion } }", {"c": [change] * 10_001}),
        (
            'query ($s: [ScenarioInput!]!) { compare(scenarios: $s, targets: ["ridge_point"]) { scenarios } }',
            {"s": [{"name": f"s{n}", "changes": [change]} for n in range(1_000)]},
        ),
        (
            "query ($d: [DisruptionInput!]!) { shock(disruptions: $d) { graphVersion } }",
            {"d": [{"entity": "tsmc-cowos", "percent": -1.0}] * 5_000},
        ),
    ]
    for query, variables in asked:
        answer = post(query, **variables)
        assert answer["errors"][0]["extensions"]["code"] in CODES, query


@pytest.mark.parametrize("depth", [10**6, 0, -1])
def test_a13_a_depth_that_no_graph_has_is_refused(refused: Any, depth: int) -> None:
    query = 'query ($n: Int) { dependencies(of: "tsmc", direction: UP, maxDepth: $n) { reached } }'
    assert refused(query, n=depth)["extensions"]["code"] == "BAD_USER_INPUT"


def test_a13_a_list_that_is_cut_off_says_so(ask: Any, kg: KnowledgeGraph) -> None:
    query = """{ dependencies(of: "tsmc", direction: UP, maxDepth: 64, first: 100) { partial partialReason
      steps { relation } singlePoints { allEnds } exposures { __typename } } }"""
    report = ask(query)["dependencies"]
    record = kg.dependencies("tsmc", "UP", 64)
    cut = len(record.steps) > 500 or len(record.single_points) > 100 or len(record.exposures) > 100
    assert report["partial"] is cut
    assert (report["partialReason"] is not None) is cut


def test_a14_a_question_without_end_is_stopped_and_the_others_are_answered(kg: KnowledgeGraph) -> None:
    endless = Endless(kg)
    app = create_app(endless, guards=Guards(deadline_seconds=0.5))  # type: ignore[arg-type]  # as the graph, but for one
    with running(app) as url, httpx.Client(base_url=url, timeout=WAIT) as client:
        answer = client.post("/graphql", json={"query": QUESTION}).json()
        assert answer["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
        assert endless.stopped.acquire(timeout=WAIT)
        assert client.post("/graphql", json={"query": "{ layers { name } }"}).json()["data"]


def test_a16_distinct_queries_by_the_thousand_take_bounded_memory(client: httpx.Client) -> None:
    documents = build_schema().documents
    for number in range(300):
        client.post("/graphql", json={"query": f"{{ f{number}: __typename }}"})
    assert len(documents) <= MAX_KEPT
    for number in range(3 * MAX_KEPT):
        documents.prepare(f"{{ g{number}: __typename }}")
    assert len(documents) == MAX_KEPT
    assert documents.weight <= MAX_WEIGHT


def test_a16_a_hash_of_another_query_is_refused_and_poisons_nothing(kg: KnowledgeGraph) -> None:
    good, bad = "{ layers { name } }", "{ layers { number } }"
    hash_ = {"version": 1, "sha256Hash": digest(good)}
    with running(create_app(kg)) as url, httpx.Client(base_url=url) as client:
        forged = client.post("/graphql", json={"query": bad, "extensions": {"persistedQuery": hash_}}).json()
        assert forged["errors"][0]["message"] == "provided sha does not match query"
        unknown = client.post("/graphql", json={"extensions": {"persistedQuery": hash_}}).json()
        assert unknown["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        for name in ("../../etc/passwd", "", "0" * 63, "g" * 64):
            wrong = {"persistedQuery": {"version": 1, "sha256Hash": name}}
            assert client.post("/graphql", json={"extensions": wrong}).json()["errors"]
    assert MAX_REMEMBERED == 1_000
