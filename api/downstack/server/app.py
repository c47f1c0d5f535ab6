"""The application: landing page, GraphQL, SPARQL, and what operators ask."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from downstack.access import Access
from downstack.access.hosts import LOCAL_NAMES
from downstack.editing import Writer
from downstack.graph.sparql.limits import QueryLimits
from downstack.graphql.context import GraphHolder, Services
from downstack.graphql.cursors import CursorSigner
from downstack.graphql.edits import Edits
from downstack.graphql.guards import Guards
from downstack.graphql.http import graphql_door
from downstack.graphql.streams import StreamLimits, Streams
from downstack.graphql.workers import Workers
from downstack.kg import KnowledgeGraph
from downstack.mcp.calls import Calls
from downstack.mcp.door import HEADERS as MCP_HEADERS
from downstack.mcp.door import McpDoor
from downstack.mcp.sdk import has_sdk
from downstack.server.direct import Direct
from downstack.server.entrance import guard
from downstack.server.headers import KnownHosts, SecurityHeaders
from downstack.server.landing import landing_page, landing_style
from downstack.server.operations import NO_TELEMETRY, add_doors, observe
from downstack.server.rate import Buckets, RateLimit, RateLimited, Taking
from downstack.server.watch import StoreWatch, WatchStore
from downstack.sparql.http import sparql_router

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider


def create_app(
    kg: KnowledgeGraph | None = None,
    *,
    store: str | None = None,
    introspection: bool = True,
    cors_origins: Collection[str] = (),
    cursor_key: bytes | None = None,
    hosts: Collection[str] | None = None,
    sparql: QueryLimits | None = None,
    trusted_proxies: Collection[str] = (),
    tracer_provider: TracerProvider | None = None,
    access: Access | None = None,
    writer: Writer | None = None,
    streams: StreamLimits | None = None,
    guards: Guards | None = None,
    rate_limit: RateLimit | None = None,
    shared: Path | None = None,
    mcp: bool = True,
    opened: Callable[[str], KnowledgeGraph] = KnowledgeGraph.open,
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
    sparql
        What a SPARQL query may use; without workers there is no ``/sparql``.
    trusted_proxies
        Addresses and networks of proxies that may say for whom they ask, and name requests and traces.
    tracer_provider
        Where spans of OpenTelemetry go; none are made unless given.
    access
        Who may ask; everybody may read, and nobody may change anything, unless given.
    writer
        Changes the store that is served; nothing can be changed unless given.
    streams
        How many may subscribe, and to how much.
    guards
        The bounds of requests, answers and time.
    rate_limit
        How often one client may ask; as often as it wants unless given.
    shared
        A folder of several processes that are one service: what a client may ask and keep open then holds for all of them together.
    mcp
        Whether there is ``/mcp``, where the SDK of the Model Context Protocol is installed.
    opened
        Opens a release that is newer than what is served.

    Raises
    ------
    KnowledgeError
        If the store cannot be loaded.
    """
    holder = GraphHolder(KnowledgeGraph.open(store) if kg is None else kg)
    # The generated pages of FastAPI load scripts from another host; this service has its own explorer.
    app = FastAPI(title="downstack", docs_url=None, redoc_url=None, openapi_url=None, telemetry=NO_TELEMETRY)
    app.state.graph = holder
    if kg is None and store is not None:
        app.state.watch = StoreWatch(holder, store, opened=opened)
        holder.look = app.state.watch.look

    async def home(request: Request) -> Response:
        base = str(request.scope.get("root_path", "")).rstrip("/")
        return HTMLResponse(landing_page(holder.served.kg.info, base, introspection))

    async def style() -> Response:
        return Response(landing_style(), media_type="text/css", headers={"cache-control": "public, max-age=3600"})

    for path, handler in (("/", home), ("/landing.css", style)):
        app.add_api_route(path, handler, methods=["GET"], response_model=None)
    add_doors(app, holder, documented=introspection)
    if kg is None and store is not None:
        app.state.readiness.may_lag(lambda: app.state.watch.lag())
    if sparql is None or sparql.workers:
        asking = sparql_router(
            lambda: holder.served.kg, limits=sparql, before_swap=holder.before_swap, after_swap=holder.after_swap
        )
        app.include_router(asking)
    access = access or Access()
    edits = Edits(writer, app.state.watch.refresh) if kg is None and store is not None else Edits()
    bounds = guards or Guards()
    services = app.state.services = Services(
        holder,
        access,
        edits,
        _streams(streams, shared),
        draining=lambda: app.state.readiness.draining,
        deadline_seconds=bounds.deadline_seconds,
        response_bytes=bounds.response_bytes,
    )
    workers = Workers(bounds.threads, bounds.waiting)
    door = graphql_door(
        holder,
        introspection=introspection,
        cursor_key=cursor_key,
        services=services,
        allowed_origins=cors_origins,
        guards=bounds,
        workers=workers,
    )
    app.include_router(door.router)
    if mcp and has_sdk():
        calls = Calls(lambda: holder.served.kg, bounds, workers, CursorSigner(cursor_key))
        assistants = McpDoor(calls, bounds.request_bytes, hosts=_hosts(hosts, access), origins=cors_origins)
        app.router.routes.append(Route(assistants.path, assistants))
    app.add_middleware(Direct, door=door)
    if rate_limit is not None:
        app.add_middleware(RateLimited, buckets=_buckets(rate_limit, shared))
    guard(app, access)
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", *MCP_HEADERS],
        )
    if hosts is not None:
        app.add_middleware(KnownHosts, hosts=hosts)
    observe(app, holder, trusted_proxies=trusted_proxies, tracer_provider=tracer_provider)
    app.add_middleware(SecurityHeaders)
    if kg is None and store is not None:
        app.add_middleware(WatchStore, watch=app.state.watch)
    return app


def _streams(limits: StreamLimits | None, shared: Path | None) -> Streams:
    if shared is None:
        return Streams(limits)
    # Needs locks of Unix, which several processes have anyway.
    from downstack.server.shared import SharedStreams

    return SharedStreams(limits, shared)


def _buckets(limit: RateLimit, shared: Path | None) -> Taking:
    if shared is None:
        return Buckets(limit)
    from downstack.server.shared import SharedBuckets

    return SharedBuckets(limit, shared)


def _hosts(hosts: Collection[str] | None, access: Access) -> Collection[str] | None:
    """Return for which hosts assistants may ask; where neither a token is needed nor everybody may read, for this machine."""
    return LOCAL_NAMES if hosts is None and not (access.guarded or access.public_read) else hosts
