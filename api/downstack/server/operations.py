"""What operators see of the service: metrics, health, readiness, the page of its doors; and the parts around every request."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from downstack.graphql.context import GraphHolder
from downstack.graphql.schema import root_fields
from downstack.mcp.tools import TOOLS
from downstack.server.doors import doors_page
from downstack.server.metrics import CONTENT_TYPE, ServiceMetrics
from downstack.server.observe import ObserveRequests
from downstack.server.proxies import ForwardedBy, Proxies
from downstack.server.readiness import Readiness
from downstack.server.telemetry import Spans

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig
    from opentelemetry.trace import TracerProvider

NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI has spans of its own, which carry the query part of an address, and so queries and variables: off."""


def add_doors(app: FastAPI, holder: GraphHolder, *, documented: bool) -> None:
    """Add what operators ask: ``/healthz``, ``/readyz``, ``/metrics``, and ``/docs`` where that is shown."""
    app.state.readiness = readiness = Readiness()
    app.state.metrics = metrics = ServiceMetrics({*root_fields(), *TOOLS})

    async def health() -> Response:
        return PlainTextResponse("ok\n")

    async def ready() -> Response:
        status, said = readiness.answer(holder.served.kg.version)
        return JSONResponse(said, status_code=status, headers={"cache-control": "no-store"})

    async def measured() -> Response:
        metrics.serves(holder.served.kg)
        return Response(metrics.text(draining=readiness.draining), headers={"content-type": CONTENT_TYPE})

    async def docs() -> Response:
        return HTMLResponse(doors_page(app))

    for path, handler in (("/healthz", health), ("/readyz", ready), ("/metrics", measured)):
        app.add_api_route(path, handler, methods=["GET"], response_model=None)
    if documented:
        app.add_api_route("/docs", docs, methods=["GET"], response_model=None)


def observe(
    app: FastAPI,
    holder: GraphHolder,
    *,
    trusted_proxies: Collection[str] = (),
    tracer_provider: TracerProvider | None = None,
) -> None:
    """Measure and log every request; to be added after all other middleware that may refuse one."""
    proxies = Proxies(trusted_proxies)
    app.add_middleware(ForwardedBy, proxies=proxies)
    app.add_middleware(
        ObserveRequests,
        metrics=app.state.metrics,
        spans=None if tracer_provider is None else Spans(tracer_provider),
        proxies=proxies,
        readiness=app.state.readiness,
        served=lambda: holder.served.kg,
    )
