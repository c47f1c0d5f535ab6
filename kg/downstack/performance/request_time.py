r"""What a user waits for: the time of one request, and what it is spent on.

A request waits for a step with room, is prefilled, and then gets a token a step. A step reads weights and caches and multiplies;
overheads, activations, exchanges and the prompts of others come on top.

.. math::

    T = t_{wait} + t_{prefill} + S_{out}\,(t(B) + B\,t_P) \qquad
    t(B) = t_W + t_O + B\,(t_K + t_C + t_A + t_X)

The parts below sum to `T`. The arithmetic that reads hide is no part of the sum and a quantity of its own.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import LITTLE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_OWN = Constant(1.0, "sequence", "a request is one sequence")
_FIRST = Constant(1.0, "token", "the first token is counted in the time to it")
_STEP = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each sequence a step")
_STEPS = "the step that is running when the prompt arrives and one for each further token: as many as output tokens"


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
    formula="output_tokens / one_token * weight_read_time",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS,),
    increasing=("output_tokens", "weight_read_time"),
    examples=(Example({"output_tokens": 100.0, "weight_read_time": 4e-3}, 0.4, 1e-12, "by hand: 100 * 4 ms"),),
)
def request_weight_read_time(
    output_tokens: Annotated[Array, "token/sequence"],
    weight_read_time: Annotated[Array, "s"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps wait for weights."""
    return output_tokens / one_token * weight_read_time


@performance_function(
    formula="output_tokens / one_token * decoding_sequences * kv_read_time_per_sequence",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS, "a request waits for the caches of all sequences of its batch, not only for its own"),
    increasing=("output_tokens", "decoding_sequences", "kv_read_time_per_sequence"),
    examples=(
        Example(
            {"output_tokens": 100.0, "decoding_sequences": 10.0, "kv_read_time_per_sequence": 2e-4},
            0.2,
            1e-12,
            "by hand: 100 * 10 * 0.2 ms",
        ),
    ),
)
def request_kv_read_time(
    output_tokens: Annotated[Array, "token/sequence"],
    decoding_sequences: Annotated[Array, "sequence"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps wait for keys and values."""
    return output_tokens / one_token * decoding_sequences * kv_read_time_per_sequence


@performance_function(
    formula="output_tokens / one_token * decoding_sequences * compute_time_per_sequence",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS,),
    increasing=("output_tokens", "decoding_sequences", "compute_time_per_sequence"),
    examples=(
        Example(
            {"output_tokens": 100.0, "decoding_sequences": 10.0, "compute_time_per_sequence": 1e-4},
            0.1,
            1e-12,
            "by hand: 100 * 10 * 0.1 ms",
        ),
    ),
)
def request_decode_compute_time(
    output_tokens: Annotated[Array, "token/sequence"],
    decoding_sequences: Annotated[Array, "sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps wait for arithmetic that reads do not hide."""
    return output_tokens / one_token * decoding_sequences * compute_time_per_sequence


@performance_function(
    formula="output_tokens / one_token * decoding_sequences * (weight_multiply_time * one_token"
    " - compute_time_per_sequence)",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS,),
    increasing=("weight_multiply_time",),
    decreasing=("compute_time_per_sequence",),
    examples=(
        Example(
            {
                "output_tokens": 100.0,
                "decoding_sequences": 10.0,
                "weight_multiply_time": 1.5e-4,
                "compute_time_per_sequence": 1e-4,
            },
            0.05,
            1e-12,
            "by hand: 100 * 10 * 0.05 ms",
        ),
    ),
)
def request_overlapped_time(
    output_tokens: Annotated[Array, "token/sequence"],
    decoding_sequences: Annotated[Array, "sequence"],
    weight_multiply_time: Annotated[Array, "s/token"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which arithmetic goes on behind reads: in no sum."""
    hidden = weight_multiply_time * one_token - compute_time_per_sequence
    return output_tokens / one_token * decoding_sequences * hidden


@performance_function(
    formula="output_tokens / one_token * decoding_sequences * activation_time_per_sequence",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS,),
    increasing=("output_tokens", "decoding_sequences", "activation_time_per_sequence"),
    examples=(
        Example(
            {"output_tokens": 100.0, "decoding_sequences": 10.0, "activation_time_per_sequence": 2e-5},
            0.02,
            1e-12,
            "by hand: 100 * 10 * 20 us",
        ),
    ),
)
def request_activation_time(
    output_tokens: Annotated[Array, "token/sequence"],
    decoding_sequences: Annotated[Array, "sequence"],
    activation_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps move activations, sample tokens and are scheduled."""
    return output_tokens / one_token * decoding_sequences * activation_time_per_sequence


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
    formula="output_tokens / one_token * decoding_sequences * exchange_time_per_sequence",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_STEPS, "the exchange is not hidden behind arithmetic"),
    increasing=("output_tokens", "decoding_sequences", "exchange_time_per_sequence"),
    examples=(
        Example(
            {"output_tokens": 100.0, "decoding_sequences": 10.0, "exchange_time_per_sequence": 1e-4},
            0.1,
            1e-12,
            "by hand: 100 * 10 * 0.1 ms",
        ),
    ),
)
def request_exchange_time(
    output_tokens: Annotated[Array, "token/sequence"],
    decoding_sequences: Annotated[Array, "sequence"],
    exchange_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which its steps wait for chips to exchange activations."""
    return output_tokens / one_token * decoding_sequences * exchange_time_per_sequence


@performance_function(
    formula="output_tokens / one_token * decoding_sequences * prefill_interruption_per_sequence",
    citation=LITTLE,
    constants={"one_token": _STEP},
    assumes=(_STEPS, "prefill and decode share the chips: every finished sequence is replaced at once by a new prompt"),
    increasing=("output_tokens", "decoding_sequences", "prefill_interruption_per_sequence"),
    examples=(
        Example(
            {
                "output_tokens": 100.0,
                "decoding_sequences": 10.0,
                "prefill_interruption_per_sequence": 5e-4,
            },
            0.5,
            1e-12,
            "by hand: 100 steps * 10 * 0.5 ms",
        ),
    ),
)
def request_interruption_time(
    output_tokens: Annotated[Array, "token/sequence"],
    decoding_sequences: Annotated[Array, "sequence"],
    prefill_interruption_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds of a request in which it waits while the prompts of others are prefilled."""
    return output_tokens / one_token * decoding_sequences * prefill_interruption_per_sequence
