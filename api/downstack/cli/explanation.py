"""How an effect came about, for people."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.words import number, share, with_unit
from downstack.results import Attribution
from downstack.wire.extent import by_size

MAX_FLOWS = 8
MAX_PATHS = 5
ROUNDING = 1e-9


def print_attribution(console: Console, name: str, unit: str, attribution: Attribution | None) -> None:
    """Print along which ways an effect came; the amounts of its ways sum to its change."""
    if attribution is None or not attribution.flows:
        console.print(Text(f"\n  {name}: there is no change to divide", style="dim"))
        return
    total = with_unit(number(attribution.total), unit)
    console.print(Text(f"\n  How the change of {total} in {name} came about"))
    console.print(_paths(attribution, unit))
    console.print(_flows(attribution, unit))


def _paths(attribution: Attribution, unit: str) -> Table:
    table = _table("path", "amount", unit)
    paths = sorted(attribution.paths, key=lambda path: by_size(path.amount))
    shown = paths[:MAX_PATHS]
    for path in shown:
        table.add_row(escape(" > ".join(path.steps)), number(path.amount), share(path.share))
    others = attribution.other_paths + sum(path.amount for path in paths[MAX_PATHS:])
    of = attribution.total
    # What is left of a sum of everything is rounding, and looks like a finding.
    others = 0.0 if abs(others) < ROUNDING * abs(of) else others
    table.add_row("other paths", number(others), share(others / of if of else None))
    table.add_row(Text("total", style="bold"), Text(number(of), style="bold"), share(1.0 if of else None))
    return table


def _flows(attribution: Attribution, unit: str) -> Table:
    table = _table("largest flows", "amount", unit)
    flows = sorted(attribution.flows, key=lambda flow: by_size(flow.amount))
    for flow in flows[:MAX_FLOWS]:
        edge = f"{flow.source} > {flow.target}, by {flow.function}"
        table.add_row(escape(edge), number(flow.amount), share(flow.share))
    if len(flows) > MAX_FLOWS:
        table.add_row(f"... and {len(flows) - MAX_FLOWS} smaller ones; --json has all")
    return table


def _table(what: str, amount: str, unit: str) -> Table:
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 2))
    table.add_column(what, overflow="fold")
    table.add_column(escape(amount if unit == "1" else f"{amount} in {unit}"), justify="right")
    table.add_column("share", justify="right")
    return table
