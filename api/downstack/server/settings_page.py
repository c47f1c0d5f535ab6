"""The page of the settings, generated from what :class:`downstack.server.settings.Settings` says of each."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from itertools import pairwise

from downstack.access.settings import AccessSettings, ProviderSettings
from downstack.graphql.streams import StreamLimits
from downstack.server.settings import Settings

_Settings = Settings | AccessSettings | ProviderSettings | StreamLimits
GROUPS = frozenset({"access", "streams"})
"""Fields of the settings that hold several: their variables are read by the group."""
VARIABLE = re.compile("DOWNSTACK_[A-Z_]+")

HEAD = """\
<!-- Generated from api/downstack/server/settings.py by `make generate`; edit that instead. -->
# Settings

What `downstack serve` reads from the environment. An option of the command line comes before the variable of the same
name; a value that means nothing is refused with exit status 1 before anything listens. A variable that is set to nothing,
or to blanks, is as if it were not set. How to run the service is on [operations.md](operations.md).

| variable | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """Return the page."""
    rows = [row for owner in (Settings, AccessSettings, ProviderSettings, StreamLimits) for row in _rows(owner)]
    return HEAD + "\n".join(sorted(rows)) + "\n"


def _rows(owner: type[_Settings]) -> Iterator[str]:
    """Yield a row for each field that is read from a variable; what is a group of settings has rows of its own."""
    said = _docstrings(owner)
    for field in fields(owner):
        variable, _, meaning = " ".join(said[field.name].split()).partition(": ")
        if VARIABLE.fullmatch(variable):
            yield f"| `{variable}` | {_shown(field)} | {meaning} |"
        elif owner is Settings and field.name not in GROUPS:
            raise ValueError(f"the docstring of Settings.{field.name} begins with {variable!r}")


def _shown(field: Field[object]) -> str:
    value = field.default
    if value is MISSING and field.default_factory is not MISSING:
        value = field.default_factory()
    if value is MISSING or value is None or value == ():
        return ""
    if isinstance(value, bool):
        return f"`{int(value)}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    if isinstance(value, Mapping):
        return f"`{','.join(f'{word}={role.word}' for word, role in value.items())}`"
    return f"`{value}`"


def _docstrings(owner: type[_Settings]) -> dict[str, str]:
    """Return what stands below each field."""
    (body,) = [node.body for node in ast.parse(inspect.getsource(owner)).body if isinstance(node, ast.ClassDef)]
    found: dict[str, str] = {}
    for field, below in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[field.target.id] = str(below.value.value)
    return found
