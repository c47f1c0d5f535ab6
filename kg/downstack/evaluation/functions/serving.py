r"""What users of a loaded engine see: time to first token, time per output token, tokens in a second.

At a fixed concurrency `B` each finished sequence is replaced at once. Its successor waits `k` steps for its first token;
meanwhile only `B_d` sequences decode, and each output token also pays for the prompts that arrive while it is made.

.. math::

    k = c\,k_0\,(S_{in} / 1024)^p \qquad B_d = B \frac{S_{out}}{S_{out} + k} \qquad
    TPOT = t(B_d) + \frac{B_d}{S_{out}} t_P \qquad TTFT = \max(k\,TPOT,\; t_P + TPOT) + w

`w` is what requests beyond the memory or the limit of the engine wait for a place. The power law of `k` is a
description of measurements, not a mechanism: it stands for schedulers, bursts of arrivals and pieces of prompts.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.loaded_reads import FITTED
from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import LITTLE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_PROMPT = Constant(1.0, "sequence", "a place serves one sequence at a time")
_ONE_TOKEN = Constant(1.0, "token/sequence", "one token of each sequence a step")
_REFERENCE = Constant(1024.0, "token/sequence", "the prompt length for which the fitted number of steps is given")


@performance_function(
    formula="fitted_first_token_factor * fitted_first_token_steps"
    " * (input_tokens / reference_length) ^ fitted_first_token_exponent",
    citation=FITTED,
    constants={"reference_length": _REFERENCE},
    increasing=("fitted_first_token_factor", "fitted_first_token_steps", "input_tokens"),
    examples=(
        Example(
            {
                "fitted_first_token_factor": 2.0,
                "fitted_first_token_steps": 10.0,
                "input_tokens": 4096.0,
                "fitted_first_token_exponent": 0.5,
            },
            40.0,
            1e-12,
            "by hand: 2 * 10 * sqrt(4)",
        ),
    ),
    registry=CALIBRATED,
)
def steps_to_first_token(
    fitted_first_token_factor: Annotated[Array, "1"],
    fitted_first_token_steps: Annotated[Array, "token/sequence"],
    input_tokens: Annotated[Array, "token/sequence"],
    fitted_first_token_exponent: Annotated[Array, "1"],
    *,
    reference_length: float,
) -> Annotated[Array, "token/sequence"]:
    """Tokens that a running sequence gets while a new one waits for its first."""
    length = (input_tokens / reference_length) ** fitted_first_token_exponent
    return fitted_first_token_factor * fitted_first_token_steps * length


@performance_function(
    formula="max(one_prompt, concurrent_sequences * output_tokens / (output_tokens + steps_to_first_token))",
    citation=LITTLE,
    constants={"one_prompt": _ONE_PROMPT},
    increasing=("concurrent_sequences", "output_tokens"),
    decreasing=("steps_to_first_token",),
    examples=(
        Example(
            {"concurrent_sequences": 60.0, "output_tokens": 100.0, "steps_to_first_token": 20.0},
            50.0,
            1e-12,
            "by hand: 60 * 100 / 120",
        ),
    ),
    registry=CALIBRATED,
)
def decoding_sequences(
    concurrent_sequences: Annotated[Array, "sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    steps_to_first_token: Annotated[Array, "token/sequence"],
    *,
    one_prompt: float,
) -> Annotated[Array, "sequence"]:
    """Sequences that decode on average, of those in the engine; at least one does."""
    share = output_tokens / (output_tokens + steps_to_first_token)
    return np.maximum(concurrent_sequences * share, one_prompt)


@performance_function(
    formula="loaded_step_time / one_token + concurrent_sequences * loaded_prefill_time / output_tokens",
    citation=LITTLE,
    constants={"one_token": _ONE_TOKEN},
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
    loaded_prefill_time: Annotated[Array, "s/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s*sequence/token"]:
    """Mean seconds between two tokens of one stream of a loaded engine; `concurrent_sequences` decode."""
    return loaded_step_time / one_token + concurrent_sequences * loaded_prefill_time / output_tokens


@performance_function(
    formula="max(steps_to_first_token * loaded_time_per_output_token, loaded_prefill_time * one_prompt"
    " + one_token * loaded_time_per_output_token) + waiting_sequences / resident_sequences * output_tokens"
    " * loaded_time_per_output_token",
    citation=LITTLE,
    constants={"one_prompt": _ONE_PROMPT, "one_token": _ONE_TOKEN},
    increasing=(
        "steps_to_first_token",
        "loaded_time_per_output_token",
        "loaded_prefill_time",
        "waiting_sequences",
        "output_tokens",
    ),
    decreasing=("resident_sequences",),
    examples=(
        Example(
            {
                "steps_to_first_token": 20.0,
                "loaded_time_per_output_token": 0.02,
                "loaded_prefill_time": 0.1,
                "waiting_sequences": 5.0,
                "resident_sequences": 10.0,
                "output_tokens": 100.0,
            },
            1.4,
            1e-12,
            "by hand: 20 * 20 ms + 0.5 * 2 s",
        ),
        Example(
            {
                "steps_to_first_token": 2.0,
                "loaded_time_per_output_token": 0.02,
                "loaded_prefill_time": 0.1,
                "waiting_sequences": 0.0,
                "resident_sequences": 1.0,
                "output_tokens": 100.0,
            },
            0.12,
            1e-12,
            "by hand: a long prompt bounds it from below, 100 ms + 20 ms",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_time_to_first_token(
    steps_to_first_token: Annotated[Array, "token/sequence"],
    loaded_time_per_output_token: Annotated[Array, "s*sequence/token"],
    loaded_prefill_time: Annotated[Array, "s/sequence"],
    waiting_sequences: Annotated[Array, "sequence"],
    resident_sequences: Annotated[Array, "sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_prompt: float,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds to the first token at fixed concurrency, waiting for a place included."""
    alone = loaded_prefill_time * one_prompt + one_token * loaded_time_per_output_token
    own = np.maximum(steps_to_first_token * loaded_time_per_output_token, alone)
    return own + waiting_sequences / resident_sequences * output_tokens * loaded_time_per_output_token


@performance_function(
    formula="engine_replicas * concurrent_sequences * output_tokens / (output_tokens / one_token * loaded_step_time"
    " + concurrent_sequences * loaded_prefill_time)",
    citation=SCALING_BOOK,
    constants={"one_token": _ONE_TOKEN},
    assumes=("the batch stays full", "prompts and decode steps share the time of the engine"),
    increasing=("engine_replicas",),
    decreasing=("loaded_step_time", "loaded_prefill_time"),
    examples=(
        Example(
            {
                "engine_replicas": 1.0,
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
    engine_replicas: Annotated[Array, "1"],
    loaded_step_time: Annotated[Array, "s"],
    loaded_prefill_time: Annotated[Array, "s/sequence"],
    concurrent_sequences: Annotated[Array, "sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "token/s"]:
    """Output tokens in a second of all replicas, prompts included in the time."""
    decode = output_tokens / one_token * loaded_step_time
    made = engine_replicas * concurrent_sequences * output_tokens
    return made / (decode + concurrent_sequences * loaded_prefill_time)


@performance_function(
    formula="concurrent_sequences * loaded_prefill_time + loaded_step_time",
    citation=SCALING_BOOK,
    assumes=("all prompts of a batch start together and decode after the last of them",),
    increasing=("concurrent_sequences", "loaded_prefill_time", "loaded_step_time"),
    examples=(
        Example(
            {"concurrent_sequences": 8.0, "loaded_prefill_time": 0.01, "loaded_step_time": 0.01},
            0.09,
            1e-12,
            "by hand: 80 ms + 10 ms",
        ),
    ),
    registry=CALIBRATED,
)
def batch_time_to_first_token(
    concurrent_sequences: Annotated[Array, "sequence"],
    loaded_prefill_time: Annotated[Array, "s/sequence"],
    loaded_step_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Seconds to the first token of a static batch."""
    return concurrent_sequences * loaded_prefill_time + loaded_step_time


@performance_function(
    formula="concurrent_sequences * loaded_prefill_time + output_tokens / one_token * loaded_step_time",
    citation=SCALING_BOOK,
    constants={"one_token": _ONE_TOKEN},
    increasing=("concurrent_sequences", "loaded_prefill_time", "loaded_step_time", "output_tokens"),
    examples=(
        Example(
            {
                "concurrent_sequences": 8.0,
                "loaded_prefill_time": 0.01,
                "loaded_step_time": 0.01,
                "output_tokens": 32.0,
            },
            0.4,
            1e-12,
            "by hand: 80 ms + 32 * 10 ms",
        ),
    ),
    registry=CALIBRATED,
)
def batch_latency(
    concurrent_sequences: Annotated[Array, "sequence"],
    loaded_prefill_time: Annotated[Array, "s/sequence"],
    loaded_step_time: Annotated[Array, "s"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds from the prompts of a static batch to its last tokens."""
    return concurrent_sequences * loaded_prefill_time + output_tokens / one_token * loaded_step_time
