"""Fit the efficiency and overhead constants of a serving engine on published measurements of TPOT.

Run ``python benchmarks/fit_serving_constants.py MEASUREMENTS.csv``. The table has one measurement a row, with the columns
that `downstack evaluate` reads (model, hardware, n_chips, tensor_parallel, precision_weights, isl, osl,
batch_or_concurrency, engine, metric, value, unit); the rows used for the committed facts are those of the Python package
aiconfigurator-core 0.12.0 (Apache-2.0). It prints the fitted constants with the range they take when one model is left
out, and the error of the predictions on the model that was left out. It changes nothing: the facts of the serving
frameworks are written by a person who has read the table.

The model is the one of the declared functions, seven constants for all models and chips:
TPOT = max(t_memory / e_m, t_compute / e_c) + L o + [n > 1] L o_tp + L_moe o_moe + B t_allreduce / e_a + B t_prefill / (e_p S_out)
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.performance import Array

NAMES = (
    "memory_bandwidth_efficiency",
    "decode_compute_efficiency",
    "layer_overhead_time",
    "tensor_parallel_layer_overhead_time",
    "moe_layer_overhead_time",
    "allreduce_bandwidth_efficiency",
    "prefill_compute_efficiency",
)
START = (0.84, 0.35, 43e-6, 21e-6, 46e-6, 0.35, 0.6)
BITS = {"fp8": 8.0, "fp4": 4.5, "bf16": 16.0, "fp16": 16.0}
PEAK = {8.0: "peak_flops_fp8_dense", 4.5: "peak_flops_fp4_dense", 16.0: "peak_flops_bf16_dense"}
HARDWARE = {"H100-SXM": "nvidia-h100-sxm", "H200-SXM": "nvidia-h200-sxm", "B200-SXM": "nvidia-b200"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a row's TPOT is made of at full efficiency: seconds, except counts of layers."""

    model: str
    memory: float
    compute: float
    layers: float
    parallel: float
    moe_layers: float
    allreduce: float
    prefill: float
    measured: float


class Table:
    """Reads rows of measurements and computes their terms from the facts and functions of the graph."""

    def __init__(self, kg: KnowledgeGraph) -> None:
        self._kg = kg
        self._cache: dict[tuple[str, str], float] = {}

    def number(self, entity: str, quantity: str) -> float:
        """Return one quantity in base units; NaN when the graph does not have it."""
        if (entity, quantity) not in self._cache:
            engine = self._kg.engine
            (role,) = engine.schema.keys[quantity]
            position = engine.columns().tables[role].position[entity]
            plan = engine.plan((quantity,), {role: frozenset({position})})
            self._cache[entity, quantity] = engine.evaluate(plan).outcome.value(quantity, 0, 0)
        return self._cache[entity, quantity]

    def optional(self, entity: str, quantity: str) -> float:
        """Return a quantity that dense models do not have; 0 then."""
        value = self.number(entity, quantity)
        return 0.0 if np.isnan(value) else value

    def terms(self, row: Mapping[str, str]) -> Terms | None:
        """Return the terms of a row, or None when it cannot be predicted from what the graph holds."""
        if row["metric"] != "tpot" or row["unit"] != "ms":
            return None
        chip = next((slug for name, slug in HARDWARE.items() if name in row["hardware"]), None)
        try:
            model = self._kg.resolve(re.sub(r"-FP8$", "", row["model"].rpartition("/")[2])).id
        except UserInputError:
            return None
        if chip is None:
            return None
        bits = BITS.get(row["precision_weights"])
        n, batch = float(row["n_chips"]), float(row["batch_or_concurrency"])
        prompt, reply = float(row["isl"]), float(row["osl"])
        context = prompt + reply / 2.0
        dense, experts = self.number(model, "dense_matmul_parameters"), self.optional(model, "expert_parameters")
        width = bits / 8.0 if bits else self.number(model, "bytes_per_parameter")
        expert_width = bits / 8.0 if bits else self.optional(model, "bytes_per_expert_parameter")
        fraction = self.optional(model, "routing_fraction")
        used = 1.0 - (1.0 - fraction) ** batch
        cache = self.number(model, "kv_cache_bytes_per_token") * context
        if not np.isnan(window := self.number(model, "sliding_window")):
            cache += self.optional(model, "sliding_kv_cache_bytes_per_token") * min(window, context)
        full_layers = self.number(model, "full_attention_layers")
        active = self.number(model, "matmul_parameters")
        attention = self.number(model, "decode_attention_flops_per_context_token") * full_layers
        prefill_attention = self.number(model, "prefill_attention_flops_per_context_token") * full_layers
        peak = self.number(chip, PEAK[bits or 16.0])
        bandwidth = self.number(chip, "memory_bandwidth")
        link = self.number(chip, "scaleup_bandwidth_per_direction")
        layers = self.number(model, "num_layers")
        exchanged = 2.0 * layers * 2.0 * (n - 1.0) / n * self.number(model, "hidden_size") * 2.0
        terms = Terms(
            model=model,
            memory=(dense * width + experts * expert_width * used + batch * cache) / (n * bandwidth),
            compute=batch * (2.0 * active + attention * context) / (n * peak),
            layers=layers,
            parallel=layers if n > 1.0 else 0.0,
            moe_layers=layers - self.optional(model, "dense_layers") if experts else 0.0,
            allreduce=batch * exchanged / link,
            prefill=batch * (2.0 * active * prompt + prefill_attention * prompt**2 / 2.0) / (n * peak) / reply,
            measured=float(row["value"]) / 1e3,
        )
        return None if np.isnan([terms.memory, terms.compute, terms.prefill, terms.allreduce]).any() else terms


def predict(constants: Array, rows: list[Terms]) -> Array:
    """Return the predicted TPOT of each row in seconds."""
    table = np.array([[r.memory, r.compute, r.layers, r.parallel, r.moe_layers, r.allreduce, r.prefill] for r in rows])
    memory, compute, layer, parallel, moe, link, prefill = constants
    streamed = np.maximum(table[:, 0] / memory, table[:, 1] / compute)
    fixed = table[:, 2] * layer + table[:, 3] * parallel + table[:, 4] * moe
    result: Array = streamed + fixed + table[:, 5] / link + table[:, 6] / prefill
    return result


def fit(rows: list[Terms]) -> Array:
    """Return the constants with the least mean absolute error of the logarithm."""
    measured = np.log([row.measured for row in rows])

    def loss(logs: Array) -> float:
        constants = np.exp(logs)
        constants[[0, 1, 5, 6]] = np.minimum(constants[[0, 1, 5, 6]], 1.0)
        return float(np.abs(np.log(predict(constants, rows)) - measured).mean())

    found = minimize(loss, np.log(START), method="Powell", options={"maxiter": 60, "xtol": 1e-4, "ftol": 1e-6})
    constants: Array = np.exp(found.x)
    constants[[0, 1, 5, 6]] = np.minimum(constants[[0, 1, 5, 6]], 1.0)
    return constants


def main() -> None:
    """Fit, leave one model out in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("measurements", type=Path)
    parser.add_argument("--engine", default="vllm", help="rows of this engine only; 'all' for every engine")
    arguments = parser.parse_args()
    table = Table(KnowledgeGraph.open())
    with arguments.measurements.open(encoding="utf-8", newline="") as stream:
        read = [row for row in csv.DictReader(stream) if arguments.engine in ("all", row["engine"].split(" ")[0])]
    rows = [terms for row in read if (terms := table.terms(row)) is not None]
    print(f"{len(rows)} TPOT rows of {len(read)} rows, engine {arguments.engine}")
    constants = fit(rows)
    models = sorted({row.model for row in rows})
    others = []
    print("left out | rows | median error % | p90 error %")
    for model in models:
        outside = fit([row for row in rows if row.model != model])
        others.append(outside)
        inside = [row for row in rows if row.model == model]
        error = 100.0 * np.abs(predict(outside, inside) / np.array([row.measured for row in inside]) - 1.0)
        print(f"{model} | {len(inside)} | {np.median(error):.1f} | {np.percentile(error, 90):.1f}")
    error = 100.0 * np.abs(predict(constants, rows) / np.array([row.measured for row in rows]) - 1.0)
    print(f"all in | {len(rows)} | {np.median(error):.1f} | {np.percentile(error, 90):.1f}")
    spread = np.array(others)
    for index, name in enumerate(NAMES):
        print(f"{name}: {constants[index]:.4g} ({spread[:, index].min():.4g} to {spread[:, index].max():.4g})")


if __name__ == "__main__":
    main()
