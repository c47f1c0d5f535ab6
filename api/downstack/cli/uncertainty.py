"""How sure an answer is, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.words import number, percent, share, with_unit
from downstack.results import Band, SensitivityReport, TornadoBar, ValueRow, VarianceShare

MAX_SHARES = 3
BAR = 24
"""Characters of the widest bar of a tornado."""
STILL = 1e-6
"""A swing of a smaller part of the number is no bar."""


def band_words(band: Band | None) -> tuple[str, str]:
    """Return the changes between which eight of ten samples lie, and how often what binds switches."""
    if band is None:
        return "-", "-"
    return f"{percent(band.p10)} to {percent(band.p90)}", share(band.probability_of_switch)


def sign_words(band: Band | None) -> str:
    """Return how often a number rises and falls."""
    if band is None or band.probability_of_rise is None:
        return "-"
    if band.probability_of_rise == 0.0 and band.probability_of_fall == 0.0:
        return "unchanged"
    return f"{share(band.probability_of_rise)} / {share(band.probability_of_fall)}"


def uncertain_sign_words(band: Band) -> str:
    """Return how often a number rises and falls where that is not the same in all samples, or nothing."""
    shares = (band.probability_of_rise, band.probability_of_fall, band.probability_unchanged)
    if None in shares or 1.0 in shares:
        return ""
    rise, fall, same = (share(part) for part in shares)
    return f"it rises in {rise} of the samples, falls in {fall} and stays in {same}"


def width_words(shares: Sequence[VarianceShare]) -> str:
    """Return what the width of a band comes from: facts one could look up apart from the errors of formulas."""
    facts = [item for item in shares if item.kind == "fact"][:MAX_SHARES]
    functions = [item for item in shares if item.kind == "function"]
    said = []
    if facts:
        said.append(
            "facts that one could look up: " + ", ".join(f"{origin(item)} {share(item.share)}" for item in facts)
        )
    if functions:
        said.append(
            "the formulas themselves: " + ", ".join(f"{origin(item)} {share(item.share)}" for item in functions)
        )
    return f"the width of the band comes from {'; from '.join(said)}" if said else ""


def widest_words(band: Band | None, *, ratio: bool, unit: str = "1") -> str:
    """Return the band that facts of unknown correlation could make, or nothing where all are known."""
    if band is None or band.widest_p10 is None or band.widest_p90 is None:
        return ""
    ends = [percent(end) if ratio else number(end) for end in (band.widest_p10, band.widest_p90)]
    where = f"{ends[0]} to {ends[1]}"
    return (
        f"facts of unknown correlation are taken as independent; together they could make it "
        f"{where if ratio else with_unit(where, unit)}"
    )


def origin(item: VarianceShare | TornadoBar) -> str:
    """Return the name of an uncertain fact, or of the function that errs."""
    if item.fact is not None:
        return f"{item.fact.entity}.{item.fact.quantity}"
    return "" if item.function is None else f"error of {item.function.name}"


def value_band_lines(row: ValueRow) -> list[str]:
    """Return how sure a number is, as lines below it."""
    band = row.band
    if band is None:
        return []
    lines = [
        f"eight of ten samples lie between {number(band.p10)} and {with_unit(number(band.p90), row.unit)}, "
        f"half of them below {with_unit(number(band.p50), row.unit)} ({band.samples:,} samples)"
    ]
    lines += [
        text for text in (widest_words(band, ratio=False, unit=row.unit), width_words(row.variance_shares)) if text
    ]
    return [*lines, row.fact_coverage.statement]


def print_tornado(console: Console, report: SensitivityReport) -> None:
    """Print what each uncertain input alone makes of the number, as bars around it."""
    if report.value is None or not report.tornado:
        return
    least = STILL * abs(report.value)
    bars = [item for item in report.tornado if item.swing is not None and item.swing > least]
    still = len(report.tornado) - len(bars)
    if still:
        console.print(
            Text(
                f"\n{still} uncertain input{'s' if still > 1 else ''} that alone {'do' if still > 1 else 'does'} not move it",
                style="dim",
            )
        )
    if not bars:
        return
    ends = [end for item in bars for end in (item.at_p10, item.at_p90) if end is not None]
    low, high = min(*ends, report.value), max(*ends, report.value)
    table = Table(
        title=f"The target with each uncertain input at its p10 and at its p90{_unit(report.unit)}",
        title_justify="left",
        header_style="bold",
        box=None,
    )
    table.add_column("input", overflow="fold")
    table.add_column("at p10", justify="right")
    table.add_column(f"{number(low)} to {number(high)}", no_wrap=True)
    table.add_column("at p90", justify="right")
    table.add_column("swing", justify="right")
    for item in bars:
        bar = draw_bar(item, report.value, low, high)
        table.add_row(escape(origin(item)), number(item.at_p10), bar, number(item.at_p90), number(item.swing))
    console.print()
    console.print(table)


def draw_bar(item: TornadoBar, value: float, low: float, high: float) -> Text:
    """Return a bar from the one end to the other on a scale from `low` to `high`, with a mark at the value."""

    def place(number: float | None) -> int:
        at = value if number is None else number
        return 0 if high <= low else round((at - low) / (high - low) * (BAR - 1))

    first, last = sorted((place(item.at_p10), place(item.at_p90)))
    middle = place(value)
    drawn = ["=" if first <= column <= last else " " for column in range(BAR)]
    drawn[middle] = "|"
    return Text("".join(drawn), style="cyan" if item.kind == "fact" else "yellow")


def _unit(unit: str) -> str:
    return "" if unit == "1" else f", in {unit}"
