"""GraphQL over HTTP: a bounded body, strict JSON, the GraphiQL page from this server's own files."""

from __future__ import annotations

import html
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cross_web import HTTPException
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from downstack.graphql.context import Context, GraphHolder, Services
from downstack.graphql.cursors import CursorSigner
from downstack.graphql.endpoint import GraphQLOverHTTP
from downstack.graphql.errors import BAD_USER_INPUT, status_of
from downstack.graphql.guards import Guards
from downstack.graphql.negotiation import EVENTS, accepts
from downstack.graphql.observing import observe_error
from downstack.graphql.question import question_body
from downstack.graphql.request import DisconnectedError, RefusedError, header, read_body, strict_json
from downstack.graphql.schema import build_schema
from downstack.graphql.streaming import StreamingRouter
from downstack.graphql.workers import Workers
from downstack.kg import KnowledgeGraph

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


class BoundedRouter(StreamingRouter):
    """Strawberry's router, which keeps what is not one request with one answer: WebSockets and event streams."""

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON strictly; a body (which comes as bytes) must be an object."""
        found = strict_json(data)
        if isinstance(data, bytes) and not isinstance(found, dict | list):
            raise RefusedError(400, BAD_USER_INPUT, "the request is not a JSON object", 'send {"query": "..."}')
        return found

    async def run(self, request: Any, context: Any = None, root_value: Any = None) -> Any:
        """Answer one request."""
        if self.is_websocket_request(request):
            return await self.run_socket(request, context, root_value)
        if (full := self.take_seat(request)) is not None:
            return full
        try:
            return await super().run(request=request, context=context, root_value=root_value)
        except RefusedError as refused:
            return _response(refused)
        except HTTPException as error:
            hint = "see the GraphQL over HTTP protocol"
            return _response(RefusedError(error.status_code, BAD_USER_INPUT, error.reason, hint))
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
        headers = {"content-security-policy": PAGE_POLICY, "vary": "accept"}
        # A script element ends at the first "</": JSON may write it as "<\\/".
        question = question_body().replace("</", "<\\/")
        page = _file("index.html").decode().replace("{{base}}", place).replace("{{question}}", question)
        return HTMLResponse(page, headers=headers)


def _response(refused: RefusedError) -> Response:
    observe_error(refused.code)
    return JSONResponse({"errors": [refused.error]}, status_code=refused.status)


@cache
def _file(name: str) -> bytes:
    return files("downstack.graphql").joinpath("static", name).read_bytes()


async def _static(name: str) -> Response:
    media = STATIC.get(name)
    if media is None:
        return JSONResponse({"detail": "not found"}, status_code=404)
    return Response(_file(name), media_type=media, headers={"cache-control": "public, max-age=3600"})


@dataclass(frozen=True, slots=True)
class GraphQLDoor:
    """GraphQL at one path of an application."""

    path: str
    router: APIRouter
    """Everything: the endpoint, the explorer and its files, WebSockets and streams."""
    endpoint: ASGIApp
    """What answers one request with one answer."""
    streams: Callable[[Scope], bool]
    """Tells whether a request asks for a stream of answers, which only the router has."""


def graphql_router(
    kg: KnowledgeGraph | GraphHolder,
    *,
    path: str = "/graphql",
    introspection: bool = True,
    cursor_key: bytes | None = None,
    services: Services | None = None,
    allowed_origins: Collection[str] = (),
    guards: Guards | None = None,
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
    guards
        The bounds of requests, answers and time; :class:`Guards` says which there are.
    """
    holder = kg if isinstance(kg, GraphHolder) else GraphHolder(kg)
    return graphql_door(
        holder,
        path=path,
        introspection=introspection,
        cursor_key=cursor_key,
        services=services,
        allowed_origins=allowed_origins,
        guards=guards,
    ).router


def graphql_door(
    holder: GraphHolder,
    *,
    path: str = "/graphql",
    introspection: bool = True,
    cursor_key: bytes | None = None,
    services: Services | None = None,
    allowed_origins: Collection[str] = (),
    guards: Guards | None = None,
    workers: Workers | None = None,
) -> GraphQLDoor:
    """Return what :func:`graphql_router` does, with its parts at hand; other doors may share its threads."""
    signer = CursorSigner(cursor_key)
    schema = build_schema(introspection)
    bounds = guards or Guards()
    shared = services or Services(
        holder, deadline_seconds=bounds.deadline_seconds, response_bytes=bounds.response_bytes
    )

    def context_of(scope: Scope) -> Context:
        made = Context(holder.served, signer, shared)
        made.request = Request(scope)
        return made

    # A coroutine, so that FastAPI does not hop to a thread for it.
    async def context() -> Context:
        return Context(holder.served, signer, shared)

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await (await others.render_graphql_ide(Request(scope)))(scope, receive, send)

    def streams(scope: Scope) -> bool:
        return accepts(header(scope, b"accept"), EVENTS)

    endpoint = GraphQLOverHTTP(schema, context_of, bounds, page if introspection else None, workers)

    class Answering(APIRoute):
        """Hands a request to the endpoint, unless it asks for a stream."""

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            if streams(scope):
                await super().handle(scope, Replayed(scope, receive, bounds.request_bytes), send)
            else:
                await endpoint(scope, receive, send)

    others = BoundedRouter(
        schema,
        path=path,
        graphql_ide="graphiql" if introspection else None,
        context_getter=context,
        services=shared,
        allowed_origins=allowed_origins,
        include_in_schema=False,
        route_class=Answering,
    )
    router = APIRouter()
    if introspection:
        router.add_api_route(f"{path}/static/{{name}}", _static, methods=["GET"], include_in_schema=False)
    router.include_router(others)
    return GraphQLDoor(path, router, endpoint, streams)


class Replayed:
    """The messages of a request whose body is bounded."""

    def __init__(self, scope: Scope, receive: Receive, most: int) -> None:
        self._scope, self._receive, self._most = scope, receive, most
        self._read = False

    async def __call__(self) -> Message:
        """Return the whole body first, then what else comes."""
        if self._read:
            return await self._receive()
        self._read = True
        try:
            body = await read_body(self._scope, self._receive, self._most)
        except DisconnectedError:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": body, "more_body": False}
