"""What a function is written like: its text, its parameters and their units, read without the tokenizer.

Hundreds of formulas are declared on every start. Python's own :mod:`inspect` and :func:`typing.get_type_hints` take each of
them apart token by token, which is most of the time that importing the formulas would take. For a plain function at the top
of a module the same can be read off its code object; everything else is left to them.
"""

from __future__ import annotations

import inspect
import linecache
import re
import textwrap
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

_UNIT = re.compile(r"""Annotated\[\w+, (?:"(?P<unit>[^"\\]*)"|'(?P<other>[^'\\]*)')\]""")
_BLANK = re.compile("^[ \t]+$", re.MULTILINE)


def source_of(function: Any) -> str:
    """Return the text of a function, its decorators included, as ``textwrap.dedent(inspect.getsource(...))`` does.

    Raises
    ------
    OSError
        If there is no text, as of what was typed at a prompt.
    """
    return _top_level(function) or textwrap.dedent(inspect.getsource(function))


def _top_level(function: Any) -> str | None:
    if not isinstance(function, FunctionType) or hasattr(function, "__wrapped__"):
        return None
    code = function.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, function.__globals__)
    begin, last = code.co_firstlineno - 1, _last_line(code)
    if last is None or last > len(lines) or not lines[begin].startswith(("@", "def ")):
        return None
    # Brackets and comments behind the last instruction belong to it too; what stands at the margin does not.
    end = last
    for number, line in enumerate(lines[last:], last + 1):
        if line.strip():
            if line[0] not in " \t)]}":
                break
            end = number
    return _BLANK.sub("", "".join(lines[begin:end]))


def _last_line(code: CodeType) -> int | None:
    """Return the last line that has an instruction, or None where Python was told not to keep lines."""
    ends = [end for _, end, _, _ in code.co_positions()]
    ends += [_last_line(part) for part in code.co_consts if isinstance(part, CodeType)]
    known = [end for end in ends if end is not None]
    return max(known, default=None)


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the parameters of a function, in order."""
    if isinstance(function, FunctionType) and not hasattr(function, "__wrapped__"):
        code = function.__code__
        if not code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
            return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return tuple(inspect.signature(function).parameters)


def units_of(function: Callable[..., Any], names: Iterable[str]) -> dict[str, str]:
    """Return the unit that each of some parameters is annotated with, where it is; the result is called ``return``."""
    # The name could mean something else in the module of the function: then, and for any other form, it is evaluated.
    plain = getattr(function, "__globals__", {}).get("Annotated") is Annotated
    written = function.__annotations__
    found: dict[str, str] = {}
    others: list[str] = []
    for name in names:
        annotation = written.get(name)
        match = _UNIT.fullmatch(annotation) if plain and isinstance(annotation, str) else None
        if match is None:
            others.append(name)
        else:
            found[name] = match["unit"] if match["unit"] is not None else match["other"]
    hints = get_type_hints(function, include_extras=True) if others else {}
    for name in others:
        unit = _unit_of(hints.get(name))
        if unit is not None:
            found[name] = unit
    return found


def _unit_of(annotation: object) -> str | None:
    if get_origin(annotation) is Annotated:
        return next((extra for extra in get_args(annotation)[1:] if isinstance(extra, str)), None)
    return None
