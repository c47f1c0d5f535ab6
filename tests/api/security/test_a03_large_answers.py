"""A3: no answer is larger than it may be, whichever way it goes: as one answer, over a WebSocket, or as an event stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.api.serving import running
from tests.api.subscriptions.talking import impact, talking

from downstack.graphql.guards import Guards
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

LARGE = "{ functions { name formula citation inputs { quantity unit } } }"
SMALL = "{ layers { number } }"
REPORT = impact(
    fields="done report { graphVersion effects(first: 100) { nodes { ratio base scenario trace { facts { literal } } } } }"
)
MOST = 5_000


@pytest.fixture(scope="module")
def bounded(kg: KnowledgeGraph) -> Iterator[str]:
    with running(create_app(kg, guards=Guards(deadline_seconds=300.0, response_bytes=MOST))) as url:
        yield url


def events(url: str, query: str) -> list[dict[str, Any]]:
    """What an event stream says until it is complete."""
    answer = httpx.post(f"{url}/graphql", json={"query": query}, headers={"accept": "text/event-stream"}, timeout=90.0)
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    assert "event: complete" in answer.text
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]


def error_of(payload: dict[str, Any]) -> dict[str, Any]:
    assert payload.get("data") is None
    (error,) = payload["errors"]
    assert f"{MOST:,} are allowed" in error["message"]
    assert error["extensions"]["hint"]
    assert error["extensions"]["code"] == "TOO_COMPLEX"
    return dict(error)


def test_a03_one_answer_is_refused(bounded: str) -> None:
    error_of(httpx.post(f"{bounded}/graphql", json={"query": LARGE}, timeout=90.0).json())


def test_a03_a_query_over_a_socket_is_refused_in_the_same_words_and_the_socket_goes_on(bounded: str) -> None:
    alone = httpx.post(f"{bounded}/graphql", json={"query": LARGE}, timeout=90.0).json()
    with talking(bounded) as talk:
        talk.begin()
        talk.subscribe(LARGE)
        payload, end = talk.answers()
        assert error_of(payload)["message"] == error_of(alone)["message"]
        assert end == {"id": "1", "type": "complete"}
        talk.subscribe(SMALL, "2")
        small, _ = talk.answers("2")
        assert len(small["data"]["layers"]) == 7


def test_a03_the_answer_of_a_subscription_over_a_socket_is_refused_and_ends_it(bounded: str) -> None:
    with talking(bounded) as talk:
        talk.begin()
        talk.subscribe(REPORT)
        *steps, last, end = talk.answers()
        assert all(step["data"]["impact"]["report"] is None for step in steps)
        error_of(last)
        assert end["type"] == "complete"


@pytest.mark.parametrize("query", [LARGE, REPORT])
def test_a03_a_message_of_an_event_stream_is_refused_and_ends_it(query: str, bounded: str) -> None:
    *steps, last = events(bounded, query)
    assert all(step["data"]["impact"]["report"] is None for step in steps)
    error_of(last)


def test_a03_what_is_small_enough_passes_every_way(bounded: str) -> None:
    (event,) = events(bounded, SMALL)
    assert len(event["data"]["layers"]) == 7


@pytest.mark.parametrize("accept", ["application/json, text/event-stream;q=0.5", "text/event-stream, */*"])
def test_a03_no_accept_header_leads_around_the_bound(accept: str, bounded: str) -> None:
    answer = httpx.post(f"{bounded}/graphql", json={"query": LARGE}, headers={"accept": accept}, timeout=90.0)
    assert len(answer.content) < MOST
    assert "TOO_COMPLEX" in answer.text
