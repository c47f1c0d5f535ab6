"""The answers of ``dependencies`` and ``paths`` for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.dependency_csv import stations
from downstack.graph.model import Entity
from downstack.results import (
    DependenceDirection,
    DependencyNode,
    DependencyPath,
    DependencyReport,
    DependencyStep,
    Exposure,
    Reliance,
    ShareInterval,
    SinglePoint,
)

MOST_ROWS = 100
MOST_SHARES = 30
MOST_POINTS = 10
MOST_NAMES = 6
RELIANCE_WORDS = {
    Reliance.SOLE: "none known",
    Reliance.REPLACEABLE: "known, or in part",
    Reliance.QUALITATIVE: "influence only",
    None: "-",
}


def print_dependencies(console: Console, report: DependencyReport) -> None:
    """Print who depends on whom, single points and shares."""
    upwards = report.direction is DependenceDirection.UP
    name = report.entity.label
    console.print(Text(f"What depends on {name}" if upwards else f"What {name} depends on", style="bold"))
    if not report.nodes:
        console.print("nothing that the graph knows of")
    else:
        console.print(
            f"{len(report.nodes):,} within {_steps(report.max_depth)}, {report.reached:,} at any distance"
            + (f"; {', '.join(report.hidden)} hidden" if report.hidden else "")
            + (f"; as of {report.as_of}" if report.as_of else "")
        )
        _print_nodes(console, report)
    _print_points(console, report.single_points)
    if report.exposures:
        _print_shares(console, report.exposures, upwards=upwards)
    if report.nodes:
        console.print(
            f"no share is stated for {report.unknown_shares:,} of the {report.reached:,}: it is not known, and none is made up"
        )
    for line in report.assumptions:
        console.print(Text(f"  {line}", style="dim"))
    console.print(Text(f"\ngraph {report.graph_version}, {report.elapsed_ms:.0f} ms", style="dim"))


def print_paths(console: Console, first: Entity, last: Entity, paths: Sequence[DependencyPath], version: str) -> None:
    """Print the ways between two entities."""
    console.print(Text(f"From {first.label} to {last.label}", style="bold"))
    if not paths:
        console.print("neither depends on the other, as far as the graph knows")
    for number, item in enumerate(paths, 1):
        upwards = item.direction is DependenceDirection.UP
        said = f"{last.label} depends on {first.label}" if upwards else f"{first.label} depends on {last.label}"
        console.print(Text(f"\n{number}. {said} over {_steps(item.length)}"))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for column in ("who needs", "what is needed", "relation", "as of", "source"):
            table.add_column(column, overflow="fold")
        for step in item.steps:
            table.add_row(
                *map(escape, (step.dependent, step.provider, _relation(step), step.as_of or "-", step.source.title))
            )
        console.print(table)
    console.print(Text(f"\ngraph {version}", style="dim"))


def _print_nodes(console: Console, report: DependencyReport) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("steps", justify="right")
    table.add_column("entity", overflow="fold", min_width=16)
    table.add_column("layer", justify="right")
    table.add_column("alternative", no_wrap=True)
    table.add_column("way", overflow="fold")
    table.add_column("last step", overflow="fold")
    for item in report.nodes[:MOST_ROWS]:
        table.add_row(
            str(item.depth),
            escape(item.entity.id),
            str(item.entity.layer or "-"),
            RELIANCE_WORDS[item.reliance],
            escape(" > ".join(stations(item.way, report.entity.id)[1:-1]) or "direct"),
            escape(_last(item)),
        )
    console.print(table)
    if len(report.nodes) > MOST_ROWS:
        console.print(f"... and {len(report.nodes) - MOST_ROWS:,} more: --csv FILE and --json have all")


def _last(item: DependencyNode) -> str:
    said = _relation(item.way[-1])
    return f"{said} ({item.place})" if item.place else said


def _relation(step: DependencyStep) -> str:
    through = f" via {', '.join(step.via)}" if step.via else ""
    part = f" ({step.part})" if step.part else ""
    sign = f" ({step.sign})" if step.sign else ""
    return f"{step.relation}{part}{sign}{through}"


def _print_points(console: Console, points: Sequence[SinglePoint]) -> None:
    if not points:
        return
    console.print("\nSingle points: every known way to what stands behind them leads through them")
    for item in points[:MOST_POINTS]:
        names = ", ".join(item.behind[:MOST_NAMES])
        more = f" and {len(item.behind) - MOST_NAMES} more" if len(item.behind) > MOST_NAMES else ""
        whole = "; all ends are behind it" if item.all_ends else ""
        console.print(Text(f"  {item.entity.id}: {len(item.behind)} behind it: {names}{more}{whole}"))
    if len(points) > MOST_POINTS:
        console.print(Text(f"  ... and {len(points) - MOST_POINTS} more in --json", style="dim"))


def _print_shares(console: Console, exposures: Sequence[Exposure], *, upwards: bool) -> None:
    console.print(
        "\nShares that are stated: the part of what the one needs that comes from the other, in its most exposed need"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("who needs" if upwards else "what is needed", overflow="fold", min_width=16)
    table.add_column("share", justify="right", no_wrap=True)
    table.add_column("between", no_wrap=True)
    table.add_column("of its", no_wrap=True)
    allocated = any(item.allocated is not None for item in exposures)
    if allocated:
        table.add_column("gets of the output", justify="right", no_wrap=True)
    table.add_column("largest way, or what is not published", overflow="fold")
    for item in exposures[:MOST_SHARES]:
        entity = item.dependent if upwards else item.provider
        table.add_row(
            escape(entity.id),
            "not known" if item.share.value is None else f"{item.share.value:.0%}",
            _between(item.share),
            escape(item.need or "-"),
            *(["-" if item.allocated is None else _between(item.allocated)] if allocated else []),
            escape(_why(item)),
        )
    console.print(table)
    if len(exposures) > MOST_SHARES:
        console.print(f"... and {len(exposures) - MOST_SHARES:,} more: --csv FILE and --json have all")


def _why(item: Exposure) -> str:
    if item.unknown:
        more = f" and {len(item.unknown) - 1} more" if len(item.unknown) > 1 else ""
        return f"not published: {next(iter(item.unknown))}{more}"
    leading = next(iter(item.chains), None)
    if leading is None:
        return "-"
    first, *others = leading.entities
    parts = [first]
    for name, share in zip(others, leading.shares, strict=True):
        parts.append(f"{'?' if share.value is None else f'{share.value:.0%}'} > {name}")
    return " ".join(parts)


def _between(share: ShareInterval) -> str:
    low, high = f"{share.low:.0%}", f"{share.high:.0%}"
    return low if low == high else f"{low} to {high}"


def _steps(count: int) -> str:
    return f"{count} step" + ("" if count == 1 else "s")
