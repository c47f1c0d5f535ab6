"""The outermost part of the service: every request is measured, gets an identifier, and ends in one line of the log."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from contextlib import nullcontext
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from downstack.engine.stages import observed_by
from downstack.graphql.observing import Observation
from downstack.server.logs import event

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from downstack.kg import KnowledgeGraph
    from downstack.server.metrics import ServiceMetrics
    from downstack.server.proxies import Proxies
    from downstack.server.readiness import Readiness
    from downstack.server.telemetry import Spans

NO_ROUTE = "none"
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""What machines ask every few seconds is logged at the level debug."""
MAX_PATH = 200
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_log = logging.getLogger("downstack.request")
_faults = logging.getLogger("downstack.server")


class ObserveRequests:
    """Measures requests and writes them down; what nobody caught becomes an answer without details here.

    Parameters
    ----------
    app
        What answers.
    metrics, spans
        Where measurements go.
    proxies
        Who may name a request.
    readiness
        Whether connections are to be closed after an answer.
    served
        Gives the graph that answers.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: ServiceMetrics,
        spans: Spans | None,
        proxies: Proxies,
        readiness: Readiness,
        served: Callable[[], KnowledgeGraph],
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._spans = spans
        self._proxies = proxies
        self._readiness = readiness
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and say how it went."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        trusted = self._proxies.trusts(scope)
        seen = Observation(_request_id(scope, trusted=trusted), self._spans)
        surrounded = nullcontext() if self._spans is None else self._spans.request(scope, trusted=trusted)
        status, begun = 0, perf_counter()

        async def observed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = [(b"x-request-id", seen.request_id.encode("ascii"))]
                if self._readiness.draining:
                    added.append((b"connection", b"close"))
                message["headers"] = [*message.get("headers", ()), *added]
            elif message["type"] in ("websocket.accept", "websocket.close"):
                status = status or (101 if message["type"] == "websocket.accept" else 403)
            await send(message)

        self._metrics.begin()
        with surrounded as span, observed_by(seen):
            try:
                await self._app(scope, receive, observed_send)
            except Exception as error:
                if status:
                    raise
                await _internal_error(seen, error)(scope, receive, observed_send)
            finally:
                route, method = _route(scope), str(scope.get("method", "WEBSOCKET"))
                seconds = perf_counter() - begun
                if self._metrics.shared:
                    self._metrics.serves(self._served())
                self._metrics.end(seen, route, method, status, seconds)
                if self._spans is not None and span is not None:
                    self._spans.end(span, route=route, method=method, status=status, request_id=seen.request_id)
                self._write(scope, seen, method, status, seconds)

    def _write(self, scope: Scope, seen: Observation, method: str, status: int, seconds: float) -> None:
        level = logging.DEBUG if scope["path"] in QUIET and status < 500 else logging.INFO
        if not _log.isEnabledFor(level):
            return
        client = self._proxies.client(scope)
        principal = getattr(scope.get("state", {}).get("principal"), "name", None)
        fields: dict[str, object] = {
            "request_id": seen.request_id,
            "method": method[:16],
            "path": str(scope["path"])[:MAX_PATH],
            "status": status,
            "duration_ms": round(seconds * 1000, 2),
            "client": client,
            "principal": None if principal is None else str(principal)[:64],
            "operation": seen.kind,
            "operation_name": seen.name,
            "root_fields": list(seen.roots),
            "cost": None if seen.cost is None else round(seen.cost),
            "error_codes": seen.codes,
            "error_ids": seen.references,
            "cut": seen.cut,
        }
        event(_log, level, "request", {name: value for name, value in fields.items() if value not in (None, "", [])})


def _request_id(scope: Scope, *, trusted: bool) -> str:
    given = Headers(scope=scope).get("x-request-id", "") if trusted else ""
    return given if _REQUEST_ID.fullmatch(given.encode("latin-1")) else secrets.token_hex(8)


def _route(scope: Scope) -> str:
    """Return the path as it was declared: never what the client wrote."""
    return str(getattr(scope.get("route"), "path", NO_ROUTE)) or NO_ROUTE


def _internal_error(seen: Observation, error: Exception) -> JSONResponse:
    reference = secrets.token_hex(8)
    seen.failed("INTERNAL", reference)
    _faults.error("internal error %s", reference, exc_info=error)
    masked = {"message": "internal error", "extensions": {"code": "INTERNAL", "id": reference}}
    return JSONResponse({"errors": [masked]}, status_code=500)
