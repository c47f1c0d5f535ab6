"""The one request that this service makes by itself: for the public keys of the identity provider that it was told of."""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import IO, Any, cast
from urllib.parse import urlsplit

from downstack.errors import UnavailableError, UserInputError

TIMEOUT = 5.0
"""Seconds until the provider counts as out of reach."""
MAX_BYTES = 1_000_000


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """An answer that leads elsewhere is no answer: only the address that was configured is trusted."""

    def redirect_request(self, req: Any, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str) -> None:
        """Follow nothing."""


_opener = urllib.request.build_opener(_NoRedirects)


def check_address(address: str, field: str) -> str:
    """Return an address that may be asked.

    Raises
    ------
    UserInputError
        If it is no https address; http is allowed on this machine.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    trusted = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host or ""))
    if not trusted or not host or parts.username or parts.password or parts.query or parts.fragment:
        raise UserInputError(f"{address!r} is no https address", field=field, hint="write https://HOST/PATH")
    return address


def origin_of(address: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of an address."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port


def fetch_json(address: str) -> dict[str, Any]:
    """Return the object that an address answers with.

    Raises
    ------
    UnavailableError
        If it does not answer in time, or with something else.
    """
    request = urllib.request.Request(address, headers={"accept": "application/json"})
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            data = answer.read(MAX_BYTES + 1)
        found = json.loads(data) if len(data) <= MAX_BYTES else None
    except urllib.error.HTTPError as error:
        # It holds the connection open until it is closed.
        error.close()
        raise _unavailable(address, f"status {error.code}") from None
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise _unavailable(address, str(error)) from None
    if not isinstance(found, dict):
        raise _unavailable(address, "it is no JSON object of a reasonable size")
    return cast("dict[str, Any]", found)


def _unavailable(address: str, why: str) -> UnavailableError:
    return UnavailableError(f"{address} does not answer as an identity provider does: {why}", hint="try again later")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
