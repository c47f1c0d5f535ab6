"""The text of a query as tokens: what is a word, a name, a text, a comment, an operator.

The tokens are those of the grammar of SPARQL 1.1 (section 19.8), in one pass and in time linear in the text. What is no
token ends the reading with an error, so nothing unread is left for a parser to see with other eyes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from downstack.errors import QueryError
from downstack.graph.sparql.limits import MAX_PREFIX


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    NAME = auto()
    IRI = auto()
    VARIABLE = auto()
    TEXT = auto()
    NUMBER = auto()
    OPEN = auto()
    CLOSE = auto()
    OPERATOR = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and where in the text it begins."""

    kind: Kind
    text: str
    start: int

    @property
    def word(self) -> str:
        """The text as words are compared."""
        return self.text.upper()


_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_COMBINING = "\u00b7\u0300-\u036f\u203f\u2040"
_FIRST = f"{_BASE}_0-9"
_CHARACTER = f"{_FIRST}{_COMBINING}\\-"
_ESCAPE = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_CODE = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"

_PATTERNS = (
    ("SPACE", r"[ \t\r\n]+|#[^\r\n]*"),
    ("IRI", rf"<(?:[^\x00-\x20<>\"{{}}|^`\\]|{_CODE})*+>"),
    ("TEXT", r'"""(?:"{0,2}(?:[^"\\]|\\[\s\S]))*+"""|' r"'''(?:'{0,2}(?:[^'\\]|\\[\s\S]))*+'''"),
    ("TEXT", r'"(?:[^"\\\n\r]|\\.)*+"|' r"'(?:[^'\\\n\r]|\\.)*+'"),
    ("VARIABLE", rf"[?$][{_FIRST}][{_FIRST}{_COMBINING}]*+"),
    ("OTHER", rf"_:[{_FIRST}](?:[{_CHARACTER}.]{{0,{MAX_PREFIX}}}[{_CHARACTER}])?"),
    (
        "NAME",
        rf"(?:[{_BASE}](?:[{_CHARACTER}.]{{0,{MAX_PREFIX}}}[{_CHARACTER}])?)?:"
        rf"(?:(?:[{_FIRST}:]|{_ESCAPE})(?:\.*(?:[{_CHARACTER}:]|{_ESCAPE}))*+)?",
    ),
    ("OTHER", r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*+"),
    ("NUMBER", r"(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?"),
    ("WORD", r"[A-Za-z_][A-Za-z0-9_]*+"),
    ("OPEN", r"[{(\[]"),
    ("CLOSE", r"[})\]]"),
    ("OPERATOR", r"\^\^|&&|\|\||!=|<=|>=|[!^*/|+\-=<>?]"),
    ("OTHER", r"[.,;]"),
)


@cache
def _token() -> re.Pattern[str]:
    """Return what finds the next token; compiled by the first query, as it takes a part of a service's start."""
    # Python wants a name of its own for each group: the kind, and a number.
    return re.compile("|".join(f"(?P<{name}_{number}>{pattern})" for number, (name, pattern) in enumerate(_PATTERNS)))


def place(text: str, offset: int) -> str:
    """Return where an offset is, as a reader counts."""
    line = text.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - (text.rfind(chr(10), 0, offset) + 1) + 1}"


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text; spaces and comments are left out.

    Raises
    ------
    QueryError
        Where no token begins.
    """
    position, token = 0, _token()
    while position < len(text):
        found = token.match(text, position)
        if found is None:
            raise QueryError(
                f"{place(text, position)}: {text[position]!r} begins nothing that SPARQL knows",
                hint="close every quote, and write other characters inside of texts and names only",
            )
        name = (found.lastgroup or "").partition("_")[0]
        if name != "SPACE":
            yield Token(Kind[name], found.group(), position)
        position = found.end()
