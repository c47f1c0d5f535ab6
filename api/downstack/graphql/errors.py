"""Which errors a client sees: those raised on purpose with code, field and hint; all others only as an id.

The id is repeated in the log next to the full traceback, so an operator can find what a user reports.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from downstack.errors import DownstackError, UserInputError
from downstack.graphql.observing import observe_error
from graphql import GraphQLError, GraphQLSyntaxError

logger = logging.getLogger("downstack.graphql")

MAX_ERRORS = 20
"""Errors of one answer; a document wrong in a thousand places is not told a thousand times."""

TOO_COMPLEX = "TOO_COMPLEX"
BAD_USER_INPUT = "BAD_USER_INPUT"
UNAVAILABLE = "UNAVAILABLE"
_STATUS = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, UNAVAILABLE: 503}


def public_error(error: GraphQLError) -> GraphQLError:
    """Return the error as the client may see it."""
    shown = _public(error)
    extensions = shown.extensions or {}
    observe_error(str(extensions.get("code", "")), str(extensions.get("id", "")))
    return shown


def _public(error: GraphQLError) -> GraphQLError:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        if "code" not in (error.extensions or {}):
            error.extensions = {**(error.extensions or {}), "code": _code_of_document(error)}
        return error
    if isinstance(cause, InvalidOperationTypeError | CannotGetOperationTypeError | MissingQueryError):
        # On streams these come as errors of the answer, and are what a client did wrong.
        hint = "name one operation of the document; changes are sent with POST"
        return _replace(error, "there is no operation that could be run", {"code": BAD_USER_INPUT, "hint": hint})
    if isinstance(cause, UserInputError):
        extensions = {"code": cause.code, "field": cause.field or None, "hint": cause.hint or None}
        return _replace(error, cause.message, extensions)
    if isinstance(cause, DownstackError) and cause.code != "INTERNAL":
        return _replace(error, cause.message, {"code": cause.code, "hint": cause.hint or None})
    reference = secrets.token_hex(8)
    logger.error("internal error %s at %s", reference, error.path, exc_info=cause)
    return _replace(error, "internal error", {"code": "INTERNAL", "id": reference})


def status_of(answer: Mapping[str, Any]) -> int | None:
    """Return the status of an answer that holds nothing because whoever asked may not: 401, 403 or 503."""
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors") or ()}
    if answer.get("data") is not None or not codes <= _STATUS.keys():
        return None
    return max((_STATUS[code] for code in codes), default=None)


def _code_of_document(error: GraphQLError) -> str:
    deep = isinstance(error, GraphQLSyntaxError) and ("nested too deep" in error.message or "tokens" in error.message)
    return TOO_COMPLEX if deep else BAD_USER_INPUT


def _replace(error: GraphQLError, message: str, extensions: Mapping[str, object]) -> GraphQLError:
    given = {key: value for key, value in extensions.items() if value is not None}
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=given)


def public_errors(errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    """Return the errors of an answer as the client may see them."""
    return [public_error(error) for error in errors[:MAX_ERRORS]]
