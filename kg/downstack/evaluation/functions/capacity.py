r"""How many sequences fit beside the weights.

.. math::

    B = u\,\frac{n\,(1.0737\,C - R) - W_e - D\,(W_d + W_{emb})}{K}

The marketed gigabyte of device memory is a gibibyte (a stack of DRAM dies holds a power of two); an engine reserves `R`
on each chip and gives the share `u` of what is left to caches.
"""

from __future__ import annotations

from typing import Annotated

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import HBM3, PAGED_ATTENTION
from downstack.performance.declare import Array, Constant, Example, performance_function

_GIBIBYTE = Constant(2.0**30 / 1e9, "1", f"bytes of a GiB over bytes of a GB; {HBM3}: dies of a power of two")
_HEAD = Constant(2.0, "byte", "checkpoints in narrow formats keep embeddings in BF16")


@performance_function(
    formula="cache_share * (accelerators_per_replica * (gibibyte * memory_capacity - reserved_memory)"
    " - routed_weight_bytes - data_parallel * (dense_weight_bytes_read + hidden_size * vocabulary_size * head_bytes))"
    " / resident_kv_cache_bytes_per_sequence",
    citation=PAGED_ATTENTION,
    constants={"gibibyte": _GIBIBYTE, "head_bytes": _HEAD},
    increasing=("cache_share", "accelerators_per_replica", "memory_capacity"),
    decreasing=("reserved_memory", "routed_weight_bytes", "dense_weight_bytes_read"),
    examples=(
        Example(
            {
                "cache_share": 0.9,
                "accelerators_per_replica": 2.0,
                "memory_capacity": 80e9,
                "reserved_memory": 2e9,
                "routed_weight_bytes": 0.0,
                "data_parallel": 1.0,
                "dense_weight_bytes_read": 70e9,
                "hidden_size": 8192.0,
                "vocabulary_size": 128256.0,
                "resident_kv_cache_bytes_per_sequence": 1e9,
            },
            0.9 * (2 * (80 * 2**30 - 2e9) - 70e9 - 2 * 8192 * 128256) / 1e9,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def sequences_that_fit(
    cache_share: Annotated[Array, "1"],
    accelerators_per_replica: Annotated[Array, "chip"],
    memory_capacity: Annotated[Array, "byte/chip"],
    reserved_memory: Annotated[Array, "byte/chip"],
    routed_weight_bytes: Annotated[Array, "byte"],
    data_parallel: Annotated[Array, "1"],
    dense_weight_bytes_read: Annotated[Array, "byte"],
    hidden_size: Annotated[Array, "1"],
    vocabulary_size: Annotated[Array, "1"],
    resident_kv_cache_bytes_per_sequence: Annotated[Array, "byte/sequence"],
    *,
    gibibyte: float,
    head_bytes: float,
) -> Annotated[Array, "sequence"]:
    """Sequences whose caches fit; zero or less when the weights do not."""
    held = dense_weight_bytes_read + hidden_size * vocabulary_size * head_bytes
    memory = accelerators_per_replica * (gibibyte * memory_capacity - reserved_memory)
    free = memory - routed_weight_bytes - data_parallel * held
    return cache_share * free / resident_kv_cache_bytes_per_sequence
