"""Listening: on this machine only, unless told to be public."""

from __future__ import annotations

import ipaddress
import logging.config
import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from downstack.access import Access
from downstack.access.hosts import LOCAL_NAMES
from downstack.editing import Writer
from downstack.errors import DownstackError, UserInputError
from downstack.garbage import paused_collection, settle, share_one_area
from downstack.graph.ahead import Ahead
from downstack.graph.sparql.limits import QueryLimits
from downstack.graphql.streams import StreamLimits
from downstack.kg import KnowledgeGraph
from downstack.server.app import create_app
from downstack.server.aside import open_aside
from downstack.server.draining import drain_on_signals, without_echo
from downstack.server.logs import log_config
from downstack.server.patience import PatientProtocol
from downstack.server.protection import guards_of, rate_of
from downstack.server.settings import Settings
from downstack.server.telemetry import provider_of
from downstack.server.workers import check_workers, run_workers

WORKER = "downstack.server.workers:worker"
"""Makes the application of one of several workers, without a writer."""
WORKER_SILENCE_SECONDS = 30
"""How long a worker may not answer its parent before it is replaced; one that dies while it starts is missed as late."""


def is_loopback(host: str) -> bool:
    """Return whether an address is reachable from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_host(host: str, *, public_read_only: bool, guarded: bool = False) -> None:
    """Refuse to listen beyond this machine by accident.

    Raises
    ------
    UserInputError
        If the host is not loopback, asking needs no token, and the service was not told to be public.
    """
    if not public_read_only and not guarded and not is_loopback(host):
        raise UserInputError(
            f"{host} is reachable from other machines and anybody there could ask",
            field="host",
            hint="give --tokens-file, add --public-read-only if that is meant, or listen on 127.0.0.1",
        )


def socket_options(limits: StreamLimits) -> dict[str, Any]:
    """Return how the server treats connections: with bounds of patience and of messages, and without compression.

    A compressed message can be a thousand times as large as what was sent.
    """
    return {
        "http": PatientProtocol,
        "ws": "websockets-sansio",
        "ws_max_size": 4 * limits.message_bytes,
        "ws_per_message_deflate": False,
    }


def serve(
    settings: Settings | None = None,
    *,
    public_read_only: bool = False,
    kg: KnowledgeGraph | None = None,
    writer: Writer | None = None,
    worker: str = WORKER,
    ahead: Ahead | None = None,
) -> None:
    """Run the service until it is interrupted.

    Parameters
    ----------
    settings
        What to serve and where; from the environment unless given.
    public_read_only
        Let anybody read, also from other machines; with tokens, only changes need one.
    kg
        The graph to serve; opened from the settings' store unless given. Several workers each open the store.
    writer
        Changes the settings' store; nothing can be changed unless given.
    worker
        What makes the application of each of several workers, as ``module:function``; they do not get `writer`.
    ahead
        Another process that reads the bundled knowledge already; ended where the settings name a store or several workers.

    Raises
    ------
    DownstackError
        If the settings are refused, the store cannot be loaded, or the address cannot be listened on.
    """
    chosen = Settings.from_environment() if settings is None else settings
    if public_read_only:
        chosen = replace(chosen, public_read_only=True)
    access = Access.of(chosen.access, public_read=chosen.public_read_only)
    with nullcontext() if ahead is None else ahead:
        check_host(chosen.host, public_read_only=chosen.public_read_only, guarded=access.guarded)
        check_workers(chosen)
        app = None if chosen.workers > 1 else _logging_app(chosen, kg, access, writer, ahead)
    if app is None:
        run_workers(chosen, _config(chosen, worker))
        return
    server = uvicorn.Server(_config(chosen, lambda: _draining(app, chosen)))
    try:
        with without_echo():
            server.run()
    except SystemExit as error:
        # How uvicorn says that it cannot listen there.
        raise DownstackError("the service could not start", hint="the log above says why") from error


def application(settings: Settings, writer: Writer | None = None, shared: Path | None = None) -> FastAPI:
    """Return the application of a process that uvicorn has started, in its event loop.

    Parameters
    ----------
    settings, writer
        As of the service.
    shared
        The folder that it shares with the others.
    """
    share_one_area()
    access = Access.of(settings.access, public_read=settings.public_read_only)
    with paused_collection(lasting=True):
        app = _create(settings, None, access, writer, shared)
    return _draining(app, settings)


def _logging_app(
    settings: Settings, kg: KnowledgeGraph | None, access: Access, writer: Writer | None, ahead: Ahead | None
) -> FastAPI:
    share_one_area()
    logging.config.dictConfig(log_config(settings.log_format, settings.log_level))
    with paused_collection(lasting=True):
        if kg is None and ahead is not None and settings.store is None:
            kg = KnowledgeGraph.from_ahead(ahead)
        return _create(settings, kg, access, writer)


def _create(
    settings: Settings,
    kg: KnowledgeGraph | None,
    access: Access,
    writer: Writer | None,
    shared: Path | None = None,
) -> FastAPI:
    name = f"[{settings.host.strip('[]')}]" if ":" in settings.host else settings.host
    app = create_app(
        kg,
        store=settings.store,
        introspection=settings.introspection and not settings.production,
        cors_origins=settings.cors_origins,
        cursor_key=settings.cursor_key,
        hosts=(*LOCAL_NAMES, name) if is_loopback(settings.host) else None,
        trusted_proxies=settings.trusted_proxies,
        sparql=QueryLimits(
            seconds=settings.deadline_seconds, answer=settings.sparql_max_bytes, workers=settings.sparql_workers
        ),
        tracer_provider=provider_of(),
        access=access,
        writer=writer,
        streams=settings.streams,
        guards=guards_of(settings),
        rate_limit=rate_of(settings),
        shared=shared,
        mcp=settings.mcp,
        opened=open_aside,
    )
    app.state.graph.after_swap(settle)
    return app


def _draining(app: FastAPI, settings: Settings) -> FastAPI:
    drain_on_signals(app.state.readiness, settings.drain_seconds, settings.grace_seconds)
    return app


def _config(settings: Settings, app: str | Callable[[], FastAPI]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=True,
        host=settings.host.strip("[]"),
        port=settings.port,
        workers=settings.workers,
        log_config=log_config(settings.log_format, settings.log_level),
        log_level=settings.log_level,
        access_log=False,
        # The application does this itself, so that it also knows which proxy it was.
        proxy_headers=False,
        server_header=False,
        # A worker answers its parent once Python has read the modules, which a busy machine takes its time for.
        timeout_worker_healthcheck=WORKER_SILENCE_SECONDS,
        timeout_graceful_shutdown=math.ceil(settings.grace_seconds),
        **socket_options(settings.streams),
    )
