"""Subscriptions over graphql-transport-ws, word by word."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.letting_in import Keys, make_keys
from tests.api.serving import DEADLINE, running
from tests.api.subscriptions.talking import impact, talking
from tests.loaders.small import FILE, by_hand, revenue
from websockets.exceptions import InvalidStatus

from downstack.access.token_file import remove_token
from downstack.graphql.streams import Seat, StreamLimits, Streams, TooManyStreamsError
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store
from downstack.server import create_app

CHANGED = "subscription ($since: String) { graphChanged(since: $since) { version releases { loader by } } }"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def guarded(kg: KnowledgeGraph, keys: Keys) -> Iterator[str]:
    with running(create_app(kg, access=keys.access())) as url:
        yield url


def test_a_long_question_tells_how_far_it_is_and_then_the_answer(url: str, kg: KnowledgeGraph) -> None:
    with talking(url) as talk:
        talk.begin()
        talk.subscribe(impact(samples=2000))
        *steps, last = talk.answers()
    assert last == {"id": "1", "type": "complete"}
    told = [step["data"]["impact"] for step in steps]
    shares = [step["share"] for step in told]
    assert shares == sorted(shares)
    assert {step["of"] for step in told} == {2000}
    assert [step["report"] for step in told[:-1]] == [None] * (len(told) - 1)
    assert told[-1]["share"] == 1.0
    assert told[-1]["report"]["graphVersion"] == kg.version


def test_the_answer_is_the_one_that_a_query_gives(url: str, ask: Any) -> None:
    fields = "effects(first: 5) { totalCount nodes { key { offering workload } ratio band { p10 p50 p90 } } }"
    with talking(url) as talk:
        talk.begin()
        talk.subscribe(impact(samples=50, fields=f"report {{ {fields} }}"))
        *steps, _ = talk.answers()
    query = impact(samples=50, fields=fields).replace("subscription", "query", 1)
    assert steps[-1]["data"]["impact"]["report"] == ask(query)["impact"]


def test_queries_are_answered_on_the_same_connection(url: str) -> None:
    with talking(url) as talk:
        talk.begin()
        talk.subscribe("{ layers { number } }")
        (answer, last) = talk.answers()
    assert (len(answer["data"]["layers"]), last["type"]) == (7, "complete")


def test_an_error_is_said_with_its_code_and_a_document_that_is_too_large_is_refused(url: str) -> None:
    with talking(url) as talk:
        talk.begin()
        talk.subscribe(impact().replace("nvidia-h200-sxm", "nvidia-h2000"))
        errors = [item for step in talk.answers() for item in step.get("errors", [])]
        assert [item["extensions"]["code"] for item in errors] == ["NOT_FOUND"]
        talk.subscribe("subscription { nothing }", "2")
        assert talk.hear()["type"] == "error"
        wide = " ".join(f"a{place}: graph {{ version }}" for place in range(200))
        talk.subscribe(f"{{ {wide} }}", "3")
        refused = talk.hear()
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "TOO_COMPLEX")


def test_a_question_that_is_withdrawn_is_computed_no_further(
    kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(kg)
    begun, withdrawn, ended = threading.Event(), threading.Event(), threading.Event()

    def endless(*arguments: Any) -> Any:
        told = arguments[-1]
        try:
            for step in range(10_000_000):
                told(step, 10_000_000)
                begun.set()
                withdrawn.wait(0.001)
        finally:
            ended.set()

    monkeypatch.setattr(KnowledgeGraph, "impact", endless)
    with running(app) as url, talking(url) as talk:
        talk.begin()
        talk.subscribe(impact(samples=10))
        assert begun.wait(DEADLINE)
        assert talk.hear()["type"] == "next"
        talk.say("complete", id="1")
        withdrawn.set()
        assert ended.wait(DEADLINE)
        # The thread is free again, and the connection still speaks.
        monkeypatch.undo()
        talk.subscribe(impact(), "2")
        while (message := talk.hear())["id"] != "2":
            pass
        assert message["type"] == "next"


def test_the_end_of_a_connection_ends_its_questions(kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(*arguments: Any) -> Any:
        try:
            while True:
                arguments[-1](1, 2)
                begun.set()
        finally:
            ended.set()

    monkeypatch.setattr(KnowledgeGraph, "impact", endless)
    with running(create_app(kg)) as url:
        with talking(url) as talk:
            talk.begin()
            talk.subscribe(impact(samples=10))
            assert begun.wait(DEADLINE)
        assert ended.wait(DEADLINE)


def test_whoever_follows_the_graph_learns_of_a_new_release(tmp_path: Path, keys: Keys) -> None:
    folder = by_hand(tmp_path / "store")
    write_store(folder, {FILE: revenue(1)}, loader="first", by="somebody")
    app = create_app(store=str(folder), access=keys.access())
    with running(app) as url, talking(url, additional_headers=keys.header("read")) as talk:
        talk.begin()
        before = app.state.graph.served.kg.version
        talk.subscribe(CHANGED)
        talk.subscribe(CHANGED, "known", since=before)
        talk.subscribe(CHANGED, "missed", since="0000000000000000")
        # Whoever knows another version than the one that is served is told at once.
        missed = talk.hear()
        assert (missed["id"], missed["payload"]["data"]["graphChanged"]["version"]) == ("missed", before)
        # Nobody asks anything meanwhile: following is enough to be served the newest.
        write_store(folder, {FILE: revenue(2)}, loader="second", by="somebody")
        heard = [talk.hear() for _ in range(3)]
        assert {item["id"] for item in heard} == {"1", "known", "missed"}
        for item in heard:
            told = item["payload"]["data"]["graphChanged"]
            assert told["version"] not in (before, "")
            assert told["releases"][-1] == {"loader": "second", "by": None}
        # What is asked on an old connection is answered from the new graph.
        talk.subscribe("{ graph { version } }", "2")
        assert talk.hear()["payload"]["data"]["graph"]["version"] != before


def test_nothing_is_answered_before_it_is_known_who_asks(guarded: str) -> None:
    with talking(guarded) as talk:
        talk.subscribe(impact())
        assert talk.end() == (4401, "Unauthorized")
    with talking(guarded) as talk:
        talk.say("connection_init")
        assert talk.end() == (4403, "Forbidden")


@pytest.mark.parametrize(
    "payload",
    [
        {"authorization": "Bearer nothing"},
        {"authorization": "Bearer downstack_0123456789ab_" + "A" * 43},
        {"authorization": ""},
        {"authorization": 3},
        {"authorization": ["Bearer x"]},
        {"Authorization": "Bearer a b"},
    ],
)
def test_a_first_message_with_a_wrong_token_ends_the_connection(guarded: str, payload: dict[str, Any]) -> None:
    with talking(guarded) as talk:
        talk.say("connection_init", payload=payload)
        assert talk.end() == (4403, "Forbidden")


def test_a_token_may_come_in_the_first_message_or_in_the_header(guarded: str, keys: Keys) -> None:
    with talking(guarded) as talk:
        talk.begin({"Authorization": f"Bearer {keys.tokens['read']}"})
        talk.subscribe("{ layers { number } }")
        assert talk.hear()["type"] == "next"
    with talking(guarded, additional_headers=keys.header("read")) as talk:
        talk.begin()
        talk.subscribe("{ layers { number } }")
        assert talk.hear()["type"] == "next"
    with pytest.raises(InvalidStatus) as caught, talking(guarded, additional_headers={"authorization": "Bearer x"}):
        pass
    assert caught.value.response.status_code == 401


def test_who_may_only_read_changes_nothing_here_either(guarded: str, keys: Keys) -> None:
    with talking(guarded, additional_headers=keys.header("read")) as talk:
        talk.begin()
        talk.subscribe('mutation { retractFact(id: "fact:x", reason: "none") { changed } }')
        answer, _ = talk.answers()
        assert answer["data"] is None
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_a_withdrawn_token_ends_what_it_began(kg: KnowledgeGraph, tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    with (
        running(create_app(kg, access=keys.access())) as url,
        talking(url, additional_headers=keys.header("read")) as talk,
    ):
        talk.begin()
        talk.subscribe(CHANGED)
        remove_token(keys.file, "read")
        answer, last = talk.answers()
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert last["type"] == "complete"
        talk.subscribe(impact(samples=10), "2")
        (answer, last) = talk.answers("2")
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", 4400),
        ("no JSON", 4400),
        ("[]", 4400),
        ("3", 4400),
        ('{"type": "subscribe"}', 4400),
        ('{"type": "connection_init", "payload": 3}', 4400),
        ('{"type": ["subscribe"]}', 4400),
        ('{"type": "subscribe", "id": {}, "payload": {"query": "{ layers { number } }"}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": [1]}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 3}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": "{", "variables": {"a": NaN}}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": "{", "variables": {"a": 1e999}}}', 4400),
        ('{"type": "complete", "id": []}', 4400),
        ("[" * 100_000, 4400),
        (b"\x00", 4400),
    ],
)
def test_a_message_that_is_none_ends_the_connection_and_nothing_else(
    url: str, message: str | bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    with talking(url) as talk:
        talk.connection.send(message)
        assert talk.end()[0] == code
    assert "Traceback" not in caplog.text


def test_an_operation_has_a_name_of_its_own(url: str) -> None:
    with talking(url) as talk:
        talk.begin()
        talk.subscribe(CHANGED)
        talk.subscribe(CHANGED)
        assert talk.end()[0] == 4409


@pytest.mark.parametrize("protocols", [["graphql-ws"], ["soap"], None])
def test_no_other_protocol_is_spoken(url: str, protocols: list[str] | None) -> None:
    with talking(url, subprotocols=protocols) as talk:
        assert talk.end() == (4406, "Subprotocol not acceptable")


def test_a_seat_is_given_back_once_and_moves_to_its_owner() -> None:
    streams = Streams(StreamLimits(per_client=1, total=2))
    first = streams.enter("address a")
    with pytest.raises(TooManyStreamsError) as caught:
        streams.enter("address a")
    assert caught.value.status == 429
    first.move("name one")
    second = streams.enter("address a")
    with pytest.raises(TooManyStreamsError):
        second.move("name one")
    assert second.client == "address a"
    with pytest.raises(TooManyStreamsError) as caught:
        streams.enter("address b")
    assert caught.value.status == 503
    first.leave()
    first.leave()
    assert streams.open == 1
    assert isinstance(streams.enter("name one"), Seat)


def limited(kg: KnowledgeGraph, **limits: Any) -> Any:
    return running(create_app(kg, streams=replace(StreamLimits(), **limits)))


def test_connections_of_one_client_and_of_all_are_bounded(kg: KnowledgeGraph) -> None:
    for limits, status in (({"per_client": 2}, 429), ({"total": 2}, 503)):
        with limited(kg, **limits) as url:
            with talking(url) as one, talking(url):
                with pytest.raises(InvalidStatus) as caught, talking(url):
                    pass
                assert caught.value.response.status_code == status
                assert json.loads(caught.value.response.body)["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
                one.begin()
            _until(lambda url=url: _opens(url))


def _opens(url: str) -> bool:
    try:
        with talking(url) as talk:
            talk.begin()
    except InvalidStatus:
        return False
    return True


def _until(holds: Callable[[], bool]) -> None:
    """Ask again until it is so: a server notices the end of a connection a moment later."""
    for _ in range(2_000):
        if holds():
            return
    raise AssertionError("it does not come about")


def test_a_message_that_is_too_large_ends_the_connection(kg: KnowledgeGraph) -> None:
    with limited(kg, message_bytes=1_000) as url, talking(url) as talk:
        talk.begin()
        talk.subscribe("{ layers { number } } #" + "x" * 1_000)
        assert talk.end()[0] == 1009


def test_more_messages_than_anybody_needs_end_the_connection(kg: KnowledgeGraph) -> None:
    with limited(kg, messages=50) as url, talking(url) as talk:
        for _ in range(60):
            talk.say("ping")
        assert talk.end() == (4429, "Too many messages")


def test_the_settings_are_read_from_the_environment() -> None:
    given = {
        "DOWNSTACK_MAX_SUBSCRIPTIONS": "5",
        "DOWNSTACK_MAX_STREAMS_PER_CLIENT": "6",
        "DOWNSTACK_MAX_STREAMS": "7",
    }
    limits = StreamLimits.from_environment(given)
    assert (limits.per_connection, limits.per_client, limits.total) == (5, 6, 7)
    for name in given:
        with pytest.raises(Exception, match=name):
            StreamLimits.from_environment({name: "0"})


def test_an_event_stream_tells_the_same(url: str, kg: KnowledgeGraph) -> None:
    events = _events(url, impact(samples=2000))
    assert [name for name, _ in events] == ["next"] * (len(events) - 1) + ["complete"]
    told = [json.loads(data)["data"]["impact"] for name, data in events if name == "next"]
    assert told[-1]["report"]["graphVersion"] == kg.version
    (answer, last) = _events(url, "{ layers { number } }")
    assert len(json.loads(answer[1])["data"]["layers"]) == 7
    assert last == ("complete", "")


def test_an_event_stream_may_be_asked_for_by_get_and_changes_nothing_then(guarded: str, keys: Keys) -> None:
    headers = {**keys.header("write"), "accept": "text/event-stream"}
    with httpx.Client(base_url=guarded, timeout=DEADLINE) as client:
        answer = client.get("/graphql", params={"query": impact()}, headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "event: complete" in answer.text
        change = 'mutation { retractFact(id: "fact:x", reason: "none") { changed } }'
        answer = client.get("/graphql", params={"query": change}, headers=headers)
        assert "no operation that could be run" in answer.text
        assert '"INTERNAL"' not in answer.text


def test_event_streams_are_bounded_and_give_their_place_back(kg: KnowledgeGraph) -> None:
    with limited(kg, per_client=1) as url:
        for _ in range(3):
            assert _events(url, "{ layers { number } }")[-1][0] == "complete"
        body, headers = {"query": CHANGED}, {"accept": "text/event-stream"}
        with httpx.stream("POST", f"{url}/graphql", json=body, headers=headers, timeout=DEADLINE) as following:
            assert following.status_code == 200
            refused = httpx.post(f"{url}/graphql", json=body, headers=headers, timeout=DEADLINE)
            assert refused.status_code == 429
        _until(lambda: _opens(url))


def test_an_event_stream_needs_a_token_where_everything_does(guarded: str) -> None:
    answer = httpx.post(
        f"{guarded}/graphql", json={"query": impact()}, headers={"accept": "text/event-stream"}, timeout=DEADLINE
    )
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


def _events(url: str, query: str) -> list[tuple[str, str]]:
    answer = httpx.post(
        f"{url}/graphql", json={"query": query}, headers={"accept": "text/event-stream"}, timeout=DEADLINE
    )
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    found: list[tuple[str, str]] = []
    for block in answer.text.split("\r\n\r\n"):
        lines: dict[str, str] = {}
        for line in block.split("\r\n"):
            name, _, value = line.partition(": ")
            if name:
                lines[name] = value
        if "event" in lines:
            found.append((lines["event"], lines.get("data", "")))
    return found
