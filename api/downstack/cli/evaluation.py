"""``downstack evaluate``: predictions of a table of measurements, and how far off they are."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from downstack.cli.options import AsJson, Store, errors
from downstack.evaluation.bars import BARS
from downstack.results import EvaluationReport, GroupAccuracy
from downstack.wire.answers import dump


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A table of measurements.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", metavar="PREDICTIONS.csv", help="Write each prediction.")] = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Predict each row of a table of measurements and report the error."""
    with errors(as_json):
        from downstack.evaluation.evaluate import predictions_csv
        from downstack.kg import KnowledgeGraph

        report = KnowledgeGraph.open(store).evaluate(file)
        if out is not None:
            out.write_text(predictions_csv(report), encoding="utf-8")
        if as_json:
            sys.stdout.write(dump(evaluation_json(report)) + "\n")
        else:
            print_evaluation(Console(), report)


def evaluation_json(report: EvaluationReport) -> dict[str, object]:
    """Return the report as JSON values."""
    return {
        "graphVersion": report.graph_version,
        "groups": [asdict(item) for item in report.groups],
        "predictions": [asdict(item) for item in report.predictions],
    }


def print_evaluation(console: Console, report: EvaluationReport) -> None:
    """Print the errors by kind and grade, and how many rows have each status.

    Of the absolute error relative to what was measured: median and 90th percentile; then the share within a factor of two,
    the rank correlation, and the share of measured values between p10 and p90.
    """
    table = Table(header_style="bold", box=None)
    for name in ("kind", "grade"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "answered", "median", "p90", "in 2x", "rank", "in band"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("to reach")
    for item in report.groups:
        bar = str(BARS.get((item.kind, item.quality), ""))
        table.add_row(item.kind, item.quality, str(item.rows), str(item.predicted), *_shares(item), bar)
    console.print(table)
    counts: dict[str, int] = {}
    for row in report.predictions:
        counts[row.status] = counts.get(row.status, 0) + 1
    console.print(Text("\n" + ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))))
    console.print(Text(f"graph {report.graph_version}", style="dim"))


def _shares(item: GroupAccuracy) -> tuple[str, ...]:
    shares = (item.median_error, item.p90_error, item.within_factor_two)
    rank = "-" if item.rank_correlation is None else f"{item.rank_correlation:.2f}"
    inside = "-" if item.inside_band is None else f"{100 * item.inside_band:.0f} %"
    return (*("-" if share is None else f"{100 * share:.1f} %" for share in shares), rank, inside)
