"""GraphQL over HTTP: a bounded body, strict JSON, the GraphiQL page from this server's own files."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import Any

from cross_web import HTTPException
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from downstack.graphql.context import Context, GraphHolder, Services
from downstack.graphql.cursors import CursorSigner
from downstack.graphql.errors import BAD_USER_INPUT, TOO_COMPLEX, status_of
from downstack.graphql.observing import observe_error
from downstack.graphql.question import question_body
from downstack.graphql.schema import build_schema
from downstack.graphql.streaming import StreamingRouter
from downstack.kg import KnowledgeGraph

MAX_BODY = 1_000_000
"""Bytes of a request; a question is a few thousand."""

STATIC = {
    "react.production.min.js": "text/javascript",
    "react-dom.production.min.js": "text/javascript",
    "graphiql.min.js": "text/javascript",
    "graphiql.min.css": "text/css",
    "explorer.js": "text/javascript",
    "explorer.css": "text/css",
}
"""The files that are served, by name: no path of a request ever reaches the file system."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The editor writes style attributes and carries its fonts inline; everything else comes from this server."""


class _RefusedError(Exception):
    """A request that is answered before any query is looked at."""

    def __init__(self, status: int, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hint = status, code, message, hint

    def response(self) -> Response:
        observe_error(self.code)
        error = {"message": self.message, "extensions": {"code": self.code, "hint": self.hint}}
        return JSONResponse({"data": None, "errors": [error]}, status_code=self.status)


def _no_constant(name: str) -> object:
    raise _RefusedError(400, BAD_USER_INPUT, f"{name} is not a number", "give a finite number")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _RefusedError(400, BAD_USER_INPUT, f"{text[:40]} is too large for a number", "give a finite number")
    return value


def strict_json(data: str | bytes) -> object:
    """Read JSON as its standard has it: finite numbers, valid UTF-8, bounded nesting."""
    try:
        return json.loads(data, parse_constant=_no_constant, parse_float=_finite_float)
    except (ValueError, RecursionError) as error:
        # ValueError covers malformed JSON, invalid UTF-8 and integers of thousands of digits.
        raise _RefusedError(400, BAD_USER_INPUT, "the request is not valid JSON", "send UTF-8 JSON") from error


async def bounded(request: Request) -> Request:
    """Read the body of a request up to the limit and return a request that carries it."""
    declared = request.headers.get("content-length", "")
    too_large = _RefusedError(413, TOO_COMPLEX, f"the request is larger than {MAX_BODY} bytes", "ask smaller questions")
    if declared.isdigit() and int(declared[:20]) > MAX_BODY:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise too_large
        chunks.append(chunk)
    body = b"".join(chunks)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


class BoundedRouter(StreamingRouter):
    """Strawberry's router with the limits of this service."""

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON strictly; a body (which comes as bytes) must be an object."""
        found = strict_json(data)
        if isinstance(data, bytes) and not isinstance(found, dict | list):
            raise _RefusedError(400, BAD_USER_INPUT, "the request is not a JSON object", 'send {"query": "..."}')
        return found

    async def run(self, request: Any, context: Any = None, root_value: Any = None) -> Any:
        """Answer one request."""
        if self.is_websocket_request(request):
            return await self.run_socket(request, context, root_value)
        if (full := self.take_seat(request)) is not None:
            return full
        try:
            return await super().run(request=await bounded(request), context=context, root_value=root_value)
        except _RefusedError as refused:
            return refused.response()
        except HTTPException as error:
            return _RefusedError(
                error.status_code, BAD_USER_INPUT, error.reason, "see the GraphQL over HTTP protocol"
            ).response()
        finally:
            self.give_seat_back(request)

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """Return the answer; its status says it too when whoever asked may not."""
        response = super().create_response(response_data, sub_response)
        response.status_code = status_of(response_data) or response.status_code
        return response

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        """Send the explorer, which loads its files from below the address it was asked at."""
        place = html.escape(request.url.path.rstrip("/"), quote=True)
        headers = {"content-security-policy": PAGE_POLICY}
        # A script element ends at the first "</": JSON may write it as "<\\/".
        question = question_body().replace("</", "<\\/")
        page = _file("index.html").decode().replace("{{base}}", place).replace("{{question}}", question)
        return HTMLResponse(page, headers=headers)


@cache
def _file(name: str) -> bytes:
    return files("downstack.graphql").joinpath("static", name).read_bytes()


async def _static(name: str) -> Response:
    media = STATIC.get(name)
    if media is None:
        return JSONResponse({"detail": "not found"}, status_code=404)
    return Response(_file(name), media_type=media, headers={"cache-control": "public, max-age=3600"})


def graphql_router(
    kg: KnowledgeGraph | GraphHolder,
    *,
    path: str = "/graphql",
    introspection: bool = True,
    cursor_key: bytes | None = None,
    services: Services | None = None,
    allowed_origins: Collection[str] = (),
) -> APIRouter:
    """Return a router to include into a FastAPI application of your own.

    Parameters
    ----------
    kg
        The graph to serve, or a holder whose graph may be swapped while serving.
    path
        Where to serve it.
    introspection
        Whether clients may ask for the schema; without it there is no explorer page and no hint at near names of fields.
    cursor_key
        The key of page cursors; replicas that serve the same clients need the same one. Random unless given.
    services
        Who may ask, how the store is changed, how many may subscribe; everybody may read, and nobody may change anything,
        unless given. Its holder is the one that is served.
    allowed_origins
        Other origins whose pages may open a WebSocket.
    """
    holder = kg if isinstance(kg, GraphHolder) else GraphHolder(kg)
    shared = Services(holder) if services is None else services
    signer = CursorSigner(cursor_key)

    # Coroutines, so that FastAPI does not hop to a thread for them.
    async def context() -> Context:
        return Context(holder.served, signer, shared)

    router = APIRouter()
    if introspection:
        router.add_api_route(f"{path}/static/{{name}}", _static, methods=["GET"], include_in_schema=False)
    router.include_router(
        BoundedRouter(
            build_schema(introspection),
            path=path,
            graphql_ide="graphiql" if introspection else None,
            context_getter=context,
            services=shared,
            allowed_origins=allowed_origins,
            include_in_schema=False,
        )
    )
    return router
