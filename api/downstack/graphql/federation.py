"""What a gateway of Apollo Federation 2 asks this service for, as one subgraph among others.

Entities are keyed by their slug, so another subgraph may add fields to an ``Accelerator`` that it knows by that name. The
two fields below are the protocol; nobody but a gateway needs them, and ``schema.graphql`` leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Optional, Union

import strawberry
from strawberry.federation.schema import FederationAny

from downstack.errors import UnknownNameError, UserInputError
from downstack.graphql.context import Info
from downstack.graphql.entities import ENTITY_TYPES, Entity, entity_of
from downstack.graphql.fields import resolved
from downstack.graphql.relay import MAX_PAGE

KEY = "id"
"""The field that gateways know an entity by."""


@strawberry.type(name="_Service", description="This service as a subgraph.")
class Service:
    """The answer to a gateway that composes."""

    sdl: str = strawberry.field(description="The schema with the directives of federation.")


# Any: a union that is made from a list is no type that a checker knows.
_ENTITY: Any = Annotated[
    Union[tuple(ENTITY_TYPES.values())],  # noqa: UP007
    strawberry.union("_Entity", description="What another subgraph may refer to."),
]


@strawberry.type(description="What a gateway asks when it composes.")
class Composed:
    """A part of the root of all questions; it gives the whole schema, as introspection does."""

    @resolved("This service as a subgraph, for gateways.", name="_service")
    def service(self) -> Service:
        """Give the schema."""
        return Service(sdl=federated_text())


@strawberry.type(description="What a gateway asks when it composes, of a service that keeps its schema to itself.")
class Reserved:
    """The same where introspection is off: Strawberry would add a field that gives the schema."""

    @resolved("This service as a subgraph; not given by this service.", name="_service")
    def service(self) -> Service:
        """Refuse to give the schema."""
        raise UserInputError(
            "this service does not give its schema",
            field="_service",
            hint="compose from what `downstack query` answers to { _service { sdl } }",
        )


@strawberry.type(description="What a gateway asks when it answers.")
class Federated:
    """A part of the root of all questions."""

    @resolved(
        "Entities by their keys, in the order asked, for gateways; at most 100.",
        name="_entities",
        graphql_type=list[Optional[_ENTITY]],  # noqa: UP045  # made from a list, which `|` cannot be
    )
    def entities_by_key(
        self,
        info: Info,
        representations: Annotated[
            list[FederationAny],
            strawberry.argument(description='Keys such as {__typename: "Accelerator", id: "nvidia-h200-sxm"}.'),
        ],
    ) -> list[Entity | None]:
        """Look entities up."""
        if len(representations) > MAX_PAGE:
            raise UserInputError(
                f"there are {len(representations)} representations",
                field="representations",
                hint=f"ask for at most {MAX_PAGE} at a time",
            )
        return [_found(item, info) for item in representations]


def _found(item: object, info: Info) -> Entity | None:
    """Return the entity that a representation names; None where there is none of that type."""
    name, key = (item.get("__typename"), item.get(KEY)) if isinstance(item, Mapping) else (None, None)
    if not isinstance(name, str) or not isinstance(key, str) or name not in ENTITY_TYPES:
        raise UserInputError(
            "a representation names no entity",
            field="representations",
            hint="give __typename, a type of this schema that has a key, and id",
        )
    try:
        found = entity_of(info.context.kg.resolve(key, field="representations"))
    except UnknownNameError:
        return None
    return found if isinstance(found, ENTITY_TYPES[name]) else None


@cache
def federated_text() -> str:
    """Return the schema as a subgraph gives it: printed once, however often it is asked for."""
    from downstack.graphql.schema import build_schema

    return build_schema().as_str()
