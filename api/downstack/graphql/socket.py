"""One WebSocket that speaks graphql-transport-ws: bounded messages, readers who keep up, and messages that are what they must be."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.async_base_view import AsyncBaseHTTPView
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message

from downstack.graphql.context import Context
from downstack.graphql.streams import StreamLimits

CUT_OFF = "downstack.cut_off"
"""Stands in the scope of a connection whose reader did not take a message in time."""
MAX_ID = 128
"""Characters of the name that a client gives an operation."""
TOO_LARGE = 1009
TOO_MANY = 4429
_TYPES = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})


class BoundedSocket(ASGIWebSocketAdapter):
    """Reads no more than it may, and writes to nobody who does not read."""

    def __init__(
        self, view: AsyncBaseHTTPView[Any, Any, Any, Any, Any, Any, Any], request: WebSocket, response: WebSocket
    ) -> None:
        super().__init__(view, request, response)
        self._limits = cast("StreamLimits", request.scope["downstack.limits"])
        self._reader = asyncio.current_task()
        self._budget = float(self._limits.messages)
        self._counted = time.monotonic()

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Yield the messages of the client, each an object."""
        try:
            while self.ws.application_state != WebSocketState.DISCONNECTED:
                try:
                    text = await self.ws.receive_text()
                except KeyError as error:
                    raise NonTextMessageReceived from error
                if len(text) > self._limits.message_bytes:
                    await self.close(TOO_LARGE, f"Messages may have {self._limits.message_bytes} characters")
                    return
                if not self._within_budget():
                    await self.close(TOO_MANY, "Too many messages")
                    return
                yield _read(text)
        except WebSocketDisconnect:
            pass

    def _within_budget(self) -> bool:
        now = time.monotonic()
        refilled = self._budget + (now - self._counted) * self._limits.messages / 60.0
        self._budget = min(float(self._limits.messages), refilled) - 1.0
        self._counted = now
        return self._budget >= 0.0

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send a message, and cut off whoever does not take it."""
        encoded = self.view.encode_json(message)
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                # The protocol has text, however fast an encoder makes bytes.
                await self.ws.send_text(encoded.decode() if isinstance(encoded, bytes) else encoded)
        except TimeoutError:
            self.ws.scope[CUT_OFF] = True
            if self._reader is not None:
                self._reader.cancel()
            raise WebSocketDisconnected from None
        except (WebSocketDisconnect, RuntimeError) as error:
            # Starlette raises RuntimeError for what is sent after the end of the connection.
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """End the connection, unless it has ended."""
        if self.ws.application_state is WebSocketState.CONNECTED:
            await super().close(code, reason[:120])


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise NonJsonMessageReceived from error
    if not isinstance(found, dict):
        raise NonJsonMessageReceived
    return cast("dict[str, Any]", found)


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large")
    return value


class CheckedHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """Closes a connection whose messages are not those of the protocol, instead of failing at them."""

    async def handle_message(self, message: Message) -> None:
        """Take a message."""
        said = cast("dict[str, Any]", message)
        fault = _fault(said)
        if fault is not None:
            await self.handle_invalid_message(fault)
            return
        await super().handle_message(message)


def _fault(said: Mapping[str, Any]) -> str | None:
    kind = said.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        return "Unknown message type"
    if kind in ("subscribe", "complete"):
        identifier = said.get("id")
        if not isinstance(identifier, str) or not 0 < len(identifier) <= MAX_ID:
            return f"The id must be a text of 1 to {MAX_ID} characters"
    if kind == "subscribe":
        payload = said.get("payload")
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            return "The payload must have a query"
        if not isinstance(payload.get("variables"), dict | None):
            return "The variables must be an object"
        if not isinstance(payload.get("operationName"), str | None):
            return "The operationName must be a text"
    return None
