"""Arguments against the schema of their tool."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from downstack.errors import UserInputError
from downstack.mcp.tools import TOOLS

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MAX_MESSAGE = 300


def check_arguments(tool: str, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that the schema of a tool does not admit.

    Raises
    ------
    UserInputError
        Which one, what is wrong with it, and what the tool takes.
    """
    error = _checker(tool)(arguments)
    if error is not None:
        place = ".".join(str(step) for step in error.absolute_path)
        raise UserInputError(
            _cut(f"{place}: {error.message}" if place else error.message),
            field=place or "arguments",
            hint=_hint(tool, error),
        )
    endless = _endless(arguments)
    if endless is not None:
        raise UserInputError(f"{endless} is no finite number", field=endless, hint="give a finite number")


@cache
def _checker(tool: str) -> Callable[[Mapping[str, Any]], ValidationError | None]:
    # jsonschema comes with the SDK, and takes as long to import as a question takes to be answered.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    validator = Draft202012Validator(TOOLS[tool].input_schema)
    return lambda arguments: best_match(validator.iter_errors(arguments))


def _hint(tool: str, error: ValidationError) -> str:
    schema = error.parent.schema if error.parent is not None else error.schema
    if isinstance(schema, Mapping):
        if error.validator in ("additionalProperties", "required") and isinstance(schema.get("properties"), Mapping):
            return f"it takes: {', '.join(schema['properties'])}"
        if isinstance(schema.get("description"), str):
            return _cut(schema["description"])
    return f"it takes: {', '.join(TOOLS[tool].input_schema['properties'])}"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 3] + "..."


def _endless(value: object, place: str = "") -> str | None:
    """Return the place of a number that JSON does not have, and that its readers take all the same."""
    if isinstance(value, float):
        return None if math.isfinite(value) else place
    inside = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inside:
        if (found := _endless(item, f"{place}.{name}" if place else str(name))) is not None:
            return found
    return None
