r"""What the chips of a deployment do in a second, and where memory and arithmetic balance.

A kernel with less arithmetic per byte than the ridge point waits for memory, one with more waits for arithmetic. Real
kernels reach a share of either peak; the shares belong to the serving framework.

.. math::

    I^* = P / W \qquad \hat W = n W \eta_m \qquad \hat P = n P \eta_c

Weights of one byte or less are multiplied at the FP8 rate where the chip has one, unless a deployment states the
format (:mod:`downstack.performance.number_formats`).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import ROOFLINE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_ONE_BYTE = Constant(1.0, "byte", "FP8 weights (E4M3 or E5M2) have 8 bit")
_SHARE = "a share of the peak"
_UNSTATED = float("nan")


@performance_function(
    formula="peak_flops_bf16_dense / memory_bandwidth",
    citation=ROOFLINE,
    increasing=("peak_flops_bf16_dense",),
    decreasing=("memory_bandwidth",),
    examples=(
        Example(
            {"peak_flops_bf16_dense": 1.97e14, "memory_bandwidth": 8.2e11},
            240.0,
            0.002,
            "How to Scale Your Model: TPU v5e, 240 FLOP/byte",
        ),
        Example(
            {"peak_flops_bf16_dense": 1e15, "memory_bandwidth": 3.35e12},
            298.0,
            0.002,
            "How to Scale Your Model: H100, 298 FLOP/byte",
        ),
    ),
)
def ridge_point(
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "FLOP/byte"]:
    """Arithmetic intensity at which a chip is equally limited by dense BF16 arithmetic and by memory."""
    return peak_flops_bf16_dense / memory_bandwidth


@performance_function(
    formula="peak_flops_at_stated_format where a deployment states the format; else peak_flops_fp8_dense if"
    " bytes_per_parameter <= one_byte and the chip has an FP8 rate, else peak_flops_bf16_dense",
    citation=SCALING_BOOK,
    constants={"one_byte": _ONE_BYTE},
    assumes=(
        "weights of one byte or less are multiplied with activations of the same width where the chip has an FP8 rate;"
        " weight-only quantisation multiplies at the BF16 rate and is not told apart",
    ),
    optional=("peak_flops_fp8_dense", "peak_flops_at_stated_format"),
    increasing=("peak_flops_bf16_dense", "peak_flops_fp8_dense", "peak_flops_at_stated_format"),
    examples=(
        Example(
            {
                "bytes_per_parameter": 1.0,
                "peak_flops_bf16_dense": 989.5e12,
                "peak_flops_fp8_dense": 1979e12,
                "peak_flops_at_stated_format": _UNSTATED,
            },
            1979e12,
            1e-12,
            "H100 SXM datasheet, dense: FP8 1979 TFLOP/s",
        ),
        Example(
            {
                "bytes_per_parameter": 2.0,
                "peak_flops_bf16_dense": 989.5e12,
                "peak_flops_fp8_dense": 1979e12,
                "peak_flops_at_stated_format": _UNSTATED,
            },
            989.5e12,
            1e-12,
            "H100 SXM datasheet, dense: BF16 989.5 TFLOP/s",
        ),
        Example(
            {
                "bytes_per_parameter": 1.0,
                "peak_flops_bf16_dense": 312e12,
                "peak_flops_fp8_dense": float("nan"),
                "peak_flops_at_stated_format": _UNSTATED,
            },
            312e12,
            1e-12,
            "A100 datasheet: no FP8 rate, BF16 312 TFLOP/s",
        ),
        Example(
            {
                "bytes_per_parameter": 1.0,
                "peak_flops_bf16_dense": 312e12,
                "peak_flops_fp8_dense": float("nan"),
                "peak_flops_at_stated_format": 624e12,
            },
            624e12,
            1e-12,
            "A100 datasheet, dense: INT8 624 TOP/s, where a deployment states it",
        ),
    ),
)
def peak_flops_at_weight_precision(
    bytes_per_parameter: Annotated[Array, "byte"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
    peak_flops_fp8_dense: Annotated[Array, "FLOP/s/chip"],
    peak_flops_at_stated_format: Annotated[Array, "FLOP/s/chip"],
    *,
    one_byte: float,
) -> Annotated[Array, "FLOP/s/chip"]:
    """Dense peak rate of the number format in which the weights are multiplied."""
    narrow = np.where(np.isnan(peak_flops_fp8_dense), peak_flops_bf16_dense, peak_flops_fp8_dense)
    rate = np.where(bytes_per_parameter <= one_byte, narrow, peak_flops_bf16_dense)
    rate = np.where(np.isnan(peak_flops_at_stated_format), rate, peak_flops_at_stated_format)
    # An unknown width is neither narrow nor wide: without this a missing fact would silently mean BF16.
    required = bytes_per_parameter * peak_flops_bf16_dense
    return np.where(np.isnan(required), required, rate)


@performance_function(
    formula="accelerators_per_replica * memory_bandwidth * memory_bandwidth_efficiency",
    citation=ROOFLINE,
    validity=(Validity("memory_bandwidth_efficiency", 0.0, 1.0, _SHARE),),
    assumes=(
        "all chips of the instance read their shards at the same time",
        "the framework is as efficient on every chip as on those that its constants were measured on",
    ),
    increasing=("accelerators_per_replica", "memory_bandwidth", "memory_bandwidth_efficiency"),
    examples=(
        Example(
            {"accelerators_per_replica": 8.0, "memory_bandwidth": 8.2e11, "memory_bandwidth_efficiency": 1.0},
            6.56e12,
            1e-12,
            "How to Scale Your Model: eight TPU v5e",
        ),
    ),
)
def effective_memory_bandwidth(
    accelerators_per_replica: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    memory_bandwidth_efficiency: Annotated[Array, "1"],
) -> Annotated[Array, "byte/s"]:
    """Bytes that all chips of one copy of the model together read in a second of decoding."""
    return accelerators_per_replica * memory_bandwidth * memory_bandwidth_efficiency


@performance_function(
    formula="accelerators_per_replica * peak_flops_at_weight_precision * decode_compute_efficiency",
    citation=ROOFLINE,
    validity=(Validity("decode_compute_efficiency", 0.0, 1.0, _SHARE),),
    assumes=("all chips of the instance work on their shards at the same time",),
    increasing=("accelerators_per_replica", "peak_flops_at_weight_precision", "decode_compute_efficiency"),
    examples=(
        Example(
            {
                "accelerators_per_replica": 8.0,
                "peak_flops_at_weight_precision": 1e15,
                "decode_compute_efficiency": 0.5,
            },
            4e15,
            1e-12,
            "by hand: 8 * 1e15 * 0.5",
        ),
    ),
)
def effective_decode_compute(
    accelerators_per_replica: Annotated[Array, "chip"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    decode_compute_efficiency: Annotated[Array, "1"],
) -> Annotated[Array, "FLOP/s"]:
    """Arithmetic that all chips of one copy of the model together do in a second of decoding."""
    return accelerators_per_replica * peak_flops_at_weight_precision * decode_compute_efficiency


@performance_function(
    formula="tensor_parallel * peak_flops_at_weight_precision * prefill_compute_efficiency",
    citation=ROOFLINE,
    validity=(Validity("prefill_compute_efficiency", 0.0, 1.0, _SHARE),),
    assumes=(
        "all tensor-parallel chips work on their shards at the same time",
        "a prompt passes the pipeline stages one after the other",
    ),
    increasing=("tensor_parallel", "peak_flops_at_weight_precision", "prefill_compute_efficiency"),
    examples=(
        Example(
            {
                "tensor_parallel": 16.0,
                "peak_flops_at_weight_precision": 1.97e14,
                "prefill_compute_efficiency": 0.4,
            },
            1.2608e15,
            1e-12,
            "How to Scale Your Model: sixteen TPU v5e at 40 % of the peak",
        ),
    ),
)
def effective_prefill_compute(
    tensor_parallel: Annotated[Array, "chip"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    prefill_compute_efficiency: Annotated[Array, "1"],
) -> Annotated[Array, "FLOP/s"]:
    """Arithmetic that the chips which work on one prompt together do in a second of prefill."""
    return tensor_parallel * peak_flops_at_weight_precision * prefill_compute_efficiency
