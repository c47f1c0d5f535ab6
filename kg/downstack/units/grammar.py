"""Read a unit string that may come from anyone.

The grammar is small and closed: ``GB/s``, ``token/s/chip``, ``mm^2``, ``USD/(chip h)``, ``1``. The text is taken apart
here, by hand, and only bare names ever reach the unit library, so nothing in a unit string can be evaluated.

::

    expression = term { ("*" | "/" | " ") term }
    term       = atom [ ("^" | "**") exponent ]
    atom       = name | number | "%" | "(" expression ")"
    exponent   = [ "+" | "-" ] number
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from downstack.errors import UnitError

MAX_LENGTH = 80
"""Characters in a unit string; the longest one in use has about twenty."""

MAX_EXPONENT = 12.0
MAX_NESTING = 8

_TOKEN = re.compile(
    r"(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![A-Za-z_\d]))"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*|%)"
    r"|(?P<mark>\*\*|[*/^()+-])"
    r"|(?P<space> +)"
)
_ALLOWED = "a unit is made of names, numbers, * / ^ ( ) and spaces, for example GB/s, mm^2 or USD/h"
_MICRO = str.maketrans({"\u00b5": "u", "\u03bc": "u"})


@dataclass(frozen=True, slots=True)
class Product:
    """A unit taken apart: a number times names with exponents, in the order they were written."""

    coefficient: float
    names: tuple[tuple[str, float], ...]


def parse(unit: object) -> Product:
    """Take a unit string apart.

    Parameters
    ----------
    unit
        The text as a source or a user wrote it.

    Returns
    -------
    The coefficient and the names with their exponents; names are not looked up.

    Raises
    ------
    UnitError
        If the text is too long, empty, or outside the grammar.
    """
    if not isinstance(unit, str):
        raise UnitError(f"a unit is text, not {type(unit).__name__}", field="unit", hint='write "1" for a pure number')
    if len(unit) > MAX_LENGTH:
        raise UnitError(
            f"a unit of {len(unit)} characters is too long", field="unit", hint=f"at most {MAX_LENGTH} characters"
        )
    text = unit.translate(_MICRO).strip(" ")
    if not text:
        raise UnitError("the unit is empty", field="unit", hint='write "1" for a pure number')
    return _Parser(unit, _tokens(unit, text)).run()


def _tokens(unit: str, text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnitError(f"{unit!r} is not a unit: unexpected {text[position]!r}", field="unit", hint=_ALLOWED)
        if match.lastgroup != "space":
            tokens.append(match.group())
        position = match.end()
    return tokens


class _Parser:
    """A recursive descent over the tokens of one unit."""

    def __init__(self, unit: str, tokens: list[str]) -> None:
        self._unit = unit
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def run(self) -> Product:
        result = self._expression()
        if self._at < len(self._tokens):
            raise self._error(f"unexpected {self._tokens[self._at]!r}")
        if not (math.isfinite(result.coefficient) and result.coefficient > 0.0):
            raise self._error("its number is zero, infinite or too small")
        return result

    def _error(self, what: str) -> UnitError:
        return UnitError(f"{self._unit!r} is not a unit: {what}", field="unit", hint=_ALLOWED)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _expression(self) -> Product:
        result = self._term()
        while self._peek() and self._peek() != ")":
            sign = 1.0
            if self._peek() in "*/":
                sign = -1.0 if self._take() == "/" else 1.0
            result = self._times(result, self._term(), sign)
        return result

    def _term(self) -> Product:
        atom = self._atom()
        if self._peek() not in ("^", "**"):
            return atom
        self._take()
        return self._times(Product(1.0, ()), atom, self._exponent())

    def _atom(self) -> Product:
        token = self._take()
        if token == "(":
            self._depth += 1
            if self._depth > MAX_NESTING:
                raise self._error(f"more than {MAX_NESTING} nested brackets")
            inner = self._expression()
            if self._take() != ")":
                raise self._error("a bracket is not closed")
            self._depth -= 1
            return inner
        if token == "%":
            return Product(1.0, (("percent", 1.0),))
        if token[:1].isdigit():
            return Product(float(token), ())
        if token[:1].isalpha() or token[:1] == "_":
            return Product(1.0, ((token, 1.0),))
        raise self._error(f"unexpected {token!r}" if token else "it ends too early")

    def _exponent(self) -> float:
        sign = 1.0
        if self._peek() in ("+", "-"):
            sign = -1.0 if self._take() == "-" else 1.0
        token = self._take()
        if not token[:1].isdigit():
            raise self._error("an exponent must be a number")
        value = sign * float(token)
        if abs(value) > MAX_EXPONENT:
            raise self._error(f"an exponent beyond {MAX_EXPONENT:g}")
        return value

    def _times(self, left: Product, right: Product, power: float) -> Product:
        try:
            coefficient = left.coefficient * right.coefficient**power
        except (OverflowError, ZeroDivisionError):
            raise self._error("its number is zero or too large") from None
        names = left.names + tuple((name, exponent * power) for name, exponent in right.names)
        return Product(coefficient, names)
