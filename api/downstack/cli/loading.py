"""``downstack load``: a person's own models and chips into a store, checked before anything is written."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from downstack.cli.options import AsJson, errors
from downstack.cli.wire import dump

if TYPE_CHECKING:
    from downstack.loaders.load import Loaded


class LoadSource(StrEnum):
    """What can be loaded."""

    HF_CONFIG = "hf-config"
    FACTS_CSV = "facts-csv"


def load(
    source: Annotated[
        LoadSource,
        typer.Argument(
            metavar="SOURCE",
            help="hf-config: config.json files of models; facts-csv: tables of facts with their sources.",
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
    if name is not None and (source is not LoadSource.HF_CONFIG or len(paths) != 1):
        raise typer.BadParameter("--name is the name of one model: give one config.json")
    with errors(as_json):
        from downstack.kg import KnowledgeGraph
        from downstack.loaders.load import known_entities, load_configs, load_facts, write_store

        known = known_entities(KnowledgeGraph.open(store if (store / "terms").is_dir() else None).entities.values())
        loaded = load_configs(paths, known, name) if source is LoadSource.HF_CONFIG else load_facts(paths, known)
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
        "rejections": [str(item) for item in loaded.report.rejections],
    }


def _print(console: Console, loaded: Loaded, store: Path, dry_run: bool) -> None:
    what = "would be written to" if dry_run else "written to"
    console.print(Text(f"{loaded.facts} facts of {', '.join(loaded.entities) or 'nothing'} {what} {store}"))
    for reason, count in loaded.report.reasons():
        console.print(Text(f"left out {count}: {reason}", style="dim"))
