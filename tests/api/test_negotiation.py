"""Which media type an answer has, and which a request may have."""

from __future__ import annotations

import httpx
import pytest

from downstack.graphql.negotiation import JSON, RESPONSE, accepts, answer_type, is_json


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        (JSON, JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}; charset=utf-8", RESPONSE),
        (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{JSON}, {RESPONSE}", RESPONSE),
        (f"{JSON}, {RESPONSE};q=0.5", JSON),
        (f"{RESPONSE};q=0, {JSON}", JSON),
        (f"{RESPONSE};q=0, */*", JSON),
        (f"{JSON};q=0, */*", RESPONSE),
        ("APPLICATION/JSON", JSON),
        ("text/html", None),
        ("text/event-stream", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=nonsense", None),
        ("*/*;q=0", None),
        (",;,=", None),
    ],
)
def test_the_most_wanted_media_type_is_sent(accept: str, kind: str | None) -> None:
    assert answer_type(accept) == kind


@pytest.mark.parametrize(
    ("content_type", "taken"),
    [
        ("application/json", True),
        ("Application/JSON; charset=UTF-8", True),
        ('application/json; charset="utf-8"', True),
        ("application/json; charset=utf-16", False),
        ("application/graphql-response+json", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_a_request_is_json_in_utf_8(content_type: str, taken: bool) -> None:
    assert is_json(content_type) is taken


def test_a_range_is_named_when_it_is_not_refused() -> None:
    assert accepts("text/html, */*;q=0.8", "text/html")
    assert not accepts("text/html;q=0, */*", "text/html")


@pytest.mark.parametrize(
    ("method", "headers", "query", "status"),
    [
        ("GET", {"accept": "text/csv"}, {"query": "{ __typename }"}, 406),
        ("POST", {"accept": "image/png"}, {}, 406),
        ("PUT", {}, {}, 405),
        ("DELETE", {}, {}, 405),
        ("HEAD", {}, {}, 405),
        ("GET", {"accept": JSON}, {}, 400),
        ("GET", {}, {"query": "{ __typename }", "variables": "{"}, 400),
        ("GET", {}, {"query": "{ __typename }", "variables": "[]"}, 400),
        ("GET", {}, {"query": "{ __typename }", "variables": ""}, 200),
        ("GET", {}, {"query": "query A { __typename } query B { __typename }", "operationName": "B"}, 200),
        ("GET", {}, {f"p{number}": "1" for number in range(50)}, 400),
    ],
)
def test_what_the_protocol_has_no_answer_for_is_refused(
    client: httpx.Client, method: str, headers: dict[str, str], query: dict[str, str], status: int
) -> None:
    answer = client.request(method, "/graphql", headers=headers, params=query)
    assert answer.status_code == status
    if status == 405:
        assert answer.headers["allow"] == "GET, POST"
    if status >= 400 and method != "HEAD":
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("query", "name", "said"),
    [
        ("query A { __typename } query B { __typename }", None, "several operations"),
        ("query A { __typename }", "B", "no operation is named 'B'"),
        ("fragment F on Query { __typename }", None, "never used"),
    ],
)
def test_the_operation_to_run_has_to_be_known(client: httpx.Client, query: str, name: str | None, said: str) -> None:
    body = {"query": query, "operationName": name}
    answer = client.post("/graphql", json=body, headers={"accept": RESPONSE})
    assert answer.status_code == 400
    assert said in answer.json()["errors"][0]["message"]
    assert answer.headers["vary"] == "accept"
    assert answer.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
