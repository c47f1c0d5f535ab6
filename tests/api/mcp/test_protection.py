"""What guards the door over HTTP: hosts, origins, tokens, sizes, costs, time; each clause by its words."""

from __future__ import annotations

import json
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.endless import WAIT, Endless
from tests.api.letting_in import make_keys
from tests.api.mcp.asking import GRAPH, HEADERS, Assistant, message
from tests.api.serving import running

from downstack.access import Access
from downstack.errors import UserInputError
from downstack.graphql.guards import Guards
from downstack.graphql.limits import LIMITS
from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.server.rate import RateLimit
from downstack.server.run import check_host

FASTER = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4}


def post(client: httpx.Client, body: object = GRAPH, headers: Mapping[str, str] = {}) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/mcp", content=content, headers={**HEADERS, **headers})


@contextmanager
def endless(kg: KnowledgeGraph, guards: Guards) -> Generator[tuple[Endless, str]]:
    graph = Endless(kg)
    with running(create_app(graph, guards=guards)) as url:  # type: ignore[arg-type]  # has all that the bundled graph has
        yield graph, url


def send_only(url: str, path: str, body: bytes, headers: Mapping[str, str] = {}) -> socket.socket:
    """Send a request and leave it unanswered."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**HEADERS, **headers}.items())
    sock = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
    sock.sendall(head.encode() + body)
    return sock


ENDLESS = message(name="value", arguments={"quantity": "endless"})


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8000", "", "[::1].evil.example"])
def test_d_a_request_for_another_host_is_refused_where_neither_token_nor_public_reading_is_set(
    client: httpx.Client, host: str
) -> None:
    answer = post(client, headers={"host": host})
    assert answer.status_code == 421
    assert answer.json()["error"]["data"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_d_this_machine_may_be_named_as_it_is(client: httpx.Client, host: str) -> None:
    assert post(client, headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost.evil.example"]
)
def test_d_a_page_of_another_origin_is_refused(client: httpx.Client, origin: str) -> None:
    answer = post(client, headers={"origin": origin})
    assert answer.status_code == 403
    assert "DOWNSTACK_CORS_ORIGINS" in answer.json()["error"]["data"]["hint"]


def test_d_a_page_of_this_service_and_of_allowed_origins_may_ask(client: httpx.Client, kg: KnowledgeGraph) -> None:
    own = str(client.base_url).rstrip("/")
    assert post(client, headers={"origin": own}).status_code == 200
    with running(create_app(kg, cors_origins=["https://app.example"])) as url, httpx.Client(base_url=url) as other:
        answer = post(other, headers={"origin": "https://app.example"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://app.example")
        asked = other.options(
            "/mcp",
            headers={
                "origin": "https://app.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type, mcp-protocol-version",
            },
        )
        assert asked.status_code == 200


def test_d_beyond_this_machine_a_token_is_required(kg: KnowledgeGraph, tmp_path: Path) -> None:
    with pytest.raises(UserInputError):
        check_host("0.0.0.0", public_read_only=False)
    keys = make_keys(tmp_path)
    with running(create_app(kg, access=keys.access())) as url, httpx.Client(base_url=url) as client:
        for headers in ({}, {"authorization": "Bearer wrong"}):
            answer = post(client, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
        # With a token the host may be any: a page that only knows the address has none.
        assert post(client, headers={**keys.header("read"), "host": "ai.example"}).status_code == 200
        found = Assistant(f"{url}/mcp", headers=keys.header("read")).ask("search", text="H200")
        assert found["hits"]


def test_d_public_reading_is_answered_where_somebody_said_so(kg: KnowledgeGraph) -> None:
    app = create_app(kg, access=Access(public_read=True))
    with running(app) as url, httpx.Client(base_url=url) as client:
        assert post(client, headers={"host": "ai.example"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_there_is_no_stream_and_no_session_to_keep_open(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/mcp", headers=HEADERS)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "mcp-session-id" not in post(client).headers


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: httpx.Client) -> None:
    answer = post(client, b" " * 1_000_001)
    assert answer.status_code == 413
    assert answer.json()["error"]["data"]["code"] == "TOO_COMPLEX"


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": NaN}', b"[" * 100_000, b'"\xff"', b'{"id": 1e999}'])
def test_what_is_no_json_is_a_parse_error(client: httpx.Client, body: bytes) -> None:
    answer = post(client, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32700)


@pytest.mark.parametrize("body", [[GRAPH] * 200, [], 1, None, {}])
def test_what_is_no_single_message_is_refused(client: httpx.Client, body: object) -> None:
    answer = post(client, body)
    assert 400 <= answer.status_code < 500
    assert "graphVersion" not in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_page_of_another_site_can_send_without_asking_is_refused(client: httpx.Client, kind: str) -> None:
    assert post(client, headers={"content-type": kind}).status_code == 415


def test_d_the_cost_of_a_question_has_the_limits_of_graphql(assistant: Assistant, post: Any) -> None:
    scenarios = [{"name": str(number), "changes": [FASTER] * 9} for number in range(100)]
    error = assistant.refused("compare", scenarios=scenarios, targets=["time_per_output_token"])
    assert error["code"] == "TOO_COMPLEX"
    assert f"{int(LIMITS.cost):,} are allowed" in error["message"]
    query = (
        """query ($s: [ScenarioInput!]!) { compare(scenarios: $s, targets: ["time_per_output_token"]) { samples } }"""
    )
    (same,) = post(query, s=scenarios)["errors"]
    assert same["extensions"]["code"] == error["code"]


@pytest.mark.parametrize("samples", [-1, 10_001, 10**9, 1.5, "many", True])
def test_a_number_of_samples_that_is_none_is_refused_before_anything_is_computed(
    assistant: Assistant, samples: object
) -> None:
    error = assistant.refused("impact", changes=[FASTER], samples=samples)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "samples")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"changes": []}, "changes"),
        ({"changes": [{**FASTER, "op": "EXPLODE"}]}, "changes.0.op"),
        ({"changes": [{**FASTER, "more": 1}]}, "changes.0"),
        ({"changes": [FASTER], "unknown": 1}, "arguments"),
        ({"changes": [{**FASTER, "value": 1e308}]}, "changes.0.value"),
        ({"changes": [FASTER], "first": -1}, "first"),
        ({"changes": [FASTER], "first": 10**9}, "first"),
        ({"changes": [FASTER], "where": {"model": "x" * 201}}, "where.model"),
        ({"changes": [FASTER], "where": {"colour": "red"}}, "where"),
        ({"changes": [{**FASTER, "entity": {"$ref": "#"}}]}, "changes.0.entity"),
    ],
)
def test_d_arguments_that_the_schema_does_not_admit_are_refused_with_place_and_hint(
    assistant: Assistant, arguments: dict[str, Any], field: str
) -> None:
    error = assistant.refused("impact", **arguments)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)
    assert error["hint"]
    assert len(error["message"]) <= 300


def test_an_unknown_name_is_an_error_with_near_names(either: Assistant) -> None:
    error = either.refused("entity", entity="nvidia-h20x")
    assert (error["code"], error["field"]) == ("NOT_FOUND", "entity")
    assert "nvidia-h200-sxm" in error["hint"]


def test_an_unknown_tool_is_an_error_of_the_protocol(client: httpx.Client) -> None:
    answer = post(client, message(name="drop", arguments={})).json()
    assert answer["error"]["code"] == -32602
    assert "tools/list" in answer["error"]["message"]


def test_d_an_answer_that_takes_too_long_is_an_error_and_its_work_ends(kg: KnowledgeGraph) -> None:
    with endless(kg, Guards(deadline_seconds=0.2)) as (graph, url):
        error = Assistant(f"{url}/mcp").refused("value", quantity="endless")
        assert error["code"] == "DEADLINE_EXCEEDED"
        assert error["hint"]
        assert graph.stopped.acquire(timeout=WAIT)


@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28"])
def test_work_that_nobody_waits_for_ends(kg: KnowledgeGraph, version: str) -> None:
    with endless(kg, Guards(deadline_seconds=10 * WAIT)) as (graph, url):
        meta = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        asked: dict[str, Any] = {"name": "value", "arguments": {"quantity": "endless"}}
        body = json.dumps(message(**asked, _meta=meta)).encode()
        head = {"mcp-protocol-version": version, "mcp-method": "tools/call", "mcp-name": "value"}
        with send_only(url, "/mcp", body, head):
            assert graph.begun.acquire(timeout=WAIT)
        assert graph.stopped.acquire(timeout=WAIT)


def test_d_a_long_question_holds_up_nobody_else(kg: KnowledgeGraph) -> None:
    with (
        endless(kg, Guards(deadline_seconds=10 * WAIT, threads=2)) as (graph, url),
        httpx.Client(base_url=url, timeout=WAIT) as client,
    ):
        with send_only(url, "/mcp", json.dumps(ENDLESS).encode()):
            assert graph.begun.acquire(timeout=WAIT)
            assert post(client).json()["result"]["structuredContent"]["graphVersion"] == kg.version
            assert client.post("/graphql", json={"query": "{ layers { name } }"}).status_code == 200
        assert graph.stopped.acquire(timeout=WAIT)


def test_d_threads_and_their_queue_are_those_of_graphql(kg: KnowledgeGraph) -> None:
    with endless(kg, Guards(deadline_seconds=10 * WAIT, threads=1, waiting=0)) as (graph, url):
        question = b'{"query": "{ value(quantity: \\"endless\\") { value } }"}'
        with send_only(url, "/graphql", question, {"accept": "application/json"}):
            assert graph.begun.acquire(timeout=WAIT)
            assert Assistant(f"{url}/mcp").refused("graph")["code"] == "UNAVAILABLE"
        assert graph.stopped.acquire(timeout=WAIT)


def test_d_a_client_that_asks_too_often_is_told_when_to_ask_again(kg: KnowledgeGraph) -> None:
    app = create_app(kg, rate_limit=RateLimit(per_second=0.001, burst=2.0))
    with running(app) as url, httpx.Client(base_url=url) as client:
        answers = [post(client) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) > 1


def test_metrics_name_the_tool_and_never_what_a_client_wrote(kg: KnowledgeGraph) -> None:
    with running(create_app(kg)) as url, httpx.Client(base_url=url) as client:
        post(client, message(name="search", arguments={"text": "H200"}))
        post(client, message(name="made-up", arguments={}))
        said = client.get("/metrics").text
        assert 'downstack_request_seconds_count{operation="search",route="/mcp"} 1.0' in said
        assert "made-up" not in said and "H200" not in said


def test_there_is_no_door_where_it_is_switched_off(kg: KnowledgeGraph) -> None:
    with running(create_app(kg, mcp=False)) as url, httpx.Client(base_url=url) as client:
        assert post(client).status_code == 404
        assert "/mcp" not in client.get("/docs").text


def test_an_accident_is_masked_with_an_id_that_the_log_repeats(
    kg: KnowledgeGraph, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Endless):
        def search(self, text: str, first: int) -> Any:
            raise RuntimeError("the secret path /etc/passwd")

    with running(create_app(Broken(kg))) as url:  # type: ignore[arg-type]  # has all that the bundled graph has
        error = Assistant(f"{url}/mcp").refused("search", text="x")
    assert (error["code"], error["message"]) == ("INTERNAL", "internal error")
    assert error["id"] in caplog.text and "secret" in caplog.text
