"""The schema, assembled once per process: it holds no graph, each request brings its own."""

from __future__ import annotations

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
from downstack.graphql.limits import DocumentLimits
from downstack.graphql.mutation import Mutation
from downstack.graphql.observing import observe_lookup, observe_operation
from downstack.graphql.query import Query
from downstack.graphql.subscription import Subscription
from downstack.graphql.terms import Influence
from graphql import GraphQLError

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


class PublicSchema(strawberry.Schema):
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


@lru_cache(maxsize=2)
def build_schema(introspection: bool = True) -> strawberry.Schema:
    """Return the schema; without introspection it also gives no hints at names in error messages."""
    extensions: list[type[SchemaExtension]] = [DocumentLimits, ObservedParserCache]
    if not introspection:
        extensions.append(DisableIntrospection)
    return PublicSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*ENTITY_TYPES.values(), Fact, Relation, Influence],
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
    """Return the schema in GraphQL's own language, as it is committed in ``schema.graphql``."""
    return f"{HEADER}{build_schema().as_str()}\n"
