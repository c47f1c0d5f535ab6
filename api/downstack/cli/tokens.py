"""``downstack token``: make, list and withdraw the tokens that a service lets in."""

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from downstack.cli.options import AsJson, errors
from downstack.wire.answers import dump

tokens = typer.Typer(name="token", help="Make, list and withdraw the tokens of a service.", no_args_is_help=True)

_DAYS = re.compile(r"([1-9]\d{0,4})d", re.ASCII)

TokensFile = Annotated[
    Path,
    typer.Option(
        "--tokens-file",
        envvar="DOWNSTACK_TOKENS_FILE",
        help="The file that holds their hashes; only its owner may read it.",
        show_default=False,
    ),
]


class RoleName(StrEnum):
    """What a token lets its holder do."""

    read = "read"
    write = "write"
    admin = "admin"


@tokens.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what will use it.", show_default=False)],
    tokens_file: TokensFile,
    role: Annotated[RoleName, typer.Option("--role", help="What it allows.")] = RoleName.read,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="DAY", help="Its last day: YYYY-MM-DD, or 90d from today.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it: this once, as the file keeps nothing but its hash."""
    today = datetime.now(UTC).date()
    last = _day(expires, today)
    with errors(as_json):
        from downstack.access.principal import ROLES
        from downstack.access.token_file import add_token
        from downstack.access.tokens import new_token

        text, token = new_token(name, ROLES[role.value], today, last)
        add_token(tokens_file, token)
        if as_json:
            said = {"token": text, "name": name, "role": role.value, "id": token.identifier, "expires": _iso(last)}
            sys.stdout.write(dump(said) + "\n")
        else:
            sys.stdout.write(text + "\n")
            Console(stderr=True, soft_wrap=True).print(
                Text(f"{name} may {role.value}; the token is not shown again: keep it where passwords are kept")
            )


@tokens.command("list")
def listing(tokens_file: TokensFile, as_json: AsJson = False) -> None:
    """List the tokens of a file."""
    with errors(as_json):
        from downstack.access.token_file import read_token_file

        held = sorted(read_token_file(tokens_file).values(), key=lambda item: item.name)
        if as_json:
            rows = [
                {
                    "name": item.name,
                    "role": item.role.word,
                    "id": item.identifier,
                    "created": _iso(item.created),
                    "expires": _iso(item.expires),
                }
                for item in held
            ]
            sys.stdout.write(dump({"file": str(tokens_file), "tokens": rows}) + "\n")
            return
        table = Table(box=None, header_style="bold")
        for column in ("name", "role", "id", "created", "expires"):
            table.add_column(column, no_wrap=True)
        for item in held:
            table.add_row(
                item.name, item.role.word, item.identifier, _iso(item.created) or "-", _iso(item.expires) or "never"
            )
        Console().print(table)


@tokens.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which one.", show_default=False)],
    tokens_file: TokensFile,
    as_json: AsJson = False,
) -> None:
    """Withdraw a token: a running service refuses it within a second."""
    with errors(as_json):
        from downstack.access.token_file import remove_token

        token = remove_token(tokens_file, name)
        if as_json:
            sys.stdout.write(dump({"removed": token.name, "id": token.identifier}) + "\n")
        else:
            Console(soft_wrap=True).print(Text(f"{token.name} was withdrawn"))


def _day(text: str | None, today: date) -> date | None:
    if text is None:
        return None
    if found := _DAYS.fullmatch(text):
        return today + timedelta(days=int(found[1]))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write YYYY-MM-DD, or a number of days such as 90d", param_hint="--expires") from None
    if day < today:
        raise typer.BadParameter(f"{day} is over", param_hint="--expires")
    return day


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
