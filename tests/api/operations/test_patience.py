"""A client that reads one byte a second, or none: it is cut off, and nobody else notices it."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from tests.api.serving import running
from tests.api.sparql.test_lifecycle import until

from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.server.patience import PatientProtocol

LARGE = "{ functions { name formula citation inputs { quantity unit } constants { source } parameters: inputs { quantity } } }"
SMALL = "{ layers { number } }"
BUFFER = 4_096


class Impatient(PatientProtocol):
    """Waits no longer than a test can."""

    patience = 0.3


def alive(client: httpx.Client) -> None:
    assert client.post("/graphql", json={"query": SMALL}).status_code == 200


@contextmanager
def slow(url: str, query: str) -> Generator[socket.socket]:
    """A client whose system takes little off the service that it does not read."""
    address = urlsplit(url)
    body = json.dumps({"query": query}).encode()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        connection.settimeout(60.0)
        connection.connect((address.hostname, address.port))
        head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        yield connection


def rest(connection: socket.socket) -> int:
    """Take what the system still has; return how many bytes that were."""
    count = 0
    try:
        while part := connection.recv(2**16):
            count += len(part)
    except ConnectionResetError:
        pass
    return count


def whole(client: httpx.Client, query: str = LARGE) -> int:
    """How long an answer is, from the service that has the usual patience: the machine may be slow."""
    return len(client.post("/graphql", json={"query": query}).content)


def test_a_client_that_takes_a_byte_at_a_time_is_cut_off(
    kg: KnowledgeGraph, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    size = whole(client)
    with (
        caplog.at_level(logging.WARNING, logger="downstack.server"),
        running(create_app(kg), send_buffer=BUFFER, http=Impatient) as url,
        httpx.Client(base_url=url, timeout=60.0) as other,
        slow(url, LARGE) as connection,
    ):
        assert size > 30 * BUFFER
        count = 0
        while not caplog.messages:
            count += len(connection.recv(1))
            alive(other)
        assert "a client that does not take its answer was cut off" in caplog.messages[0]
        assert count + rest(connection) < size


def test_a_client_that_takes_nothing_is_cut_off(kg: KnowledgeGraph, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING, logger="downstack.server"),
        running(create_app(kg), send_buffer=BUFFER, http=Impatient) as url,
        slow(url, LARGE),
    ):
        until(lambda: caplog.messages, "nobody was cut off")


def test_what_is_left_of_a_short_answer_is_looked_after_too(
    kg: KnowledgeGraph, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    # Too little to be held up by, and more than the system takes: it waits until the connection is closed for silence.
    short = "{ functions { name formula } }"
    assert 4 * BUFFER < whole(client, short) < 2**16
    with (
        caplog.at_level(logging.WARNING, logger="downstack.server"),
        running(create_app(kg), send_buffer=BUFFER, http=Impatient) as url,
        slow(url, short),
    ):
        until(lambda: caplog.messages, "nobody was cut off")


class Unhurried(PatientProtocol):
    """Cuts off those only who take nothing."""

    patience = 1.0
    least = 1


def test_a_client_that_takes_its_time_gets_all(kg: KnowledgeGraph, client: httpx.Client) -> None:
    size, content = whole(client), bytearray()
    with (
        running(create_app(kg), send_buffer=BUFFER, http=Unhurried) as url,
        httpx.Client(base_url=url, timeout=60.0) as other,
        slow(url, LARGE) as connection,
    ):
        while len(content.partition(b"\r\n\r\n")[2]) < size:
            part = connection.recv(4_096)
            assert part, "it was cut off"
            content += part
            alive(other)
        assert json.loads(content.partition(b"\r\n\r\n")[2])["data"]["functions"]
