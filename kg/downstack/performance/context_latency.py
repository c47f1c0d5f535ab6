r"""How long a context may be so that a token still comes in time.

What the target leaves after overheads, arithmetic, exchange and prefill is the time in which a step may read weights and
caches. The length is the inverse of the step's own formula.

.. math::

    \theta = \tau - t_O - B\,(t_C + t_S) \qquad b\,S = (\theta - t_W)\,\hat W / (r\,B)

`B` sequences decode, `r` copies of each cached number are read at the rate :math:`\hat W`. Attention multiplies while the cache is
read, so that only the reads limit the length.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import SCALING_BOOK, SLIDING_WINDOW
from downstack.performance.context import context_within
from downstack.performance.declare import Array, Constant, Example, performance_function

_TARGET_TOKEN = Constant(1.0, "token", "autoregressive decoding: one token of each stream a step")
_EQUAL = "all sequences at the reference concurrency have the same, longest context"


@performance_function(
    only_positive="the fixed costs of a step and the prefill of new arrivals use up the time between two tokens",
    formula="time_per_output_token_target * one_token - step_overhead_time"
    " - decoding_sequences * (compute_time_per_sequence + serial_time_per_sequence)",
    citation=SCALING_BOOK,
    constants={"one_token": _TARGET_TOKEN},
    assumes=("prompts that are prefilled meanwhile have the workload's length, not the longest context",),
    increasing=("time_per_output_token_target",),
    decreasing=("step_overhead_time", "decoding_sequences", "compute_time_per_sequence", "serial_time_per_sequence"),
    examples=(
        Example(
            {
                "time_per_output_token_target": 0.05,
                "step_overhead_time": 0.005,
                "decoding_sequences": 100.0,
                "compute_time_per_sequence": 2e-5,
                "serial_time_per_sequence": 3e-5,
            },
            0.04,
            1e-12,
            "by hand: 50 - 5 - 100 * (0.02 + 0.03) in ms",
        ),
    ),
)
def step_time_budget(
    time_per_output_token_target: Annotated[Array, "s/token"],
    step_overhead_time: Annotated[Array, "s"],
    decoding_sequences: Annotated[Array, "sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    serial_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds that the target leaves a step for reading, at the reference concurrency."""
    fixed = step_overhead_time + decoding_sequences * (compute_time_per_sequence + serial_time_per_sequence)
    return time_per_output_token_target * one_token - fixed


@performance_function(
    returns="context_length_by_bandwidth",
    only_positive="reading the weights uses up the time between two tokens",
    formula="(step_time_budget - weight_read_time) * cache_read_bandwidth"
    " / kv_cache_read_replication / decoding_sequences / kv_cache_bytes_per_token",
    citation=SCALING_BOOK,
    assumes=(_EQUAL,),
    increasing=("step_time_budget",),
    decreasing=("weight_read_time", "kv_cache_read_replication"),
    examples=(
        Example(
            {
                "step_time_budget": 0.04,
                "weight_read_time": 0.02,
                "cache_read_bandwidth": 6.5536e12,
                "decoding_sequences": 4.0,
                "kv_cache_bytes_per_token": 327680.0,
                "kv_cache_read_replication": 1.0,
            },
            100000.0,
            1e-12,
            "by hand: 20 ms * 6.5536 TB/s / 4 / 327680",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def context_length_by_bandwidth_full_attention(
    step_time_budget: Annotated[Array, "s"],
    weight_read_time: Annotated[Array, "s"],
    cache_read_bandwidth: Annotated[Array, "byte/s"],
    decoding_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    kv_cache_read_replication: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that a step just reads in time, when every layer attends to everything."""
    readable = (step_time_budget - weight_read_time) * cache_read_bandwidth / kv_cache_read_replication
    return readable / decoding_sequences / kv_cache_bytes_per_token


@performance_function(
    returns="context_length_by_bandwidth",
    only_positive="reading the weights uses up the time between two tokens",
    formula="S with kv_cache_bytes_per_token * S + sliding_kv_cache_bytes_per_token * min(S, sliding_window)"
    " = (step_time_budget - weight_read_time) * cache_read_bandwidth / kv_cache_read_replication"
    " / decoding_sequences",
    citation=f"{SCALING_BOOK}; {SLIDING_WINDOW}",
    assumes=(_EQUAL,),
    increasing=("step_time_budget",),
    decreasing=("weight_read_time", "sliding_window", "kv_cache_read_replication"),
    examples=(
        Example(
            {
                "step_time_budget": 0.02,
                "weight_read_time": 0.01,
                "cache_read_bandwidth": 2789212160.0 / 0.01,
                "decoding_sequences": 1.0,
                "kv_cache_bytes_per_token": 20480.0,
                "sliding_kv_cache_bytes_per_token": 102400.0,
                "sliding_window": 1024.0,
                "kv_cache_read_replication": 1.0,
            },
            131072.0,
            1e-9,
            "by hand: 10 ms for 2789212160 byte = 20480 * 131072 + 102400 * 1024",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def context_length_by_bandwidth_interleaved(
    step_time_budget: Annotated[Array, "s"],
    weight_read_time: Annotated[Array, "s"],
    cache_read_bandwidth: Annotated[Array, "byte/s"],
    decoding_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_window: Annotated[Array, "token/sequence"],
    kv_cache_read_replication: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that a step just reads in time, when some layers hold only a window."""
    readable = (step_time_budget - weight_read_time) * cache_read_bandwidth / kv_cache_read_replication
    return context_within(
        readable / decoding_sequences, kv_cache_bytes_per_token, sliding_kv_cache_bytes_per_token, sliding_window
    )
