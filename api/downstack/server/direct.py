"""The short way to the endpoint that is asked most: past the router of the application, which tries one route after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from downstack.graphql.http import GraphQLDoor


class Direct:
    """Hands the requests of one path to its endpoint; to be added before all other middleware, so that it lies innermost."""

    def __init__(self, app: ASGIApp, door: GraphQLDoor) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, to the endpoint or to the application."""
        door = self._door
        here = scope["type"] == "http" and scope["path"] == scope.get("root_path", "") + door.path
        if here and not door.streams(scope):
            scope["route"] = door
            await door.endpoint(scope, receive, send)
        else:
            await self._app(scope, receive, send)
