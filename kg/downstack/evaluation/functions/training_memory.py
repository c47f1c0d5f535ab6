r"""What training keeps in memory on one chip, and what share of the activations it must compute again.

Weights, gradients and optimiser states are spread over all chips. What is left holds the activations of one
micro-batch of one sequence; what does not fit is recomputed.

.. math::

    a = L\,(34\,d) \;\text{or}\; 2 L\,(9 d + k\,(2 d + 3 d_e)) \qquad
    r = \max\left(0,\; 1 - \frac{u C - s N / n}{f a\,S / t}\right)
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.declare import Array, Constant, Example, performance_function

_KORTHIKANTI = "Korthikanti et al.: Reducing Activation Recomputation, arXiv 2205.05198, 2022"
_ZERO = "Rajbhandari et al.: ZeRO, arXiv 1910.02054, 2020, section 3"
_LINEAR = Constant(34.0, "byte/token", f"{_KORTHIKANTI}, equation 2: for each token and width, in 16 bit")
_SCORES = Constant(
    5.0, "byte/token", f"{_KORTHIKANTI}, equation 2: for each pair of tokens and head, in a head's width"
)
_UNSPLIT = Constant(10.0, "byte/token", f"{_KORTHIKANTI}, equation 3: not split by tensor parallelism alone")
_ELEMENT = Constant(2.0, "byte/token", "activations in 16 bit")
_ATTENTION = Constant(9.0, "1", f"{_KORTHIKANTI}, section 4.1: vectors kept for attention, norms and residuals")
_IN_AND_OUT = Constant(2.0, "1", "what an expert receives and returns, for each copy of a token")
_GATED = Constant(3.0, "1", "gate, up and their product, for each copy of a token")
_NOTHING = Constant(0.0, "1", "all of it fits")
_ONE = Constant(1.0, "1", "none of it fits; one copy")
_OWN = Constant(1.0, "token/sequence", "a token attends to its own sequence")
_CHIP = Constant(1.0, "chip", "the memory of one chip")
_USABLE = Constant(0.9, "1", "an assumption: a tenth goes to buffers of the libraries and to fragments")


@performance_function(
    formula="linear * num_layers * hidden_size",
    returns="training_activation_bytes_per_token",
    citation=f"{_KORTHIKANTI}, equation 4 with the scores left out",
    constants={"linear": _LINEAR},
    assumes=("scores are not kept", "a feed-forward part of about four widths"),
    increasing=("num_layers", "hidden_size"),
    examples=(Example({"num_layers": 96.0, "hidden_size": 12288.0}, 34.0 * 96 * 12288, 1e-12, "by hand, GPT-3"),),
    applies_to={"model": "DenseModel"},
    registry=CALIBRATED,
)
def training_activation_bytes_dense(
    num_layers: Annotated[Array, "1"], hidden_size: Annotated[Array, "1"], *, linear: float
) -> Annotated[Array, "byte/token"]:
    """Bytes that one token leaves behind in all layers for the backward pass."""
    return linear * num_layers * hidden_size


@performance_function(
    formula="element * num_layers * (attention * hidden_size + experts_per_token * (in_and_out * hidden_size + gated *"
    " expert_intermediate_size))",
    returns="training_activation_bytes_per_token",
    citation=_KORTHIKANTI,
    constants={"element": _ELEMENT, "attention": _ATTENTION, "in_and_out": _IN_AND_OUT, "gated": _GATED},
    assumes=("scores are not kept", "every layer routes"),
    increasing=("num_layers", "hidden_size", "experts_per_token", "expert_intermediate_size"),
    examples=(
        Example(
            {
                "num_layers": 61.0,
                "hidden_size": 7168.0,
                "experts_per_token": 8.0,
                "expert_intermediate_size": 2048.0,
            },
            2.0 * 61 * (9 * 7168 + 8 * (2 * 7168 + 3 * 2048)),
            1e-12,
            "by hand, DeepSeek-V3",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
    registry=CALIBRATED,
)
def training_activation_bytes_mixture(
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    experts_per_token: Annotated[Array, "1"],
    expert_intermediate_size: Annotated[Array, "1"],
    *,
    element: float,
    attention: float,
    in_and_out: float,
    gated: float,
) -> Annotated[Array, "byte/token"]:
    """Bytes that one token leaves behind in all layers for the backward pass, with copies for each expert."""
    copies = experts_per_token * (in_and_out * hidden_size + gated * expert_intermediate_size)
    return element * num_layers * (attention * hidden_size + copies)


@performance_function(
    formula="max(nothing, one - max(nothing, usable * memory_capacity * one_chip -"
    " training_state_bytes_per_parameter * total_parameters * one_chip / accelerators_per_instance) /"
    " (fitted_kept_share * training_activation_bytes_per_token * kept_tokens * one_chip / tensor_parallel))",
    citation=f"{_KORTHIKANTI}; {_ZERO}",
    constants={"nothing": _NOTHING, "one": _ONE, "usable": _USABLE, "one_chip": _CHIP},
    assumes=(
        "weights, gradients and optimiser states are spread over all chips",
        "kernels that are fused and what is cheap to compute again leave a share of what is counted",
        "the micro-batch is one sequence; a pipeline holds as many of them as it has stages",
    ),
    increasing=("training_activation_bytes_per_token", "kept_tokens", "total_parameters", "fitted_kept_share"),
    decreasing=("memory_capacity",),
    examples=(
        Example(
            {
                "memory_capacity": 80e9,
                "training_state_bytes_per_parameter": 16.0,
                "total_parameters": 1e10,
                "accelerators_per_instance": 8.0,
                "training_activation_bytes_per_token": 1e7,
                "kept_tokens": 10000.0,
                "tensor_parallel": 1.0,
                "fitted_kept_share": 1.0,
            },
            0.48,
            1e-12,
            "by hand: 52 GB of 100 GB fit",
        ),
    ),
    registry=CALIBRATED,
)
def training_recompute_share(
    memory_capacity: Annotated[Array, "byte/chip"],
    training_state_bytes_per_parameter: Annotated[Array, "byte"],
    total_parameters: Annotated[Array, "1"],
    accelerators_per_instance: Annotated[Array, "chip"],
    training_activation_bytes_per_token: Annotated[Array, "byte/token"],
    kept_tokens: Annotated[Array, "token"],
    tensor_parallel: Annotated[Array, "chip"],
    fitted_kept_share: Annotated[Array, "1"],
    *,
    nothing: float,
    one: float,
    usable: float,
    one_chip: float,
) -> Annotated[Array, "1"]:
    """Share of the activations that a chip cannot keep for the backward pass and computes again."""
    states = training_state_bytes_per_parameter * total_parameters * one_chip / accelerators_per_instance
    free = np.maximum(usable * memory_capacity * one_chip - states, nothing * states)
    kept = fitted_kept_share * training_activation_bytes_per_token * kept_tokens * one_chip / tensor_parallel
    return np.maximum(nothing, one - free / kept)


_INTERLEAVED = "v chunks of layers on each of p stages keep 1 + (p - 1) / (p v) times what one chunk keeps"
_SHAPE = {
    "input_tokens": 2048.0,
    "micro_batch_size": 1.0,
    "num_layers": 96.0,
    "hidden_size": 12288.0,
    "tensor_parallel": 8.0,
    "pipeline_stages": 8.0,
    "interleaved_chunks": 3.0,
}


def _in_flight(stages: Array, chunks: Array, one: float) -> Array:
    return np.where(stages > one, one + np.where(chunks > one, (stages - one) / (stages * chunks), 0.0), one)


@performance_function(
    formula="input_tokens * micro_batch_size * num_layers * (unsplit * hidden_size + ((linear - unsplit) * hidden_size +"
    " scores * attention_heads * input_tokens / own) * one_chip / tensor_parallel) * (1 + (p - 1) / (p * v)),"
    " p = pipeline_stages, v = interleaved_chunks, the last factor only when v > 1",
    citation=f"{_KORTHIKANTI}, equation 3 and section 4.2.3",
    constants={"linear": _LINEAR, "scores": _SCORES, "unsplit": _UNSPLIT, "own": _OWN, "one_chip": _CHIP, "one": _ONE},
    assumes=("tensor parallelism alone, nothing recomputed", "the first pipeline stage", _INTERLEAVED),
    increasing=("input_tokens", "micro_batch_size", "num_layers", "hidden_size", "attention_heads"),
    decreasing=("tensor_parallel",),
    examples=(
        Example(
            {**_SHAPE, "attention_heads": 96.0},
            2048.0 * 96 * 12288 * (10.0 + 24.0 / 8 + 80.0 / 8) * (1.0 + 7.0 / 24.0),
            1e-12,
            "by hand, GPT-3: 5 a s / h = 80",
        ),
    ),
    registry=CALIBRATED,
)
def kept_activation_bytes(
    input_tokens: Annotated[Array, "token/sequence"],
    micro_batch_size: Annotated[Array, "sequence"],
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    attention_heads: Annotated[Array, "1"],
    tensor_parallel: Annotated[Array, "chip"],
    pipeline_stages: Annotated[Array, "1"],
    interleaved_chunks: Annotated[Array, "1"],
    *,
    linear: float,
    scores: float,
    unsplit: float,
    own: float,
    one_chip: float,
    one: float,
) -> Annotated[Array, "byte"]:
    """Bytes of activations on a chip of the first pipeline stage when all are kept and only matrices are split."""
    pairs = scores * attention_heads * input_tokens / own
    split = one_chip / tensor_parallel
    each = unsplit * hidden_size + ((linear - unsplit) * hidden_size + pairs) * split
    held = _in_flight(pipeline_stages, interleaved_chunks, one)
    return input_tokens * micro_batch_size * num_layers * each * held


@performance_function(
    formula="input_tokens * micro_batch_size * num_layers * hidden_size * linear * one_chip / tensor_parallel"
    " * (1 + (p - 1) / (p * v)), p = pipeline_stages, v = interleaved_chunks, the last factor only when v > 1",
    citation=f"{_KORTHIKANTI}, table 2 and section 4.2.3: sequence parallelism with selective recomputation",
    constants={"linear": _LINEAR, "one_chip": _CHIP, "one": _ONE},
    assumes=("the first pipeline stage", _INTERLEAVED),
    increasing=("input_tokens", "micro_batch_size", "num_layers", "hidden_size"),
    decreasing=("tensor_parallel",),
    examples=(Example(_SHAPE, 2048.0 * 96 * 12288 * 34.0 / 8 * (1.0 + 7.0 / 24.0), 1e-12, "by hand, GPT-3"),),
    registry=CALIBRATED,
)
def selectively_kept_activation_bytes(
    input_tokens: Annotated[Array, "token/sequence"],
    micro_batch_size: Annotated[Array, "sequence"],
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    tensor_parallel: Annotated[Array, "chip"],
    pipeline_stages: Annotated[Array, "1"],
    interleaved_chunks: Annotated[Array, "1"],
    *,
    linear: float,
    one_chip: float,
    one: float,
) -> Annotated[Array, "byte"]:
    """Bytes of activations on a chip of the first pipeline stage with sequence parallelism and scores recomputed."""
    held = _in_flight(pipeline_stages, interleaved_chunks, one)
    return input_tokens * micro_batch_size * num_layers * hidden_size * linear * one_chip / tensor_parallel * held
