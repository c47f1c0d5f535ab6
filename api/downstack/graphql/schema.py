"""The schema, assembled once per process: it holds no graph, each request brings its own."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from functools import cached_property, lru_cache
from typing import Any, cast

import orjson
import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.graphql import OperationType

from downstack.deadline import Deadline
from downstack.graphql.context import Context
from downstack.graphql.documents import Documents
from downstack.graphql.entities import ENTITY_TYPES, Fact, Relation
from downstack.graphql.enums import DATE_SCALAR, Date
from downstack.graphql.errors import public_errors
from downstack.graphql.execution import too_large
from downstack.graphql.federation import Composed, Federated, Reserved
from downstack.graphql.mutation import Mutation
from downstack.graphql.observing import observe_cost, observe_document, observe_lookup, observe_operation
from downstack.graphql.query import Query
from downstack.graphql.subscription import Subscription
from downstack.graphql.terms import Influence
from graphql import GraphQLError, GraphQLNamedType, GraphQLSchema, is_specified_scalar_type, print_type

HEADER = "# Generated from the types in api/downstack/graphql by `make generate`; edit those instead.\n\n"


class PreparedDocuments(SchemaExtension):
    """Takes documents from where they are parsed, bounded and validated once, where answers come as a stream."""

    def on_parse(self) -> Iterator[None]:
        """Look the document up."""
        context, documents = self.execution_context, cast("PublicSchema", self.execution_context.schema).documents
        text = context.query or ""
        observe_lookup("document", found=documents.known(text) is not None)
        # What cannot be parsed is told by the parser, at the place where its errors are taken up.
        context.graphql_document = documents.prepare(text).document
        context.parse_options["max_tokens"] = documents.limits.tokens
        yield

    def on_validate(self) -> Iterator[None]:
        """Say what was found wrong with it, or what it costs too much under these variables."""
        context, documents = self.execution_context, cast("PublicSchema", self.execution_context.schema).documents
        prepared = documents.prepare(context.query or "")
        name, variables = context.operation_name, context.variables or {}
        observe_document(prepared.document, name)
        if (operation := prepared.operations.get(name)) is not None:
            observe_cost(operation.size(variables)[0].cost)
        context.pre_execution_errors = list(prepared.errors) or prepared.refusals(name, variables)
        yield

    def on_execute(self) -> Iterator[None]:
        """Bound the time of what has one answer; a subscription goes on until somebody ends it."""
        context = self.execution_context
        own = context.context
        if context.operation_type is not OperationType.QUERY or not isinstance(own, Context) or own.request is None:
            yield
            return
        with Deadline(own.services.deadline_seconds):
            yield


@strawberry.type(name="Query", description="Questions to the graph.")
class OpenQuery(Query, Federated, Composed):
    """All questions, those of gateways too."""


@strawberry.type(name="Query", description="Questions to the graph.")
class ReservedQuery(Query, Federated, Reserved):
    """All questions but for the schema."""


class PublicSchema(strawberry.federation.Schema):
    """A schema whose answers carry errors as clients may see them, whatever stage they come from."""

    introspection = True

    @property
    def graphql(self) -> GraphQLSchema:
        """The schema underneath."""
        return self._schema

    @property
    def hides_names(self) -> bool:
        """Whether errors name nothing that is near what was asked for."""
        return not self.introspection

    @cached_property
    def documents(self) -> Documents:
        """The documents that were asked, as they are run."""
        return Documents(self._schema, introspection=self.introspection)

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
        most = None
        if isinstance(context, Context):
            options["context_value"] = context.renewed()
            most = context.services.response_bytes
        return _public(await super().stream(*args, **options), most)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: what a client did wrong is no error of the service."""


async def _public(results: AsyncGenerator[Any, None], most: int | None) -> AsyncGenerator[Any, None]:
    """Yield results with errors as clients may see them; one of too many bytes is an error, and the last."""
    async with aclosing(results):
        async for result in results:
            if result.errors:
                result.errors = public_errors(result.errors)
            if most is not None and (size := _size(result)) > most:
                yield ExecutionResult(data=None, errors=public_errors([too_large(size, most)]))
                return
            yield result


def _size(result: Any) -> int:
    if not isinstance(result, ExecutionResult) or result.data is None:
        return 0
    return len(orjson.dumps({"data": result.data}))


TYPES = (*ENTITY_TYPES.values(), Fact, Relation, Influence)


def build_schema(introspection: bool = True) -> PublicSchema:
    """Return the schema; without introspection it also gives no hints at names, and gateways cannot compose from it."""
    # The cache would tell a default from the same value given.
    return _schema(introspection)


@lru_cache(maxsize=2)
def _schema(introspection: bool) -> PublicSchema:
    schema = PublicSchema(
        query=OpenQuery if introspection else ReservedQuery,
        mutation=Mutation,
        subscription=Subscription,
        types=TYPES,
        extensions=[PreparedDocuments],
        config=StrawberryConfig(scalar_map={Date: DATE_SCALAR}, disable_field_suggestions=not introspection),
    )
    schema.introspection = introspection
    return schema


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
