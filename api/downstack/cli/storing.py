"""``downstack copy``, ``backup`` and ``restore``: versions of the graph between stores, and into one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from downstack.cli.options import AsJson, errors
from downstack.cli.releases import release_json
from downstack.wire.answers import dump

if TYPE_CHECKING:
    from downstack.graph.stores.backup import Backup

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def copy(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="A store or STORE@RELEASE; bundled for the bundled knowledge.", show_default=False
        ),
    ],
    destination: Annotated[
        str,
        typer.Argument(
            metavar="DESTINATION",
            help="An Oxigraph directory, made where there is none, or the address of a SPARQL 1.1 endpoint.",
            show_default=False,
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Copy a version of the graph into a store of triples, where it answers from then on."""
    with errors(as_json):
        from downstack.graph.stores.copying import copy_version
        from downstack.graph.stores.endpoint import shown
        from downstack.graph.stores.places import is_url

        done = copy_version(source, destination)
        place = shown(destination) if is_url(destination) else destination
        if as_json:
            document = {
                "store": place,
                "written": done.written,
                "graphVersion": done.version,
                "release": release_json(done.release),
            }
            sys.stdout.write(dump(document) + "\n")
            return
        said = "now answers with" if done.written else "answers already with"
        Console(soft_wrap=True).print(Text(f"{place} {said} {done.version}: {done.release.triples:,} triples"))


def backup(
    store: Annotated[str, typer.Argument(metavar="STORE", help="A store of whatever kind.", show_default=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.", show_default=False)],
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write all releases of a store into one file, each checked against its hashes."""
    with errors(as_json):
        from downstack.graph.stores.backup import back_up

        _say(back_up(store, file, force=force), f"written to {file}", as_json)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.", show_default=False)],
    store: Annotated[
        str,
        typer.Argument(
            metavar="STORE", help="A directory that does not exist yet, or an endpoint.", show_default=False
        ),
    ],
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write the releases of a backup into a store, checked; the last one answers from then on."""
    with errors(as_json):
        from downstack.graph.stores.backup import restore as write

        _say(write(file, store, force=force), "restored", as_json)


def _say(found: Backup, what: str, as_json: bool) -> None:
    if as_json:
        document = {"parts": found.graphs, "releases": [release_json(item) for item in reversed(found.releases)]}
        sys.stdout.write(dump(document) + "\n")
        return
    number = f"{len(found.releases)} releases" if len(found.releases) != 1 else "1 release"
    last = found.releases[-1].id
    Console(soft_wrap=True).print(Text(f"{number} in {found.graphs:,} parts {what}; {last} answers"))
