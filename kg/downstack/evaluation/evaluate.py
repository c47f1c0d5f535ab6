"""Evaluate a table of measurements, and write the predictions of one."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from downstack.engine.engine import Engine
from downstack.evaluation.answers import Setting
from downstack.evaluation.constants import constants_of
from downstack.evaluation.predict import predict
from downstack.evaluation.report import accuracy
from downstack.evaluation.rows import read_table
from downstack.graph.names import NameIndex
from downstack.results.evaluation import EvaluationReport

OUT_COLUMNS = ("id", "predicted", "p10", "p90", "unit", "status", "function", "reason")


def evaluate(engine: Engine, names: NameIndex, path: str | Path) -> EvaluationReport:
    """Predict every row of a table and compare with what was measured; see :meth:`KnowledgeGraph.evaluate`."""
    table = read_table(path)
    predictions = predict(table.rows, Setting(engine, names, constants_of(engine.knowledge)))
    return EvaluationReport(engine.knowledge.version, predictions, accuracy(table, predictions))


def predictions_csv(report: EvaluationReport) -> str:
    """Return the predictions as a CSV table."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(OUT_COLUMNS)
    for item in report.predictions:
        cells = [getattr(item, name) for name in OUT_COLUMNS]
        writer.writerow(["" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else cell for cell in cells])
    return text.getvalue()
