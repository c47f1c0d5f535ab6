r"""What the chips of a deployment do in a second, and where memory and arithmetic balance.

A kernel with less arithmetic per byte than the ridge point waits for memory, one with more waits for arithmetic. Real
kernels read more slowly than the peak allows, by a factor that was fitted on published measurements of loaded engines.

.. math::

    I^* = P / W \qquad \hat W = N W / f

Weights of one byte or less are multiplied at the FP8 rate where the chip has one, unless a deployment states the
format (:mod:`downstack.performance.number_formats`).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.calibration import FITTED
from downstack.performance.citations import ROOFLINE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_BYTE = Constant(1.0, "byte", "FP8 weights (E4M3 or E5M2) have 8 bit")
_NARROW = Constant(0.75, "byte", "between numbers of 4 bit with their scales and of 8 bit")
_WIDE = Constant(1.5, "byte", "between numbers of 8 bit and of 16 bit")
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
    formula="peak_flops_at_stated_format where a deployment states the format; else peak_flops_fp8_dense if"
    " narrow <= bytes_per_expert_parameter <= wide and the chip has an FP8 rate, or if it is less and the chip has an FP4 rate;"
    " else peak_flops_bf16_dense",
    citation=SCALING_BOOK,
    constants={"narrow": _NARROW, "wide": _WIDE},
    assumes=(
        "experts of less than 8 bit are widened before they multiply: to FP8 where the chip has FP4, else to BF16",
    ),
    optional=("peak_flops_fp8_dense", "peak_flops_fp4_dense", "peak_flops_at_stated_format"),
    increasing=("peak_flops_bf16_dense", "peak_flops_fp8_dense", "peak_flops_at_stated_format"),
    examples=(
        Example(
            {
                "bytes_per_expert_parameter": 0.53125,
                "peak_flops_bf16_dense": 989.5e12,
                "peak_flops_fp8_dense": 1979e12,
                "peak_flops_fp4_dense": _UNSTATED,
                "peak_flops_at_stated_format": _UNSTATED,
            },
            989.5e12,
            1e-12,
            "gpt-oss (MXFP4 experts) on H100 SXM: no FP4 rate, BF16 989.5 TFLOP/s",
        ),
        Example(
            {
                "bytes_per_expert_parameter": 0.53125,
                "peak_flops_bf16_dense": 2250e12,
                "peak_flops_fp8_dense": 4500e12,
                "peak_flops_fp4_dense": 9000e12,
                "peak_flops_at_stated_format": _UNSTATED,
            },
            4500e12,
            1e-12,
            "gpt-oss (MXFP4 experts) on B200, dense: FP8 4500 TFLOP/s",
        ),
        Example(
            {
                "bytes_per_expert_parameter": 1.0,
                "peak_flops_bf16_dense": 989.5e12,
                "peak_flops_fp8_dense": 1979e12,
                "peak_flops_fp4_dense": _UNSTATED,
                "peak_flops_at_stated_format": _UNSTATED,
            },
            1979e12,
            1e-12,
            "H100 SXM datasheet, dense: FP8 1979 TFLOP/s",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def peak_flops_at_expert_precision(
    bytes_per_expert_parameter: Annotated[Array, "byte"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
    peak_flops_fp8_dense: Annotated[Array, "FLOP/s/chip"],
    peak_flops_fp4_dense: Annotated[Array, "FLOP/s/chip"],
    peak_flops_at_stated_format: Annotated[Array, "FLOP/s/chip"],
    *,
    narrow: float,
    wide: float,
) -> Annotated[Array, "FLOP/s/chip"]:
    """Dense peak rate of the number format in which routed experts are multiplied."""
    eight = np.where(np.isnan(peak_flops_fp8_dense), peak_flops_bf16_dense, peak_flops_fp8_dense)
    widened = np.where(np.isnan(peak_flops_fp4_dense), peak_flops_bf16_dense, eight)
    rate = np.where(bytes_per_expert_parameter < narrow, widened, eight)
    rate = np.where(bytes_per_expert_parameter > wide, peak_flops_bf16_dense, rate)
    rate = np.where(np.isnan(peak_flops_at_stated_format), rate, peak_flops_at_stated_format)
    required = bytes_per_expert_parameter * peak_flops_bf16_dense
    return np.where(np.isnan(required), required, rate)


@performance_function(
    formula="accelerators_per_replica * memory_bandwidth / factor, factor = fitted_narrow_dense_read_factor if"
    " bytes_per_parameter < narrow, else fitted_dense_read_factor",
    citation=FITTED,
    constants={"narrow": _NARROW},
    assumes=(
        "all chips of the instance read their shards at the same time",
        "engines read as well on every chip as on those that the factor was fitted on",
    ),
    increasing=("accelerators_per_replica", "memory_bandwidth"),
    decreasing=("fitted_dense_read_factor", "fitted_narrow_dense_read_factor"),
    examples=(
        Example(
            {
                "accelerators_per_replica": 8.0,
                "memory_bandwidth": 8.2e11,
                "bytes_per_parameter": 2.0,
                "fitted_dense_read_factor": 1.0,
                "fitted_narrow_dense_read_factor": 1.25,
            },
            6.56e12,
            1e-12,
            "How to Scale Your Model: eight TPU v5e",
        ),
    ),
)
def effective_memory_bandwidth(
    accelerators_per_replica: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    bytes_per_parameter: Annotated[Array, "byte"],
    fitted_dense_read_factor: Annotated[Array, "1"],
    fitted_narrow_dense_read_factor: Annotated[Array, "1"],
    *,
    narrow: float,
) -> Annotated[Array, "byte/s"]:
    """Bytes of weights that all chips of one copy of the model together read in a second of decoding."""
    factor = np.where(bytes_per_parameter < narrow, fitted_narrow_dense_read_factor, fitted_dense_read_factor)
    # Whether a factor is used depends on the width: where one of the three is unknown, nothing is known.
    factor = factor + 0.0 * (bytes_per_parameter * fitted_narrow_dense_read_factor * fitted_dense_read_factor / narrow)
    return accelerators_per_replica * memory_bandwidth / factor


@performance_function(
    returns="cache_read_bandwidth",
    formula="accelerators_per_replica * memory_bandwidth / fitted_cache_read_factor",
    citation=FITTED,
    increasing=("accelerators_per_replica", "memory_bandwidth"),
    decreasing=("fitted_cache_read_factor",),
    examples=(
        Example(
            {"accelerators_per_replica": 8.0, "memory_bandwidth": 8.2e11, "fitted_cache_read_factor": 1.0},
            6.56e12,
            1e-12,
            "How to Scale Your Model: eight TPU v5e",
        ),
    ),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def cache_read_bandwidth_grouped_query(
    accelerators_per_replica: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_cache_read_factor: Annotated[Array, "1"],
) -> Annotated[Array, "byte/s"]:
    """Bytes of keys and values that all chips of one copy of the model together read in a second of decoding."""
    return accelerators_per_replica * memory_bandwidth / fitted_cache_read_factor


@performance_function(
    returns="cache_read_bandwidth",
    formula="accelerators_per_replica * memory_bandwidth / fitted_latent_cache_read_factor",
    citation=FITTED,
    assumes=(
        "the arithmetic of latent attention is in the fitted factor: it multiplies long for each byte that it reads",
    ),
    increasing=("accelerators_per_replica", "memory_bandwidth"),
    decreasing=("fitted_latent_cache_read_factor",),
    examples=(
        Example(
            {"accelerators_per_replica": 8.0, "memory_bandwidth": 4e12, "fitted_latent_cache_read_factor": 2.0},
            1.6e13,
            1e-12,
            "by hand: half of 32 TB/s",
        ),
    ),
    applies_to={"model": "LatentAttentionModel"},
)
def cache_read_bandwidth_latent(
    accelerators_per_replica: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_latent_cache_read_factor: Annotated[Array, "1"],
) -> Annotated[Array, "byte/s"]:
    """Bytes of latents that all chips of one copy of the model together read in a second of decoding."""
    return accelerators_per_replica * memory_bandwidth / fitted_latent_cache_read_factor
