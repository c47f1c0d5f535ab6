r"""What a model with sparse attention keeps, reads and multiplies for a sequence, in all its layers.

It keeps the latents of all tokens and the keys of its indexer; a new token reads all keys, and the latents of the best
:math:`\kappa` tokens only.

.. math::

    K = L\,(b + b_I)\,S \qquad \bar K = L\,(b \min(\bar S, \kappa) + b_I \bar S) \qquad
    F_{prefill} = 2 P (1 - h) T + L\,(p(T) - p(h T)), \quad p(x) = a\,m (x - m/2) + 2 H_I d_I\,x^2/2, \quad m = \min(x, \kappa)
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.declare import Array, Constant, Example, Validity, performance_function
from downstack.performance.sparse_attention import DSA

_SPARSE = {"model": "SparseAttentionModel"}
_NO_FRAGMENTATION = "the cache is paged without loss, and sequences share no prefix"
_PER_WEIGHT = Constant(2.0, "FLOP/token", "one multiply and one add for each weight and token")
_CAUSAL = Constant(0.5, "1", "a prompt token attends to the tokens before it: half of the square of the prompt")
_OWN = Constant(1.0, "sequence", "a token attends to the context of its own sequence")


@performance_function(
    returns="full_attention_layers",
    formula="num_layers",
    citation=DSA,
    assumes=("the indexer of every layer looks at the whole context, and every layer keeps it",),
    increasing=("num_layers",),
    examples=(Example({"num_layers": 61.0}, 61.0, 1e-12, "DeepSeek-V3.2 config.json: every layer has an indexer"),),
    applies_to=_SPARSE,
)
def full_attention_layers_of_sparse_attention(num_layers: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Layers whose cache grows with the context: all of them, although each reads a few tokens closely."""
    return +num_layers


@performance_function(
    returns="kv_cache_bytes_per_sequence",
    formula="(kv_cache_bytes_per_token + index_key_bytes_per_token) * (input_tokens + output_tokens)",
    citation=DSA,
    assumes=(_NO_FRAGMENTATION,),
    increasing=(
        "kv_cache_bytes_per_token",
        "index_key_bytes_per_token",
        "input_tokens",
        "output_tokens",
    ),
    examples=(
        Example(
            {
                "kv_cache_bytes_per_token": 70272.0,
                "index_key_bytes_per_token": 8052.0,
                "input_tokens": 1000.0,
                "output_tokens": 0.0,
            },
            78324000.0,
            1e-12,
            "by hand, DeepSeek-V3.2 config.json: 61 * (1152 + 132) * 1000",
        ),
    ),
    applies_to=_SPARSE,
)
def kv_cache_bytes_per_sequence_sparse(
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    index_key_bytes_per_token: Annotated[Array, "byte/token"],
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "byte/sequence"]:
    """Latents and indexer keys of one sequence at its full context."""
    return (kv_cache_bytes_per_token + index_key_bytes_per_token) * (input_tokens + output_tokens)


@performance_function(
    returns="mean_kv_cache_bytes_per_sequence",
    formula="full_attention_layers * sparse_attention_bytes_per_sequence_and_layer",
    citation=DSA,
    increasing=("full_attention_layers", "sparse_attention_bytes_per_sequence_and_layer"),
    examples=(
        Example(
            {
                "full_attention_layers": 61.0,
                "sparse_attention_bytes_per_sequence_and_layer": 1152.0 * 2048.0 + 132.0 * 131072.0,
            },
            1199308800.0,
            1e-12,
            "by hand, DeepSeek-V3.2 at 128k tokens: 1.2 GB, where full attention reads 9.2 GB",
        ),
    ),
    applies_to=_SPARSE,
)
def mean_kv_cache_bytes_per_sequence_sparse(
    full_attention_layers: Annotated[Array, "1"],
    sparse_attention_bytes_per_sequence_and_layer: Annotated[Array, "byte/sequence"],
) -> Annotated[Array, "byte/sequence"]:
    """Cache that a decode step reads for one sequence on average: all indexer keys, and the latents that they choose."""
    return full_attention_layers * sparse_attention_bytes_per_sequence_and_layer


@performance_function(
    returns="decode_flops_per_token",
    formula="per_weight * matmul_parameters + full_attention_layers * sparse_attention_flops_per_token_and_layer",
    citation=DSA,
    constants={"per_weight": _PER_WEIGHT},
    increasing=("matmul_parameters", "full_attention_layers", "sparse_attention_flops_per_token_and_layer"),
    examples=(
        Example(
            {
                "matmul_parameters": 37e9,
                "full_attention_layers": 61.0,
                "sparse_attention_flops_per_token_and_layer": 2.7e9,
            },
            74e9 + 164.7e9,
            1e-12,
            "by hand: 2 * 37e9 + 61 * 2.7e9",
        ),
    ),
    applies_to=_SPARSE,
)
def decode_flops_per_token_sparse(
    matmul_parameters: Annotated[Array, "1"],
    full_attention_layers: Annotated[Array, "1"],
    sparse_attention_flops_per_token_and_layer: Annotated[Array, "FLOP/token"],
    *,
    per_weight: float,
) -> Annotated[Array, "FLOP/token"]:
    """Arithmetic of one new token at the mean context, when an indexer chooses what it attends to."""
    return per_weight * matmul_parameters + full_attention_layers * sparse_attention_flops_per_token_and_layer


@performance_function(
    returns="prefill_flops",
    formula="per_weight * matmul_parameters * (1 - h) * input_tokens + full_attention_layers * (p(input_tokens)"
    " - p(h * input_tokens)), h = prefix_cache_hit_rate, p(x) = prefill_attention_flops_per_context_token * m"
    " * (x - causal_half * m) + index_flops_per_context_token * causal_half * x ^ 2, m = min(x, index_top_k)",
    citation=DSA,
    constants={
        "per_weight": _PER_WEIGHT,
        "causal_half": _CAUSAL,
        "own_sequence": _OWN,
    },
    optional=("prefix_cache_hit_rate",),
    validity=(Validity("prefix_cache_hit_rate", 0.0, 1.0, "a share of the prompt"),),
    assumes=(
        "prompts are multiplied on the expanded heads, for the chosen tokens only; choosing them costs nothing",
        "a workload without a stated prefix cache hit rate reuses nothing: every prompt token is computed",
    ),
    decreasing=("prefix_cache_hit_rate",),
    increasing=(
        "matmul_parameters",
        "input_tokens",
        "prefill_attention_flops_per_context_token",
        "full_attention_layers",
        "index_flops_per_context_token",
        "index_top_k",
    ),
    examples=(
        Example(
            {
                "matmul_parameters": 37e9,
                "input_tokens": 8192.0,
                "prefill_attention_flops_per_context_token": 81920.0,
                "full_attention_layers": 61.0,
                "index_flops_per_context_token": 16384.0,
                "index_top_k": 2048.0,
                "prefix_cache_hit_rate": float("nan"),
            },
            74e9 * 8192.0 + 61.0 * (81920.0 * 2048.0 * 7168.0 + 16384.0 * 8192.0**2 / 2.0),
            1e-12,
            "by hand, DeepSeek-V3.2: 2 * 37e9 * 8192, 2048 * (8192 - 1024) chosen pairs, 8192^2 / 2 indexed ones",
        ),
    ),
    applies_to=_SPARSE,
)
def prefill_flops_sparse(
    matmul_parameters: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    prefill_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    full_attention_layers: Annotated[Array, "1"],
    index_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    index_top_k: Annotated[Array, "token/sequence"],
    prefix_cache_hit_rate: Annotated[Array, "1"],
    *,
    per_weight: float,
    causal_half: float,
    own_sequence: float,
) -> Annotated[Array, "FLOP/sequence"]:
    """Arithmetic of one prompt, when an indexer chooses what each token attends to."""

    def attention(tokens: Array) -> Array:
        chosen = np.minimum(tokens, index_top_k)
        pairs = chosen * (tokens - causal_half * chosen)
        return (
            prefill_attention_flops_per_context_token * pairs + index_flops_per_context_token * causal_half * tokens**2
        )

    reused = np.where(np.isnan(prefix_cache_hit_rate), 0.0, prefix_cache_hit_rate) * input_tokens
    looked_at = full_attention_layers * (attention(input_tokens) - attention(reused)) * own_sequence
    return per_weight * matmul_parameters * (input_tokens - reused) + looked_at
