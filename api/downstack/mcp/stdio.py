"""The tools for one client that starts this process and speaks with it over standard input and output."""

from __future__ import annotations

import asyncio

from downstack.graphql.cursors import CursorSigner
from downstack.graphql.guards import Guards
from downstack.graphql.workers import Workers
from downstack.kg import KnowledgeGraph
from downstack.mcp.calls import Calls
from downstack.mcp.sdk import check_sdk


def serve_stdio(kg: KnowledgeGraph, guards: Guards | None = None) -> None:
    """Answer until standard input is closed.

    Parameters
    ----------
    kg
        The graph.
    guards
        The bounds of questions, answers and time; those of a service unless given.

    Raises
    ------
    UnavailableError
        If the SDK is not installed.
    """
    check_sdk()
    from downstack.mcp.protocol import answer_stdio, build_server

    bounds = guards or Guards()
    workers = Workers(bounds.threads, bounds.waiting)
    try:
        asyncio.run(answer_stdio(build_server(Calls(lambda: kg, bounds, workers, CursorSigner()))))
    finally:
        workers.close()
