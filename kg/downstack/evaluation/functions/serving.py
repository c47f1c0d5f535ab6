r"""What a benchmark of serving measures beside what the graph says of a deployment.

A benchmark begins with all its requests at once: each of the first `B` waits for half of the others, and the mean over a
run of `m` requests a place keeps :math:`1/2m` of `B`; a benchmark that sends ten has 0.05. An engine that reads prompts before it
goes on decoding keeps the burst together for longer. A benchmark that keeps more requests in flight than fit makes some of
them wait for a place; replicas of an engine share its load; a static batch starts its prompts together and decodes after the
last of them. Some are run with engines that keep a prompt back until others have come or that look for new ones now and
then only, and some with engines that draft tokens.

.. math::

    TTFT_w = TTFT + h\,\Omega\,TPOT + g\,b\,B\,t_P + \frac{w}{B}\,S_{out}\,TPOT \qquad X = r\,X_1 \qquad T = B\,t_P + S_{out}\,t(B)

`b` is the fitted share of the load that is before a prompt on average, `g` what one engine has beside the others, `h` the steps
that a prompt is held back and :math:`\Omega` the tokens that a stream gets in one.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.calibration import FITTED
from downstack.performance.citations import DEFINITION, LITTLE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_TOKEN = Constant(1.0, "token/sequence", "one token of each sequence a step")
_ONE_STREAM = Constant(1.0, "sequence", "the time between tokens is that of one stream")
_USUAL = Constant(1.0, "1", "an engine that was not measured differs from the others by nothing that is known")


@performance_function(
    formula="factor * fitted_burst_share * resident_sequences * prompt_occupation_time,"
    " factor = fitted_burst_factor, 1 unless stated",
    citation=f"{FITTED}; {LITTLE}",
    constants={"usual": _USUAL},
    optional=("fitted_burst_factor",),
    assumes=("all requests of a run start at once, and each that ends is followed by another",),
    increasing=("fitted_burst_factor", "fitted_burst_share", "resident_sequences", "prompt_occupation_time"),
    examples=(
        Example(
            {
                "fitted_burst_factor": float("nan"),
                "fitted_burst_share": 0.05,
                "resident_sequences": 64.0,
                "prompt_occupation_time": 0.1,
            },
            0.32,
            1e-12,
            "by hand: 64 prompts of 100 ms, one tenth of the run, half of them before a prompt",
        ),
    ),
    registry=CALIBRATED,
)
def burst_wait_time(
    fitted_burst_factor: Annotated[Array, "1"],
    fitted_burst_share: Annotated[Array, "1"],
    resident_sequences: Annotated[Array, "sequence"],
    prompt_occupation_time: Annotated[Array, "s/sequence"],
    *,
    usual: float,
) -> Annotated[Array, "s"]:
    """Mean seconds that a prompt of a run waits because the run begins with all its requests at once."""
    factor = np.where(np.isnan(fitted_burst_factor), usual, fitted_burst_factor)
    return factor * fitted_burst_share * resident_sequences * prompt_occupation_time


@performance_function(
    formula="time_to_first_token + steps_held_back * tokens_per_step * of_stream * time_per_output_token + burst_wait_time"
    " + waiting_sequences / resident_sequences * output_tokens * one_stream * time_per_output_token",
    citation=LITTLE,
    constants={
        "one_stream": _ONE_STREAM,
        "of_stream": Constant(1.0, "token", "the time between tokens is that of one stream"),
    },
    increasing=(
        "time_to_first_token",
        "steps_held_back",
        "tokens_per_step",
        "burst_wait_time",
        "time_per_output_token",
        "waiting_sequences",
        "output_tokens",
    ),
    decreasing=("resident_sequences",),
    examples=(
        Example(
            {
                "time_to_first_token": 0.4,
                "steps_held_back": 5.0,
                "tokens_per_step": 2.0,
                "burst_wait_time": 0.1,
                "time_per_output_token": 0.02,
                "waiting_sequences": 5.0,
                "resident_sequences": 10.0,
                "output_tokens": 100.0,
            },
            1.7,
            1e-12,
            "by hand: 400 ms + 5 * 40 ms + 100 ms + 0.5 * 2 s",
        ),
    ),
    registry=CALIBRATED,
)
def queued_time_to_first_token(
    time_to_first_token: Annotated[Array, "s"],
    steps_held_back: Annotated[Array, "1"],
    tokens_per_step: Annotated[Array, "1"],
    burst_wait_time: Annotated[Array, "s"],
    time_per_output_token: Annotated[Array, "s/token"],
    waiting_sequences: Annotated[Array, "sequence"],
    resident_sequences: Annotated[Array, "sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_stream: float,
    of_stream: float,
) -> Annotated[Array, "s"]:
    """Mean seconds to the first token in a run that starts at once, the wait for a place included where more is sent than fits."""
    reply = output_tokens * one_stream * time_per_output_token
    held = steps_held_back * tokens_per_step * of_stream * time_per_output_token
    return time_to_first_token + held + burst_wait_time + waiting_sequences / resident_sequences * reply


@performance_function(
    formula="engine_replicas * throughput_at_load",
    citation=DEFINITION,
    assumes=("the batch stays full", "prompts and decode steps share the time of the engine"),
    increasing=("engine_replicas", "throughput_at_load"),
    examples=(
        Example({"engine_replicas": 2.0, "throughput_at_load": 500.0}, 1000.0, 1e-12, "by hand: 2 * 500 token/s"),
    ),
    registry=CALIBRATED,
)
def engine_throughput(
    engine_replicas: Annotated[Array, "1"], throughput_at_load: Annotated[Array, "token/s"]
) -> Annotated[Array, "token/s"]:
    """Output tokens in a second of all replicas, prompts included in the time."""
    return engine_replicas * throughput_at_load


@performance_function(
    formula="prefill_interruption_per_sequence * output_tokens / one_token",
    citation=DEFINITION,
    constants={"one_token": _ONE_TOKEN},
    increasing=("prefill_interruption_per_sequence", "output_tokens"),
    examples=(
        Example(
            {"prefill_interruption_per_sequence": 1e-4, "output_tokens": 100.0},
            0.01,
            1e-12,
            "by hand: 100 steps of 0.1 ms",
        ),
    ),
    registry=CALIBRATED,
)
def prompt_occupation_time(
    prefill_interruption_per_sequence: Annotated[Array, "s/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds of the whole engine that one prompt takes."""
    return prefill_interruption_per_sequence * output_tokens / one_token


@performance_function(
    formula="concurrent_sequences * prompt_occupation_time + decode_step_time",
    citation=SCALING_BOOK,
    assumes=("all prompts of a batch start together and decode after the last of them",),
    increasing=("concurrent_sequences", "prompt_occupation_time", "decode_step_time"),
    examples=(
        Example(
            {"concurrent_sequences": 8.0, "prompt_occupation_time": 0.01, "decode_step_time": 0.01},
            0.09,
            1e-12,
            "by hand: 80 ms + 10 ms",
        ),
    ),
    registry=CALIBRATED,
)
def batch_time_to_first_token(
    concurrent_sequences: Annotated[Array, "sequence"],
    prompt_occupation_time: Annotated[Array, "s/sequence"],
    decode_step_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Seconds to the first token of a static batch."""
    return concurrent_sequences * prompt_occupation_time + decode_step_time


@performance_function(
    formula="concurrent_sequences * prompt_occupation_time + output_tokens / one_token * decode_step_time",
    citation=SCALING_BOOK,
    constants={"one_token": _ONE_TOKEN},
    increasing=("concurrent_sequences", "prompt_occupation_time", "decode_step_time", "output_tokens"),
    examples=(
        Example(
            {
                "concurrent_sequences": 8.0,
                "prompt_occupation_time": 0.01,
                "decode_step_time": 0.01,
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
    prompt_occupation_time: Annotated[Array, "s/sequence"],
    decode_step_time: Annotated[Array, "s"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds from the prompts of a static batch to its last tokens."""
    return concurrent_sequences * prompt_occupation_time + output_tokens / one_token * decode_step_time
