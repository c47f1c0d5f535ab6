"""Reading a GraphQL request from HTTP: its body within bounds, its parameters with their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

import orjson

from downstack.graphql.errors import BAD_USER_INPUT, TOO_COMPLEX
from downstack.graphql.negotiation import HTML, accepts, is_json

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

PARAMETERS = 20
"""Of an address that are looked at."""


class RefusedError(Exception):
    """A request that is answered before any query is looked at."""

    def __init__(
        self, status: int, code: str, message: str, hint: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hint = status, code, message, hint
        self.headers = headers or {}

    @property
    def error(self) -> dict[str, object]:
        """The error as an answer has it."""
        return {"message": self.message, "extensions": {"code": self.code, "hint": self.hint}}


class DisconnectedError(Exception):
    """Nobody waits for the answer."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What one request asks."""

    query: str | None
    operation: str | None
    variables: Mapping[str, object]
    document_id: str | None
    """The hash or name of a stored query."""


def header(scope: Scope, name: bytes) -> str:
    """Return a header of a request, several of one name joined as one list; empty when there is none."""
    found = [value for key, value in scope["headers"] if key == name]
    return (found[0] if len(found) == 1 else b", ".join(found)).decode("latin-1") if found else ""


def asks_for_page(scope: Scope) -> bool:
    """Return whether a request is that of a browser for a page: it needs no token, and must never be answered with data."""
    return (
        scope["method"] == "GET"
        and accepts(header(scope, b"accept"), HTML)
        and all(
            name != "query" for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        )
    )


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes:
    """Read the body of a request, up to so many bytes.

    Raises
    ------
    RefusedError
        If it is larger.
    DisconnectedError
        If the client is gone.
    """
    declared = header(scope, b"content-length")
    if declared.isdigit() and int(declared[:20]) > most:
        raise _too_large(most)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise DisconnectedError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= most:
        return body
    chunks, size = [body], len(body)
    while size <= most and message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if size > most:
        raise _too_large(most)
    return b"".join(chunks)


def _too_large(most: int) -> RefusedError:
    return RefusedError(413, TOO_COMPLEX, f"the request is larger than {most} bytes", "ask smaller questions")


def strict_json(data: str | bytes) -> object:
    """Read JSON as its standard has it: finite numbers, valid UTF-8, bounded nesting.

    Raises
    ------
    RefusedError
        If it is not.
    """
    try:
        return orjson.loads(data)
    except (ValueError, RecursionError) as error:
        message = (
            "the request has a number that is too large"
            if "infinity" in str(error)
            else "the request is not valid JSON"
        )
        raise _bad(message, "send UTF-8 JSON with finite numbers") from error


def read_post(content_type: str, body: bytes) -> GraphQLRequest:
    """Read the parameters of a body.

    Raises
    ------
    RefusedError
        If it is not what the protocol has.
    """
    if not is_json(content_type):
        raise RefusedError(
            415, BAD_USER_INPUT, "a request is sent as application/json in UTF-8", "set the header content-type"
        )
    found = strict_json(body)
    if isinstance(found, list):
        raise _bad("several requests in one are not answered", "send each on its own")
    if not isinstance(found, dict):
        raise _bad("the request is not a JSON object", 'send {"query": "..."}')
    return read_parameters(cast("dict[str, object]", found))


def read_get(query_string: bytes) -> GraphQLRequest:
    """Read the parameters of an address.

    Raises
    ------
    RefusedError
        If they are not what the protocol has.
    """
    try:
        pairs = parse_qsl(query_string.decode("ascii"), max_num_fields=PARAMETERS, errors="strict")
    except ValueError as error:
        raise _bad("the address is not UTF-8 in URL encoding, or has too many parameters", "encode it") from error
    found: dict[str, object] = dict(pairs)
    for name in ("variables", "extensions"):
        text = found.get(name)
        if isinstance(text, str) and text:
            found[name] = strict_json(text)
        else:
            found.pop(name, None)
    return read_parameters(found)


def read_parameters(found: Mapping[str, object]) -> GraphQLRequest:
    """Check the types of the parameters.

    Raises
    ------
    RefusedError
        If one has another, or if nothing is asked.
    """
    query = _text(found, "query")
    operation = _text(found, "operationName")
    document_id = _text(found, "documentId")
    variables, extensions = _map(found, "variables"), _map(found, "extensions")
    stored = extensions.get("persistedQuery")
    if document_id is None and isinstance(stored, dict):
        document_id = _text(cast("dict[str, object]", stored), "sha256Hash")
    if query is None and document_id is None:
        raise _bad("the request has no query", 'send {"query": "..."}')
    return GraphQLRequest(query, operation or None, variables, document_id)


def _text(found: Mapping[str, object], name: str) -> str | None:
    value = found.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _bad(f"{name} is not a string", f"send {name} as a string, or leave it out")


def _map(found: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = found.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return cast("dict[str, object]", value)
    raise _bad(f"{name} is not a map", f"send {name} as a JSON object, or leave it out")


def _bad(message: str, hint: str) -> RefusedError:
    return RefusedError(400, BAD_USER_INPUT, message, hint)
