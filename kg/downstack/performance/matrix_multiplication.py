r"""One matrix multiplication on one chip: the first feed-forward matrix on a prompt.

`M` tokens of a prompt meet a matrix of `K` inputs and `N` outputs. The chip reads all three matrices once while it
multiplies, and the slower of the two decides.

.. math::

    F = 2 M N K \qquad Q = b_a (M K + M N) + b_w N K \qquad t = \max(F / P,\; Q / W)
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt

from downstack.performance.citations import ROOFLINE, TENSOR_PARALLEL
from downstack.performance.declare import Array, Constant, Example, Regimes, performance_function

_TOKEN = Constant(1.0, "token/sequence", "a row of the left matrix is one token of the prompt")
_CHIP = Constant(1.0, "chip", "the multiplication on one chip")
_MULTIPLY_ADD = Constant(2.0, "FLOP", "one multiply and one add")
_ACTIVATION = Constant(2.0, "byte", "activations in BF16")


def _slower(
    gemm_flops: Array,
    gemm_bytes: Array,
    peak_flops_at_weight_precision: Array,
    memory_bandwidth: Array,
    one_chip: float,
) -> npt.NDArray[np.int64]:
    del one_chip
    return np.where(gemm_flops / peak_flops_at_weight_precision > gemm_bytes / memory_bandwidth, 1, 0)


@performance_function(
    formula="input_tokens / one_token",
    citation=TENSOR_PARALLEL,
    constants={"one_token": _TOKEN},
    assumes=("the whole prompt is computed, at once",),
    increasing=("input_tokens",),
    examples=(Example({"input_tokens": 4096.0}, 4096.0, 1e-12, "a row for each token"),),
)
def gemm_rows(input_tokens: Annotated[Array, "token/sequence"], *, one_token: float) -> Annotated[Array, "1"]:
    """Rows `M` of the output: the tokens of one prompt."""
    return input_tokens / one_token


@performance_function(
    formula="intermediate_size * one_chip / tensor_parallel",
    citation=TENSOR_PARALLEL,
    constants={"one_chip": _CHIP},
    assumes=("the first feed-forward matrix is split by its columns between tensor-parallel chips",),
    increasing=("intermediate_size",),
    decreasing=("tensor_parallel",),
    examples=(
        Example({"intermediate_size": 28672.0, "tensor_parallel": 8.0}, 3584.0, 1e-12, "Llama-3.1-70B on 8 chips"),
    ),
    applies_to={"model": "DenseModel"},
)
def gemm_columns(
    intermediate_size: Annotated[Array, "1"], tensor_parallel: Annotated[Array, "chip"], *, one_chip: float
) -> Annotated[Array, "1"]:
    """Columns `N` of the output on one chip: its part of the first feed-forward matrix."""
    return intermediate_size * one_chip / tensor_parallel


@performance_function(
    formula="hidden_size",
    citation=TENSOR_PARALLEL,
    increasing=("hidden_size",),
    examples=(Example({"hidden_size": 8192.0}, 8192.0, 1e-12, "Llama-3.1-70B config.json"),),
)
def gemm_depth(hidden_size: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Length `K` of the sums: the inputs of the first feed-forward matrix."""
    return +hidden_size


@performance_function(
    formula="multiply_add * gemm_rows * gemm_columns * gemm_depth",
    citation=ROOFLINE,
    constants={"multiply_add": _MULTIPLY_ADD},
    increasing=("gemm_rows", "gemm_columns", "gemm_depth"),
    examples=(
        Example({"gemm_rows": 512.0, "gemm_columns": 512.0, "gemm_depth": 1024.0}, 536870912.0, 1e-12, "by hand"),
    ),
)
def gemm_flops(
    gemm_rows: Annotated[Array, "1"],
    gemm_columns: Annotated[Array, "1"],
    gemm_depth: Annotated[Array, "1"],
    *,
    multiply_add: float,
) -> Annotated[Array, "FLOP"]:
    """Arithmetic of the multiplication."""
    return multiply_add * gemm_rows * gemm_columns * gemm_depth


@performance_function(
    formula="activation * (gemm_rows * gemm_depth + gemm_rows * gemm_columns)"
    " + bytes_per_parameter * gemm_columns * gemm_depth",
    citation=ROOFLINE,
    constants={"activation": _ACTIVATION},
    assumes=("each matrix passes the memory once: the cache holds what is used again",),
    increasing=("gemm_rows", "gemm_columns", "gemm_depth", "bytes_per_parameter"),
    examples=(
        Example(
            {"gemm_rows": 1.0, "gemm_columns": 8.0, "gemm_depth": 4.0, "bytes_per_parameter": 1.0},
            56.0,
            1e-12,
            "by hand: 2 * (4 + 8) + 32",
        ),
    ),
)
def gemm_bytes(
    gemm_rows: Annotated[Array, "1"],
    gemm_columns: Annotated[Array, "1"],
    gemm_depth: Annotated[Array, "1"],
    bytes_per_parameter: Annotated[Array, "byte"],
    *,
    activation: float,
) -> Annotated[Array, "byte"]:
    """Bytes that the multiplication reads and writes."""
    return activation * gemm_rows * (gemm_depth + gemm_columns) + bytes_per_parameter * gemm_columns * gemm_depth


@performance_function(
    formula="max(gemm_flops / (peak_flops_at_weight_precision * one_chip), gemm_bytes / (memory_bandwidth * one_chip))",
    citation=ROOFLINE,
    constants={"one_chip": _CHIP},
    regimes=Regimes(("memory bandwidth", "compute"), _slower),
    assumes=("a lower bound: peak rates, full overlap, no launch time, no half-filled tiles",),
    increasing=("gemm_flops", "gemm_bytes"),
    decreasing=("peak_flops_at_weight_precision", "memory_bandwidth"),
    examples=(
        Example(
            {
                "gemm_flops": 2e12,
                "gemm_bytes": 1e9,
                "peak_flops_at_weight_precision": 1e15,
                "memory_bandwidth": 1e12,
            },
            2e-3,
            1e-12,
            "by hand: 2 ms of arithmetic, 1 ms of reading",
        ),
        Example(
            {
                "gemm_flops": 2e11,
                "gemm_bytes": 1e9,
                "peak_flops_at_weight_precision": 1e15,
                "memory_bandwidth": 1e12,
            },
            1e-3,
            1e-12,
            "by hand: 0.2 ms of arithmetic, 1 ms of reading",
        ),
    ),
)
def gemm_time(
    gemm_flops: Annotated[Array, "FLOP"],
    gemm_bytes: Annotated[Array, "byte"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds that one chip takes at least for the multiplication."""
    return np.maximum(gemm_flops / peak_flops_at_weight_precision, gemm_bytes / memory_bandwidth) / one_chip
