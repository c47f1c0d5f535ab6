r"""How long a prompt takes, and what it takes from those who are already being answered.

Prefill multiplies a whole prompt at once and is limited by arithmetic; each pass over a part of it reads the weights and
starts the kernels of every layer once. In a full batch each finished sequence is replaced by a new prompt, so a step of `B`
sequences carries on average :math:`B/S_{out}` prefills.

.. math::

    t_{prefill} = \frac{N}{n}\,(S\,(t_m - t_h + t_r) + t_q) + t_{pass} \qquad
    t_P = \frac{(t_{prefill} - t_{pass})\,n / N + t_{pass} / p}{S_{out}} \qquad
    TTFT = \max(k\,TPOT + w\,t_{prefill},\; t_{prefill} + TPOT) + t_l

`n` chips work on a prompt at a time; of the `N` chips of the whole copy of the model the others go on with something else.
Passes hold up all data-parallel groups, but only one of `p` pipeline stages at a time.
:math:`k` steps pass until a new prompt has its turn (:mod:`downstack.performance.decoding_share`); from then on its first
token takes the time of :math:`w` prompts: its own, and what comes in beside it, and :math:`t_l` to start its kernels
(:mod:`downstack.performance.prompt_launch`).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance import calibration
from downstack.performance.calibration import FITTED
from downstack.performance.citations import LITTLE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_PROMPT = Constant(1.0, "sequence", "prompts are prefilled one at a time")
_ONE_TOKEN = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each sequence a step")
_FIRST = Constant(1.0, "token", "the first token comes with the first step after the prompt")
_OF_STREAM = Constant(1.0, "sequence", "the time between tokens is that of one stream")
_USUAL = Constant(1.0, "1", "an engine that was not measured differs from the others by nothing that is known")


@performance_function(
    formula="one_prompt * (accelerators_per_replica / tensor_parallel * (computed_prompt_tokens * (weight_multiply_time"
    " - head_multiply_time + allreduce_time_per_sequence / one_token) + prompt_attention_time)) + prompt_pass_time",
    citation=f"{FITTED}; {SCALING_BOOK}",
    constants={"one_prompt": _ONE_PROMPT, "one_token": _ONE_TOKEN},
    assumes=("a prompt passes the pipeline stages one after the other, and is processed by one group of chips",),
    increasing=("weight_multiply_time", "allreduce_time_per_sequence", "prompt_attention_time", "prompt_pass_time"),
    decreasing=("head_multiply_time",),
    examples=(
        Example(
            {
                "computed_prompt_tokens": 1000.0,
                "weight_multiply_time": 5e-5,
                "head_multiply_time": 1e-6,
                "allreduce_time_per_sequence": 1e-6,
                "prompt_attention_time": 2e-3,
                "prompt_pass_time": 10e-3,
                "tensor_parallel": 8.0,
                "accelerators_per_replica": 8.0,
            },
            0.062,
            1e-12,
            "by hand: 1000 * 50 us + 2 ms + 10 ms",
        ),
        Example(
            {
                "computed_prompt_tokens": 8192.0,
                "weight_multiply_time": 0.91 / 8192.0,
                "head_multiply_time": 0.0,
                "allreduce_time_per_sequence": 0.0,
                "prompt_attention_time": 0.0,
                "prompt_pass_time": 0.0,
                "tensor_parallel": 4.0,
                "accelerators_per_replica": 8.0,
            },
            1.82,
            1e-12,
            "by hand: half of the chips work on a prompt, which takes twice as long",
        ),
    ),
)
def prefill_time(
    computed_prompt_tokens: Annotated[Array, "token/sequence"],
    weight_multiply_time: Annotated[Array, "s/token"],
    head_multiply_time: Annotated[Array, "s/token"],
    allreduce_time_per_sequence: Annotated[Array, "s/sequence"],
    prompt_attention_time: Annotated[Array, "s/sequence"],
    prompt_pass_time: Annotated[Array, "s"],
    tensor_parallel: Annotated[Array, "chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    *,
    one_prompt: float,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds to process one prompt, on the chips that work on one prompt at a time."""
    token = weight_multiply_time - head_multiply_time + allreduce_time_per_sequence / one_token
    work = computed_prompt_tokens * token + prompt_attention_time
    return one_prompt * (accelerators_per_replica / tensor_parallel * work) + prompt_pass_time


@performance_function(
    formula="(max(prefill_time - prompt_pass_time, 0) * tensor_parallel / accelerators_per_replica + prompt_pass_time"
    " / pipeline_parallel) / one_prompt * one_token / output_tokens",
    citation=LITTLE,
    constants={"one_prompt": _ONE_PROMPT, "one_token": _ONE_TOKEN},
    assumes=(
        "a new prompt arrives whenever a sequence finishes: the batch stays full",
        "data-parallel groups go from layer to layer together: each waits while another starts a pass",
    ),
    increasing=("prefill_time", "tensor_parallel"),
    decreasing=("output_tokens", "accelerators_per_replica"),
    examples=(
        Example(
            {
                "prefill_time": 0.1,
                "prompt_pass_time": 0.01,
                "output_tokens": 200.0,
                "tensor_parallel": 8.0,
                "pipeline_parallel": 1.0,
                "accelerators_per_replica": 8.0,
            },
            5e-4,
            1e-12,
            "by hand: 100 ms once in 200 tokens",
        ),
        Example(
            {
                "prefill_time": 0.1,
                "prompt_pass_time": 0.02,
                "output_tokens": 200.0,
                "tensor_parallel": 4.0,
                "pipeline_parallel": 1.0,
                "accelerators_per_replica": 8.0,
            },
            3e-4,
            1e-12,
            "by hand: two groups, each works on half of the prompts; 40 ms and the 20 ms that both wait",
        ),
        Example(
            {
                "prefill_time": 0.1,
                "prompt_pass_time": 0.02,
                "output_tokens": 200.0,
                "tensor_parallel": 4.0,
                "pipeline_parallel": 2.0,
                "accelerators_per_replica": 8.0,
            },
            2.5e-4,
            1e-12,
            "by hand: two stages, one of which works on the prompt at a time",
        ),
        Example(
            {
                "prefill_time": 0.01,
                "prompt_pass_time": 0.02,
                "output_tokens": 200.0,
                "tensor_parallel": 4.0,
                "pipeline_parallel": 1.0,
                "accelerators_per_replica": 8.0,
            },
            1e-4,
            1e-12,
            "by hand: a prompt that takes less than what it adds to a pass; 20 ms once in 200 tokens",
        ),
    ),
)
def prefill_interruption_per_sequence(
    prefill_time: Annotated[Array, "s"],
    prompt_pass_time: Annotated[Array, "s"],
    output_tokens: Annotated[Array, "token/sequence"],
    tensor_parallel: Annotated[Array, "chip"],
    pipeline_parallel: Annotated[Array, "1"],
    accelerators_per_replica: Annotated[Array, "chip"],
    *,
    one_prompt: float,
    one_token: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which each sequence of the batch lengthens every step, because its successor has to be prefilled."""
    work = np.maximum(prefill_time - prompt_pass_time, 0.0) * (tensor_parallel / accelerators_per_replica)
    return (work + prompt_pass_time / pipeline_parallel) / one_prompt * one_token / output_tokens


@performance_function(
    formula="movement_time_per_sequence + prefill_interruption_per_sequence",
    citation=SCALING_BOOK,
    increasing=("movement_time_per_sequence", "prefill_interruption_per_sequence"),
    examples=(
        Example(
            {"movement_time_per_sequence": 3e-5, "prefill_interruption_per_sequence": 5e-4},
            5.3e-4,
            1e-12,
            "by hand: 30 us + 500 us",
        ),
    ),
)
def serial_time_per_sequence(
    movement_time_per_sequence: Annotated[Array, "s/sequence"],
    prefill_interruption_per_sequence: Annotated[Array, "s/sequence"],
) -> Annotated[Array, "s/sequence"]:
    """Seconds of a step for each sequence beside reading its cache and multiplying its token."""
    return movement_time_per_sequence + prefill_interruption_per_sequence


@performance_function(
    formula="max(steps_to_first_token * of_stream * time_per_output_token + factor * fitted_prompt_wait * prefill_time,"
    " prefill_time + first_token * time_per_output_token) + prompt_launch_time,"
    " factor = fitted_prompt_wait_factor, 1 unless stated",
    citation=f"{FITTED}; {LITTLE}",
    constants={"of_stream": _OF_STREAM, "first_token": _FIRST, "usual": _USUAL},
    optional=("fitted_prompt_wait_factor",),
    assumes=(
        "the load stands: every request that ends is followed by another, whose prompt waits for a step with room",
        "there is a place for every request of the load",
    ),
    relative_error=calibration.TIME_TO_FIRST_TOKEN,
    increasing=(
        "steps_to_first_token",
        "time_per_output_token",
        "fitted_prompt_wait_factor",
        "fitted_prompt_wait",
        "prefill_time",
        "prompt_launch_time",
    ),
    examples=(
        Example(
            {
                "steps_to_first_token": 5.0,
                "time_per_output_token": 0.02,
                "fitted_prompt_wait_factor": 1.5,
                "fitted_prompt_wait": 2.0,
                "prefill_time": 0.1,
                "prompt_launch_time": 0.03,
            },
            0.43,
            1e-12,
            "by hand: 5 * 20 ms + 1.5 * 2 * 100 ms + 30 ms",
        ),
        Example(
            {
                "steps_to_first_token": 2.0,
                "time_per_output_token": 0.02,
                "fitted_prompt_wait_factor": float("nan"),
                "fitted_prompt_wait": 0.5,
                "prefill_time": 0.3,
                "prompt_launch_time": 0.03,
            },
            0.35,
            1e-12,
            "by hand: a long prompt bounds it from below, 300 ms + 20 ms, and 30 ms",
        ),
    ),
)
def time_to_first_token(
    steps_to_first_token: Annotated[Array, "token/sequence"],
    time_per_output_token: Annotated[Array, "s/token"],
    fitted_prompt_wait_factor: Annotated[Array, "1"],
    fitted_prompt_wait: Annotated[Array, "1"],
    prefill_time: Annotated[Array, "s"],
    prompt_launch_time: Annotated[Array, "s"],
    *,
    of_stream: float,
    first_token: float,
    usual: float,
) -> Annotated[Array, "s"]:
    """Seconds from the arrival of a prompt to its first token at the workload's reference concurrency."""
    factor = np.where(np.isnan(fitted_prompt_wait_factor), usual, fitted_prompt_wait_factor)
    waiting = steps_to_first_token * of_stream * time_per_output_token + factor * fitted_prompt_wait * prefill_time
    return np.maximum(waiting, prefill_time + first_token * time_per_output_token) + prompt_launch_time


@performance_function(
    formula="time_to_first_token - prefill_time - first_token * time_per_output_token",
    citation=LITTLE,
    constants={"first_token": _FIRST},
    increasing=("time_to_first_token",),
    decreasing=("prefill_time", "time_per_output_token"),
    examples=(
        Example(
            {"time_to_first_token": 0.4, "time_per_output_token": 0.02, "prefill_time": 0.1},
            0.28,
            1e-12,
            "by hand: 400 ms - 100 ms - 20 ms",
        ),
    ),
)
def first_token_wait_time(
    time_to_first_token: Annotated[Array, "s"],
    time_per_output_token: Annotated[Array, "s/token"],
    prefill_time: Annotated[Array, "s"],
    *,
    first_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of the wait for the first token in which neither the own prompt nor the own token is worked on."""
    # The wait is never shorter than its two parts; a difference of two equal numbers may end below zero by rounding.
    return np.maximum(time_to_first_token - prefill_time - first_token * time_per_output_token, 0.0)
