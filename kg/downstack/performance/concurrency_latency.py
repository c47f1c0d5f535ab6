r"""How many sequences a deployment serves at once so that every user still sees tokens in time.

The time between tokens grows with the sequences that decode, so the target allows so many of them. Without experts that
number has a closed form; with experts the reads saturate, :math:`U(B)/E = 1 - (1 - f)^B`, and it is the root of a
function that rises and bends down, which Newton's method reaches from below without overshooting. Those that wait for their
first token are in the engine too.

.. math::

    B_{latency} = \max\{B_d : TPOT(B_d) \le \tau\} / \sigma \qquad
    B_{latency}^{dense} = \frac{\tau - t_O - t_W}{\sigma\,(t_K + t_C + t_S)}
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import LITTLE, MIXTURE_OF_EXPERTS, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, Regimes, Validity, performance_function
from downstack.performance.decode_step import slower_side
from downstack.performance.experts import used_fraction

_ONE_TOKEN = Constant(1.0, "token", "autoregressive decoding: one token of each stream a step")
_ONE_SEQUENCE = Constant(1.0, "sequence", "less than one sequence at a time is no service")
_ONE_ROUTED = Constant(1.0, "sequence", "a sequence sends one token a step to the router; alone it is the least load")
_MISSED = "even a single sequence misses the time per output token target"
_AVERAGE = "concurrency is an average and not rounded down to whole sequences"
_MEAN = "the target holds on average over a reply and over the batch, not in a percentile"
_SIDES = ("memory bandwidth", "compute")
_NEWTON_STEPS = 64
_CONVERGED = 1e-13


def sequences_within(budget: Array, expert_read: Array, slope: Array, decay: Array) -> Array:
    """Return the B that solves ``expert_read * (1 - exp(-decay * B)) + slope * B = budget``.

    Parameters
    ----------
    budget, expert_read
        Seconds that a step has for experts and caches, and seconds to read all experts.
    slope
        Seconds that each sequence adds, s/sequence.
    decay
        Rate at which unused experts become few, 1/sequence.

    Notes
    -----
    The left side is concave and rises, so its tangents lie above it and every Newton step ends at or below the root.
    Both starting points are below it too: the first Newton step from zero, and the root with all experts read. A
    negative budget has no root with B >= 0; the starting point, which is negative, is returned.
    """
    first_step = budget / (expert_read * decay + slope)
    sequences: Array = np.maximum(first_step, (budget - expert_read) / slope)
    for _ in range(_NEWTON_STEPS):
        unused = np.exp(-decay * sequences)
        excess = expert_read * (1.0 - unused) + slope * sequences - budget
        step = np.maximum(-excess / (expert_read * decay * unused + slope), 0.0 * sequences)
        sequences = sequences + step
        if not np.any(step > _CONVERGED * np.abs(sequences)):
            break
    return sequences


def _decoding(
    time_per_output_token_target: Array,
    dense_weight_read_time: Array,
    kv_read_time_per_sequence: Array,
    compute_time_per_sequence: Array,
    step_overhead_time: Array,
    serial_time_per_sequence: Array,
    one_token: float,
) -> Array:
    """Return the sequences that may decode at once, dense model."""
    budget = time_per_output_token_target * one_token - step_overhead_time - dense_weight_read_time
    return budget / (kv_read_time_per_sequence + compute_time_per_sequence + serial_time_per_sequence)


def _decoding_with_experts(
    time_per_output_token_target: Array,
    dense_weight_read_time: Array,
    expert_weight_read_time: Array,
    stage_routing_fraction: Array,
    kv_read_time_per_sequence: Array,
    compute_time_per_sequence: Array,
    step_overhead_time: Array,
    serial_time_per_sequence: Array,
    one_token: float,
    one_sequence: float,
) -> Array:
    """Return the same when the reads of a step grow with the experts that its tokens use."""
    # log(0) when every token uses all experts: any decay that is large enough says the same.
    unused = np.maximum(1.0 - stage_routing_fraction, np.finfo(np.float64).tiny)
    return sequences_within(
        time_per_output_token_target * one_token - step_overhead_time - dense_weight_read_time,
        expert_weight_read_time,
        kv_read_time_per_sequence + compute_time_per_sequence + serial_time_per_sequence,
        -np.log(unused) / one_sequence,
    )


def _one_sequence_in_time(one_sequence: float, **step: Any) -> Any:
    return _decoding(**step) >= one_sequence


def _one_sequence_in_time_with_experts(one_sequence: float, **step: Any) -> Any:
    return _decoding_with_experts(one_sequence=one_sequence, **step) >= one_sequence


def _slower(one_sequence: float, **step: Any) -> Any:
    del one_sequence
    return slower_side(
        _decoding(**step),
        step["dense_weight_read_time"],
        step["kv_read_time_per_sequence"],
        step["compute_time_per_sequence"],
    )


def _slower_with_experts(one_sequence: float, **step: Any) -> Any:
    sequences = _decoding_with_experts(one_sequence=one_sequence, **step)
    used = used_fraction(np.maximum(sequences, 0.0), step["stage_routing_fraction"], one_sequence)
    return slower_side(
        sequences,
        step["dense_weight_read_time"] + step["expert_weight_read_time"] * used,
        step["kv_read_time_per_sequence"],
        step["compute_time_per_sequence"],
    )


@performance_function(
    returns="decoding_sequences_by_latency",
    formula="(time_per_output_token_target * one_token - step_overhead_time - dense_weight_read_time)"
    " / (kv_read_time_per_sequence + compute_time_per_sequence + serial_time_per_sequence)",
    citation=SCALING_BOOK,
    constants={"one_token": _ONE_TOKEN, "one_sequence": _ONE_SEQUENCE},
    regimes=Regimes(_SIDES, _slower),
    feasible=_one_sequence_in_time,
    infeasible_reason=_MISSED,
    assumes=(_AVERAGE, _MEAN),
    increasing=("time_per_output_token_target",),
    decreasing=(
        "dense_weight_read_time",
        "kv_read_time_per_sequence",
        "compute_time_per_sequence",
        "step_overhead_time",
        "serial_time_per_sequence",
    ),
    examples=(
        Example(
            {
                "time_per_output_token_target": 0.05,
                "dense_weight_read_time": 0.02,
                "kv_read_time_per_sequence": 2e-4,
                "compute_time_per_sequence": 5e-5,
                "step_overhead_time": 0.005,
                "serial_time_per_sequence": 5e-5,
            },
            25e-3 / 3e-4,
            1e-12,
            "by hand: (50 - 5 - 20) / (0.2 + 0.05 + 0.05) in ms",
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def decoding_sequences_by_latency_dense(
    time_per_output_token_target: Annotated[Array, "s/token"],
    dense_weight_read_time: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    step_overhead_time: Annotated[Array, "s"],
    serial_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
    one_sequence: float,
) -> Annotated[Array, "sequence"]:
    """Sequences of a dense model that may decode at once so that a token still comes within the target."""
    del one_sequence  # only the feasibility of the answer depends on it
    return _decoding(
        time_per_output_token_target,
        dense_weight_read_time,
        kv_read_time_per_sequence,
        compute_time_per_sequence,
        step_overhead_time,
        serial_time_per_sequence,
        one_token,
    )


@performance_function(
    returns="decoding_sequences_by_latency",
    formula="the largest B so that dense_weight_read_time"
    " + expert_weight_read_time * (1 - (1 - stage_routing_fraction)^B) + step_overhead_time + B * (kv_read_time_per_sequence"
    " + compute_time_per_sequence + serial_time_per_sequence) <= time_per_output_token_target * one_token",
    citation=f"{SCALING_BOOK}; {MIXTURE_OF_EXPERTS}",
    constants={"one_token": _ONE_TOKEN, "one_sequence": _ONE_ROUTED},
    validity=(Validity("stage_routing_fraction", 0.0, 1.0, "a token cannot use more experts than there are"),),
    regimes=Regimes(_SIDES, _slower_with_experts),
    feasible=_one_sequence_in_time_with_experts,
    infeasible_reason=_MISSED,
    assumes=(_AVERAGE, _MEAN, "routing is balanced and tokens are routed independently"),
    increasing=("time_per_output_token_target",),
    decreasing=(
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
                "time_per_output_token_target": 0.05,
                "dense_weight_read_time": 0.01,
                "expert_weight_read_time": 0.01,
                "stage_routing_fraction": 0.25,
                "kv_read_time_per_sequence": 2e-4,
                "compute_time_per_sequence": 2e-5,
                "step_overhead_time": 0.005,
                "serial_time_per_sequence": 3e-5,
            },
            100.0,
            1e-9,
            "by hand: as for 20 ms of dense weights, since 0.75^100 of the experts stay unread",
        ),
        Example(
            {
                "time_per_output_token_target": 0.0259375,
                "dense_weight_read_time": 0.005,
                "expert_weight_read_time": 0.016,
                "stage_routing_fraction": 0.25,
                "kv_read_time_per_sequence": 5e-4,
                "compute_time_per_sequence": 1e-4,
                "step_overhead_time": 0.006,
                "serial_time_per_sequence": 4e-4,
            },
            4.0,
            1e-9,
            "by hand, four sequences: 5 + 16 * 5.46875 / 8 + 6 + 4 * (0.5 + 0.1 + 0.4) = 25.9375 ms",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def decoding_sequences_by_latency_mixture(
    time_per_output_token_target: Annotated[Array, "s/token"],
    dense_weight_read_time: Annotated[Array, "s"],
    expert_weight_read_time: Annotated[Array, "s"],
    stage_routing_fraction: Annotated[Array, "1"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    step_overhead_time: Annotated[Array, "s"],
    serial_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
    one_sequence: float,
) -> Annotated[Array, "sequence"]:
    """Sequences of a mixture of experts that may decode at once so that a token still comes within the target."""
    return _decoding_with_experts(
        time_per_output_token_target,
        dense_weight_read_time,
        expert_weight_read_time,
        stage_routing_fraction,
        kv_read_time_per_sequence,
        compute_time_per_sequence,
        step_overhead_time,
        serial_time_per_sequence,
        one_token,
        one_sequence,
    )


@performance_function(
    formula="decoding_sequences_by_latency / decoding_share",
    citation=LITTLE,
    assumes=(_AVERAGE,),
    increasing=("decoding_sequences_by_latency",),
    decreasing=("decoding_share",),
    examples=(
        Example(
            {"decoding_sequences_by_latency": 80.0, "decoding_share": 0.8},
            100.0,
            1e-12,
            "by hand: a fifth of the sequences waits for its first token",
        ),
    ),
)
def concurrency_by_latency(
    decoding_sequences_by_latency: Annotated[Array, "sequence"],
    decoding_share: Annotated[Array, "1"],
) -> Annotated[Array, "sequence"]:
    """Largest mean load at which a token still comes within the target, those that wait for their first token included."""
    return decoding_sequences_by_latency / decoding_share
