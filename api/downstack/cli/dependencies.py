"""The commands for dependence: who depends on whom, and along which ways."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from downstack.cli.dependency_csv import write_dependencies, write_paths
from downstack.cli.dependency_tables import print_dependencies, print_paths
from downstack.cli.options import AsJson, AsOf, Store, errors
from downstack.wire.answers import dump
from downstack.wire.dependencies import dependencies_json, paths_json

WIDTH = 160
"""Columns of the answer where it is not printed on a terminal."""
Influences = Annotated[bool, typer.Option("--influences", help="Follow qualitative influences too.")]
Csv = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help="Also write all rows to a file.", dir_okay=False)
]


def dependencies(
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="What to look at.", show_default=False)],
    up: Annotated[
        bool, typer.Option("--up/--down", help="Up: who depends on it; down, as at first: what it depends on.")
    ] = False,
    depth: Annotated[int, typer.Option("--depth", help="How many steps to go, 1 to 64.")] = 3,
    hide: Annotated[
        list[str] | None,
        typer.Option("--hide", metavar="CLASS", help="Pass through entities of a class without showing them."),
    ] = None,
    influences: Influences = False,
    csv: Csv = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Say who depends on an entity, or what it depends on: ways, single points of failure, stated shares."""
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        direction = "up" if up else "down"
        kg = KnowledgeGraph.open(store)
        report = kg.dependencies(entity, direction, depth, as_of, hide or (), influences)
        if csv is not None:
            write_dependencies(csv, report)
        if as_json:
            sys.stdout.write(dump(dependencies_json(report)) + "\n")
        else:
            print_dependencies(_console(), report)


def paths(
    first: Annotated[str, typer.Argument(metavar="FROM", help="Where to begin.", show_default=False)],
    last: Annotated[str, typer.Argument(metavar="TO", help="Where to end.", show_default=False)],
    count: Annotated[int, typer.Option("--first", metavar="N", help="How many at most, 1 to 100.")] = 5,
    influences: Influences = False,
    csv: Csv = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """List the shortest ways along dependence between two entities, whichever depends on the other."""
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        kg = KnowledgeGraph.open(store)
        found = kg.paths(first, last, count, as_of, influences)
        if csv is not None:
            write_paths(csv, found)
        if as_json:
            sys.stdout.write(dump(paths_json(found, kg.version)) + "\n")
        else:
            print_paths(_console(), kg.resolve(first), kg.resolve(last), found, kg.version)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=WIDTH)
