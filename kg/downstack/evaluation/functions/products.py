r"""How long a kernel on one chip takes: a matrix product, and an operation that only streams its data.

Reading and multiplying overlap, but not perfectly: near the ridge both are felt.

.. math::

    t = \sqrt{\left(\frac{2 g m n k}{\eta_c P}\right)^2
        + \left(\frac{g\,(b\,(m k + k n) + 2\,\mathrm{byte}\,m n)}{\eta_m w}\right)^2} + t_0 \qquad
    t_{stream} = \frac{Q}{\eta_s w} + t_s
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import ROOFLINE
from downstack.performance.declare import Array, Constant, Example, performance_function

_MULTIPLY_ADD = Constant(2.0, "FLOP", "a multiplication and an addition")
_RESULT = Constant(2.0, "byte", "the result is written in BF16 or FP16")
_ONE_CHIP = Constant(1.0, "chip", "a product runs on one chip")
_WORTH = {
    "product_count": 1.0,
    "product_rows": 4096.0,
    "product_columns": 4096.0,
    "product_depth": 4096.0,
    "bytes_per_parameter": 2.0,
    "peak_flops_at_weight_precision": 1e15,
    "memory_bandwidth": 3e12,
    "fitted_product_compute_share": 0.8,
    "fitted_product_memory_share": 0.8,
    "fitted_launch_time": 5e-6,
}


@performance_function(
    formula="sqrt((flops * g * m * n * k / (peak_flops_at_weight_precision * fitted_product_compute_share))^2"
    " + (g * (bytes_per_parameter * (m * k + k * n) + result_bytes * m * n) / (memory_bandwidth"
    " * fitted_product_memory_share))^2) + fitted_launch_time, g = product_count, m = product_rows,"
    " n = product_columns, k = product_depth",
    citation=ROOFLINE,
    constants={"flops": _MULTIPLY_ADD, "result_bytes": _RESULT, "one_chip": _ONE_CHIP},
    assumes=(
        "both factors have the same number format",
        "the library picks tiles that fill the chip: steps of tile and wave quantisation are not predicted",
    ),
    increasing=(
        "product_count",
        "product_rows",
        "product_columns",
        "product_depth",
        "bytes_per_parameter",
        "fitted_launch_time",
    ),
    decreasing=(
        "peak_flops_at_weight_precision",
        "memory_bandwidth",
        "fitted_product_compute_share",
        "fitted_product_memory_share",
    ),
    examples=(
        Example(
            _WORTH,
            float(np.hypot(2 * 4096.0**3 / 8e14, 6 * 4096.0**2 / 2.4e12)) + 5e-6,
            1e-12,
            "by hand: 0.172 ms of arithmetic, 0.042 ms of reading and writing",
        ),
        Example(
            {**_WORTH, "product_rows": 1.0},
            float(np.hypot(2 * 4096.0**2 / 8e14, (2 * (4096.0 + 4096.0**2) + 2 * 4096.0) / 2.4e12)) + 5e-6,
            1e-12,
            "by hand: one row, the weights are read for it alone",
        ),
    ),
    registry=CALIBRATED,
)
def matrix_product_time(
    product_count: Annotated[Array, "1"],
    product_rows: Annotated[Array, "1"],
    product_columns: Annotated[Array, "1"],
    product_depth: Annotated[Array, "1"],
    bytes_per_parameter: Annotated[Array, "byte"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_product_compute_share: Annotated[Array, "1"],
    fitted_product_memory_share: Annotated[Array, "1"],
    fitted_launch_time: Annotated[Array, "s"],
    *,
    flops: float,
    result_bytes: float,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of one dense matrix product, or of a group of equal ones, on one chip."""
    g, m, n, k = product_count, product_rows, product_columns, product_depth
    rate = peak_flops_at_weight_precision * one_chip * fitted_product_compute_share
    width = memory_bandwidth * one_chip * fitted_product_memory_share
    moved = g * (bytes_per_parameter * (m * k + k * n) + result_bytes * m * n)
    return np.hypot(flops * g * m * n * k / rate, moved / width) + fitted_launch_time


@performance_function(
    formula="flops * product_count * product_rows * product_columns * product_depth / matrix_product_time",
    citation=ROOFLINE,
    constants={"flops": _MULTIPLY_ADD},
    decreasing=("matrix_product_time",),
    examples=(
        Example(
            {
                "product_count": 1.0,
                "product_rows": 1000.0,
                "product_columns": 1000.0,
                "product_depth": 1000.0,
                "matrix_product_time": 1e-5,
            },
            2e14,
            1e-12,
            "by hand: 2 GFLOP in 10 us",
        ),
    ),
    registry=CALIBRATED,
)
def matrix_product_rate(
    product_count: Annotated[Array, "1"],
    product_rows: Annotated[Array, "1"],
    product_columns: Annotated[Array, "1"],
    product_depth: Annotated[Array, "1"],
    matrix_product_time: Annotated[Array, "s"],
    *,
    flops: float,
) -> Annotated[Array, "FLOP/s"]:
    """Arithmetic of a matrix product over its time."""
    return flops * product_count * product_rows * product_columns * product_depth / matrix_product_time


@performance_function(
    formula="streamed_bytes / (memory_bandwidth * one_chip * fitted_stream_share) + fitted_stream_launch_time",
    citation=ROOFLINE,
    constants={"one_chip": _ONE_CHIP},
    assumes=("every element is read once and written once",),
    increasing=("streamed_bytes", "fitted_stream_launch_time"),
    decreasing=("memory_bandwidth", "fitted_stream_share"),
    examples=(
        Example(
            {
                "streamed_bytes": 1e9,
                "memory_bandwidth": 2e12,
                "fitted_stream_share": 0.5,
                "fitted_stream_launch_time": 1e-5,
            },
            1.01e-3,
            1e-12,
            "by hand: 1 GB at 1 TB/s, and 10 us",
        ),
    ),
    registry=CALIBRATED,
)
def stream_kernel_time(
    streamed_bytes: Annotated[Array, "byte"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_stream_share: Annotated[Array, "1"],
    fitted_stream_launch_time: Annotated[Array, "s"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of a kernel that reads and writes without much arithmetic: softmax, normalisation, activation."""
    return streamed_bytes / (memory_bandwidth * one_chip * fitted_stream_share) + fitted_stream_launch_time


@performance_function(
    formula="peak_flops_at_weight_precision * one_chip * fitted_product_compute_share",
    citation=ROOFLINE,
    constants={"one_chip": _ONE_CHIP},
    assumes=("a product so large that reading and starting do not count",),
    increasing=("peak_flops_at_weight_precision", "fitted_product_compute_share"),
    examples=(
        Example({"peak_flops_at_weight_precision": 1e15, "fitted_product_compute_share": 0.8}, 8e14, 1e-12, "by hand"),
    ),
    registry=CALIBRATED,
)
def best_product_rate(
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    fitted_product_compute_share: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "FLOP/s"]:
    """Arithmetic in a second of large matrix products."""
    return peak_flops_at_weight_precision * one_chip * fitted_product_compute_share
