r"""How much arithmetic one token needs to look at one token of its context, in one layer.

Scores are one product of query and key, the mix is one product of weight and value: one multiply and one add for each
number on either side. Latent attention decodes on the compressed cache itself (absorbed projections), which is wider
than a head, and prefills on the expanded heads.

.. math::

    a_{GQA} = 2 H (d_h + d_h) \qquad
    a_{MLA,prefill} = 2 H (d_n + d_r + d_v) \qquad a_{MLA,decode} = 2 H (r_{kv} + d_r + r_{kv})
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import GROUPED_QUERY, LATENT_ATTENTION
from downstack.performance.declare import Array, Constant, Example, performance_function

_MULTIPLY_ADD = Constant(2.0, "FLOP/token/token", "one multiply and one add for each pair of query and context token")
_SOFTMAX = "the softmax is left out"


@performance_function(
    returns="prefill_attention_flops_per_context_token",
    formula="multiply_add * attention_heads * (head_dim + head_dim)",
    citation=GROUPED_QUERY,
    constants={"multiply_add": _MULTIPLY_ADD},
    assumes=(_SOFTMAX,),
    increasing=("attention_heads", "head_dim"),
    examples=(Example({"attention_heads": 64.0, "head_dim": 128.0}, 32768.0, 1e-12, "by hand: 4 * 64 * 128"),),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def prefill_attention_flops_grouped_query(
    attention_heads: Annotated[Array, "1"],
    head_dim: Annotated[Array, "1"],
    *,
    multiply_add: float,
) -> Annotated[Array, "FLOP/token/token"]:
    """Arithmetic of one prompt token and one context token in one layer; sharing key heads does not save any."""
    return multiply_add * attention_heads * (head_dim + head_dim)


@performance_function(
    returns="decode_attention_flops_per_context_token",
    formula="multiply_add * attention_heads * (head_dim + head_dim)",
    citation=GROUPED_QUERY,
    constants={"multiply_add": _MULTIPLY_ADD},
    assumes=(_SOFTMAX,),
    increasing=("attention_heads", "head_dim"),
    examples=(Example({"attention_heads": 64.0, "head_dim": 128.0}, 32768.0, 1e-12, "by hand: 4 * 64 * 128"),),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def decode_attention_flops_grouped_query(
    attention_heads: Annotated[Array, "1"],
    head_dim: Annotated[Array, "1"],
    *,
    multiply_add: float,
) -> Annotated[Array, "FLOP/token/token"]:
    """Arithmetic of one new token and one context token in one layer."""
    return multiply_add * attention_heads * (head_dim + head_dim)


@performance_function(
    returns="prefill_attention_flops_per_context_token",
    formula="multiply_add * attention_heads * (qk_nope_head_dim + qk_rope_head_dim + value_head_dim)",
    citation=LATENT_ATTENTION,
    constants={"multiply_add": _MULTIPLY_ADD},
    assumes=(_SOFTMAX, "every context token is looked at: no sparse selection"),
    increasing=("attention_heads", "qk_nope_head_dim", "qk_rope_head_dim", "value_head_dim"),
    examples=(
        Example(
            {"attention_heads": 128.0, "qk_nope_head_dim": 128.0, "qk_rope_head_dim": 64.0, "value_head_dim": 128.0},
            81920.0,
            1e-12,
            "DeepSeek-V3 config.json: 2 * 128 * (128 + 64 + 128)",
        ),
    ),
    applies_to={"model": "LatentAttentionModel"},
)
def prefill_attention_flops_latent(
    attention_heads: Annotated[Array, "1"],
    qk_nope_head_dim: Annotated[Array, "1"],
    qk_rope_head_dim: Annotated[Array, "1"],
    value_head_dim: Annotated[Array, "1"],
    *,
    multiply_add: float,
) -> Annotated[Array, "FLOP/token/token"]:
    """Arithmetic of one prompt token and one context token in one layer, on the expanded heads."""
    return multiply_add * attention_heads * (qk_nope_head_dim + qk_rope_head_dim + value_head_dim)


@performance_function(
    returns="decode_attention_flops_per_context_token",
    formula="multiply_add * attention_heads * (kv_lora_rank + qk_rope_head_dim + kv_lora_rank)",
    citation=LATENT_ATTENTION,
    constants={"multiply_add": _MULTIPLY_ADD},
    assumes=(_SOFTMAX, "every context token is looked at: no sparse selection"),
    increasing=("attention_heads", "kv_lora_rank", "qk_rope_head_dim"),
    examples=(
        Example(
            {"attention_heads": 128.0, "kv_lora_rank": 512.0, "qk_rope_head_dim": 64.0},
            278528.0,
            1e-12,
            "DeepSeek-V3 config.json: 2 * 128 * (2 * 512 + 64); over 1152 byte that is 242 FLOP/byte",
        ),
    ),
    applies_to={"model": "LatentAttentionModel"},
)
def decode_attention_flops_latent(
    attention_heads: Annotated[Array, "1"],
    kv_lora_rank: Annotated[Array, "1"],
    qk_rope_head_dim: Annotated[Array, "1"],
    *,
    multiply_add: float,
) -> Annotated[Array, "FLOP/token/token"]:
    """Arithmetic of one new token and one context token in one layer, on the compressed cache (absorbed)."""
    return multiply_add * attention_heads * (kv_lora_rank + qk_rope_head_dim + kv_lora_rank)
