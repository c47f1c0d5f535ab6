"""``downstack query``: a GraphQL document, answered from the local graph or by a service."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from downstack.cli.options import AsJson, Store, errors
from downstack.errors import UserInputError
from downstack.wire.answers import dump

DEADLINE = 60.0
"""Seconds that a service may take."""
LARGEST = 50_000_000
"""Bytes of an answer that are read."""


def query(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE.graphql", help="A GraphQL document; - for standard input.", show_default=False),
    ],
    variables: Annotated[
        str | None, typer.Option("--variables", metavar="JSON|FILE", help="The variables, or a file that holds them.")
    ] = None,
    operation: Annotated[
        str | None, typer.Option("--operation", metavar="NAME", help="Which operation of the document, of several.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Ask the service there, such as http://127.0.0.1:8000/graphql."),
    ] = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Answer a GraphQL document; errors go to standard error and make the command fail."""
    given = _variables(variables)
    with errors(as_json):
        document = sys.stdin.read() if file == "-" else _text(file, "FILE.graphql")
        found = _asked(url, document, given, operation) if url else _answered(store, document, given, operation)
    sys.stdout.write(dump(found if as_json else found.get("data")) + "\n")
    wrong = found.get("errors") or []
    console = Console(stderr=True, soft_wrap=True)
    for error in wrong:
        _print_error(console, error)
    if wrong:
        raise typer.Exit(1)


def _answered(store: str | None, document: str, variables: Mapping[str, Any], operation: str | None) -> dict[str, Any]:
    from downstack.graphql.local import answer
    from downstack.kg import KnowledgeGraph

    return answer(KnowledgeGraph.open(store), document, variables, operation)


def _asked(url: str, document: str, variables: Mapping[str, Any], operation: str | None) -> dict[str, Any]:
    if not url.startswith(("http://", "https://")):
        raise UserInputError(
            f"{url[:80]!r} is no address of a service", field="url", hint="write http://HOST:PORT/graphql"
        )
    body = json.dumps({"query": document, "variables": dict(variables), "operationName": operation}).encode()
    request = urllib.request.Request(
        url, body, {"content-type": "application/json", "accept": "application/graphql-response+json, application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as response:
            text = response.read(LARGEST)
    except urllib.error.HTTPError as error:
        # A refused request is answered with errors, and these say more than the status.
        text = error.read(LARGEST)
    except (OSError, ValueError) as error:
        raise UserInputError(f"{url} does not answer: {error}", field="url", hint="is the service running?") from error
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not ({"data", "errors"} & found.keys()):
        raise UserInputError(f"{url} does not speak GraphQL", field="url", hint="the path is /graphql")
    return found


def _variables(given: str | None) -> dict[str, Any]:
    if given is None:
        return {}
    text = given if given.lstrip().startswith("{") else _text_of_option(given)
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise typer.BadParameter(f"the variables are no JSON: {error}") from error
    if not isinstance(found, dict):
        raise typer.BadParameter('the variables are no JSON object: write {"name": value}')
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number")


def _text_of_option(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise typer.BadParameter(
            f'{path} is neither a file nor JSON: write {{"name": value}}, or name a file'
        ) from error


def _text(path: str, field: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UserInputError(f"{path} cannot be read: {error}", field=field, hint="name a GraphQL document") from error


def _print_error(console: Console, error: Mapping[str, Any]) -> None:
    extensions = error.get("extensions") or {}
    places = [f"line {item.get('line')}, column {item.get('column')}" for item in error.get("locations") or ()]
    where = "" if not places else f" ({places[0]})"
    console.print(Text.assemble(("error: ", "bold red"), f"{error.get('message')}{where}"))
    if extensions.get("hint"):
        console.print(Text.assemble(("hint: ", "bold"), str(extensions["hint"])))
