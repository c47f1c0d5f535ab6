"""A SPARQL 1.1 endpoint over HTTP: what is sent, how long is waited, how much is taken, and what is never done.

No redirect is followed and no other address is asked. Names and passwords come from the environment, are sent to the endpoint
only, over an encrypted connection or within this machine, and stand in no message. Every answer has an end: in seconds, and in bytes.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from downstack.errors import Finding, KnowledgeError, UserInputError

if TYPE_CHECKING:
    import httpx

USER = "DOWNSTACK_REMOTE_USER"
PASSWORD = "DOWNSTACK_REMOTE_PASSWORD"
TOKEN = "DOWNSTACK_REMOTE_TOKEN"
UPDATE = "DOWNSTACK_REMOTE_UPDATE"
TIMEOUT = "DOWNSTACK_REMOTE_TIMEOUT"
PLAIN = "DOWNSTACK_REMOTE_PLAIN_HTTP"

CONNECT_SECONDS = 5.0
DEFAULT_SECONDS = 60.0
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Of one answer: a batch of parts has about two."""
MAX_ERROR_CHARACTERS = 300
UNAUTHORIZED = 401
RESULTS = "application/sparql-results+xml"
"""Virtuoso writes XML three times as fast as JSON."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Where an endpoint is, and how it is spoken to."""

    url: str
    update_url: str
    """Where updates go; the same address unless the product has another one for them."""
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    seconds: float = DEFAULT_SECONDS
    """How long one answer may take."""

    @property
    def name(self) -> str:
        """The address as it may be shown: what follows a question mark may be secret."""
        return shown(self.url)

    @classmethod
    def from_environment(cls, url: str, environment: Mapping[str, str] | None = None) -> Remote:
        """Read the settings, and refuse what would give something away.

        Raises
        ------
        UserInputError
            If the address holds a name or a password, or is not encrypted and leads to another machine.
        """
        given = os.environ if environment is None else environment
        update = given.get(UPDATE) or url
        plain = given.get(PLAIN) == "1"
        for address in (url, update):
            _check_address(address, plain=plain)
        user, password, token = (given.get(name) or None for name in (USER, PASSWORD, TOKEN))
        if (user is None) != (password is None):
            raise UserInputError(f"{USER} and {PASSWORD} belong together", field=USER, hint="set both, or neither")
        return cls(url, update, user, password, token, _seconds(given.get(TIMEOUT)))


def shown(url: str) -> str:
    """Return an address without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _check_address(url: str, *, plain: bool) -> None:
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname, parts.username, parts.port
    except ValueError as error:
        raise UserInputError(f"it is no address: {error}", field="store", hint="write https://host/sparql") from None
    if user is not None or "@" in parts.netloc:
        raise UserInputError(
            "an address must not hold a name or a password: addresses are logged",
            field="store",
            hint=f"set {USER} and {PASSWORD}, or {TOKEN}",
        )
    if parts.scheme not in ("http", "https") or not host:
        raise UserInputError(
            f"{shown(url)} is no address of an endpoint", field="store", hint="write https://host/sparql"
        )
    if parts.scheme == "http" and not plain and not _is_loopback(host):
        raise UserInputError(
            f"{shown(url)} is not encrypted and leads to another machine",
            field="store",
            hint=f"use https, or set {PLAIN}=1 where the network is trusted",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _seconds(text: str | None) -> float:
    if not text:
        return DEFAULT_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 3600.0:
        raise UserInputError(f"{TIMEOUT} is {text!r}", field=TIMEOUT, hint="give seconds, up to 3600")
    return seconds


class Endpoint:
    """A connection to an endpoint."""

    def __init__(self, remote: Remote, client: httpx.Client, *, most: int = MAX_ANSWER_BYTES) -> None:
        self._remote = remote
        self._client = client
        self._most = most
        self._auth: httpx.Auth | None = None

    def select(self, query: str) -> bytes:
        """Return the answer to a SELECT, as SPARQL results in XML."""
        return self._post(self._remote.url, "query", query, RESULTS)

    def update(self, update: str) -> None:
        """Run an update."""
        self._post(self._remote.update_url, "update", update, "*/*")

    def _post(self, url: str, kind: str, text: str, accept: str) -> bytes:
        import httpx

        until = time.monotonic() + self._remote.seconds
        # As a form, which the standard allows and all products read; the other way makes some of them wait for ever.
        content = urlencode({kind: text}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": accept}
        for attempt in range(2):
            try:
                with self._client.stream("POST", url, content=content, headers=headers, auth=self._auth) as answer:
                    if answer.status_code == UNAUTHORIZED and attempt == 0 and self._choose(url, answer):
                        continue
                    return self._read(answer, until)
            except httpx.TimeoutException as error:
                raise self.unreachable(f"it did not answer in time ({type(error).__name__})") from error
            except httpx.HTTPError as error:
                raise self.unreachable(f"it cannot be reached: {error}") from error
        raise self._refused("it asked for a name and a password twice")

    def _choose(self, url: str, answer: httpx.Response) -> bool:
        """Take the kind of authentication that the endpoint asks for; a password never leaves the machine in the clear."""
        import httpx

        user, password = self._remote.user, self._remote.password
        if user is None or password is None:
            return False
        asked = answer.headers.get("www-authenticate", "").lower()
        parts = urlsplit(url)
        if "digest" in asked:
            self._auth = httpx.DigestAuth(user, password)
        elif "basic" in asked and (parts.scheme == "https" or _is_loopback(parts.hostname or "")):
            self._auth = httpx.BasicAuth(user, password)
        return self._auth is not None

    def _read(self, answer: httpx.Response, until: float) -> bytes:
        if answer.is_redirect:
            target = shown(answer.headers.get("location", ""))
            raise self._refused(f"it redirects to {target}, which is not followed", "name the address that answers")
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > self._most:
                raise self._refused(f"its answer has more than {self._most // 2**20} MiB")
            if time.monotonic() > until:
                raise self.unreachable(f"its answer took longer than {self._remote.seconds:g} s")
            if answer.is_error and len(content) > MAX_ERROR_CHARACTERS:
                break
        if answer.is_error:
            said = " ".join(bytes(content[:MAX_ERROR_CHARACTERS]).decode(errors="replace").split())
            if answer.status_code in (401, 403):
                raise self._refused(
                    f"access is denied ({answer.status_code})", f"set {USER} and {PASSWORD}, or {TOKEN}"
                )
            if answer.status_code in (502, 503, 504):
                raise self.unreachable(f"it answers with {answer.status_code}: {said}")
            raise self._refused(f"it answers with {answer.status_code}: {said}")
        return bytes(content)

    def unreachable(self, what: str) -> KnowledgeError:
        """Return the error about an endpoint that does not answer."""
        return self._refused(what, "check that it runs and that the address is right")

    def _refused(self, what: str, remedy: str = "check that it is a SPARQL 1.1 endpoint") -> KnowledgeError:
        return KnowledgeError((Finding(self._remote.name, None, what, remedy, "store"),))


@contextmanager
def connected(remote: Remote) -> Generator[Endpoint]:
    """Connect to an endpoint for as long as it is needed."""
    try:
        import httpx
    except ModuleNotFoundError as error:
        raise UserInputError(
            "stores on other machines need httpx", field="store", hint="pip install 'downstack[remote]'"
        ) from error
    headers = {"user-agent": "downstack"}
    if remote.token is not None:
        headers["authorization"] = f"Bearer {remote.token}"
    # Proxies, .netrc and certificates of the environment are not asked: the address says where the data comes from.
    with httpx.Client(
        headers=headers,
        timeout=httpx.Timeout(remote.seconds, connect=min(CONNECT_SECONDS, remote.seconds)),
        follow_redirects=False,
        trust_env=False,
        verify=ssl.create_default_context(),
    ) as client:
        yield Endpoint(remote, client)
