"""Predict rows of measurements: what each is about, which function answers, and how far it can be trusted.

Nothing here sees a measured value. All rows are computed at once; a row that no function covers says why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from downstack.engine.engine import Engine
from downstack.evaluation.columns import Columns, place
from downstack.evaluation.names import find
from downstack.evaluation.rows import Row
from downstack.graph.names import NameIndex
from downstack.performance.declare import Array
from downstack.results.evaluation import Prediction

BYTES = {"fp8": 1.0, "int8": 1.0, "mxfp8": 1.0, "fp4": 0.5625, "nvfp4": 0.5625, "mxfp4": 0.53125, "uint4": 0.5625,
         "bf16": 2.0, "fp16": 2.0}  # fmt: skip
"""Bytes of a weight by number format, scales of blocks included (NVFP4: 4 bit and 8 bit for 16; MXFP4: for 32)."""
_PRODUCT = re.compile(r"(?:^|\s)GEMM m=(\d+) n=(\d+) k=(\d+)$")
_ALLREDUCE = re.compile(r"^all_reduce (\d+) B")
_MILLI = 1e-3
LATENCY = {
    "tpot": ("loaded_time_per_output_token", _MILLI),
    "time_per_output_token": ("loaded_time_per_output_token", _MILLI),
    "time_per_output_token_median": ("loaded_time_per_output_token", _MILLI),
    "inter_token_latency_median": ("loaded_time_per_output_token", _MILLI),
    "output_tokens_per_s_per_user": ("loaded_time_per_output_token", 1.0),
    "ttft": ("loaded_time_to_first_token", _MILLI),
    "time_to_first_token": ("loaded_time_to_first_token", _MILLI),
    "time_to_first_token_median": ("loaded_time_to_first_token", _MILLI),
    "output_throughput_total": ("loaded_output_throughput", 1.0),
    "output_throughput_per_chip": ("loaded_output_throughput", 1.0),
    "gpu_energy_per_output_token": ("accelerator_energy_per_output_token", 1.0),
    "training_tokens_per_s_per_chip": ("training_tokens_per_second_per_chip", 1.0),
    "training_tokens_per_s_total": ("training_tokens_per_second_per_chip", 1.0),
    "iteration_time": ("training_tokens_per_second_per_chip", 1.0),
    "mfu": ("fitted_model_flops_utilization", 0.01),
    "model_tflops_per_chip": ("training_flops_per_second", 1e12),
    "busbw": ("allreduce_bus_bandwidth", 1e9),
    "collective_latency": ("loaded_allreduce_time", _MILLI),
    "op_latency": ("matrix_product_time", _MILLI),
    "achieved_tflops": ("matrix_product_time", 1.0),
}
"""Metric to the quantity that answers it, and the base units in one unit of the metric."""
Constants = Mapping[tuple[str, str], float]
"""Calibration and name to fitted constant."""


def group_of(row: Row) -> str:
    """Return the calibration whose constants a row takes."""
    if row.kind == "serving_throughput":
        return "in-flight" if np.isnan(row.batch_or_concurrency) else "static"
    return "static" if row.kind in ("ttft", "tpot") and row.metric.startswith("time_") else "serving"


def engine_of(row: Row) -> str:
    """Return the family of the engine, as the calibration names it."""
    name = row.engine.lower()
    if name.startswith(("trtllm", "tensorrt-llm")):
        return "tensorrt-llm"
    return next((item for item in ("vllm", "sglang") if name.startswith(item)), "other")


class Predictor:
    """Predicts rows against one graph version with given constants."""

    def __init__(self, engine: Engine, names: NameIndex, constants: Constants) -> None:
        self._engine, self._names, self._constants = engine, names, constants

    def columns(self, rows: Sequence[Row], slugs: Sequence[str | None], chips: Sequence[str | None]) -> Columns:
        """Arrange what the rows give as quantities, constants included."""
        base = Columns(self._engine, place(self._engine, slugs, chips), {})

        def of(values: Sequence[float]) -> Array:
            return np.array(values, dtype=np.float64)

        width = of([BYTES.get(row.precision_weights, np.nan) for row in rows])
        mixed = (
            of(
                [
                    row.precision_weights == "mxfp4" or slug in ("gpt-oss-120b", "gpt-oss-20b")
                    for row, slug in zip(rows, slugs, strict=True)
                ]
            )
            > 0
        )
        own, expert = base["bytes_per_parameter"], base["bytes_per_expert_parameter"]
        dense = np.where(np.isnan(width) | mixed, own, width)
        routed = np.where(np.isnan(width) | mixed, expert, width)
        chips_n = of([row.n_chips for row in rows])
        parallel = of([row.tensor_parallel for row in rows])
        parallel = np.where(np.isnan(parallel), chips_n, np.minimum(parallel, chips_n))
        prompt = np.nan_to_num(of([row.isl for row in rows]), nan=0.0)
        given: dict[str, Array] = {
            "input_tokens": prompt,
            "output_tokens": np.nan_to_num(of([row.osl for row in rows]), nan=1.0),
            "bytes_per_parameter": dense,
            "bytes_per_expert_parameter": routed,
            "prefix_cache_hit_rate": np.zeros(len(rows)),
            "accelerators_per_instance": chips_n,
            "scaleup_bandwidth_per_direction": base["scaleup_bandwidth_per_direction"],
        }
        first = Columns(self._engine, place(self._engine, slugs, chips), given)
        narrow = np.where(base.has_class("MixtureOfExpertsModel"), routed, dense)
        given["peak_flops_at_weight_precision"] = _peak(
            base, np.where(np.isnan(width) & np.isnan(narrow), 2.0, np.where(np.isnan(narrow), width, narrow))
        )
        heads = np.nan_to_num(base["key_value_heads"], nan=1.0)
        copies = np.where(base.has_class("LatentAttentionModel"), parallel, np.maximum(1.0, parallel / heads))
        half = (
            of(
                [
                    row.precision_kv in ("fp8", "int8")
                    or (not row.precision_kv and width_ <= 1.0 and engine_of(row) == "tensorrt-llm")
                    for row, width_ in zip(rows, width, strict=True)
                ]
            )
            > 0
        )
        scale = copies * np.where(half, 0.5, 1.0)
        given["mean_kv_cache_bytes_per_sequence"] = first["mean_kv_cache_bytes_per_sequence"] * scale
        given["kv_cache_bytes_per_sequence"] = first["kv_cache_bytes_per_sequence"] * scale
        free = (
            chips_n
            * (
                base["memory_capacity"] * self._constants["serving", "usable_memory"]
                - self._constants["serving", "reserved_memory"]
            )
            - first["weight_bytes"]
        )
        capacity = free / (0.5 * (given["mean_kv_cache_bytes_per_sequence"] + given["kv_cache_bytes_per_sequence"]))
        given["capacity"] = capacity
        asked = of([row.batch_or_concurrency for row in rows])
        limit = self._constants["in-flight", "max_batch"] * np.where(parallel < chips_n, chips_n, 1.0)
        fixed = of([group_of(row) == "static" for row in rows]) > 0
        batch = np.where(
            np.isnan(asked),
            np.minimum(capacity, limit),
            np.where(fixed, asked, np.minimum(asked, np.maximum(capacity, 1.0))),
        )
        given["concurrent_sequences"] = batch
        given["waiting_sequences"] = np.nan_to_num(asked - batch, nan=0.0)
        given |= self.fitted(rows)
        sizes = [_ALLREDUCE.match(row.model) for row in rows]
        given["message_bytes"] = of([float(size.group(1)) if size else np.nan for size in sizes])
        shapes = [_PRODUCT.search(row.model) for row in rows]
        for place_, name in enumerate(("product_rows", "product_columns", "product_depth"), start=1):
            given[name] = of([float(shape.group(place_)) if shape else np.nan for shape in shapes])
        product = of([shape is not None for shape in shapes]) > 0
        given["bytes_per_parameter"] = np.where(product, width, dense)
        given["peak_flops_at_weight_precision"] = np.where(
            product, _peak(base, width), given["peak_flops_at_weight_precision"]
        )
        return Columns(self._engine, place(self._engine, slugs, chips), given)

    def fitted(self, rows: Sequence[Row]) -> dict[str, Array]:
        """Return the fitted constants of every row by name."""
        names = {name for _, name in self._constants if name.startswith("fitted_")}
        held: dict[str, Array] = {}
        for name in names:
            values = []
            for row in rows:
                keys = [group_of(row), "serving", "all"]
                if name == "fitted_first_token_factor":
                    keys = ["static"] if group_of(row) == "static" else [f"serving-{engine_of(row)}"]
                elif name == "fitted_model_flops_utilization":
                    keys = ["training-narrow" if BYTES.get(row.precision_weights, 2.0) <= 1.0 else "training-wide"]
                elif name == "fitted_bus_share":
                    ring = row.n_chips != 8 or "A100" in row.hardware or "Ring" in row.engine or "off" in row.model
                    keys = ["ring" if ring else "in-switch"]
                values.append(
                    next((self._constants[key, name] for key in keys if (key, name) in self._constants), np.nan)
                )
            held[name] = np.array(values)
        return held

    def resolve(self, rows: Sequence[Row]) -> tuple[list[str | None], list[str | None]]:
        """Return the slugs of models and accelerators; None for an unknown name."""
        models = {name: find(self._names, name, "FoundationModel") for name in {row.model for row in rows}}
        chips = {name: find(self._names, name, "Accelerator") for name in {row.hardware for row in rows}}
        return [models[row.model] for row in rows], [chips[row.hardware] for row in rows]

    def central(self, rows: Sequence[Row]) -> tuple[Array, Columns, list[str | None], list[str | None]]:
        """Return the predictions in the units of the rows, NaN where there is none, and what they rest on."""
        models, chips = self.resolve(rows)
        columns = self.columns(rows, models, chips)
        return answer(rows, columns), columns, models, chips

    def predict(self, rows: Sequence[Row]) -> tuple[Prediction, ...]:
        """Predict every row."""
        if not rows:
            return ()
        values, columns, models, chips = self.central(rows)
        capacity, batch = columns["capacity"], columns["concurrent_sequences"]
        found = []
        for place_, row in enumerate(rows):
            status, reason = self._status(
                row, models[place_], chips[place_], values[place_], capacity[place_], batch[place_]
            )
            value = float(values[place_]) if status in ("OK", "EXTRAPOLATED") else None
            low, high = self._band(row)
            found.append(
                Prediction(
                    row.id,
                    value,
                    value and value * low,
                    value and value * high,
                    row.unit,
                    status,
                    LATENCY[row.metric][0] if row.metric in LATENCY else "",
                    reason,
                )
            )
        return tuple(found)

    def _band(self, row: Row) -> tuple[float, float]:
        held = self._constants
        key = next(
            key
            for key in (f"band-{row.kind}-{group_of(row)}", f"band-{row.kind}", "band")
            if (key, "ratio_p10") in held
        )
        return held[key, "ratio_p10"], held[key, "ratio_p90"]

    def _status(
        self, row: Row, model: str | None, chip: str | None, value: float, capacity: float, batch: float
    ) -> tuple[str, str]:
        operation = _ALLREDUCE.match(row.model) is not None or _PRODUCT.search(row.model) is not None
        if row.metric not in LATENCY or row.kind in ("other", "yield", "attention_io", "cost"):
            return "UNSUPPORTED", f"no function predicts {row.metric} of kind {row.kind}"
        if row.kind in ("op_latency", "allreduce_busbw") and not operation:
            return "UNSUPPORTED", "only dense matrix products and all-reduces are predicted by name"
        if not operation and model is None:
            return "UNKNOWN_MODEL", f"no model has the name {row.model!r}"
        if chip is None:
            return "UNKNOWN_HARDWARE", f"no accelerator has the name {row.hardware!r}"
        serving = row.kind in ("tpot", "ttft", "serving_throughput", "energy")
        if serving and capacity <= 0.0:
            return "INFEASIBLE", "the weights do not fit into the memory of the accelerators"
        if not np.isfinite(value):
            return (
                "UNSUPPORTED",
                "the row or the graph lacks an input: batch, lengths, chips, or facts of model or chip",
            )
        if serving and np.isnan(row.isl):
            return "EXTRAPOLATED", "the prompt length is not given and taken as zero"
        if serving and batch > capacity:
            return "EXTRAPOLATED", "the batch is larger than the caches that should fit"
        if (
            serving
            and model is not None
            and "LatentAttentionModel" not in self._engine.knowledge.entities[model].classes
            and row.n_chips > 8
        ):
            return "EXTRAPOLATED", "more than eight chips: exchange between nodes is not modelled"
        return "OK", ""


def answer(rows: Sequence[Row], columns: Columns) -> Array:
    """Return what the functions give for each row, in the unit of the row; NaN where there is none."""
    values: Array = np.full(len(rows), np.nan)
    for metric in {row.metric for row in rows} & set(LATENCY):
        index = np.array([place_ for place_, row in enumerate(rows) if row.metric == metric])
        quantity, unit = LATENCY[metric]
        values[index] = _in_unit(metric, columns, quantity, unit)[index]
    values[~np.isfinite(values) | (values <= 0.0)] = np.nan
    return values


def _peak(base: Columns, width: Array) -> Array:
    wide, fp8, fp4 = base["peak_flops_bf16_dense"], base["peak_flops_fp8_dense"], base["peak_flops_fp4_dense"]
    rate = np.where((width <= 1.0) & ~np.isnan(fp8), fp8, wide)
    return np.where((width <= 0.6) & ~np.isnan(fp4), fp4, rate)


def _in_unit(metric: str, columns: Columns, quantity: str, unit: float) -> Array:
    value = columns[quantity]
    chips = columns["accelerators_per_instance"]
    if metric == "output_tokens_per_s_per_user":
        return 1.0 / value
    if metric == "output_throughput_per_chip":
        return value / chips
    if metric == "training_tokens_per_s_total":
        return value * chips
    if metric == "iteration_time":
        return columns["concurrent_sequences"] * columns["input_tokens"] / (value * chips)
    if metric == "achieved_tflops":
        m, n, k = columns["product_rows"], columns["product_columns"], columns["product_depth"]
        return 2.0 * m * n * k / value / 1e12
    return value / unit
