"""The answer of ``shock`` for people: the worst months under three bounds, the profile by month, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.words import number
from downstack.results import (
    BaseAmount,
    Interval,
    MonthRatio,
    ShockProfile,
    ShockReport,
    ShockTarget,
    SubstitutionBound,
)

BOUND_WORDS = {
    SubstitutionBound.NONE: "none",
    SubstitutionBound.DECLARED: "declared",
    SubstitutionBound.FULL: "full",
}
BARS = "▁▂▃▄▅▆▇█"
MAX_MONTHS = 12
"""Months of the printed profile; the curve beside it has all of them."""
Series = Callable[[ShockProfile], Sequence[MonthRatio]]
Group = tuple[ShockTarget, ...]


def print_shock(console: Console, report: ShockReport) -> None:
    """Print what a disruption does."""
    console.print(Text("; ".join(report.disruptions), style="bold"))
    console.print(
        Text(
            "Changes against no disruption, in per cent; in brackets from the worst to the best case where nobody "
            "publishes a number. Substitution: none, as declared, full."
        )
    )
    made = [item for item in report.targets if item.profiles[1].flow]
    held = [item for item in report.targets if item.profiles[1].stock]
    _print_worst(console, "Made and delivered in a month", made, _flow, lambda item: item.worst_flow, lost=True)
    _print_months(console, "Month by month, substitution as declared: made and delivered", made, _flow)
    _print_worst(console, "Installed, and what can be served from it", held, _stock, lambda item: item.worst_stock)
    _print_months(console, "Month by month, substitution as declared: installed or served from it", held, _stock)
    _print_why(console, report)
    _print_single_points(console, report)
    for item in report.not_reached:
        console.print(Text(f"not reached: {item.entity}: {item.reason}", style="dim"))
    if report.assumptions:
        console.print("\nAssumed")
        for line in report.assumptions:
            console.print(Text(f"  {line}", style="dim"))
    cases = f"{report.cases:,} cases of each bound ({report.method.partition('; ')[2]})"
    console.print(Text(f"\ngraph {report.graph_version}, {cases}, {report.elapsed_ms:.0f} ms", style="dim"))


def _flow(profile: ShockProfile) -> Sequence[MonthRatio]:
    return profile.flow


def _stock(profile: ShockProfile) -> Sequence[MonthRatio]:
    return profile.stock


def _alike(targets: Sequence[ShockTarget], series: Series) -> list[Group]:
    """Put targets together that fare exactly alike."""
    groups: dict[object, list[ShockTarget]] = defaultdict(list)
    for item in targets:
        key = tuple(
            tuple((month.value is None, *(_rounded(end) for end in (month.value, month.low, month.high))) for month in series(profile))
            for profile in item.profiles
        )  # fmt: skip
        groups[key].append(item)
    return [tuple(group) for group in groups.values()]


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value * 1e6)


def _names(group: Group) -> str:
    return ", ".join(item.entity.id for item in group)


def _print_worst(
    console: Console,
    title: str,
    targets: Sequence[ShockTarget],
    series: Series,
    worst: Callable[[ShockProfile], MonthRatio | None],
    *,
    lost: bool = False,
) -> None:
    if not targets:
        return
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None)
    table.add_column("what", overflow="fold")
    table.add_column("substitution")
    for column in ("worst", "month", *(("begins on day", "whole in month", "lost, months' worth") if lost else ())):
        table.add_column(column, justify="right")
    for group in _alike(targets, series):
        rows = [
            _cells(profile, month, lost=lost) for profile in group[0].profiles if (month := worst(profile)) is not None
        ]
        name = escape(_names(group))
        if all(row == rows[0] for row in rows):
            table.add_row(name, "all three", *rows[0])
            continue
        for profile, row in zip(group[0].profiles, rows, strict=True):
            table.add_row(name, BOUND_WORDS[profile.bound], *row)
            name = ""
    console.print()
    console.print(table)


def _cells(profile: ShockProfile, month: MonthRatio, *, lost: bool) -> list[str]:
    cells = [_change(month), "" if month.value is None else str(month.month)]
    if lost:
        whole = "not within" if profile.recovery_month is None else str(profile.recovery_month)
        cells += [_days(profile.days_to_impact), whole, _lost(profile.lost_flow)]
    return cells


def _change(month: MonthRatio) -> str:
    ends = f"({_percent(month.low)} to {_percent(month.high)})"
    if month.value is None:
        return f"? {ends}"
    return _percent(month.value) if _percent(month.low) == _percent(month.high) else f"{_percent(month.value)} {ends}"


def _percent(ratio: float) -> str:
    change = (ratio - 1.0) * 100.0
    return "0" if abs(change) < 0.05 else f"{change:+.1f}"


def _days(days: Interval) -> str:
    """Return from when it is felt; an end that is never reached is left open."""
    low = "never" if days.low is None else f"{days.low:.0f}"
    high = "never" if days.high is None else f"{days.high:.0f}"
    if days.value is None:
        return low if low == high else f"? ({low} to {high})"
    return low if low == high else f"{days.value:.0f} ({low} to {high})"


def _lost(lost: Interval | None) -> str:
    if lost is None or lost.low is None or lost.high is None:
        return ""
    ends = f"({lost.low:.2f} to {lost.high:.2f})"
    return f"? {ends}" if lost.value is None else f"{lost.value:.2f} {ends}"


def _print_months(console: Console, title: str, targets: Sequence[ShockTarget], series: Series) -> None:
    if not targets:
        return
    horizon = len(series(targets[0].profiles[1]))
    step = -(-horizon // MAX_MONTHS)
    shown = range(step - 1, horizon, step)
    table = Table(
        title=title, title_justify="left", title_style="bold", header_style="bold", box=None, padding=(0, 1, 0, 0)
    )
    table.add_column("what", overflow="fold")
    table.add_column(f"1 to {horizon}", no_wrap=True)
    for place in shown:
        table.add_column(str(place + 1), justify="right", no_wrap=True)
    for group in _alike(targets, series):
        months = series(group[0].profiles[1])
        known = all(month.value is not None for month in months)
        values = [month.low if month.value is None else month.value for month in months] if known else []
        name = _names(group) if known else f"{_names(group)}: at worst"
        values = values or [month.low for month in months]
        table.add_row(escape(name), _curve(values), *(_whole_percent(values[place]) for place in shown))
    console.print()
    console.print(table)


def _whole_percent(ratio: float) -> str:
    change = round((ratio - 1.0) * 100.0)
    return "0" if change == 0 else f"{change:+d}"


def _curve(values: Sequence[float]) -> str:
    """Return a profile as bars, the full one for the base and the smallest for its lowest month."""
    low = min(values)
    span = max(1.0 - low, 1e-9)
    return "".join(BARS[max(0, min(len(BARS) - 1, round((value - low) / span * (len(BARS) - 1))))] for value in values)


def _print_why(console: Console, report: ShockReport) -> None:
    reasons: dict[str, list[str]] = defaultdict(list)
    for item in report.targets:
        reasons[item.reason].append(item.entity.id)
    if reasons:
        console.print("\nWhy")
    for reason, names in reasons.items():
        console.print(Text.assemble("  ", (", ".join(names), "bold"), f": {reason}"))
    for item in report.targets:
        if item.allocation:
            shares = ", ".join(f"{part.customer or 'unallocated'} {_share(part.share)}" for part in item.allocation)
            console.print(Text(f"  {item.entity.id} goes to {shares}"))
    amounts = [
        f"{item.entity.id} {number(amount.value)} {amount.unit}{_ends(amount)}"
        for item in report.targets
        for amount in (item.base_flow, item.base_stock)
        if amount is not None
    ]
    if amounts:
        console.print(Text(f"  What 100 % is: {'; '.join(amounts)}"))


def _share(share: Interval) -> str:
    low, value, high = (f"{100.0 * (end or 0.0):.0f}" for end in (share.low, share.value, share.high))
    return f"{value} %" if low == high else f"{value} % ({low} to {high})"


def _ends(amount: BaseAmount) -> str:
    return "" if amount.low == amount.high else f" ({number(amount.low)} to {number(amount.high)})"


def _print_single_points(console: Console, report: ShockReport) -> None:
    if not report.single_points:
        return
    console.print("\nSingle points of failure, as far as the graph knows")
    for item in report.single_points:
        console.print(Text(f"  {item.group} from {item.supplier}: {', '.join(item.users)}"))
