"""The schema, assembled once per process: it holds no graph, each request brings its own."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import strawberry
from strawberry.extensions import DisableIntrospection, ParserCache, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from downstack.graphql.entities import ENTITY_TYPES, Fact, Relation
from downstack.graphql.enums import DATE_SCALAR, Date
from downstack.graphql.errors import public_errors
from downstack.graphql.federation import Composed, Federated, Reserved
from downstack.graphql.limits import DocumentLimits
from downstack.graphql.query import Query
from downstack.graphql.terms import Influence
from graphql import GraphQLError, GraphQLNamedType, is_specified_scalar_type, print_type

HEADER = "# Generated from the types in api/downstack/graphql by `make generate`; edit those instead.\n\n"


@strawberry.type(name="Query", description="Questions to the graph.")
class OpenQuery(Query, Federated, Composed):
    """All questions, those of gateways too."""


@strawberry.type(name="Query", description="Questions to the graph.")
class ReservedQuery(Query, Federated, Reserved):
    """All questions but for the schema."""


class PublicSchema(strawberry.federation.Schema):
    """A schema whose answers carry errors as clients may see them, whatever stage they come from."""

    async def execute(self, *args: Any, **options: Any) -> ExecutionResult:
        """Run a document."""
        result = await super().execute(*args, **options)
        if result.errors:
            result.errors = public_errors(result.errors)
        return result

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: what a client did wrong is no error of the service."""


TYPES = (*ENTITY_TYPES.values(), Fact, Relation, Influence)


@lru_cache(maxsize=2)
def build_schema(introspection: bool = True) -> strawberry.Schema:
    """Return the schema; without introspection it also gives no hints at names, and gateways cannot compose from it."""
    extensions: list[type[SchemaExtension]] = [DocumentLimits, ParserCache]
    if not introspection:
        extensions.append(DisableIntrospection)
    return PublicSchema(
        query=OpenQuery if introspection else ReservedQuery,
        types=TYPES,
        extensions=extensions,
        config=StrawberryConfig(scalar_map={Date: DATE_SCALAR}, disable_field_suggestions=not introspection),
    )


def schema_text() -> str:
    """Return the schema in GraphQL's own language, as it is committed in ``schema.graphql``.

    It is what clients ask: without the fields and directives of federation, so that every tool reads it.
    """
    with warnings.catch_warnings():
        # The keys of federation are meant to be left out.
        warnings.filterwarnings("ignore", message="Federation directive found", category=UserWarning)
        plain = strawberry.Schema(query=Query, types=TYPES, config=StrawberryConfig(scalar_map={Date: DATE_SCALAR}))
    # Strawberry has no public name for the schema that it wraps.
    types = plain._schema.type_map  # pyright: ignore[reportPrivateUsage]
    printed = (print_type(types[name]) for name in sorted(types) if not _is_builtin(types[name]))
    return HEADER + "\n\n".join(printed) + "\n"


def _is_builtin(kind: GraphQLNamedType) -> bool:
    return is_specified_scalar_type(kind) or kind.name.startswith("_")
