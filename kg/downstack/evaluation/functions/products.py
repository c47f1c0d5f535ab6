r"""How long a matrix product takes: reading, multiplying, starting.

.. math::

    t = \max\left(\frac{2 m n k}{\eta_c P}, \frac{b (m k + k n) + 2\,\mathrm{byte}\, m n}{\eta_m w}\right) + t_0
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


@performance_function(
    formula="max(flops * m * n * k / (peak_flops_at_weight_precision * fitted_product_compute_share),"
    " (bytes_per_parameter * (m * k + k * n) + result_bytes * m * n) / (memory_bandwidth"
    " * fitted_product_memory_share)) + fitted_launch_time",
    citation=ROOFLINE,
    constants={"flops": _MULTIPLY_ADD, "result_bytes": _RESULT, "one_chip": _ONE_CHIP},
    assumes=("both factors have the same number format", "tiles fill the chip: small products are slower"),
    increasing=("product_rows", "product_columns", "product_depth", "bytes_per_parameter", "fitted_launch_time"),
    decreasing=(
        "peak_flops_at_weight_precision",
        "memory_bandwidth",
        "fitted_product_compute_share",
        "fitted_product_memory_share",
    ),
    examples=(
        Example(
            {
                "product_rows": 4096.0,
                "product_columns": 4096.0,
                "product_depth": 4096.0,
                "bytes_per_parameter": 2.0,
                "peak_flops_at_weight_precision": 1e15,
                "memory_bandwidth": 3e12,
                "fitted_product_compute_share": 0.8,
                "fitted_product_memory_share": 0.8,
                "fitted_launch_time": 5e-6,
            },
            2 * 4096.0**3 / 8e14 + 5e-6,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def matrix_product_time(
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
    """Seconds of one dense matrix product on one chip."""
    m, n, k = product_rows, product_columns, product_depth
    rate = peak_flops_at_weight_precision * one_chip * fitted_product_compute_share
    width = memory_bandwidth * one_chip * fitted_product_memory_share
    moved = bytes_per_parameter * (m * k + k * n) + result_bytes * m * n
    return np.maximum(flops * m * n * k / rate, moved / width) + fitted_launch_time
