"""The page at ``/docs``: what the service answers at which address."""

from __future__ import annotations

import html
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.routing import Match

if TYPE_CHECKING:
    from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class Door:
    """One address."""

    path: str
    methods: str
    what: str


DOORS = (
    Door("/", "GET", "What is loaded, and a question to start from."),
    Door(
        "/graphql", "GET, POST", "GraphQL over HTTP; a browser gets the explorer with the documentation of the schema."
    ),
    Door("/sparql", "GET, POST", "SPARQL 1.1 queries, read only."),
    Door("/mcp", "POST", "The Model Context Protocol, for assistants."),
    Door("/healthz", "GET", "200 while the process lives; costs nothing."),
    Door("/readyz", "GET", "200 with the graph version while requests should come here, 503 while it drains."),
    Door("/metrics", "GET", "Latency, cost, errors, caches, graph version and memory, for Prometheus."),
    Door("/docs", "GET", "This page."),
)
"""All that there can be; the page lists those that an application has."""


def doors_page(app: FastAPI) -> str:
    """Return the page of an application."""
    rows = "\n".join(
        f"<tr><th><code>{html.escape(door.path)}</code></th><td>{door.methods}</td><td>{html.escape(door.what)}</td></tr>"
        for door in DOORS
        if is_open(app, door.path)
    )
    page = files("downstack.server").joinpath("static", "docs.html").read_text(encoding="utf-8")
    return page.replace("{{doors}}", rows)


def is_open(app: FastAPI, path: str) -> bool:
    """Return whether an application answers at a path."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is not Match.NONE for route in app.routes)
