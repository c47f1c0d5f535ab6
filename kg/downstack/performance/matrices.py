r"""How many weights the attention, feed-forward and expert matrices of all layers have.

.. math::

    P_{GQA} = L\,d\,d_h\,(2H + 2H_{kv})

    P_{MLA} = L\,[\,d r_q + r_q H (d_n + d_r) + d (r_{kv} + d_r) + r_{kv} H (d_n + d_v) + H d_v d\,]

    P_{FFN} = 3\,d\,(L_{dense} d_{ff} + L_{moe} d_{shared}) + L_{moe}\,d\,E \qquad P_{experts} = 3\,L_{moe} E\,d\,d_e

Without query compression (:math:`r_q = 0`) the first two terms of MLA are :math:`d H (d_n + d_r)`. The last term of
:math:`P_{FFN}` is the router; a dense model has :math:`L_{moe} = 0`. The 3 is 2 where a fact says that the blocks are
not gated.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import (
    GATED_UNITS,
    GROUPED_QUERY,
    LATENT_ATTENTION,
    MIXTURE_OF_EXPERTS,
    STATE_SPACE,
)
from downstack.performance.declare import Array, Constant, Example, performance_function

_GATED = Constant(3.0, "1", f"gate, up and down projection of a gated unit; {GATED_UNITS}")
_GATED_ONLY = (
    "feed-forward blocks are gated (gate, up and down matrices), as in Llama, Qwen, Gemma, DeepSeek, gpt-oss, unless a"
    " fact states how many matrices they have"
)
_UNSTATED = float("nan")


def _matrices(stated: Array, gated: float) -> Array:
    return np.where(np.isnan(stated), gated, stated)


def _or(stated: Array, otherwise: Array) -> Array:
    return np.where(np.isnan(stated), otherwise, stated)


@performance_function(
    formula="recurrent_layers * hidden_size * recurrent_projection_width",
    citation=STATE_SPACE,
    assumes=("the convolution over a few tokens, and the decay of each head, are left out",),
    increasing=("recurrent_layers", "hidden_size", "recurrent_projection_width"),
    examples=(
        Example(
            {"recurrent_layers": 23.0, "hidden_size": 2688.0, "recurrent_projection_width": 14400.0},
            890265600.0,
            1e-12,
            "Nemotron 3 Nano: 23 * 2688 * 14400",
        ),
    ),
)
def recurrent_parameters(
    recurrent_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    recurrent_projection_width: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Projections of the layers that keep a state of fixed size: linear attention and state spaces."""
    return recurrent_layers * hidden_size * recurrent_projection_width


@performance_function(
    returns="attention_parameters",
    formula="hidden_size * A * head_dim * (2 * attention_heads + 2 * key_value_heads"
    " + attention_output_gate * attention_heads) + recurrent_parameters,"
    " A = attention_layers, or num_layers unless stated; no gate and no recurrent layers unless stated",
    citation=GROUPED_QUERY,
    assumes=(
        "query, key, value and output projections have no biases",
        "all layers with attention have the same heads",
    ),
    optional=("attention_layers", "attention_output_gate", "recurrent_parameters"),
    increasing=(
        "num_layers",
        "hidden_size",
        "attention_heads",
        "key_value_heads",
        "head_dim",
        "attention_layers",
        "attention_output_gate",
        "recurrent_parameters",
    ),
    examples=(
        Example(
            {
                "num_layers": 126.0,
                "hidden_size": 16384.0,
                "attention_heads": 128.0,
                "key_value_heads": 8.0,
                "head_dim": 128.0,
                "attention_layers": _UNSTATED,
                "attention_output_gate": _UNSTATED,
                "recurrent_parameters": _UNSTATED,
            },
            71873593344.0,
            1e-12,
            "Llama-3.1-405B config.json: 126 * 16384 * 128 * 2 * (128 + 8)",
        ),
        Example(
            {
                "num_layers": 52.0,
                "hidden_size": 2688.0,
                "attention_heads": 32.0,
                "key_value_heads": 2.0,
                "head_dim": 128.0,
                "attention_layers": 6.0,
                "attention_output_gate": _UNSTATED,
                "recurrent_parameters": 890265600.0,
            },
            1030643712.0,
            1e-12,
            "Nemotron 3 Nano: 6 * 2688 * 128 * 2 * 34 + 890265600",
        ),
    ),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def attention_parameters_grouped_query(
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    attention_heads: Annotated[Array, "1"],
    key_value_heads: Annotated[Array, "1"],
    head_dim: Annotated[Array, "1"],
    attention_layers: Annotated[Array, "1"],
    attention_output_gate: Annotated[Array, "1"],
    recurrent_parameters: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Projections of attention (queries, keys, values, output) and of the recurrent layers that stand in its place."""
    gate = np.where(np.isnan(attention_output_gate), 0.0, attention_output_gate * attention_heads)
    queries_and_output = (attention_heads + attention_heads + gate) * head_dim
    keys_and_values = (key_value_heads + key_value_heads) * head_dim
    recurrent = np.where(np.isnan(recurrent_parameters), 0.0, recurrent_parameters)
    layers = _or(attention_layers, num_layers)
    return hidden_size * layers * (queries_and_output + keys_and_values) + recurrent


@performance_function(
    returns="attention_parameters",
    formula="num_layers * (queries + hidden_size * (kv_lora_rank + qk_rope_head_dim)"
    " + kv_lora_rank * attention_heads * (qk_nope_head_dim + value_head_dim)"
    " + attention_heads * value_head_dim * hidden_size)",
    citation=LATENT_ATTENTION,
    assumes=("the weights of a sparse-attention indexer are left out",),
    increasing=("num_layers", "hidden_size", "attention_heads", "kv_lora_rank", "qk_nope_head_dim", "value_head_dim"),
    examples=(
        Example(
            {
                "num_layers": 61.0,
                "hidden_size": 7168.0,
                "attention_heads": 128.0,
                "query_lora_rank": 1536.0,
                "kv_lora_rank": 512.0,
                "qk_nope_head_dim": 128.0,
                "qk_rope_head_dim": 64.0,
                "value_head_dim": 128.0,
            },
            11413422080.0,
            1e-12,
            "DeepSeek-V3 config.json: 61 * (11010048 + 37748736 + 4128768 + 16777216 + 117440512)",
        ),
        Example(
            {
                "num_layers": 27.0,
                "hidden_size": 2048.0,
                "attention_heads": 16.0,
                "query_lora_rank": 0.0,
                "kv_lora_rank": 512.0,
                "qk_nope_head_dim": 128.0,
                "qk_rope_head_dim": 64.0,
                "value_head_dim": 128.0,
            },
            371589120.0,
            1e-12,
            "DeepSeek-V2-Lite config.json, no query compression: 27 * (6291456 + 1179648 + 2097152 + 4194304)",
        ),
    ),
    applies_to={"model": "LatentAttentionModel"},
)
def attention_parameters_latent(
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    attention_heads: Annotated[Array, "1"],
    query_lora_rank: Annotated[Array, "1"],
    kv_lora_rank: Annotated[Array, "1"],
    qk_nope_head_dim: Annotated[Array, "1"],
    qk_rope_head_dim: Annotated[Array, "1"],
    value_head_dim: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Projections of multi-head latent attention, with queries compressed or (query_lora_rank = 0) direct."""
    query_width = attention_heads * (qk_nope_head_dim + qk_rope_head_dim)
    queries = np.where(
        query_lora_rank == 0.0,
        hidden_size * query_width,
        query_lora_rank * (hidden_size + query_width),
    )
    compression = hidden_size * (kv_lora_rank + qk_rope_head_dim)
    expansion = kv_lora_rank * attention_heads * (qk_nope_head_dim + value_head_dim)
    output = attention_heads * value_head_dim * hidden_size
    return num_layers * (queries + compression + expansion + output)


@performance_function(
    returns="feed_forward_parameters",
    formula="(feed_forward_matrices, or matrices unless stated) * (feed_forward_layers, or num_layers unless stated)"
    " * hidden_size * intermediate_size",
    citation=GATED_UNITS,
    constants={"matrices": _GATED},
    assumes=(_GATED_ONLY,),
    increasing=("num_layers", "hidden_size", "intermediate_size", "feed_forward_matrices", "feed_forward_layers"),
    optional=("feed_forward_matrices", "feed_forward_layers"),
    examples=(
        Example(
            {
                "num_layers": 126.0,
                "hidden_size": 16384.0,
                "intermediate_size": 53248.0,
                "feed_forward_matrices": _UNSTATED,
                "feed_forward_layers": _UNSTATED,
            },
            329772957696.0,
            1e-12,
            "Llama-3.1-405B config.json: 3 * 126 * 16384 * 53248",
        ),
        Example(
            {
                "num_layers": 28.0,
                "hidden_size": 4096.0,
                "intermediate_size": 16384.0,
                "feed_forward_matrices": 2.0,
                "feed_forward_layers": _UNSTATED,
            },
            3758096384.0,
            1e-12,
            "GPT-J-6B: 2 * 28 * 4096 * 16384, not gated",
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def feed_forward_parameters_dense(
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    intermediate_size: Annotated[Array, "1"],
    feed_forward_matrices: Annotated[Array, "1"],
    feed_forward_layers: Annotated[Array, "1"],
    *,
    matrices: float,
) -> Annotated[Array, "1"]:
    """Feed-forward blocks of all layers, gated unless a fact says otherwise."""
    layers = _or(feed_forward_layers, num_layers)
    return _matrices(feed_forward_matrices, matrices) * layers * hidden_size * intermediate_size


@performance_function(
    returns="feed_forward_parameters",
    formula="(feed_forward_matrices, or matrices unless stated) * hidden_size * (dense_layers * intermediate_size"
    " + (L - dense_layers) * shared_expert_intermediate_size) + (L - dense_layers) * hidden_size"
    " * routed_experts, L = feed_forward_layers, or num_layers unless stated",
    citation=MIXTURE_OF_EXPERTS,
    constants={"matrices": _GATED},
    assumes=(_GATED_ONLY, "projections to a narrower width that experts read are left out"),
    increasing=(
        "num_layers",
        "hidden_size",
        "intermediate_size",
        "shared_expert_intermediate_size",
        "routed_experts",
        "feed_forward_matrices",
        "feed_forward_layers",
    ),
    optional=("intermediate_size", "feed_forward_matrices", "feed_forward_layers"),
    examples=(
        Example(
            {
                "num_layers": 61.0,
                "dense_layers": 3.0,
                "hidden_size": 7168.0,
                "intermediate_size": 18432.0,
                "shared_expert_intermediate_size": 2048.0,
                "routed_experts": 256.0,
                "feed_forward_matrices": _UNSTATED,
                "feed_forward_layers": _UNSTATED,
            },
            3849846784.0,
            1e-12,
            "DeepSeek-V3 config.json: 3 * 7168 * (3 * 18432 + 58 * 2048) + 58 * 7168 * 256",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def feed_forward_parameters_mixture(
    num_layers: Annotated[Array, "1"],
    dense_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    intermediate_size: Annotated[Array, "1"],
    shared_expert_intermediate_size: Annotated[Array, "1"],
    routed_experts: Annotated[Array, "1"],
    feed_forward_matrices: Annotated[Array, "1"],
    feed_forward_layers: Annotated[Array, "1"],
    *,
    matrices: float,
) -> Annotated[Array, "1"]:
    """Feed-forward weights that every token passes: dense layers, shared experts and the router."""
    routed_layers = _or(feed_forward_layers, num_layers) - dense_layers
    # A model without dense layers needs no dense width, and its configuration often has none.
    dense = np.where(dense_layers == 0.0, dense_layers, dense_layers * intermediate_size)
    router = routed_layers * hidden_size * routed_experts
    each = _matrices(feed_forward_matrices, matrices) * hidden_size
    return each * (dense + routed_layers * shared_expert_intermediate_size) + router


@performance_function(
    formula="(feed_forward_matrices, or matrices unless stated) * routed_experts * expert_intermediate_size"
    " * ((feed_forward_layers, or num_layers unless stated) - dense_layers)"
    " * (expert_input_width, or hidden_size unless stated)",
    citation=MIXTURE_OF_EXPERTS,
    constants={"matrices": _GATED},
    assumes=(_GATED_ONLY,),
    increasing=(
        "num_layers",
        "hidden_size",
        "routed_experts",
        "expert_intermediate_size",
        "feed_forward_matrices",
        "feed_forward_layers",
        "expert_input_width",
    ),
    optional=("feed_forward_matrices", "feed_forward_layers", "expert_input_width"),
    decreasing=("dense_layers",),
    examples=(
        Example(
            {
                "num_layers": 36.0,
                "dense_layers": 0.0,
                "hidden_size": 2880.0,
                "routed_experts": 128.0,
                "expert_intermediate_size": 2880.0,
                "feed_forward_matrices": _UNSTATED,
                "feed_forward_layers": _UNSTATED,
                "expert_input_width": _UNSTATED,
            },
            114661785600.0,
            1e-12,
            "gpt-oss-120b config.json: 3 * 36 * 128 * 2880 * 2880",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def expert_parameters(
    num_layers: Annotated[Array, "1"],
    dense_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    routed_experts: Annotated[Array, "1"],
    expert_intermediate_size: Annotated[Array, "1"],
    feed_forward_matrices: Annotated[Array, "1"],
    feed_forward_layers: Annotated[Array, "1"],
    expert_input_width: Annotated[Array, "1"],
    *,
    matrices: float,
) -> Annotated[Array, "1"]:
    """Weights of all routed experts of all layers, shared experts not included."""
    each = _matrices(feed_forward_matrices, matrices) * _or(expert_input_width, hidden_size) * expert_intermediate_size
    return (_or(feed_forward_layers, num_layers) - dense_layers) * routed_experts * each
