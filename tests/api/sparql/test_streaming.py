"""Long answers: sent as they are written, as fast as they are taken, and never to be taken for whole when they are not."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pyoxigraph as ox
import pytest
from fastapi import FastAPI
from tests.api.serving import running
from tests.api.sparql.test_lifecycle import children, free_port, keepers, reachable, until
from tests.api.test_cli import environment

from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import QuadsOrigin
from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.sparql.http import sparql_router

ROWS = 250
PAIRS = "SELECT ?b ?d { ?a <http://e/p> ?b . ?c <http://e/p> ?d }"
LIMITS = QueryLimits(seconds=60.0, start=60.0, workers=1)
MIB = 2**20


@dataclass
class Held:
    """A graph version that is a file."""

    version: str
    origin: QuadsOrigin


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    file = tmp_path_factory.mktemp("quads") / "data.nq"
    rows = "".join(f'<http://e/{number}> <http://e/p> "{number}{"x" * 100}" .\n' for number in range(ROWS))
    file.write_text(rows, encoding="utf-8")
    return Held("v", QuadsOrigin("v", str(file)))


@contextmanager
def serving(held: Held, limits: QueryLimits, *, send_buffer: int | None = None) -> Generator[httpx.Client]:
    app = FastAPI()
    app.include_router(sparql_router(lambda: held, limits=limits))
    with (
        running(app, lifespan="on", send_buffer=send_buffer) as url,
        httpx.Client(base_url=url, timeout=90.0) as client,
    ):
        # The processes have started before the time of a query begins.
        assert ask(client, "ASK {}").json()["boolean"] is True
        yield client


@pytest.fixture(scope="module")
def client(held: Held) -> Iterator[httpx.Client]:
    with serving(held, LIMITS) as found:
        yield found


def ask(client: httpx.Client, text: str, accept: str = "*/*") -> httpx.Response:
    return client.post("/sparql", data={"query": text}, headers={"accept": accept})


@contextmanager
def reader(
    client: httpx.Client, text: str, *, version: str = "1.1", buffer: int | None = None
) -> Generator[socket.socket]:
    """Send a query over a connection of its own, whose answer is read by nobody else."""
    address = urlsplit(str(client.base_url))
    assert address.hostname is not None
    with socket.socket() as connection:
        if buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(60.0)
        connection.connect((address.hostname, address.port))
        path = f"/sparql?{urlencode({'query': text})}"
        connection.sendall(f"GET {path} HTTP/{version}\r\nhost: localhost\r\naccept: text/csv\r\n\r\n".encode())
        yield connection


def everything(connection: socket.socket) -> bytes:
    content = bytearray()
    while part := connection.recv(2**16):
        content += part
    return bytes(content)


def test_a_long_answer_comes_in_chunks_and_whole(client: httpx.Client) -> None:
    answer = ask(client, PAIRS, "text/csv")
    assert answer.status_code == 200
    assert "content-length" not in answer.headers
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.headers["downstack-graph-version"] == "v"
    assert len(answer.content) > 10 * LIMITS.whole
    assert answer.content.count(b"\r\n") == ROWS**2 + 1


@pytest.mark.parametrize(
    ("accept", "format"),
    [("text/turtle", ox.RdfFormat.TURTLE), ("application/n-triples", ox.RdfFormat.N_TRIPLES)],
)
def test_a_long_graph_comes_whole(accept: str, format: ox.RdfFormat, client: httpx.Client) -> None:
    construct = (
        "CONSTRUCT { ?a <http://e/q> ?c . ?c <http://e/r> ?d } WHERE { ?a <http://e/p> ?b . ?c <http://e/p> ?d }"
    )
    answer = ask(client, construct, accept)
    assert len(answer.content) > 2 * LIMITS.whole
    assert len({quad.triple for quad in ox.parse(answer.content, format=format)}) == ROWS**2 + ROWS


def test_the_beginning_is_there_before_the_end_is_written(held: Held) -> None:
    # One that would take for ever.
    forever = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    with serving(held, LIMITS) as client, client.stream("GET", "/sparql", params={"query": forever}) as answer:
        assert answer.status_code == 200
        assert next(answer.iter_raw()).startswith(b'{"head"')


def test_whoever_leaves_frees_the_worker(client: httpx.Client) -> None:
    for _ in range(3):
        with client.stream("GET", "/sparql", params={"query": PAIRS}) as answer:
            assert next(answer.iter_raw())
    assert ask(client, "ASK {}").status_code == 200


def test_head_of_a_long_answer_has_no_length_and_frees_the_worker(client: httpx.Client) -> None:
    for _ in range(3):
        head = client.head("/sparql", params={"query": PAIRS}, headers={"accept": "text/csv"})
        assert head.status_code == 200
        assert head.headers["content-type"].startswith("text/csv")
        assert "content-length" not in head.headers
        assert head.content == b""


def test_an_answer_beyond_its_bound_is_cut_off(held: Held) -> None:
    with serving(held, replace(LIMITS, answer=3 * MIB)) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            ask(client, PAIRS)
        with reader(client, PAIRS) as connection:
            content = everything(connection)
        assert content.startswith(b"HTTP/1.1 200 OK")
        assert not content.endswith(b"0\r\n\r\n")
        assert LIMITS.whole < len(content) < 4 * MIB
        assert ask(client, "ASK {}").status_code == 200


def test_a_short_answer_beyond_its_bound_is_refused(held: Held) -> None:
    with serving(held, replace(LIMITS, answer=5_000)) as client:
        answer = ask(client, PAIRS)
        assert answer.status_code == 413
        (error,) = answer.json()["errors"]
        assert error["message"] == "the answer is larger than 5,000 bytes"
        assert error["extensions"]["code"] == "TOO_COMPLEX"
        assert "LIMIT" in error["extensions"]["hint"]


def test_a_client_of_http_1_0_is_told_what_it_could_not_see(client: httpx.Client) -> None:
    with reader(client, PAIRS, version="1.0") as connection:
        refused = everything(connection)
    assert refused.startswith(b"HTTP/1.1 413 ")
    assert b"HTTP/1.1" in refused.partition(b"\r\n\r\n")[2]
    with reader(client, "SELECT (1 AS ?x) {}", version="1.0") as connection:
        assert everything(connection).endswith(b"\r\n\r\nx\r\n1\r\n")


def test_an_answer_whose_time_is_over_is_cut_off_and_another_gets_the_worker(held: Held) -> None:
    # The reader takes the beginning and nothing more: its buffers and those of the service are small.
    with serving(held, replace(LIMITS, seconds=2.0), send_buffer=8_192) as client:
        with reader(client, PAIRS, buffer=4_096) as slow:
            assert slow.recv(100).startswith(b"HTTP/1.1 200 OK")
            # The only worker writes for somebody who does not read, until the time of that is over.
            assert ask(client, "ASK {}").status_code == 200
            content = everything(slow)
        assert not content.endswith(b"0\r\n\r\n")
        assert len(content) < 2 * MIB


def test_an_answer_whose_worker_is_killed_is_cut_off(held: Held) -> None:
    forever = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    before = keepers()
    with serving(held, LIMITS) as client:
        with client.stream("GET", "/sparql", params={"query": forever}) as answer:
            parts = answer.iter_raw()
            next(parts)
            (keeper,) = keepers() - before
            (worker,) = children(keeper)
            os.kill(worker, signal.SIGKILL)
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
                list(parts)
        assert ask(client, "ASK {}").status_code == 200


def cut(client: httpx.Client) -> dict[str, float]:
    """How many answers were cut off, by reason."""
    said = client.get("/metrics").text
    return {
        reason: float(number)
        for reason, number in re.findall(
            r'^downstack_answers_cut_total\{reason="(\w+)",route="/sparql"\} (\S+)$', said, re.MULTILINE
        )
    }


def test_what_is_cut_off_is_counted_and_logged(kg: KnowledgeGraph, caplog: pytest.LogCaptureFixture) -> None:
    forever = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    app = create_app(kg, sparql=QueryLimits(seconds=60.0, start=60.0, answer=2 * MIB))
    with (
        caplog.at_level("INFO", logger="downstack"),
        running(app, lifespan="on") as url,
        httpx.Client(base_url=url, timeout=90.0) as client,
    ):
        assert cut(client) == {}
        with pytest.raises(httpx.RemoteProtocolError):
            ask(client, forever)
        until(lambda: cut(client), "it was not counted")
        assert cut(client) == {"size": 1.0}
        (line,) = [item for item in caplog.records if getattr(item, "fields", {}).get("cut")]
        assert 'downstack_errors_total{code="TOO_COMPLEX"} 1.0' in client.get("/metrics").text
    assert line.fields["cut"] == "size"  # type: ignore[attr-defined]
    assert line.fields["error_codes"] == ["TOO_COMPLEX"]  # type: ignore[attr-defined]
    assert "an answer was cut off before its end: size" in caplog.messages


GROWTH = 24 * MIB
"""What the service may grow by while it sends an answer of a hundred: its beginning, buffers, and what Python keeps."""
BYTES = 100 * MIB


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    given = {
        "DOWNSTACK_DEADLINE_SECONDS": "600",
        "DOWNSTACK_SPARQL_MAX_BYTES": str(4 * BYTES),
        "DOWNSTACK_SPARQL_WORKERS": "1",
    }
    started = subprocess.Popen(
        [sys.executable, "-m", "downstack.cli", "serve", "--port", str(port := free_port())],
        env={**environment(), **given},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client:
            until(lambda: reachable(client), "the service did not start")
            yield started, client
    finally:
        started.terminate()
        started.wait(60)


def most_memory(pid: int) -> int:
    """The most memory that a process has held at a time, in bytes."""
    said = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert said is not None
    return int(said[1]) * 1024


@pytest.mark.slow
def test_an_answer_of_a_hundred_mebibytes_takes_no_memory(
    process: tuple[subprocess.Popen[bytes], httpx.Client],
) -> None:
    started, client = process
    wide = "SELECT ?a ?b ?d ?e { ?a rdfs:label ?b . ?c skos:definition ?d . ?c rdfs:label ?e }"
    # All that is only taken once: threads, processes, the modules that they need.
    assert ask(client, f"{wide} LIMIT 10000").status_code == 200
    before = most_memory(started.pid)
    size = 0
    with client.stream("POST", "/sparql", data={"query": wide}) as answer:
        assert answer.status_code == 200
        for part in answer.iter_raw():
            size += len(part)
            if size > BYTES:
                break
    assert size > BYTES
    grown = most_memory(started.pid) - before
    assert grown < GROWTH, f"{grown:,} bytes for an answer of {size:,}"
