r"""How many tokens a full instance produces in a second.

At the largest concurrency that memory and target allow, each stream that decodes gets a token every TPOT; the others wait for
their first.

.. math::

    X = B_d / TPOT(B_d) \quad\text{at}\quad B = \min(B_{capacity}, B_{latency})
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance import calibration
from downstack.performance.citations import LITTLE, MIXTURE_OF_EXPERTS, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function
from downstack.performance.experts import used_fraction

_ONE_TOKEN = Constant(1.0, "token", "autoregressive decoding: one token of each stream a step")
_ONE_STREAM = Constant(1.0, "sequence", "the time per output token is that of one stream")
_ONE_ROUTED = Constant(1.0, "sequence", "in a decode step each sequence sends one token to the router")


@performance_function(
    returns="weight_read_time_at_capacity",
    formula="dense_weight_read_time",
    citation=SCALING_BOOK,
    increasing=("dense_weight_read_time",),
    examples=(Example({"dense_weight_read_time": 4e-3}, 4e-3, 1e-12, "a dense model reads all its weights"),),
    applies_to={"model": "DenseModel"},
)
def weight_read_time_at_capacity_dense(dense_weight_read_time: Annotated[Array, "s"]) -> Annotated[Array, "s"]:
    """Seconds in which a step of the full batch reads its weights, dense model."""
    return +dense_weight_read_time


@performance_function(
    returns="weight_read_time_at_capacity",
    formula="dense_weight_read_time"
    " + expert_weight_read_time * (1 - (1 - stage_routing_fraction) ^ decoding_sequences_at_capacity)",
    citation=MIXTURE_OF_EXPERTS,
    constants={"one_token": _ONE_ROUTED},
    validity=(Validity("stage_routing_fraction", 0.0, 1.0, "a token cannot use more experts than there are"),),
    assumes=("routing is balanced and tokens are routed independently",),
    increasing=(
        "dense_weight_read_time",
        "expert_weight_read_time",
        "stage_routing_fraction",
        "decoding_sequences_at_capacity",
    ),
    examples=(
        Example(
            {
                "dense_weight_read_time": 1e-3,
                "expert_weight_read_time": 16e-3,
                "stage_routing_fraction": 0.25,
                "decoding_sequences_at_capacity": 4.0,
            },
            11.9375e-3,
            1e-12,
            "by hand: 1 ms + 16 ms * 5.46875 / 8",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def weight_read_time_at_capacity_mixture(
    dense_weight_read_time: Annotated[Array, "s"],
    expert_weight_read_time: Annotated[Array, "s"],
    stage_routing_fraction: Annotated[Array, "1"],
    decoding_sequences_at_capacity: Annotated[Array, "sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds in which a step of the full batch reads its weights: the experts that the whole batch uses."""
    used = used_fraction(decoding_sequences_at_capacity, stage_routing_fraction, one_token)
    return dense_weight_read_time + expert_weight_read_time * used


@performance_function(
    formula="(weight_read_time_at_capacity + step_overhead_time + decoding_sequences_at_capacity"
    " * (kv_read_time_per_sequence + compute_time_per_sequence + serial_time_per_sequence)) / one_token",
    citation=SCALING_BOOK,
    constants={"one_token": _ONE_TOKEN},
    assumes=("no speculative decoding: one token of each stream a step",),
    relative_error=calibration.TIME_PER_OUTPUT_TOKEN,
    increasing=(
        "decoding_sequences_at_capacity",
        "weight_read_time_at_capacity",
        "kv_read_time_per_sequence",
        "compute_time_per_sequence",
        "step_overhead_time",
        "serial_time_per_sequence",
    ),
    examples=(
        Example(
            {
                "decoding_sequences_at_capacity": 100.0,
                "weight_read_time_at_capacity": 0.02,
                "kv_read_time_per_sequence": 2e-4,
                "compute_time_per_sequence": 5e-5,
                "step_overhead_time": 0.005,
                "serial_time_per_sequence": 5e-5,
            },
            0.055,
            1e-12,
            "by hand: 20 + 5 + 100 * (0.2 + 0.05 + 0.05) in ms",
        ),
    ),
)
def time_per_output_token_at_capacity(
    decoding_sequences_at_capacity: Annotated[Array, "sequence"],
    weight_read_time_at_capacity: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    step_overhead_time: Annotated[Array, "s"],
    serial_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s/token"]:
    """Mean seconds between two tokens of one stream when the instance is as full as it may be."""
    each = kv_read_time_per_sequence + compute_time_per_sequence + serial_time_per_sequence
    step = weight_read_time_at_capacity + step_overhead_time + decoding_sequences_at_capacity * each
    return step / one_token


@performance_function(
    formula="decoding_sequences_at_capacity / one_stream / time_per_output_token_at_capacity",
    citation=LITTLE,
    constants={"one_stream": _ONE_STREAM},
    assumes=("output tokens of the whole instance, prompts not counted", "the instance is always full"),
    increasing=("decoding_sequences_at_capacity",),
    decreasing=("time_per_output_token_at_capacity",),
    examples=(
        Example(
            {"decoding_sequences_at_capacity": 100.0, "time_per_output_token_at_capacity": 0.05},
            2000.0,
            1e-12,
            "by hand: 100 / 50 ms",
        ),
    ),
)
def throughput_tokens_per_second(
    decoding_sequences_at_capacity: Annotated[Array, "sequence"],
    time_per_output_token_at_capacity: Annotated[Array, "s/token"],
    *,
    one_stream: float,
) -> Annotated[Array, "token/s"]:
    """Output tokens that a full instance produces in a second."""
    return decoding_sequences_at_capacity / one_stream / time_per_output_token_at_capacity
