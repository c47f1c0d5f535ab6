"""The command that puts scenarios side by side."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from downstack.cli.comparison_tables import print_comparison
from downstack.cli.options import AsJson, AsOf, Samples, Store, Where, errors
from downstack.cli.reading import read_scenarios, read_where
from downstack.wire.answers import dump
from downstack.wire.comparison import comparison_json


def compare(
    scenario: Annotated[
        list[str],
        typer.Option(
            "--scenario",
            metavar="NAME=CHANGE[,CHANGE...]",
            help="A scenario: its name, then its changes as impact takes them. Once for each.",
            show_default=False,
        ),
    ],
    target: Annotated[
        list[str], typer.Option("--target", metavar="QUANTITY", help="What to compare them in.", show_default=False)
    ],
    where: Where = None,
    samples: Samples = 0,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Put scenarios side by side, against the same base and on the same draws."""
    scenarios, selection = read_scenarios(scenario), read_where(where or [])
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        report = KnowledgeGraph.open(store).compare(scenarios, target, selection, as_of, samples)
        if as_json:
            sys.stdout.write(dump(comparison_json(report)) + "\n")
        else:
            print_comparison(Console(), report)
