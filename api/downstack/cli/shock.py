"""The command for supply shocks."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from downstack.cli.options import AsJson, Store, errors
from downstack.cli.reading import read_disruptions
from downstack.cli.shock_tables import print_shock
from downstack.wire.answers import dump
from downstack.wire.shock import shock_json


def shock(
    disruption: Annotated[
        list[str],
        typer.Argument(
            metavar="ENTITY=-30%",
            help="What is lost of the output of a place of the supply chain; several belong together.",
            show_default=False,
        ),
    ],
    months: Annotated[int, typer.Option("--months", help="For how long it is lost.")] = 6,
    horizon: Annotated[int, typer.Option("--horizon", help="How many months to look at, up to 120.")] = 24,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="ENTITY", help="Report this place; all that are reached at first."),
    ] = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Say what a supply disruption does, month by month, with three bounds."""
    disruptions = read_disruptions(disruption, months)
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        report = KnowledgeGraph.open(store).shock(disruptions, horizon_months=horizon, targets=target or None)
        if as_json:
            sys.stdout.write(dump(shock_json(report)) + "\n")
        else:
            print_shock(Console(), report)
