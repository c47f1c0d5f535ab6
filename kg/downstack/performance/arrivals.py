r"""How many sequences are in an engine when requests arrive at a given rate, and how fast tokens then come.

A step takes longer the more sequences it carries, and the longer it takes the more sequences are there: the load that settles is
the fixed point of :math:`B_d = r\,t(B_d)`, with the step `t` of :mod:`downstack.performance.decode_step` and `r` tokens asked for
in a second. Those that wait for their first token are there too, so that of `B` sequences the share :math:`\sigma` decodes.

.. math::

    B = \frac{r\,(t_W + t_O)}{\sigma\,(1 - r\,(t_K + t_C + t_S))}
    \qquad \tau = \sigma B / r \qquad \lambda = \frac{B}{TTFT + (S_{out} - 1)\,TPOT}

With experts the weights that are read grow with the batch, :math:`t_W(B) = t_D + t_E (1 - (1 - f)^B)`, and Newton's method comes
down to the fixed point from the load at which all experts are read. The last formula is Little's law at the reference load.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance import calibration
from downstack.performance.citations import DEFINITION, LITTLE, MIXTURE_OF_EXPERTS, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_ONE_EACH = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each stream a step")
_ONE_STREAM = Constant(1.0, "sequence", "the rate of tokens is that of one stream")
_FIRST = Constant(1.0, "token", "the first token comes with the end of the prompt")
_ONE_ROUTED = Constant(1.0, "sequence", "a sequence sends one token a step to the router")
_SATURATED = "requests ask for tokens faster than the copy can produce them: the load never settles"
_STEADY = "requests arrive at a steady mean rate and none is turned away"
_NO_LIMIT = "neither memory nor the latency target limits the batch: the probability of waiting counts them"
_NEWTON_STEPS = 100
_CONVERGED = 1e-13


@performance_function(
    formula="concurrent_sequences"
    " / (time_to_first_token + (output_tokens * one_stream - first_token) * time_per_output_token)",
    citation=LITTLE,
    constants={"one_stream": _ONE_STREAM, "first_token": _FIRST},
    assumes=("the reference load stands: every request that ends is followed by another",),
    increasing=("concurrent_sequences",),
    decreasing=("time_to_first_token", "output_tokens", "time_per_output_token"),
    examples=(
        Example(
            {
                "concurrent_sequences": 64.0,
                "time_to_first_token": 0.5,
                "output_tokens": 301.0,
                "time_per_output_token": 0.025,
            },
            8.0,
            1e-12,
            "by hand: 64 / (0.5 s + 300 * 25 ms)",
        ),
    ),
)
def request_rate_at_load(
    concurrent_sequences: Annotated[Array, "sequence"],
    time_to_first_token: Annotated[Array, "s"],
    output_tokens: Annotated[Array, "token/sequence"],
    time_per_output_token: Annotated[Array, "s/token"],
    *,
    one_stream: float,
    first_token: float,
) -> Annotated[Array, "sequence/s"]:
    """Requests that one copy of the model answers in a second while the reference load stands."""
    later = output_tokens * one_stream - first_token
    return concurrent_sequences / (time_to_first_token + later * time_per_output_token)


@performance_function(
    formula="request_rate * output_tokens",
    citation=DEFINITION,
    increasing=("request_rate", "output_tokens"),
    examples=(Example({"request_rate": 2.0, "output_tokens": 211.1}, 422.2, 1e-12, "by hand: 2 * 211.1"),),
)
def output_token_rate(
    request_rate: Annotated[Array, "sequence/s"],
    output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "token/s"]:
    """Output tokens that requests ask for in a second."""
    return request_rate * output_tokens


def _keeps_up(
    output_token_rate: Array,
    kv_read_time_per_sequence: Array,
    compute_time_per_sequence: Array,
    serial_time_per_sequence: Array,
    one_each: float,
    **rest: Any,
) -> Any:
    del rest
    each = kv_read_time_per_sequence + compute_time_per_sequence + serial_time_per_sequence
    return output_token_rate / one_each * each < 1.0


def _settled(rate: Array, fixed: Array, each: Array) -> Array:
    """Return the load B with ``B = rate * (fixed + each * B)``."""
    return rate * fixed / (1.0 - rate * each)


@performance_function(
    returns="decoding_sequences_at_rate",
    formula="r * (dense_weight_read_time + step_overhead_time) / (1 - r * (kv_read_time_per_sequence"
    " + compute_time_per_sequence + serial_time_per_sequence)) with r = output_token_rate / one_each",
    citation=f"{LITTLE}; {SCALING_BOOK}",
    constants={"one_each": _ONE_EACH},
    feasible=_keeps_up,
    infeasible_reason=_SATURATED,
    assumes=(_STEADY, _NO_LIMIT),
    increasing=(
        "output_token_rate",
        "dense_weight_read_time",
        "kv_read_time_per_sequence",
        "compute_time_per_sequence",
        "step_overhead_time",
        "serial_time_per_sequence",
    ),
    examples=(
        Example(
            {
                "output_token_rate": 1000.0,
                "dense_weight_read_time": 0.016,
                "kv_read_time_per_sequence": 1e-4,
                "compute_time_per_sequence": 5e-5,
                "step_overhead_time": 0.004,
                "serial_time_per_sequence": 5e-5,
            },
            25.0,
            1e-12,
            "by hand: a step of 25 sequences takes 16 + 4 + 25 * 0.2 = 25 ms, in which 25 tokens are asked for",
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def decoding_sequences_at_rate_dense(
    output_token_rate: Annotated[Array, "token/s"],
    dense_weight_read_time: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    step_overhead_time: Annotated[Array, "s"],
    serial_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_each: float,
) -> Annotated[Array, "sequence"]:
    """Sequences that are decoded at once when requests arrive at a steady rate, dense model."""
    each = kv_read_time_per_sequence + compute_time_per_sequence + serial_time_per_sequence
    return _settled(output_token_rate / one_each, dense_weight_read_time + step_overhead_time, each)


def settled_with_experts(rate: Array, fixed: Array, expert_read: Array, each: Array, decay: Array) -> Array:
    """Return the load B with ``B = rate * (fixed + expert_read * (1 - exp(-decay * B)) + each * B)``.

    Parameters
    ----------
    rate
        Sequences a second that ask for a token.
    fixed, expert_read
        Seconds of a step at any batch, and seconds to read all experts.
    each
        Seconds that each sequence adds, s/sequence.
    decay
        Rate at which unused experts become few, 1/sequence.

    Notes
    -----
    What a step asks for less what the load is bends down and is positive without a load, so beyond its one root it falls; from
    the load at which all experts are read Newton's method comes down to the root without passing it.
    """
    load = _settled(rate, fixed + expert_read, each)
    for _ in range(_NEWTON_STEPS):
        unused = np.exp(-decay * load)
        excess = load * (1.0 - rate * each) - rate * (fixed + expert_read * (1.0 - unused))
        slope = (1.0 - rate * each) - rate * expert_read * decay * unused
        step = np.maximum(excess / slope, 0.0 * load)
        load = load - step
        if not np.any(step > _CONVERGED * np.abs(load)):
            break
    return load


@performance_function(
    returns="decoding_sequences_at_rate",
    formula="B with B = r * (dense_weight_read_time + expert_weight_read_time"
    " * (1 - (1 - stage_routing_fraction) ^ B) + step_overhead_time + B * (kv_read_time_per_sequence"
    " + compute_time_per_sequence + serial_time_per_sequence)), r = output_token_rate / one_each",
    citation=f"{LITTLE}; {MIXTURE_OF_EXPERTS}",
    constants={"one_each": _ONE_EACH, "one_token": _ONE_ROUTED},
    validity=(Validity("stage_routing_fraction", 0.0, 1.0, "a token cannot use more experts than there are"),),
    feasible=_keeps_up,
    infeasible_reason=_SATURATED,
    assumes=(_STEADY, _NO_LIMIT, "routing is balanced and tokens are routed independently"),
    increasing=(
        "output_token_rate",
        "dense_weight_read_time",
        "expert_weight_read_time",
        "stage_routing_fraction",
        "kv_read_time_per_sequence",
        "compute_time_per_sequence",
        "step_overhead_time",
        "serial_time_per_sequence",
    ),
    examples=(
        Example(
            {
                "output_token_rate": 240.0,
                "dense_weight_read_time": 1e-3,
                "expert_weight_read_time": 16e-3,
                "stage_routing_fraction": 0.25,
                "kv_read_time_per_sequence": 5e-4,
                "compute_time_per_sequence": 1e-4,
                "step_overhead_time": 2e-3,
                "serial_time_per_sequence": 13e-3 / 6.0 - 11.9375e-3 / 4.0 + 9e-4,
            },
            4.0,
            1e-9,
            "by hand: a step of 4 reads 1 + 16 * (1 - 0.75^4) = 11.9375 ms of weights and takes 1/60 s in all",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def decoding_sequences_at_rate_mixture(
    output_token_rate: Annotated[Array, "token/s"],
    dense_weight_read_time: Annotated[Array, "s"],
    expert_weight_read_time: Annotated[Array, "s"],
    stage_routing_fraction: Annotated[Array, "1"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    step_overhead_time: Annotated[Array, "s"],
    serial_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_each: float,
    one_token: float,
) -> Annotated[Array, "sequence"]:
    """Sequences that are decoded at once when requests arrive at a steady rate, mixture of experts."""
    with np.errstate(divide="ignore"):  # a token that uses all experts leaves none unused
        decay = -np.log1p(-np.minimum(stage_routing_fraction, 1.0)) / one_token
    return settled_with_experts(
        output_token_rate / one_each,
        dense_weight_read_time + step_overhead_time,
        expert_weight_read_time,
        kv_read_time_per_sequence + compute_time_per_sequence + serial_time_per_sequence,
        decay,
    )


@performance_function(
    formula="decoding_sequences_at_rate / decoding_share",
    citation=LITTLE,
    assumes=(_STEADY, _NO_LIMIT),
    relative_error=calibration.TIME_PER_OUTPUT_TOKEN,
    increasing=("decoding_sequences_at_rate",),
    decreasing=("decoding_share",),
    examples=(
        Example(
            {"decoding_sequences_at_rate": 25.0, "decoding_share": 0.5}, 50.0, 1e-12, "by hand: as many wait as decode"
        ),
    ),
)
def concurrency_at_rate(
    decoding_sequences_at_rate: Annotated[Array, "sequence"], decoding_share: Annotated[Array, "1"]
) -> Annotated[Array, "sequence"]:
    """Sequences in the engine when requests arrive at a steady rate, those that wait for their first token included."""
    return decoding_sequences_at_rate / decoding_share


@performance_function(
    formula="concurrency_at_rate * decoding_share / one_stream / output_token_rate",
    citation=LITTLE,
    constants={"one_stream": _ONE_STREAM},
    assumes=("no speculative decoding: one token of each stream a step",),
    increasing=("concurrency_at_rate", "decoding_share"),
    decreasing=("output_token_rate",),
    examples=(
        Example(
            {"concurrency_at_rate": 50.0, "decoding_share": 0.5, "output_token_rate": 1000.0},
            0.025,
            1e-12,
            "by hand: 25 / 1000",
        ),
    ),
)
def time_per_output_token_at_rate(
    concurrency_at_rate: Annotated[Array, "sequence"],
    decoding_share: Annotated[Array, "1"],
    output_token_rate: Annotated[Array, "token/s"],
    *,
    one_stream: float,
) -> Annotated[Array, "s/token"]:
    """Mean seconds between two tokens of one stream at the load that settles."""
    return concurrency_at_rate * decoding_share / one_stream / output_token_rate
