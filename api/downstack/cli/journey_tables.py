"""The answer of ``journey`` for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.words import STYLES, number, share, with_unit
from downstack.graph.model import Relation
from downstack.journey.catalogue import PRICE_LIST
from downstack.results import JourneyLayer, JourneyNumber, JourneyReport, JourneyRoute, JourneyStage, Status

MAX_CANDIDATES = 8
MAX_NAMES = 4
"""More numbers that are missing for one reason are counted, not named."""
REQUEST = {"/sequence": "", "s*chip/sequence": "s*chip", "1/sequence": "1"}
"""On the way of one request nobody needs to read that it is one."""


def print_journey(console: Console, report: JourneyReport, offering: str | None = None) -> None:
    """Print the way of a prompt: what is named, the clouds, and one of them layer by layer.

    Parameters
    ----------
    console
        Where to print.
    report
        The answer.
    offering
        The cloud offering that is told layer by layer; the first of the answer unless given.
    """
    console.print(Text(f"One prompt of {report.application}, from application to silicon", style="bold"))
    for item in report.choices:
        how = "stand-in" if item.stand_in else "linked" if item.linked else "named"
        style = "yellow" if item.stand_in else ""
        console.print(Text(f"  {item.role} {item.entity} ({how}): {item.reason}", style=style))
    _print_questions(console, report)
    if report.reason is not None:
        console.print(Text(f"\n{report.reason}", style="yellow"))
    told = next((item for item in report.routes if item.offering == (offering or item.offering)), None)
    if report.routes:
        _print_routes(console, report.routes)
    if told is not None and any(item is not None and item.value is not None for item in (told.time, told.cost)):
        _print_sums(console, report, told)
    for layer in report.layers:
        stage = None if told is None else told.stages[layer.layer.number - 1]
        _print_layer(console, layer, stage, report.closed_model)
    _print_end(console, report, told)


def _print_questions(console: Console, report: JourneyReport) -> None:
    if report.questions:
        console.print(Text("\nNot known, and not chosen for you:", style="yellow"))
    for item in report.questions:
        shown = ", ".join(item.candidates[:MAX_CANDIDATES])
        more = f" and {len(item.candidates) - MAX_CANDIDATES} more" if len(item.candidates) > MAX_CANDIDATES else ""
        console.print(Text(f"  {item.reason}: name one with --{item.role} ({shown}{more})"))


def _print_routes(console: Console, routes: Sequence[JourneyRoute]) -> None:
    table = Table(
        title="\nOne request on each cloud that rents it", title_justify="left", header_style="bold", box=None
    )
    for name in ("offering", "framework", "time s", "energy J", "USD", "waits longest for", "status"):
        right = name in ("time s", "energy J", "USD")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for item in routes:
        table.add_row(
            escape(item.offering),
            escape(item.framework),
            *(number(None if total is None else total.value) for total in (item.time, item.energy, item.cost)),
            escape(item.binding or "-"),
            _status(item.time, item.status),
        )
    console.print(table)
    for item in routes:
        for total in (item.time, item.cost):
            if total is not None and total.value is None:
                console.print(Text(f"  {item.offering}: {total.reason}", style="dim"))
                break


def _status(total: JourneyNumber | None, status: Status) -> Text:
    return Text("-") if total is None else Text(str(status), style=STYLES[status])


def _print_sums(console: Console, report: JourneyReport, route: JourneyRoute) -> None:
    many = f", the first of {len(report.routes)}; --offering tells another" if len(report.routes) > 1 else ""
    table = Table(
        title=f"\nLayer by layer on {escape(route.offering)} with {escape(route.framework)}{many}",
        title_justify="left",
        header_style="bold",
        box=None,
        show_footer=True,
    )
    totals = [_total(item) for item in (route.time, route.energy, route.cost)]
    table.add_column("layer", footer=f"the whole request{_or_band(route)}", overflow="fold")
    paid = number(route.cost.value) if route.cost is not None and route.value_difference is not None else "-"
    columns = ("time s", "share", "energy J", "USD by time", "USD paid to")
    for name, total in zip(columns, (totals[0], "", *totals[1:], paid), strict=True):
        table.add_column(name, footer=total, justify="right", no_wrap=True)
    table.add_column("binds", overflow="fold")
    for stage in route.stages:
        table.add_row(
            escape(f"{stage.layer.number} {stage.layer.label}"),
            _part(stage.time, stage.time_parts),
            share(stage.time_share) if stage.time_parts else "",
            _part(stage.energy, stage.energy_parts),
            _part(stage.cost, stage.cost_parts),
            _part(stage.value, stage.value_parts),
            escape(stage.binding or "-"),
        )
    console.print(table)
    for text in route.notes:
        console.print(Text(f"  {text}", style="yellow"))


def _or_band(route: JourneyRoute) -> str:
    return "" if route.time is None or route.time.band is None else "\nten to ninety per cent of the samples"


def _total(item: JourneyNumber | None) -> str:
    """Return a total, with its band below it where there is one."""
    if item is None or item.band is None:
        return number(None if item is None else item.value)
    return f"{number(item.value)}\n{number(item.band.p10)} to {number(item.band.p90)}"


def _part(value: float | None, parts: Sequence[JourneyNumber]) -> str:
    """Return a layer's part of a sum; a layer that has none stays empty, one that is not known does not."""
    return number(value) if parts else ""


def _print_layer(console: Console, layer: JourneyLayer, stage: JourneyStage | None, closed: str | None) -> None:
    console.print(Text(f"\n{layer.layer.number} {layer.layer.label}", style="bold"))
    if layer.entities:
        console.print(Text(f"  {', '.join(layer.entities)}"))
    for text in _links(layer.links):
        console.print(Text(f"  {text}", style="dim"))
    numbers = [*layer.numbers]
    if stage is not None:
        numbers += [*stage.time_parts, *stage.energy_parts, *stage.cost_parts, *stage.value_parts, *stage.numbers]
    known = [item for item in numbers if item.value is not None]
    if known:
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 2))
        table.add_column(overflow="fold")
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="fold")
        for item in known:
            table.add_row(escape(_label(item)), escape(_amount(item)), _trust(item))
        console.print(table)
    for reason, names in _missing(numbers, closed).items():
        console.print(Text(f"  missing: {', '.join(names)}: {reason}", style="magenta"))
    for text in layer.notes:
        console.print(Text(f"  {text}", style="dim"))


def _links(links: Sequence[Relation]) -> list[str]:
    return [f"{item.subject} {item.predicate} {item.object} [{item.source.title}]" for item in links]


def _label(item: JourneyNumber) -> str:
    """Return what is counted, whose it is where several could be meant, and the condition that a fact holds under."""
    facts = item.trace.own_facts if item.trace.function is None else ()
    whose = item.key.get("entity") or (item.key.get("model") if item.quantity.id in PRICE_LIST else None)
    condition = facts[0].condition if facts else None
    return item.quantity.label + (f" of {whose}" if whose else "") + (f" ({condition})" if condition else "")


def _amount(item: JourneyNumber) -> str:
    unit = next((new for old, new in REQUEST.items() if item.unit == old), item.unit.removesuffix("/sequence"))
    return with_unit(number(item.value), unit or "1")


def _trust(item: JourneyNumber) -> Text:
    """Return how far a number can be trusted: its status, how its own fact is known, and whether it rests on a stand-in."""
    facts = item.trace.own_facts if item.trace.function is None else ()
    soft = facts[0].confidence if facts and facts[0].confidence in ("estimate", "assumption") else ""
    said = [Text(str(item.status), style=STYLES[item.status])] if item.status is not Status.OK else []
    said += [Text(soft, style="dim")] if soft else []
    said += [Text("*", style="yellow")] if item.rests_on else []
    return Text(" ").join(said)


def _missing(numbers: Sequence[JourneyNumber], closed: str | None) -> dict[str, list[str]]:
    """Return the labels of what has no number, by the reason."""
    found: dict[str, list[str]] = {}
    for item in numbers:
        if item.value is None:
            hidden = closed is not None and item.key.get("model") == closed
            reason = f"no source states the architecture of {closed}" if hidden else item.reason or "unknown"
            found.setdefault(reason, []).append(item.quantity.label)
    return {reason: names if len(names) <= MAX_NAMES else [f"{len(names)} numbers"] for reason, names in found.items()}


def _print_end(console: Console, report: JourneyReport, told: JourneyRoute | None) -> None:
    console.print()
    if report.stand_ins:
        names = ", ".join(item.entity for item in report.stand_ins)
        console.print(Text(f"* rests on {names}, a stand-in", style="yellow"))
    if told is not None and report.model is not None and report.workload is not None:
        console.print(
            Text(
                f"time is summed as the user waits, energy and cost by the time that chips are taken up; "
                f"{len(report.assumptions)} assumptions: --json lists them",
                style="dim",
            )
        )
        console.print(
            Text(
                f"where it comes from: downstack explain request_time --where model={report.model} "
                f"--where workload={report.workload} --where offering={told.offering} --where framework={told.framework}",
                style="dim",
            )
        )
    console.print(Text(f"as of {report.as_of}; graph {report.graph_version}", style="dim"))
