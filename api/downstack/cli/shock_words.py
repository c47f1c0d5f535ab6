"""Ratios, intervals and curves of a supply shock in the words of a reader."""

from __future__ import annotations

from collections.abc import Sequence

from downstack.cli.words import number
from downstack.results import ShockAmount, ShockInterval, ShockMonth

BARS = "▁▂▃▄▅▆▇█"


def percent(ratio: float, *, digits: int = 1) -> str:
    """Return a ratio as the change it is, without a unit."""
    change = round((ratio - 1.0) * 100.0, digits)
    return "0" if change == 0.0 else f"{change:+.{digits}f}"


def change_words(month: ShockMonth) -> tuple[str, str]:
    """Return the change of a month with every number as stated, and over all cases where it is not the same."""
    low, high = percent(month.low), percent(month.high)
    cases = "" if low == high else f"({low} to {high})"
    if month.value is None:
        return f"{percent(month.stated_low)} to {percent(month.stated_high)}", cases
    return percent(month.value), cases


def days_words(days: ShockInterval) -> str:
    """Return from which day something is felt; an end that is never reached is said."""
    low = "never" if days.low is None else f"{days.low:.0f}"
    high = "never" if days.high is None else f"{days.high:.0f}"
    if low == high:
        return low
    return f"({low} to {high})" if days.value is None else f"{days.value:.0f} ({low} to {high})"


def lost_words(lost: ShockInterval | None) -> str:
    """Return what is lost in all, in months of the flow."""
    if lost is None or lost.low is None or lost.high is None:
        return ""
    return f"({lost.low:.1f} to {lost.high:.1f})" if lost.value is None else f"{lost.value:.1f}"


def share_words(share: ShockInterval) -> str:
    """Return a share as a percentage, with its interval where it has one."""
    low, value, high = (f"{100.0 * (end or 0.0):.0f}" for end in (share.low, share.value, share.high))
    return f"{value} %" if low == high else f"{value} % ({low} to {high})"


def amount_words(amount: ShockAmount) -> str:
    """Return an amount with its unit, and its interval where it has one."""
    ends = "" if amount.low == amount.high else f" ({number(amount.low)} to {number(amount.high)})"
    return f"{number(amount.value)} {amount.unit}{ends}"


def bars(values: Sequence[float]) -> str:
    """Return a profile as bars: the full one for the base, the smallest for the lowest month."""
    low = min(values)
    span = max(1.0 - low, 1e-9)
    last = len(BARS) - 1
    return "".join(BARS[max(0, min(last, round((value - low) / span * last)))] for value in values)
