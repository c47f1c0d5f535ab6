"""Told to stop, the service finishes what it was asked, takes nothing new, and ends well."""

from __future__ import annotations

import json
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from tests.api.operations.process import NO_TLS, Service, answers, refuses, service, wait_for
from tests.api.serving import running

from downstack.kg import KnowledgeGraph
from downstack.server import create_app

SLOW = """{ impact(
  changes: [{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: 1.4}],
  targets: ["cost_per_million_output_tokens", "decode_tokens_per_second"], samples: 400
) { effects(first: 1) { totalCount nodes { ratio band { p50 } } } } }"""
"""Seconds of computing: samples of all combinations."""

STUCK = """
import threading
from downstack.kg import KnowledgeGraph
from downstack.server import serve

class Stuck(KnowledgeGraph):
    def search(self, text, first=10):
        threading.Event().wait()

kg = KnowledgeGraph.open()
serve(kg=Stuck(kg.engine))
"""


def in_progress(found: Service) -> int:
    """How many requests are being answered, without the one that asks."""
    text = httpx.get(f"{found.url}/metrics", timeout=30, verify=NO_TLS).text
    values = {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}
    return int(values["downstack_requests_in_progress"]) - 1


def ask(found: Service, query: str) -> httpx.Response:
    return httpx.post(f"{found.url}/graphql", json={"query": query}, timeout=120)


def test_what_was_asked_before_the_signal_is_answered_and_nothing_after_it(tmp_path: Path) -> None:
    with (
        service(
            tmp_path, DOWNSTACK_LOG_FORMAT="json", DOWNSTACK_GRACE_SECONDS="90", DOWNSTACK_DEADLINE_SECONDS="90"
        ) as found,
        ThreadPoolExecutor() as pool,
    ):
        slow = pool.submit(ask, found, SLOW)
        wait_for(lambda: in_progress(found) == 1, "the slow request did not begin", found.process)
        found.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses(f"{found.url}/healthz"), "the service went on listening")
        answered = slow.done()
        answer = slow.result()
        assert found.ends() == 0
    assert not answered, "it was answered before the listener was closed: it was not slow enough to show anything"
    assert answer.status_code == 200
    assert answer.json()["data"]["impact"]["effects"]["nodes"][0]["band"]["p50"]
    assert answer.headers["connection"] == "close"
    events = [json.loads(line) for line in found.log.splitlines()]
    assert any("draining: SIGTERM" in item["event"] for item in events)
    assert any(item.get("root_fields") == ["impact"] and item["status"] == 200 for item in events)


def test_while_it_drains_it_is_alive_and_not_ready_and_still_answers(tmp_path: Path) -> None:
    with service(tmp_path, DOWNSTACK_DRAIN_SECONDS="3600", DOWNSTACK_GRACE_SECONDS="10") as found:
        assert answers(f"{found.url}/readyz")
        found.process.send_signal(signal.SIGTERM)
        wait_for(lambda: answers(f"{found.url}/readyz", 503), "it stayed ready", found.process)
        assert httpx.get(f"{found.url}/readyz").json() == {"status": "draining"}
        alive = httpx.get(f"{found.url}/healthz")
        assert (alive.status_code, alive.headers["connection"]) == (200, "close")
        assert "server" not in alive.headers, "what serves is nobody's business"
        assert "data" in ask(found, "{ layers { number } }").json()
        assert "downstack_draining 1.0" in httpx.get(f"{found.url}/metrics").text
        found.process.send_signal(signal.SIGINT)
        assert found.ends() == 0


def test_who_follows_the_graph_is_told_that_it_is_complete(kg: KnowledgeGraph) -> None:
    app = create_app(kg)
    body = {"query": 'subscription { graphChanged(since: "an older one") { version } }'}
    headers = {"accept": "text/event-stream"}
    with (
        running(app) as url,
        httpx.stream("POST", f"{url}/graphql", json=body, headers=headers, timeout=60) as following,
    ):
        lines = following.iter_lines()
        assert any(kg.version in line for line in lines)
        app.state.readiness.drain()
        assert any(line == "event: complete" for line in lines)


def test_what_never_ends_is_cut_off_after_the_grace_time(tmp_path: Path) -> None:
    stuck = [sys.executable, "-c", STUCK]
    with service(tmp_path, command=stuck, DOWNSTACK_GRACE_SECONDS="0") as found, ThreadPoolExecutor() as pool:
        asked = pool.submit(ask, found, '{ search(text: "x") { matched } }')
        wait_for(lambda: in_progress(found) == 1, "the request did not begin", found.process)
        found.process.send_signal(signal.SIGTERM)
        assert found.ends() == 1
        assert asked.exception() is not None or asked.result().status_code == 500
    assert "ending without its answer" in found.log
