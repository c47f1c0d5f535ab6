"""The command that runs the service."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Annotated, Literal

import typer

from downstack.cli.options import AsJson, Store, errors
from downstack.garbage import paused_collection
from downstack.graph.ahead import Ahead


def serve(
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on; 127.0.0.1 at first.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="The port; 8000 at first.")] = None,
    store: Store = None,
    tokens_file: Annotated[
        str | None,
        typer.Option("--tokens-file", help="Ask for a token of this file; see `downstack token`.", show_default=False),
    ] = None,
    public_read_only: Annotated[
        bool, typer.Option("--public-read-only", help="Let anybody read, also from other machines.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=64, help="Processes, each with a graph of its own; 1 at first."),
    ] = None,
    log_format: Annotated[
        Literal["text", "json"] | None, typer.Option("--log-format", help="For people, or one object a line.")
    ] = None,
    trusted_documents: Annotated[
        str | None,
        typer.Option("--trusted-documents", metavar="FILE", help="Answer only the queries that this file registers."),
    ] = None,
    production: Annotated[
        bool, typer.Option("--production", help="No schema, no explorer, no near names in errors, and a rate limit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the service: a page at /, GraphQL with its explorer at /graphql, SPARQL at /sparql."""
    # Before the imports: they and the graph take about as long.
    with errors(as_json), nullcontext() if store is not None else Ahead() as ahead:
        with paused_collection():
            from downstack.cli.writing import store_writer
            from downstack.server import serve as run
            from downstack.server.settings import Settings

        given = Settings.from_environment()
        settings = replace(
            given,
            host=host or given.host,
            port=port or given.port,
            store=store or given.store,
            workers=workers or given.workers,
            log_format=log_format or given.log_format,
            trusted_documents=trusted_documents or given.trusted_documents,
            production=production or given.production,
        )
        if tokens_file:
            settings = replace(settings, access=replace(settings.access, tokens_file=tokens_file))
        run(
            settings,
            public_read_only=public_read_only,
            writer=store_writer(settings.store),
            worker="downstack.cli.working:worker",
            ahead=ahead,
        )
