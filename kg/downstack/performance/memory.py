r"""How many sequences the memory of a deployment holds.

What the weights leave free of the memory that the framework may use is filled with caches.

.. math::

    M = n C u - W \qquad B_{capacity} = M / (K r) \qquad M_{used} = W + B K r

with `n` chips of capacity `C`, usable share `u`, stored weights `W`, full-context cache `K` of one sequence and copies `r` of
each cached number.
"""

from __future__ import annotations

from typing import Annotated, Any

from downstack.performance.citations import PAGED_ATTENTION
from downstack.performance.declare import Array, Example, Validity, performance_function


def _weights_fit(
    accelerators_per_replica: Array, memory_capacity: Array, gpu_memory_utilization: Array, stored_weight_bytes: Array
) -> Any:
    return accelerators_per_replica * memory_capacity * gpu_memory_utilization > stored_weight_bytes


@performance_function(
    formula="accelerators_per_replica * memory_capacity * gpu_memory_utilization - stored_weight_bytes",
    citation=PAGED_ATTENTION,
    validity=(Validity("gpu_memory_utilization", 0.0, 1.0, "a share of the memory"),),
    feasible=_weights_fit,
    infeasible_reason="the weights do not fit into the memory of the instance",
    assumes=(
        "weights are spread evenly over the chips, uneven pipeline stages are left out",
        "activations and buffers fit into what gpu_memory_utilization leaves out",
    ),
    increasing=("accelerators_per_replica", "memory_capacity", "gpu_memory_utilization"),
    decreasing=("stored_weight_bytes",),
    examples=(
        Example(
            {
                "accelerators_per_replica": 8.0,
                "memory_capacity": 80e9,
                "gpu_memory_utilization": 0.9,
                "stored_weight_bytes": 141e9,
            },
            435e9,
            1e-12,
            "by hand: 8 * 80e9 * 0.9 - 141e9",
        ),
    ),
)
def free_memory(
    accelerators_per_replica: Annotated[Array, "chip"],
    memory_capacity: Annotated[Array, "byte/chip"],
    gpu_memory_utilization: Annotated[Array, "1"],
    stored_weight_bytes: Annotated[Array, "byte"],
) -> Annotated[Array, "byte"]:
    """Memory of the chips of one copy of the model that is left for caches after the weights."""
    return accelerators_per_replica * memory_capacity * gpu_memory_utilization - stored_weight_bytes


@performance_function(
    formula="free_memory / (kv_cache_bytes_per_sequence * kv_cache_replication)",
    citation=PAGED_ATTENTION,
    assumes=(
        "concurrency is an average and not rounded down to whole sequences",
        "caches are spread evenly over the chips",
    ),
    increasing=("free_memory",),
    decreasing=("kv_cache_bytes_per_sequence", "kv_cache_replication"),
    examples=(
        Example(
            {"free_memory": 435e9, "kv_cache_bytes_per_sequence": 1.5e9, "kv_cache_replication": 1.0},
            290.0,
            1e-12,
            "by hand: 435e9 / 1.5e9",
        ),
        Example(
            {"free_memory": 435e9, "kv_cache_bytes_per_sequence": 1.5e9, "kv_cache_replication": 2.0},
            145.0,
            1e-12,
            "by hand: every cached number is held twice",
        ),
    ),
)
def concurrency_by_capacity(
    free_memory: Annotated[Array, "byte"],
    kv_cache_bytes_per_sequence: Annotated[Array, "byte/sequence"],
    kv_cache_replication: Annotated[Array, "1"],
) -> Annotated[Array, "sequence"]:
    """Sequences whose full context fits into the free memory at the same time."""
    return free_memory / (kv_cache_bytes_per_sequence * kv_cache_replication)


@performance_function(
    formula="stored_weight_bytes + concurrent_sequences * kv_cache_bytes_per_sequence * kv_cache_replication",
    citation=PAGED_ATTENTION,
    assumes=("every sequence of the load holds its full context",),
    increasing=(
        "stored_weight_bytes",
        "concurrent_sequences",
        "kv_cache_bytes_per_sequence",
        "kv_cache_replication",
    ),
    examples=(
        Example(
            {
                "stored_weight_bytes": 141e9,
                "concurrent_sequences": 100.0,
                "kv_cache_bytes_per_sequence": 1.5e9,
                "kv_cache_replication": 2.0,
            },
            441e9,
            1e-12,
            "by hand: 141e9 + 100 * 1.5e9 * 2",
        ),
    ),
)
def memory_in_use(
    stored_weight_bytes: Annotated[Array, "byte"],
    concurrent_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_sequence: Annotated[Array, "byte/sequence"],
    kv_cache_replication: Annotated[Array, "1"],
) -> Annotated[Array, "byte"]:
    """Memory that weights and caches of the reference load fill on the chips of one copy of the model."""
    return stored_weight_bytes + concurrent_sequences * kv_cache_bytes_per_sequence * kv_cache_replication
