r"""How fast a chip multiplies in the number format that a deployment states.

.. math::

    P = P_{FP4}, P_{INT8}, P_{FP8} \text{ or } P_{BF16} \quad\text{for 4 bit, 8-bit integers, 8 bit, more}

A rate that the chip's maker does not publish is not replaced by that of another format.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import ROOFLINE
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_BYTE = Constant(1.0, "byte", "FP8 (E4M3 or E5M2) and INT8 have 8 bit")
_HALF_BYTE = Constant(0.5, "byte", "FP4 (E2M1) has 4 bit, block scales aside")
_INTEGER = Constant(1.0, "1", "a flag: integers are multiplied, not floating-point numbers")
_B200 = {
    "peak_flops_bf16_dense": 2250e12,
    "peak_flops_fp8_dense": 4500e12,
    "peak_flops_fp4_dense": 9000e12,
    "peak_flops_int8_dense": 4500e12,
}
_A100 = {
    "peak_flops_bf16_dense": 312e12,
    "peak_flops_fp8_dense": float("nan"),
    "peak_flops_fp4_dense": float("nan"),
    "peak_flops_int8_dense": 624e12,
}


def _chosen(
    matmul_operand_bytes: Array,
    integer_operands: Array,
    peak_flops_bf16_dense: Array,
    peak_flops_fp8_dense: Array,
    peak_flops_fp4_dense: Array,
    peak_flops_int8_dense: Array,
    one_byte: float,
    half_byte: float,
    integer: float,
) -> Array:
    eight = np.where(integer_operands >= integer, peak_flops_int8_dense, peak_flops_fp8_dense)
    rate = np.where(matmul_operand_bytes <= one_byte, eight, peak_flops_bf16_dense)
    rate = np.where(matmul_operand_bytes <= half_byte, peak_flops_fp4_dense, rate)
    return np.where(np.isnan(matmul_operand_bytes), np.nan, rate)


def _is_published(**inputs: Any) -> Any:
    return ~np.isnan(_chosen(**inputs))


@performance_function(
    formula="peak_flops_fp4_dense if matmul_operand_bytes <= half_byte; peak_flops_int8_dense, with integer_operands, or"
    " peak_flops_fp8_dense if matmul_operand_bytes <= one_byte; else peak_flops_bf16_dense",
    citation=ROOFLINE,
    constants={"one_byte": _ONE_BYTE, "half_byte": _HALF_BYTE, "integer": _INTEGER},
    feasible=_is_published,
    infeasible_reason="the accelerator has no published dense peak rate in the number format",
    assumes=("weights and activations are multiplied in the same format",),
    optional=(
        "integer_operands",
        "peak_flops_bf16_dense",
        "peak_flops_fp8_dense",
        "peak_flops_fp4_dense",
        "peak_flops_int8_dense",
    ),
    examples=(
        Example(
            {"matmul_operand_bytes": 0.5, "integer_operands": float("nan"), **_B200},
            9000e12,
            1e-12,
            "B200 datasheet, dense: FP4 9000 TFLOP/s",
        ),
        Example(
            {"matmul_operand_bytes": 1.0, "integer_operands": float("nan"), **_B200},
            4500e12,
            1e-12,
            "B200 datasheet, dense: FP8 4500 TFLOP/s",
        ),
        Example(
            {"matmul_operand_bytes": 2.0, "integer_operands": float("nan"), **_B200},
            2250e12,
            1e-12,
            "B200 datasheet, dense: BF16 2250 TFLOP/s",
        ),
        Example(
            {"matmul_operand_bytes": 1.0, "integer_operands": 1.0, **_A100},
            624e12,
            1e-12,
            "A100 datasheet, dense: INT8 624 TOP/s",
        ),
    ),
)
def peak_flops_at_stated_format(
    matmul_operand_bytes: Annotated[Array, "byte"],
    integer_operands: Annotated[Array, "1"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
    peak_flops_fp8_dense: Annotated[Array, "FLOP/s/chip"],
    peak_flops_fp4_dense: Annotated[Array, "FLOP/s/chip"],
    peak_flops_int8_dense: Annotated[Array, "FLOP/s/chip"],
    *,
    one_byte: float,
    half_byte: float,
    integer: float,
) -> Annotated[Array, "FLOP/s/chip"]:
    """Dense peak rate of the number format in which a deployment multiplies."""
    return _chosen(
        matmul_operand_bytes,
        integer_operands,
        peak_flops_bf16_dense,
        peak_flops_fp8_dense,
        peak_flops_fp4_dense,
        peak_flops_int8_dense,
        one_byte,
        half_byte,
        integer,
    )
