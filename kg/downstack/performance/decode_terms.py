r"""What a decode step is made of: reads, arithmetic and fixed costs.

Each step reads the weights once for all sequences and the cache of each sequence, multiplies one token for each
sequence, and starts a row of kernels in every layer whose launch no bandwidth buys back.

.. math::

    t_W = P b_w\,\frac{N}{n} / \hat W \qquad t_E = P_E b_e\,p / \hat W \qquad t_K = \bar K r / \hat W \qquad t_C = F_{decode} / \hat P

    t_O = L\,o + [n > 1]\,L\,o_{tp} + L_{moe}\,o_{moe}

`N` chips hold one copy of the model, in groups of `n` tensor-parallel chips and `p` pipeline stages; a token passes all stages,
and each group reads all weights of its stage. `r` copies of each cached number are read.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import ROOFLINE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_TOKEN = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each sequence a step")
_ONE_CHIP = Constant(1.0, "chip", "tensor parallelism starts with the second chip")
_FITTED = (
    "fixed cost of starting the kernels of each layer, fitted on published serving measurements; a floor that neither"
    " bandwidth nor arithmetic buys back"
)
_NO_SPECULATION = "no speculative decoding: one token of each sequence a step"


@performance_function(
    formula="dense_matmul_parameters * bytes_per_parameter * (accelerators_per_replica / tensor_parallel)"
    " / effective_memory_bandwidth",
    citation=SCALING_BOOK,
    assumes=("the input embedding is not read in a decode step, only looked up",),
    increasing=("dense_matmul_parameters", "bytes_per_parameter", "accelerators_per_replica"),
    decreasing=("effective_memory_bandwidth", "tensor_parallel"),
    examples=(
        Example(
            {
                "dense_matmul_parameters": 30e9,
                "bytes_per_parameter": 1.0,
                "effective_memory_bandwidth": 1.296e13,
                "accelerators_per_replica": 16.0,
                "tensor_parallel": 16.0,
            },
            2.3148148e-3,
            1e-6,
            "How to Scale Your Model, inference: 30B in int8 on sixteen TPU v5e, weights only",
        ),
    ),
)
def dense_weight_read_time(
    dense_matmul_parameters: Annotated[Array, "1"],
    bytes_per_parameter: Annotated[Array, "byte"],
    effective_memory_bandwidth: Annotated[Array, "byte/s"],
    accelerators_per_replica: Annotated[Array, "chip"],
    tensor_parallel: Annotated[Array, "chip"],
) -> Annotated[Array, "s"]:
    """Seconds to read the weights that every token passes, stage after stage."""
    groups = accelerators_per_replica / tensor_parallel
    return dense_matmul_parameters * bytes_per_parameter * groups / effective_memory_bandwidth


@performance_function(
    formula="expert_parameters * bytes_per_expert_parameter * pipeline_parallel / effective_memory_bandwidth",
    citation=SCALING_BOOK,
    increasing=("expert_parameters", "bytes_per_expert_parameter", "pipeline_parallel"),
    decreasing=("effective_memory_bandwidth",),
    examples=(
        Example(
            {
                "expert_parameters": 114661785600.0,
                "bytes_per_expert_parameter": 0.53125,
                "effective_memory_bandwidth": 3.35e12,
                "pipeline_parallel": 1.0,
            },
            0.0181833055522,
            1e-6,
            "gpt-oss-120b on one H100 by hand: 114661785600 * 0.53125 / 3.35e12",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def expert_weight_read_time(
    expert_parameters: Annotated[Array, "1"],
    bytes_per_expert_parameter: Annotated[Array, "byte"],
    effective_memory_bandwidth: Annotated[Array, "byte/s"],
    pipeline_parallel: Annotated[Array, "1"],
) -> Annotated[Array, "s"]:
    """Seconds to read all routed experts of all layers; a step reads the share of them that it uses."""
    return expert_parameters * bytes_per_expert_parameter * pipeline_parallel / effective_memory_bandwidth


@performance_function(
    formula="mean_kv_cache_bytes_per_sequence * kv_cache_replication / effective_memory_bandwidth",
    citation=SCALING_BOOK,
    assumes=("the caches are spread evenly over the chips",),
    increasing=("mean_kv_cache_bytes_per_sequence", "kv_cache_replication"),
    decreasing=("effective_memory_bandwidth",),
    examples=(
        Example(
            {
                "mean_kv_cache_bytes_per_sequence": 6.7e9,
                "effective_memory_bandwidth": 6.56e12,
                "kv_cache_replication": 1.0,
            },
            1.02134146e-3,
            1e-6,
            "How to Scale Your Model, inference: Llama 2-13B at 8192 tokens on eight TPU v5e",
        ),
    ),
)
def kv_read_time_per_sequence(
    mean_kv_cache_bytes_per_sequence: Annotated[Array, "byte/sequence"],
    effective_memory_bandwidth: Annotated[Array, "byte/s"],
    kv_cache_replication: Annotated[Array, "1"],
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which the cache of one sequence lengthens a step, at its mean context."""
    return mean_kv_cache_bytes_per_sequence * kv_cache_replication / effective_memory_bandwidth


@performance_function(
    formula="decode_flops_per_token * one_token / effective_decode_compute",
    citation=ROOFLINE,
    constants={"one_token": _ONE_TOKEN},
    assumes=(_NO_SPECULATION,),
    increasing=("decode_flops_per_token",),
    decreasing=("effective_decode_compute",),
    examples=(
        Example(
            {"decode_flops_per_token": 140e9, "effective_decode_compute": 4e15},
            3.5e-5,
            1e-12,
            "by hand: 140e9 / 4e15",
        ),
    ),
)
def compute_time_per_sequence(
    decode_flops_per_token: Annotated[Array, "FLOP/token"],
    effective_decode_compute: Annotated[Array, "FLOP/s"],
    *,
    one_token: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds of arithmetic for the one token that a sequence gets in a step."""
    return decode_flops_per_token * one_token / effective_decode_compute


@performance_function(
    returns="step_overhead_time",
    formula="num_layers * (layer_overhead_time + tensor_parallel_layer_overhead_time if tensor_parallel > one_chip)",
    citation=_FITTED,
    constants={"one_chip": _ONE_CHIP},
    increasing=(
        "num_layers",
        "layer_overhead_time",
        "tensor_parallel_layer_overhead_time",
        "tensor_parallel",
    ),
    examples=(
        Example(
            {
                "num_layers": 80.0,
                "layer_overhead_time": 43e-6,
                "tensor_parallel_layer_overhead_time": 21e-6,
                "tensor_parallel": 8.0,
            },
            5.12e-3,
            1e-12,
            "by hand: 80 * (43 us + 21 us)",
        ),
        Example(
            {
                "num_layers": 32.0,
                "layer_overhead_time": 43e-6,
                "tensor_parallel_layer_overhead_time": 21e-6,
                "tensor_parallel": 1.0,
            },
            1.376e-3,
            1e-12,
            "by hand: 32 * 43 us, one chip",
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def step_overhead_time_dense(
    num_layers: Annotated[Array, "1"],
    layer_overhead_time: Annotated[Array, "s"],
    tensor_parallel_layer_overhead_time: Annotated[Array, "s"],
    tensor_parallel: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Fixed seconds of a decode step of a dense model, whatever the batch."""
    parallel = _when_parallel(tensor_parallel_layer_overhead_time, tensor_parallel, one_chip)
    return num_layers * (layer_overhead_time + parallel)


@performance_function(
    returns="step_overhead_time",
    formula="num_layers * (layer_overhead_time + tensor_parallel_layer_overhead_time if"
    " tensor_parallel > one_chip) + (num_layers - dense_layers) * moe_layer_overhead_time",
    citation=_FITTED,
    constants={"one_chip": _ONE_CHIP},
    increasing=(
        "num_layers",
        "layer_overhead_time",
        "tensor_parallel_layer_overhead_time",
        "moe_layer_overhead_time",
        "tensor_parallel",
    ),
    decreasing=("dense_layers",),
    examples=(
        Example(
            {
                "num_layers": 61.0,
                "dense_layers": 3.0,
                "layer_overhead_time": 43e-6,
                "tensor_parallel_layer_overhead_time": 21e-6,
                "moe_layer_overhead_time": 46e-6,
                "tensor_parallel": 8.0,
            },
            6.572e-3,
            1e-12,
            "by hand: 61 * (43 us + 21 us) + 58 * 46 us",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def step_overhead_time_mixture(
    num_layers: Annotated[Array, "1"],
    dense_layers: Annotated[Array, "1"],
    layer_overhead_time: Annotated[Array, "s"],
    tensor_parallel_layer_overhead_time: Annotated[Array, "s"],
    moe_layer_overhead_time: Annotated[Array, "s"],
    tensor_parallel: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Fixed seconds of a decode step of a mixture of experts: routing and grouped products come on top."""
    parallel = _when_parallel(tensor_parallel_layer_overhead_time, tensor_parallel, one_chip)
    routed_layers = num_layers - dense_layers
    return num_layers * (layer_overhead_time + parallel) + routed_layers * moe_layer_overhead_time


def _when_parallel(time: Array, chips: Array, one_chip: float) -> Array:
    """Return the time where there is more than one chip, zero where there is one, NaN where that is unknown."""
    return np.where(chips <= one_chip, 0.0 * time, time + 0.0 * time * (chips / one_chip))
