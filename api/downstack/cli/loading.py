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
from downstack.cli.releases import diff_json, print_differences, release_json
from downstack.cli.wire import dump
from downstack.errors import UnknownNameError

if TYPE_CHECKING:
    from downstack.loaders.registry import Loaded, Loader
    from downstack.loaders.transaction import Outcome

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
        list[Path], typer.Argument(metavar="PATH...", help="Files; for most loaders also folders.", show_default=False)
    ],
    store: Annotated[
        str,
        typer.Option(
            "--store",
            envvar="DOWNSTACK_STORE",
            help="The store to write to; a new folder begins as a copy of the bundled knowledge.",
            show_default=False,
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="The name of the one model that is loaded.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check, say what would change, and write nothing.")
    ] = False,
    large: Annotated[
        bool, typer.Option("--large", help="Allow files of gigabytes, and graphs of many millions.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write models from their config.json, facts from tables, or whole catalogues into a store."""
    if name is not None and (source != "hf-config" or len(paths) != 1):
        raise typer.BadParameter("--name is the name of one model: give one config.json")
    with errors(as_json):
        from downstack.graph.releases import is_store
        from downstack.graph.stores.places import triple_store
        from downstack.kg import KnowledgeGraph
        from downstack.loaders.registry import LoadRequest, known_entities, stated_by
        from downstack.loaders.transaction import write_store

        loader = _loader(source)
        held_there = is_store(Path(store)) or triple_store(store) is not None
        graph = KnowledgeGraph.open(store if held_there else None, large=large)
        references = frozenset(item.source.locator for item in graph.facts)
        with progress_bar(f"reading {source}", quiet=as_json) as progress:
            held = known_entities(graph.entities.values())
            loaded = loader.read(LoadRequest(paths, held, name, progress, stated_by(graph), references))
        outcome = write_store(
            store,
            loaded.documents,
            dry_run=dry_run,
            loader=source,
            sources=[str(path) for path in paths],
            rejected=loaded.report.reasons(),
            large=large,
        )
        if as_json:
            sys.stdout.write(dump(_json(loaded, outcome, store, dry_run)) + "\n")
        else:
            _print(Console(), loaded, outcome, store, dry_run)


def _loader(source: str) -> Loader:
    """Find the loader; a name that none has is a mistake in the command, not in the data."""
    from downstack.loaders.registry import find_loader, loader_names

    try:
        return find_loader(source)
    except UnknownNameError as error:
        names = f"loaders: {', '.join(loader_names())}"
        raise typer.BadParameter(f"{error}; {names}", param_hint="SOURCE") from error


def _json(loaded: Loaded, outcome: Outcome, store: str, dry_run: bool) -> dict[str, object]:
    return {
        "store": store,
        "written": outcome.release is not None,
        "release": None if outcome.release is None else release_json(outcome.release),
        "entities": list(loaded.entities),
        "facts": loaded.facts,
        "rows": {"read": loaded.report.read, "kept": loaded.report.kept, "rejected": loaded.report.rejected},
        "cells_left_out": dict(loaded.report.cell_reasons()),
        "counts": dict(loaded.report.counts),
        "findings": [str(item) for item in loaded.findings],
        "cells": [str(item) for item in loaded.report.cells],
        "rejections": [str(item) for item in loaded.report.rejections],
        **({"diff": diff_json(outcome.diff)} if dry_run else {}),
    }


def _print(console: Console, loaded: Loaded, outcome: Outcome, store: str, dry_run: bool) -> None:
    several = f"{len(loaded.entities):,} entities"
    named = ", ".join(loaded.entities) if len(loaded.entities) <= MOST_NAMED else several
    what = f"{loaded.facts} facts of {named or 'nothing'}"
    if outcome.release is not None:
        said = f"{what} written to {store}: release {outcome.release.id}"
    elif dry_run and outcome.changed:
        said = f"{what} would be written to {store}"
    else:
        said = f"{store} holds all of it already: nothing {'would change' if dry_run else 'was changed'}"
    console.print(Text(said), soft_wrap=True)
    report = loaded.report
    console.print(Text(f"{report.read} rows read, {report.kept} kept, {report.rejected} rejected"), soft_wrap=True)
    if outcome.changed:
        print_differences(console, outcome.diff)
    for reason, count in report.reasons():
        console.print(Text(f"left out {count}: {reason}", style="dim"), soft_wrap=True)
    for reason, count in report.cell_reasons():
        console.print(Text(f"cells left out {count:,}: {reason}", style="dim"), soft_wrap=True)
    for name, count in report.counts.items():
        console.print(Text(f"{name}: {count:,}", style="dim"), soft_wrap=True)
    for finding in loaded.findings[:MOST_NAMED]:
        console.print(Text(str(finding), style="yellow"), soft_wrap=True)
