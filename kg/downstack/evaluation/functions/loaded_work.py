r"""What one token costs a loaded engine in arithmetic, exchange and activations, and what a layer costs in any case.

.. math::

    t_m = \frac{2}{n}\left(f_d \frac{N_d}{P_d} + f_e \frac{N_e\,k/E}{P_e}\,(1 + \kappa / d_e)\right) \qquad
    t_r = f_r \frac{2 L \cdot 2 \cdot 2\,\mathrm{byte}\, d\,(n_{tp}-1)/n_{tp}}{\beta\,D}

The products of small experts fill the chip badly: the fitted width :math:`\kappa` doubles their time when the experts are
as narrow. `D` attention groups exchange at the same time.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.loaded_reads import FITTED
from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import COLLECTIVES, TENSOR_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_TWO = Constant(2.0, "FLOP/token", "a weight multiplies and adds once for each token")
_ONE_CHIP = Constant(1.0, "chip", "tensor parallelism starts with the second chip")
_ALLREDUCES = Constant(2.0, "1", f"one after attention, one after the feed-forward block; {TENSOR_PARALLEL}")
_PHASES = Constant(2.0, "1", "a reduce-scatter and an all-gather")
_TOKEN = Constant(2.0, "byte/token", "one activation vector for each token in BF16: 16 bit a number")
_SEQUENCE = Constant(2.0, "byte/sequence", "one activation vector for each sequence in BF16: 16 bit a number")


@performance_function(
    formula="two * fitted_multiply_factor * dense_matmul_parameters"
    " / (accelerators_per_instance * peak_flops_at_weight_precision)",
    citation=FITTED,
    constants={"two": _TWO},
    increasing=("fitted_multiply_factor", "dense_matmul_parameters"),
    decreasing=("accelerators_per_instance", "peak_flops_at_weight_precision"),
    examples=(
        Example(
            {
                "fitted_multiply_factor": 1.5,
                "dense_matmul_parameters": 70e9,
                "accelerators_per_instance": 2.0,
                "peak_flops_at_weight_precision": 1e15,
            },
            1.05e-4,
            1e-12,
            "by hand: 1.5 * 140 GFLOP / 2 PFLOP/s",
        ),
    ),
    registry=CALIBRATED,
)
def dense_multiply_time(
    fitted_multiply_factor: Annotated[Array, "1"],
    dense_matmul_parameters: Annotated[Array, "1"],
    accelerators_per_instance: Annotated[Array, "chip"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    *,
    two: float,
) -> Annotated[Array, "s/token"]:
    """Seconds of the products of one token with the weights that all tokens use."""
    rate = accelerators_per_instance * peak_flops_at_weight_precision
    return fitted_multiply_factor * two * dense_matmul_parameters / rate


@performance_function(
    formula="two * fitted_multiply_factor * expert_parameters * routing_fraction"
    " * (1 + fitted_expert_width / expert_intermediate_size)"
    " / (accelerators_per_instance * peak_flops_at_expert_precision)",
    citation=FITTED,
    constants={"two": _TWO},
    increasing=("fitted_multiply_factor", "expert_parameters", "routing_fraction", "fitted_expert_width"),
    decreasing=("accelerators_per_instance", "peak_flops_at_expert_precision", "expert_intermediate_size"),
    examples=(
        Example(
            {
                "fitted_multiply_factor": 1.5,
                "expert_parameters": 80e9,
                "routing_fraction": 0.25,
                "fitted_expert_width": 2000.0,
                "expert_intermediate_size": 2000.0,
                "accelerators_per_instance": 2.0,
                "peak_flops_at_expert_precision": 1e15,
            },
            6e-5,
            1e-12,
            "by hand: 1.5 * 40 GFLOP * 2 / 2 PFLOP/s",
        ),
    ),
    registry=CALIBRATED,
)
def routed_multiply_time(
    fitted_multiply_factor: Annotated[Array, "1"],
    expert_parameters: Annotated[Array, "1"],
    routing_fraction: Annotated[Array, "1"],
    fitted_expert_width: Annotated[Array, "1"],
    expert_intermediate_size: Annotated[Array, "1"],
    accelerators_per_instance: Annotated[Array, "chip"],
    peak_flops_at_expert_precision: Annotated[Array, "FLOP/s/chip"],
    *,
    two: float,
) -> Annotated[Array, "s/token"]:
    """Seconds of the products of one token with the experts that it is sent to."""
    rate = accelerators_per_instance * peak_flops_at_expert_precision
    used = fitted_multiply_factor * two * expert_parameters * routing_fraction / rate
    return used + used * fitted_expert_width / expert_intermediate_size


@performance_function(
    formula="fitted_exchange_factor * num_layers * allreduces_per_layer * phases * (n - 1) / n * hidden_size"
    " * bytes_per_element / (scaleup_bandwidth_per_direction * attention_groups), n = tensor_parallel_chips",
    citation=COLLECTIVES,
    constants={
        "allreduces_per_layer": _ALLREDUCES,
        "bytes_per_element": _TOKEN,
        "phases": _PHASES,
        "one_chip": _ONE_CHIP,
    },
    assumes=("activations are exchanged in BF16",),
    optional=("scaleup_bandwidth_per_direction",),
    increasing=("fitted_exchange_factor", "num_layers", "hidden_size", "tensor_parallel_chips"),
    decreasing=("scaleup_bandwidth_per_direction", "attention_groups"),
    examples=(
        Example(
            {
                "fitted_exchange_factor": 2.0,
                "num_layers": 80.0,
                "hidden_size": 8192.0,
                "tensor_parallel_chips": 8.0,
                "attention_groups": 1.0,
                "scaleup_bandwidth_per_direction": 450e9,
            },
            2 * 80 * 2 * 2 * 7 / 8 * 8192 * 2 / 450e9,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_exchange_time(
    fitted_exchange_factor: Annotated[Array, "1"],
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    tensor_parallel_chips: Annotated[Array, "chip"],
    attention_groups: Annotated[Array, "1"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    *,
    allreduces_per_layer: float,
    bytes_per_element: float,
    phases: float,
    one_chip: float,
) -> Annotated[Array, "s/token"]:
    """Seconds of all-reduces that one token costs."""
    share = (tensor_parallel_chips - one_chip) / tensor_parallel_chips
    message = share * num_layers * allreduces_per_layer * phases * hidden_size * bytes_per_element
    exchange = message / (scaleup_bandwidth_per_direction * one_chip * attention_groups)
    return np.where(tensor_parallel_chips <= one_chip, 0.0 * message, fitted_exchange_factor * exchange)


@performance_function(
    formula="fitted_activation_passes * num_layers * hidden_size * bytes_per_element"
    " / (memory_bandwidth * attention_groups) + fitted_sequence_time",
    citation=FITTED,
    constants={"bytes_per_element": _SEQUENCE, "one_chip": _ONE_CHIP},
    assumes=("activations are not split over the chips of an attention group",),
    increasing=("fitted_activation_passes", "num_layers", "hidden_size", "fitted_sequence_time"),
    decreasing=("memory_bandwidth", "attention_groups"),
    examples=(
        Example(
            {
                "fitted_activation_passes": 30.0,
                "num_layers": 80.0,
                "hidden_size": 8192.0,
                "attention_groups": 1.0,
                "memory_bandwidth": 4e12,
                "fitted_sequence_time": 1e-5,
            },
            30 * 80 * 8192 * 2 / 4e12 + 1e-5,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def activation_time(
    fitted_activation_passes: Annotated[Array, "1"],
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    attention_groups: Annotated[Array, "1"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_sequence_time: Annotated[Array, "s/sequence"],
    *,
    bytes_per_element: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds a step takes for one sequence beside products and caches: activations, sampling, scheduling."""
    moved = fitted_activation_passes * num_layers * hidden_size * bytes_per_element
    return moved / (memory_bandwidth * one_chip * attention_groups) + fitted_sequence_time


@performance_function(
    formula="num_layers * (fitted_layer_time + fitted_parallel_layer_time if tensor_parallel_chips > one_chip)"
    " + moe_layers * fitted_moe_layer_time + latent_layers * fitted_latent_layer_time",
    citation=FITTED,
    constants={"one_chip": _ONE_CHIP},
    increasing=(
        "num_layers",
        "moe_layers",
        "latent_layers",
        "tensor_parallel_chips",
        "fitted_layer_time",
        "fitted_parallel_layer_time",
        "fitted_moe_layer_time",
        "fitted_latent_layer_time",
    ),
    examples=(
        Example(
            {
                "num_layers": 61.0,
                "moe_layers": 58.0,
                "latent_layers": 61.0,
                "tensor_parallel_chips": 8.0,
                "fitted_layer_time": 50e-6,
                "fitted_parallel_layer_time": 10e-6,
                "fitted_moe_layer_time": 10e-6,
                "fitted_latent_layer_time": 40e-6,
            },
            6.68e-3,
            1e-12,
            "by hand: 61 * 100 us + 58 * 10 us",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_layer_time(
    num_layers: Annotated[Array, "1"],
    moe_layers: Annotated[Array, "1"],
    latent_layers: Annotated[Array, "1"],
    tensor_parallel_chips: Annotated[Array, "chip"],
    fitted_layer_time: Annotated[Array, "s"],
    fitted_parallel_layer_time: Annotated[Array, "s"],
    fitted_moe_layer_time: Annotated[Array, "s"],
    fitted_latent_layer_time: Annotated[Array, "s"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of a step that no bandwidth and no arithmetic buys back: kernels that start, links that answer."""
    parallel = np.where(tensor_parallel_chips > one_chip, fitted_parallel_layer_time, 0.0)
    special = moe_layers * fitted_moe_layer_time + latent_layers * fitted_latent_layer_time
    return num_layers * (fitted_layer_time + parallel) + special
