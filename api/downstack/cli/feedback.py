"""Feedback loops, and how an effect unfolds in time, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.words import STYLES, number, with_unit
from downstack.results import Effect, Profile

MONTHS = (0, 1, 2, 3, 6, 9, 12, 18, 24, 36, 48, 60)
"""The months that are printed; ``--json`` has all of them."""
ASSUMED = " is an assumption"


def loop_lines(effects: Sequence[Effect]) -> list[str]:
    """Return what is to be said of the loops that some effects rest on, and what their numbers assume, each once."""
    looped = [effect for effect in effects if effect.loops]
    # Where the loop is the reason that there is no number, it has been said already.
    said = dict.fromkeys(
        f"{item.key}: {item.sentence}"
        for effect in looped
        for item in effect.loops
        if item.sentence not in (effect.reason or "")
    )
    assumed = dict.fromkeys(
        text.removesuffix(ASSUMED).removesuffix(" 1")
        for effect in looped
        for text in effect.trace.assumptions
        if text.endswith(ASSUMED)
    )
    return [*said, *([f"assumed, not known: {'; '.join(assumed)}"] if assumed else [])]


def print_profile(console: Console, name: str, profile: Profile | None) -> None:
    """Print how one effect unfolds in time."""
    if profile is None:
        console.print(Text(f"\n  {name}: nothing on the way acts late, so the scenario holds at once", style="dim"))
        return
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 2))
    table.add_column("month", justify="right")
    table.add_column(escape(name if profile.unit == "1" else f"{name} in {profile.unit}"), justify="right")
    table.add_column("status")
    table.add_row("before", number(profile.base), "")
    for month in MONTHS:
        if month < len(profile.values):
            status = profile.statuses[month]
            table.add_row(str(month), number(profile.values[month]), Text(str(status), style=STYLES[status]))
    end = "" if profile.settled is None else f" at {with_unit(number(profile.settled), profile.unit)}"
    console.print()
    console.print(table)
    console.print(Text(f"  {profile.sentence}{end}"))
