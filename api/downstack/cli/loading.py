"""``downstack load``: a person's own models and chips into a store, checked before anything is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from downstack.cli.options import AsJson, errors
from downstack.cli.progress import progress_bar
from downstack.cli.wire import dump

if TYPE_CHECKING:
    from downstack.loaders.registry import Loaded

MOST_NAMED = 12
"""Entities that the message names; of more it says how many."""


def load(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="The loader: hf-config, facts-csv, epoch-models, ..., or one that another package installed.",
            show_default=False,
        ),
    ],
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files; for hf-config also folders.", show_default=False)
    ],
    store: Annotated[
        Path,
        typer.Option(
            "--store",
            envvar="DOWNSTACK_STORE",
            help="The folder to write to; a new one begins as a copy of the bundled knowledge.",
            show_default=False,
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="The name of the one model that is loaded.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write models from their config.json, or facts from tables, into a store."""
    if name is not None and (source != "hf-config" or len(paths) != 1):
        raise typer.BadParameter("--name is the name of one model: give one config.json")
    with errors(as_json):
        from downstack.kg import KnowledgeGraph
        from downstack.loaders.registry import LoadRequest, find_loader, known_entities
        from downstack.loaders.transaction import write_store

        loader = find_loader(source)
        held = known_entities(KnowledgeGraph.open(store if (store / "terms").is_dir() else None).entities.values())
        with progress_bar(f"reading {source}", quiet=as_json) as progress:
            loaded = loader.read(LoadRequest(paths, held, name, progress))
        write_store(store, loaded.documents, dry_run=dry_run)
        if as_json:
            sys.stdout.write(dump(_json(loaded, store, dry_run)) + "\n")
        else:
            _print(Console(soft_wrap=True), loaded, store, dry_run)


def _json(loaded: Loaded, store: Path, dry_run: bool) -> dict[str, object]:
    return {
        "store": str(store),
        "written": not dry_run,
        "entities": list(loaded.entities),
        "facts": loaded.facts,
        "rows": {"read": loaded.report.read, "kept": loaded.report.kept, "rejected": loaded.report.rejected},
        "findings": [str(item) for item in loaded.findings],
        "cells_left_out": dict(loaded.report.cell_reasons()),
        "cells": [str(item) for item in loaded.report.cells],
        "rejections": [str(item) for item in loaded.report.rejections],
    }


def _print(console: Console, loaded: Loaded, store: Path, dry_run: bool) -> None:
    what = "would be written to" if dry_run else "written to"
    several = f"{len(loaded.entities):,} entities"
    named = ", ".join(loaded.entities) if len(loaded.entities) <= MOST_NAMED else several
    console.print(Text(f"{loaded.facts} facts of {named or 'nothing'} {what} {store}"))
    report = loaded.report
    console.print(Text(f"{report.read} rows read, {report.kept} kept, {report.rejected} rejected"))
    for finding in loaded.findings:
        console.print(Text(str(finding)))
    for reason, count in report.reasons():
        console.print(Text(f"left out {count}: {reason}", style="dim"))
    for reason, count in report.cell_reasons():
        console.print(Text(f"cells left out {count:,}: {reason}", style="dim"))
