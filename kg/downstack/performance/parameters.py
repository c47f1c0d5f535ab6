r"""How many weights a transformer has, counted from its configuration.

Every matrix is a product of two widths of the configuration, so the count is exact up to norms and biases.

.. math::

    P_{total} = P_{attention} + P_{feed forward} + P_{experts} + P_{embedding}

    P_{active} = P_{attention} + P_{feed forward} + P_{experts} \frac{k}{E} + P_{embedding}

    P_{matmul} = P_{attention} + P_{feed forward} + P_{experts} \frac{k}{E} + V d

with `k` of `E` routed experts for each token, vocabulary `V` and hidden size `d`. The last line is what is multiplied:
reading a row of the input embedding is a look-up, the output head is a matrix product.

The parts (attention, feed-forward, experts) are in :mod:`downstack.performance.matrices`.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import MIXTURE_OF_EXPERTS, SCALING_BOOK
from downstack.performance.declare import Array, Example, performance_function

_LEFT_OUT = ("norms, biases and multi-token-prediction modules are left out (below 0.1 % of the weights)",)
_LLAMA_405B = "Llama-3.1-405B config.json: 126 layers, hidden 16384; published as 405B"
_GPT_OSS = "gpt-oss-120b config.json; README: 117B in total, 5.1B active"


@performance_function(
    formula="vocabulary_size * hidden_size * embedding_matrices",
    citation=SCALING_BOOK,
    increasing=("vocabulary_size", "hidden_size", "embedding_matrices"),
    examples=(
        Example(
            {"vocabulary_size": 128256.0, "hidden_size": 16384.0, "embedding_matrices": 2.0},
            4202692608.0,
            1e-12,
            _LLAMA_405B,
        ),
    ),
)
def embedding_parameters(
    vocabulary_size: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    embedding_matrices: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Weights of the input embedding and the output head: one matrix when they are tied, two when they are not."""
    return vocabulary_size * hidden_size * embedding_matrices


@performance_function(
    returns="total_parameters",
    formula="attention_parameters + feed_forward_parameters + embedding_parameters",
    citation=SCALING_BOOK,
    assumes=_LEFT_OUT,
    increasing=("attention_parameters", "feed_forward_parameters", "embedding_parameters"),
    examples=(
        Example(
            {
                "attention_parameters": 71873593344.0,
                "feed_forward_parameters": 329772957696.0,
                "embedding_parameters": 4202692608.0,
            },
            405.85e9,
            0.003,
            _LLAMA_405B,
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def total_parameters_dense(
    attention_parameters: Annotated[Array, "1"],
    feed_forward_parameters: Annotated[Array, "1"],
    embedding_parameters: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """All weights of a dense model."""
    return attention_parameters + feed_forward_parameters + embedding_parameters


@performance_function(
    returns="total_parameters",
    formula="attention_parameters + feed_forward_parameters + expert_parameters + embedding_parameters",
    citation=MIXTURE_OF_EXPERTS,
    assumes=_LEFT_OUT,
    increasing=("attention_parameters", "feed_forward_parameters", "expert_parameters", "embedding_parameters"),
    examples=(
        Example(
            {
                "attention_parameters": 955514880.0,
                "feed_forward_parameters": 13271040.0,
                "expert_parameters": 114661785600.0,
                "embedding_parameters": 1158266880.0,
            },
            116.79e9,
            0.002,
            _GPT_OSS,
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def total_parameters_mixture(
    attention_parameters: Annotated[Array, "1"],
    feed_forward_parameters: Annotated[Array, "1"],
    expert_parameters: Annotated[Array, "1"],
    embedding_parameters: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """All weights of a mixture-of-experts model, whether a token uses them or not."""
    return attention_parameters + feed_forward_parameters + expert_parameters + embedding_parameters


@performance_function(
    returns="active_parameters",
    formula="total_parameters",
    citation=SCALING_BOOK,
    assumes=_LEFT_OUT,
    increasing=("total_parameters",),
    examples=(Example({"total_parameters": 405.85e9}, 405.85e9, 1e-12, "a dense model uses all its weights"),),
    applies_to={"model": "DenseModel"},
)
def active_parameters_dense(total_parameters: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Weights that one token passes through in a dense model: all of them."""
    return +total_parameters


@performance_function(
    returns="active_parameters",
    formula="total_parameters - expert_parameters * (1 - experts_per_token / routed_experts)",
    citation=MIXTURE_OF_EXPERTS,
    assumes=(
        *_LEFT_OUT,
        "both embedding matrices are counted as active; publishers often leave the input embedding out",
    ),
    increasing=("total_parameters", "experts_per_token"),
    decreasing=("expert_parameters", "routed_experts"),
    examples=(
        Example(
            {
                "total_parameters": 116788838400.0,
                "expert_parameters": 114661785600.0,
                "experts_per_token": 4.0,
                "routed_experts": 128.0,
            },
            5.71e9,
            0.001,
            "gpt-oss-120b config.json, both embedding matrices included",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def active_parameters_mixture(
    total_parameters: Annotated[Array, "1"],
    expert_parameters: Annotated[Array, "1"],
    experts_per_token: Annotated[Array, "1"],
    routed_experts: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Weights that one token passes through: everything but the routed experts that it is not sent to."""
    return total_parameters - expert_parameters * (1.0 - experts_per_token / routed_experts)


@performance_function(
    formula="attention_parameters + feed_forward_parameters + embedding_parameters / embedding_matrices",
    citation=SCALING_BOOK,
    assumes=("the input embedding is a look-up of one row, not a matrix product",),
    increasing=("attention_parameters", "feed_forward_parameters", "embedding_parameters"),
    decreasing=("embedding_matrices",),
    examples=(
        Example(
            {
                "attention_parameters": 955514880.0,
                "feed_forward_parameters": 13271040.0,
                "embedding_parameters": 1158266880.0,
                "embedding_matrices": 2.0,
            },
            1547919360.0,
            1e-12,
            "gpt-oss-120b config.json: 955514880 + 13271040 + 201088 * 2880",
        ),
    ),
)
def dense_matmul_parameters(
    attention_parameters: Annotated[Array, "1"],
    feed_forward_parameters: Annotated[Array, "1"],
    embedding_parameters: Annotated[Array, "1"],
    embedding_matrices: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Weights that every token multiplies: attention, dense and shared feed-forward, router and output head."""
    return attention_parameters + feed_forward_parameters + embedding_parameters / embedding_matrices


@performance_function(
    returns="matmul_parameters",
    formula="dense_matmul_parameters",
    citation=SCALING_BOOK,
    increasing=("dense_matmul_parameters",),
    examples=(
        Example({"dense_matmul_parameters": 403747897344.0}, 403747897344.0, 1e-12, "a dense model has no routed part"),
    ),
    applies_to={"model": "DenseModel"},
)
def matmul_parameters_dense(dense_matmul_parameters: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Weights that one token multiplies in a dense model."""
    return +dense_matmul_parameters


@performance_function(
    returns="matmul_parameters",
    formula="dense_matmul_parameters + expert_parameters * experts_per_token / routed_experts",
    citation=MIXTURE_OF_EXPERTS,
    increasing=("dense_matmul_parameters", "expert_parameters", "experts_per_token"),
    decreasing=("routed_experts",),
    examples=(
        Example(
            {
                "dense_matmul_parameters": 1547919360.0,
                "expert_parameters": 114661785600.0,
                "experts_per_token": 4.0,
                "routed_experts": 128.0,
            },
            5.1e9,
            0.01,
            "gpt-oss-120b README: 5.1B active parameters",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def matmul_parameters_mixture(
    dense_matmul_parameters: Annotated[Array, "1"],
    expert_parameters: Annotated[Array, "1"],
    experts_per_token: Annotated[Array, "1"],
    routed_experts: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Weights that one token multiplies: what every token passes, and the routed experts that it is sent to."""
    return dense_matmul_parameters + expert_parameters * experts_per_token / routed_experts
