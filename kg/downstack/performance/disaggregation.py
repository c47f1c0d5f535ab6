r"""Prompts read on some machines, replies written on others: how many of each, and the time to move the cache between them.

The two sides are in balance when prompts are read as fast as replies end; `p` groups of tensor-parallel accelerators read for one
copy of the model that decodes.

.. math::

    \frac{p}{t_{prefill}} = \frac{B}{t(B)\,S_{out}} \qquad t_{move} = \frac{f\,K(S_{in})}{g\,\beta} \qquad
    TTFT = t_{prefill} + t_{move} + t(B) \qquad x = \frac{B / t(B)}{n + p\,g}

with groups of `g` accelerators that each send at :math:`\beta / f`, and the step `t` of the reference load without prompts.
Both ways of serving do the same work, so at the same batch each accelerator gives as many tokens; what is won is time: no prompt
interrupts a stream.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import DISAGGREGATION, PAGED_ATTENTION, SCALING_BOOK, SLIDING_WINDOW
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_PROMPT = Constant(1.0, "sequence", "the cache of one prompt is sent at a time")
_ONE_STREAM = Constant(1.0, "sequence", "a group reads one prompt at a time")
_ONE_EACH = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each stream a step")
_ONE_TOKEN = Constant(1.0, "token", "autoregressive decoding: one token of each stream a step")
_REFERENCE = "the copy that decodes carries as many sequences as decode at the workload's reference load"


@performance_function(
    returns="prompt_kv_cache_bytes",
    formula="kv_cache_bytes_per_token * input_tokens",
    citation=PAGED_ATTENTION,
    assumes=("the whole cache of a prompt is moved, also what the decoding side may have from an earlier turn",),
    increasing=("kv_cache_bytes_per_token", "input_tokens"),
    examples=(
        Example(
            {"kv_cache_bytes_per_token": 327680.0, "input_tokens": 8192.0},
            2684354560.0,
            1e-12,
            "Llama-3-70B by hand: 327680 byte * 8192",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def prompt_kv_cache_bytes_full_attention(
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    input_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "byte/sequence"]:
    """Cache that a prompt leaves, when every layer attends to everything."""
    return kv_cache_bytes_per_token * input_tokens


@performance_function(
    returns="prompt_kv_cache_bytes",
    formula="kv_cache_bytes_per_token * input_tokens"
    " + sliding_kv_cache_bytes_per_token * min(input_tokens, sliding_window)",
    citation=SLIDING_WINDOW,
    assumes=("the whole cache of a prompt is moved, also what the decoding side may have from an earlier turn",),
    increasing=("kv_cache_bytes_per_token", "sliding_kv_cache_bytes_per_token", "sliding_window", "input_tokens"),
    examples=(
        Example(
            {
                "kv_cache_bytes_per_token": 24576.0,
                "sliding_kv_cache_bytes_per_token": 24576.0,
                "sliding_window": 128.0,
                "input_tokens": 1000.0,
            },
            27721728.0,
            1e-12,
            "gpt-oss-20b by hand: 24576 * (1000 + 128)",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def prompt_kv_cache_bytes_interleaved(
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_window: Annotated[Array, "token/sequence"],
    input_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "byte/sequence"]:
    """Cache that a prompt leaves, when some layers hold only a window."""
    window = np.minimum(input_tokens, sliding_window)
    return kv_cache_bytes_per_token * input_tokens + sliding_kv_cache_bytes_per_token * window


@performance_function(
    formula="prompt_kv_cache_bytes * one_prompt * fitted_exchange_factor"
    " / (tensor_parallel * scaleout_bandwidth_per_direction)",
    citation=DISAGGREGATION,
    constants={"one_prompt": _ONE_PROMPT},
    assumes=(
        "the cache is sent after the prompt is read, over the network between servers, by all accelerators of the group",
        "the transfer takes as much longer than at the link rate as all-reduces do",
    ),
    increasing=("prompt_kv_cache_bytes", "fitted_exchange_factor"),
    decreasing=("tensor_parallel", "scaleout_bandwidth_per_direction"),
    examples=(
        Example(
            {
                "prompt_kv_cache_bytes": 2684354560.0,
                "tensor_parallel": 8.0,
                "scaleout_bandwidth_per_direction": 50e9,
                "fitted_exchange_factor": 1.0,
            },
            6.7109e-3,
            1e-5,
            "by hand: 2.68 GB over 8 links of 50 GB/s",
        ),
    ),
)
def kv_transfer_time(
    prompt_kv_cache_bytes: Annotated[Array, "byte/sequence"],
    tensor_parallel: Annotated[Array, "chip"],
    scaleout_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    fitted_exchange_factor: Annotated[Array, "1"],
    *,
    one_prompt: float,
) -> Annotated[Array, "s"]:
    """Seconds to send the cache of one prompt to the accelerators that decode."""
    rate = tensor_parallel * scaleout_bandwidth_per_direction
    return prompt_kv_cache_bytes * one_prompt * fitted_exchange_factor / rate


@performance_function(
    formula="decoding_sequences / one_stream * one_each * prefill_time / (decode_step_time * output_tokens)",
    citation=SCALING_BOOK,
    constants={"one_stream": _ONE_STREAM, "one_each": _ONE_EACH},
    assumes=(_REFERENCE, "both sides are always busy: a mean without a queue between them"),
    increasing=("decoding_sequences", "prefill_time"),
    decreasing=("decode_step_time", "output_tokens"),
    examples=(
        Example(
            {
                "decoding_sequences": 32.0,
                "prefill_time": 0.91,
                "decode_step_time": 0.019,
                "output_tokens": 512.0,
            },
            3.0,
            0.005,
            "How to Scale Your Model, inference: 0.91 s a prompt, 19 ms a step of 32, 512 tokens: three to one",
        ),
    ),
)
def prefill_groups_per_replica(
    decoding_sequences: Annotated[Array, "sequence"],
    prefill_time: Annotated[Array, "s"],
    decode_step_time: Annotated[Array, "s"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_stream: float,
    one_each: float,
) -> Annotated[Array, "1"]:
    """Groups that have to read prompts so that one copy of the model that decodes is always full."""
    return decoding_sequences / one_stream * one_each * prefill_time / (decode_step_time * output_tokens)


@performance_function(
    formula="prefill_time + kv_transfer_time + decode_step_time",
    citation=DISAGGREGATION,
    assumes=("no queue on either side", "the transfer is not hidden behind the reading of the prompt"),
    increasing=("prefill_time", "kv_transfer_time", "decode_step_time"),
    examples=(
        Example(
            {"prefill_time": 0.3, "kv_transfer_time": 0.0067, "decode_step_time": 0.02},
            0.3267,
            1e-12,
            "by hand: 300 + 6.7 + 20 ms",
        ),
    ),
)
def time_to_first_token_disaggregated(
    prefill_time: Annotated[Array, "s"],
    kv_transfer_time: Annotated[Array, "s"],
    decode_step_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Seconds from the arrival of a prompt to its first token when other machines decode."""
    return prefill_time + kv_transfer_time + decode_step_time


@performance_function(
    formula="decoding_sequences * one_each / decode_step_time"
    " / (accelerators_per_replica + prefill_groups_per_replica * tensor_parallel)",
    citation=DISAGGREGATION,
    constants={"one_each": _ONE_EACH},
    assumes=(_REFERENCE, "groups that read prompts are not rounded to whole ones: a large fleet"),
    decreasing=("accelerators_per_replica", "prefill_groups_per_replica", "tensor_parallel"),
    examples=(
        Example(
            {
                "decoding_sequences": 32.0,
                "decode_step_time": 0.02,
                "accelerators_per_replica": 16.0,
                "prefill_groups_per_replica": 3.0,
                "tensor_parallel": 16.0,
            },
            25.0,
            1e-12,
            "by hand: 1600 tokens/s over 64 chips",
        ),
    ),
)
def throughput_per_accelerator_disaggregated(
    decoding_sequences: Annotated[Array, "sequence"],
    decode_step_time: Annotated[Array, "s"],
    accelerators_per_replica: Annotated[Array, "chip"],
    prefill_groups_per_replica: Annotated[Array, "1"],
    tensor_parallel: Annotated[Array, "chip"],
    *,
    one_each: float,
) -> Annotated[Array, "token/s/chip"]:
    """Output tokens in a second of each accelerator, of those that read prompts and those that decode."""
    chips = accelerators_per_replica + prefill_groups_per_replica * tensor_parallel
    return decoding_sequences * one_each / decode_step_time / chips


@performance_function(
    formula="time_per_output_token * one_token / decode_step_time",
    citation=DISAGGREGATION,
    constants={"one_token": _ONE_TOKEN},
    assumes=("both at the same number of sequences on the copy that decodes",),
    increasing=("time_per_output_token",),
    decreasing=("decode_step_time",),
    examples=(Example({"time_per_output_token": 0.025, "decode_step_time": 0.02}, 1.25, 1e-12, "by hand: 25 / 20 ms"),),
)
def disaggregation_speedup(
    time_per_output_token: Annotated[Array, "s/token"],
    decode_step_time: Annotated[Array, "s"],
    *,
    one_token: float,
) -> Annotated[Array, "1"]:
    """How many times sooner a stream's next token comes when no prompt interrupts decoding."""
    return time_per_output_token * one_token / decode_step_time
