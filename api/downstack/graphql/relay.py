"""Connections: pages of a list with opaque cursors.

A cursor is a position signed together with what it is a position in (the field, its arguments, the graph version), so
a cursor that was made up, or taken from another list, is refused instead of answering something else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import strawberry

from downstack.errors import UserInputError
from downstack.graphql.fields import resolved

MAX_PAGE = 100
DEFAULT_PAGE = 20
_SIGNATURE = 12
_POSITION = 6

Item = TypeVar("Item")
Record = TypeVar("Record")


class CursorSigner:
    """Makes and checks cursors; replicas behind one address must share the key."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def _signature(self, scope: str, position: bytes) -> bytes:
        return hmac.new(self._key, scope.encode() + b"\0" + position, hashlib.sha256).digest()[:_SIGNATURE]

    def make(self, scope: str, position: int) -> str:
        """Return the cursor of a position in a list."""
        raw = position.to_bytes(_POSITION, "big")
        return base64.urlsafe_b64encode(raw + self._signature(scope, raw)).decode()

    def read(self, scope: str, cursor: str) -> int:
        """Return the position of a cursor.

        Raises
        ------
        UserInputError
            If the cursor was not made by this service for this list.
        """
        try:
            raw = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raw = b""
        position, signature = raw[:_POSITION], raw[_POSITION:]
        if len(raw) != _POSITION + _SIGNATURE or not hmac.compare_digest(signature, self._signature(scope, position)):
            raise UserInputError(
                "the cursor does not belong to this list",
                field="after",
                hint="use endCursor of the same question on the same graph version, or leave it out to start anew",
            )
        return int.from_bytes(position, "big")


def check_first(first: int, field: str = "first") -> int:
    """Return a page size that is allowed."""
    if not 1 <= first <= MAX_PAGE:
        raise UserInputError(f"{field} is {first}", field=field, hint=f"ask for 1 to {MAX_PAGE}")
    return first


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="True when items follow this page.")
    has_previous_page: bool = strawberry.field(description="True when items precede this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item of the page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item: the next page's `after`.")


@strawberry.type(description="One item of a page with its cursor.")
class Edge(Generic[Item]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="The signed position of the item in this list.")
    node: Item = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    """Relay's connection."""

    edges: list[Edge[Item]] = strawberry.field(description="The items of the page with their cursors.")
    nodes: list[Item] = strawberry.field(description="The items of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    count: strawberry.Private[Callable[[], int]]

    @resolved("The length of the whole list; counted only when asked for.")
    def total_count(self) -> int:
        """Count the whole list."""
        return self.count()


def scope_of(*parts: object) -> str:
    """Return a short digest of what a list is a list of."""
    return hashlib.sha256("\x1f".join(map(repr, parts)).encode()).hexdigest()[:32]


def paginate(
    records: Sequence[Record],
    convert: Callable[[Record], Item],
    *,
    scope: str,
    signer: CursorSigner,
    first: int | None,
    after: str | None,
) -> Connection[Item]:
    """Cut one page out of a list, converting only what is on it."""
    size = check_first(DEFAULT_PAGE if first is None else first)
    start = 0 if after is None else signer.read(scope, after) + 1
    page = records[start : start + size]
    nodes = [convert(record) for record in page]
    edges = [Edge(cursor=signer.make(scope, start + place), node=node) for place, node in enumerate(nodes)]
    info = PageInfo(
        has_next_page=start + len(page) < len(records),
        has_previous_page=start > 0,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, nodes=nodes, page_info=info, count=lambda: len(records))
