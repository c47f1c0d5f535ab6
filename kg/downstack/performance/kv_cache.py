r"""How many bytes the keys and values of a sequence fill.

Attention keeps, for every token and layer, what later tokens look at: keys and values, or the latent vector that they
are expanded from. Only layers that attend to everything grow with the context; a sliding layer holds one window.

.. math::

    b_{GQA} = 2 H_{kv} d_h \cdot 2\,\mathrm{byte} \qquad b_{MLA} = (r_{kv} + d_r) \cdot 2\,\mathrm{byte}

    K(S) = b\,(L_{full} S + L_{sliding} \min(S, w))

The bytes for a context of any length are in :mod:`downstack.performance.sequence_memory`.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import GROUPED_QUERY, LATENT_ATTENTION, SLIDING_WINDOW
from downstack.performance.declare import Array, Constant, Example, performance_function

_ELEMENT = Constant(2.0, "byte/token", "each cached number of a token in BF16 or FP16: 16 bit")
_WIDTH = "the cache holds 2-byte elements (BF16 or FP16) unless a deployment states another width"


def _width(stated: Array, otherwise: float) -> Array:
    return np.where(np.isnan(stated), otherwise, stated)


@performance_function(
    returns="full_attention_layers",
    formula="num_layers",
    citation=GROUPED_QUERY,
    increasing=("num_layers",),
    examples=(Example({"num_layers": 80.0}, 80.0, 1e-12, "Llama-3.1-70B config.json: every layer attends to all"),),
    applies_to={"model": "FullAttentionModel"},
)
def full_attention_layers_of_full_attention(num_layers: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Layers that attend to the whole context: all of them, when no layer is sliding or linear."""
    return +num_layers


@performance_function(
    returns="kv_cache_bytes_per_token_and_layer",
    formula="2 * key_value_heads * head_dim * (bytes_per_kv_element, or bytes_per_element unless stated)",
    citation=GROUPED_QUERY,
    constants={"bytes_per_element": _ELEMENT},
    assumes=(_WIDTH,),
    optional=("bytes_per_kv_element",),
    increasing=("key_value_heads", "head_dim", "bytes_per_kv_element"),
    examples=(
        Example(
            {"key_value_heads": 8.0, "head_dim": 128.0, "bytes_per_kv_element": float("nan")},
            4096.0,
            1e-12,
            "Llama-3.1 config.json: 2 * 8 * 128 * 2",
        ),
        Example(
            {"key_value_heads": 8.0, "head_dim": 128.0, "bytes_per_kv_element": 1.0},
            2048.0,
            1e-12,
            "by hand: the same cache in FP8",
        ),
    ),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def kv_cache_bytes_per_token_and_layer_grouped_query(
    key_value_heads: Annotated[Array, "1"],
    head_dim: Annotated[Array, "1"],
    bytes_per_kv_element: Annotated[Array, "byte/token"],
    *,
    bytes_per_element: float,
) -> Annotated[Array, "byte/token"]:
    """Keys and values of one token in one layer of multi-head, grouped-query or multi-query attention."""
    return key_value_heads * (head_dim + head_dim) * _width(bytes_per_kv_element, bytes_per_element)


@performance_function(
    returns="kv_cache_bytes_per_token_and_layer",
    formula="(kv_lora_rank + qk_rope_head_dim) * (bytes_per_kv_element, or bytes_per_element unless stated)",
    citation=LATENT_ATTENTION,
    constants={"bytes_per_element": _ELEMENT},
    assumes=(_WIDTH, "the keys of a sparse-attention indexer are left out"),
    optional=("bytes_per_kv_element",),
    increasing=("kv_lora_rank", "qk_rope_head_dim", "bytes_per_kv_element"),
    examples=(
        Example(
            {"kv_lora_rank": 512.0, "qk_rope_head_dim": 64.0, "bytes_per_kv_element": float("nan")},
            1152.0,
            1e-12,
            "DeepSeek-V3 config.json: (512 + 64) * 2",
        ),
    ),
    applies_to={"model": "LatentAttentionModel"},
)
def kv_cache_bytes_per_token_and_layer_latent(
    kv_lora_rank: Annotated[Array, "1"],
    qk_rope_head_dim: Annotated[Array, "1"],
    bytes_per_kv_element: Annotated[Array, "byte/token"],
    *,
    bytes_per_element: float,
) -> Annotated[Array, "byte/token"]:
    """The compressed latent and the rotary key of one token in one layer of latent attention."""
    return (kv_lora_rank + qk_rope_head_dim) * _width(bytes_per_kv_element, bytes_per_element)


@performance_function(
    formula="full_attention_layers * kv_cache_bytes_per_token_and_layer",
    citation=GROUPED_QUERY,
    assumes=("only layers that attend to the whole context grow with it",),
    increasing=("full_attention_layers", "kv_cache_bytes_per_token_and_layer"),
    examples=(
        Example(
            {"full_attention_layers": 126.0, "kv_cache_bytes_per_token_and_layer": 4096.0},
            516096.0,
            1e-12,
            "DeepSeek, Insights into DeepSeek-V3 (arXiv 2505.09343): Llama-3.1-405B 516 KB a token",
        ),
        Example(
            {"full_attention_layers": 61.0, "kv_cache_bytes_per_token_and_layer": 1152.0},
            70272.0,
            1e-12,
            "DeepSeek, Insights into DeepSeek-V3 (arXiv 2505.09343): DeepSeek-V3 70 KB a token",
        ),
    ),
)
def kv_cache_bytes_per_token(
    full_attention_layers: Annotated[Array, "1"],
    kv_cache_bytes_per_token_and_layer: Annotated[Array, "byte/token"],
) -> Annotated[Array, "byte/token"]:
    """Bytes by which the cache of a sequence grows with each token."""
    return full_attention_layers * kv_cache_bytes_per_token_and_layer


@performance_function(
    formula="sliding_attention_layers * kv_cache_bytes_per_token_and_layer",
    citation=SLIDING_WINDOW,
    assumes=("sliding layers have the same key and value widths as full layers",),
    increasing=("sliding_attention_layers", "kv_cache_bytes_per_token_and_layer"),
    examples=(
        Example(
            {"sliding_attention_layers": 12.0, "kv_cache_bytes_per_token_and_layer": 2048.0},
            24576.0,
            1e-12,
            "gpt-oss-20b config.json: 12 sliding layers * 2 * 8 * 64 * 2",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def sliding_kv_cache_bytes_per_token(
    sliding_attention_layers: Annotated[Array, "1"],
    kv_cache_bytes_per_token_and_layer: Annotated[Array, "byte/token"],
) -> Annotated[Array, "byte/token"]:
    """Bytes that the sliding layers hold for each token inside their window."""
    return sliding_attention_layers * kv_cache_bytes_per_token_and_layer
