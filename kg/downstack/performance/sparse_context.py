r"""How long a context a deployment can serve when an indexer chooses what a token attends to.

The cache and attention formulas of sparse attention, inverted: memory holds latents and indexer keys of all tokens, a
step reads and multiplies the keys of all and the latents of the best :math:`\kappa`.

.. math::

    S_{memory} = x / (L (b + b_I)) \qquad L\,(b_I S + b \min(S, \kappa)) = x
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import PAGED_ATTENTION
from downstack.performance.context import context_within
from downstack.performance.declare import Array, Constant, Example, performance_function
from downstack.performance.sparse_attention import DSA

_SPARSE = {"model": "SparseAttentionModel"}
_EQUAL = "all sequences at the reference concurrency have the same, longest context"
_PER_WEIGHT = Constant(2.0, "FLOP/token", "one multiply and one add for each weight and token")
_ONE_TOKEN = Constant(1.0, "token/sequence", "a step gives one token of each sequence")
_OWN = Constant(1.0, "sequence", "a token attends to the context of its own sequence")


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
    " * min(S, index_top_k) = (step_time_budget - weight_read_time) * effective_memory_bandwidth"
    " / kv_cache_replication / concurrent_sequences",
    citation=DSA,
    assumes=(_EQUAL,),
    increasing=("step_time_budget",),
    decreasing=("weight_read_time", "index_top_k", "kv_cache_replication"),
    examples=(
        Example(
            {
                "step_time_budget": 0.02,
                "weight_read_time": 0.01,
                "effective_memory_bandwidth": 1199308800.0 / 0.01,
                "concurrent_sequences": 1.0,
                "kv_cache_bytes_per_token": 70272.0,
                "index_key_bytes_per_token": 8052.0,
                "index_top_k": 2048.0,
                "kv_cache_replication": 1.0,
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
    effective_memory_bandwidth: Annotated[Array, "byte/s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    index_key_bytes_per_token: Annotated[Array, "byte/token"],
    index_top_k: Annotated[Array, "token/sequence"],
    kv_cache_replication: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that a step just reads in time: all indexer keys, and the latents that they choose."""
    readable = (step_time_budget - weight_read_time) * effective_memory_bandwidth / kv_cache_replication
    return context_within(
        readable / concurrent_sequences, index_key_bytes_per_token, kv_cache_bytes_per_token, index_top_k
    )


@performance_function(
    returns="context_length_by_compute",
    only_positive="the arithmetic of the weights uses up the time between two tokens",
    formula="S with full_attention_layers * own_sequence * (index_flops_per_context_token * S"
    " + decode_attention_flops_per_context_token * min(S, index_top_k))"
    " = step_time_budget * effective_decode_compute / concurrent_sequences / one_token - per_weight * matmul_parameters",
    citation=DSA,
    constants={
        "per_weight": _PER_WEIGHT,
        "one_token": _ONE_TOKEN,
        "own_sequence": _OWN,
    },
    assumes=(_EQUAL,),
    increasing=("step_time_budget", "effective_decode_compute"),
    decreasing=("concurrent_sequences", "matmul_parameters", "index_top_k"),
    examples=(
        Example(
            {
                "step_time_budget": 0.01,
                "effective_decode_compute": (74e9 + 61.0 * (16384.0 * 10000.0 + 278528.0 * 2048.0)) * 1e3,
                "concurrent_sequences": 10.0,
                "matmul_parameters": 37e9,
                "decode_attention_flops_per_context_token": 278528.0,
                "full_attention_layers": 61.0,
                "index_flops_per_context_token": 16384.0,
                "index_top_k": 2048.0,
            },
            10000.0,
            1e-9,
            "by hand: one token has 2 * 37e9 + 61 * (2 * 64 * 128 * 10000 + 278528 * 2048) FLOP",
        ),
    ),
    applies_to=_SPARSE,
)
def context_length_by_compute_sparse(
    step_time_budget: Annotated[Array, "s"],
    effective_decode_compute: Annotated[Array, "FLOP/s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    matmul_parameters: Annotated[Array, "1"],
    decode_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    full_attention_layers: Annotated[Array, "1"],
    index_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    index_top_k: Annotated[Array, "token/sequence"],
    *,
    per_weight: float,
    one_token: float,
    own_sequence: float,
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that a step just multiplies in time, when an indexer chooses what is attended to."""
    affordable = step_time_budget * effective_decode_compute / concurrent_sequences / one_token
    layers = full_attention_layers * own_sequence
    return context_within(
        affordable - per_weight * matmul_parameters,
        layers * index_flops_per_context_token,
        layers * decode_attention_flops_per_context_token,
        index_top_k,
    )
