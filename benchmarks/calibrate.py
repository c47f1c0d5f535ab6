"""Fit the constants of all predictors on published measurements and write them as facts.

::

    python -m benchmarks.calibrate OPEN.csv SERVING.csv --as-of 2026-12-01

It writes `ontology/calibration/constants.ttl` (each constant with the interval it takes when one model, chip or engine is
left out, and with the rows that it was fitted on) and the table of errors on what was left out, which
`docs/accuracy.md` shows. No constant holds for one model on one chip. The serving rows are those of the Python package
aiconfigurator-core 0.12.0 (Apache-2.0), systems/silicon_sample.csv, in the columns that `downstack evaluate` reads.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.accuracy_page import put
from benchmarks.calibration_fit import Fitted, StageFit, Vector
from benchmarks.calibration_turtle import Constant, turtle

from downstack.evaluation.answers import Answer, Key, Predictor, Setting, Stage
from downstack.evaluation.kinds.engines import same_engine
from downstack.evaluation.names import find
from downstack.evaluation.predict import HIGH, LOW, bands, predictor_of
from downstack.evaluation.predictors import PREDICTORS
from downstack.evaluation.rows import Row, read_table
from downstack.kg import KnowledgeGraph

FEWEST = 8
"""Rows below which a band says nothing."""
SEVERAL = 5
"""Rows from which on a group is worth naming as the worst."""
LEFT_OUT = ("nothing", "model", "chip", "engine")
ROOT = Path(__file__).resolve().parent.parent
CONSTANTS = ROOT / "ontology" / "calibration" / "constants.ttl"


@dataclass(frozen=True)
class Open:
    """The rows that constants may be fitted on."""

    rows: list[Row]
    measured: Vector
    quality: list[str]


def read(paths: Sequence[Path]) -> Open:
    """Read tables of measurements; hosted services and vendor claims take no part."""
    rows: list[Row] = []
    measured: list[float] = []
    quality: list[str] = []
    for path in paths:
        table = read_table(path)
        for row, value, grade in zip(table.rows, table.measured, table.quality, strict=True):
            if np.isfinite(value) and value > 0.0 and grade != "D":
                rows.append(row)
                measured.append(value)
                quality.append(grade)
    return Open(rows, np.array(measured), quality)


class Calibration:
    """Fits stage after stage, each with the constants of those before it."""

    def __init__(self, kg: KnowledgeGraph, data: Open) -> None:
        self._kg, self._data = kg, data
        self.constants: dict[Key, float] = {
            key: value
            for predictor in PREDICTORS
            for stage in predictor.stages
            for key, value in zip(stage.keys, stage.start, strict=True)
        }
        self._claimed = [predictor_of(row) for row in data.rows]
        self.found: list[tuple[Predictor, Stage, Fitted, list[int]]] = []

    def run(self) -> None:
        """Fit all stages."""
        for predictor in PREDICTORS:
            for stage in predictor.stages:
                places = [
                    place
                    for place, row in enumerate(self._data.rows)
                    if self._claimed[place] is predictor and stage.keep(row)
                ]
                if places:
                    fitted = self._fit(predictor, stage, places)
                    self.constants.update(fitted.constants)
                    self.found.append((predictor, stage, fitted, places))

    def _fit(self, predictor: Predictor, stage: Stage, places: list[int]) -> Fitted:
        rows = [self._data.rows[place] for place in places]
        names = self._kg.names

        def predict(constants: dict[Key, float]) -> list[Answer]:
            return predictor.answer(rows, Setting(self._kg.engine, names, constants))

        groups = {
            "model": [find(names, row.model, "FoundationModel") or row.model for row in rows],
            "chip": [find(names, row.hardware, "Accelerator") or row.hardware for row in rows],
            "engine": [same_engine(row.engine) for row in rows],
        }
        return StageFit(stage, rows, self._data.measured[places], groups, predict, dict(self.constants)).fit()

    def bands(self) -> dict[str, tuple[float, float, int]]:
        """Return the percentiles of measured over predicted, on rows that were in the fit and on rows that were not."""
        held: dict[str, list[float]] = {}
        seen: set[int] = set()
        for predictor, _, fitted, places in self.found:
            answers = self._answers(predictor, places)
            for index, place in enumerate(places):
                ratios = [float(fitted.ratios[what][index]) for what in LEFT_OUT]
                self._hold(held, place, predictor, answers[index], [ratio for ratio in ratios if np.isfinite(ratio)])
            seen.update(places)
        for predictor in PREDICTORS:
            places = [i for i, item in enumerate(self._claimed) if item is predictor and i not in seen]
            for place, answer in zip(places, self._answers(predictor, places), strict=True):
                self._hold(held, place, predictor, answer, [answer.value / self._data.measured[place]])
        return {
            name: (float(np.percentile(values, 10)), float(np.percentile(values, 90)), len(values))
            for name, values in sorted(held.items())
            if len(values) >= FEWEST
        }

    def _answers(self, predictor: Predictor, places: list[int]) -> list[Answer]:
        if not places:
            return []
        rows = [self._data.rows[place] for place in places]
        return predictor.answer(rows, Setting(self._kg.engine, self._kg.names, self.constants))

    def _hold(
        self, held: dict[str, list[float]], place: int, predictor: Predictor, answer: Answer, ratios: list[float]
    ) -> None:
        for name in bands(self._data.rows[place], predictor.name, answer.status):
            held.setdefault(name, []).extend(1.0 / ratio for ratio in ratios if np.isfinite(ratio) and ratio > 0.0)

    def table(self) -> list[str]:
        """Return the errors on what was left out, as a table in Markdown."""
        lines = [
            "| fit | left out | rows | median error % | 90th percentile % | worst left out (median %) |",
            "|---|---|---|---|---|---|",
        ]
        for predictor, stage, fitted, places in self.found:
            rows = [self._data.rows[place] for place in places]
            for title, index in _groups(predictor, stage, rows, [self._data.quality[place] for place in places]):
                lines += [_line(title, what, fitted, index) for what in LEFT_OUT if _known(fitted, what, index)]
        return lines


def _groups(
    predictor: Predictor, stage: Stage, rows: Sequence[Row], quality: Sequence[str]
) -> list[tuple[str, list[int]]]:
    """Return the rows of a stage that the bars speak of together."""
    if predictor.name != "serving" or stage.name != predictor.stages[0].name:
        return [(stage.name, list(range(len(rows))))]
    given = [row.batch_or_concurrency == row.batch_or_concurrency for row in rows]
    wanted = {
        "TPOT at fixed concurrency": lambda i: rows[i].metric == "tpot",
        "TTFT at fixed concurrency": lambda i: rows[i].metric == "ttft",
        "throughput at a given batch, grade A": lambda i: (
            rows[i].kind == "serving_throughput" and given[i] and quality[i] == "A"
        ),
        "throughput at a given batch, grade B": lambda i: (
            rows[i].kind == "serving_throughput" and given[i] and quality[i] == "B"
        ),
        "maximum throughput, batch unknown": lambda i: rows[i].kind == "serving_throughput" and not given[i],
        "TPOT, other sources": lambda i: rows[i].kind == "tpot" and rows[i].metric != "tpot",
        "TTFT, other sources": lambda i: rows[i].kind == "ttft" and rows[i].metric != "ttft",
        "time of a static batch": lambda i: rows[i].kind == "other",
    }
    return [(title, [i for i in range(len(rows)) if keep(i)]) for title, keep in wanted.items()]


def _known(fitted: Fitted, what: str, index: list[int]) -> bool:
    return bool(index) and bool(np.isfinite(fitted.ratios[what][index]).any())


def _line(title: str, what: str, fitted: Fitted, index: list[int]) -> str:
    ratio = fitted.ratios[what][index]
    error = 100.0 * np.abs(ratio[np.isfinite(ratio)] - 1.0)
    worst = _worst(fitted, what, index)
    return f"| {title} | {what} | {len(error)} | {np.median(error):.1f} | {np.percentile(error, 90):.1f} | {worst} |"


def _worst(fitted: Fitted, what: str, index: list[int]) -> str:
    """Return the group that was predicted worst when it was left out, of those with several rows."""
    if what not in fitted.labels:
        return ""
    errors: dict[str, list[float]] = {}
    for place in index:
        ratio = float(fitted.ratios[what][place])
        if np.isfinite(ratio):
            errors.setdefault(str(fitted.labels[what][place]), []).append(abs(ratio - 1.0))
    known = {name: float(np.median(items)) for name, items in errors.items() if len(items) >= SEVERAL}
    return max((f"{name} {100.0 * item:.0f}" for name, item in known.items()), key=_last, default="")


def _last(text: str) -> float:
    return float(text.rpartition(" ")[2])


def main() -> None:
    """Read tables, fit, write the constants and print the errors."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables", type=Path, nargs="+", help="tables of measurements")
    parser.add_argument("--as-of", required=True, help="the date of the fit, as the facts state it")
    parser.add_argument("--dry-run", action="store_true", help="print the errors and write nothing")
    arguments = parser.parse_args()
    kg = KnowledgeGraph.open()
    calibration = Calibration(kg, read(arguments.tables))
    calibration.run()
    text = "\n".join(calibration.table()) + "\n"
    sys.stdout.write(text)
    if arguments.dry_run:
        for predictor, stage, fitted, _ in calibration.found:
            for key in stage.keys:
                sys.stdout.write(
                    f"{predictor.name}: {key} {fitted.constants[key]:.4g} {fitted.low[key]:.3g} {fitted.high[key]:.3g}\n"
                )
        return
    constants = [
        Constant(key[0], key[1], fitted.constants[key], fitted.low[key], fitted.high[key], fitted.rows, stage.name)
        for _, stage, fitted, _ in calibration.found
        for key in stage.keys
    ]
    for name, (low, high, rows) in calibration.bands().items():
        constants.append(Constant(name, LOW, low, None, None, rows, "measured over predicted"))
        constants.append(Constant(name, HIGH, high, None, None, rows, "measured over predicted"))
    units = {name: str(item.unit) for name, item in kg.engine.knowledge.quantities.items()}
    CONSTANTS.parent.mkdir(exist_ok=True)
    frameworks = kg.engine.knowledge.members("ServingFramework")
    CONSTANTS.write_text(turtle(constants, arguments.as_of, units, frameworks), encoding="utf-8")
    put("left out", text)


if __name__ == "__main__":
    main()
