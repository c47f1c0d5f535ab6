"""The answer of ``deployments`` for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.trees import trace_tree
from downstack.cli.words import STYLES, number
from downstack.results import Deployment, DeploymentBand, DeploymentReport, Status

MAX_REASONS = 15


def print_deployments(console: Console, report: DeploymentReport, first: int, unfold: int | None = None) -> None:
    """Print the best deployments, what is left out and why; on request where one row's numbers come from."""
    console.print(Text(f"{report.model} for {report.workload} on {report.framework}", style="bold"))
    console.print(Text(_limits(report)))
    console.print(
        f"{report.configurations:,} configurations: {report.feasible:,} can be deployed"
        + (f" ({report.unpriced:,} of them have no price)" if report.unpriced else "")
    )
    listed = report.deployments[:first]
    priced = [(place, item) for place, item in enumerate(listed, 1) if item.cost_per_million_output_tokens is not None]
    free = [(place, item) for place, item in enumerate(listed, 1) if item.cost_per_million_output_tokens is None]
    _print_table(console, report.method.split("; ")[2], priced)
    _print_table(console, "Without a price: no other gives both more tokens for each accelerator and is faster", free)
    if len(report.deployments) > len(listed):
        console.print(
            f"... and {len(report.deployments) - len(listed):,} more: --first N lists them, --json has all fields"
        )
    if any(not item.energy_per_token for item in listed):
        console.print(Text("energy is left out where power, or what the facility adds, is not known", style="dim"))
    if not any(item.cost_band for item in listed[:1]) and listed:
        console.print(Text("how sure the numbers are was not computed: --samples 500 adds a band", style="dim"))
    if report.nearest is not None:
        console.print(Text(f"\nNothing can be deployed: {report.nearest}", style="yellow"))
    _print_excluded(console, report)
    if unfold is not None:
        _print_row(console, report, unfold)
    console.print(Text(f"\ngraph {report.graph_version}", style="dim"))


def _limits(report: DeploymentReport) -> str:
    limits = report.limits
    said = [f"up to {limits.accelerators} accelerators"]
    if limits.time_per_output_token is not None:
        own = " (the workload's own target)" if limits.from_workload else ""
        said.append(f"at most {number(limits.time_per_output_token)} ms for each output token{own}")
    if limits.time_to_first_token is not None:
        said.append(f"at most {number(limits.time_to_first_token)} ms to the first token")
    if limits.price_per_hour is not None:
        said.append(f"at most {number(limits.price_per_hour)} USD/h")
    return "limits: " + ", ".join(said)


def _print_table(console: Console, title: str, rows: Sequence[tuple[int, Deployment]]) -> None:
    if not rows:
        return
    banded = any(item.time_band is not None for _, item in rows)
    table = Table(title=title[:1].upper() + title[1:], title_justify="left", header_style="bold", box=None)
    table.add_column("", justify="right", style="dim")
    table.add_column("runs on", overflow="fold", min_width=12)
    table.add_column("chips", justify="right")
    table.add_column("TPxPPxEP", no_wrap=True)
    table.add_column("weights/cache", no_wrap=True)
    for name in ("batch", "TTFT ms", "TPOT ms", *(("p10-p90",) if banded else ()), "token/s/chip", "USD/Mtok"):
        table.add_column(name, justify="right", no_wrap=True)
    if banded:
        table.add_column("p10-p90", justify="right", no_wrap=True)
    for name in ("USD/h", "memory", "J/token"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("stopped by", overflow="fold")
    for place, item in rows:
        table.add_row(
            str(place),
            _platform(item),
            str(item.accelerators),
            f"{item.tensor_parallel}x{item.pipeline_parallel}x{item.expert_parallel}",
            f"{item.weight_format}/{item.cache_format}",
            f"{item.concurrent_sequences:,}",
            number(item.time_to_first_token),
            number(item.time_per_output_token),
            *((_band(item.time_band),) if banded else ()),
            number(item.tokens_per_second_per_accelerator),
            number(item.cost_per_million_output_tokens),
            *((_band(item.cost_band),) if banded else ()),
            number(item.price_per_hour),
            f"{100.0 * item.memory_used / item.memory_capacity:.0f} %",
            number(item.energy_per_token),
            ", ".join(item.stopped_by),
        )
    console.print()
    console.print(table)
    for place, item in rows:
        if item.status not in (Status.OK, Status.MISSING_INPUT):
            console.print(Text(f"  row {place}: {item.status}: {item.reason}", style=STYLES[item.status]))


def _platform(item: Deployment) -> str:
    return escape(item.key.get("offering") or item.key.get("accelerator") or "-")


def _band(band: DeploymentBand | None) -> str:
    return "-" if band is None else f"{number(band.p10)}-{number(band.p90)}"


def _print_excluded(console: Console, report: DeploymentReport) -> None:
    if not report.excluded:
        return
    console.print(f"\nNot deployable or beyond a limit: {sum(item.configurations for item in report.excluded):,}")
    width = len(f"{report.excluded[0].configurations:,}")
    for item in report.excluded[:MAX_REASONS]:
        console.print(Text(f"  {item.configurations:>{width},}  {item.reason}"))
    if len(report.excluded) > MAX_REASONS:
        rest = sum(item.configurations for item in report.excluded[MAX_REASONS:])
        console.print(f"  {rest:>{width},}  {len(report.excluded) - MAX_REASONS} more reasons; --json has all")


def _print_row(console: Console, report: DeploymentReport, place: int) -> None:
    if place > len(report.deployments):
        console.print(f"\nThere is no row {place}: the answer has {len(report.deployments)}.")
        return
    item = report.deployments[place - 1]
    console.print(f"\nWhere the numbers of row {place} come from:\n")
    console.print(trace_tree(item.trace))
    console.print("\nAssumptions")
    for text in item.assumptions:
        console.print(Text(f"  - {text}"))
