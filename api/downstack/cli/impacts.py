"""The commands that say what a change does, and where a number comes from."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from downstack.cli.options import AsJson, AsOf, Samples, Store, Where, errors
from downstack.cli.progress import progress_bar
from downstack.cli.reading import read_changes, read_where
from downstack.cli.tables import print_impact
from downstack.cli.trees import print_value
from downstack.cli.wire import dump, impact_json, value_json


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
