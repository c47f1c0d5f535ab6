r"""What a user waits for: the time of one request, and what it is spent on.

A request is prefilled, waits for the running step, and then gets a token a step. A step reads weights and caches while it
multiplies, and the slower of the two decides; overheads, exchanges and the prompts of others come on top.

.. math::

    T = t_{prefill} + S_{out}\,t(B) + (S_{out} - 1)\,B\,t_P \qquad
    t(B) = \max(t_W + B\,t_{KV},\; B\,t_C) + t_O + B\,t_X

The parts below sum to `T`. What the slower of reading and multiplying hides is no part of the sum and a quantity of its own.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import LITTLE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_OWN = Constant(1.0, "sequence", "a request is one sequence")
_FIRST = Constant(1.0, "token", "the first token is counted in the time to it")
_STEP = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each sequence a step")
_STEPS = "the step that is running when the prompt arrives and one for each further token: as many as output tokens"
_SLOWER = "reads and arithmetic overlap fully within a step: what is hidden behind the slower of the two takes no time"

_STEP_EXAMPLE = {
    "output_tokens": 100.0,
    "concurrent_sequences": 10.0,
    "weight_read_time": 4e-3,
    "kv_read_time_per_sequence": 2e-4,
    "compute_time_per_sequence": 5e-5,
}
_COMPUTE_EXAMPLE = _STEP_EXAMPLE | {"compute_time_per_sequence": 1e-3}


@performance_function(
    formula="time_to_first_token + (output_tokens * own_sequence - first_token) * time_per_output_token",
    citation=SCALING_BOOK,
    constants={"own_sequence": _OWN, "first_token": _FIRST},
    assumes=("no queue in front of the model, and no network between it and the user",),
    increasing=("time_to_first_token", "output_tokens"),
    examples=(
        Example(
            {"time_to_first_token": 0.4, "output_tokens": 101.0, "time_per_output_token": 0.03},
            3.4,
            1e-12,
            "by hand: 400 ms + 100 * 30 ms",
        ),
    ),
)
def request_time(
    time_to_first_token: Annotated[Array, "s"],
    output_tokens: Annotated[Array, "token/sequence"],
    time_per_output_token: Annotated[Array, "s/token"],
    *,
    own_sequence: float,
    first_token: float,
) -> Annotated[Array, "s"]:
    """Seconds from the arrival of a request to its last token, on a system without a queue."""
    return time_to_first_token + (output_tokens * own_sequence - first_token) * time_per_output_token


@performance_function(
    formula="(output_tokens * own_sequence - first_token) * time_per_output_token",
    citation=SCALING_BOOK,
    constants={"own_sequence": _OWN, "first_token": _FIRST},
    increasing=("output_tokens",),
    examples=(Example({"output_tokens": 101.0, "time_per_output_token": 0.03}, 3.0, 1e-12, "by hand: 100 * 30 ms"),),
)
def request_decode_time(
    output_tokens: Annotated[Array, "token/sequence"],
    time_per_output_token: Annotated[Array, "s/token"],
    *,
    own_sequence: float,
    first_token: float,
) -> Annotated[Array, "s"]:
    """Seconds from the first token of a request to its last."""
    return (output_tokens * own_sequence - first_token) * time_per_output_token


@performance_function(
    formula="output_tokens / one_token * weight_read_time where reading is slower than multiplying, else 0",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS, _SLOWER),
    increasing=("output_tokens",),
    examples=(
        Example(_STEP_EXAMPLE, 0.4, 1e-12, "by hand: 100 * 4 ms, reads of 6 ms hide 0.5 ms of arithmetic"),
        Example(_COMPUTE_EXAMPLE, 0.0, 1e-12, "by hand: 10 ms of arithmetic hide reads of 6 ms"),
    ),
)
def request_weight_read_time(
    output_tokens: Annotated[Array, "token/sequence"],
    concurrent_sequences: Annotated[Array, "sequence"],
    weight_read_time: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps wait for weights."""
    caches = concurrent_sequences * kv_read_time_per_sequence
    slower = _reads_are_slower(weight_read_time + caches, concurrent_sequences * compute_time_per_sequence)
    return output_tokens / one_token * slower * weight_read_time


@performance_function(
    formula="output_tokens / one_token * concurrent_sequences * kv_read_time_per_sequence"
    " where reading is slower than multiplying, else 0",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS, _SLOWER, "a request waits for the caches of all sequences of its batch, not only for its own"),
    increasing=("output_tokens",),
    examples=(
        Example(_STEP_EXAMPLE, 0.2, 1e-12, "by hand: 100 * 10 * 0.2 ms"),
        Example(_COMPUTE_EXAMPLE, 0.0, 1e-12, "by hand: 10 ms of arithmetic hide reads of 6 ms"),
    ),
)
def request_kv_read_time(
    output_tokens: Annotated[Array, "token/sequence"],
    concurrent_sequences: Annotated[Array, "sequence"],
    weight_read_time: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps wait for keys and values."""
    caches = concurrent_sequences * kv_read_time_per_sequence
    slower = _reads_are_slower(weight_read_time + caches, concurrent_sequences * compute_time_per_sequence)
    return output_tokens / one_token * slower * caches


@performance_function(
    formula="output_tokens / one_token * concurrent_sequences * compute_time_per_sequence"
    " where multiplying is slower than reading, else 0",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS, _SLOWER),
    increasing=("output_tokens",),
    examples=(
        Example(_STEP_EXAMPLE, 0.0, 1e-12, "by hand: reads of 6 ms hide 0.5 ms of arithmetic"),
        Example(_COMPUTE_EXAMPLE, 1.0, 1e-12, "by hand: 100 * 10 * 1 ms"),
    ),
)
def request_decode_compute_time(
    output_tokens: Annotated[Array, "token/sequence"],
    concurrent_sequences: Annotated[Array, "sequence"],
    weight_read_time: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps wait for arithmetic."""
    reads = weight_read_time + concurrent_sequences * kv_read_time_per_sequence
    multiplied = concurrent_sequences * compute_time_per_sequence
    return output_tokens / one_token * (1.0 - _reads_are_slower(reads, multiplied)) * multiplied


@performance_function(
    formula="output_tokens / one_token * min(weight_read_time + concurrent_sequences * kv_read_time_per_sequence,"
    " concurrent_sequences * compute_time_per_sequence)",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS, _SLOWER),
    increasing=(
        "output_tokens",
        "concurrent_sequences",
        "weight_read_time",
        "kv_read_time_per_sequence",
        "compute_time_per_sequence",
    ),
    examples=(
        Example(_STEP_EXAMPLE, 0.05, 1e-12, "by hand: 100 * 10 * 0.05 ms of arithmetic"),
        Example(_COMPUTE_EXAMPLE, 0.6, 1e-12, "by hand: 100 * (4 ms + 2 ms) of reads"),
    ),
)
def request_overlapped_time(
    output_tokens: Annotated[Array, "token/sequence"],
    concurrent_sequences: Annotated[Array, "sequence"],
    weight_read_time: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which the faster of reading and multiplying goes on behind the slower: in no sum."""
    reads = weight_read_time + concurrent_sequences * kv_read_time_per_sequence
    return output_tokens / one_token * np.minimum(reads, concurrent_sequences * compute_time_per_sequence)


@performance_function(
    formula="output_tokens / one_token * step_overhead_time",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS,),
    increasing=("output_tokens", "step_overhead_time"),
    examples=(Example({"output_tokens": 100.0, "step_overhead_time": 5e-3}, 0.5, 1e-12, "by hand: 100 * 5 ms"),),
)
def request_overhead_time(
    output_tokens: Annotated[Array, "token/sequence"],
    step_overhead_time: Annotated[Array, "s"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps wait for the framework to start their kernels."""
    return output_tokens / one_token * step_overhead_time


@performance_function(
    formula="output_tokens / one_token * concurrent_sequences * exchange_time_per_sequence",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS, "the exchange is not hidden behind arithmetic"),
    increasing=("output_tokens", "concurrent_sequences", "exchange_time_per_sequence"),
    examples=(
        Example(
            {"output_tokens": 100.0, "concurrent_sequences": 10.0, "exchange_time_per_sequence": 1e-4},
            0.1,
            1e-12,
            "by hand: 100 * 10 * 0.1 ms",
        ),
    ),
)
def request_exchange_time(
    output_tokens: Annotated[Array, "token/sequence"],
    concurrent_sequences: Annotated[Array, "sequence"],
    exchange_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps wait for chips to exchange activations."""
    return output_tokens / one_token * concurrent_sequences * exchange_time_per_sequence


@performance_function(
    formula="(output_tokens * own_sequence - first_token) / one_token"
    " * concurrent_sequences * prefill_interruption_per_sequence",
    citation=LITTLE,
    constants={
        "own_sequence": _OWN,
        "first_token": _FIRST,
        "one_token": Constant(1.0, "token", "autoregressive decoding: one token of each sequence a step"),
    },
    assumes=("prefill and decode share the chips: every finished sequence is replaced at once by a new prompt",),
    increasing=("output_tokens",),
    examples=(
        Example(
            {
                "output_tokens": 101.0,
                "concurrent_sequences": 10.0,
                "prefill_interruption_per_sequence": 5e-4,
            },
            0.5,
            1e-12,
            "by hand: 100 gaps * 10 * 0.5 ms",
        ),
    ),
)
def request_interruption_time(
    output_tokens: Annotated[Array, "token/sequence"],
    concurrent_sequences: Annotated[Array, "sequence"],
    prefill_interruption_per_sequence: Annotated[Array, "s/sequence"],
    *,
    own_sequence: float,
    first_token: float,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which it waits while the prompts of others are prefilled."""
    gaps = (output_tokens * own_sequence - first_token) / one_token
    return gaps * concurrent_sequences * prefill_interruption_per_sequence


def _reads_are_slower(reads: Array, multiplied: Array) -> Array:
    """Return 1 where reading decides how long a step takes, 0 where arithmetic does; unknown where either is."""
    return np.where(np.isnan(reads + multiplied), np.nan, np.where(reads >= multiplied, 1.0, 0.0))
