"""The short ways of the executor give what graphql-core gives without them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import execute
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from tests.api.test_journey import JOURNEY

from downstack.deadline import Deadline
from downstack.errors import DeadlineExceededError
from downstack.graphql.context import Context, GraphHolder, Services
from downstack.graphql.cursors import CursorSigner
from downstack.graphql.execution import run_at_once, run_to_the_end
from downstack.graphql.executor import stored_fields
from downstack.graphql.question import QUERY, VARIABLES
from downstack.graphql.schema import build_schema
from downstack.kg import KnowledgeGraph

EVERYTHING = """query ($id: ID!, $all: Boolean!) { __typename entity(id: $id) { __typename id iri slug name: label aliases classes description
  layer { number name label } relations { predicate asOf subject { slug } object { __typename ... on Company { label } } }
  facts { id literal value low high asOf confidence source { title retrieved } quantity { id unit } supersededBy { id } }
  influences @include(if: $all) { __typename } properties @skip(if: $all) { kind } }
  layers { number definition } functions { name formula } graph { version releases { __typename } }
  missing: entity(id: "no-such-thing") { slug } node(id: $id) { id ... on Entity { slug } } }"""
ASKED: list[tuple[str, dict[str, Any]]] = [
    (QUERY, dict(VARIABLES)),
    (EVERYTHING, {"id": "nvidia-h200-sxm", "all": True}),
    (EVERYTHING, {"id": "tsmc", "all": False}),
    (JOURNEY, {"a": "claude-code", "m": "llama-3.1-70b", "c": "nvidia-h200-sxm", "w": "codex-swebenchpro", "s": 0}),
    ("{ entities(first: 5) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { label } } } }", {}),
]


def context_of(kg: KnowledgeGraph) -> Context:
    holder = GraphHolder(kg)
    return Context(holder.served, CursorSigner(b"the same for both"), Services(holder))


@pytest.mark.parametrize("place", range(len(ASKED)))
def test_an_answer_is_the_same_with_and_without_the_short_ways(kg: KnowledgeGraph, place: int) -> None:
    query, variables = ASKED[place]
    schema = build_schema()
    prepared = schema.documents.look(query)
    context = context_of(kg)
    operation = prepared.operations[None]
    short = run_to_the_end(schema.graphql, operation, context, variables, hide=False, deadline=Deadline())
    assert prepared.document is not None

    async def whole() -> Any:
        found: Any = execute(
            schema.graphql,
            prepared.document,  # type: ignore[arg-type]  # said above
            context_value=context,
            variable_values=variables,
            executor_class=StrawberryGraphQLCoreExecutionContext,
        )
        return found if not hasattr(found, "__await__") else await found

    long = asyncio.run(whole())
    assert not isinstance(short, list)
    assert long.data is not None
    assert short.data == long.data
    assert list(short.data or {}) == list(long.data)
    assert [error.formatted for error in short.errors or ()] == [error.formatted for error in long.errors or ()]
    if not operation.size(variables)[0].heavy:
        shortest = run_at_once(schema.graphql, operation, context, variables, hide=False)
        assert not isinstance(shortest, list)
        assert (shortest.data, list(shortest.data or {})) == (long.data, list(long.data))
        assert [error.formatted for error in shortest.errors or ()] == [error.formatted for error in long.errors or ()]


def test_the_short_way_is_taken_where_it_is_meant_to_be() -> None:
    schema = build_schema().graphql
    stored = stored_fields(schema.type_map["Company"])  # type: ignore[arg-type]  # an object type
    assert stored["slug"] == ("slug", str, False, False)
    assert stored["description"] == ("description", str, True, False)
    assert stored["aliases"] == ("aliases", str, False, True)
    assert "relations" not in stored


def test_an_operation_without_formulas_ends_at_its_deadline_too(kg: KnowledgeGraph) -> None:
    class Passed(Deadline):
        __slots__ = ()

        @property
        def passed(self) -> bool:
            return True

    schema = build_schema()
    operation = schema.documents.look("{ entities(first: 100) { nodes { facts { source { title } } } } }").operations[
        None
    ]
    context = context_of(kg)
    with pytest.raises(DeadlineExceededError):
        run_to_the_end(schema.graphql, operation, context, {}, hide=False, deadline=Passed())
