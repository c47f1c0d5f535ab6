"""Connections: pages of a list, in both directions.

What a cursor is and which place of a list it names is the business of :mod:`downstack.graphql.cursors`; this file cuts
the page between two places and wraps it as Relay wants it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import strawberry
from strawberry import UNSET

from downstack.errors import UserInputError
from downstack.graphql.cursors import CursorSigner as CursorSigner
from downstack.graphql.cursors import Places
from downstack.graphql.fields import resolved

MAX_PAGE = 100
DEFAULT_PAGE = 20

Item = TypeVar("Item")
Record = TypeVar("Record")


def check_first(first: int, field: str = "first") -> int:
    """Return a page size that is allowed."""
    if not 1 <= first <= MAX_PAGE:
        raise UserInputError(f"{field} is {first}", field=field, hint=f"ask for 1 to {MAX_PAGE}")
    return first


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    size: int
    backward: bool
    after: str | None
    before: str | None


def page_of(
    info: strawberry.Info,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    default: int = DEFAULT_PAGE,
) -> Page:
    """Read the four arguments of a connection.

    Parameters
    ----------
    info
        What the field was asked with: a page size that nobody wrote is no page size.
    first, after, last, before
        As given; None and UNSET where they were left out.
    default
        The page size where none is given.

    Raises
    ------
    UserInputError
        If a page size is out of range, or both are given.
    """
    start, end = (None if given is UNSET else given for given in (after, before))
    if last is None or last is UNSET:
        return Page(check_first(default if first is None or first is UNSET else first), False, start, end)
    if _written(info, "first"):
        raise UserInputError("both first and last are given", field="last", hint="walk one way at a time")
    return Page(check_first(last, "last"), True, start, end)


def _written(info: strawberry.Info, name: str) -> bool:
    # The default of `first` arrives like a value that was given; only the document knows.
    return any(getattr(field, "arguments", {}).get(name) is not None for field in info.selected_fields)


@strawberry.federation.type(
    description="Where a page lies in its list.",
    shareable=True,  # every service that speaks Relay has this type
)
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="True when items follow this page.")
    has_previous_page: bool = strawberry.field(description="True when items precede this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first item of the page: the previous page's `before`."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last item of the page: the next page's `after`."
    )


@strawberry.type(description="One item of a page with its cursor.")
class Edge(Generic[Item]):
    """Relay's edge."""

    cursor: str = strawberry.field(
        description="The signed place of the item in this list; it stays good when the graph is loaded anew."
    )
    node: Item | None = strawberry.field(description="The item; null only where it could not be shown, with an error.")


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
    """Return a short digest of what a list is a list of: the field and its arguments, whatever version answers."""
    return hashlib.sha256("\x1f".join(map(repr, parts)).encode()).hexdigest()[:32]


def paginate(
    records: Sequence[Record],
    convert: Callable[[Record], Item],
    *,
    places: Places[Record],
    scope: str,
    signer: CursorSigner,
    page: Page,
) -> Connection[Item]:
    """Cut one page out of a list, converting only what is on it.

    Parameters
    ----------
    records
        The whole list, in its order.
    convert
        Wraps a record.
    places
        How a cursor of this list names a place in it.
    scope
        What the list is a list of; a cursor is good for one scope.
    signer
        Signs cursors and checks them.
    page
        What is asked for.
    """
    start, end = 0, len(records)
    if page.after is not None:
        start = places.behind(records, signer.read(scope, page.after, "after"), "after")
    if page.before is not None:
        end = places.before(records, signer.read(scope, page.before, "before"), "before")
    end = max(start, end)
    if page.backward:
        start = max(start, end - page.size)
    else:
        end = min(end, start + page.size)
    cut = records[start:end]
    nodes = [convert(record) for record in cut]
    edges = [
        Edge(cursor=signer.make(scope, places.of(record, start + index)), node=node)
        for index, (record, node) in enumerate(zip(cut, nodes, strict=True))
    ]
    info = PageInfo(
        has_next_page=end < len(records),
        has_previous_page=start > 0,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, nodes=nodes, page_info=info, count=lambda: len(records))
