"""GraphQL over HTTP: one request in, one answer out, as the draft of the GraphQL foundation has it.

https://graphql.github.io/graphql-over-http/draft/; its audits are run by tests/conformance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

import orjson

from downstack.deadline import Deadline
from downstack.errors import DeadlineExceededError
from downstack.graphql.context import Context
from downstack.graphql.errors import BAD_USER_INPUT, UNAVAILABLE
from downstack.graphql.execution import Answer, begin, refusal, run_at_once, run_to_the_end, too_late, written
from downstack.graphql.limits import variables_error
from downstack.graphql.negotiation import ANY, JSON, RESPONSE, accepts, answer_type
from downstack.graphql.observing import (
    observe_cost,
    observe_document,
    observe_error,
    observe_lookup,
    observe_operation,
)
from downstack.graphql.request import (
    DisconnectedError,
    GraphQLRequest,
    RefusedError,
    asks_for_page,
    header,
    read_body,
    read_get,
    read_post,
)
from downstack.graphql.stored import RememberedQueries, StoredQueryError, TrustedDocuments
from downstack.graphql.workers import RETRY_AFTER, OverloadedError, Workers
from graphql import ExecutionResult, GraphQLError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from downstack.graphql.documents import Operation, Prepared
    from downstack.graphql.guards import Guards
    from downstack.graphql.schema import PublicSchema

LONG = 1_500
"""Characters from which a new document is parsed and validated in a thread."""
HEAVY = 2_000.0
"""Estimated values from which an operation runs in a thread although no field of it computes."""

Found = TypeVar("Found")


class GraphQLOverHTTP:
    """Answers the HTTP requests of one endpoint; an ASGI application.

    Parameters
    ----------
    schema
        The schema.
    context
        Makes what the resolvers of one request share.
    guards
        The bounds.
    page
        Answers a browser that asks for a page; None where there is none.
    workers
        The threads for what computes, where other doors share them.
    """

    def __init__(
        self,
        schema: PublicSchema,
        context: Callable[[Scope], Context],
        guards: Guards,
        page: ASGIApp | None = None,
        workers: Workers | None = None,
    ) -> None:
        self._schema = schema
        self._context = context
        self._guards = guards
        self._page = page
        self._workers = workers or Workers(guards.threads, guards.waiting)
        self._remembered = RememberedQueries()
        self._trusted = None if guards.trusted is None else TrustedDocuments(guards.trusted, schema.documents)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        kind: str | None = JSON
        try:
            method = scope["method"]
            accept = header(scope, b"accept")
            kind = answer_type(accept)
            if method not in ("GET", "POST"):
                raise RefusedError(
                    405, BAD_USER_INPUT, "a request is sent by GET or POST", "use POST", {"allow": "GET, POST"}
                )
            if asks_for_page(scope) or (method == "GET" and not scope["query_string"] and accepts(accept, ANY)):
                if self._page is None:
                    raise RefusedError(404, BAD_USER_INPUT, "there is no page here", "send a query")
                await self._page(scope, receive, send)
                return
            if kind is None:
                raise RefusedError(406, BAD_USER_INPUT, "no answer has a media type that is accepted", f"accept {JSON}")
            if method == "GET":
                request = read_get(scope["query_string"])
            else:
                body = await read_body(scope, receive, self._guards.request_bytes)
                request = read_post(header(scope, b"content-type"), body)
            with observe_operation():
                answer = await self._answer(scope, receive, request, method)
        except RefusedError as refused:
            observe_error(refused.code)
            await respond(
                send, refused.status, kind or JSON, orjson.dumps({"errors": [refused.error]}), refused.headers
            )
            return
        except DisconnectedError:
            return
        await respond(send, answer.status if kind == RESPONSE or answer.plain else 200, kind, answer.body)

    async def _answer(self, scope: Scope, receive: Receive, request: GraphQLRequest, method: str) -> Answer:
        deadline = Deadline(self._guards.deadline_seconds)
        client = client_of(scope)
        try:
            prepared = await self._prepare(request, receive, deadline, client)
            # Before anything is refused: what was refused is looked for in the log first.
            observe_document(prepared.document, request.operation)
            if prepared.errors:
                return refusal(*prepared.errors)
            operation = prepared.operations.get(request.operation)
            if operation is None:
                return refusal(_no_operation(request.operation))
            if operation.kind != "query" and (method == "GET" or operation.kind == "subscription"):
                raise _wrong_door(operation.kind)
            variables = request.variables
            refused = variables_error(variables, self._guards.limits) if variables else None
            size, too_large = operation.size(variables)
            observe_cost(size.cost)
            if refused := refused or too_large:
                return refusal(refused)
            context = self._context(scope)
            if operation.kind == "mutation":
                return await self._change(operation, context, variables)
            schema, hide = self._schema.graphql, self._schema.hides_names
            most = self._guards.response_bytes
            if not size.heavy and size.cost <= HEAVY:
                return written(run_at_once(schema, operation, context, variables, hide=hide), most)
            return await self._apart(
                lambda: written(
                    run_to_the_end(schema, operation, context, variables, hide=hide, deadline=deadline), most
                ),
                receive,
                deadline,
                client,
            )
        except DeadlineExceededError as error:
            return too_late(error)
        except StoredQueryError as error:
            return refusal(GraphQLError(error.message, extensions={"code": error.code, "hint": error.hint}))

    async def _prepare(
        self, request: GraphQLRequest, receive: Receive, deadline: Deadline, client: Hashable
    ) -> Prepared:
        if self._trusted is not None:
            return self._trusted.find(request.document_id, request.query)
        text = request.query
        if request.document_id is not None:
            text = self._remembered.text(request.document_id, text)
        if text is None:
            raise RefusedError(400, BAD_USER_INPUT, "the request has no query", 'send {"query": "..."}')
        documents = self._schema.documents
        prepared = documents.known(text)
        observe_lookup("document", found=prepared is not None)
        if prepared is None and len(text) < LONG:
            prepared = documents.prepare(text)
        if prepared is None:
            prepared = await self._apart(lambda: documents.prepare(text), receive, deadline, client)
        if request.document_id is not None and request.query is not None and not prepared.errors:
            self._remembered.remember(text)
        return prepared

    async def _change(self, operation: Operation, context: Context, variables: Mapping[str, object]) -> Answer:
        """Run a mutation: to its end, whoever waits, as half a change is none."""
        found = begin(self._schema.graphql, operation, context, variables, hide=self._schema.hides_names)
        result = found if isinstance(found, list | ExecutionResult) else await found
        return written(result, self._guards.response_bytes)

    async def _apart(self, work: Callable[[], Found], receive: Receive, deadline: Deadline, client: Hashable) -> Found:
        """Run work in a thread until it is done, the time is over or the client is gone."""
        try:
            future = self._workers.submit(work, deadline, client)
        except OverloadedError as error:
            raise RefusedError(
                503,
                UNAVAILABLE,
                "too many questions wait for an answer",
                f"ask again in {RETRY_AFTER} second",
                {"retry-after": str(RETRY_AFTER)},
            ) from error
        waiting = asyncio.wrap_future(future)
        gone = asyncio.ensure_future(until_gone(receive))
        try:
            await asyncio.wait((waiting, gone), timeout=deadline.remaining, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left = gone.done()
            gone.cancel()
            if not waiting.done():
                abandon(future, waiting, deadline, withdrawn=left)
        if waiting.done() and not waiting.cancelled():
            return waiting.result()
        if left:
            raise DisconnectedError
        raise deadline.error()


async def until_gone(receive: Receive) -> None:
    """Return when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def abandon(future: Future[Found], waiting: asyncio.Future[Found], deadline: Deadline, *, withdrawn: bool) -> None:
    """Let work end by itself, which nobody waits for any more."""
    if withdrawn or not deadline.passed:
        deadline.cancel()
    # What it still says when it ends is heard by nobody; asyncio would report that.
    waiting.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    future.cancel()


def _no_operation(name: str | None) -> GraphQLError:
    said = (
        "the document has several operations, and none is named"
        if name is None
        else f"no operation is named {name[:100]!r}"
    )
    return GraphQLError(said, extensions={"code": BAD_USER_INPUT, "hint": "name one of them in operationName"})


def _wrong_door(kind: str) -> RefusedError:
    if kind == "mutation":
        return RefusedError(405, BAD_USER_INPUT, "a mutation is not sent by GET", "use POST", {"allow": "POST"})
    return RefusedError(400, BAD_USER_INPUT, "a subscription has many answers", "ask over a WebSocket")


def client_of(scope: Scope) -> str:
    """Return whom a request comes from: the name behind its token, or else the address."""
    principal = scope.get("state", {}).get("principal")
    name = getattr(principal, "name", None)
    if isinstance(name, str):
        return f"name {name}"
    client = scope.get("client")
    return f"address {client[0]}" if client else "address"


async def respond(send: Send, status: int, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Send one answer."""
    raw = [
        (b"content-type", _TYPES[kind]),
        (b"content-length", str(len(body)).encode()),
        # The same address has answers of two media types.
        (b"vary", b"accept"),
    ]
    if headers:
        raw += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


_TYPES = {JSON: f"{JSON}; charset=utf-8".encode(), RESPONSE: f"{RESPONSE}; charset=utf-8".encode()}
