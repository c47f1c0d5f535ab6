"""The commands. Exit status: 0 answered, 1 the answer failed, 2 the command line cannot be read.

Answers go to standard output, errors to standard error; with ``--json`` standard output holds one JSON document.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated, Literal

import typer
from rich.console import Console

from downstack.cli.assistant import mcp
from downstack.cli.comparison import compare
from downstack.cli.dependencies import dependencies, paths
from downstack.cli.deployments import deployments
from downstack.cli.evaluation import evaluate
from downstack.cli.exporting import export
from downstack.cli.goals import sensitivity, solve
from downstack.cli.journey import journey
from downstack.cli.loading import load, store_writer
from downstack.cli.options import AsJson, AsOf, Samples, Store, Where, errors
from downstack.cli.progress import progress_bar
from downstack.cli.querying import query
from downstack.cli.reading import read_changes, read_where
from downstack.cli.releases import diff, releases
from downstack.cli.shock import shock
from downstack.cli.sparql import sparql
from downstack.cli.storing import backup, copy, restore
from downstack.cli.tables import print_impact
from downstack.cli.tokens import tokens
from downstack.cli.trees import print_value
from downstack.cli.validating import validate
from downstack.wire.answers import dump, impact_json, value_json

app = typer.Typer(
    name="downstack",
    help="The AI industry as a computable knowledge graph: what a change does, by how much, and how we know.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def impact(
    change: Annotated[
        list[str],
        typer.Argument(
            metavar="CHANGE",
            help="ENTITY.QUANTITY=VALUE; VALUE is x1.4, +40%, -30%, +0.8TB/s or 4.8TB/s.",
            show_default=False,
        ),
    ],
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="QUANTITY", help="Report this; all that is reached at first."),
    ] = None,
    where: Where = None,
    samples: Samples = 0,
    flows: Annotated[bool, typer.Option("--flows", help="Say how each change came about.")] = False,
    profile: Annotated[
        int | None,
        typer.Option(
            "--profile", metavar="MONTHS", help="Follow each change month by month where something acts late."
        ),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Say what a change does, layer by layer."""
    changes, selection = read_changes(change), read_where(where or [])
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        kg = KnowledgeGraph.open(store)
        with progress_bar("samples", quiet=as_json or not samples) as progress:
            report = kg.impact(changes, target or None, selection, samples, as_of, progress)
        if as_json:
            sys.stdout.write(dump(impact_json(report, flows=flows, profile=profile)) + "\n")
        else:
            print_impact(Console(), report, flows=flows, profile=profile)


@app.command()
def explain(
    reference: Annotated[
        str,
        typer.Argument(
            metavar="ENTITY.QUANTITY", help="The number; a quantity alone with --where.", show_default=False
        ),
    ],
    where: Where = None,
    samples: Samples = 0,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Say where a number comes from: formulas, inputs, facts, sources."""
    selection = read_where(where or [])
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        report = KnowledgeGraph.open(store).explain(reference, selection, as_of, samples)
        if as_json:
            sys.stdout.write(dump(value_json(report)) + "\n")
        else:
            print_value(Console(), report)


app.command()(export)
app.command()(load)
app.command()(releases)
app.command()(diff)
app.command()(copy)
app.command()(backup)
app.command()(restore)
app.command()(sensitivity)
app.command()(solve)
app.command()(evaluate)
app.command()(compare)
app.command()(shock)
app.command()(journey)
app.command()(deployments)
app.command()(dependencies)
app.command()(paths)
app.command()(sparql)
app.command()(validate)
app.command()(query)
app.command()(mcp)
app.add_typer(tokens)


@app.command()
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
    with errors(as_json):
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
        )


def main() -> None:
    """Run the command line."""
    app()
