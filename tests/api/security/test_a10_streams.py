"""A10: connections that stay open are bounded in every way."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.api.letting_in import make_keys
from tests.api.serving import DEADLINE, running
from tests.api.subscriptions.talking import talking
from websockets.exceptions import ConnectionClosed, InvalidStatus

from downstack.graphql.streams import StreamLimits
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

FOLLOW = "subscription { graphChanged { version } }"
LARGE = "{ functions { name formula citation inputs { quantity unit } constants { source } } }"


def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.005)


@pytest.mark.parametrize(
    "origin",
    ["https://elsewhere.example", "null", "http://127.0.0.1.elsewhere.example", "http://127.0.0.1:1", "https://[", ""],
)
def test_a10_a_page_of_another_origin_opens_no_socket(url: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as caught, talking(url, origin=origin):
        pass
    assert caught.value.response.status_code == 403


def test_a10_a_page_of_the_service_or_of_a_named_origin_opens_one(kg: KnowledgeGraph) -> None:
    with running(create_app(kg, cors_origins=["https://mine.example"])) as url:
        for origin in ("https://mine.example", url):
            with talking(url, origin=origin) as talk:
                talk.begin()
        with pytest.raises(InvalidStatus), talking(url, origin="https://mine.example.org"):
            pass


def test_a10_five_hundred_subscriptions_of_one_connection_are_a_hundred(url: str) -> None:
    most = StreamLimits().per_connection
    with talking(url) as talk:
        talk.begin()
        for place in range(500):
            talk.subscribe(FOLLOW, str(place))
        refused = [talk.hear() for _ in range(500 - most)]
        assert {item["type"] for item in refused} == {"error"}
        # One that ends makes room for another.
        talk.say("complete", id="0")
        talk.subscribe("{ layers { number } }", "query")
        assert talk.hear()["type"] == "next"


def test_a10_a_socket_that_says_nothing_is_closed(kg: KnowledgeGraph) -> None:
    limits = replace(StreamLimits(), init_seconds=0.05)
    with running(create_app(kg, streams=limits)) as url, talking(url) as talk:
        assert talk.end() == (4408, "Connection initialisation timeout")


def test_a10_a_second_beginning_ends_the_connection(url: str) -> None:
    with talking(url) as talk:
        talk.begin()
        # The connection may end while there is more to say.
        with suppress(ConnectionClosed):
            for _ in range(50):
                talk.say("connection_init")
        assert talk.end()[0] == 4429


def test_a10_connections_of_one_token_are_bounded_wherever_they_come_from(kg: KnowledgeGraph, tmp_path: Any) -> None:
    keys = make_keys(tmp_path)
    limits = replace(StreamLimits(), per_client=2)
    said = {"authorization": f"Bearer {keys.tokens['read']}"}
    with (
        running(create_app(kg, access=keys.access(), streams=limits)) as url,
        talking(url, additional_headers=keys.header("read")) as one,
        talking(url) as two,
        talking(url) as three,
    ):
        one.begin()
        two.begin(said)
        three.say("connection_init", payload=said)
        assert three.end()[0] == 4403
        # Somebody else is not held up by it.
        with talking(url, additional_headers=keys.header("write")) as other:
            other.begin()


@contextmanager
def deaf(url: str) -> Generator[socket.socket]:
    """A connection of somebody who will not read what comes."""
    host, _, port = url.removeprefix("http://").partition(":")
    raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        raw.settimeout(DEADLINE)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.connect((host, int(port)))
        yield raw
    finally:
        raw.close()


@pytest.mark.parametrize("kind", ["socket", "event stream"])
def test_a10_a_reader_who_does_not_read_is_cut_off_and_holds_up_nobody(kg: KnowledgeGraph, kind: str) -> None:
    app = create_app(kg, streams=replace(StreamLimits(), send_seconds=0.3))
    with running(app, send_buffer=8_192) as url, httpx.Client(base_url=url, timeout=DEADLINE) as client:
        # Above what the server keeps of its own, so that it has to wait for the reader.
        assert len(client.post("/graphql", json={"query": LARGE}).content) > 100_000
        with deaf(url) as raw:
            if kind == "socket":
                raw.sendall(_handshake("127.0.0.1"))
                assert b" 101 " in raw.recv(4_096)
                raw.sendall(_frame({"type": "connection_init"}))
                for place in range(10):
                    raw.sendall(_frame({"type": "subscribe", "id": str(place), "payload": {"query": LARGE}}))
            else:
                raw.sendall(_event_stream("127.0.0.1"))
            until(lambda: app.state.services.streams.open == 1)
            # Nothing is read any more; others are answered.
            assert client.get("/healthz").status_code == 200
            until(lambda: app.state.services.streams.open == 0)
        assert client.post("/graphql", json={"query": "{ layers { number } }"}).status_code == 200


def _event_stream(host: str) -> bytes:
    body = json.dumps({"query": LARGE}).encode()
    lines = [
        "POST /graphql HTTP/1.1",
        f"Host: {host}",
        "Accept: text/event-stream",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _handshake(host: str) -> bytes:
    lines = [
        "GET /graphql HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: graphql-transport-ws",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _frame(message: dict[str, Any]) -> bytes:
    """One text message of a client, masked with zeros."""
    data = json.dumps(message).encode()
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + data


def test_a10_a_frame_that_is_endless_is_refused_before_it_is_read(url: str) -> None:
    with deaf(url) as raw:
        raw.sendall(_handshake("127.0.0.1"))
        said = raw.recv(4_096)
        # The announcement of ten million bytes, of which none follows.
        raw.sendall(b"\x81\xff" + (10_000_000).to_bytes(8, "big") + b"\0\0\0\0")
        while chunk := raw.recv(4_096):
            said += chunk
        end = said[said.index(b"\r\n\r\n") + 4 :]
    assert (end[0], int.from_bytes(end[2:4], "big")) == (0x88, 1009)
