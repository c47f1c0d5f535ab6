"""The router: ``/sparql`` by the SPARQL 1.1 protocol, read only."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from downstack.errors import (
    DownstackError,
    QueryError,
    QuerySizeError,
    QueryTimeError,
    UnavailableError,
    UserInputError,
)
from downstack.graph.sparql.formats import GRAPHS, Format
from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import Source
from downstack.graphql.endpoint import client_of
from downstack.graphql.observing import observe_cut, observe_error
from downstack.sparql.description import described
from downstack.sparql.negotiation import chosen
from downstack.sparql.protocol import FORM, QUERY, MediaTypeError, asked
from downstack.sparql.sending import AnswerResponse, reason_of, whole_or_refused
from downstack.sparql.service import SparqlService
from downstack.sparql.turns import Turns

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
OPEN = 32
"""Requests that are asked or sent at a time; bounds the memory that answers take."""
RETRY_AFTER = "1"

_ERRORS = (Format("json", "application/json"), Format("text", "text/plain", ("text/html", "text/csv", "text/turtle")))
_log = logging.getLogger("downstack.sparql")


class NotAcceptableError(QueryError):
    """No format that the client takes."""


def status_of(error: DownstackError) -> int:
    """Return the HTTP status of an error."""
    statuses: tuple[tuple[type[DownstackError], int], ...] = (
        (NotAcceptableError, 406),
        (MediaTypeError, 415),
        (QuerySizeError, 413),
        (QueryTimeError, 408),
        (UserInputError, 400),
        (UnavailableError, 503),
    )
    return next((status for kind, status in statuses if isinstance(error, kind)), 500)


def _refusal(request: Request, error: DownstackError) -> Response:
    status = status_of(error)
    observe_error(error.code)
    headers = {"vary": "accept"}
    if status == 503:
        headers["retry-after"] = RETRY_AFTER
    if status == 408:
        # Without it a client may take 408 for an idle connection, and ask the same again.
        headers["connection"] = "close"
    message, hint, extensions = error.message, error.hint, {"code": error.code}
    if status == 500:
        extensions["id"] = secrets.token_hex(8)
        message, hint = "internal error", ""
        _log.error("internal error %s of a query", extensions["id"], exc_info=error)
    if hint:
        extensions["hint"] = hint
    wanted = chosen(request.headers.get("accept"), _ERRORS)
    if wanted is not None and wanted.name == "text":
        lines = [f"{error.code}: {message}", *([f"hint: {hint}"] if hint else [])]
        return PlainTextResponse("\n".join(lines) + "\n", status_code=status, headers=headers)
    body = {"errors": [{"message": message, "extensions": extensions}]}
    return JSONResponse(body, status_code=status, headers=headers)


def _format(request: Request, formats: tuple[Format, ...]) -> Format:
    found = chosen(request.headers.get("accept"), formats)
    if found is None:
        names = ", ".join(item.media_type for item in formats)
        raise NotAcceptableError(
            "the answer cannot be written as the Accept header asks", hint=f"accept one of {names}"
        )
    return found


class _Door:
    """Answers requests with a service."""

    def __init__(self, service: SparqlService) -> None:
        self._service = service
        self._turns = Turns(service.limits, OPEN)
        self._limiter: CapacityLimiter | None = None

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": ", ".join(METHODS), "accept-post": f"{QUERY}, {FORM}"})
        try:
            return await self._answer(request)
        except DownstackError as error:
            return _refusal(request, error)

    async def _answer(self, request: Request) -> Response:
        text = await asked(request)
        if text is None:
            wanted = _format(request, GRAPHS)
            endpoint = str(request.url.replace(query="", fragment=""))
            return Response(
                described(endpoint, wanted.name), media_type=wanted.content_type, headers={"vary": "accept"}
            )
        if self._limiter is None:
            # A thread for each query: it does nothing but wait for another process.
            self._limiter = CapacityLimiter(OPEN)
        done = await self._turns.enter(client_of(request.scope))
        try:
            answer = await to_thread.run_sync(
                self._service.open, text, partial(_format, request), limiter=self._limiter
            )
            try:
                whole_or_refused(answer, request.scope)
            except QuerySizeError:
                await to_thread.run_sync(answer.close, limiter=self._limiter)
                raise
        except BaseException:
            done()
            raise
        return AnswerResponse(answer, self._limiter, cut=_cut, done=done)


def _cut(error: DownstackError) -> None:
    reason = reason_of(error)
    observe_error(error.code)
    observe_cut(reason)
    # No text of the error: it may hold what the client wrote.
    _log.warning("an answer was cut off before its end: %s", reason)


def sparql_router(
    served: Callable[[], Source],
    *,
    path: str = "/sparql",
    limits: QueryLimits | None = None,
    before_swap: Callable[[Callable[[Source], None]], None] | None = None,
    after_swap: Callable[[Callable[[], None]], None] | None = None,
) -> APIRouter:
    """Return a router to include into a FastAPI application of your own.

    Its processes start with the first query and end with the application.

    Parameters
    ----------
    served
        Returns the graph version that a query asked now is about: a :class:`~downstack.kg.KnowledgeGraph`.
    path
        Where to serve it.
    limits
        What a query may use.
    before_swap
        Takes a function to call with a version that will be served next, which returns when its processes have read it,
        where queries are asked.
    after_swap
        Takes a function to call when another version is served, so that its processes start then where queries are
        asked, if they have not before; with the next query unless given.
    """
    service = SparqlService(served, limits)
    if before_swap is not None:
        before_swap(service.prepare)
    if after_swap is not None:
        after_swap(service.follow)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await to_thread.run_sync(service.close)

    router = APIRouter(lifespan=lifespan)
    door = _Door(service)

    async def sparql(request: Request) -> Response:
        return await door(request)

    router.add_api_route(path, sparql, methods=list(METHODS), include_in_schema=False, response_model=None)
    return router
