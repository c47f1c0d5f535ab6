r"""A decode step and the prefill of one prompt on a loaded engine, put together from their parts.

.. math::

    t(B) = t_d + t_e(B) + t_L + B\,(t_c + t_a + t_r + \omega\,t_m) \qquad
    t_P = S\,(t_m + t_r) - t_h + t_q + \frac{S}{C}\,(t_d + t_e(C) + L\,o_P)

A step reads and multiplies at the same time, so only the share :math:`\omega` of the arithmetic adds to it. A prompt
of `S` tokens is processed in passes of `C` tokens, each of which reads the weights once; the output head (:math:`t_h`)
works for its last token only; :math:`t_q` is attention within the prompt.
"""

from __future__ import annotations

from typing import Annotated

from downstack.evaluation.functions.loaded_reads import FITTED
from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE = Constant(1.0, "token/sequence", "a step makes one token of each sequence")
_TWO = Constant(2.0, "FLOP/token", "a weight multiplies and adds once for each token")


@performance_function(
    formula="dense_read_time + routed_read_time + loaded_layer_time + concurrent_sequences * (cache_read_time"
    " + activation_time + one_token * (loaded_exchange_time + fitted_multiply_overlap"
    " * (dense_multiply_time + routed_multiply_time)))",
    citation=FITTED,
    constants={"one_token": _ONE},
    assumes=("no speculative decoding",),
    increasing=(
        "dense_read_time",
        "routed_read_time",
        "loaded_layer_time",
        "concurrent_sequences",
        "cache_read_time",
        "activation_time",
        "loaded_exchange_time",
        "fitted_multiply_overlap",
        "dense_multiply_time",
        "routed_multiply_time",
    ),
    examples=(
        Example(
            {
                "dense_read_time": 5e-3,
                "routed_read_time": 0.0,
                "loaded_layer_time": 4e-3,
                "concurrent_sequences": 10.0,
                "cache_read_time": 1e-4,
                "activation_time": 5e-5,
                "loaded_exchange_time": 2e-5,
                "fitted_multiply_overlap": 0.5,
                "dense_multiply_time": 4e-5,
                "routed_multiply_time": 2e-5,
            },
            11e-3,
            1e-12,
            "by hand: 9 ms + 10 * (150 us + 20 us + 30 us)",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_step_time(
    dense_read_time: Annotated[Array, "s"],
    routed_read_time: Annotated[Array, "s"],
    loaded_layer_time: Annotated[Array, "s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    cache_read_time: Annotated[Array, "s/sequence"],
    activation_time: Annotated[Array, "s/sequence"],
    loaded_exchange_time: Annotated[Array, "s/token"],
    fitted_multiply_overlap: Annotated[Array, "1"],
    dense_multiply_time: Annotated[Array, "s/token"],
    routed_multiply_time: Annotated[Array, "s/token"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of one decode step, without the prefill of new arrivals."""
    multiply = fitted_multiply_overlap * (dense_multiply_time + routed_multiply_time)
    each = cache_read_time + activation_time + one_token * (loaded_exchange_time + multiply)
    return dense_read_time + routed_read_time + loaded_layer_time + concurrent_sequences * each


@performance_function(
    formula="fitted_attention_factor * (prefill_flops - two * matmul_parameters * input_tokens)"
    " / (accelerators_per_instance * peak_flops_bf16_dense)",
    citation=FITTED,
    constants={"two": _TWO},
    only_positive="attention within a prompt takes arithmetic beside that of the weights",
    assumes=("attention multiplies in BF16",),
    increasing=("fitted_attention_factor", "prefill_flops"),
    decreasing=("matmul_parameters", "input_tokens", "accelerators_per_instance", "peak_flops_bf16_dense"),
    examples=(
        Example(
            {
                "fitted_attention_factor": 1.5,
                "prefill_flops": 5e15,
                "matmul_parameters": 1e9,
                "input_tokens": 131072.0,
                "accelerators_per_instance": 8.0,
                "peak_flops_bf16_dense": 989.5e12,
            },
            1.5 * (5e15 - 2 * 1e9 * 131072.0) / (8 * 989.5e12),
            1e-12,
            "by hand: what a small model spends on a long prompt beyond its weights",
        ),
    ),
    registry=CALIBRATED,
)
def prompt_attention_time(
    fitted_attention_factor: Annotated[Array, "1"],
    prefill_flops: Annotated[Array, "FLOP/sequence"],
    matmul_parameters: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    accelerators_per_instance: Annotated[Array, "chip"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
    *,
    two: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds of attention among the tokens of one prompt, in all layers."""
    attention = prefill_flops - two * matmul_parameters * input_tokens
    return fitted_attention_factor * attention / (accelerators_per_instance * peak_flops_bf16_dense)


@performance_function(
    formula="input_tokens * (dense_multiply_time + routed_multiply_time + loaded_exchange_time)"
    " - input_tokens * head_multiply_time + prompt_attention_time + input_tokens / tokens_per_pass"
    " * (dense_read_time + routed_read_time_of_a_pass + num_layers * fitted_pass_layer_time)",
    citation=FITTED,
    increasing=(
        "dense_multiply_time",
        "routed_multiply_time",
        "loaded_exchange_time",
        "prompt_attention_time",
        "dense_read_time",
        "routed_read_time_of_a_pass",
        "num_layers",
        "fitted_pass_layer_time",
    ),
    decreasing=("tokens_per_pass", "head_multiply_time"),
    examples=(
        Example(
            {
                "input_tokens": 1000.0,
                "dense_multiply_time": 4e-5,
                "head_multiply_time": 1e-6,
                "routed_multiply_time": 1e-5,
                "loaded_exchange_time": 1e-6,
                "prompt_attention_time": 2e-3,
                "tokens_per_pass": 1000.0,
                "dense_read_time": 5e-3,
                "routed_read_time_of_a_pass": 1e-3,
                "num_layers": 80.0,
                "fitted_pass_layer_time": 50e-6,
            },
            0.062,
            1e-12,
            "by hand: 1000 * 50 us + 2 ms + 6 ms + 4 ms",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_prefill_time(
    input_tokens: Annotated[Array, "token/sequence"],
    dense_multiply_time: Annotated[Array, "s/token"],
    head_multiply_time: Annotated[Array, "s/token"],
    routed_multiply_time: Annotated[Array, "s/token"],
    loaded_exchange_time: Annotated[Array, "s/token"],
    prompt_attention_time: Annotated[Array, "s/sequence"],
    tokens_per_pass: Annotated[Array, "token"],
    dense_read_time: Annotated[Array, "s"],
    routed_read_time_of_a_pass: Annotated[Array, "s"],
    num_layers: Annotated[Array, "1"],
    fitted_pass_layer_time: Annotated[Array, "s"],
) -> Annotated[Array, "s/sequence"]:
    """Seconds of the engine that one prompt takes."""
    token = dense_multiply_time - head_multiply_time + routed_multiply_time + loaded_exchange_time
    passes = input_tokens / tokens_per_pass
    overhead = dense_read_time + routed_read_time_of_a_pass + num_layers * fitted_pass_layer_time
    return input_tokens * token + prompt_attention_time + passes * overhead


@performance_function(
    formula="two * fitted_multiply_factor * hidden_size * vocabulary_size"
    " / (accelerators_per_instance * peak_flops_at_weight_precision)",
    citation=FITTED,
    constants={"two": _TWO},
    increasing=("fitted_multiply_factor", "hidden_size", "vocabulary_size"),
    decreasing=("accelerators_per_instance", "peak_flops_at_weight_precision"),
    examples=(
        Example(
            {
                "fitted_multiply_factor": 1.5,
                "hidden_size": 8192.0,
                "vocabulary_size": 128256.0,
                "accelerators_per_instance": 1.0,
                "peak_flops_at_weight_precision": 1e15,
            },
            1.5 * 2 * 8192 * 128256 / 1e15,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def head_multiply_time(
    fitted_multiply_factor: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    vocabulary_size: Annotated[Array, "1"],
    accelerators_per_instance: Annotated[Array, "chip"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    *,
    two: float,
) -> Annotated[Array, "s/token"]:
    """Seconds of the product of one token with the output head."""
    rate = accelerators_per_instance * peak_flops_at_weight_precision
    return fitted_multiply_factor * two * hidden_size * vocabulary_size / rate
