"""The answer of ``compare`` for people: one table a target, one line a scenario."""

from __future__ import annotations

from collections import Counter, defaultdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.uncertainty import band_words, sign_words, widest_words
from downstack.cli.words import STYLES, common_roles, number, percent, spelled, telling_roles
from downstack.results import ComparisonCell, ComparisonReport

MAX_ROWS = 40

Placed = tuple[ComparisonCell, str]


def print_comparison(console: Console, report: ComparisonReport) -> None:
    """Print scenarios side by side."""
    console.print(Text(f"base against {', '.join(report.scenarios)}", style="bold"))
    roles = [telling_roles(cell.key) for cell in report.cells]
    common = common_roles(roles)
    if common and report.cells:
        console.print(Text(f"all numbers are for {spelled(common)}"))
    groups: dict[str, list[Placed]] = defaultdict(list)
    missing: Counter[str] = Counter()
    for cell, own in zip(report.cells, roles, strict=True):
        if cell.base is None and all(value is None for value in cell.values):
            missing[cell.quantity.id] += 1
        else:
            place = ", ".join(name for role, name in own.items() if role not in common)
            groups[cell.quantity.id].append((cell, place))
    for quantity, members in groups.items():
        console.print()
        console.print(_values(report, quantity, members[:MAX_ROWS]))
        if report.samples:
            console.print()
            console.print(_differences(members[:MAX_ROWS]))
            for line in _notes(members[:MAX_ROWS]):
                console.print(Text(f"  {line}"))
        if len(members) > MAX_ROWS:
            console.print(f"... and {len(members) - MAX_ROWS:,} more: narrow with --where, or use --json")
    if not report.cells:
        console.print("\nNothing is moved by any of them.")
    for quantity, count in missing.items():
        console.print(Text(f"\n{quantity}: {count:,} combinations without a number; downstack explain says why"))
    console.print(Text(f"\ngraph {report.graph_version}", style="dim"))


def _values(report: ComparisonReport, quantity: str, members: list[Placed]) -> Table:
    unit = members[0][0].unit
    title = quantity if unit == "1" else f"{quantity} in {unit}"
    table = Table(title=escape(title), title_justify="left", title_style="bold", header_style="bold", box=None)
    with_place = any(place for _, place in members)
    if with_place:
        table.add_column("for", overflow="fold")
    table.add_column("scenario", overflow="fold")
    table.add_column("value", justify="right")
    table.add_column("change", justify="right")
    if report.samples:
        table.add_column("p10 to p90", justify="right", no_wrap=True)
        table.add_column("rises / falls", justify="right")
    table.add_column("status")
    for cell, place in members:
        table.add_row(*([escape(place)] if with_place else []), Text("base", style="dim"), number(cell.base))
        for index, name in enumerate(report.scenarios):
            band = cell.bands[index] if report.samples else None
            status = cell.statuses[index]
            table.add_row(
                *([""] if with_place else []),
                escape(name),
                number(cell.values[index]),
                percent(cell.ratios[index]),
                *((band_words(band)[0], sign_words(band)) if report.samples else ()),
                Text(str(status), style=STYLES[status]),
            )
    return table


def _differences(members: list[Placed]) -> Table:
    table = Table(
        title="Differences on the same draws",
        title_justify="left",
        header_style="bold",
        box=None,
    )
    with_place = any(place for _, place in members)
    if with_place:
        table.add_column("for", overflow="fold")
    table.add_column("scenarios", overflow="fold")
    table.add_column("difference", justify="right")
    table.add_column("p10 to p90", justify="right", no_wrap=True)
    table.add_column("above / below", justify="right")
    for cell, place in members:
        for index, item in enumerate(cell.differences):
            table.add_row(
                *([escape(place) if index == 0 else ""] if with_place else []),
                escape(f"{item.second} less {item.first}"),
                number(item.change),
                f"{number(item.band.p10)} to {number(item.band.p90)}",
                sign_words(item.band),
            )
    return table


def _notes(members: list[Placed]) -> list[str]:
    """Return what the bands do not hold; what holds for several combinations is said once."""
    places: dict[str, list[str]] = defaultdict(list)
    for cell, place in members:
        said = {text for band in cell.bands if (text := widest_words(band, ratio=True))}
        for text in (*sorted(said), *([cell.fact_coverage.statement] if cell.bands else [])):
            places[text].append(place)
    return [
        text if len(found) == len(members) or not any(found) else f"{', '.join(found)}: {text}"
        for text, found in places.items()
    ]
