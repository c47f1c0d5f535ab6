"""Who asks: the other end of the connection, unless that is a proxy that the operator trusts to say for whom it asks."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from downstack.errors import UserInputError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Proxies:
    """The addresses and networks of proxies."""

    def __init__(self, trusted: Collection[str] = ()) -> None:
        self._networks = tuple(_network(item) for item in trusted)
        self.trusted = tuple(str(network) for network in self._networks)

    def trusts(self, scope: Scope) -> bool:
        """Return whether the other end of a connection is one of them."""
        if not self._networks:
            return False
        try:
            peer = ipaddress.ip_address(_host(scope))
        except ValueError:
            return False
        return any(peer in network for network in self._networks)

    def client(self, scope: Scope) -> str:
        """Return the address of who asks, as far as that is known."""
        return _host(scope)[:64]


class ForwardedBy:
    """Puts the client that a trusted proxy names in the place of the proxy; what others say of it is not looked at."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app = app
        self._forwarded: ASGIApp = app
        if proxies.trusted:
            # uvicorn and Starlette each write down the types of ASGI in their own words.
            self._forwarded = cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", app), list(proxies.trusted)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        await self._forwarded(scope, receive, send)


def _host(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise UserInputError(
            f"{text[:80]!r} is no address of a proxy",
            field="DOWNSTACK_TRUSTED_PROXIES",
            hint="name addresses or networks, separated by commas: 10.0.0.5, 10.1.0.0/16",
        ) from error
