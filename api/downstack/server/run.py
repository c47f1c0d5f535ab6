"""Listening: on this machine only, unless told to be public."""

from __future__ import annotations

import ipaddress
from typing import Any

import uvicorn

from downstack.access import Access
from downstack.editing import Writer
from downstack.errors import UserInputError
from downstack.graphql.streams import StreamLimits
from downstack.kg import KnowledgeGraph
from downstack.server.app import create_app
from downstack.server.settings import Settings

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


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
    """Return how the server treats WebSockets: bounded before a message is read whole, and without compression.

    A compressed message can be a thousand times as large as what was sent.
    """
    return {
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
) -> None:
    """Run the service until it is interrupted.

    Parameters
    ----------
    settings
        What to serve and where; from the environment unless given.
    public_read_only
        Let anybody read, also from other machines; with tokens, only changes need one.
    kg
        The graph to serve; opened from the settings' store unless given.
    writer
        Changes the settings' store; nothing can be changed unless given.
    """
    chosen = Settings.from_environment() if settings is None else settings
    access = Access.of(chosen.access, public_read=public_read_only)
    check_host(chosen.host, public_read_only=public_read_only, guarded=access.guarded)
    name = f"[{chosen.host.strip('[]')}]" if ":" in chosen.host else chosen.host
    app = create_app(
        kg,
        store=chosen.store,
        introspection=chosen.introspection,
        cors_origins=chosen.cors_origins,
        cursor_key=chosen.cursor_key,
        hosts=(*LOCAL_NAMES, name) if is_loopback(chosen.host) else None,
        access=access,
        writer=writer,
        streams=chosen.streams,
    )
    uvicorn.run(
        app,
        host=chosen.host.strip("[]"),
        port=chosen.port,
        log_level="info",
        server_header=False,
        **socket_options(chosen.streams),
    )
