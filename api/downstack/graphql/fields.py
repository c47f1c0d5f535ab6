"""Typed decorators for resolvers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def resolved(description: str) -> Callable[[Resolver], Resolver]:
    """Make a method a field of its type.

    Strawberry's own decorator is typed as returning anything, which would leave every resolver unchecked.
    """
    return cast("Callable[[Resolver], Resolver]", strawberry.field(description=description))


def followed(description: str) -> Callable[[Resolver], Resolver]:
    """Make a method that yields a field that can be subscribed to."""
    return cast("Callable[[Resolver], Resolver]", strawberry.subscription(description=description))
