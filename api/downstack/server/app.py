"""The application: landing page, GraphQL, health."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from downstack.graphql.context import GraphHolder
from downstack.graphql.http import graphql_router
from downstack.kg import KnowledgeGraph
from downstack.server.headers import KnownHosts, SecurityHeaders
from downstack.server.landing import landing_page, landing_style
from downstack.server.watch import StoreWatch, WatchStore


def create_app(
    kg: KnowledgeGraph | None = None,
    *,
    store: str | None = None,
    introspection: bool = True,
    cors_origins: Collection[str] = (),
    cursor_key: bytes | None = None,
    hosts: Collection[str] | None = None,
) -> FastAPI:
    """Return the service as an ASGI application.

    Parameters
    ----------
    kg
        The graph to serve; opened from `store` unless given. ``app.state.graph.swap(other)`` replaces it while serving.
    store
        A store, or a folder or file of Turtle; the bundled knowledge unless given. Of a store with releases the newest is served, also
        when it is made while serving; ``app.state.watch.look()`` asks for it.
    introspection
        Whether clients may ask for the schema; without it there is no explorer page.
    cors_origins
        Origins whose pages may ask this service.
    cursor_key
        The key of page cursors; random unless given.
    hosts
        The host names that requests may be for; any unless given.

    Raises
    ------
    KnowledgeError
        If the store cannot be loaded.
    """
    holder = GraphHolder(KnowledgeGraph.open(store) if kg is None else kg)
    # The generated pages of FastAPI load scripts from another host; this service has its own explorer.
    app = FastAPI(title="downstack", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.graph = holder
    if kg is None and store is not None:
        app.state.watch = StoreWatch(holder, store)

    async def home(request: Request) -> Response:
        base = str(request.scope.get("root_path", "")).rstrip("/")
        return HTMLResponse(landing_page(holder.served.kg.info, base, introspection))

    async def style() -> Response:
        return Response(landing_style(), media_type="text/css", headers={"cache-control": "public, max-age=3600"})

    async def health() -> Response:
        return PlainTextResponse("ok\n")

    async def ready() -> Response:
        answer = {"status": "ready", "graphVersion": holder.served.kg.version}
        watch: StoreWatch | None = getattr(app.state, "watch", None)
        trouble = None if watch is None else watch.trouble
        if trouble is not None:
            # Still an answer of success: whoever took this replica out of service would take out all of them. What exactly
            # is wrong stands in the log: it may name addresses and paths.
            answer |= {"status": "degraded", "reason": "the store cannot be read", "since": trouble.since}
        return JSONResponse(answer)

    for path, handler in (("/", home), ("/landing.css", style), ("/healthz", health), ("/readyz", ready)):
        app.add_api_route(path, handler, methods=["GET"], response_model=None)
    app.include_router(graphql_router(holder, introspection=introspection, cursor_key=cursor_key))
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["content-type"],
        )
    if hosts is not None:
        app.add_middleware(KnownHosts, hosts=hosts)
    app.add_middleware(SecurityHeaders)
    if kg is None and store is not None:
        app.add_middleware(WatchStore, watch=app.state.watch)
    return app
