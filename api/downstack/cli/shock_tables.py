"""The answer of ``shock`` for people: the worst months under three bounds, the profile by month, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from textwrap import wrap

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.shock_words import amount_words, bars, change_words, days_words, lost_words, percent, share_words
from downstack.results import ShockMonth, ShockProfile, ShockReport, ShockTarget, SubstitutionBound

BOUND_WORDS = {
    SubstitutionBound.NONE: "none",
    SubstitutionBound.DECLARED: "declared",
    SubstitutionBound.FULL: "full",
}
MAX_MONTHS = 12
"""Months of the printed profile; the curve beside it has all of them."""
NARROW = 100
"""A terminal with fewer columns shows half of the months, and less of the worst one."""
NAME_WIDTH = 24
READING = (
    "Changes against no disruption, in per cent; none, declared, full: how far suppliers replace one another. In brackets: "
    "over all cases of the numbers that nobody publishes. A to B: between the ends of a share, or of an installed base, that "
    "nobody publishes. Lost: in months of the flow."
)
Series = Callable[[ShockProfile], Sequence[ShockMonth]]
Worst = Callable[[ShockProfile], ShockMonth | None]
Group = tuple[ShockTarget, ...]


def print_shock(console: Console, report: ShockReport) -> None:
    """Print what a disruption does."""
    console.print(Text("; ".join(report.disruptions), style="bold"))
    console.print(Text(READING, style="dim"))
    made = [item for item in report.targets if item.profiles[0].flow]
    held = [item for item in report.targets if item.profiles[0].stock]
    _print_worst(console, "Made and delivered in a month", made, _flow, lambda item: item.worst_flow, lost=True)
    _print_months(console, "Month by month: made and delivered", made, _flow)
    _print_worst(console, "Installed, and what can be served from it", held, _stock, lambda item: item.worst_stock)
    _print_months(console, "Month by month: installed, and what can be served from it", held, _stock)
    _print_why(console, report)
    if report.single_points:
        console.print("\nSingle points of failure, as far as the graph knows")
        for item in report.single_points:
            console.print(Text(f"  {item.group} from {item.supplier}: {', '.join(item.users)}"))
    for target in report.not_reached:
        console.print(Text(f"not reached: {target.entity}: {target.reason}", style="dim"))
    console.print("\nAssumed")
    for line in report.assumptions:
        console.print(Text(f"  {line}", style="dim"))
    cases = f"{report.cases:,} cases of each bound ({report.method.partition('; ')[2]})"
    console.print(Text(f"\ngraph {report.graph_version}, {cases}, {report.elapsed_ms:.0f} ms", style="dim"))


def _flow(profile: ShockProfile) -> Sequence[ShockMonth]:
    return profile.flow


def _stock(profile: ShockProfile) -> Sequence[ShockMonth]:
    return profile.stock


def _alike(targets: Sequence[ShockTarget], series: Series) -> list[Group]:
    """Put targets together that fare exactly alike."""
    groups: dict[object, list[ShockTarget]] = defaultdict(list)
    for item in targets:
        months = (month for profile in item.profiles for month in series(profile))
        key = tuple(
            (month.value is None, *(round(end * 1e6) for end in (month.stated_low, month.stated_high, month.low, month.high)))
            for month in months
        )  # fmt: skip
        groups[key].append(item)
    return [tuple(group) for group in groups.values()]


def _names(group: Group) -> str:
    return ", ".join(item.entity.id for item in group)


def _table(title: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", header_style="bold", box=None, padding=(0, 1, 0, 0)
    )
    table.add_column("what", no_wrap=True)
    table.add_column("bound", no_wrap=True)
    return table


def _add(table: Table, names: str, rows: Sequence[Sequence[str]]) -> None:
    """Add the rows of a group, its names running down beside them; what is alike under all bounds is one row."""
    lines = wrap(names, NAME_WIDTH, break_on_hyphens=False)
    if all(row == rows[0] for row in rows):
        table.add_row(escape("\n".join(lines)), "all three", *rows[0])
        return
    for place, (bound, row) in enumerate(zip(BOUND_WORDS.values(), rows, strict=True)):
        own = lines[place:] if place == len(rows) - 1 else lines[place : place + 1]
        table.add_row(escape("\n".join(own)), bound, *row)


def _print_worst(
    console: Console, title: str, targets: Sequence[ShockTarget], series: Series, worst: Worst, *, lost: bool = False
) -> None:
    if not targets:
        return
    narrow = console.width < NARROW
    table = _table(title)
    for column in (
        "worst",
        *(() if narrow else ("in all cases",)),
        "month",
        *(("felt from day",) if lost else ()),
        *(("whole in", "lost") if lost and not narrow else ()),
    ):
        table.add_column(column, justify="right", no_wrap=True)
    for group in _alike(targets, series):
        rows = []
        for profile in group[0].profiles:
            month = worst(profile)
            if month is None:
                continue
            stated, cases = change_words(month)
            cells = [stated, *(() if narrow else (cases,)), str(month.month)]
            if lost:
                whole = "later" if profile.recovery_month is None else str(profile.recovery_month)
                after = [] if narrow else [whole, lost_words(profile.lost_flow)]
                cells += [days_words(profile.days_to_impact), *after]
            rows.append(cells)
        _add(table, _names(group), rows)
    console.print()
    console.print(table)


def _print_months(console: Console, title: str, targets: Sequence[ShockTarget], series: Series) -> None:
    if not targets:
        return
    horizon = len(series(targets[0].profiles[0]))
    step = -(-horizon // (MAX_MONTHS // 2 if console.width < NARROW else MAX_MONTHS))
    shown = range(step - 1, horizon, step)
    table = _table(title)
    table.add_column(f"1 to {horizon}", no_wrap=True)
    for place in shown:
        table.add_column(str(place + 1), justify="right", no_wrap=True)
    for group in _alike(targets, series):
        rows = []
        for profile in group[0].profiles:
            values = [month.stated_low if month.value is None else month.value for month in series(profile)]
            rows.append([bars(values), *(percent(values[place], digits=0) for place in shown)])
        unknown = any(month.value is None for profile in group[0].profiles for month in series(profile))
        _add(table, f"{_names(group)} at worst" if unknown else _names(group), rows)
    console.print()
    console.print(table)


def _print_why(console: Console, report: ShockReport) -> None:
    reasons: dict[str, list[str]] = defaultdict(list)
    for item in report.targets:
        reasons[item.reason].append(item.entity.id)
    console.print("\nWhy")
    for reason, names in reasons.items():
        console.print(Text.assemble("  ", (", ".join(names), "bold"), f": {reason}"))
    for item in report.targets:
        if item.allocation:
            shares = ", ".join(
                f"{part.customer or 'unallocated'} {share_words(part.share)}" for part in item.allocation
            )
            console.print(Text(f"  {item.entity.id} goes to {shares}"))
    amounts = [
        f"{item.entity.id} {amount_words(amount)}"
        for item in report.targets
        for amount in (item.base_flow, item.base_stock)
        if amount is not None
    ]
    amounts += [
        f"{item.entity.id} takes {amount_words(part.base_use)} from {part.supplier}"
        for item in report.targets
        for part in item.inputs
        if part.base_use is not None
    ]
    if amounts:
        console.print(Text(f"  The base is: {'; '.join(amounts)}"))
