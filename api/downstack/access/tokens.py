"""How a token looks, and how a file says which ones hold without knowing them.

A token is ``downstack_<identifier>_<secret>``. The identifier finds the entry, so that one comparison decides; the secret
is 32 random bytes. The file keeps the SHA-256 of the whole token. A slow hash such as scrypt defends secrets that people
choose, which can be guessed; 256 random bits cannot, and a slow hash would let anybody keep the service busy by sending
wrong tokens.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from downstack.access.principal import ROLES, Principal, Role
from downstack.errors import UserInputError

PREFIX = "downstack"
"""Begins every token, so that a scanner of source code recognises one that was committed by mistake."""
TOKEN = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_[A-Za-z0-9_-]{{43}}", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
MAX_TOKENS = 10_000
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_IDENTIFIER = re.compile(r"[0-9a-f]{12}", re.ASCII)
_NO_DIGEST = "0" * 64
_FIELDS = frozenset({"id", "role", "sha256", "created", "expires"})


@dataclass(frozen=True, slots=True)
class Token:
    """What a file says about one token: everything but the token."""

    name: str
    identifier: str
    role: Role
    digest: str
    created: date | None = None
    expires: date | None = None
    """The last day on which it holds, in UTC."""

    @property
    def end(self) -> float | None:
        """When it ceases to hold, in seconds since 1970."""
        if self.expires is None:
            return None
        day = datetime(self.expires.year, self.expires.month, self.expires.day, tzinfo=UTC)
        return (day + timedelta(days=1)).timestamp()

    @property
    def principal(self) -> Principal:
        """Who asks with it."""
        return Principal(self.name, self.role, self.identifier, self.end)


def new_token(name: str, role: Role, created: date, expires: date | None = None) -> tuple[str, Token]:
    """Make a token; nobody but the caller ever knows it.

    Raises
    ------
    UserInputError
        If the name is none.
    """
    check_name(name)
    identifier = secrets.token_hex(6)
    text = f"{PREFIX}_{identifier}_{secrets.token_urlsafe(32)}"
    return text, Token(name, identifier, role, digest_of(text), created, expires)


def check_name(name: str) -> str:
    """Return a name that a token may have.

    Raises
    ------
    UserInputError
        If it is none.
    """
    if not NAME.fullmatch(name):
        hint = "use up to 64 letters, digits, - and _"
        raise UserInputError(f"{name!r} is no name of a token", field="name", hint=hint)
    return name


def digest_of(text: str) -> str:
    """Return the hash that the file keeps."""
    return hashlib.sha256(text.encode()).hexdigest()


def matching(text: str, tokens: Mapping[str, Token]) -> Token | None:
    """Return the entry of a token, or None; how long it takes says nothing about how much of it was right.

    Parameters
    ----------
    text
        What somebody sent as a token.
    tokens
        The entries by identifier.
    """
    found = TOKEN.fullmatch(text)
    entry = None if found is None else tokens.get(found[1])
    # Hashed and compared also where there is no such entry: its absence takes no less time.
    same = hmac.compare_digest(digest_of(text), _NO_DIGEST if entry is None else entry.digest)
    return entry if same else None


def read_tokens(text: str, file: str) -> dict[str, Token]:
    """Return the entries of a file by identifier.

    Raises
    ------
    UserInputError
        If it is not as :func:`token_section` writes it; which entry, what and what to do.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(file, f"is not TOML: {error}") from None
    listed = data.pop("tokens", {})
    if data or not isinstance(listed, dict):
        raise _bad(file, f"has {', '.join(sorted(data)) or 'tokens'} at its top, which is no section of a token")
    if len(listed) > MAX_TOKENS:
        raise _bad(file, f"has more than {MAX_TOKENS} tokens")
    found: dict[str, Token] = {}
    for name, entry in cast("dict[str, object]", listed).items():
        token = _entry(name, entry, file)
        if token.identifier in found:
            raise _bad(file, f"gives {name} the id of {found[token.identifier].name}")
        found[token.identifier] = token
    return found


def _entry(name: str, entry: object, file: str) -> Token:
    if not NAME.fullmatch(name) or not isinstance(entry, dict):
        raise _bad(file, f"has {name!r}, which is no name of a token")
    given = cast("dict[str, Any]", entry)
    if unknown := sorted(given.keys() - _FIELDS):
        raise _bad(file, f"says {', '.join(unknown)} of {name}, which means nothing")
    role = ROLES.get(given["role"]) if isinstance(given.get("role"), str) else None
    identifier, digest = given.get("id"), given.get("sha256")
    if role is None:
        raise _bad(file, f"gives {name} no role of {', '.join(ROLES)}")
    if not (isinstance(identifier, str) and _IDENTIFIER.fullmatch(identifier)):
        raise _bad(file, f"gives {name} no id of twelve hexadecimal digits")
    if not (isinstance(digest, str) and _DIGEST.fullmatch(digest)):
        raise _bad(file, f"gives {name} no sha256 of 64 hexadecimal digits")
    return Token(
        name, identifier, role, digest, _date(given, "created", name, file), _date(given, "expires", name, file)
    )


def _date(given: Mapping[str, Any], field: str, name: str, file: str) -> date | None:
    value = given.get(field)
    if value is None:
        return None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _bad(file, f"says {field} of {name}, and not as a date such as 2027-01-31 without quotes")
    return value


def token_section(token: Token) -> str:
    """Return what the file says about a token."""
    lines = [
        f"[tokens.{token.name}]",
        f'id = "{token.identifier}"',
        f'role = "{token.role.word}"',
        f'sha256 = "{token.digest}"',
    ]
    lines += [f"{name} = {day}" for name, day in (("created", token.created), ("expires", token.expires)) if day]
    return "\n".join(lines) + "\n"


def _bad(file: str, what: str) -> UserInputError:
    hint = "see docs/authentication.md; `downstack token new` writes an entry"
    return UserInputError(f"the file of tokens {file} {what}", field="tokens-file", hint=hint)
