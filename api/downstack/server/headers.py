"""Headers that keep a browser from doing with an answer what it was not meant for, and the check of the Host header."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from downstack.access.hosts import host_name

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""For every answer without a policy of its own: nothing is loaded from another host, no script runs."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


_RAW = [(name.encode(), value.encode()) for name, value in {"content-security-policy": POLICY, **HEADERS}.items()]
"""As they are sent: every answer has them, so they are put together once."""


class SecurityHeaders:
    """Adds the headers to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the headers of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {name for name, _ in headers}
                message["headers"] = headers + [item for item in _RAW if item[0] not in there]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class KnownHosts:
    """Refuses requests for other host names.

    A page of any site can give a name of its own the address 127.0.0.1 and so read a service on this machine; the
    browser then sends that name as Host.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when its host is known."""
        if (
            scope["type"] in ("http", "websocket")
            and host_name(Headers(scope=scope).get("host", "")) not in self._hosts
        ):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await PlainTextResponse("unknown host\n", status_code=400)(scope, receive, send)
            return
        await self._app(scope, receive, send)
