r"""What a decode step is made of: reads and fixed costs.

Each step reads the weights once for all sequences and the cache of each sequence, and starts a row of kernels in every
layer that no bandwidth buys back. A read takes what the memory bandwidth allows, times a factor that was fitted on
published measurements of loaded engines.

.. math::

    t_W = \frac{f_d\,W_d}{n\,w} \qquad t_E = \frac{f_e\,W_e\,p}{N\,w} \qquad t_K = \frac{f_c\,\bar K r}{N\,w}

    t_O = L\,(o + [n > 1]\,o_{tp}) + L_{moe}\,o_{moe} + L_{latent}\,o_{latent}

`N` chips of bandwidth `w` hold one copy of the model, in groups of `n` tensor-parallel chips and `p` pipeline stages; a
token passes all stages, and each group reads all weights of its stage. `r` copies of each cached number are read.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.calibration import FITTED
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_CHIP = Constant(1.0, "chip", "tensor parallelism starts with the second chip")


@performance_function(
    formula="dense_weight_bytes_read * (accelerators_per_replica / tensor_parallel) / effective_memory_bandwidth",
    citation=FITTED,
    assumes=("the input embedding is not read in a decode step, only looked up",),
    increasing=("dense_weight_bytes_read", "accelerators_per_replica"),
    decreasing=("effective_memory_bandwidth", "tensor_parallel"),
    examples=(
        Example(
            {
                "dense_weight_bytes_read": 30e9,
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
    dense_weight_bytes_read: Annotated[Array, "byte"],
    effective_memory_bandwidth: Annotated[Array, "byte/s"],
    accelerators_per_replica: Annotated[Array, "chip"],
    tensor_parallel: Annotated[Array, "chip"],
) -> Annotated[Array, "s"]:
    """Seconds to read the weights that every token passes, stage after stage."""
    groups = accelerators_per_replica / tensor_parallel
    return dense_weight_bytes_read * groups / effective_memory_bandwidth


@performance_function(
    formula="f * routed_weight_bytes * pipeline_parallel / (accelerators_per_replica * memory_bandwidth),"
    " f = fitted_emulated_routed_read_factor if bytes_per_expert_parameter < narrow and the chip has no FP4 rate,"
    " else fitted_routed_read_factor",
    citation=FITTED,
    constants={"narrow": Constant(0.75, "byte", "between numbers of 4 bit with their scales and of 8 bit")},
    optional=("peak_flops_fp4_dense",),
    assumes=("routing is balanced; tokens that agree on experts read fewer, which the fitted factor holds on average",),
    increasing=(
        "fitted_routed_read_factor",
        "fitted_emulated_routed_read_factor",
        "routed_weight_bytes",
        "pipeline_parallel",
    ),
    decreasing=("accelerators_per_replica", "memory_bandwidth"),
    examples=(
        Example(
            {
                "fitted_routed_read_factor": 1.0,
                "fitted_emulated_routed_read_factor": 2.0,
                "routed_weight_bytes": 114661785600.0,
                "bytes_per_expert_parameter": 1.0,
                "peak_flops_fp4_dense": float("nan"),
                "accelerators_per_replica": 1.0,
                "memory_bandwidth": 3.35e12,
                "pipeline_parallel": 1.0,
            },
            0.0342274,
            1e-5,
            "experts of gpt-oss-120b in 8 bit on one H100 by hand: 114661785600 / 3.35e12",
        ),
        Example(
            {
                "fitted_routed_read_factor": 1.0,
                "fitted_emulated_routed_read_factor": 2.0,
                "routed_weight_bytes": 60e9,
                "bytes_per_expert_parameter": 0.53125,
                "peak_flops_fp4_dense": float("nan"),
                "accelerators_per_replica": 2.0,
                "memory_bandwidth": 3e12,
                "pipeline_parallel": 1.0,
            },
            0.02,
            1e-12,
            "by hand: 2 * 60 GB / 6 TB/s, widened as they are read",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def expert_weight_read_time(
    fitted_routed_read_factor: Annotated[Array, "1"],
    fitted_emulated_routed_read_factor: Annotated[Array, "1"],
    routed_weight_bytes: Annotated[Array, "byte"],
    bytes_per_expert_parameter: Annotated[Array, "byte"],
    peak_flops_fp4_dense: Annotated[Array, "FLOP/s/chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    pipeline_parallel: Annotated[Array, "1"],
    *,
    narrow: float,
) -> Annotated[Array, "s"]:
    """Seconds to read all routed experts of all layers; a step reads the share of them that it uses."""
    emulated = (bytes_per_expert_parameter < narrow) & np.isnan(peak_flops_fp4_dense)
    factor = np.where(emulated, fitted_emulated_routed_read_factor, fitted_routed_read_factor)
    # Whether a factor is used depends on the width: where one of the three is unknown, nothing is known.
    known = bytes_per_expert_parameter * fitted_emulated_routed_read_factor * fitted_routed_read_factor / narrow
    factor = factor + 0.0 * known
    return factor * routed_weight_bytes * pipeline_parallel / (accelerators_per_replica * memory_bandwidth)


@performance_function(
    formula="mean_kv_cache_bytes_per_sequence * kv_cache_read_replication / cache_read_bandwidth",
    citation=FITTED,
    assumes=("the caches are spread evenly over the chips",),
    increasing=("mean_kv_cache_bytes_per_sequence", "kv_cache_read_replication"),
    decreasing=("cache_read_bandwidth",),
    examples=(
        Example(
            {
                "mean_kv_cache_bytes_per_sequence": 6.7e9,
                "cache_read_bandwidth": 6.56e12,
                "kv_cache_read_replication": 1.0,
            },
            1.02134146e-3,
            1e-6,
            "How to Scale Your Model, inference: Llama 2-13B at 8192 tokens on eight TPU v5e",
        ),
    ),
)
def kv_read_time_per_sequence(
    mean_kv_cache_bytes_per_sequence: Annotated[Array, "byte/sequence"],
    cache_read_bandwidth: Annotated[Array, "byte/s"],
    kv_cache_read_replication: Annotated[Array, "1"],
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which the cache of one sequence lengthens a step, at its mean context."""
    return mean_kv_cache_bytes_per_sequence * kv_cache_read_replication / cache_read_bandwidth


@performance_function(
    returns="latent_layer_overhead_time",
    formula="0 * num_layers: without latent attention no layer expands a latent",
    citation=FITTED,
    constants={"nothing": Constant(0.0, "s", "keys and values are read as they are used")},
    examples=(Example({"num_layers": 80.0}, 0.0, 1e-12, "Llama 3.1 70B has no latent attention"),),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def latent_layer_overhead_time_grouped_query(
    num_layers: Annotated[Array, "1"], *, nothing: float
) -> Annotated[Array, "s"]:
    """Fixed seconds of a step that expanding latents takes: none where keys and values are kept."""
    return nothing * num_layers


@performance_function(
    returns="latent_layer_overhead_time",
    formula="num_layers * fitted_latent_layer_time",
    citation=FITTED,
    increasing=("num_layers", "fitted_latent_layer_time"),
    examples=(Example({"num_layers": 61.0, "fitted_latent_layer_time": 40e-6}, 2.44e-3, 1e-12, "by hand: 61 * 40 us"),),
    applies_to={"model": "LatentAttentionModel"},
)
def latent_layer_overhead_time_latent(
    num_layers: Annotated[Array, "1"], fitted_latent_layer_time: Annotated[Array, "s"]
) -> Annotated[Array, "s"]:
    """Fixed seconds of a step that the layers of latent attention take beyond those of others."""
    return num_layers * fitted_latent_layer_time


@performance_function(
    returns="step_overhead_time",
    formula="num_layers * (fitted_layer_time + fitted_parallel_layer_time if tensor_parallel > one_chip)"
    " + latent_layer_overhead_time",
    citation=FITTED,
    constants={"one_chip": _ONE_CHIP},
    increasing=(
        "num_layers",
        "fitted_layer_time",
        "fitted_parallel_layer_time",
        "latent_layer_overhead_time",
        "tensor_parallel",
    ),
    examples=(
        Example(
            {
                "num_layers": 80.0,
                "fitted_layer_time": 43e-6,
                "fitted_parallel_layer_time": 21e-6,
                "latent_layer_overhead_time": 0.0,
                "tensor_parallel": 8.0,
            },
            5.12e-3,
            1e-12,
            "by hand: 80 * (43 us + 21 us)",
        ),
        Example(
            {
                "num_layers": 32.0,
                "fitted_layer_time": 43e-6,
                "fitted_parallel_layer_time": 21e-6,
                "latent_layer_overhead_time": 0.0,
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
    fitted_layer_time: Annotated[Array, "s"],
    fitted_parallel_layer_time: Annotated[Array, "s"],
    latent_layer_overhead_time: Annotated[Array, "s"],
    tensor_parallel: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Fixed seconds of a decode step of a dense model, whatever the batch: kernels that start, links that answer."""
    parallel = _when_parallel(fitted_parallel_layer_time, tensor_parallel, one_chip)
    return num_layers * (fitted_layer_time + parallel) + latent_layer_overhead_time


@performance_function(
    returns="step_overhead_time",
    formula="num_layers * (fitted_layer_time + fitted_parallel_layer_time if tensor_parallel > one_chip)"
    " + (num_layers - dense_layers) * fitted_moe_layer_time + latent_layer_overhead_time",
    citation=FITTED,
    constants={"one_chip": _ONE_CHIP},
    increasing=(
        "num_layers",
        "fitted_layer_time",
        "fitted_parallel_layer_time",
        "fitted_moe_layer_time",
        "latent_layer_overhead_time",
        "tensor_parallel",
    ),
    decreasing=("dense_layers",),
    examples=(
        Example(
            {
                "num_layers": 61.0,
                "dense_layers": 3.0,
                "fitted_layer_time": 50e-6,
                "fitted_parallel_layer_time": 10e-6,
                "fitted_moe_layer_time": 10e-6,
                "latent_layer_overhead_time": 2.44e-3,
                "tensor_parallel": 8.0,
            },
            6.68e-3,
            1e-12,
            "by hand: 61 * 60 us + 58 * 10 us + 2.44 ms",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def step_overhead_time_mixture(
    num_layers: Annotated[Array, "1"],
    dense_layers: Annotated[Array, "1"],
    fitted_layer_time: Annotated[Array, "s"],
    fitted_parallel_layer_time: Annotated[Array, "s"],
    fitted_moe_layer_time: Annotated[Array, "s"],
    latent_layer_overhead_time: Annotated[Array, "s"],
    tensor_parallel: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Fixed seconds of a decode step of a mixture of experts: routing and grouped products come on top."""
    parallel = _when_parallel(fitted_parallel_layer_time, tensor_parallel, one_chip)
    routed = (num_layers - dense_layers) * fitted_moe_layer_time
    return num_layers * (fitted_layer_time + parallel) + routed + latent_layer_overhead_time


def _when_parallel(time: Array, chips: Array, one_chip: float) -> Array:
    """Return the time where there is more than one chip, zero where there is one, NaN where that is unknown."""
    return np.where(chips <= one_chip, 0.0 * time, time + 0.0 * time * (chips / one_chip))
