r"""Layers with a state of fixed size in place of a cache that grows (gated delta networks and their kin).

Each value head keeps a matrix of its key and value widths, whatever the context; from some length on this is less than
the keys and values of a full layer.

.. math::

    M = L_{lin} H_v d_k d_v b \qquad S^* = H_v d_k d_v b / k

The width `b` of an element is a fact of the model or of the engine: 4 byte where the configuration asks for FP32.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.declare import Array, Constant, Example, performance_function

_DELTA = "Yang, Kautz and Hatamizadeh: Gated Delta Networks, arXiv 2412.06464, 2024"
_KEY = Constant(2.0, "byte/token", "keys and values of the full layers in BF16")
_TWO = Constant(2.0, "1", "a key and a value")
_CONVOLUTION = "the short convolution's state is left out: a few tokens of keys and values"
_QWEN = {"recurrent_state_size": 64.0 * 128.0 * 128.0, "linear_state_element_width": 4.0}


@performance_function(
    formula="recurrent_state_size * linear_state_element_width",
    citation=_DELTA,
    assumes=(_CONVOLUTION,),
    increasing=("recurrent_state_size", "linear_state_element_width"),
    examples=(
        Example(_QWEN, 4194304.0, 1e-12, "by hand, Qwen3.5-122B-A10B config.json, 64 x 128 x 128 in FP32: 4 MiB"),
    ),
)
def linear_attention_state_bytes_per_layer(
    recurrent_state_size: Annotated[Array, "1/sequence"],
    linear_state_element_width: Annotated[Array, "byte"],
) -> Annotated[Array, "byte/sequence"]:
    """Bytes of the state that one linear-attention layer keeps for a sequence, at any length."""
    return recurrent_state_size * linear_state_element_width


@performance_function(
    formula="recurrent_layers * linear_attention_state_bytes_per_layer",
    citation=_DELTA,
    assumes=(_CONVOLUTION,),
    increasing=("recurrent_layers", "linear_attention_state_bytes_per_layer"),
    examples=(
        Example(
            {"recurrent_layers": 36.0, "linear_attention_state_bytes_per_layer": 4194304.0},
            150994944.0,
            1e-12,
            "by hand, Qwen3.5-122B-A10B config.json: 36 layers of 4 MiB",
        ),
    ),
)
def linear_attention_state_bytes(
    recurrent_layers: Annotated[Array, "1"],
    linear_attention_state_bytes_per_layer: Annotated[Array, "byte/sequence"],
) -> Annotated[Array, "byte/sequence"]:
    """Bytes of all linear-attention states of a sequence."""
    return recurrent_layers * linear_attention_state_bytes_per_layer


@performance_function(
    formula="linear_attention_state_bytes_per_layer / (two * key_value_heads * head_dim * key)",
    citation=_DELTA,
    constants={"two": _TWO, "key": _KEY},
    assumes=("the layer would otherwise be a full one with the model's own key and value heads",),
    increasing=("linear_attention_state_bytes_per_layer",),
    decreasing=("key_value_heads", "head_dim"),
    examples=(
        Example(
            {"linear_attention_state_bytes_per_layer": 4194304.0, "key_value_heads": 2.0, "head_dim": 256.0},
            2048.0,
            1e-12,
            "by hand, Qwen3.5-122B-A10B: 4 MiB over 2048 byte a token",
        ),
    ),
)
def linear_attention_break_even_context(
    linear_attention_state_bytes_per_layer: Annotated[Array, "byte/sequence"],
    key_value_heads: Annotated[Array, "1"],
    head_dim: Annotated[Array, "1"],
    *,
    two: float,
    key: float,
) -> Annotated[Array, "token/sequence"]:
    """Context from which a linear-attention layer keeps less than a full layer would."""
    return linear_attention_state_bytes_per_layer / (two * key_value_heads * head_dim * key)
