r"""What a client of a loaded engine sees: time per token, time to the first token, tokens in a second.

.. math::

    TPOT = t(B) + B\,t_P / S_{out} \qquad
    TTFT = f_e\,(k\,t(B) + t_P\,(1 + q B)) + \frac{C - B}{B} S_{out} TPOT \qquad
    X = \frac{B\,S_{out}}{S_{out}\,t(B) + B\,t_P}

Of `C` requests at fixed concurrency, `B` are decoded and the others wait for memory. A static batch prefills all prompts
and then decodes; in a steady state of continuous batching the same time is spread over the steps.
"""

from __future__ import annotations

from typing import Annotated

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import LITTLE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_TOKEN = Constant(1.0, "token", "autoregressive decoding: one token of each stream a step")
_ONE_PROMPT = Constant(1.0, "sequence", "a request has one prompt")


@performance_function(
    formula="loaded_step_time / one_token + concurrent_sequences * loaded_prefill_time / (one_prompt * output_tokens"
    " * one_prompt)",
    citation=LITTLE,
    constants={"one_token": _ONE_TOKEN, "one_prompt": _ONE_PROMPT},
    assumes=("a finished sequence is replaced at once; its prompt stops the others while it is processed",),
    increasing=("loaded_step_time", "concurrent_sequences", "loaded_prefill_time"),
    decreasing=("output_tokens",),
    examples=(
        Example(
            {
                "loaded_step_time": 0.01,
                "concurrent_sequences": 64.0,
                "loaded_prefill_time": 0.1,
                "output_tokens": 1000.0,
            },
            0.0164,
            1e-12,
            "by hand: 10 ms + 64 * 100 ms / 1000",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_time_per_output_token(
    loaded_step_time: Annotated[Array, "s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    loaded_prefill_time: Annotated[Array, "s"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_token: float,
    one_prompt: float,
) -> Annotated[Array, "s/token"]:
    """Mean seconds between two tokens of one stream of a loaded engine."""
    share = concurrent_sequences / (one_prompt * one_prompt)
    return loaded_step_time / one_token + share * loaded_prefill_time / output_tokens


@performance_function(
    formula="fitted_first_token_factor * (fitted_first_token_steps * loaded_step_time + loaded_prefill_time"
    " * (1 + fitted_queued_prompts * concurrent_sequences)) + waiting_sequences / concurrent_sequences"
    " * output_tokens * one_prompt * loaded_time_per_output_token",
    citation=LITTLE,
    constants={"one_prompt": _ONE_PROMPT, "alone": Constant(1.0, "1", "a prompt that waits for no other")},
    increasing=(
        "loaded_step_time",
        "loaded_prefill_time",
        "waiting_sequences",
        "loaded_time_per_output_token",
        "fitted_first_token_factor",
        "fitted_first_token_steps",
        "fitted_queued_prompts",
    ),
    examples=(
        Example(
            {
                "loaded_step_time": 0.01,
                "loaded_prefill_time": 0.1,
                "concurrent_sequences": 10.0,
                "waiting_sequences": 5.0,
                "output_tokens": 100.0,
                "loaded_time_per_output_token": 0.02,
                "fitted_first_token_factor": 2.0,
                "fitted_first_token_steps": 2.0,
                "fitted_queued_prompts": 0.1,
            },
            1.44,
            1e-12,
            "by hand: 2 * (20 ms + 100 ms * 2) + 0.5 * 2 s",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_time_to_first_token(
    loaded_step_time: Annotated[Array, "s"],
    loaded_prefill_time: Annotated[Array, "s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    waiting_sequences: Annotated[Array, "sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    loaded_time_per_output_token: Annotated[Array, "s/token"],
    fitted_first_token_factor: Annotated[Array, "1"],
    fitted_first_token_steps: Annotated[Array, "1"],
    fitted_queued_prompts: Annotated[Array, "1/sequence"],
    *,
    one_prompt: float,
    alone: float,
) -> Annotated[Array, "s"]:
    """Seconds to the first token at fixed concurrency: scheduling, prompts before it, and waiting for memory."""
    queue = alone + fitted_queued_prompts * concurrent_sequences
    own = fitted_first_token_steps * loaded_step_time + loaded_prefill_time * queue
    turn = output_tokens * one_prompt * loaded_time_per_output_token
    return fitted_first_token_factor * own + waiting_sequences / concurrent_sequences * turn


@performance_function(
    formula="concurrent_sequences * output_tokens / (output_tokens * one_prompt / one_token * loaded_step_time"
    " + concurrent_sequences / one_prompt * loaded_prefill_time)",
    citation=SCALING_BOOK,
    constants={"one_prompt": _ONE_PROMPT, "one_token": _ONE_TOKEN},
    assumes=("the batch stays full", "the prompts of the batch are processed one after the other"),
    decreasing=("loaded_step_time", "loaded_prefill_time"),
    examples=(
        Example(
            {
                "loaded_step_time": 0.01,
                "loaded_prefill_time": 0.1,
                "concurrent_sequences": 10.0,
                "output_tokens": 100.0,
            },
            500.0,
            1e-12,
            "by hand: 1000 tokens in 1 s + 1 s",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_output_throughput(
    loaded_step_time: Annotated[Array, "s"],
    loaded_prefill_time: Annotated[Array, "s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_prompt: float,
    one_token: float,
) -> Annotated[Array, "token/s"]:
    """Output tokens in a second of the whole instance, prompts included in the time."""
    decode = output_tokens * one_prompt / one_token * loaded_step_time
    prefill = concurrent_sequences / one_prompt * loaded_prefill_time
    return concurrent_sequences * output_tokens / (decode + prefill)
