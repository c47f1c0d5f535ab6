"""Cursors: a place in a list, signed together with what the list is a list of.

A place is said by what stands there and not by its number, so a cursor survives that the graph is loaded anew: whoever
walks a list goes on behind the same item, whatever was added or removed before it. A cursor that was made up, or taken
from another list, is refused instead of answering something else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from downstack.errors import UserInputError

_SIGNATURE = 12
_FORMAT = b"\1"
"""Changes when a place is written differently: old cursors are then refused and not misread."""

Spot = Sequence[str | int | float]
"""What a cursor holds: words and numbers."""
Record = TypeVar("Record")
Held = TypeVar("Held", contravariant=True)


class CursorSigner:
    """Makes and checks cursors; replicas behind one address must share the key."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def _signature(self, scope: str, spot: bytes) -> bytes:
        return hmac.new(self._key, _FORMAT + scope.encode() + b"\0" + spot, hashlib.sha256).digest()[:_SIGNATURE]

    def make(self, scope: str, spot: Spot) -> str:
        """Return the cursor of a place in a list."""
        raw = json.dumps(list(spot), separators=(",", ":"), allow_nan=False).encode()
        return base64.urlsafe_b64encode(self._signature(scope, raw) + raw).decode()

    def read(self, scope: str, cursor: str, field: str = "after") -> Spot:
        """Return the place of a cursor.

        Raises
        ------
        UserInputError
            If the cursor was not made by this service for this list.
        """
        try:
            raw = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raw = b""
        signature, spot = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not spot or not hmac.compare_digest(signature, self._signature(scope, spot)):
            raise UserInputError(
                "the cursor does not belong to this list",
                field=field,
                hint="use a cursor of the same question, or leave it out to start anew",
            )
        found: Spot = json.loads(spot)
        return found


class Places(Protocol[Held]):
    """How a cursor of one list names a place in it."""

    def of(self, record: Held, position: int) -> Spot:
        """Return the place of a record."""
        ...

    def behind(self, records: Sequence[Held], spot: Spot, field: str) -> int:
        """Return the position of the first record behind a place."""
        ...

    def before(self, records: Sequence[Held], spot: Spot, field: str) -> int:
        """Return how many records stand before a place."""
        ...


class Sorted(Generic[Record]):
    """Places of a list in the order of a key: a place is found also when what stood there is gone.

    Parameters
    ----------
    key
        The words and numbers that a record is sorted by; no two records have the same.
    rank
        What keys compare by, where it is not themselves.
    """

    def __init__(
        self, key: Callable[[Record], Spot], rank: Callable[[tuple[Any, ...]], tuple[Any, ...]] = lambda spot: spot
    ) -> None:
        self._key, self._rank = key, rank

    def of(self, record: Record, position: int) -> Spot:
        """Return the key."""
        return self._key(record)

    def _ranked(self, record: Record) -> tuple[Any, ...]:
        return self._rank(tuple(self._key(record)))

    def behind(self, records: Sequence[Record], spot: Spot, field: str) -> int:
        """Return the position of the first record with a greater key."""
        return bisect_right(records, self._rank(tuple(spot)), key=self._ranked)

    def before(self, records: Sequence[Record], spot: Spot, field: str) -> int:
        """Return how many records have a smaller key."""
        return bisect_left(records, self._rank(tuple(spot)), key=self._ranked)


class Named(Generic[Record]):
    """Places of a list whose order is worked out with its numbers: a place is the record that stands there.

    Parameters
    ----------
    name
        What tells a record from all others of the list.
    """

    def __init__(self, name: Callable[[Record], str]) -> None:
        self._name = name

    def of(self, record: Record, position: int) -> Spot:
        """Return the name, and where to look for it first."""
        return position, self._name(record)

    def behind(self, records: Sequence[Record], spot: Spot, field: str) -> int:
        """Return the position behind the record."""
        return self._position(records, spot, field) + 1

    def before(self, records: Sequence[Record], spot: Spot, field: str) -> int:
        """Return the position of the record."""
        return self._position(records, spot, field)

    def _position(self, records: Sequence[Record], spot: Spot, field: str) -> int:
        position, name = int(spot[0]), str(spot[1])
        if position < len(records) and self._name(records[position]) == name:
            return position
        for place, record in enumerate(records):
            if self._name(record) == name:
                return place
        raise UserInputError(
            "what the cursor stands at is no longer in this list",
            field=field,
            hint="the graph was loaded anew since: leave the cursor out to start anew",
        )
