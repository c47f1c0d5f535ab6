"""Questions that take too long are stopped, soon and for good, and hold up nobody else."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import pytest
from tests.api.endless import QUESTION, WAIT, Endless
from tests.api.serving import running

from downstack.graphql.guards import Guards
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

RESPONSE = {"accept": "application/graphql-response+json"}


@contextmanager
def serving(kg: KnowledgeGraph, guards: Guards) -> Generator[tuple[Endless, httpx.Client]]:
    endless = Endless(kg)
    app = create_app(endless, guards=guards)  # type: ignore[arg-type]  # has all that the bundled graph has
    with running(app) as url, httpx.Client(base_url=url, timeout=WAIT) as client:
        yield endless, client


def send_only(client: httpx.Client, query: str) -> socket.socket:
    """Send a question and leave it unanswered."""
    body = b'{"query": "' + query.replace('"', '\\"').encode() + b'"}'
    sock = socket.create_connection((client.base_url.host, client.base_url.port))
    sock.sendall(
        b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        + f"content-length: {len(body)}\r\n\r\n".encode()
        + body
    )
    return sock


@pytest.mark.parametrize(("headers", "status"), [({}, 200), (RESPONSE, 504)])
def test_an_answer_that_takes_too_long_is_an_error_and_its_work_ends(
    kg: KnowledgeGraph, headers: dict[str, str], status: int
) -> None:
    with serving(kg, Guards(deadline_seconds=0.2)) as (endless, client):
        answer = client.post("/graphql", json={"query": QUESTION}, headers=headers)
        assert answer.status_code == status
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "DEADLINE_EXCEEDED"
        assert error["extensions"]["hint"]
        assert "data" not in answer.json()
        assert endless.stopped.acquire(timeout=WAIT)


def test_work_that_nobody_waits_for_ends(kg: KnowledgeGraph) -> None:
    with serving(kg, Guards(deadline_seconds=10 * WAIT)) as (endless, client):
        sock = send_only(client, QUESTION)
        assert endless.begun.acquire(timeout=WAIT)
        sock.close()
        assert endless.stopped.acquire(timeout=WAIT)


def test_other_answers_go_on_while_every_thread_computes(kg: KnowledgeGraph) -> None:
    with serving(kg, Guards(deadline_seconds=10 * WAIT, threads=2)) as (endless, client):
        socks = [send_only(client, QUESTION) for _ in range(2)]
        for _ in socks:
            assert endless.begun.acquire(timeout=WAIT)
        for _ in range(20):
            assert client.post("/graphql", json={"query": "{ layers { name } }"}).json()["data"]
        assert client.get("/healthz").text == "ok\n"
        assert not endless.stopped.acquire(blocking=False)
        for sock in socks:
            sock.close()
        for _ in socks:
            assert endless.stopped.acquire(timeout=WAIT)


def test_when_too_many_questions_wait_the_next_one_is_told_to_come_back(kg: KnowledgeGraph) -> None:
    with serving(kg, Guards(deadline_seconds=10 * WAIT, threads=1, waiting=0)) as (endless, client):
        sock = send_only(client, QUESTION)
        assert endless.begun.acquire(timeout=WAIT)
        answer = client.post("/graphql", json={"query": QUESTION})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        # What needs no thread is answered all the same.
        assert client.post("/graphql", json={"query": "{ __typename }"}).json()["data"]
        sock.close()
        assert endless.stopped.acquire(timeout=WAIT)


def test_a_question_whose_turn_comes_too_late_is_not_begun(kg: KnowledgeGraph) -> None:
    with serving(kg, Guards(deadline_seconds=0.3, threads=1, waiting=8)) as (endless, client):
        socks = [send_only(client, QUESTION) for _ in range(3)]
        assert endless.begun.acquire(timeout=WAIT)
        answer = client.post("/graphql", json={"query": QUESTION})
        assert answer.json()["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
        assert endless.stopped.acquire(timeout=WAIT)
        for sock in socks:
            sock.close()


def test_an_answer_that_is_too_large_is_refused_and_says_how_large(kg: KnowledgeGraph) -> None:
    with serving(kg, Guards(response_bytes=1_000)) as (_, client):
        small = client.post("/graphql", json={"query": "{ layers { name } }"})
        assert small.json()["data"]
        large = client.post("/graphql", json={"query": "{ quantities { id definition } }"}, headers=RESPONSE)
        assert large.status_code == 400
        (error,) = large.json()["errors"]
        assert error["extensions"]["code"] == "TOO_COMPLEX"
        assert "1,000 are allowed" in error["message"]
        assert len(large.content) < 1_000
