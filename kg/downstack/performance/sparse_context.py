r"""How long a context a deployment can serve when an indexer chooses what a token attends to.

The cache and attention formulas of sparse attention, inverted: memory holds latents and indexer keys of all tokens, a
step reads the keys of all and the latents of the best :math:`\kappa`.

.. math::

    S_{memory} = x / (L (b + b_I)) \qquad L\,(b_I S + b \min(S, \kappa)) = x
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import PAGED_ATTENTION
from downstack.performance.context import context_within
from downstack.performance.declare import Array, Example, performance_function
from downstack.performance.sparse_attention import DSA

_SPARSE = {"model": "SparseAttentionModel"}
_EQUAL = "all sequences at the reference concurrency have the same, longest context"


@performance_function(
    returns="context_length_by_memory",
    formula="free_memory / kv_cache_replication / concurrent_sequences / (kv_cache_bytes_per_token"
    " + index_key_bytes_per_token)",
    citation=f"{PAGED_ATTENTION}; {DSA}",
    assumes=(_EQUAL,),
    increasing=("free_memory",),
    decreasing=(
        "concurrent_sequences",
        "kv_cache_bytes_per_token",
        "kv_cache_replication",
        "index_key_bytes_per_token",
    ),
    examples=(
        Example(
            {
                "free_memory": 78324000.0,
                "concurrent_sequences": 1.0,
                "kv_cache_bytes_per_token": 70272.0,
                "index_key_bytes_per_token": 8052.0,
                "kv_cache_replication": 1.0,
            },
            1000.0,
            1e-12,
            "by hand, DeepSeek-V3.2 config.json: 61 * (1152 + 132) * 1000",
        ),
    ),
    applies_to=_SPARSE,
)
def context_length_by_memory_sparse(
    free_memory: Annotated[Array, "byte"],
    concurrent_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    index_key_bytes_per_token: Annotated[Array, "byte/token"],
    kv_cache_replication: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that fills the free memory with latents and indexer keys."""
    each = kv_cache_bytes_per_token + index_key_bytes_per_token
    return free_memory / kv_cache_replication / concurrent_sequences / each


@performance_function(
    returns="context_length_by_bandwidth",
    only_positive="reading the weights uses up the time between two tokens",
    formula="S with index_key_bytes_per_token * S + kv_cache_bytes_per_token"
    " * min(S, index_top_k) = (step_time_budget - weight_read_time) * cache_read_bandwidth"
    " / kv_cache_read_replication / decoding_sequences",
    citation=DSA,
    assumes=(_EQUAL,),
    increasing=("step_time_budget",),
    decreasing=("weight_read_time", "index_top_k", "kv_cache_read_replication"),
    examples=(
        Example(
            {
                "step_time_budget": 0.02,
                "weight_read_time": 0.01,
                "cache_read_bandwidth": 1199308800.0 / 0.01,
                "decoding_sequences": 1.0,
                "kv_cache_bytes_per_token": 70272.0,
                "index_key_bytes_per_token": 8052.0,
                "index_top_k": 2048.0,
                "kv_cache_read_replication": 1.0,
            },
            131072.0,
            1e-9,
            "by hand: 10 ms for 1199308800 byte = 61 * (132 * 131072 + 1152 * 2048)",
        ),
    ),
    applies_to=_SPARSE,
)
def context_length_by_bandwidth_sparse(
    step_time_budget: Annotated[Array, "s"],
    weight_read_time: Annotated[Array, "s"],
    cache_read_bandwidth: Annotated[Array, "byte/s"],
    decoding_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    index_key_bytes_per_token: Annotated[Array, "byte/token"],
    index_top_k: Annotated[Array, "token/sequence"],
    kv_cache_read_replication: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that a step just reads in time: all indexer keys, and the latents that they choose."""
    readable = (step_time_budget - weight_read_time) * cache_read_bandwidth / kv_cache_read_replication
    return context_within(
        readable / decoding_sequences, index_key_bytes_per_token, kv_cache_bytes_per_token, index_top_k
    )
