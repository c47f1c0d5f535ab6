"""What a question may cost: the estimate that GraphQL makes of the same question, under the same limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from downstack.errors import TooComplexError
from downstack.graphql.cost import ITEM, SAMPLE, WORK, items_in
from downstack.graphql.limits import HINT, Limits
from downstack.mcp.tool import Tool

VALUES = 40
"""Values of one item of a list, with what it rests on."""


def cost_of(tool: Tool, arguments: Mapping[str, Any]) -> float:
    """Return the values that an answer is estimated to hold, and work that takes as long."""
    work = sum(WORK[field] for field in tool.work)
    samples = SAMPLE * (arguments.get("samples") or 0)
    items = sum(cost * items_in(arguments.get(name)) for name, cost in ITEM.items())
    first = arguments.get("first") or tool.page_size
    each = VALUES + (WORK["flows"] + WORK["Effect.paths"] if arguments.get("flows") else 0)
    return 1.0 + work + samples + items + first * each


def check_cost(cost: float, arguments: Mapping[str, Any], limits: Limits) -> None:
    """Refuse what costs too much.

    Raises
    ------
    TooComplexError
        If it does.
    """
    for found, most, what in (
        (cost, limits.cost, "estimated values"),
        (items_in(arguments), limits.items, "items in the lists of its arguments"),
    ):
        if found > most:
            raise TooComplexError(f"the question has {int(found):,} {what}; {int(most):,} are allowed", hint=HINT)
