"""The commands. Exit status: 0 answered, 1 the answer failed, 2 the command line cannot be read.

Answers go to standard output, errors to standard error; with ``--json`` standard output holds one JSON document.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from downstack.garbage import paused_collection

COMMANDS = {
    "impact": "impacts",
    "explain": "impacts",
    "export": "exporting",
    "load": "loading",
    "releases": "releases",
    "diff": "releases",
    "copy": "storing",
    "backup": "storing",
    "restore": "storing",
    "sensitivity": "goals",
    "solve": "goals",
    "evaluate": "evaluation",
    "compare": "comparison",
    "shock": "shock",
    "journey": "journey",
    "deployments": "deployments",
    "dependencies": "dependencies",
    "paths": "dependencies",
    "sparql": "sparql",
    "validate": "validating",
    "query": "querying",
    "serve": "serving",
    "token": "tokens",
}
"""Each command, as the help lists them, and the module of this package that holds the function of its name."""
GROUPS = {"token": "tokens"}
"""Commands with commands of their own, and what their module calls them."""


def command_line(*names: str) -> typer.Typer:
    """Return the command line, with all commands unless some are named.

    A command is imported with the tables and words that it prints, which takes longer than many a question: whoever runs
    one command waits for that one only.
    """
    app = typer.Typer(
        name="downstack",
        help="The AI industry as a computable knowledge graph: what a change does, by how much, and how we know.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        # Also keeps one command alone from being called without its name.
        callback=lambda: None,
    )
    for name in names or COMMANDS:
        module = import_module(f"downstack.cli.{COMMANDS[name]}")
        if name in GROUPS:
            app.add_typer(getattr(module, GROUPS[name]))
        else:
            app.command()(getattr(module, name))
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    # What is no command by its first word is help, or a mistake that all names are needed to answer.
    known = given[:1] if given and given[0] in COMMANDS else ()
    with paused_collection():
        app = command_line(*known)
    app(given)
