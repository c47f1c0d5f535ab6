"""The page of the settings, generated from what :class:`downstack.server.settings.Settings` says of each."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields
from itertools import pairwise

from downstack.server import settings
from downstack.server.settings import Settings

HEAD = """\
<!-- Generated from api/downstack/server/settings.py by `make generate`; edit that instead. -->
# Settings

What `downstack serve` reads from the environment. An option of the command line comes before the variable of the same
name; a value that means nothing is refused with exit status 1 before anything listens. How to run the service is on
[operations.md](operations.md).

| variable | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """Return the page."""
    said = _docstrings()
    rows = [_row(field.name, field.default, said[field.name]) for field in fields(Settings)]
    return HEAD + "\n".join(sorted(rows)) + "\n"


def _row(name: str, default: object, text: str) -> str:
    variable, _, meaning = " ".join(text.split()).partition(": ")
    if variable != f"DOWNSTACK_{name.upper()}":
        raise ValueError(f"the docstring of Settings.{name} begins with {variable!r}")
    return f"| `{variable}` | {_shown(default)} | {meaning} |"


def _shown(value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return f"`{int(value)}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _docstrings() -> dict[str, str]:
    """Return what stands below each field."""
    module = ast.parse(inspect.getsource(settings))
    body = next(node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
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
