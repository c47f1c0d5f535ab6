r"""Attention that looks at everything cheaply and at a few tokens closely (DeepSeek sparse attention).

A small indexer scores all tokens of the context, and latent attention then attends to the best of them. Both grow with
the context, the indexer with a much smaller constant.

.. math::

    F = 2 H (2 d_c + d_r) \min(S, \kappa) + 2 H_I d_I S \qquad
    Q = b\,(d_c + d_r) \min(S, \kappa) + (b_I + s / g)\, d_I S
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.declare import Array, Constant, Example, performance_function

_DSA = "DeepSeek-AI: DeepSeek-V3.2-Exp, inference/model.py (class Indexer), commit 6d8cb70, 2025"
_MULTIPLY_ADD = Constant(2.0, "FLOP/token/token", "one multiply and one add for each pair of tokens")
_OWN = Constant(1.0, "sequence", "a token attends to the context of its own sequence")
_LATENT = Constant(2.0, "byte/token", "the latent and the rotary key in BF16")
_INDEX_KEY = Constant(1.0, "byte/token", f"{_DSA}: k_cache holds keys in FP8")
_INDEX_SCALE = Constant(4.0, "byte/token", f"{_DSA}: k_scale_cache holds an FP32 scale for each block of a key")
_BLOCK = Constant(128.0, "1", f"{_DSA}: block_size, the numbers that share a scale")
_HALF = Constant(0.5, "1", "over a reply the context grows evenly from the prompt to prompt and reply")
_SHAPE = {
    "mean_context_length": 131072.0,
    "index_top_k": 2048.0,
    "index_heads": 64.0,
    "index_head_dim": 128.0,
    "attention_heads": 128.0,
    "kv_lora_rank": 512.0,
    "qk_rope_head_dim": 64.0,
}


@performance_function(
    formula="input_tokens + half * output_tokens",
    citation=_DSA,
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
    formula="multiply_add * (attention_heads * (2 * kv_lora_rank + qk_rope_head_dim) * min(mean_context_length,"
    " index_top_k) + index_heads * index_head_dim * mean_context_length)",
    citation=_DSA,
    constants={"multiply_add": _MULTIPLY_ADD, "own": _OWN},
    assumes=("latent attention in its absorbed form; choosing the best tokens costs nothing",),
    increasing=(
        "mean_context_length",
        "index_top_k",
        "index_heads",
        "index_head_dim",
        "attention_heads",
        "kv_lora_rank",
        "qk_rope_head_dim",
    ),
    examples=(
        Example(
            _SHAPE,
            2.0 * (128.0 * 1088.0 * 2048.0 + 64.0 * 128.0 * 131072.0),
            1e-12,
            "by hand, DeepSeek-V3.2 config.json at 128k tokens",
        ),
    ),
)
def sparse_attention_flops_per_token_and_layer(
    mean_context_length: Annotated[Array, "token/sequence"],
    index_top_k: Annotated[Array, "token/sequence"],
    index_heads: Annotated[Array, "1"],
    index_head_dim: Annotated[Array, "1"],
    attention_heads: Annotated[Array, "1"],
    kv_lora_rank: Annotated[Array, "1"],
    qk_rope_head_dim: Annotated[Array, "1"],
    *,
    multiply_add: float,
    own: float,
) -> Annotated[Array, "FLOP/token"]:
    """Arithmetic of sparse attention for one new token in one layer."""
    chosen = attention_heads * (2.0 * kv_lora_rank + qk_rope_head_dim) * np.minimum(mean_context_length, index_top_k)
    return multiply_add * own * (chosen + index_heads * index_head_dim * mean_context_length)


@performance_function(
    formula="latent * (kv_lora_rank + qk_rope_head_dim) * min(mean_context_length, index_top_k)"
    " + (index_key + index_scale / block) * index_head_dim * mean_context_length",
    citation=_DSA,
    constants={"latent": _LATENT, "index_key": _INDEX_KEY, "index_scale": _INDEX_SCALE, "block": _BLOCK},
    assumes=("scores are left out; each token chooses for itself, so a step shares no reads",),
    increasing=("mean_context_length", "index_top_k", "index_head_dim", "kv_lora_rank", "qk_rope_head_dim"),
    examples=(
        Example(
            {name: _SHAPE[name] for name in _SHAPE if name not in {"index_heads", "attention_heads"}},
            2.0 * 576.0 * 2048.0 + 132.0 * 131072.0,
            1e-12,
            "by hand, DeepSeek-V3.2 config.json at 128k tokens",
        ),
    ),
)
def sparse_attention_bytes_per_sequence_and_layer(
    mean_context_length: Annotated[Array, "token/sequence"],
    index_top_k: Annotated[Array, "token/sequence"],
    index_head_dim: Annotated[Array, "1"],
    kv_lora_rank: Annotated[Array, "1"],
    qk_rope_head_dim: Annotated[Array, "1"],
    *,
    latent: float,
    index_key: float,
    index_scale: float,
    block: float,
) -> Annotated[Array, "byte/sequence"]:
    """Bytes of cache that one layer of sparse attention reads for a new token of a sequence."""
    chosen = np.minimum(mean_context_length, index_top_k)
    indexed = (index_key + index_scale / block) * index_head_dim * mean_context_length
    return latent * (kv_lora_rank + qk_rope_head_dim) * chosen + indexed


@performance_function(
    formula="sparse_attention_bytes_per_sequence_and_layer / (latent * (kv_lora_rank + qk_rope_head_dim)"
    " * mean_context_length)",
    citation=_DSA,
    constants={"latent": _LATENT},
    increasing=("sparse_attention_bytes_per_sequence_and_layer",),
    decreasing=("mean_context_length", "kv_lora_rank", "qk_rope_head_dim"),
    examples=(
        Example(
            {
                "sparse_attention_bytes_per_sequence_and_layer": 2.0 * 576.0 * 2048.0 + 132.0 * 131072.0,
                "mean_context_length": 131072.0,
                "kv_lora_rank": 512.0,
                "qk_rope_head_dim": 64.0,
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
    kv_lora_rank: Annotated[Array, "1"],
    qk_rope_head_dim: Annotated[Array, "1"],
    *,
    latent: float,
) -> Annotated[Array, "1"]:
    """What sparse attention reads of its cache, over what full latent attention would read."""
    full = latent * (kv_lora_rank + qk_rope_head_dim) * mean_context_length
    return sparse_attention_bytes_per_sequence_and_layer / full
