"""How much of an answer is written down, and in which order."""

from __future__ import annotations

from downstack.results import Trace

MAX_LEVELS = 60
"""Levels of an explanation that are unfolded."""


def by_size(amount: float) -> float:
    """Return the key by which amounts are sorted, the largest first; equal but for rounding is equal."""
    return -float(f"{abs(amount):.9g}")


def deeper(trace: Trace, levels: int = MAX_LEVELS) -> str:
    """Return what is said in place of the steps below the last level that is shown."""
    return f"steps below level {levels} are left out: explain {trace.quantity.id} of {trace.key}"
