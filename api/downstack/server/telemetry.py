"""Traces of OpenTelemetry: a span for a request, below it one for its operation, below that one for each stage of the engine.

Whether and where to is said by the standard variables (``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_TRACES_EXPORTER``,
``OTEL_TRACES_SAMPLER``, ``OTEL_SERVICE_NAME``...) where the extra ``downstack[telemetry]`` is installed; without them nothing
of OpenTelemetry's SDK is imported. Spans hold names, counts and codes. They never hold a query, a variable, the query part
of an address, a header, or the text of an error.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from downstack.errors import UserInputError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, TracerProvider
    from starlette.types import Scope

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SERVICE = "downstack"

_log = logging.getLogger("downstack.telemetry")


class Spans:
    """Makes the spans of one application."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import trace

        self._tracer = trace.get_tracer(SERVICE, tracer_provider=provider)

    def span(self, name: str) -> AbstractContextManager[Span]:
        """Return a span below the one of this context."""
        return self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False)

    @contextmanager
    def request(self, scope: Scope, *, trusted: bool) -> Generator[Span]:
        """Surround a request; only a trusted proxy may say which trace it belongs to."""
        from opentelemetry.trace import SpanKind

        with self._tracer.start_as_current_span(
            str(scope.get("method", scope["type"])),
            context=_parent(scope) if trusted else None,
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    def end(self, span: Span, *, route: str, method: str, status: int, request_id: str) -> None:
        """Say how a request ended."""
        from opentelemetry.trace import StatusCode

        span.update_name(f"{method} {route}")
        span.set_attributes(
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
                "downstack.request_id": request_id,
            }
        )
        if status >= 500:
            span.set_status(StatusCode.ERROR)


def _parent(scope: Scope) -> Context:
    from opentelemetry import propagate

    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return propagate.extract(headers)


def provider_of(environment: Mapping[str, str] | None = None) -> TracerProvider | None:
    """Return what the environment says about traces, or None when it says nothing.

    Raises
    ------
    UserInputError
        If an exporter is asked for that is not there.
    """
    given = os.environ if environment is None else environment
    exporter = given.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    wanted = bool(exporter) or any(given.get(name) for name in ENDPOINTS)
    if not wanted or exporter == "none" or given.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if exporter not in ("", "otlp", "console"):
        raise UserInputError(
            f"OTEL_TRACES_EXPORTER is {exporter[:40]!r}", field="OTEL_TRACES_EXPORTER", hint="otlp, console or none"
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor
    except ImportError:
        _log.warning(
            "traces are asked for by OTEL_ variables, and downstack[telemetry] is not installed: there are none"
        )
        return None
    # What the environment says of the service (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) comes before our own name.
    detected = Resource.create()
    unnamed = str(detected.attributes.get(SERVICE_NAME, "unknown_service")).startswith("unknown_service")
    provider = TracerProvider(resource=detected.merge(Resource({SERVICE_NAME: SERVICE})) if unnamed else detected)
    if exporter == "console":
        provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
    else:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
