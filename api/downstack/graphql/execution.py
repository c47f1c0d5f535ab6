"""Running a prepared operation, and writing down what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import orjson
from strawberry.execution import optimized_is_awaitable

from downstack.deadline import Deadline
from downstack.errors import DeadlineExceededError
from downstack.graphql.errors import TOO_COMPLEX, public_error, public_errors, status_of
from downstack.graphql.executor import Executor
from downstack.graphql.limits import HINT
from graphql import ExecutionResult, GraphQLError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from downstack.graphql.documents import Operation
    from graphql import GraphQLSchema


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, and whether it holds data or says why there is none."""

    body: bytes
    status: int = 200
    """For a client that takes the media type of GraphQL; others get 200 whenever the request could be read."""
    plain: bool = False
    """Whether all clients get this status: whoever asked may not."""


def _never(value: object) -> bool:
    return False


def run_at_once(
    schema: GraphQLSchema, operation: Operation, context: object, variables: Mapping[str, object], *, hide: bool
) -> ExecutionResult | list[GraphQLError]:
    """Run an operation of which no field computes; a list of errors when it cannot begin.

    Parameters
    ----------
    hide
        Whether errors name nothing that is near.
    """
    executor = Executor.build(
        schema,
        operation.document,
        None,
        context,
        cast("dict[str, Any]", variables),
        None if operation.node.name is None else operation.node.name.value,
        is_awaitable=cast("Any", _never),
        hide_suggestions=hide,
    )
    if isinstance(executor, list):
        return executor
    cast("Executor", executor).at_once = True
    return cast("ExecutionResult", executor.execute_operation())


def begin(
    schema: GraphQLSchema,
    operation: Operation,
    context: object,
    variables: Mapping[str, object],
    *,
    hide: bool,
    deadline: Deadline | None = None,
) -> list[GraphQLError] | ExecutionResult | Awaitable[ExecutionResult]:
    """Begin to run an operation whose fields may compute."""
    executor = Executor.build(
        schema,
        operation.document,
        None,
        context,
        cast("dict[str, Any]", variables),
        None if operation.node.name is None else operation.node.name.value,
        is_awaitable=cast("Any", optimized_is_awaitable),
        hide_suggestions=hide,
    )
    if isinstance(executor, list):
        return executor
    cast("Executor", executor).deadline = deadline
    return cast("ExecutionResult | Awaitable[ExecutionResult]", executor.execute_operation())


def run_to_the_end(
    schema: GraphQLSchema,
    operation: Operation,
    context: object,
    variables: Mapping[str, object],
    *,
    hide: bool,
    deadline: Deadline,
) -> ExecutionResult | list[GraphQLError]:
    """Run an operation in this thread, whatever its fields do.

    Raises
    ------
    DeadlineExceededError
        If it had to end before.
    """

    async def whole() -> ExecutionResult | list[GraphQLError]:
        found = begin(schema, operation, context, variables, hide=hide, deadline=deadline)
        return found if isinstance(found, list | ExecutionResult) else await found

    result = asyncio.run(whole())
    # Fields that had to end are null with an error each: half of an answer that nobody could tell from a whole one.
    deadline.check()
    return result


def written(result: ExecutionResult | list[GraphQLError], most: int) -> Answer:
    """Write down what came of an operation, of up to so many bytes."""
    if isinstance(result, list):
        return refusal(*public_errors(result))
    content: dict[str, object] = {"data": result.data}
    if result.errors:
        content["errors"] = [error.formatted for error in public_errors(result.errors)]
    body = orjson.dumps(content)
    if len(body) > most:
        return refusal(too_large(len(body), most))
    forbidden = status_of(content) if result.errors else None
    return Answer(body) if forbidden is None else Answer(body, forbidden, plain=True)


def too_large(size: int, most: int) -> GraphQLError:
    """Return the error about an answer of too many bytes."""
    return GraphQLError(
        f"the answer has {size:,} bytes; {most:,} are allowed", extensions={"code": TOO_COMPLEX, "hint": HINT}
    )


def refusal(*errors: GraphQLError, status: int = 400) -> Answer:
    """Write down why there is no data."""
    content = {"errors": [public_error(error).formatted for error in errors]}
    forbidden = status_of(content)
    body = orjson.dumps(content)
    return Answer(body, status) if forbidden is None else Answer(body, forbidden, plain=True)


def too_late(error: DeadlineExceededError) -> Answer:
    """Write down that the time was not enough."""
    return refusal(GraphQLError(error.message, extensions={"code": error.code, "hint": error.hint}), status=504)
