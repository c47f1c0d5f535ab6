"""Operations on one chip that a row names: matrix products, streaming kernels, and the parts of a layer."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.kinds.asked import BYTES, Asked, answered, numbers, widths
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

_PRODUCT = re.compile(r"\bGEMM\b.*?(?:\bgroups=(\d+) )?\bm(?:/group)?=(\d+) n=(\d+) k=(\d+)$", re.IGNORECASE)
_STREAM = re.compile(r"^(softmax|layer_?norm|rms_?norm|gelu|silu|relu|add|copy) \[([\d, x]+)\]$", re.IGNORECASE)
_COUNT = re.compile(r"\d+")
_PEAK = re.compile(r"^practical_peak_(bf16|fp16|fp8)$")
_ONE_DEVICE = re.compile(r"^JAX", re.IGNORECASE)
_ELEMENT = 2.0
_TERA = 1e12
_READ_AND_WRITTEN = 2.0
_NORMS = ("layernorm", "layer_norm", "rmsnorm", "rms_norm")
_CLASSES = ("nvidia-16", "nvidia-8", "nvidia-4", "amd-16", "amd-8", "amd-4", "intel", "google", "all")
METRICS = {"op_latency": ("time", 1e-3), "achieved_tflops": ("rate", 1e12)}
"""Metric of an operation: what it counts, and the base units in one unit of it."""


def is_product(row: Row) -> bool:
    """Return whether the row is about a matrix product of given size."""
    return row.kind == "op_latency" and row.metric in METRICS and _PRODUCT.search(row.model) is not None


def is_stream(row: Row) -> bool:
    """Return whether the row is about a kernel that streams a matrix of given size."""
    return row.kind == "op_latency" and row.metric == "op_latency" and _STREAM.match(row.model) is not None


class Products:
    """Dense matrix products, alone or in groups of equal ones."""

    name = "matrix products"
    stages = (
        Stage(
            "matrix products",
            (
                *((key, "fitted_product_compute_share") for key in _CLASSES),
                ("all", "fitted_product_memory_share"),
                ("all", "fitted_launch_time"),
            ),
            (*[0.75] * len(_CLASSES), 0.8, 5e-6),
            is_product,
            (*[0.3] * len(_CLASSES), 0.2, 1.0),
        ),
    )

    def claims(self, row: Row) -> bool:
        """Return whether the row is about a matrix product of given size."""
        return is_product(row)

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the time or the rate of each product."""
        asked = Asked(rows, setting, [None] * len(rows))
        shapes = [_PRODUCT.search(row.model) for row in rows]
        group, m, n, k = (numbers([float(s.group(i) or 1) if s else np.nan for s in shapes]) for i in (1, 2, 3, 4))
        time, rate = products(asked, group, m, n, k)
        found = []
        for place, row in enumerate(rows):
            what, unit = METRICS[row.metric]
            value = (time if what == "time" else rate)[place] / unit
            function = "matrix_product_time" if what == "time" else "matrix_product_rate"
            found.append(
                asked.refused(place, False) or answered(value, function, "the peak rate of this number format")
            )
        return found


def devices(asked: Asked) -> Array:
    """Return the share of a chip that a framework drives as one device.

    JAX counts each core of the two-core chip that has no joint mode as a device; other chips are one device.
    """
    cores = asked.facts["core_count"]
    split = [
        bool(_ONE_DEVICE.match(row.engine)) and slug == "google-tpu-v7"
        for row, slug in zip(asked.rows, asked.chips, strict=True)
    ]
    return np.where(numbers(split) > 0, 1.0 / np.where(np.isnan(cores), 2.0, cores), 1.0)


def products(asked: Asked, group: Array, m: Array, n: Array, k: Array) -> tuple[Array, Array]:
    """Return seconds and FLOP/s of products on the chips of the rows."""
    width = widths(asked.rows)
    share = devices(asked)
    columns = asked.columns(
        {
            "product_count": group,
            "product_rows": m,
            "product_columns": n,
            "product_depth": k,
            "bytes_per_parameter": width,
            "peak_flops_at_weight_precision": asked.peak(width) * share,
            "memory_bandwidth": asked.facts["memory_bandwidth"] * share,
            "fitted_product_compute_share": asked.constant("fitted_product_compute_share", asked.chip_classes),
            "fitted_product_memory_share": asked.constant("fitted_product_memory_share"),
            "fitted_launch_time": asked.constant("fitted_launch_time"),
        }
    )
    return columns["matrix_product_time"], columns["matrix_product_rate"]


def streams(asked: Asked, operations: Sequence[str], elements: Array) -> Array:
    """Return seconds of kernels that read and write each element once."""
    keys = ["norm" if item.lower() in _NORMS else "pointwise" for item in operations]
    columns = asked.columns(
        {
            "streamed_bytes": elements * _ELEMENT * _READ_AND_WRITTEN,
            "fitted_stream_share": asked.constant("fitted_stream_share"),
            "fitted_stream_launch_time": asked.constant("fitted_stream_launch_time", keys),
        }
    )
    return columns["stream_kernel_time"]


class Streams:
    """Kernels that stream a matrix: softmax, normalisation, activation."""

    name = "streaming kernels"
    stages = (
        Stage(
            "streaming kernels",
            (
                ("all", "fitted_stream_share"),
                ("norm", "fitted_stream_launch_time"),
                ("pointwise", "fitted_stream_launch_time"),
            ),
            (0.6, 5e-5, 1.6e-5),
            is_stream,
        ),
    )

    def claims(self, row: Row) -> bool:
        """Return whether the row is about a kernel that streams a matrix of given size."""
        return is_stream(row)

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the time of each kernel."""
        asked = Asked(rows, setting, [None] * len(rows))
        shapes = [_STREAM.match(row.model) for row in rows]
        elements = numbers(
            [float(np.prod([float(n) for n in _COUNT.findall(s.group(2))])) if s else np.nan for s in shapes]
        )
        times = streams(asked, [s.group(1) if s else "" for s in shapes], elements)
        return [
            asked.refused(place, False) or answered(times[place] / 1e-3, "stream_kernel_time", "the memory bandwidth")
            for place in range(len(rows))
        ]


class PracticalPeaks:
    """The highest rate of matrix products that a chip sustains."""

    name = "practical peaks"
    stages: tuple[Stage, ...] = ()

    def claims(self, row: Row) -> bool:
        """Return whether the row is about the highest sustained rate of a chip."""
        return _PEAK.match(row.metric) is not None

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the sustained peak of each chip."""
        asked = Asked(rows, setting, [None] * len(rows))
        formats = [_PEAK.match(row.metric) for row in rows]
        width = numbers([BYTES[item.group(1)] if item else np.nan for item in formats])
        columns = asked.columns(
            {
                "peak_flops_at_weight_precision": asked.peak(width),
                "fitted_product_compute_share": asked.constant("fitted_product_compute_share", asked.chip_classes),
            }
        )
        values = columns["best_product_rate"] / _TERA
        lacking = "the peak rate of this number format"
        return [
            asked.refused(place, False) or answered(values[place], "best_product_rate", lacking)
            for place in range(len(rows))
        ]
