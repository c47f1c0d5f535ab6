"""Who asks is found out before anything else: what that leaves open, and how it is put in front of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from downstack.access import OPEN, Access
from downstack.access.middleware import Authentication, route_path
from downstack.graphql.request import asks_for_page

if TYPE_CHECKING:
    from starlette.types import Scope

PAGES = ("/landing.css", "/graphql/static/")
"""Files that are the same for everybody and hold nothing of the graph."""


def is_explorer(scope: Scope) -> bool:
    """Return whether a request is for the page of the explorer, which holds no data and sends a token with its questions."""
    return scope["type"] == "http" and route_path(scope) == "/graphql" and asks_for_page(scope)


def guard(app: FastAPI, access: Access) -> None:
    """Put the check in front of everything that the application answers; what is added after it stands before it."""
    app.add_middleware(Authentication, access=access, opened=(*OPEN, *PAGES), is_page=is_explorer)
