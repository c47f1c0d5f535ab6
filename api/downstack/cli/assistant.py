"""The command ``mcp``: the tools for assistants, over standard input and output."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from downstack.cli.options import Store, errors
from downstack.garbage import paused_collection


def mcp(
    store: Store = None,
    deadline: Annotated[
        float | None,
        typer.Option(
            "--deadline", metavar="SECONDS", min=0.01, max=3600.0, help="How long an answer may take; 10 at first."
        ),
    ] = None,
) -> None:
    """Answer an assistant that starts this command: the Model Context Protocol over standard input and output."""
    with errors(False):
        with paused_collection():
            from downstack.kg import KnowledgeGraph
            from downstack.mcp.sdk import check_sdk
            from downstack.mcp.stdio import serve_stdio
            from downstack.server.protection import guards_of
            from downstack.server.settings import Settings

        check_sdk()
        settings = Settings.from_environment()
        if deadline is not None:
            settings = replace(settings, deadline_seconds=deadline)
        serve_stdio(KnowledgeGraph.open(store or settings.store), guards_of(settings))
