"""Listening: on this machine only, unless told to be public."""

from __future__ import annotations

import ipaddress

import uvicorn

from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.server.app import create_app
from downstack.server.protection import guards_of, rate_of
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


def check_host(host: str, *, public_read_only: bool) -> None:
    """Refuse to listen beyond this machine by accident.

    Raises
    ------
    UserInputError
        If the host is not loopback and the service was not told to be public.
    """
    if not public_read_only and not is_loopback(host):
        raise UserInputError(
            f"{host} is reachable from other machines and anybody there could ask",
            field="host",
            hint="add --public-read-only if that is meant, or listen on 127.0.0.1",
        )


def serve(
    settings: Settings | None = None, *, public_read_only: bool = False, kg: KnowledgeGraph | None = None
) -> None:
    """Run the service until it is interrupted.

    Parameters
    ----------
    settings
        What to serve and where; from the environment unless given.
    public_read_only
        Listen on addresses that other machines reach.
    kg
        The graph to serve; opened from the settings' store unless given.
    """
    chosen = Settings.from_environment() if settings is None else settings
    check_host(chosen.host, public_read_only=public_read_only)
    name = f"[{chosen.host.strip('[]')}]" if ":" in chosen.host else chosen.host
    app = create_app(
        kg,
        store=chosen.store,
        introspection=chosen.introspection and not chosen.production,
        cors_origins=chosen.cors_origins,
        cursor_key=chosen.cursor_key,
        hosts=(*LOCAL_NAMES, name) if is_loopback(chosen.host) else None,
        guards=guards_of(chosen),
        rate_limit=rate_of(chosen),
    )
    uvicorn.run(app, host=chosen.host.strip("[]"), port=chosen.port, log_level="info", server_header=False)
