"""Traces: what was done and how long it took, never what was asked."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.api.serving import running

from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.server.telemetry import provider_of

SECRET = "hunter2-secret"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
QUERY = """query Ask($changes: [ChangeInput!]!, $name: ID!) {
  impact(changes: $changes, targets: ["decode_tokens_per_second"], where: {model: ["llama-3.1-70b"]}) {
    effects(first: 1) { nodes { ratio } }
  }
  entity(id: $name) { slug }
} # hunter2-secret"""
VARIABLES = {
    "changes": [{"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4}],
    "name": SECRET,
}


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return made


def fresh(kg: KnowledgeGraph) -> KnowledgeGraph:
    """The same knowledge with empty caches, so that there is a plan to make."""
    return KnowledgeGraph(type(kg.engine)(kg.engine.knowledge, kg.engine.functions))


def parent_of(span: ReadableSpan, spans: tuple[ReadableSpan, ...]) -> str:
    parent = None if span.parent is None else span.parent.span_id
    return next((item.name for item in spans if item.context is not None and item.context.span_id == parent), "")


def test_a_request_holds_its_operation_and_that_its_stages(
    kg: KnowledgeGraph, exporter: InMemorySpanExporter, provider: TracerProvider
) -> None:
    with running(create_app(fresh(kg), tracer_provider=provider)) as url:
        answer = httpx.post(f"{url}/graphql", json={"query": QUERY, "variables": VARIABLES}, timeout=60)
    spans = exporter.get_finished_spans()
    tree = {(span.name, parent_of(span, spans)) for span in spans}
    assert {("POST /graphql", ""), ("query Ask", "POST /graphql")} <= tree
    assert {(stage, "query Ask") for stage in ("columns", "bind", "plan", "run")} <= tree
    request = next(span for span in spans if span.name == "POST /graphql")
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["downstack.request_id"] == answer.headers["x-request-id"]
    operation = next(span for span in spans if span.name == "query Ask")
    assert operation.attributes is not None
    assert operation.attributes["downstack.root_fields"] == "impact,entity"
    assert operation.attributes["downstack.error_codes"] == "NOT_FOUND"


def test_no_query_variable_header_or_error_text_is_in_a_trace(
    kg: KnowledgeGraph, exporter: InMemorySpanExporter, provider: TracerProvider
) -> None:
    headers = {"authorization": f"Bearer {SECRET}", "x-request-id": SECRET, "traceparent": TRACE}
    with (
        running(create_app(kg, tracer_provider=provider)) as url,
        httpx.Client(base_url=url, headers=headers) as client,
    ):
        client.post("/graphql", json={"query": QUERY, "variables": VARIABLES}, timeout=60)
        client.get("/graphql", params={"query": f'{{ search(text: "{SECRET}") {{ matched }} }}'})
        client.get(f"/{SECRET}?{SECRET}")
    spans = exporter.get_finished_spans()
    assert len([span for span in spans if span.parent is None]) == 3, "a client does not choose its trace"
    assert all(SECRET not in span.to_json() and not span.events for span in spans)


def test_a_trusted_proxy_says_which_trace_a_request_belongs_to(
    kg: KnowledgeGraph, exporter: InMemorySpanExporter, provider: TracerProvider
) -> None:
    app = create_app(kg, tracer_provider=provider, trusted_proxies=["127.0.0.1"])
    with running(app) as url:
        httpx.get(f"{url}/healthz", headers={"traceparent": TRACE})
    (span,) = exporter.get_finished_spans()
    assert span.context is not None
    assert format(span.context.trace_id, "032x") == TRACE.split("-")[1]


def test_the_frameworks_own_spans_are_off_since_they_hold_addresses(
    kg: KnowledgeGraph, exporter: InMemorySpanExporter, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", provider)
    with running(create_app(kg)) as url:
        httpx.get(f"{url}/graphql", params={"query": "{ layers { number } }"})
    assert exporter.get_finished_spans() == ()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_traces_are_off_until_the_standard_variables_say_so(environment: dict[str, str]) -> None:
    assert provider_of(environment) is None


def test_the_standard_variables_turn_them_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "mine")
    found = provider_of({"OTEL_TRACES_EXPORTER": "console"})
    assert isinstance(found, TracerProvider)
    assert found.resource.attributes["service.name"] == "mine"
    found.shutdown()
    monkeypatch.delenv("OTEL_SERVICE_NAME")
    other = provider_of({"OTEL_TRACES_EXPORTER": "console"})
    assert isinstance(other, TracerProvider)
    assert other.resource.attributes["service.name"] == "downstack"
    other.shutdown()


def test_spans_reach_a_collector_at_the_address_that_the_variables_name(
    kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    found = provider_of()
    assert isinstance(found, TracerProvider)
    try:
        with running(create_app(kg, tracer_provider=found)) as url:
            httpx.post(f"{url}/graphql", json={"query": QUERY, "variables": VARIABLES}, timeout=60)
        assert found.force_flush(30_000)
    finally:
        found.shutdown()
        collector.shutdown()
        collector.server_close()
    assert {path for path, _ in received} == {"/v1/traces"}
    sent = b"".join(body for _, body in received)
    assert b"query Ask" in sent and SECRET.encode() not in sent


def test_an_exporter_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserInputError, match="OTEL_TRACES_EXPORTER"):
        provider_of({"OTEL_TRACES_EXPORTER": "carrier pigeon"})


def test_without_the_extra_there_are_no_traces_and_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with caplog.at_level(logging.WARNING, logger="downstack.telemetry"):
        assert provider_of({"OTEL_TRACES_EXPORTER": "otlp"}) is None
    assert "downstack[telemetry]" in caplog.text


def test_nothing_of_the_sdk_is_imported_unless_it_is_used() -> None:
    program = (
        "import sys; from downstack.server import create_app; from downstack.server.telemetry import provider_of; "
        "assert provider_of({}) is None; print([n for n in sys.modules if n.startswith(('opentelemetry.sdk', "
        "'opentelemetry.exporter'))])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert shown.stdout.strip() == "[]"
