r"""Memory of training: weights, gradients and optimiser states, and activations.

Mixed precision with Adam keeps 16 bytes for each weight; ZeRO spreads the optimiser's 12, the gradients' 2 and the
weights' 2 over the data-parallel copies, one stage after the other. Activations grow with tokens, and scores with their
square.

.. math::

    M_0 = 16 N \quad M_1 = (4 + 12/d) N \quad M_2 = (2 + 14/d) N \quad M_3 = 16 N / d \qquad
    A = s b h\,(34 + 5 a s / h)
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.declare import Array, Constant, Example, performance_function

_ZERO = (
    "Rajbhandari et al.: ZeRO, arXiv 1910.02054, 2020, figure 1: (2 + 2 + K) N with K = 12, read in pages that quote it"
)
_KORTHIKANTI = (
    "Korthikanti et al.: Reducing Activation Recomputation, arXiv 2205.05198, 2022, s b h (34 + 5 a s / h), read in pages"
    " that quote it"
)
_WEIGHT = Constant(2.0, "byte", f"{_ZERO}: weights in 16 bit")
_GRADIENT = Constant(2.0, "byte", f"{_ZERO}: gradients in 16 bit")
_OPTIMIZER = Constant(12.0, "byte", f"{_ZERO}: weights, momentum and variance in 32 bit")
_STATES = {"weight": _WEIGHT, "gradient": _GRADIENT, "optimizer": _OPTIMIZER}
_LINEAR = Constant(34.0, "byte/token", f"{_KORTHIKANTI}: for each token and width, in 16 bit with dropout")
_SCORES = Constant(5.0, "byte/token", f"{_KORTHIKANTI}: for each pair of tokens and head")
_OWN = Constant(1.0, "token/sequence", "a token attends to its own sequence")
_LEFT_OUT = "activations and temporary buffers are left out; no tensor or pipeline parallelism"
_COPIES = "the copies of the training run, not those of a deployment that serves the model"
_PAPER = {"total_parameters": 7.5e9, "training_data_parallel": 64.0}


@performance_function(
    formula="(weight + gradient + optimizer) * total_parameters",
    citation=_ZERO,
    constants=_STATES,
    assumes=(_LEFT_OUT,),
    increasing=("total_parameters",),
    examples=(Example({"total_parameters": 7.5e9}, 120e9, 1e-12, f"{_ZERO}: 7.5B parameters, 120 GB"),),
)
def training_state_bytes(
    total_parameters: Annotated[Array, "1"], *, weight: float, gradient: float, optimizer: float
) -> Annotated[Array, "byte"]:
    """Bytes of weights, gradients and optimiser on each chip, nothing spread."""
    return (weight + gradient + optimizer) * total_parameters


@performance_function(
    formula="(weight + gradient + optimizer / training_data_parallel) * total_parameters",
    citation=_ZERO,
    constants=_STATES,
    assumes=(_LEFT_OUT, _COPIES),
    increasing=("total_parameters",),
    decreasing=("training_data_parallel",),
    examples=(Example(_PAPER, 31.4e9, 0.001, f"{_ZERO}: 64 copies, 31.4 GB"),),
)
def training_state_bytes_zero_1(
    total_parameters: Annotated[Array, "1"],
    training_data_parallel: Annotated[Array, "1"],
    *,
    weight: float,
    gradient: float,
    optimizer: float,
) -> Annotated[Array, "byte"]:
    """Bytes on each chip with the optimiser spread over the copies (ZeRO stage 1)."""
    return (weight + gradient + optimizer / training_data_parallel) * total_parameters


@performance_function(
    formula="(weight + (gradient + optimizer) / training_data_parallel) * total_parameters",
    citation=_ZERO,
    constants=_STATES,
    assumes=(_LEFT_OUT, _COPIES),
    increasing=("total_parameters",),
    decreasing=("training_data_parallel",),
    examples=(Example(_PAPER, 16.6e9, 0.003, f"{_ZERO}: 64 copies, 16.6 GB"),),
)
def training_state_bytes_zero_2(
    total_parameters: Annotated[Array, "1"],
    training_data_parallel: Annotated[Array, "1"],
    *,
    weight: float,
    gradient: float,
    optimizer: float,
) -> Annotated[Array, "byte"]:
    """Bytes on each chip with optimiser and gradients spread over the copies (ZeRO stage 2)."""
    return (weight + (gradient + optimizer) / training_data_parallel) * total_parameters


@performance_function(
    formula="(weight + gradient + optimizer) / training_data_parallel * total_parameters",
    citation=_ZERO,
    constants=_STATES,
    assumes=(_LEFT_OUT, _COPIES),
    increasing=("total_parameters",),
    decreasing=("training_data_parallel",),
    examples=(Example(_PAPER, 1.9e9, 0.02, f"{_ZERO}: 64 copies, 1.9 GB"),),
)
def training_state_bytes_zero_3(
    total_parameters: Annotated[Array, "1"],
    training_data_parallel: Annotated[Array, "1"],
    *,
    weight: float,
    gradient: float,
    optimizer: float,
) -> Annotated[Array, "byte"]:
    """Bytes on each chip with everything spread over the copies (ZeRO stage 3)."""
    return (weight + gradient + optimizer) / training_data_parallel * total_parameters


@performance_function(
    formula="training_sequence_length * micro_batch_size * (linear * hidden_size + scores * attention_heads"
    " * training_sequence_length / own)",
    citation=_KORTHIKANTI,
    constants={"linear": _LINEAR, "scores": _SCORES, "own": _OWN},
    assumes=(
        "a dense layer with a feed-forward part of four widths, 16 bit, no recomputation, no parallelism",
        "the scores are stored; FlashAttention and selective recomputation store only the first part",
    ),
    increasing=("training_sequence_length", "micro_batch_size", "hidden_size", "attention_heads"),
    examples=(
        Example(
            {
                "training_sequence_length": 2048.0,
                "micro_batch_size": 1.0,
                "hidden_size": 12288.0,
                "attention_heads": 96.0,
            },
            2048.0 * 12288.0 * (34.0 + 80.0),
            1e-12,
            f"{_KORTHIKANTI}: GPT-3, 5 a s / h = 80",
        ),
        Example(
            {
                "training_sequence_length": 2048.0,
                "micro_batch_size": 1.0,
                "hidden_size": 20480.0,
                "attention_heads": 128.0,
            },
            2048.0 * 20480.0 * (34.0 + 64.0),
            1e-12,
            f"{_KORTHIKANTI}: MT-NLG, 5 a s / h = 64",
        ),
    ),
)
def activation_bytes_per_layer(
    training_sequence_length: Annotated[Array, "token/sequence"],
    micro_batch_size: Annotated[Array, "sequence"],
    hidden_size: Annotated[Array, "1"],
    attention_heads: Annotated[Array, "1"],
    *,
    linear: float,
    scores: float,
    own: float,
) -> Annotated[Array, "byte"]:
    """Bytes of activations that one layer keeps for the backward pass, for one micro-batch."""
    pairs = scores * attention_heads * training_sequence_length / own
    return training_sequence_length * micro_batch_size * (linear * hidden_size + pairs)
