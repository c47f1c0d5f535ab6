"""What a service in production does not tell: A6, A7 and A17."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from graphql import get_introspection_query
from tests.api.serving import running

from downstack.cli import command_line
from downstack.kg import KnowledgeGraph
from downstack.server import create_app, run
from downstack.server.app import create_app as real_create_app
from downstack.server.settings import Settings

HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def production(kg: KnowledgeGraph) -> Iterator[httpx.Client]:
    with running(create_app(kg, introspection=False)) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { fields { name } } }',
        "query A { ...f } fragment f on Query { __schema { queryType { name } } }",
        '{ layers { name } t: __type(name: "Layer") { name } }',
    ],
)
def test_a06_the_schema_is_not_told_in_production(production: httpx.Client, query: str) -> None:
    answer = production.post("/graphql", json={"query": query}).json()
    assert "data" not in answer
    assert answer["errors"]
    assert production.post("/graphql", json={"query": "{ __typename }"}).json()["data"]


def test_a06_there_is_no_explorer_and_no_page_of_doors_in_production(production: httpx.Client) -> None:
    for path in ("/graphql", "/graphql/static/graphiql.min.js", "/docs", "/redoc", "/openapi.json"):
        assert production.get(path, headers=HTML).status_code == 404, path


def test_a06_introspection_in_a_circle_is_refused_where_introspection_is_allowed(client: httpx.Client) -> None:
    nested = "name"
    for _ in range(6):
        nested = f"fields {{ type {{ {nested} }} }}"
    answer = client.post("/graphql", json={"query": f"{{ __schema {{ types {{ {nested} }} }} }}"}).json()
    assert "data" not in answer
    assert "Maximum introspection depth exceeded" in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ layer { name } }", {}),
        ("{ layers { nam } }", {}),
        ("{ entity(ide: 1) { slug } }", {}),
        ("{ entities(orderBy: SLUGS) { totalCount } }", {}),
        ("query ($o: EntityOrder) { entities(orderBy: $o) { totalCount } }", {"o": "SLUGS"}),
        ("query ($f: EntityFilter) { entities(filter: $f) { totalCount } }", {"f": {"tex": "a"}}),
        ("query ($f: EntityFilte) { layers { name } }", {}),
        ('{ node(id: "tsmc") { ... on Compan { label } } }', {}),
    ],
)
def test_a07_an_error_names_nothing_that_is_near_in_production(
    production: httpx.Client, client: httpx.Client, query: str, variables: dict[str, object]
) -> None:
    body = {"query": query, "variables": variables}
    assert "id you mean" in client.post("/graphql", json=body).text
    answer = production.post("/graphql", json=body)
    assert answer.json()["errors"]
    assert "id you mean" not in answer.text


def test_a07_production_is_one_switch_of_the_environment_and_of_the_command(
    kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, object]] = []

    def made(*args: object, **options: object) -> object:
        seen.append(options)
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "create_app", made)
    assert real_create_app is create_app
    for settings in (Settings.from_environment({"DOWNSTACK_PRODUCTION": "1"}), Settings(production=True)):
        with pytest.raises(KeyboardInterrupt):
            run.serve(settings, kg=kg)
    assert [item["introspection"] for item in seen] == [False, False]
    assert all(item["rate_limit"] is not None for item in seen)
    serve = next(
        item for item in command_line().registered_commands if item.callback and item.callback.__name__ == "serve"
    )
    assert serve.callback is not None
    assert "production" in serve.callback.__annotations__


GRAPH = """@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

ds:evil a dso:Company ; rdfs:label "<script>alert(1)</script>"@en .
"""


def test_a17_a_label_that_is_a_script_stays_text_in_every_page_and_answer(tmp_path: Path) -> None:
    file = tmp_path / "evil.ttl"
    file.write_text(GRAPH, encoding="utf-8")
    with running(create_app(KnowledgeGraph.open(file))) as url, httpx.Client(base_url=url) as client:
        for path in ("/", "/graphql"):
            assert "alert(1)" not in client.get(path, headers=HTML).text
        answer = client.post("/graphql", json={"query": '{ entity(id: "evil") { label } }'})
        assert answer.json()["data"]["entity"]["label"] == "<script>alert(1)</script>"
        # A browser that is sent to the answer itself must not take it for a page.
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "script-src" not in answer.headers["content-security-policy"]


def test_a17_a_query_in_the_address_of_the_explorer_is_not_written_into_its_page(client: httpx.Client) -> None:
    page = client.get("/graphql", headers=HTML, params={"x": "</script><script>alert(1)</script>"})
    assert "alert(1)" not in page.text
    wrong = client.post("/graphql", json={"query": "{ <script>alert(1)</script> }"})
    assert wrong.headers["content-type"].startswith("application/json")
    assert json.loads(wrong.text)["errors"]
