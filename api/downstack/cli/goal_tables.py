"""The answers of ``sensitivity`` and ``solve`` for people."""

from __future__ import annotations

from collections import defaultdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.uncertainty import print_tornado
from downstack.cli.words import STYLES, common_roles, number, phrase, spelled, telling_roles, with_unit
from downstack.results import Elasticity, SensitivityReport, SolveReport, SolveRow

MAX_ROWS = 40
MAX_REASONS = 12
MAX_PLACES = 4


def print_sensitivity(console: Console, report: SensitivityReport) -> None:
    """Print which inputs matter most for one number."""
    line = Text(report.target.id, style="bold")
    line.append(" has no value" if report.value is None else f" = {with_unit(number(report.value), report.unit)}")
    line.append(f"  {report.status}", style=STYLES[report.status])
    console.print(line)
    roles = telling_roles(report.key)
    if roles:
        console.print(Text(spelled(roles)))
    if report.value is None:
        console.print("\nWithout a number there is nothing to measure; downstack explain says why there is none.")
    elif not report.inputs:
        console.print("\nIt rests on no fact.")
    else:
        console.print()
        console.print(_input_table(report))
        print_tornado(console, report)
    if report.fact_coverage is not None:
        console.print(Text(f"\n{report.fact_coverage.statement}"))
    console.print(Text(f"\ngraph {report.graph_version}", style="dim"))


def _input_table(report: SensitivityReport) -> Table:
    table = Table(
        title="Per cent of the target for one per cent of the input",
        title_justify="left",
        header_style="bold",
        box=None,
    )
    with_range = any(item.at_low is not None or item.at_high is not None for item in report.inputs)
    table.add_column("input", overflow="fold")
    table.add_column("elasticity", justify="right")
    if with_range:
        table.add_column("target over its stated range", justify="right")
    table.add_column("source", overflow="fold")
    for item in report.inputs:
        table.add_row(
            escape(f"{item.entity}.{item.quantity.id}"),
            "-" if item.elasticity is None else f"{item.elasticity:+.3f}",
            *([escape(_range(item, report.unit))] if with_range else []),
            "computed" if item.fact is None else escape(item.fact.source.title),
        )
    return table


def _range(item: Elasticity, unit: str) -> str:
    if item.at_low is None and item.at_high is None:
        return "-"
    return with_unit(f"{number(item.at_low)} to {number(item.at_high)}", unit)


def print_solve(console: Console, report: SolveReport) -> None:
    """Print what one input has to be to meet a goal."""
    goal = with_unit(number(report.goal), report.unit)
    console.print(Text(f"{report.target.id} = {goal} by {report.vary}", style="bold"))
    rows = [(item, telling_roles(item.key)) for item in report.rows]
    common = common_roles([roles for _, roles in rows])
    if common:
        console.print(Text(f"all numbers are for {spelled(common)}"))
    places = [(item, spelled({role: roles[role] for role in roles if role not in common})) for item, roles in rows]
    _print_reached(console, report, [(item, place) for item, place in places if item.reachable])
    missed = [(item, place) for item, place in places if not item.reachable]
    _print_missed(console, report, "Out of reach", [pair for pair in missed if pair[0].closest is not None])
    _print_missed(console, report, "Without a number", [pair for pair in missed if pair[0].closest is None])
    console.print(Text(f"\ngraph {report.graph_version}", style="dim"))


def _print_reached(console: Console, report: SolveReport, rows: list[tuple[SolveRow, str]]) -> None:
    if not rows:
        return
    table = Table(header_style="bold", box=None)
    with_place = any(place for _, place in rows)
    if with_place:
        table.add_column("for", overflow="fold")
    table.add_column("target now", justify="right")
    table.add_column("needs", justify="right")
    table.add_column("unit")
    table.add_column("factor", justify="right")
    for item, place in rows[:MAX_ROWS]:
        factor = "-" if item.factor is None else f"x{number(item.factor)}"
        own = [escape(place)] if with_place else []
        table.add_row(*own, number(item.base), number(item.value), escape(report.vary_unit), factor)
    console.print()
    console.print(table)
    if len(rows) > MAX_ROWS:
        console.print(f"... and {len(rows) - MAX_ROWS:,} more: narrow with --where, or use --json")
    for line in dict.fromkeys(item.reason for item, _ in rows if item.reason):
        console.print(Text(f"  {line}"))


def _print_missed(console: Console, report: SolveReport, heading: str, rows: list[tuple[SolveRow, str]]) -> None:
    """Say what stands in the way, by reason: one cap is often that of many combinations."""
    if not rows:
        return
    console.print(f"\n{heading}: {len(rows):,}")
    reasons: dict[str, list[str]] = defaultdict(list)
    for item, place in rows:
        reasons[missed_goal(item, report.unit)].append(place)
    for reason, places in list(reasons.items())[:MAX_REASONS]:
        console.print(Text(f"  {reason}"))
        named = "; ".join(places[:MAX_PLACES])
        if named:
            more = f"; and {len(places) - MAX_PLACES:,} more" if len(places) > MAX_PLACES else ""
            console.print(Text(f"    {named}{more}", style="dim"))
    if len(reasons) > MAX_REASONS:
        console.print(f"  ... for {len(reasons) - MAX_REASONS:,} more reasons; --json has all")


def missed_goal(item: SolveRow, unit: str) -> str:
    """Return why one combination cannot meet the goal, as a sentence."""
    said = [] if item.base is None else [f"now {with_unit(number(item.base), unit)}"]
    if item.reason is not None:
        said.append(item.reason)
    elif item.closest is not None:
        said.append(f"{with_unit(number(item.closest), unit)} at the closest")
    if item.cap is not None and item.cap not in (item.reason or ""):
        said.append(f"bound there by {phrase(item.cap)}")
    return "; ".join(said) or "no reason is known"
