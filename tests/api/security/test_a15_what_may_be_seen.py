"""A15, and what of part E is about secrets: no door shows more than another, and nothing tells whether something exists."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.letting_in import Keys, make_keys
from tests.api.serving import DEADLINE, running

from downstack.access import Access, middleware
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

NODE = "query ($id: ID!) { node(id: $id) { id } }"
CHANGES = {
    "retractFact": 'mutation {{ retractFact(id: "{}", reason: "none") {{ changed }} }}',
    "supersedes": (
        'mutation {{ assertFact(input: {{entity: "tsmc", quantity: "company_revenue", value: 1, unit: "USD/year", '
        'confidence: PRESS, source: {{id: "x"}}, supersedes: "{}"}}) {{ changed }} }}'
    ),
    "loadDataset": 'mutation {{ loadDataset(loader: "{}", name: "a.csv", content: "") {{ changed }} }}',
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def client(kg: KnowledgeGraph, keys: Keys) -> Iterator[httpx.Client]:
    with running(create_app(kg, access=keys.access())) as url, httpx.Client(base_url=url, timeout=DEADLINE) as session:
        yield session


def test_a15_without_a_token_what_exists_and_what_does_not_are_answered_alike(
    client: httpx.Client, kg: KnowledgeGraph
) -> None:
    there = kg.facts[0].iri
    answers = [
        client.post("/graphql", json={"query": NODE, "variables": {"id": name}}) for name in (there, "fact:nothing")
    ]
    answers += [client.get(path) for path in ("/", "/nothing", "/graphql", "/sparql", "/mcp", "/docs", "/openapi.json")]
    assert {(item.status_code, item.text) for item in answers} == {(401, answers[0].text)}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a15_who_may_not_change_something_does_not_learn_whether_it_exists(
    client: httpx.Client, kg: KnowledgeGraph, keys: Keys, name: str
) -> None:
    there = "facts-csv" if name == "loadDataset" else kg.facts[0].iri
    answers = [
        client.post("/graphql", json={"query": CHANGES[name].format(item)}, headers=keys.header("read"))
        for item in (there, "nothing-of-the-kind")
    ]
    assert [item.status_code for item in answers] == [403, 403]
    # The place in the document differs, nothing else.
    said = [re.sub(r'"locations":\[.*?\],', "", item.text) for item in answers]
    assert said[0] == said[1]


def test_a15_a_fact_is_found_through_every_door_or_through_none(
    client: httpx.Client, kg: KnowledgeGraph, keys: Keys
) -> None:
    fact = kg.facts[0]
    edge = "query ($id: ID!) { entity(id: $id) { facts { iri } } }"

    def ask(query: str, name: str, headers: dict[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = client.post(
            "/graphql", json={"query": query, "variables": {"id": name}}, headers=headers
        ).json()
        return found

    assert ask(NODE, fact.iri, keys.header("read"))["data"]["node"]
    assert fact.iri in {item["iri"] for item in ask(edge, fact.entity, keys.header("read"))["data"]["entity"]["facts"]}
    for query, name in ((NODE, fact.iri), (edge, fact.entity)):
        assert ask(query, name, {})["data"] is None


def test_a15_every_address_is_closed_unless_it_was_opened(kg: KnowledgeGraph, keys: Keys) -> None:
    app = create_app(kg, access=keys.access())
    with running(app) as url, httpx.Client(base_url=url) as client:
        for route in app.routes:
            path = getattr(route, "path", "")
            # Those that answer without a token are few, and named here on purpose.
            if not path or path in ("/healthz", "/readyz", "/landing.css") or path.startswith("/graphql/static/"):
                continue
            assert client.get(path).status_code == 401, path


def test_e_wrong_tokens_cannot_write_into_the_log(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="downstack"):
        answer = client.post(
            "/graphql", json={"query": NODE}, headers={b"authorization": b"Bearer forged\x1b[31m line"}
        )
    # The server refuses the character; without it the token would be refused.
    assert answer.status_code in (400, 401)
    assert "forged" not in caplog.text
    assert "forged" not in answer.text


def test_e_a_token_is_not_taken_from_where_proxies_and_pages_can_put_one(client: httpx.Client, keys: Keys) -> None:
    token = keys.tokens["admin"]
    for headers in (
        {"x-forwarded-authorization": f"Bearer {token}"},
        {"proxy-authorization": f"Bearer {token}"},
        {"x-api-key": token},
        {"cookie": f"token={token}"},
    ):
        assert client.post("/graphql", json={"query": NODE}, headers=headers).status_code == 401


def test_e_the_challenge_says_what_is_asked_for_and_nothing_else(client: httpx.Client) -> None:
    answer = client.get("/graphql", params={"query": "{ __typename }"})
    assert answer.headers["www-authenticate"] == middleware.CHALLENGE
    assert "server" not in {name.lower() for name in answer.headers} or "downstack" not in answer.headers["server"]


def test_e_nothing_of_the_access_is_shown_when_it_is_printed(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    access: Access = keys.access()
    assert all(token.split("_", 2)[2] not in repr(vars(access)) for token in keys.tokens.values())
