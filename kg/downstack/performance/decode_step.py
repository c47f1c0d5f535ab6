r"""How long a decode step takes, and how often a user sees a token.

A step reads weights and caches and multiplies; what arithmetic the reads do not hide adds to it. Fixed costs, activations
and the exchange between chips come on top, and so does the prefill of new arrivals, which the step of everyone waits for.

.. math::

    t(B) = t_W + t_O + B\,(t_K + t_C + t_M) \qquad TPOT(B) = (t(B) + B\,t_P) / 1\,\mathrm{token}

`B` sequences that decode, :math:`t_W` weight read time, :math:`t_K` cache read, :math:`t_C` exposed arithmetic and :math:`t_M`
movement of activations of one sequence, within chips and between them, :math:`t_O` overhead and :math:`t_P` prefill interruption
of one sequence.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from downstack.performance import calibration
from downstack.performance.calibration import FITTED
from downstack.performance.citations import DEFINITION, MIXTURE_OF_EXPERTS, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, Regimes, performance_function
from downstack.performance.experts import share_of_one_stage

_ONE_TOKEN = Constant(1.0, "token", "autoregressive decoding: one token of each stream a step")
_OVERLAP = "the share of the arithmetic that reads hide is one fitted number, whatever the batch"


def slower_side(sequences: Array, weight_read: Array, kv_read: Array, compute: Array) -> npt.NDArray[np.int64]:
    """Return 1 where a step spends more time on arithmetic than on reads, 0 elsewhere."""
    return np.where(sequences * compute > weight_read + sequences * kv_read, 1, 0)


def _slower(
    decoding_sequences: Array,
    weight_read_time: Array,
    kv_read_time_per_sequence: Array,
    compute_time_per_sequence: Array,
    **rest: Array,
) -> npt.NDArray[np.int64]:
    del rest  # they do not tell the sides apart
    return slower_side(decoding_sequences, weight_read_time, kv_read_time_per_sequence, compute_time_per_sequence)


def _load_fits(concurrent_sequences: Array, concurrency_by_capacity: Array, **rest: Array) -> Any:
    del rest
    return concurrent_sequences <= concurrency_by_capacity


@performance_function(
    returns="weight_read_time",
    formula="dense_weight_read_time",
    citation=SCALING_BOOK,
    increasing=("dense_weight_read_time",),
    examples=(Example({"dense_weight_read_time": 4e-3}, 4e-3, 1e-12, "a dense model reads all its weights"),),
    applies_to={"model": "DenseModel"},
)
def weight_read_time_dense(dense_weight_read_time: Annotated[Array, "s"]) -> Annotated[Array, "s"]:
    """Seconds in which a step reads its weights, dense model: the same at any concurrency."""
    return +dense_weight_read_time


@performance_function(
    returns="weight_read_time",
    formula="dense_weight_read_time + expert_weight_read_time"
    " * (1 - (1 - expected_distinct_experts / routed_experts) ^ (1 / pipeline_parallel))",
    citation=MIXTURE_OF_EXPERTS,
    increasing=("dense_weight_read_time", "expert_weight_read_time", "expected_distinct_experts"),
    decreasing=("routed_experts", "pipeline_parallel"),
    examples=(
        Example(
            {
                "dense_weight_read_time": 1e-3,
                "expert_weight_read_time": 16e-3,
                "expected_distinct_experts": 5.46875,
                "routed_experts": 8.0,
                "pipeline_parallel": 1.0,
            },
            11.9375e-3,
            1e-12,
            "by hand: 1 ms + 16 ms * 5.46875 / 8",
        ),
        Example(
            {
                "dense_weight_read_time": 1e-3,
                "expert_weight_read_time": 16e-3,
                "expected_distinct_experts": 5.46875,
                "routed_experts": 8.0,
                "pipeline_parallel": 2.0,
            },
            8e-3,
            1e-12,
            "by hand, two of four sequences in each stage at a time: 1 ms + 16 ms * (1 - 0.75^2)",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def weight_read_time_mixture(
    dense_weight_read_time: Annotated[Array, "s"],
    expert_weight_read_time: Annotated[Array, "s"],
    expected_distinct_experts: Annotated[Array, "1"],
    routed_experts: Annotated[Array, "1"],
    pipeline_parallel: Annotated[Array, "1"],
) -> Annotated[Array, "s"]:
    """Seconds in which a step at the reference load reads its weights: only the experts that it uses."""
    of_one_stage = routed_experts * share_of_one_stage(expected_distinct_experts / routed_experts, pipeline_parallel)
    distinct = np.where(pipeline_parallel == 1.0, expected_distinct_experts, of_one_stage)
    return dense_weight_read_time + expert_weight_read_time * distinct / routed_experts


@performance_function(
    formula="weight_read_time + step_overhead_time + decoding_sequences * (kv_read_time_per_sequence"
    " + compute_time_per_sequence + movement_time_per_sequence)",
    citation=f"{FITTED}; {SCALING_BOOK}",
    regimes=Regimes(("memory bandwidth", "compute"), _slower),
    feasible=_load_fits,
    infeasible_reason="the workload's concurrent sequences do not fit into the memory of the accelerators",
    assumes=(_OVERLAP, "overheads, activations and exchanges are hidden behind nothing"),
    increasing=(
        "decoding_sequences",
        "weight_read_time",
        "kv_read_time_per_sequence",
        "compute_time_per_sequence",
        "movement_time_per_sequence",
        "step_overhead_time",
    ),
    examples=(
        *(
            Example(
                {
                    "concurrent_sequences": batch,
                    "decoding_sequences": batch,
                    "concurrency_by_capacity": 240.0,
                    "weight_read_time": 26e9 / 6.56e12,
                    "kv_read_time_per_sequence": 6.7e9 / 6.56e12,
                    "compute_time_per_sequence": 0.0,
                    "movement_time_per_sequence": 0.0,
                    "step_overhead_time": 0.0,
                },
                milliseconds * 1e-3,
                1e-3,
                "How to Scale Your Model, inference, table for Llama 2-13B on eight TPU v5e",
            )
            for batch, milliseconds in ((1.0, 4.98), (8.0, 12.13), (32.0, 36.65), (240.0, 249.09))
        ),
        Example(
            {
                "concurrent_sequences": 600.0,
                "decoding_sequences": 500.0,
                "concurrency_by_capacity": 600.0,
                "weight_read_time": 4e-3,
                "kv_read_time_per_sequence": 1e-5,
                "compute_time_per_sequence": 4e-5,
                "movement_time_per_sequence": 3e-5,
                "step_overhead_time": 1e-3,
            },
            45e-3,
            1e-12,
            "by hand: 4 ms + 1 ms + 500 * (10 + 40 + 30) us",
        ),
    ),
)
def decode_step_time(
    concurrent_sequences: Annotated[Array, "sequence"],
    decoding_sequences: Annotated[Array, "sequence"],
    concurrency_by_capacity: Annotated[Array, "sequence"],
    weight_read_time: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    movement_time_per_sequence: Annotated[Array, "s/sequence"],
    step_overhead_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Seconds of one decode step at the workload's reference concurrency, without prefill of new arrivals."""
    each = kv_read_time_per_sequence + compute_time_per_sequence + movement_time_per_sequence
    step = weight_read_time + step_overhead_time + decoding_sequences * each
    # Only whether there is an answer depends on the load and the memory: if they are unknown, so is the step.
    return np.where(np.isnan(concurrency_by_capacity + concurrent_sequences), np.nan, step)


@performance_function(
    formula="(decode_step_time + decoding_sequences * prefill_interruption_per_sequence) / one_token",
    citation=f"{FITTED}; the interruption is the steady state of continuous batching",
    constants={"one_token": _ONE_TOKEN},
    assumes=(
        "no speculative decoding: one token of each stream a step",
        "prefill and decode share the chips: every finished sequence is replaced at once by a new prompt",
    ),
    increasing=("decode_step_time", "decoding_sequences", "prefill_interruption_per_sequence"),
    relative_error=calibration.TIME_PER_OUTPUT_TOKEN,
    examples=(
        Example(
            {
                "decode_step_time": 10e-3,
                "decoding_sequences": 64.0,
                "prefill_interruption_per_sequence": 5e-5,
            },
            13.2e-3,
            1e-12,
            "by hand: 10 ms + 64 * 0.05 ms",
        ),
    ),
)
def time_per_output_token(
    decode_step_time: Annotated[Array, "s"],
    decoding_sequences: Annotated[Array, "sequence"],
    prefill_interruption_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s/token"]:
    """Mean seconds between two tokens of one stream at the workload's reference concurrency."""
    return (decode_step_time + decoding_sequences * prefill_interruption_per_sequence) / one_token


@performance_function(
    formula="1 / time_per_output_token",
    citation=DEFINITION,
    decreasing=("time_per_output_token",),
    examples=(Example({"time_per_output_token": 0.02}, 50.0, 1e-12, "by hand: 1 / 20 ms"),),
)
def decode_tokens_per_second(time_per_output_token: Annotated[Array, "s/token"]) -> Annotated[Array, "token/s"]:
    """Tokens that one stream gets in a second at the workload's reference concurrency."""
    return 1.0 / time_per_output_token
