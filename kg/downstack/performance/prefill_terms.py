r"""What the prefill of a prompt is made of: passes that read the weights, attention within the prompt, the output head.

A prompt is processed in passes of at most 8192 tokens. Each reads the weights once, and the experts that its tokens use.

.. math::

    C = \min(S, 8192) \qquad t_{pass} = \frac{S}{C}\,(t_W(C) + L\,o_P) \qquad t_q = f\,\frac{F_{prefill} - 2\,N\,S}{N_c\,P} \qquad t_h = \frac{2 f\,d\,V}{N_c\,P}

`S` computed tokens, `N` weights that a token multiplies with, :math:`N_c` chips. The output head works for the last token only.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.calibration import FITTED
from downstack.performance.citations import MIXTURE_OF_EXPERTS, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_TWO = Constant(2.0, "FLOP/token", "a weight multiplies and adds once for each token")
_PASS = Constant(
    8192.0,
    "token",
    "tokens of one pass over prompts: the default of TensorRT-LLM's benchmark and of vLLM on large accelerators",
)
_ONE_PROMPT = Constant(1.0, "sequence", "prompts are prefilled one at a time")
_ROUTED = Constant(1.0, "token", "a token is sent to its experts by itself")


@performance_function(
    formula="min(computed_prompt_tokens * one_prompt, pass_tokens)",
    citation=SCALING_BOOK,
    constants={"pass_tokens": _PASS, "one_prompt": _ONE_PROMPT},
    increasing=("computed_prompt_tokens",),
    examples=(
        Example({"computed_prompt_tokens": 1000.0}, 1000.0, 1e-12, "a short prompt is one pass"),
        Example({"computed_prompt_tokens": 100000.0}, 8192.0, 1e-12, "a long one takes several"),
    ),
)
def tokens_per_pass(
    computed_prompt_tokens: Annotated[Array, "token/sequence"], *, pass_tokens: float, one_prompt: float
) -> Annotated[Array, "token"]:
    """Tokens that an engine processes in one pass over a prompt."""
    return np.minimum(computed_prompt_tokens * one_prompt, pass_tokens)


@performance_function(
    returns="pass_weight_read_time",
    formula="dense_weight_read_time",
    citation=SCALING_BOOK,
    increasing=("dense_weight_read_time",),
    examples=(Example({"dense_weight_read_time": 4e-3}, 4e-3, 1e-12, "a dense model reads all its weights"),),
    applies_to={"model": "DenseModel"},
)
def pass_weight_read_time_dense(dense_weight_read_time: Annotated[Array, "s"]) -> Annotated[Array, "s"]:
    """Seconds in which a pass over a prompt reads its weights, dense model."""
    return +dense_weight_read_time


@performance_function(
    returns="pass_weight_read_time",
    formula="dense_weight_read_time + expert_weight_read_time * (1 - (1 - routing_fraction) ^ tokens_per_pass)",
    citation=MIXTURE_OF_EXPERTS,
    constants={"one_token": _ROUTED},
    validity=(Validity("routing_fraction", 0.0, 1.0, "a token cannot use more experts than there are"),),
    assumes=("routing is balanced and tokens are routed independently",),
    increasing=("dense_weight_read_time", "expert_weight_read_time", "routing_fraction", "tokens_per_pass"),
    examples=(
        Example(
            {
                "dense_weight_read_time": 1e-3,
                "expert_weight_read_time": 16e-3,
                "routing_fraction": 0.25,
                "tokens_per_pass": 4.0,
            },
            11.9375e-3,
            1e-12,
            "by hand: 1 ms + 16 ms * (1 - 0.75^4)",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def pass_weight_read_time_mixture(
    dense_weight_read_time: Annotated[Array, "s"],
    expert_weight_read_time: Annotated[Array, "s"],
    routing_fraction: Annotated[Array, "1"],
    tokens_per_pass: Annotated[Array, "token"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds in which a pass over a prompt reads its weights: the experts that the tokens of the pass use."""
    used = 1.0 - (1.0 - routing_fraction) ** (tokens_per_pass / one_token)
    return dense_weight_read_time + expert_weight_read_time * used


@performance_function(
    formula="computed_prompt_tokens * one_prompt / tokens_per_pass"
    " * (pass_weight_read_time + num_layers * fitted_pass_layer_time)",
    citation=FITTED,
    constants={"one_prompt": _ONE_PROMPT},
    increasing=("pass_weight_read_time", "num_layers", "fitted_pass_layer_time"),
    decreasing=("tokens_per_pass",),
    examples=(
        Example(
            {
                "computed_prompt_tokens": 2000.0,
                "tokens_per_pass": 1000.0,
                "pass_weight_read_time": 6e-3,
                "num_layers": 80.0,
                "fitted_pass_layer_time": 50e-6,
            },
            20e-3,
            1e-12,
            "by hand: twice 6 ms + 80 * 50 us",
        ),
    ),
)
def prompt_pass_time(
    computed_prompt_tokens: Annotated[Array, "token/sequence"],
    tokens_per_pass: Annotated[Array, "token"],
    pass_weight_read_time: Annotated[Array, "s"],
    num_layers: Annotated[Array, "1"],
    fitted_pass_layer_time: Annotated[Array, "s"],
    *,
    one_prompt: float,
) -> Annotated[Array, "s"]:
    """Seconds in which the passes over one prompt read weights and start kernels."""
    passes = computed_prompt_tokens * one_prompt / tokens_per_pass
    return passes * (pass_weight_read_time + num_layers * fitted_pass_layer_time)


@performance_function(
    formula="fitted_wide_multiply_factor * (prefill_flops - two * matmul_parameters * computed_prompt_tokens)"
    " / (accelerators_per_replica * peak_flops_bf16_dense)",
    citation=FITTED,
    constants={"two": _TWO},
    only_positive="attention within a prompt takes arithmetic beside that of the weights",
    assumes=("attention multiplies in BF16, at the share of the peak that products of that width reach",),
    increasing=("fitted_wide_multiply_factor", "prefill_flops"),
    decreasing=("matmul_parameters", "computed_prompt_tokens", "accelerators_per_replica", "peak_flops_bf16_dense"),
    examples=(
        Example(
            {
                "fitted_wide_multiply_factor": 1.5,
                "prefill_flops": 5e15,
                "matmul_parameters": 1e9,
                "computed_prompt_tokens": 131072.0,
                "accelerators_per_replica": 8.0,
                "peak_flops_bf16_dense": 989.5e12,
            },
            1.5 * (5e15 - 2 * 1e9 * 131072.0) / (8 * 989.5e12),
            1e-12,
            "by hand: what a small model spends on a long prompt beyond its weights",
        ),
    ),
)
def prompt_attention_time(
    fitted_wide_multiply_factor: Annotated[Array, "1"],
    prefill_flops: Annotated[Array, "FLOP/sequence"],
    matmul_parameters: Annotated[Array, "1"],
    computed_prompt_tokens: Annotated[Array, "token/sequence"],
    accelerators_per_replica: Annotated[Array, "chip"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
    *,
    two: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds of attention among the tokens of one prompt, in all layers."""
    attention = prefill_flops - two * matmul_parameters * computed_prompt_tokens
    return fitted_wide_multiply_factor * attention / (accelerators_per_replica * peak_flops_bf16_dense)


@performance_function(
    formula="multiply_time_factor * two * hidden_size * vocabulary_size"
    " / (accelerators_per_replica * peak_flops_at_weight_precision)",
    citation=FITTED,
    constants={"two": _TWO},
    increasing=("multiply_time_factor", "hidden_size", "vocabulary_size"),
    decreasing=("accelerators_per_replica", "peak_flops_at_weight_precision"),
    examples=(
        Example(
            {
                "multiply_time_factor": 1.5,
                "hidden_size": 8192.0,
                "vocabulary_size": 128256.0,
                "accelerators_per_replica": 1.0,
                "peak_flops_at_weight_precision": 1e15,
            },
            1.5 * 2 * 8192 * 128256 / 1e15,
            1e-12,
            "by hand: 2.1 GFLOP at two thirds of 1 PFLOP/s",
        ),
    ),
)
def head_multiply_time(
    multiply_time_factor: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    vocabulary_size: Annotated[Array, "1"],
    accelerators_per_replica: Annotated[Array, "chip"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    *,
    two: float,
) -> Annotated[Array, "s/token"]:
    """Seconds of the product of one token with the output head."""
    rate = accelerators_per_replica * peak_flops_at_weight_precision
    return multiply_time_factor * two * hidden_size * vocabulary_size / rate
