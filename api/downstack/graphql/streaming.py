"""Subscriptions: WebSockets in the protocol graphql-transport-ws, and event streams in that of graphql-sse.

Both say who asks, in the header; a WebSocket may also say it in its first message, because browsers cannot send a header with
one. A page of another origin is refused, and so is a connection too many. The older protocol graphql-ws is not spoken.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import GraphQLRouter
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from downstack.access.middleware import refusal
from downstack.errors import AccessError, UnavailableError
from downstack.graphql.context import Context, Services
from downstack.graphql.socket import CUT_OFF, BoundedSocket, CheckedHandler
from downstack.graphql.streams import Seat

PROTOCOLS = (GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL)
_SEAT = "downstack.seat"
_LIMITS = "downstack.limits"
_BEARER = re.compile(r"(?:bearer[ ]+)?([\x21-\x7e]+)", re.IGNORECASE)


class EventStream(StreamingResponse):
    """An answer that stays open, and gives its place back when it ends, however it ends; who does not read it is cut off."""

    def __init__(self, content: AsyncIterator[str], seat: Seat | None, patience: float, **options: Any) -> None:
        super().__init__(content, **options)
        self._seat = seat
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(self._patience):
                await send(message)

        try:
            # Starlette takes the end of patience for the end of the connection, as every OSError.
            with suppress(ClientDisconnect, TimeoutError):
                await super().__call__(scope, receive, send_in_time)
        finally:
            if self._seat is not None:
                self._seat.leave()


class StreamingRouter(GraphQLRouter[Context, None]):
    """Strawberry's router with bounded subscriptions."""

    websocket_adapter_class = BoundedSocket
    graphql_transport_ws_handler_class = CheckedHandler

    def __init__(
        self, schema: BaseSchema, *, services: Services, allowed_origins: Collection[str] = (), **options: Any
    ) -> None:
        limits = services.streams.limits
        super().__init__(
            schema,
            subscription_protocols=PROTOCOLS,
            connection_init_wait_timeout=timedelta(seconds=limits.init_seconds),
            max_subscriptions_per_connection=limits.per_connection,
            allowed_origins=tuple(allowed_origins),
            **options,
        )
        self._services = services

    async def run_socket(self, socket: WebSocket, context: Any, root_value: Any) -> Any:
        """Serve a WebSocket until it ends."""
        if not self._check_websocket_origin(socket):
            return await self.reject_websocket(socket)
        try:
            seat = self._services.streams.enter(client_of(socket))
        except UnavailableError as error:
            return await _deny(socket, refusal(error))
        socket.scope[_SEAT], socket.scope[_LIMITS] = seat, self._services.streams.limits
        try:
            return await super().run(request=socket, context=context, root_value=root_value)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if CUT_OFF not in socket.scope or task is None:
                raise
            # It was this connection that gave up its own reader; the server ends what is left of it.
            task.uncancel()
            return socket
        finally:
            seat.leave()

    def take_seat(self, request: Request) -> Response | None:
        """Take a place for a request that wants an event stream; return the refusal when there is none."""
        if self._get_stream_transport_from_headers(request.headers) is not None:
            try:
                request.scope[_SEAT] = self._services.streams.enter(client_of(request))
            except UnavailableError as error:
                return refusal(error)
        return None

    async def create_streaming_response(
        self,
        request: Request,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        """Return the answer that stays open."""
        patience = self._services.streams.limits.send_seconds
        return EventStream(stream(), request.scope.pop(_SEAT, None), patience, headers=dict(headers))

    def give_seat_back(self, request: Request) -> None:
        """Give the place of a request back that got no event stream."""
        seat = request.scope.pop(_SEAT, None)
        if seat is not None:
            seat.leave()

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Find out who opened a WebSocket, from its first message or from its header."""
        socket, access = context.request, self._services.access
        try:
            credential = credential_in(context.connection_params)
            if socket is not None and credential is not None and access.knows_anybody:
                principal = await access.identify(credential)
                socket.scope.setdefault("state", {})["principal"] = principal
                socket.scope[_SEAT].move(client_of(socket))
            access.check_read(context.principal)
        except (AccessError, UnavailableError) as error:
            raise ConnectionRejectionError from error
        return cast("UnsetType", UNSET)


def credential_in(payload: object) -> str | None:
    """Return the token in the payload of ``connection_init``: ``{"authorization": "Bearer TOKEN"}``, as clients write it."""
    if not isinstance(payload, dict):
        return None
    for name, value in payload.items():
        if isinstance(name, str) and name.lower() == "authorization":
            found = _BEARER.fullmatch(value.strip()) if isinstance(value, str) else None
            # Something that is no token is refused as one, and not taken for none.
            return "" if found is None else found[1]
    return None


def client_of(connection: HTTPConnection) -> str:
    """Return for whom a connection is counted: a name where there is a token, otherwise an address."""
    principal = connection.scope.get("state", {}).get("principal")
    if principal is not None:
        return f"name {principal.name}"
    return f"address {connection.client.host if connection.client else ''}"


async def _deny(socket: WebSocket, response: Response) -> None:
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(response)
    else:
        await socket.close(1008)
