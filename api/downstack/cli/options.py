"""What the commands have in common: options, and what an error looks like."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer

from downstack.errors import DownstackError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="DOWNSTACK_STORE",
        help="A store, STORE@RELEASE or a SPARQL endpoint; a folder or file of Turtle; the bundled knowledge at first.",
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="KEY=ID",
        help="Only this model, accelerator, offering, workload, framework, market, application, cluster, layer.",
    ),
]
Samples = Annotated[
    int,
    typer.Option("--samples", help="Draw the uncertain facts and the errors of formulas this often: how sure is it?"),
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Answer with the facts of that date.")]


@contextmanager
def errors(as_json: bool) -> Generator[None]:
    """Turn errors raised on purpose into a message with its hint and exit status 1."""
    try:
        yield
    except DownstackError as error:
        if as_json:
            # Imported here, as below: a service has its graph read by another process before it imports anything large.
            from downstack.wire.answers import dump, error_json

            sys.stdout.write(dump(error_json(error)) + "\n")
        print_error(error)
        raise typer.Exit(1) from error


def print_error(error: DownstackError) -> None:
    """Print an error and its hint for a person, apart from the output."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), error.message))
    if error.hint:
        console.print(Text.assemble(("hint: ", "bold"), error.hint))
