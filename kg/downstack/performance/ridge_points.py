r"""Where memory and arithmetic balance in each number format, and how many tokens a step needs to get there.

A narrower format multiplies faster out of the same memory, so its ridge point lies higher; narrower weights bring the
balance back to fewer tokens.

.. math::

    I^*_f = P_f / W \qquad T^* = I^*\, b_w / 2
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import ROOFLINE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_PER_WEIGHT = Constant(2.0, "FLOP/token", "one multiply and one add for each weight and token")
_DENSE = "dense rates: the rate with 2:4 sparsity on a datasheet is twice as high and is not it"


@performance_function(
    formula="peak_flops_fp8_dense / memory_bandwidth",
    citation=ROOFLINE,
    assumes=(_DENSE,),
    increasing=("peak_flops_fp8_dense",),
    decreasing=("memory_bandwidth",),
    examples=(
        Example(
            {"peak_flops_fp8_dense": 1979e12, "memory_bandwidth": 3.35e12},
            590.7,
            1e-4,
            "by hand from the H100 SXM datasheet: 1979 TFLOP/s over 3.35 TB/s",
        ),
    ),
)
def ridge_point_fp8(
    peak_flops_fp8_dense: Annotated[Array, "FLOP/s/chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "FLOP/byte"]:
    """Arithmetic intensity at which dense FP8 arithmetic and memory limit a chip equally."""
    return peak_flops_fp8_dense / memory_bandwidth


@performance_function(
    formula="peak_flops_fp4_dense / memory_bandwidth",
    citation=ROOFLINE,
    assumes=(_DENSE,),
    increasing=("peak_flops_fp4_dense",),
    decreasing=("memory_bandwidth",),
    examples=(
        Example(
            {"peak_flops_fp4_dense": 9000e12, "memory_bandwidth": 8e12},
            1125.0,
            1e-12,
            "by hand from the B200 datasheet: 9000 TFLOP/s over 8 TB/s",
        ),
    ),
)
def ridge_point_fp4(
    peak_flops_fp4_dense: Annotated[Array, "FLOP/s/chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "FLOP/byte"]:
    """Arithmetic intensity at which dense FP4 arithmetic and memory limit a chip equally."""
    return peak_flops_fp4_dense / memory_bandwidth


@performance_function(
    formula="peak_flops_int8_dense / memory_bandwidth",
    citation=ROOFLINE,
    assumes=(_DENSE,),
    increasing=("peak_flops_int8_dense",),
    decreasing=("memory_bandwidth",),
    examples=(
        Example(
            {"peak_flops_int8_dense": 92e12, "memory_bandwidth": 34e9},
            2.0 * 1353.0,
            1e-3,
            "Jouppi et al.: TPU v1, ISCA 2017, 1350 multiply-accumulates a byte: 92 TOP/s over 34 GB/s, halved",
        ),
    ),
)
def ridge_point_int8(
    peak_flops_int8_dense: Annotated[Array, "FLOP/s/chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "FLOP/byte"]:
    """Arithmetic intensity at which dense INT8 arithmetic and memory limit a chip equally."""
    return peak_flops_int8_dense / memory_bandwidth


@performance_function(
    formula="peak_flops_at_weight_precision * bytes_per_parameter / (per_weight * memory_bandwidth)",
    citation=SCALING_BOOK,
    constants={"per_weight": _PER_WEIGHT},
    assumes=("weights only: reading caches moves the balance to more tokens, or away altogether",),
    increasing=("peak_flops_at_weight_precision", "bytes_per_parameter"),
    decreasing=("memory_bandwidth",),
    examples=(
        Example(
            {"peak_flops_at_weight_precision": 1.97e14, "bytes_per_parameter": 2.0, "memory_bandwidth": 8.2e11},
            240.0,
            0.002,
            "How to Scale Your Model: TPU v5e, BF16, 240 tokens",
        ),
        Example(
            {"peak_flops_at_weight_precision": 1.97e14, "bytes_per_parameter": 1.0, "memory_bandwidth": 8.2e11},
            120.0,
            0.002,
            "How to Scale Your Model: TPU v5e, INT8 weights and BF16 arithmetic, 120 tokens",
        ),
    ),
)
def balanced_tokens_per_step(
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    bytes_per_parameter: Annotated[Array, "byte"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    *,
    per_weight: float,
) -> Annotated[Array, "token"]:
    """Tokens in a step from which multiplying the weights takes longer than reading them."""
    return peak_flops_at_weight_precision * bytes_per_parameter / (per_weight * memory_bandwidth)
