r"""How long a decode step and a prompt take on a real engine, with fitted efficiencies.

A step reads weights and caches, moves activations, and starts the kernels of each layer; a prompt multiplies. Each term
is a physical bound times a fitted factor that holds for all models and chips of a calibration.

.. math::

    t(B) = f_m \frac{W + B K}{n\,w} + f_a \frac{2\,\mathrm{byte}\, B L d}{n\,w} + L o + [n>1] L o_{tp} + L_{moe} o_{moe}
    + f_r B\,t_r \qquad t_P = f_p \frac{F}{n P} + f_r S_{in}\,t_r

`W` weight bytes that a step reads, `K` cache of one sequence, `w` memory bandwidth, :math:`t_r` all-reduces of one token.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import COLLECTIVES, MIXTURE_OF_EXPERTS, ROOFLINE, TENSOR_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_CHIP = Constant(1.0, "chip", "tensor parallelism starts with the second chip")
_ONE_PROMPT = Constant(1.0, "sequence", "prompts are prefilled one at a time")
_ACTIVATION = Constant(2.0, "byte/sequence", "one activation vector for each sequence in BF16: 16 bit a number")
_TOKEN = Constant(2.0, "byte/token", "one activation vector for each token in BF16: 16 bit a number")
_TWO = Constant(2.0, "1", f"one after attention, one after the feed-forward block; {TENSOR_PARALLEL}")
_PHASES = Constant(2.0, "1", "a reduce-scatter and an all-gather")
_CITATION = f"{ROOFLINE}; efficiencies fitted on published measurements, docs/accuracy.md"


@performance_function(
    returns="weight_bytes_read_per_step",
    formula="dense_matmul_parameters * bytes_per_parameter",
    citation=ROOFLINE,
    increasing=("dense_matmul_parameters", "bytes_per_parameter"),
    examples=(Example({"dense_matmul_parameters": 7e9, "bytes_per_parameter": 2.0}, 14e9, 1e-12, "by hand"),),
    applies_to={"model": "DenseModel"},
    registry=CALIBRATED,
)
def weight_bytes_read_per_step_dense(
    dense_matmul_parameters: Annotated[Array, "1"], bytes_per_parameter: Annotated[Array, "byte"]
) -> Annotated[Array, "byte"]:
    """Bytes of weights that a decode step of a dense model reads: all of them but the input embedding."""
    return dense_matmul_parameters * bytes_per_parameter


@performance_function(
    returns="weight_bytes_read_per_step",
    formula="dense_matmul_parameters * bytes_per_parameter"
    " + expert_parameters * bytes_per_expert_parameter * expected_distinct_experts / routed_experts",
    citation=MIXTURE_OF_EXPERTS,
    increasing=(
        "dense_matmul_parameters",
        "bytes_per_parameter",
        "expert_parameters",
        "bytes_per_expert_parameter",
        "expected_distinct_experts",
    ),
    decreasing=("routed_experts",),
    examples=(
        Example(
            {
                "dense_matmul_parameters": 1e9,
                "bytes_per_parameter": 2.0,
                "expert_parameters": 16e9,
                "bytes_per_expert_parameter": 1.0,
                "expected_distinct_experts": 4.0,
                "routed_experts": 8.0,
            },
            10e9,
            1e-12,
            "by hand: 2 GB + 16 GB * 4 / 8",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
    registry=CALIBRATED,
)
def weight_bytes_read_per_step_mixture(
    dense_matmul_parameters: Annotated[Array, "1"],
    bytes_per_parameter: Annotated[Array, "byte"],
    expert_parameters: Annotated[Array, "1"],
    bytes_per_expert_parameter: Annotated[Array, "byte"],
    expected_distinct_experts: Annotated[Array, "1"],
    routed_experts: Annotated[Array, "1"],
) -> Annotated[Array, "byte"]:
    """Bytes of weights that a decode step of a mixture of experts reads: only the experts that it uses."""
    experts = expert_parameters * bytes_per_expert_parameter * expected_distinct_experts / routed_experts
    return dense_matmul_parameters * bytes_per_parameter + experts


@performance_function(
    returns="fixed_step_time",
    formula="num_layers * (fitted_layer_time + fitted_parallel_layer_time if accelerators_per_instance > one_chip)",
    citation=_CITATION,
    constants={"one_chip": _ONE_CHIP},
    increasing=("num_layers", "fitted_layer_time", "fitted_parallel_layer_time", "accelerators_per_instance"),
    examples=(
        Example(
            {
                "num_layers": 80.0,
                "fitted_layer_time": 50e-6,
                "fitted_parallel_layer_time": 5e-6,
                "accelerators_per_instance": 8.0,
            },
            4.4e-3,
            1e-12,
            "by hand: 80 * 55 us",
        ),
    ),
    applies_to={"model": "DenseModel"},
    registry=CALIBRATED,
)
def fixed_step_time_dense(
    num_layers: Annotated[Array, "1"],
    fitted_layer_time: Annotated[Array, "s"],
    fitted_parallel_layer_time: Annotated[Array, "s"],
    accelerators_per_instance: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of a step that no bandwidth buys back, dense model."""
    return num_layers * (
        fitted_layer_time + np.where(accelerators_per_instance > one_chip, fitted_parallel_layer_time, 0.0)
    )


@performance_function(
    returns="fixed_step_time",
    formula="num_layers * (fitted_layer_time + fitted_parallel_layer_time if accelerators_per_instance > one_chip)"
    " + (num_layers - dense_layers) * fitted_moe_layer_time",
    citation=_CITATION,
    constants={"one_chip": _ONE_CHIP},
    increasing=(
        "num_layers",
        "fitted_layer_time",
        "fitted_parallel_layer_time",
        "fitted_moe_layer_time",
        "accelerators_per_instance",
    ),
    decreasing=("dense_layers",),
    examples=(
        Example(
            {
                "num_layers": 61.0,
                "dense_layers": 3.0,
                "fitted_layer_time": 50e-6,
                "fitted_parallel_layer_time": 5e-6,
                "fitted_moe_layer_time": 40e-6,
                "accelerators_per_instance": 8.0,
            },
            5.675e-3,
            1e-12,
            "by hand: 61 * 55 us + 58 * 40 us",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
    registry=CALIBRATED,
)
def fixed_step_time_mixture(
    num_layers: Annotated[Array, "1"],
    dense_layers: Annotated[Array, "1"],
    fitted_layer_time: Annotated[Array, "s"],
    fitted_parallel_layer_time: Annotated[Array, "s"],
    fitted_moe_layer_time: Annotated[Array, "s"],
    accelerators_per_instance: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of a step that no bandwidth buys back, mixture of experts: routing and grouped products come on top."""
    parallel = np.where(accelerators_per_instance > one_chip, fitted_parallel_layer_time, 0.0)
    return num_layers * (fitted_layer_time + parallel) + (num_layers - dense_layers) * fitted_moe_layer_time


@performance_function(
    formula="num_layers * allreduces_per_layer * phases * (n - 1) / n * hidden_size * bytes_per_element"
    " / scaleup_bandwidth_per_direction, n = accelerators_per_instance; zero when n = 1",
    citation=COLLECTIVES,
    constants={"allreduces_per_layer": _TWO, "bytes_per_element": _TOKEN, "phases": _PHASES, "one_chip": _ONE_CHIP},
    assumes=("activations are exchanged in BF16, at the full link rate",),
    optional=("scaleup_bandwidth_per_direction",),
    increasing=("num_layers", "hidden_size", "accelerators_per_instance"),
    decreasing=("scaleup_bandwidth_per_direction",),
    examples=(
        Example(
            {
                "num_layers": 80.0,
                "hidden_size": 8192.0,
                "accelerators_per_instance": 8.0,
                "scaleup_bandwidth_per_direction": 450e9,
            },
            80 * 2 * 2 * 7 / 8 * 8192 * 2 / 450e9,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def exchange_time_per_token(
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    accelerators_per_instance: Annotated[Array, "chip"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    *,
    allreduces_per_layer: float,
    bytes_per_element: float,
    phases: float,
    one_chip: float,
) -> Annotated[Array, "s/token"]:
    """Seconds of all-reduces that one token costs at the full rate of the links."""
    share = (accelerators_per_instance - one_chip) / accelerators_per_instance
    message = num_layers * allreduces_per_layer * phases * hidden_size * bytes_per_element
    exchange = share * message / (scaleup_bandwidth_per_direction * one_chip)
    return np.where(accelerators_per_instance <= one_chip, 0.0 * message, exchange)


@performance_function(
    formula="fitted_memory_time_factor * (weight_bytes_read_per_step + concurrent_sequences"
    " * mean_kv_cache_bytes_per_sequence) / (n * memory_bandwidth) + fitted_activation_traffic * concurrent_sequences"
    " * num_layers * hidden_size * bytes_per_element / (n * memory_bandwidth) + fixed_step_time"
    " + fitted_exchange_time_factor * concurrent_sequences * one_token * exchange_time_per_token",
    citation=_CITATION,
    constants={"bytes_per_element": _ACTIVATION, "one_token": Constant(1.0, "token/sequence", "one token a step")},
    assumes=("no speculative decoding", "decoding is limited by reading, not by arithmetic"),
    increasing=(
        "weight_bytes_read_per_step",
        "concurrent_sequences",
        "mean_kv_cache_bytes_per_sequence",
        "num_layers",
        "hidden_size",
        "fixed_step_time",
        "exchange_time_per_token",
        "fitted_memory_time_factor",
        "fitted_activation_traffic",
        "fitted_exchange_time_factor",
    ),
    decreasing=("memory_bandwidth", "accelerators_per_instance"),
    examples=(
        Example(
            {
                "weight_bytes_read_per_step": 70e9,
                "concurrent_sequences": 10.0,
                "mean_kv_cache_bytes_per_sequence": 1e9,
                "num_layers": 80.0,
                "hidden_size": 8192.0,
                "accelerators_per_instance": 4.0,
                "memory_bandwidth": 2e12,
                "fixed_step_time": 4e-3,
                "exchange_time_per_token": 1e-5,
                "fitted_memory_time_factor": 1.2,
                "fitted_activation_traffic": 0.0,
                "fitted_exchange_time_factor": 5.0,
            },
            16.5e-3,
            1e-12,
            "by hand: 1.2 * 80 GB / 8 TB/s + 4 ms + 5 * 10 * 10 us",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_step_time(
    weight_bytes_read_per_step: Annotated[Array, "byte"],
    concurrent_sequences: Annotated[Array, "sequence"],
    mean_kv_cache_bytes_per_sequence: Annotated[Array, "byte/sequence"],
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    accelerators_per_instance: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fixed_step_time: Annotated[Array, "s"],
    exchange_time_per_token: Annotated[Array, "s/token"],
    fitted_memory_time_factor: Annotated[Array, "1"],
    fitted_activation_traffic: Annotated[Array, "1"],
    fitted_exchange_time_factor: Annotated[Array, "1"],
    *,
    bytes_per_element: float,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of one decode step of a real engine, without the prefill of new arrivals."""
    bandwidth = accelerators_per_instance * memory_bandwidth
    read = weight_bytes_read_per_step + concurrent_sequences * mean_kv_cache_bytes_per_sequence
    moved = concurrent_sequences * num_layers * hidden_size * bytes_per_element
    exchange = concurrent_sequences * one_token * exchange_time_per_token
    return (
        fitted_memory_time_factor * read / bandwidth
        + fitted_activation_traffic * moved / bandwidth
        + fixed_step_time
        + fitted_exchange_time_factor * exchange
    )


@performance_function(
    formula="fitted_prefill_time_factor * prefill_flops * one_prompt / (n * peak_flops_at_weight_precision)"
    " + fitted_exchange_time_factor * input_tokens * one_prompt * exchange_time_per_token",
    citation=_CITATION,
    constants={"one_prompt": _ONE_PROMPT},
    increasing=(
        "prefill_flops",
        "input_tokens",
        "exchange_time_per_token",
        "fitted_prefill_time_factor",
        "fitted_exchange_time_factor",
    ),
    decreasing=("accelerators_per_instance", "peak_flops_at_weight_precision"),
    examples=(
        Example(
            {
                "prefill_flops": 1e14,
                "input_tokens": 1000.0,
                "accelerators_per_instance": 2.0,
                "peak_flops_at_weight_precision": 1e15,
                "exchange_time_per_token": 1e-6,
                "fitted_prefill_time_factor": 2.0,
                "fitted_exchange_time_factor": 5.0,
            },
            0.105,
            1e-12,
            "by hand: 2 * 50 ms + 5 * 1 ms",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_prefill_time(
    prefill_flops: Annotated[Array, "FLOP/sequence"],
    input_tokens: Annotated[Array, "token/sequence"],
    accelerators_per_instance: Annotated[Array, "chip"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    exchange_time_per_token: Annotated[Array, "s/token"],
    fitted_prefill_time_factor: Annotated[Array, "1"],
    fitted_exchange_time_factor: Annotated[Array, "1"],
    *,
    one_prompt: float,
) -> Annotated[Array, "s"]:
    """Seconds in which a real engine processes one prompt."""
    compute = prefill_flops * one_prompt / (accelerators_per_instance * peak_flops_at_weight_precision)
    exchange = input_tokens * one_prompt * exchange_time_per_token
    return fitted_prefill_time_factor * compute + fitted_exchange_time_factor * exchange
