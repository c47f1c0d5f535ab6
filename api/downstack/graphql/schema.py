"""The schema, assembled once per process: it holds no graph, each request brings its own."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from functools import lru_cache
from typing import Any

import strawberry
from strawberry.extensions import DisableIntrospection, ParserCache, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.base import StrawberryObjectDefinition

from downstack.graphql.context import Context
from downstack.graphql.entities import ENTITY_TYPES, Fact, Relation
from downstack.graphql.enums import DATE_SCALAR, Date
from downstack.graphql.errors import public_errors
from downstack.graphql.federation import Composed, Federated, Reserved
from downstack.graphql.limits import DocumentLimits
from downstack.graphql.mutation import Mutation
from downstack.graphql.observing import observe_lookup, observe_operation
from downstack.graphql.query import Query
from downstack.graphql.subscription import Subscription
from downstack.graphql.terms import Influence
from graphql import GraphQLError, GraphQLNamedType, is_specified_scalar_type, print_type

HEADER = "# Generated from the types in api/downstack/graphql by `make generate`; edit those instead.\n\n"


class ObservedParserCache(ParserCache):
    """The cache of parsed documents, which says whether it held one."""

    def on_parse(self) -> Iterator[None]:
        """Parse, or recall."""
        statistics: Callable[[], Any] = self.cached_parse_document.cache_info  # type: ignore[attr-defined]
        misses = statistics().misses
        for _ in super().on_parse():
            observe_lookup("document", found=statistics().misses == misses)
            yield


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
        with observe_operation():
            result = await super().execute(*args, **options)
            if result.errors:
                result.errors = public_errors(result.errors)
        return result

    async def stream(self, *args: Any, **options: Any) -> AsyncGenerator[Any, None]:
        """Run a document whose answers come one after another, from the graph as it is now."""
        context = options.get("context_value")
        if isinstance(context, Context):
            options["context_value"] = context.renewed()
        return _public(await super().stream(*args, **options))

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: what a client did wrong is no error of the service."""


async def _public(results: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    async with aclosing(results):
        async for result in results:
            if result.errors:
                result.errors = public_errors(result.errors)
            yield result


TYPES = (*ENTITY_TYPES.values(), Fact, Relation, Influence)


@lru_cache(maxsize=2)
def build_schema(introspection: bool = True) -> strawberry.Schema:
    """Return the schema; without introspection it also gives no hints at names, and gateways cannot compose from it."""
    extensions: list[type[SchemaExtension]] = [DocumentLimits, ObservedParserCache]
    if not introspection:
        extensions.append(DisableIntrospection)
    return PublicSchema(
        query=OpenQuery if introspection else ReservedQuery,
        mutation=Mutation,
        subscription=Subscription,
        types=TYPES,
        extensions=extensions,
        config=StrawberryConfig(scalar_map={Date: DATE_SCALAR}, disable_field_suggestions=not introspection),
    )


def root_fields() -> frozenset[str]:
    """Return the names of all fields that a document may ask for at its root."""
    schema = build_schema()
    roots = (schema.get_type_by_name(name) for name in ("Query", "Mutation", "Subscription"))
    name_of = schema.config.name_converter.get_graphql_name
    return frozenset(
        name_of(field) for root in roots if isinstance(root, StrawberryObjectDefinition) for field in root.fields
    )


def schema_text() -> str:
    """Return the schema in GraphQL's own language, as it is committed in ``schema.graphql``.

    It is what clients ask: without the fields and directives of federation, so that every tool reads it.
    """
    with warnings.catch_warnings():
        # The keys of federation are meant to be left out.
        warnings.filterwarnings("ignore", message="Federation directive found", category=UserWarning)
        plain = strawberry.Schema(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            types=TYPES,
            config=StrawberryConfig(scalar_map={Date: DATE_SCALAR}),
        )
    # Strawberry has no public name for the schema that it wraps.
    types = plain._schema.type_map  # pyright: ignore[reportPrivateUsage]
    printed = (print_type(types[name]) for name in sorted(types) if not _is_builtin(types[name]))
    return HEADER + "\n\n".join(printed) + "\n"


def _is_builtin(kind: GraphQLNamedType) -> bool:
    return is_specified_scalar_type(kind) or kind.name.startswith("_")
