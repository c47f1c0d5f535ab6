"""One line an event, without what clients must be able to keep to themselves, and without lines that they made up."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from tests.api.operations.logbook import Logbook, logbook
from tests.api.serving import running
from tests.api.sparql.test_lifecycle import until

from downstack.graphql.errors import BAD_USER_INPUT
from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.server.logs import JsonFormatter, TextFormatter, log_config, printable

SECRET = "hunter2-secret"
FORGED = (
    '\r\n{"level": "error", "event": "forged"}\n2026-01-01T00:00:00Z ERROR downstack: forged\u2028forged\x1b[31m\u202e'
)


@pytest.fixture(params=["json", "text"])
def book(request: pytest.FixtureRequest) -> Iterator[Logbook]:
    with logbook(request.param) as found:
        yield found


def raw(url: str, request: bytes) -> bytes:
    """Send bytes that no client library would send, and return the answer."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_a_request_is_one_event_with_what_was_asked_and_how_it_went(client: httpx.Client) -> None:
    with logbook() as book:
        query = "query Layers { layers { number } graph { version } }"
        answer = client.post("/graphql?trace=" + SECRET, json={"query": query})
        book.expect(1)
    (event,) = book.requests
    assert event["request_id"] == answer.headers["x-request-id"]
    assert (event["method"], event["path"], event["status"]) == ("POST", "/graphql", 200)
    assert (event["operation"], event["operation_name"]) == ("query", "Layers")
    assert event["root_fields"] == ["layers", "graph"]
    assert event["duration_ms"] > 0 and event["cost"] > 0
    assert event["client"] == "127.0.0.1"
    assert event["time"].endswith("Z")


def test_no_query_no_variable_no_header_and_no_query_part_of_an_address_is_logged(
    client: httpx.Client, book: Logbook
) -> None:
    headers = {"authorization": f"Bearer {SECRET}", "cookie": SECRET, "user-agent": SECRET, "referer": SECRET}
    query = f'query Q($id: ID!) {{ entity(id: $id) {{ slug }} search(text: "{SECRET}") {{ matched }} }} # {SECRET}'
    for variables in ({"id": SECRET}, {"id": "tsmc"}, {"wrong": SECRET}):
        client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    client.get("/graphql", params={"query": query, "variables": f'{{"id": "{SECRET}"}}'}, headers=headers)
    client.post("/graphql", content=f'{{"query": "{SECRET}', headers={"content-type": "application/json"})
    book.expect(5)
    assert len(book.lines) == 5
    assert SECRET not in book.text


def test_what_a_client_writes_never_begins_a_line(url: str, client: httpx.Client, book: Logbook) -> None:
    client.get("/" + quote(FORGED))
    client.post("/graphql", json={"query": "{ layers { number } }", "operationName": FORGED})
    client.post("/graphql", json={"query": f"query Q{FORGED} {{ layers {{ number }} }}"})
    client.post("/graphql", json={"query": "query " + "A" * 1_000 + " { layers { number } }"})
    client.get("/" + "a" * 2_000)
    raw(url, b"GET /healthz%0d%0aforged HTTP/1.1\r\nHost: a\r\nX-Request-Id: forged\r\nConnection: close\r\n\r\n")
    raw(url, b"FORGED\x1b /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    book.expect(6)
    assert len(book.lines) == 6, book.text
    assert all(line.isascii() and line.isprintable() for line in book.lines)
    assert max(map(len, book.lines)) < 900
    for line in book.lines:
        assert line.startswith(("{", "20")), line
        assert json.loads(line)["logger"] == "downstack.request" if line[0] == "{" else " downstack.request: " in line


def test_an_internal_error_has_the_id_that_the_client_saw(kg: KnowledgeGraph) -> None:
    class Broken:
        version = "broken"
        info = kg.info

        def resolve(self, name: str, **_: object) -> None:
            raise RuntimeError(f"a fault{FORGED}")

    app = create_app(kg)
    app.state.graph.swap(Broken())
    with logbook() as book, running(app) as url:
        answer = httpx.post(f"{url}/graphql", json={"query": '{ entity(id: "tsmc") { slug } }'})
    reference = answer.json()["errors"][0]["extensions"]["id"]
    fault, request = book.events
    assert reference in fault["event"] and "a fault" in fault["traceback"]
    assert fault["request_id"] == request["request_id"] == answer.headers["x-request-id"]
    assert (request["error_codes"], request["error_ids"]) == (["INTERNAL"], [reference])


def test_what_nobody_caught_is_an_answer_without_details_and_a_line_with_them(kg: KnowledgeGraph) -> None:
    app: FastAPI = create_app(kg)

    async def broken() -> PlainTextResponse:
        raise RuntimeError("the password is in here")

    app.add_api_route("/broken", broken, response_model=None)
    with logbook() as book, running(app) as url:
        answer = httpx.get(f"{url}/broken")
    assert answer.status_code == 500 and "password" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    reference = answer.json()["errors"][0]["extensions"]["id"]
    fault, request = book.events
    assert reference in fault["event"] and "the password is in here" in fault["traceback"]
    assert (request["status"], request["error_ids"]) == (500, [reference])


def test_a_refusal_before_any_document_is_read_has_its_code(client: httpx.Client) -> None:
    with logbook() as book:
        client.post("/graphql", content=b"{" * 9, headers={"content-type": "application/json"})
        book.expect(1)
    assert book.requests[0]["error_codes"] == [BAD_USER_INPUT]


def test_what_machines_ask_all_the_time_is_only_logged_for_those_who_want_it(client: httpx.Client) -> None:
    with logbook() as book:
        assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    assert book.lines == []
    with logbook(level=logging.DEBUG) as book:
        asked = client.get("/healthz").headers["x-request-id"]
        # The line of what was asked before may come only now.
        until(lambda: [item for item in book.requests if item["request_id"] == asked], "it was not logged")
    assert {item["path"] for item in book.requests} <= {"/healthz", "/metrics"}


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_a_traceback_cannot_pass_for_an_event(formatter: logging.Formatter) -> None:
    try:
        raise ValueError(FORGED)
    except ValueError as error:
        record = logging.LogRecord(
            "downstack", logging.ERROR, "x", 1, "fault %s", (FORGED,), (type(error), error, None)
        )
    first, *below = formatter.format(record).split("\n")
    assert "forged" in first and first.isascii() and first.isprintable()
    assert all(line.startswith("    | ") and line.isascii() and line.isprintable() for line in below)
    assert bool(below) == isinstance(formatter, TextFormatter)


@pytest.mark.parametrize(
    ("text", "shown"), [("plain", "plain"), ("a\nb", "a\\nb"), ("\u202e", "\\u202e"), ("x" * 9, "xxxxx...")]
)
def test_a_text_is_made_printable_and_cut(text: str, shown: str) -> None:
    assert printable(text, 5) == shown


@pytest.mark.parametrize("form", ["json", "text"])
def test_all_loggers_go_through_the_same_door(form: str) -> None:
    config: dict[str, Any] = log_config(form, "warning")
    assert config["root"]["handlers"] == ["stderr"]
    assert all(logger.get("handlers", []) == [] for logger in config["loggers"].values())
    assert config["loggers"]["downstack"]["level"] == config["loggers"]["uvicorn.error"]["level"] == "WARNING"
