r"""What one token costs a loaded engine in arithmetic, activations and scheduling.

.. math::

    t_m = \frac{2}{N}\left(f \frac{N_d}{P_d} + f \frac{N_e\,k/E}{P_e}\,(1 + \kappa / d_e)\right) \qquad
    t_C = \omega\,t_m \qquad t_a = \frac{a\,L\,2\,\mathrm{byte} \cdot d}{w\,D\,p} + o_s

A step reads and multiplies at the same time, so only the share :math:`\omega` of the arithmetic adds to it. The products of
small experts fill the chip badly: the fitted width :math:`\kappa` doubles their time when the experts are as narrow. `D`
data-parallel groups of `p` stages work on their own sequences.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.calibration import FITTED
from downstack.performance.declare import Array, Constant, Example, performance_function

_TWO = Constant(2.0, "FLOP/token", "a weight multiplies and adds once for each token")
_WIDE = Constant(1.5, "byte", "between numbers of 8 bit and of 16 bit")
_ONE_TOKEN = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each sequence a step")
_ACTIVATION = Constant(2.0, "byte/sequence", "one activation vector for each sequence in BF16: 16 bit a number")
_ONE_CHIP = Constant(1.0, "chip", "activations are not split over the chips of a group")


@performance_function(
    formula="fitted_wide_multiply_factor if bytes_per_parameter > wide, else fitted_multiply_factor",
    citation=FITTED,
    constants={"wide": _WIDE},
    increasing=("fitted_multiply_factor", "fitted_wide_multiply_factor"),
    examples=(
        Example(
            {"fitted_multiply_factor": 1.7, "fitted_wide_multiply_factor": 1.3, "bytes_per_parameter": 2.0},
            1.3,
            1e-12,
            "weights in BF16",
        ),
        Example(
            {"fitted_multiply_factor": 1.7, "fitted_wide_multiply_factor": 1.3, "bytes_per_parameter": 1.0},
            1.7,
            1e-12,
            "weights in FP8",
        ),
    ),
)
def multiply_time_factor(
    fitted_multiply_factor: Annotated[Array, "1"],
    fitted_wide_multiply_factor: Annotated[Array, "1"],
    bytes_per_parameter: Annotated[Array, "byte"],
    *,
    wide: float,
) -> Annotated[Array, "1"]:
    """Time of products over that at the dense peak rate, by the width of the weights."""
    known = 0.0 * (fitted_multiply_factor * fitted_wide_multiply_factor * (bytes_per_parameter / wide))
    return known + np.where(bytes_per_parameter > wide, fitted_wide_multiply_factor, fitted_multiply_factor)


@performance_function(
    formula="multiply_time_factor * two * dense_matmul_parameters"
    " / (accelerators_per_replica * peak_flops_at_weight_precision)",
    citation=FITTED,
    constants={"two": _TWO},
    increasing=("multiply_time_factor", "dense_matmul_parameters"),
    decreasing=("accelerators_per_replica", "peak_flops_at_weight_precision"),
    examples=(
        Example(
            {
                "multiply_time_factor": 1.5,
                "dense_matmul_parameters": 70e9,
                "accelerators_per_replica": 2.0,
                "peak_flops_at_weight_precision": 1e15,
            },
            1.05e-4,
            1e-12,
            "by hand: 1.5 * 140 GFLOP / 2 PFLOP/s",
        ),
    ),
)
def dense_multiply_time(
    multiply_time_factor: Annotated[Array, "1"],
    dense_matmul_parameters: Annotated[Array, "1"],
    accelerators_per_replica: Annotated[Array, "chip"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    *,
    two: float,
) -> Annotated[Array, "s/token"]:
    """Seconds of the products of one token with the weights that all tokens use."""
    rate = accelerators_per_replica * peak_flops_at_weight_precision
    return multiply_time_factor * two * dense_matmul_parameters / rate


@performance_function(
    formula="multiply_time_factor * two * expert_parameters * routing_fraction"
    " * (1 + fitted_expert_width / expert_intermediate_size)"
    " / (accelerators_per_replica * peak_flops_at_expert_precision)",
    citation=FITTED,
    constants={"two": _TWO},
    increasing=("multiply_time_factor", "expert_parameters", "routing_fraction", "fitted_expert_width"),
    decreasing=("accelerators_per_replica", "peak_flops_at_expert_precision", "expert_intermediate_size"),
    examples=(
        Example(
            {
                "multiply_time_factor": 1.5,
                "expert_parameters": 80e9,
                "routing_fraction": 0.25,
                "fitted_expert_width": 2000.0,
                "expert_intermediate_size": 2000.0,
                "accelerators_per_replica": 2.0,
                "peak_flops_at_expert_precision": 1e15,
            },
            6e-5,
            1e-12,
            "by hand: 1.5 * 40 GFLOP * 2 / 2 PFLOP/s",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def routed_multiply_time(
    multiply_time_factor: Annotated[Array, "1"],
    expert_parameters: Annotated[Array, "1"],
    routing_fraction: Annotated[Array, "1"],
    fitted_expert_width: Annotated[Array, "1"],
    expert_intermediate_size: Annotated[Array, "1"],
    accelerators_per_replica: Annotated[Array, "chip"],
    peak_flops_at_expert_precision: Annotated[Array, "FLOP/s/chip"],
    *,
    two: float,
) -> Annotated[Array, "s/token"]:
    """Seconds of the products of one token with the experts that it is sent to."""
    rate = accelerators_per_replica * peak_flops_at_expert_precision
    used = multiply_time_factor * two * expert_parameters * routing_fraction / rate
    return used + used * fitted_expert_width / expert_intermediate_size


@performance_function(
    returns="weight_multiply_time",
    formula="dense_multiply_time",
    citation=FITTED,
    increasing=("dense_multiply_time",),
    examples=(Example({"dense_multiply_time": 4e-5}, 4e-5, 1e-12, "a dense model multiplies with all its weights"),),
    applies_to={"model": "DenseModel"},
)
def weight_multiply_time_dense(dense_multiply_time: Annotated[Array, "s/token"]) -> Annotated[Array, "s/token"]:
    """Seconds of the products of one token with all weights that it uses, dense model."""
    return +dense_multiply_time


@performance_function(
    returns="weight_multiply_time",
    formula="dense_multiply_time + routed_multiply_time",
    citation=FITTED,
    increasing=("dense_multiply_time", "routed_multiply_time"),
    examples=(
        Example({"dense_multiply_time": 1e-5, "routed_multiply_time": 6e-5}, 7e-5, 1e-12, "by hand: 10 us + 60 us"),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def weight_multiply_time_mixture(
    dense_multiply_time: Annotated[Array, "s/token"], routed_multiply_time: Annotated[Array, "s/token"]
) -> Annotated[Array, "s/token"]:
    """Seconds of the products of one token with all weights that it uses, the experts that it is sent to included."""
    return dense_multiply_time + routed_multiply_time


@performance_function(
    formula="one_token * fitted_multiply_overlap * weight_multiply_time",
    citation=FITTED,
    constants={"one_token": _ONE_TOKEN},
    assumes=(
        "no speculative decoding: one token of each sequence a step",
        "attention multiplies while the cache is read",
    ),
    increasing=("fitted_multiply_overlap", "weight_multiply_time"),
    examples=(
        Example(
            {"fitted_multiply_overlap": 0.5, "weight_multiply_time": 6e-5},
            3e-5,
            1e-12,
            "by hand: half of 60 us is hidden",
        ),
    ),
)
def compute_time_per_sequence(
    fitted_multiply_overlap: Annotated[Array, "1"],
    weight_multiply_time: Annotated[Array, "s/token"],
    *,
    one_token: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which the arithmetic of the one token that a sequence gets lengthens a step: what reads do not hide."""
    return one_token * fitted_multiply_overlap * weight_multiply_time


@performance_function(
    formula="fitted_activation_passes * num_layers * hidden_size * bytes_per_element * tensor_parallel"
    " / (memory_bandwidth * accelerators_per_replica) + (fitted_engine_sequence_time, or fitted_sequence_time unless stated)",
    citation=FITTED,
    constants={"bytes_per_element": _ACTIVATION, "one_chip": _ONE_CHIP},
    optional=("fitted_engine_sequence_time",),
    assumes=("activations are not split over the chips of a tensor-parallel group",),
    increasing=(
        "fitted_activation_passes",
        "num_layers",
        "hidden_size",
        "fitted_sequence_time",
        "fitted_engine_sequence_time",
        "tensor_parallel",
    ),
    decreasing=("memory_bandwidth", "accelerators_per_replica"),
    examples=(
        Example(
            {
                "fitted_activation_passes": 30.0,
                "num_layers": 80.0,
                "hidden_size": 8192.0,
                "tensor_parallel": 8.0,
                "accelerators_per_replica": 8.0,
                "memory_bandwidth": 4e12,
                "fitted_sequence_time": 1e-5,
                "fitted_engine_sequence_time": float("nan"),
            },
            30 * 80 * 8192 * 2 / 4e12 + 1e-5,
            1e-12,
            "by hand: 9.8 us of activations and 10 us of scheduling",
        ),
        Example(
            {
                "fitted_activation_passes": 30.0,
                "num_layers": 80.0,
                "hidden_size": 8192.0,
                "tensor_parallel": 4.0,
                "accelerators_per_replica": 8.0,
                "memory_bandwidth": 4e12,
                "fitted_sequence_time": 1e-5,
                "fitted_engine_sequence_time": 2e-5,
            },
            15 * 80 * 8192 * 2 / 4e12 + 2e-5,
            1e-12,
            "by hand: two groups with half of the sequences each, and an engine whose scheduling is known",
        ),
    ),
)
def activation_time_per_sequence(
    fitted_activation_passes: Annotated[Array, "1"],
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    tensor_parallel: Annotated[Array, "chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_sequence_time: Annotated[Array, "s/sequence"],
    fitted_engine_sequence_time: Annotated[Array, "s/sequence"],
    *,
    bytes_per_element: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds a step takes for one sequence beside products and caches: activations, sampling, scheduling."""
    moved = fitted_activation_passes * num_layers * hidden_size * bytes_per_element
    engine = np.where(np.isnan(fitted_engine_sequence_time), fitted_sequence_time, fitted_engine_sequence_time)
    groups = accelerators_per_replica / tensor_parallel
    return moved / (memory_bandwidth * one_chip * groups) + engine


@performance_function(
    formula="activation_time_per_sequence + exchange_time_per_sequence",
    citation=FITTED,
    increasing=("activation_time_per_sequence", "exchange_time_per_sequence"),
    examples=(
        Example(
            {"activation_time_per_sequence": 2e-5, "exchange_time_per_sequence": 1e-5},
            3e-5,
            1e-12,
            "by hand: 20 us + 10 us",
        ),
    ),
)
def movement_time_per_sequence(
    activation_time_per_sequence: Annotated[Array, "s/sequence"],
    exchange_time_per_sequence: Annotated[Array, "s/sequence"],
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which the activations of each sequence lengthen a step, within chips and between them."""
    return activation_time_per_sequence + exchange_time_per_sequence
