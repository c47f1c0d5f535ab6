"""The public keys of an identity provider: read from a file or fetched, kept for a while, asked for again with reason."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from downstack.access.fetch import check_address, fetch_json, origin_of
from downstack.access.settings import ProviderSettings
from downstack.errors import UnavailableError, UserInputError

if TYPE_CHECKING:
    from jwt import PyJWK

LIFETIME = 600.0
"""Seconds after which keys are asked for again."""
PAUSE = 30.0
"""Seconds between two requests at least: a token that names a key of its own invention causes no more than that."""

_log = logging.getLogger("downstack")


class KeySet:
    """The keys by identifier."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        named = settings.keys
        check_address(settings.issuer, "DOWNSTACK_OIDC_ISSUER")
        self._address = named if named is not None and "://" in named else None
        self._file = Path(named) if named is not None and self._address is None else None
        if self._address is not None:
            check_address(self._address, "DOWNSTACK_OIDC_KEYS")
        self._keys: Mapping[str, PyJWK] = {}
        self._read = -LIFETIME
        self._tried = -PAUSE
        self._lock = threading.Lock()
        if self._file is not None:
            # A wrong file is a mistake of whoever starts the service, and is said then.
            self._load()

    async def find(self, identifier: str | None) -> PyJWK | None:
        """Return a key; the only one there is where a token names none.

        Raises
        ------
        UnavailableError
            If there are no keys, and none can be had.
        """
        found = self._held(identifier)
        if found is None or time.monotonic() - self._read > LIFETIME:
            await anyio.to_thread.run_sync(self._refresh)
            found = self._held(identifier)
        return found

    def _held(self, identifier: str | None) -> PyJWK | None:
        keys = self._keys
        if identifier is None:
            return next(iter(keys.values())) if len(keys) == 1 else None
        return keys.get(identifier)

    def _refresh(self) -> None:
        with self._lock:
            if time.monotonic() - self._tried < PAUSE:
                if not self._keys:
                    raise UnavailableError("the identity provider cannot be asked", hint="try again in a minute")
                return
            self._tried = time.monotonic()
            try:
                self._load()
            except (UnavailableError, UserInputError) as error:
                _log.error("the keys of the identity provider cannot be read: %s", error)
                if not self._keys:
                    raise UnavailableError(
                        "the identity provider cannot be asked", hint="try again in a minute"
                    ) from None

    def _load(self) -> None:
        place = str(self._file) if self._file is not None else self._address or self._said_by_issuer()
        data = _read_file(self._file) if self._file is not None else fetch_json(place)
        keys = _parse(data)
        if not keys:
            raise UserInputError(f"{place} holds no public key", field="DOWNSTACK_OIDC_KEYS", hint="give a JWK set")
        self._keys = keys
        self._read = time.monotonic()

    def _said_by_issuer(self) -> str:
        issuer = self._settings.issuer
        said = fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        address = said.get("jwks_uri")
        if said.get("issuer") != issuer or not isinstance(address, str) or origin_of(address) != origin_of(issuer):
            # Its keys may lie elsewhere, but then whoever runs this service says so, and not an answer from outside.
            raise UserInputError(
                f"{issuer} names another issuer, or keys on another host",
                field="DOWNSTACK_OIDC_KEYS",
                hint="give the address of its keys",
            )
        return check_address(address, "DOWNSTACK_OIDC_KEYS")


def _read_file(file: Path) -> object:
    import json

    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UserInputError(
            f"the keys {file} cannot be read: {error}", field="DOWNSTACK_OIDC_KEYS", hint="give a JWK set"
        ) from None


def _parse(data: object) -> dict[str, PyJWK]:
    """Return the keys for signatures that this version understands; others are for others."""
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    listed: Any = data.get("keys") if isinstance(data, dict) else None
    found: dict[str, PyJWK] = {}
    for place, item in enumerate(listed if isinstance(listed, list) else []):
        # A symmetric key ("oct") has no business in a public set, and would let its readers sign.
        if not isinstance(item, dict) or item.get("use", "sig") != "sig" or item.get("kty") == "oct":
            continue
        try:
            key = PyJWK.from_dict(item)
        except (PyJWTError, ValueError, TypeError):
            continue
        found[str(item.get("kid", f"key {place}"))] = key
    return found
