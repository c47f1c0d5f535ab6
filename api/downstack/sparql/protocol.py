"""What a request asks: the SPARQL 1.1 protocol, by GET, by a form, or by a query as the body."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from downstack.errors import QueryError, QuerySizeError
from downstack.graph.sparql.limits import MAX_QUERY_BYTES

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
MAX_FORM_BYTES = 3 * MAX_QUERY_BYTES + 1_024
"""Every byte of a query may be written as three; the rest is for names."""
MAX_FIELDS = 20

GRAPHS = frozenset({"default-graph-uri", "named-graph-uri"})
UPDATES = frozenset({"update", "using-graph-uri", "using-named-graph-uri"})


class MediaTypeError(QueryError):
    """A body that is no form and no query."""


async def asked(request: Request) -> str | None:
    """Return the query of a request, or None when it asks for the description of the endpoint.

    Raises
    ------
    QuerySizeError
        If there is too much of it.
    QueryError
        If it holds no query or several, chooses graphs, or is not UTF-8.
    MediaTypeError
        If its body is neither a form nor a query.
    """
    address = fields_of(request.scope["query_string"])
    if request.method != "POST":
        return _query(address, needed=bool(address))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        return _query([*address, *fields_of(await _body(request, MAX_FORM_BYTES))], needed=True)
    if kind == QUERY:
        if any(name == "query" for name, _ in address):
            raise QueryError("the address and the body hold a query each", hint="send one of them")
        text = _decoded(await _body(request, MAX_QUERY_BYTES))
        return _query([*address, ("query", text)], needed=True)
    raise MediaTypeError(
        f"a body of the type {kind[:80] or 'that is not said'!r} is no query", hint=f"send {QUERY}, or a form: {FORM}"
    )


def fields_of(content: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form."""
    if len(content) > MAX_FORM_BYTES:
        raise _too_large()
    try:
        return parse_qsl(
            content.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        # Bytes that are no UTF-8 (a ValueError as well), or fields without end.
        raise QueryError("the fields of the request cannot be read", hint="encode them as UTF-8, then by %") from error


def _query(fields: list[tuple[str, str]], *, needed: bool) -> str | None:
    for name, _ in fields:
        if name in GRAPHS:
            raise QueryError(f"{name}: there is one graph, and it cannot be chosen", hint=f"leave {name} out")
        if name in UPDATES:
            raise QueryError(f"{name}: nothing can be changed here", hint="send a query; `downstack load` writes")
    queries = [value for name, value in fields if name == "query"]
    if len(queries) > 1:
        raise QueryError("the request holds several queries", hint="send one")
    if queries:
        return queries[0]
    if needed:
        raise QueryError("the request holds no query", hint="send it as the field `query`")
    return None


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise QueryError(f"the query is not UTF-8 at byte {error.start}", hint="send UTF-8") from error


async def _body(request: Request, most: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > most:
        raise _too_large()
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise _too_large()
    return bytes(content)


def _too_large() -> QuerySizeError:
    return QuerySizeError(
        f"the request is larger than a query of {MAX_QUERY_BYTES:,} bytes needs", hint="ask in several smaller queries"
    )
