"""Queries that are asked by the hash of their text: registered by the operator, or remembered from clients.

A service may admit only what its operator has registered (trusted documents): then no other query is parsed. Otherwise a
client may send a hash alone, and the text with it once the service says that it does not know it (Apollo's automatic persisted
queries); what is remembered so is bounded.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from downstack.errors import UserInputError
from downstack.graphql.errors import BAD_USER_INPUT

if TYPE_CHECKING:
    from downstack.graphql.documents import Documents, Prepared

MAX_FILE = 20_000_000
MAX_REMEMBERED = 1_000
MAX_CHARACTERS = 4_000_000
"""Of the queries that are remembered from clients, together."""
NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
NOT_TRUSTED = "FORBIDDEN"

_HASH = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


def digest(text: str) -> str:
    """Return the hash that a query is asked by."""
    return hashlib.sha256(text.encode()).hexdigest()


class StoredQueryError(Exception):
    """A query that is not stored, or is another than its hash says."""

    def __init__(self, message: str, code: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.code, self.hint = message, code, hint


def read_trusted(path: str | Path) -> dict[str, str]:
    """Read registered queries: a JSON object of hash to query, or a manifest with a list of ``operations``.

    Raises
    ------
    UserInputError
        If the file cannot be read, or a query is not the one that its hash names.
    """
    place = Path(path)
    try:
        if place.stat().st_size > MAX_FILE:
            raise _unreadable(place, f"is larger than {MAX_FILE:,} bytes")
        found: object = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(place, f"cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise _unreadable(place, "is not a JSON object")
    named = cast("dict[str, object]", found)
    listed = named.get("operations")
    queries: dict[str, str] = {}
    for number, item in enumerate(cast("list[object]", listed) if isinstance(listed, list) else named.items()):
        if isinstance(item, tuple):
            name, text = cast("tuple[object, object]", item)
        else:
            entry = cast("dict[str, object]", item) if isinstance(item, dict) else {}
            name, text = entry.get("id"), entry.get("body")
        if not isinstance(name, str) or not isinstance(text, str) or not name or not text:
            raise _unreadable(place, f"has no query at entry {number + 1}")
        matched = _HASH.fullmatch(name)
        if matched is not None and matched[1].lower() != digest(text):
            raise _unreadable(place, f"entry {number + 1} is another query than its hash {name} names")
        queries[name if matched is None else matched[1].lower()] = text
    return queries


def _unreadable(place: Path, what: str) -> UserInputError:
    return UserInputError(
        f"{place} {what}",
        field="trusted_documents",
        hint='write {"<sha256 of the query>": "<query>"}, or a manifest {"operations": [{"id": ..., "body": ...}]}',
    )


class TrustedDocuments:
    """The queries that an operator has registered; each was validated before the service began."""

    def __init__(self, queries: Mapping[str, str], documents: Documents) -> None:
        self._by_id: dict[str, Prepared] = {}
        self._by_text: dict[str, Prepared] = {}
        for name, text in queries.items():
            prepared = documents.look(text)
            if prepared.errors:
                raise UserInputError(
                    f"the trusted document {name} cannot be run: {prepared.errors[0].message}",
                    field="trusted_documents",
                    hint="generate the file from the queries of the client and the schema of this service",
                )
            self._by_id[name] = self._by_text[text] = prepared

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, identifier: str | None, text: str | None) -> Prepared:
        """Return what a request names, by its identifier or by its text.

        Raises
        ------
        StoredQueryError
            If it was not registered.
        """
        if identifier is not None:
            matched = _HASH.fullmatch(identifier)
            found = self._by_id.get(identifier if matched is None else matched[1].lower())
        else:
            found = self._by_text.get(text or "")
        if found is None:
            raise StoredQueryError(
                "this service answers only registered queries, and this is none of them",
                NOT_TRUSTED,
                "send the documentId of a registered query",
            )
        return found


class RememberedQueries:
    """Queries that clients have sent together with their hash, the last of them."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def characters(self) -> int:
        """Of all texts that are remembered."""
        return self._characters

    def text(self, identifier: str, text: str | None) -> str:
        """Return the text of a hash; `text` where the request brings it along.

        Raises
        ------
        StoredQueryError
            If the hash is none, is not known, or is not that of the text.
        """
        matched = _HASH.fullmatch(identifier)
        if matched is None:
            raise StoredQueryError("the hash of the query is no SHA-256", BAD_USER_INPUT, "send 64 hexadecimal digits")
        name = matched[1].lower()
        if text is None:
            with self._lock:
                found = self._texts.get(name)
                if found is not None:
                    self._texts.move_to_end(name)
                    return found
            raise StoredQueryError("PersistedQueryNotFound", NOT_FOUND, "send the query together with its hash")
        if digest(text) != name:
            raise StoredQueryError("provided sha does not match query", BAD_USER_INPUT, "hash the text as it is sent")
        return text

    def remember(self, text: str) -> None:
        """Keep a query that turned out to be valid."""
        if len(text) > MAX_CHARACTERS // 10:
            return
        with self._lock:
            name = digest(text)
            if name in self._texts:
                self._texts.move_to_end(name)
                return
            self._texts[name] = text
            self._characters += len(text)
            while self._characters > MAX_CHARACTERS or len(self._texts) > MAX_REMEMBERED:
                _, gone = self._texts.popitem(last=False)
                self._characters -= len(gone)
