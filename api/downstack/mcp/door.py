"""Streamable HTTP: the protocol at one path of a service, each request by itself.

There is no session, so that nothing is kept for clients that never come back, and any replica answers. There is no stream from
the server either: it has nothing to say by itself. Both are what the protocol allows (405 to GET and DELETE).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from downstack.access.hosts import host_name
from downstack.graphql.endpoint import until_gone
from downstack.graphql.negotiation import is_json
from downstack.graphql.observing import observe_error
from downstack.graphql.request import DisconnectedError, RefusedError, header, read_body, strict_json

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from downstack.mcp.calls import Calls
    from mcp.server.lowlevel import Server

PATH = "/mcp"
HEADERS = ("mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name")
"""What clients send beside the headers of all doors."""
BAD_USER_INPUT, FORBIDDEN = "BAD_USER_INPUT", "FORBIDDEN"
_PARSE_ERROR, _INVALID_REQUEST = -32700, -32600


class McpDoor:
    """Answers the HTTP requests of one path; an ASGI application.

    Parameters
    ----------
    calls
        Answers calls of tools.
    request_bytes
        The bytes of a request.
    hosts
        The host names that requests may be for; any unless given.
    origins
        Other origins whose pages may ask.
    path
        Where it stands.
    """

    def __init__(
        self,
        calls: Calls,
        request_bytes: int,
        *,
        hosts: Collection[str] | None = None,
        origins: Collection[str] = (),
        path: str = PATH,
    ) -> None:
        self.path = path
        self._calls, self._most = calls, request_bytes
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origin.lower() for origin in origins)
        self._server: Server[dict[str, Any]] | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        # How metrics name it: never by what a client wrote.
        scope["route"] = self
        try:
            self._check(scope)
            body = await read_body(scope, receive, self._most)
        except RefusedError as refused:
            await _refuse(send, refused, _INVALID_REQUEST)
            return
        except DisconnectedError:
            return
        try:
            # The readers of the SDK take more for JSON than its standard has.
            strict_json(body)
        except RefusedError as refused:
            await _refuse(send, refused, _PARSE_ERROR)
            return
        await self._answer(body, scope, receive, send)

    def _check(self, scope: Scope) -> None:
        host, origin = header(scope, b"host").lower(), header(scope, b"origin").lower()
        if self._hosts is not None and host_name(host) not in self._hosts:
            raise RefusedError(
                421, FORBIDDEN, "the host of the request is not known here", "ask 127.0.0.1 or localhost"
            )
        if origin and origin.partition("://")[2] != host and origin not in self._origins:
            raise RefusedError(
                403, FORBIDDEN, "pages of that origin may not ask", "DOWNSTACK_CORS_ORIGINS names those that may"
            )
        if scope["method"] != "POST":
            raise RefusedError(405, BAD_USER_INPUT, "a message is sent by POST", "use POST", {"allow": "POST"})
        if not is_json(header(scope, b"content-type")):
            raise RefusedError(
                415, BAD_USER_INPUT, "a message is sent as application/json", "set the header content-type"
            )

    async def _answer(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        server = self._server
        if server is None:
            server = self._server = await asyncio.to_thread(self._build)
        from downstack.mcp.protocol import answer_http

        gone = asyncio.ensure_future(until_gone(receive))
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed() -> Message:
            if waiting:
                return waiting.pop()
            await asyncio.wait((gone,))
            return {"type": "http.disconnect"}

        answering = asyncio.ensure_future(answer_http(server, self._most, scope, replayed, send))
        try:
            await asyncio.wait((answering, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Whose client is gone is cancelled, and with it what computes for it.
            if not answering.done():
                answering.cancel()
                await asyncio.wait((answering,))
            gone.cancel()
        if not answering.cancelled():
            answering.result()

    def _build(self) -> Server[dict[str, Any]]:
        from downstack.mcp.protocol import build_server

        with self._lock:
            return self._server or build_server(self._calls)


async def _refuse(send: Send, refused: RefusedError, code: int) -> None:
    """Answer as JSON-RPC writes errors."""
    observe_error(refused.code)
    error = {"code": code, "message": refused.message, "data": {"code": refused.code, "hint": refused.hint}}
    body = orjson.dumps({"jsonrpc": "2.0", "id": None, "error": error})
    headers: Mapping[str, str] = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        **refused.headers,
    }
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
