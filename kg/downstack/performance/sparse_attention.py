r"""Attention that looks at everything cheaply and at a few tokens closely (DeepSeek sparse attention).

A small indexer scores all tokens of the context, and latent attention then attends to the best of them. Both grow with
the context, the indexer with a much smaller constant.

.. math::

    F = a \min(S, \kappa) + 2 H_I d_I S \qquad Q = b \min(S, \kappa) + b_I S, \quad b_I = (1 + 4 / 128)\, d_I\,\mathrm{byte}

for `a` operations and `b` byte of full latent attention for each context token. What follows from it for a whole model is in
:mod:`downstack.performance.sparse_sequence`.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.declare import Array, Constant, Example, performance_function

DSA = "DeepSeek-AI: DeepSeek-V3.2-Exp, inference/model.py (class Indexer), commit 6d8cb70, 2025"
_MULTIPLY_ADD = Constant(2.0, "FLOP/token/token", "one multiply and one add for each pair of tokens")
_OWN = Constant(1.0, "sequence", "a token attends to the context of its own sequence")
_INDEX_KEY = Constant(1.0, "byte/token", f"{DSA}: k_cache holds keys in FP8")
_INDEX_SCALE = Constant(4.0, "byte/token", f"{DSA}: k_scale_cache holds an FP32 scale for each block of a key")
_BLOCK = Constant(128.0, "1", f"{DSA}: block_size, the numbers that share a scale")
_HALF = Constant(0.5, "1", "over a reply the context grows evenly from the prompt to prompt and reply")
_AT_128K = {"mean_context_length": 131072.0, "index_top_k": 2048.0}


@performance_function(
    formula="input_tokens + half * output_tokens",
    citation=DSA,
    constants={"half": _HALF},
    increasing=("input_tokens", "output_tokens"),
    examples=(Example({"input_tokens": 4096.0, "output_tokens": 512.0}, 4352.0, 1e-12, "by hand"),),
)
def mean_context_length(
    input_tokens: Annotated[Array, "token/sequence"], output_tokens: Annotated[Array, "token/sequence"], *, half: float
) -> Annotated[Array, "token/sequence"]:
    """Context of a new token on average over a reply."""
    return input_tokens + half * output_tokens


@performance_function(
    formula="multiply_add * index_heads * index_head_dim",
    citation=DSA,
    constants={"multiply_add": _MULTIPLY_ADD},
    assumes=("the weights of the heads and choosing the best tokens cost nothing",),
    increasing=("index_heads", "index_head_dim"),
    examples=(Example({"index_heads": 64.0, "index_head_dim": 128.0}, 16384.0, 1e-12, "by hand: 2 * 64 * 128"),),
)
def index_flops_per_context_token(
    index_heads: Annotated[Array, "1"], index_head_dim: Annotated[Array, "1"], *, multiply_add: float
) -> Annotated[Array, "FLOP/token/token"]:
    """Arithmetic of the indexer for one token and one context token in one layer."""
    return multiply_add * index_heads * index_head_dim


@performance_function(
    formula="decode_attention_flops_per_context_token * min(mean_context_length, index_top_k)"
    " + index_flops_per_context_token * mean_context_length",
    citation=DSA,
    constants={"own": _OWN},
    increasing=(
        "decode_attention_flops_per_context_token",
        "index_flops_per_context_token",
        "mean_context_length",
        "index_top_k",
    ),
    examples=(
        Example(
            {
                **_AT_128K,
                "decode_attention_flops_per_context_token": 278528.0,
                "index_flops_per_context_token": 16384.0,
            },
            278528.0 * 2048.0 + 16384.0 * 131072.0,
            1e-12,
            "by hand, DeepSeek-V3.2 config.json at 128k tokens",
        ),
    ),
)
def sparse_attention_flops_per_token_and_layer(
    decode_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    index_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    mean_context_length: Annotated[Array, "token/sequence"],
    index_top_k: Annotated[Array, "token/sequence"],
    *,
    own: float,
) -> Annotated[Array, "FLOP/token"]:
    """Arithmetic of sparse attention for one new token in one layer."""
    chosen = decode_attention_flops_per_context_token * np.minimum(mean_context_length, index_top_k)
    return own * (chosen + index_flops_per_context_token * mean_context_length)


@performance_function(
    formula="(index_key + index_scale / block) * index_head_dim",
    citation=DSA,
    constants={"index_key": _INDEX_KEY, "index_scale": _INDEX_SCALE, "block": _BLOCK},
    increasing=("index_head_dim",),
    examples=(
        Example({"index_head_dim": 128.0}, 132.0, 1e-12, "by hand: 128 numbers of one byte and a scale of four"),
    ),
)
def index_key_bytes_per_token_and_layer(
    index_head_dim: Annotated[Array, "1"], *, index_key: float, index_scale: float, block: float
) -> Annotated[Array, "byte/token"]:
    """The key that the indexer keeps for one token in one layer, with its scale."""
    return (index_key + index_scale / block) * index_head_dim


@performance_function(
    formula="full_attention_layers * index_key_bytes_per_token_and_layer",
    citation=DSA,
    increasing=("full_attention_layers", "index_key_bytes_per_token_and_layer"),
    examples=(
        Example(
            {"full_attention_layers": 61.0, "index_key_bytes_per_token_and_layer": 132.0},
            8052.0,
            1e-12,
            "by hand, DeepSeek-V3.2 config.json: 61 * 132",
        ),
    ),
)
def index_key_bytes_per_token(
    full_attention_layers: Annotated[Array, "1"],
    index_key_bytes_per_token_and_layer: Annotated[Array, "byte/token"],
) -> Annotated[Array, "byte/token"]:
    """The keys that the indexers of all layers keep for one token."""
    return full_attention_layers * index_key_bytes_per_token_and_layer


@performance_function(
    formula="kv_cache_bytes_per_token_and_layer * min(mean_context_length, index_top_k)"
    " + index_key_bytes_per_token_and_layer * mean_context_length",
    citation=DSA,
    assumes=("scores are left out; each token chooses for itself, so a step shares no reads",),
    increasing=(
        "kv_cache_bytes_per_token_and_layer",
        "index_key_bytes_per_token_and_layer",
        "mean_context_length",
        "index_top_k",
    ),
    examples=(
        Example(
            {
                **_AT_128K,
                "kv_cache_bytes_per_token_and_layer": 1152.0,
                "index_key_bytes_per_token_and_layer": 132.0,
            },
            1152.0 * 2048.0 + 132.0 * 131072.0,
            1e-12,
            "by hand, DeepSeek-V3.2 config.json at 128k tokens",
        ),
    ),
)
def sparse_attention_bytes_per_sequence_and_layer(
    kv_cache_bytes_per_token_and_layer: Annotated[Array, "byte/token"],
    index_key_bytes_per_token_and_layer: Annotated[Array, "byte/token"],
    mean_context_length: Annotated[Array, "token/sequence"],
    index_top_k: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "byte/sequence"]:
    """Bytes of cache that one layer of sparse attention reads for a new token of a sequence."""
    chosen = np.minimum(mean_context_length, index_top_k)
    return kv_cache_bytes_per_token_and_layer * chosen + index_key_bytes_per_token_and_layer * mean_context_length


@performance_function(
    formula="sparse_attention_bytes_per_sequence_and_layer / (kv_cache_bytes_per_token_and_layer * mean_context_length)",
    citation=DSA,
    increasing=("sparse_attention_bytes_per_sequence_and_layer",),
    decreasing=("mean_context_length", "kv_cache_bytes_per_token_and_layer"),
    examples=(
        Example(
            {
                "sparse_attention_bytes_per_sequence_and_layer": 1152.0 * 2048.0 + 132.0 * 131072.0,
                "mean_context_length": 131072.0,
                "kv_cache_bytes_per_token_and_layer": 1152.0,
            },
            1.0 / 64.0 + 132.0 / 1152.0,
            1e-12,
            "by hand: 2048 of 131072 tokens, and 132 of 1152 byte of each",
        ),
    ),
)
def sparse_attention_read_share(
    sparse_attention_bytes_per_sequence_and_layer: Annotated[Array, "byte/sequence"],
    mean_context_length: Annotated[Array, "token/sequence"],
    kv_cache_bytes_per_token_and_layer: Annotated[Array, "byte/token"],
) -> Annotated[Array, "1"]:
    """What sparse attention reads of its cache, over what full latent attention would read."""
    full = kv_cache_bytes_per_token_and_layer * mean_context_length
    return sparse_attention_bytes_per_sequence_and_layer / full
