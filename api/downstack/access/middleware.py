"""Finds out who asks, before anything else is done; what nobody opened on purpose is closed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from downstack.access.policy import OPEN, Access, is_open
from downstack.access.principal import Principal
from downstack.errors import AccessError, UnauthenticatedError, UnavailableError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_BEARER = re.compile(r"bearer[ ]+([\x21-\x7e]+)[ ]*", re.IGNORECASE)
CHALLENGE = 'Bearer realm="downstack"'


class Authentication:
    """Puts who asks into ``request.state.principal`` (None for nobody known), or answers that they may not.

    A WebSocket may be opened without a token where a browser opens it, which cannot send one then: the first message
    carries it, and nothing is answered before.

    Parameters
    ----------
    app
        What is guarded.
    access
        Who may do what.
    opened
        Paths that answer without a token; one that ends in a slash means all below it.
    is_page
        Whether a request is for a page that holds no data, and asks for it with a token by itself.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        opened: Collection[str] = OPEN,
        is_page: Callable[[Scope], bool] = lambda scope: False,
    ) -> None:
        self._app = app
        self._access = access
        self._opened = tuple(opened)
        self._is_page = is_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when whoever sends it may read."""
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["principal"] = None
        try:
            principal = state["principal"] = await self._principal(scope)
            later = kind == "websocket" and principal is None
            if not later and not is_open(route_path(scope), self._opened) and not self._is_page(scope):
                self._access.check_read(principal)
        except (AccessError, UnavailableError) as error:
            await _refuse(scope, receive, send, refusal(error))
            return
        await self._app(scope, receive, send)

    async def _principal(self, scope: Scope) -> Principal | None:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if not given or not self._access.knows_anybody:
            return None
        found = _BEARER.fullmatch(given[0].decode("latin-1")) if len(given) == 1 else None
        if found is None:
            raise UnauthenticatedError(
                "the header authorization is not understood", hint="send it once, as: authorization: Bearer TOKEN"
            )
        return await self._access.identify(found[1])


def route_path(scope: Scope) -> str:
    """Return the path of a request below the address that the application is mounted at."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if root and path.startswith(root + "/") else path


def refusal(error: AccessError | UnavailableError) -> Response:
    """Return the answer to who may not, as GraphQL writes errors."""
    extensions: dict[str, Any] = {"code": error.code}
    if error.hint:
        extensions["hint"] = error.hint
    headers = {"cache-control": "no-store"}
    if error.status == 401:
        headers["www-authenticate"] = CHALLENGE
    body = {"data": None, "errors": [{"message": error.message, "extensions": extensions}]}
    return JSONResponse(body, status_code=error.status, headers=headers)


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    if scope["type"] == "http":
        await response(scope, receive, send)
    elif "websocket.http.response" in scope.get("extensions", {}):
        await response({**scope, "type": "websocket"}, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008})
