"""Fit the constants on published measurements and print how well they do on what was left out.

::

    python -m downstack.evaluation.calibrate SERVING.csv OPEN.csv --out kg/downstack/evaluation/constants.csv --tables TABLES.md

The loss is a soft absolute error of the logarithm; a constant holds for all models and chips of its calibration. The
interval of a constant is the range it takes when one model, one chip or one engine is left out.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from downstack.evaluation.columns import Columns
from downstack.evaluation.constants import COLUMNS
from downstack.evaluation.predict import Predictor, answer, engine_of, group_of
from downstack.evaluation.rows import Row, read_table
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array

Key = tuple[str, str]
SCALE = 0.15
START: dict[Key, float] = {
    ("serving", "usable_memory"): 0.9, ("serving", "reserved_memory"): 3e9, ("in-flight", "max_batch"): 1024.0,
    ("serving", "fitted_memory_time_factor"): 1.12, ("serving", "fitted_activation_traffic"): 16.0,
    ("serving", "fitted_layer_time"): 50e-6, ("serving", "fitted_parallel_layer_time"): 5e-6,
    ("serving", "fitted_moe_layer_time"): 42e-6, ("serving", "fitted_exchange_time_factor"): 4.3,
    ("serving", "fitted_prefill_time_factor"): 1.47, ("serving", "fitted_first_token_steps"): 5.0,
    ("serving", "fitted_queued_prompts"): 0.05, ("serving-vllm", "fitted_first_token_factor"): 0.8,
    ("serving-sglang", "fitted_first_token_factor"): 2.6, ("serving-tensorrt-llm", "fitted_first_token_factor"): 1.2,
    ("serving-other", "fitted_first_token_factor"): 1.3, ("static", "fitted_first_token_factor"): 1.0,
    ("static", "fitted_first_token_steps"): 1.0, ("static", "fitted_memory_time_factor"): 1.0,
    ("static", "fitted_activation_traffic"): 100.0, ("static", "fitted_layer_time"): 60e-6,
    ("static", "fitted_exchange_time_factor"): 1.5, ("static", "fitted_prefill_time_factor"): 1.8,
    ("static", "fitted_queued_prompts"): 1.0, ("in-flight", "fitted_memory_time_factor"): 1.1,
    ("in-flight", "fitted_activation_traffic"): 100.0, ("in-flight", "fitted_prefill_time_factor"): 1.8,
    ("in-flight", "fitted_exchange_time_factor"): 3.0,
    ("ring", "fitted_bus_share"): 0.79, ("in-switch", "fitted_bus_share"): 1.02, ("all", "fitted_message_time"): 2e-6,
    ("all", "fitted_product_compute_share"): 0.8, ("all", "fitted_product_memory_share"): 0.8,
    ("all", "fitted_launch_time"): 1e-5, ("training-narrow", "fitted_model_flops_utilization"): 0.3,
    ("training-wide", "fitted_model_flops_utilization"): 0.45, ("all", "fitted_power_share"): 0.7,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """Constants that are fitted together, on the rows that a predicate keeps."""

    name: str
    keys: tuple[Key, ...]
    keep: Callable[[Row, str], bool]


def _keys(group: str, *names: str) -> tuple[Key, ...]:
    return tuple((group, f"fitted_{name}") for name in names)


STAGES = (
    Stage("TPOT at fixed concurrency", _keys("serving", "memory_time_factor", "activation_traffic", "layer_time", "parallel_layer_time", "moe_layer_time", "exchange_time_factor", "prefill_time_factor"), lambda row, _: row.metric == "tpot"),
    Stage("TTFT at fixed concurrency", (*_keys("serving", "first_token_steps", "queued_prompts"), *(key for engine in ("vllm", "sglang", "tensorrt-llm") for key in _keys(f"serving-{engine}", "first_token_factor"))), lambda row, _: row.metric == "ttft"),
    Stage("static batch", _keys("static", "memory_time_factor", "activation_traffic", "layer_time", "exchange_time_factor", "prefill_time_factor"), lambda row, grade: row.kind == "serving_throughput" and group_of(row) == "static" and grade in "AB"),
    Stage("TTFT of a static batch", _keys("static", "first_token_steps", "first_token_factor"), lambda row, _: row.kind == "ttft" and group_of(row) == "static"),
    Stage("maximum throughput", _keys("in-flight", "memory_time_factor", "activation_traffic", "prefill_time_factor", "exchange_time_factor"), lambda row, _: row.kind == "serving_throughput" and group_of(row) == "in-flight"),
    Stage("all-reduce", (("ring", "fitted_bus_share"), ("in-switch", "fitted_bus_share"), ("all", "fitted_message_time")), lambda row, _: row.kind == "allreduce_busbw"),
    Stage("matrix products", _keys("all", "product_compute_share", "product_memory_share", "launch_time"), lambda row, _: row.kind == "op_latency"),
    Stage("training", (("training-narrow", "fitted_model_flops_utilization"), ("training-wide", "fitted_model_flops_utilization")), lambda row, _: row.kind.startswith("training")),
    Stage("energy", _keys("all", "power_share"), lambda row, _: row.kind == "energy"),
)  # fmt: skip


class Fit:
    """Rows of one stage, with what does not depend on its constants computed once."""

    def __init__(
        self,
        predictor: Callable[[dict[Key, float]], Predictor],
        constants: dict[Key, float],
        stage: Stage,
        rows: Sequence[Row],
        measured: Array,
    ) -> None:
        self._make, self._constants, self._stage = predictor, constants, stage
        made = predictor(constants)
        models, chips = made.resolve(rows)
        whole = made.columns(rows, models, chips)
        able = np.flatnonzero(np.isfinite(answer(rows, whole)))
        self.rows = [rows[i] for i in able]
        self.measured = measured[able]
        self.models = np.array([str(models[i]) for i in able])
        self.chips = np.array([str(chips[i]) for i in able])
        self.engines = np.array([engine_of(row) for row in self.rows])
        self._columns: Columns = made.columns(self.rows, [models[i] for i in able], [chips[i] for i in able])

    def predict(self, constants: dict[Key, float]) -> Array:
        """Return the predictions with other constants."""
        return answer(self.rows, self._columns.with_given(self._make(constants).fitted(self.rows)))

    def solve(self, kept: Array) -> dict[Key, float]:
        """Fit by Levenberg-Marquardt on the logarithms with reweighted residuals."""
        keys = self._stage.keys
        logs = np.log([self._constants[key] for key in keys])
        start = logs.copy()

        def residual(at: Array) -> Array:
            trial = {**self._constants, **dict(zip(keys, np.exp(at).tolist(), strict=True))}
            # A weak pull to the start keeps a constant that no row tells in its place.
            return np.append((np.log(self.predict(trial)) - np.log(self.measured))[kept], 0.02 * (at - start))

        def cost(found: Array) -> float:
            return float((2.0 * SCALE**2 * (np.sqrt(1.0 + (found / SCALE) ** 2) - 1.0)).sum())

        damping, now = 1e-2, residual(logs)
        for _ in range(30):
            slope = np.stack([(residual(logs + 1e-4 * unit) - now) / 1e-4 for unit in np.eye(len(keys))], axis=1)
            weight = 1.0 / np.sqrt(1.0 + (now / SCALE) ** 2)
            normal, gradient = slope.T @ (weight[:, None] * slope), slope.T @ (weight * now)
            step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), gradient)
            trial = logs + np.clip(step, -0.5, 0.5)
            new = residual(trial)
            if cost(new) < cost(now):
                done = cost(now) - cost(new) < 1e-6 * cost(now)
                logs, now, damping = trial, new, damping / 3.0
                if done:
                    break
            else:
                damping *= 4.0
                if damping > 1e6:
                    break
        return {**self._constants, **dict(zip(keys, np.exp(logs).tolist(), strict=True))}


def calibrate(kg: KnowledgeGraph, paths: Sequence[Path], as_of: str) -> tuple[list[list[object]], list[str]]:
    """Fit all stages; return the rows of the table of constants and the lines of the tables of errors."""
    rows: list[Row] = []
    measured: list[float] = []
    grades: list[str] = []
    for path in paths:
        table = read_table(path)
        rows += table.rows
        measured += table.measured
        grades += table.quality
    constants = dict(START)
    written: dict[Key, list[object]] = {
        key: [*key, value, "", "", "", 0, as_of, "set, not fitted"] for key, value in START.items()
    }
    lines = ["| fit | left out | rows | median % | p90 % | worst left out (median %) |", "|---|---|---|---|---|---|"]
    ratios: dict[str, list[float]] = {}
    engine, names = kg.engine, kg.names

    def predictor(with_constants: dict[Key, float]) -> Predictor:
        return Predictor(engine, names, with_constants)

    for stage in STAGES:
        chosen = [i for i, row in enumerate(rows) if stage.keep(row, grades[i]) and np.isfinite(measured[i])]
        fit = Fit(predictor, constants, stage, [rows[i] for i in chosen], np.array([measured[i] for i in chosen]))
        before, constants = constants, fit.solve(np.ones(len(fit.rows), dtype=np.bool_))
        lines.append(_line(stage.name, "nothing", fit.predict(constants) / fit.measured, ""))
        seen: dict[Key, list[float]] = {key: [constants[key]] for key in stage.keys}
        for what, labels in (("model", fit.models), ("chip", fit.chips), ("engine", fit.engines)):
            held: Array = np.full(len(labels), np.nan)
            worst = (0.0, "")
            for label in np.unique(labels):
                kept = labels != label
                if kept.sum() < len(stage.keys) + 1:
                    continue
                other = fit.solve(kept)
                if what == "engine" and stage.name.startswith("TTFT at"):
                    others = [
                        other[f"serving-{name}", "fitted_first_token_factor"]
                        for name in np.unique(labels[kept])
                        if name != "other"
                    ]
                    other[f"serving-{label}", "fitted_first_token_factor"] = float(np.exp(np.mean(np.log(others))))
                held[~kept] = (fit.predict(other) / fit.measured)[~kept]
                worst = max(worst, (float(np.median(np.abs(held[~kept] - 1.0))), str(label)))
                for key in stage.keys:
                    seen[key].append(other[key])
            ratio = held[np.isfinite(held)]
            if len(ratio):
                lines.append(_line(stage.name, what, ratio, f"{worst[1]} {100 * worst[0]:.0f}"))
            if what == "model" or not len(ratios.get(stage.name, ())):
                ratios[stage.name] = (ratio if len(ratio) else fit.predict(constants) / fit.measured).tolist()
                for row, value in zip(
                    fit.rows, held if len(ratio) else fit.predict(constants) / fit.measured, strict=True
                ):
                    if np.isfinite(value):
                        ratios.setdefault(f"band-{row.kind}-{group_of(row)}", []).append(1.0 / float(value))
                        ratios.setdefault(f"band-{row.kind}", []).append(1.0 / float(value))
        for key in stage.keys:
            written[key] = [*key, constants[key], min(seen[key]), max(seen[key]), "", len(fit.rows), as_of, stage.name]
        del before
    factors = [constants[f"serving-{name}", "fitted_first_token_factor"] for name in ("vllm", "sglang", "tensorrt-llm")]
    other_key = ("serving-other", "fitted_first_token_factor")
    written[other_key] = [
        *other_key,
        float(np.exp(np.mean(np.log(factors)))),
        min(factors),
        max(factors),
        "",
        0,
        as_of,
        "geometric mean of the engines",
    ]
    bands: list[list[object]] = [
        ["band", "ratio_p10", 0.5, "", "", "", 0, as_of, "set"],
        ["band", "ratio_p90", 2.0, "", "", "", 0, as_of, "set"],
    ]
    for name, values in sorted(ratios.items()):
        if name.startswith("band-") and len(values) >= 8:
            for share in (10, 90):
                bands.append(
                    [
                        name,
                        f"ratio_p{share}",
                        float(np.percentile(values, share)),
                        "",
                        "",
                        "",
                        len(values),
                        as_of,
                        "measured / predicted, left out by model",
                    ]
                )
    return [*written.values(), *bands], lines


def _line(stage: str, what: str, ratio: Array, worst: str) -> str:
    error = 100.0 * np.abs(ratio - 1.0)
    return f"| {stage} | {what} | {len(ratio)} | {np.median(error):.1f} | {np.percentile(error, 90):.1f} | {worst} |"


def main() -> None:
    """Read tables, fit, write the constants and print the errors."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables_of_measurements", type=Path, nargs="+")
    parser.add_argument("--as-of", default="2026-11-24")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tables", type=Path)
    arguments = parser.parse_args()
    constants, lines = calibrate(KnowledgeGraph.open(), arguments.tables_of_measurements, arguments.as_of)
    with arguments.out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([[f"{cell:.4g}" if isinstance(cell, float) else cell for cell in row] for row in constants])
    text = "\n".join(lines) + "\n"
    sys.stdout.write(text)
    if arguments.tables:
        arguments.tables.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
