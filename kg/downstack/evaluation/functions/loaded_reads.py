r"""How long a loaded engine takes to read weights and caches.

Each term is what the memory bandwidth allows, times a fitted factor. Dense weights are split over the chips of one
attention group (tensor and pipeline parallel), routed experts over all chips of the instance; a cache is read by the chips that hold it.

.. math::

    t_d = f_d \frac{W_d}{n_a\,w} \qquad t_e(T) = f_e \frac{W_e\,U(T) / E}{n\,w} \qquad t_c = f_c \frac{K}{n\,w}

`U(T)` is the expected number of distinct experts for `T` tokens, `K` the cache of one sequence at its mean length.
"""

from __future__ import annotations

from typing import Annotated

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import MIXTURE_OF_EXPERTS, ROOFLINE
from downstack.performance.declare import Array, Constant, Example, performance_function

FITTED = f"{ROOFLINE}; factors fitted on published measurements, docs/accuracy.md"
_HEAD = Constant(2.0, "byte", "checkpoints in narrow formats keep the output head in BF16")


@performance_function(
    formula="(dense_matmul_parameters - hidden_size * vocabulary_size) * bytes_per_parameter"
    " + hidden_size * vocabulary_size * head_bytes",
    citation=ROOFLINE,
    constants={"head_bytes": _HEAD},
    only_positive="a model has weights beside its output head",
    increasing=("dense_matmul_parameters", "bytes_per_parameter"),
    examples=(
        Example(
            {
                "dense_matmul_parameters": 7.5e9,
                "hidden_size": 4096.0,
                "vocabulary_size": 128256.0,
                "bytes_per_parameter": 1.0,
            },
            8025336576.0,
            1e-12,
            "by hand: 6.975 GB and 2 * 0.525 GB",
        ),
    ),
    registry=CALIBRATED,
)
def dense_weight_bytes_read(
    dense_matmul_parameters: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    vocabulary_size: Annotated[Array, "1"],
    bytes_per_parameter: Annotated[Array, "byte"],
    *,
    head_bytes: float,
) -> Annotated[Array, "byte"]:
    """Bytes of weights that every step reads, whatever experts it uses."""
    head = hidden_size * vocabulary_size
    return (dense_matmul_parameters - head) * bytes_per_parameter + head * head_bytes


@performance_function(
    formula="expert_parameters * bytes_per_expert_parameter",
    citation=MIXTURE_OF_EXPERTS,
    increasing=("expert_parameters", "bytes_per_expert_parameter"),
    examples=(Example({"expert_parameters": 1e9, "bytes_per_expert_parameter": 0.5625}, 562.5e6, 1e-12, "by hand"),),
    applies_to={"model": "MixtureOfExpertsModel"},
    registry=CALIBRATED,
)
def routed_weight_bytes(
    expert_parameters: Annotated[Array, "1"], bytes_per_expert_parameter: Annotated[Array, "byte"]
) -> Annotated[Array, "byte"]:
    """Bytes of all routed experts."""
    return expert_parameters * bytes_per_expert_parameter


@performance_function(
    formula="fitted_dense_read_factor * dense_weight_bytes_read / (attention_chips * memory_bandwidth)",
    citation=FITTED,
    increasing=("fitted_dense_read_factor", "dense_weight_bytes_read"),
    decreasing=("attention_chips", "memory_bandwidth"),
    examples=(
        Example(
            {
                "fitted_dense_read_factor": 1.1,
                "dense_weight_bytes_read": 70e9,
                "attention_chips": 2.0,
                "memory_bandwidth": 3.5e12,
            },
            11e-3,
            1e-12,
            "by hand: 1.1 * 70 GB / 7 TB/s",
        ),
    ),
    registry=CALIBRATED,
)
def dense_read_time(
    fitted_dense_read_factor: Annotated[Array, "1"],
    dense_weight_bytes_read: Annotated[Array, "byte"],
    attention_chips: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "s"]:
    """Seconds in which the weights of one attention group are read once."""
    return fitted_dense_read_factor * dense_weight_bytes_read / (attention_chips * memory_bandwidth)


@performance_function(
    formula="fitted_routed_read_factor * routed_weight_bytes * expected_distinct_experts / routed_experts"
    " / (accelerators_per_instance * memory_bandwidth)",
    citation=FITTED,
    assumes=("routing is balanced; tokens that agree on experts read fewer",),
    increasing=("fitted_routed_read_factor", "routed_weight_bytes", "expected_distinct_experts"),
    decreasing=("accelerators_per_instance", "memory_bandwidth", "routed_experts"),
    examples=(
        Example(
            {
                "fitted_routed_read_factor": 0.8,
                "routed_weight_bytes": 100e9,
                "expected_distinct_experts": 4.0,
                "routed_experts": 8.0,
                "accelerators_per_instance": 4.0,
                "memory_bandwidth": 2.5e12,
            },
            4e-3,
            1e-12,
            "by hand: 0.8 * 50 GB / 10 TB/s",
        ),
    ),
    registry=CALIBRATED,
)
def routed_read_time(
    fitted_routed_read_factor: Annotated[Array, "1"],
    routed_weight_bytes: Annotated[Array, "byte"],
    expected_distinct_experts: Annotated[Array, "1"],
    routed_experts: Annotated[Array, "1"],
    accelerators_per_instance: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "s"]:
    """Seconds in which the experts that a step uses are read once."""
    read = routed_weight_bytes * expected_distinct_experts / routed_experts
    return fitted_routed_read_factor * read / (accelerators_per_instance * memory_bandwidth)


@performance_function(
    formula="fitted_cache_read_factor * mean_kv_cache_bytes_per_sequence"
    " / (accelerators_per_instance * memory_bandwidth)",
    citation=FITTED,
    increasing=("fitted_cache_read_factor", "mean_kv_cache_bytes_per_sequence"),
    decreasing=("accelerators_per_instance", "memory_bandwidth"),
    examples=(
        Example(
            {
                "fitted_cache_read_factor": 1.2,
                "mean_kv_cache_bytes_per_sequence": 1e9,
                "accelerators_per_instance": 4.0,
                "memory_bandwidth": 2.5e12,
            },
            1.2e-4,
            1e-12,
            "by hand: 1.2 * 1 GB / 10 TB/s",
        ),
    ),
    registry=CALIBRATED,
)
def cache_read_time(
    fitted_cache_read_factor: Annotated[Array, "1"],
    mean_kv_cache_bytes_per_sequence: Annotated[Array, "byte/sequence"],
    accelerators_per_instance: Annotated[Array, "chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "s/sequence"]:
    """Seconds in which a step reads the cache of one sequence."""
    read = fitted_cache_read_factor * mean_kv_cache_bytes_per_sequence
    return read / (accelerators_per_instance * memory_bandwidth)
