"""The schema, assembled once per process: it holds no graph, each request brings its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any, cast

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from downstack.graphql.documents import Documents
from downstack.graphql.entities import ENTITY_TYPES, Fact, Relation
from downstack.graphql.enums import DATE_SCALAR, Date
from downstack.graphql.errors import public_errors
from downstack.graphql.query import Query
from downstack.graphql.terms import Influence
from graphql import GraphQLError, GraphQLSchema

HEADER = "# Generated from the types in api/downstack/graphql by `make generate`; edit those instead.\n\n"


class PublicSchema(strawberry.Schema):
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
        result = await super().execute(*args, **options)
        if result.errors:
            result.errors = public_errors(result.errors)
        return result

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: what a client did wrong is no error of the service."""


class PreparedDocuments(SchemaExtension):
    """Takes documents from where they are parsed, bounded and validated once, also for streams of answers."""

    def on_parse(self) -> Iterator[None]:
        """Look the document up."""
        context = self.execution_context
        prepared = cast("PublicSchema", context.schema).documents.prepare(context.query or "")
        # What cannot be parsed is told by the parser, at the place where its errors are taken up.
        context.graphql_document = prepared.document
        context.parse_options["max_tokens"] = cast("PublicSchema", context.schema).documents.limits.tokens
        yield

    def on_validate(self) -> Iterator[None]:
        """Say what was found wrong with it, or what it costs too much under these variables."""
        context = self.execution_context
        prepared = cast("PublicSchema", context.schema).documents.prepare(context.query or "")
        context.pre_execution_errors = list(prepared.errors) or prepared.refusals(
            context.operation_name, context.variables or {}
        )
        yield


def build_schema(introspection: bool = True) -> PublicSchema:
    """Return the schema; without introspection it also gives no hints at names in error messages."""
    # The cache would tell a default from the same value given.
    return _schema(introspection)


@lru_cache(maxsize=2)
def _schema(introspection: bool) -> PublicSchema:
    schema = PublicSchema(
        query=Query,
        types=[*ENTITY_TYPES.values(), Fact, Relation, Influence],
        extensions=[PreparedDocuments],
        config=StrawberryConfig(scalar_map={Date: DATE_SCALAR}, disable_field_suggestions=not introspection),
    )
    schema.introspection = introspection
    return schema


def schema_text() -> str:
    """Return the schema in GraphQL's own language, as it is committed in ``schema.graphql``."""
    return f"{HEADER}{build_schema().as_str()}\n"
