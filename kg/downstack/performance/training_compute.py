r"""Arithmetic of training a model.

The forward pass costs two operations for each weight and token, the backward pass twice as much, and recomputing
activations one forward pass more. Attention over the training sequences comes on top.

.. math::

    C = 6 N D \qquad C_{recompute} = 8 N D \qquad C_{attention} = 6 L d S D
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.declare import Array, Constant, Example, performance_function

_KAPLAN = "Kaplan et al.: Scaling Laws for Neural Language Models, arXiv 2001.08361, 2020, section 2.1"
_SIX = Constant(6.0, "FLOP/token", "for each weight and token: 2 in the forward pass, 4 in the backward pass")
_EIGHT = Constant(8.0, "FLOP/token", "for each weight and token: 6, and 2 for a second forward pass")
_CAUSAL = Constant(6.0, "FLOP/token/token", f"{_KAPLAN}: 12 for each layer, width and context token; causal half of it")
_OWN = Constant(1.0, "sequence", "a token attends to its own sequence")
_TOKENS = "every token is counted once for each time it is seen; a mixture of experts counts its active weights"


@performance_function(
    formula="six * active_parameters * training_tokens",
    citation=_KAPLAN,
    constants={"six": _SIX},
    assumes=(_TOKENS, "attention over the context is left out: see training_attention_flops"),
    increasing=("active_parameters", "training_tokens"),
    examples=(
        Example(
            {"active_parameters": 405e9, "training_tokens": 15.6e12},
            3.8e25,
            0.003,
            "Llama Team: The Llama 3 Herd of Models, arXiv 2407.21783: 3.8e25 FLOP for 405B on 15.6T tokens",
        ),
        Example(
            {"active_parameters": 175e9, "training_tokens": 300e9},
            3.14e23,
            0.005,
            "Brown et al.: GPT-3, arXiv 2005.14165, appendix D: 3.14e23 FLOP",
        ),
    ),
)
def training_flops(
    active_parameters: Annotated[Array, "1"], training_tokens: Annotated[Array, "token"], *, six: float
) -> Annotated[Array, "FLOP"]:
    """Arithmetic that training needs, without recomputation: the model FLOP of model FLOP utilization."""
    return six * active_parameters * training_tokens


@performance_function(
    formula="eight * active_parameters * training_tokens",
    citation="Narayanan et al.: Efficient Large-Scale Language Model Training, arXiv 2104.04473, 2021, equation 4",
    constants={"eight": _EIGHT},
    assumes=(_TOKENS, "all activations are computed again in the backward pass"),
    increasing=("active_parameters", "training_tokens"),
    examples=(
        Example({"active_parameters": 175e9, "training_tokens": 300e9}, 4.2e23, 1e-12, "by hand: 8 * 175e9 * 300e9"),
    ),
)
def training_flops_with_recompute(
    active_parameters: Annotated[Array, "1"], training_tokens: Annotated[Array, "token"], *, eight: float
) -> Annotated[Array, "FLOP"]:
    """Arithmetic that training does when it computes all activations twice."""
    return eight * active_parameters * training_tokens


@performance_function(
    formula="causal * num_layers * attention_width * training_sequence_length * training_tokens,"
    " attention_width = attention_heads * head_dim",
    citation=_KAPLAN,
    constants={"causal": _CAUSAL, "own": _OWN},
    assumes=("all layers attend to the whole sequence, and a token to those before it only",),
    increasing=("num_layers", "attention_heads", "head_dim", "training_sequence_length", "training_tokens"),
    examples=(
        Example(
            {
                "num_layers": 126.0,
                "attention_heads": 128.0,
                "head_dim": 128.0,
                "training_sequence_length": 8192.0,
                "training_tokens": 15.6e12,
            },
            1.5829e24,
            1e-4,
            "by hand: 6 * 126 * 16384 * 8192 * 15.6e12, 4 % of Llama-3.1-405B's 3.8e25",
        ),
    ),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def training_attention_flops(
    num_layers: Annotated[Array, "1"],
    attention_heads: Annotated[Array, "1"],
    head_dim: Annotated[Array, "1"],
    training_sequence_length: Annotated[Array, "token/sequence"],
    training_tokens: Annotated[Array, "token"],
    *,
    causal: float,
    own: float,
) -> Annotated[Array, "FLOP"]:
    """Arithmetic of attention over the training sequences, forward and backward."""
    width = attention_heads * head_dim
    return causal * num_layers * width * training_sequence_length * own * training_tokens
