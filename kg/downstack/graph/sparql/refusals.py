"""What is refused before it runs, and the form of what is not.

A query reads the one graph that is served. Other endpoints (`SERVICE`), other graphs (`FROM`) and changes are refused here,
by the words of the query and not by a search in its text. The process that would run it could not do these things either
(:mod:`downstack.graph.sparql.worker`): this is where a reader is told.

The parser behind has no tokens, so a keyword can hide from a reader who has: in front of a name (`SERVICE:x` is
`SERVICE` and `:x` to it), or behind a quote inside of what looks like an IRI (`1<'a>'`). Both are refused rather than
guessed at.
"""

from __future__ import annotations

import re

from downstack.errors import QueryError, QueryLimitError, QuerySizeError
from downstack.graph.sparql.limits import MAX_NESTING, MAX_QUERY_BYTES
from downstack.graph.sparql.tokens import Kind, Token, place, tokens
from downstack.graph.sparql.words import DATASET, FORMS, KNOWN, REMOTE, UPDATE

_HIDDEN = re.compile("service|from", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[!]")


def check_query(text: str) -> str:
    """Return the form of a query that may run: SELECT, ASK, CONSTRUCT or DESCRIBE.

    Raises
    ------
    QuerySizeError
        If the text is longer than 64 KiB.
    QueryLimitError
        If it nests too deep.
    QueryError
        If it cannot be read, or asks for what is not done here.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_QUERY_BYTES:
        raise QuerySizeError(
            f"the query has {size:,} bytes; {MAX_QUERY_BYTES:,} are allowed", hint="ask in several smaller queries"
        )
    form = ""
    depth = chain = 0
    for token in tokens(text):
        if token.kind is Kind.OPERATOR:
            chain += 1
            _check_nesting(text, token, depth + chain)
            continue
        chain = 0
        if token.kind is Kind.OPEN:
            depth += 1
            _check_nesting(text, token, depth)
        elif token.kind is Kind.CLOSE:
            depth = max(depth - 1, 0)
        elif token.kind is Kind.WORD:
            _check_word(text, token)
            if not form and token.word in FORMS:
                form = token.word
        elif token.kind is Kind.NAME:
            _check_name(text, token)
        elif token.kind is Kind.IRI:
            # Where an operand may follow, `<` is an operator to the parser, and all of this is an expression.
            _check_nesting(text, token, depth + len(_BRACKETS.findall(token.text)))
            if "'" in token.text and _HIDDEN.search(text):
                raise QueryError(
                    f"{place(text, token.start)}: an apostrophe in an IRI of a query that also says SERVICE or FROM",
                    hint="write %27 for the apostrophe",
                )
    if not form:
        raise QueryError("this is no query", hint="a query says SELECT, ASK, CONSTRUCT or DESCRIBE")
    return form


def _check_nesting(text: str, token: Token, depth: int) -> None:
    if depth > MAX_NESTING:
        raise QueryLimitError(
            f"{place(text, token.start)}: more than {MAX_NESTING} levels of brackets and operators",
            hint="write the query with less nesting",
        )


def _check_word(text: str, token: Token) -> None:
    word, where = token.word, place(text, token.start)
    if word in REMOTE:
        raise QueryError(
            f"{where}: {word}: this endpoint asks no other endpoint", hint="ask each endpoint by itself, and join here"
        )
    if word in DATASET:
        raise QueryError(
            f"{where}: {word}: there is one graph, and it cannot be chosen", hint=f"leave {word} and its IRI out"
        )
    if word in UPDATE:
        raise QueryError(
            f"{where}: {word}: nothing can be changed here", hint="knowledge is written with `downstack load`"
        )
    if word not in KNOWN:
        raise QueryError(
            f"{where}: {token.text[:60]!r} is no word of SPARQL 1.1", hint="see the query language, or its case"
        )


def _check_name(text: str, token: Token) -> None:
    prefix = token.text.partition(":")[0]
    if _HIDDEN.search(prefix):
        raise QueryError(
            f"{place(text, token.start)}: the prefix {prefix!r} cannot be told from a keyword",
            hint="give the prefix a name without 'service' and 'from'",
        )
