"""GraphQL over HTTP: a bounded body, strict JSON, the GraphiQL page from this server's own files."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cross_web import HTTPException
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL

from downstack.graphql.context import Context, GraphHolder
from downstack.graphql.endpoint import GraphQLOverHTTP
from downstack.graphql.guards import Guards
from downstack.graphql.negotiation import EVENTS, accepts
from downstack.graphql.question import question_body
from downstack.graphql.relay import CursorSigner
from downstack.graphql.request import DisconnectedError, RefusedError, header, read_body, strict_json
from downstack.graphql.schema import build_schema
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


class BoundedRouter(GraphQLRouter[Context, None]):
    """Strawberry's router, which keeps what is not one request with one answer: WebSockets and streams."""

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON strictly."""
        try:
            return strict_json(data)
        except RefusedError as refused:
            raise HTTPException(refused.status, refused.message) from refused

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        """Send the explorer, which loads its files from below the address it was asked at."""
        place = html.escape(request.url.path.rstrip("/"), quote=True)
        headers = {"content-security-policy": PAGE_POLICY, "vary": "accept"}
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
    guards
        The bounds of requests, answers and time; :class:`Guards` says which there are.
    """
    holder = kg if isinstance(kg, GraphHolder) else GraphHolder(kg)
    return graphql_door(holder, path=path, introspection=introspection, cursor_key=cursor_key, guards=guards).router


def graphql_door(
    holder: GraphHolder,
    *,
    path: str = "/graphql",
    introspection: bool = True,
    cursor_key: bytes | None = None,
    guards: Guards | None = None,
) -> GraphQLDoor:
    """Return what :func:`graphql_router` does, with its parts at hand."""
    signer = CursorSigner(cursor_key)
    schema = build_schema(introspection)
    bounds = guards or Guards()

    def context_of(scope: Scope) -> Context:
        made = Context(holder.served, signer)
        made.request = Request(scope)
        return made

    # A coroutine, so that FastAPI does not hop to a thread for it.
    async def context() -> Context:
        return Context(holder.served, signer)

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await (await others.render_graphql_ide(Request(scope)))(scope, receive, send)

    def streams(scope: Scope) -> bool:
        return GRAPHQL_SSE_PROTOCOL in others.protocols and accepts(header(scope, b"accept"), EVENTS)

    endpoint = GraphQLOverHTTP(schema, context_of, bounds, page if introspection else None)

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
        subscription_protocols=(),
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
        except RefusedError as refused:
            raise HTTPException(refused.status, refused.message) from refused
        except DisconnectedError:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": body, "more_body": False}
