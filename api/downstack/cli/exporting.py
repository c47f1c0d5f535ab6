"""The command that writes what the graph computes into files that run without it."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from downstack.cli.options import AsJson, AsOf, Store, Where, errors
from downstack.cli.reading import read_where
from downstack.cli.wire import dump


class Format(StrEnum):
    """What can be exported."""

    PLAN = "plan"


def export(
    format: Annotated[
        Format, typer.Argument(metavar="FORMAT", help="plan: how the targets are computed.", show_default=False)
    ],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Writes PATH.json and PATH.npz.")] = Path("plan"),
    target: Annotated[
        list[str] | None, typer.Option("--target", metavar="QUANTITY", help="Compute this; may be repeated.")
    ] = None,
    where: Where = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Write how some quantities are computed into files that run without the graph."""
    selection = read_where(where or [])
    if not target:
        raise typer.BadParameter("there is no target: name what the plan computes with --target QUANTITY")
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        found = KnowledgeGraph.open(store).export_plan(target, selection, as_of)
        described, held = found.save(path)
        steps = found.description["steps"]
        if as_json:
            written = {"format": str(format), "files": [str(described), str(held)], "steps": len(steps)}
            sys.stdout.write(dump({**written, "graphVersion": found.description["graphVersion"]}) + "\n")
        else:
            console = Console(soft_wrap=True)
            rows = sum(step["rows"] for step in steps)
            console.print(Text(f"{described} and {held}: {len(steps)} steps, {rows:,} rows"))
            program = f"from downstack.engine.exported import load; load({str(described)!r}).run()"
            console.print(Text(f"run it: python -c {shlex.quote(program)}"))
            console.print(Text(f"graph {found.description['graphVersion']}", style="dim"))
