"""Strawberry's decorators and values, typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

Resolver = TypeVar("Resolver", bound=Callable[..., Any])
Member = TypeVar("Member", str, int)


def resolved(
    description: str, *, name: str | None = None, graphql_type: object = None
) -> Callable[[Resolver], Resolver]:
    """Make a method a field of its type.

    Strawberry's own decorator is typed as returning anything, which would leave every resolver unchecked.

    Parameters
    ----------
    description
        What the schema says of the field.
    name
        Its name, where that is not the method's.
    graphql_type
        Its type, where no annotation can say it.
    """
    made = strawberry.field(description=description, name=name, graphql_type=cast("Any", graphql_type))
    return cast("Callable[[Resolver], Resolver]", made)


def followed(description: str) -> Callable[[Resolver], Resolver]:
    """Make a method that yields a field that can be subscribed to."""
    return cast("Callable[[Resolver], Resolver]", strawberry.subscription(description=description))


def member(value: Member, description: str) -> Member:
    """Make a value of an enumeration with its words; Strawberry turns it into the value itself."""
    return cast("Member", strawberry.enum_value(value, description=description))
