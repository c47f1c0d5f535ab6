"""Write into `docs/accuracy.md` how far predictions of the bundled measurements are off, and draw the picture.

::

    python -m benchmarks.accuracy [SERVING.csv]

The table is what ``downstack evaluate benchmarks/measurements/open.csv`` finds, beside what is to be reached; the picture
`docs/accuracy.svg` shows each row. Given a table of the serving rows, it writes theirs too. What predictions are worth on
rows that took no part in the fit is written by calibrate.py.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from benchmarks.accuracy_page import put
from benchmarks.accuracy_picture import Panel, picture

from downstack.evaluation.bars import BARS
from downstack.evaluation.rows import read_table
from downstack.kg import KnowledgeGraph
from downstack.results import EvaluationReport, GroupAccuracy

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "benchmarks" / "measurements" / "open.csv"
PICTURE = ROOT / "docs" / "accuracy.svg"
FEWEST = 10
"""Rows from which on a kind has a panel of its own."""


def table(report: EvaluationReport) -> str:
    """Return the errors by kind and grade, and why rows were not predicted, in Markdown."""
    lines = [
        "| kind | grade | rows | predicted | median error | p90 error | within 2x | rank corr. | in p10..p90 | to reach |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_line(item) for item in report.groups),
        "",
    ]
    counts = Counter(item.status for item in report.predictions)
    lines.append(", ".join(f"{count} {status}" for status, count in sorted(counts.items())) + ".")
    reasons = Counter((item.status, item.reason) for item in report.predictions if item.predicted is None)
    lines += ["", "| not predicted | rows | reason |", "|---|---|---|"]
    lines += [
        f"| {status} | {count} | {reason.replace('|', '/')} |"
        for (status, reason), count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    ]
    return "\n".join(lines) + "\n"


def _line(item: GroupAccuracy) -> str:
    def share(value: float | None) -> str:
        return "-" if value is None else f"{100 * value:.1f} %"

    rank = "-" if item.rank_correlation is None else f"{item.rank_correlation:.2f}"
    cells = (
        item.kind,
        item.quality,
        str(item.rows),
        str(item.predicted),
        share(item.median_error),
        share(item.p90_error),
        share(item.within_factor_two),
        rank,
        share(item.inside_band),
        str(BARS.get((item.kind, item.quality), "")),
    )
    return "| " + " | ".join(cells) + " |"


def panels(report: EvaluationReport) -> list[Panel]:
    """Return measured and predicted values by kind and unit."""
    measured = read_table(ROWS)
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row, value, item in zip(measured.rows, measured.measured, report.predictions, strict=True):
        if item.predicted is not None and value > 0.0:
            found.setdefault((row.kind, row.unit), []).append((value, item.predicted))
    return [
        Panel(kind.replace("_", " "), unit, points)
        for (kind, unit), points in sorted(found.items())
        if len(points) >= FEWEST
    ]


def main() -> None:
    """Predict the bundled measurements and write what docs/accuracy.md shows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("serving", type=Path, nargs="?", help="a table of the serving rows")
    serving: Path | None = parser.parse_args().serving
    kg = KnowledgeGraph.open()
    report = kg.evaluate(ROWS)
    put("open rows", table(report))
    if serving is not None:
        put("serving rows", table(kg.evaluate(serving)))
    PICTURE.write_text(picture(panels(report)), encoding="utf-8")


if __name__ == "__main__":
    main()
