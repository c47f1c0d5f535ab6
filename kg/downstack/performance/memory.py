r"""How many sequences the memory of a deployment holds.

What the weights leave free of the memory that the framework may use is filled with caches.

.. math::

    M = n C u - W \qquad B_{capacity} = M / K

with `n` chips of capacity `C`, usable share `u`, weights `W` and full-context cache `K` of one sequence.
"""

from __future__ import annotations

from typing import Annotated, Any

from downstack.performance.citations import PAGED_ATTENTION
from downstack.performance.declare import Array, Example, Validity, performance_function


def _weights_fit(
    accelerators_per_instance: Array, memory_capacity: Array, gpu_memory_utilization: Array, weight_bytes: Array
) -> Any:
    return accelerators_per_instance * memory_capacity * gpu_memory_utilization > weight_bytes


@performance_function(
    formula="accelerators_per_instance * memory_capacity * gpu_memory_utilization - weight_bytes",
    citation=PAGED_ATTENTION,
    validity=(Validity("gpu_memory_utilization", 0.0, 1.0, "a share of the memory"),),
    feasible=_weights_fit,
    infeasible_reason="the weights do not fit into the memory of the instance",
    assumes=(
        "weights are sharded over all chips of the instance, none is replicated",
        "activations and buffers fit into what gpu_memory_utilization leaves out",
    ),
    increasing=("accelerators_per_instance", "memory_capacity", "gpu_memory_utilization"),
    decreasing=("weight_bytes",),
    examples=(
        Example(
            {
                "accelerators_per_instance": 8.0,
                "memory_capacity": 80e9,
                "gpu_memory_utilization": 0.9,
                "weight_bytes": 141e9,
            },
            435e9,
            1e-12,
            "by hand: 8 * 80e9 * 0.9 - 141e9",
        ),
    ),
)
def free_memory(
    accelerators_per_instance: Annotated[Array, "chip"],
    memory_capacity: Annotated[Array, "byte/chip"],
    gpu_memory_utilization: Annotated[Array, "1"],
    weight_bytes: Annotated[Array, "byte"],
) -> Annotated[Array, "byte"]:
    """Memory of the instance that is left for caches after the weights."""
    return accelerators_per_instance * memory_capacity * gpu_memory_utilization - weight_bytes


@performance_function(
    formula="free_memory / kv_cache_bytes_per_sequence",
    citation=PAGED_ATTENTION,
    assumes=(
        "concurrency is an average and not rounded down to whole sequences",
        "caches are sharded evenly over the chips, none is replicated",
    ),
    increasing=("free_memory",),
    decreasing=("kv_cache_bytes_per_sequence",),
    examples=(
        Example(
            {"free_memory": 435e9, "kv_cache_bytes_per_sequence": 1.5e9},
            290.0,
            1e-12,
            "by hand: 435e9 / 1.5e9",
        ),
    ),
)
def concurrency_by_capacity(
    free_memory: Annotated[Array, "byte"],
    kv_cache_bytes_per_sequence: Annotated[Array, "byte/sequence"],
) -> Annotated[Array, "sequence"]:
    """Sequences whose full context fits into the free memory at the same time."""
    return free_memory / kv_cache_bytes_per_sequence
