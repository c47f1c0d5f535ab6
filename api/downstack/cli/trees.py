"""The answer of ``explain`` for people: a tree from the number down to cited facts."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from downstack.cli.uncertainty import value_band_lines
from downstack.cli.words import (
    STYLES,
    number,
    oldest,
    regime_state,
    spelled,
    telling_roles,
    with_unit,
)
from downstack.graph.model import Fact
from downstack.results import Status, Trace, ValueReport
from downstack.wire.extent import MAX_LEVELS, deeper

MAX_ROWS = 40
MAX_OTHER_SOURCES = 2


def print_value(console: Console, report: ValueReport) -> None:
    """Print where a number comes from."""
    rows = report.rows
    if len(rows) == 0:
        console.print(f"{escape(report.quantity.label)}: no combination matches")
        return
    if len(rows) > 1:
        table = Table(title=f"{report.quantity.label}, {len(rows)} combinations", title_justify="left", box=None)
        sampled = any(row.band is not None for row in rows)
        for column in ("for", "value", *(("p10 to p90",) if sampled else ()), "unit", "status"):
            right = column in ("value", "p10 to p90")
            table.add_column(column, justify="right" if right else "left", overflow="fold")
        for row in rows[:MAX_ROWS]:
            status = Text(str(row.status), style=STYLES[row.status])
            band = "-" if row.band is None else f"{number(row.band.p10)} to {number(row.band.p90)}"
            spread = (band,) if sampled else ()
            table.add_row(escape(spelled(telling_roles(row.key))), number(row.value), *spread, escape(row.unit), status)
        console.print(table)
        if len(rows) > MAX_ROWS:
            console.print(f"... and {len(rows) - MAX_ROWS} more: narrow with --where, or use --json")
    first = next((row for row in rows if row.value is not None), rows[0])
    if len(rows) > 1:
        console.print(f"\nWhere the number of {escape(spelled(telling_roles(first.key)))} comes from:\n")
    console.print(trace_tree(first.trace))
    for line in value_band_lines(first):
        console.print(Text(f"\n{line}"))
    if first.regime is not None:
        console.print(Text(f"\n{first.regime.quantity} is {regime_state(first.regime)}"))
    if first.trace.assumptions:
        console.print("\nAssumptions")
        for text in first.trace.assumptions:
            console.print(Text(f"  - {text}"))
    console.print(Text(f"\n{oldest(first.trace.oldest_fact, report.as_of)}", style="dim"))
    console.print(Text(f"graph {report.graph_version}", style="dim"))


def trace_tree(trace: Trace) -> Tree:
    """Return an explanation as a tree; a step that several others read is unfolded once."""
    tree = Tree(_step(trace))
    _grow(tree, trace, {id(trace)})
    return tree


def _grow(tree: Tree, trace: Trace, seen: set[int], level: int = 0) -> None:
    if level >= MAX_LEVELS and trace.inputs:
        tree.add(Text(deeper(trace), style="yellow"))
        return
    for item in trace.inputs:
        if id(item) in seen and item.inputs:
            tree.add(Group(_headline(item), Text("unfolded above", style="dim")))
            continue
        seen.add(id(item))
        _grow(tree.add(_step(item)), item, seen, level + 1)


def _headline(trace: Trace) -> Text:
    line = Text(trace.quantity.id, style="bold")
    line.append(
        f" = {with_unit(number(trace.value), trace.unit)}" if trace.value is not None else " has no value", style="bold"
    )
    roles = telling_roles(trace.key)
    if roles:
        line.append(f"  [{', '.join(roles.values())}]", style="dim")
    if trace.status is not Status.OK:
        line.append(f"  {trace.status}", style=STYLES[trace.status])
    return line


def _step(trace: Trace) -> RenderableType:
    lines: list[RenderableType] = [_headline(trace)]
    if trace.function is not None:
        lines.append(Text(trace.function.formula))
        lines.append(Text(trace.function.citation, style="italic dim"))
        error = trace.function.relative_error
        if error is not None:
            lines.append(Text(f"errs by itself by about {error.value * 100.0:.3g} %: {error.source}", style="dim"))
    lines += [_fact(fact, other=place > 0) for place, fact in enumerate(trace.own_facts[: 1 + MAX_OTHER_SOURCES])]
    if len(trace.own_facts) > 1 + MAX_OTHER_SOURCES:
        lines.append(Text(f"and {len(trace.own_facts) - 1 - MAX_OTHER_SOURCES} more sources", style="dim"))
    if trace.formula_value is not None:
        lines.append(Text(f"the formula alone gives {with_unit(number(trace.formula_value), trace.unit)}", style="dim"))
    if trace.loop is not None and trace.reason != trace.loop.sentence:
        lines.append(Text(trace.loop.sentence, style="cyan"))
    if trace.intervention:
        lines.append(Text(trace.intervention, style="cyan"))
    if trace.reason:
        lines.append(Text(trace.reason, style=STYLES[trace.status]))
    return Group(*lines)


def _fact(fact: Fact, *, other: bool) -> Text:
    condition = f" ({fact.condition})" if fact.condition else ""
    said = f"{'also stated' if other else 'fact'}: {with_unit(fact.literal, fact.unit)}{condition}"
    place = f", {fact.locator}" if fact.locator else ""
    if fact.distribution is not None:
        said = f"{said}, {fact.distribution}"
    return Text(
        f"{said}; {fact.source.title}{place}, {fact.as_of or 'undated'}, {fact.confidence}",
        style="dim" if other else "",
    )
