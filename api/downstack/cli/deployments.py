"""The command ``deployments``: what a model should run on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from downstack.cli.deployment_tables import print_deployments
from downstack.cli.options import AsJson, AsOf, Store, errors
from downstack.cli.reading import read_where
from downstack.wire.answers import dump
from downstack.wire.deployments import deployments_json

WIDTH = 160
"""Columns of the answer where it is not printed on a terminal."""
LONG = 20_000_000
"""Configurations from which a search takes long enough to show how far it is."""


def deployments(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model that is served.", show_default=False)],
    workload: Annotated[
        str | None,
        typer.Option("--workload", metavar="ID", help="The load; a published trace of conversations at first."),
    ] = None,
    ttft: Annotated[
        float | None, typer.Option("--ttft", metavar="MS", help="Longest time to first token, in milliseconds.")
    ] = None,
    tpot: Annotated[
        float | None,
        typer.Option("--tpot", metavar="MS", help="Longest time per output token; the workload's own target at first."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", metavar="USD", help="Highest price of one copy of the model, in USD/h.")
    ] = None,
    objective: Annotated[
        str, typer.Option("--objective", help="pareto, cost, latency, first-token, throughput or energy.")
    ] = "pareto",
    max_accelerators: Annotated[
        int, typer.Option("--max-accelerators", metavar="N", help="Most accelerators of one copy of the model.")
    ] = 64,
    weights: Annotated[
        list[str] | None,
        typer.Option("--weights", metavar="FORMAT", help="Only this format: published, bf16, fp8, int8, fp4."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="KEY=ID", help="Only this accelerator, offering, provider, framework."),
    ] = None,
    first: Annotated[int, typer.Option("--first", min=1, max=10_000, help="How many to list.")] = 20,
    samples: Annotated[
        int, typer.Option("--samples", help="Draw the uncertain facts this often: how sure is each number?")
    ] = 0,
    unfold: Annotated[
        int | None, typer.Option("--unfold", metavar="ROW", min=1, help="Say where the numbers of this row come from.")
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Say what a model should run on: cheapest and fastest deployments, and what rules the others out."""
    selection = read_where(where or [])
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        kg = KnowledgeGraph.open(store)
        with _progress(shown=not as_json and sys.stderr.isatty()) as step:
            report = kg.deployments(
                model,
                workload,
                objective,
                ttft=ttft,
                tpot=tpot,
                budget=budget,
                max_accelerators=max_accelerators,
                weights=weights or None,
                where=selection,
                samples=samples,
                as_of=as_of,
                progress=step,
            )
        if as_json:
            sys.stdout.write(dump(deployments_json(report, report.deployments[:first])) + "\n")
        else:
            console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
            print_deployments(console, report, first, unfold)


@contextmanager
def _progress(*, shown: bool) -> Generator[Callable[[int, int], None] | None]:
    """Show how far a long search is, on standard error; a short one shows nothing."""
    if not shown:
        yield None
        return
    columns = (TextColumn("configurations"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("search", total=None, visible=False)

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=total >= LONG)

        yield step
