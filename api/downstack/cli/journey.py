"""The command ``journey``: one prompt from application to silicon."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from downstack.cli.journey_tables import print_journey
from downstack.cli.options import AsJson, AsOf, Samples, Store, errors
from downstack.errors import UnknownNameError
from downstack.results import JourneyReport
from downstack.wire.answers import dump
from downstack.wire.journey import journey_json

WIDTH = 140
"""Columns of the answer where it is not printed on a terminal."""


def journey(
    application: Annotated[
        str, typer.Argument(metavar="APPLICATION", help="Where the prompt is written.", show_default=False)
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="ID", help="Which model answers; one that no source links is a stand-in."),
    ] = None,
    accelerator: Annotated[
        str | None, typer.Option("--accelerator", metavar="ID", help="Which chip: a row for each cloud that rents it.")
    ] = None,
    workload: Annotated[
        str | None, typer.Option("--workload", metavar="ID", help="What a request is: tokens in and out, turns.")
    ] = None,
    offering: Annotated[
        str | None, typer.Option("--offering", metavar="ID", help="The cloud offering to tell layer by layer.")
    ] = None,
    samples: Samples = 0,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Follow one prompt from application to silicon: time, energy, cost and what binds, layer by layer."""
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        report = KnowledgeGraph.open(store).journey(application, model, accelerator, workload, as_of, samples)
        _check(offering, report)
        if as_json:
            sys.stdout.write(dump(journey_json(report)) + "\n")
        else:
            print_journey(Console(width=None if sys.stdout.isatty() else WIDTH), report, offering)


def _check(offering: str | None, report: JourneyReport) -> None:
    known = tuple(dict.fromkeys(item.offering for item in report.routes))
    if offering is not None and offering not in known:
        raise UnknownNameError("offering of this journey", offering, known, field="offering")
