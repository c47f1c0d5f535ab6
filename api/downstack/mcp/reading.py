"""From the arguments of a tool to a question of the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from downstack.engine.changes import Change, ChangeOp
from downstack.errors import UserInputError
from downstack.supply.disruption import DEFAULT_MONTHS, Disruption


def read_changes(given: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Return changes as the library takes them."""
    return [
        Change(item["entity"], item["quantity"], ChangeOp[item["op"]], float(item["value"]), item.get("unit"))
        for item in given
    ]


def read_scenarios(given: Sequence[Mapping[str, Any]]) -> dict[str, list[Change]]:
    """Return scenarios by name.

    Raises
    ------
    UserInputError
        If two have one name.
    """
    found = {str(item["name"]): read_changes(item["changes"]) for item in given}
    if len(found) < len(given):
        raise UserInputError("two scenarios have one name", field="scenarios", hint="give each its own name")
    return found


def read_where(given: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Return a filter as the library takes it."""
    named = {role: names for role, names in (given or {}).items() if names is not None}
    return {role: [names] if isinstance(names, str) else list(names) for role, names in named.items()}


def read_disruptions(given: Sequence[Mapping[str, Any]]) -> list[Disruption]:
    """Return disruptions as the library takes them."""
    return [Disruption(item["entity"], float(item["percent"]), item.get("months") or DEFAULT_MONTHS) for item in given]
