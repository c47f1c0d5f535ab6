r"""How long a context may be so that a token still comes in time.

What the target leaves after overheads, exchange and prefill is the time in which a step may read weights and caches, or
multiply one token for each sequence. Both lengths are inverses of the step's own formula.

.. math::

    \theta = \tau - t_O - B\,t_S \qquad
    b\,S = (\theta - t_W)\,\hat W / B \qquad
    2P + a\,L\,S = \theta\,\hat P / B
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import SCALING_BOOK, SLIDING_WINDOW
from downstack.performance.context import context_within
from downstack.performance.declare import Array, Constant, Example, performance_function

_TARGET_TOKEN = Constant(1.0, "token", "autoregressive decoding: one token of each stream a step")
_ONE_TOKEN = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each sequence a step")
_PER_WEIGHT = Constant(2.0, "FLOP/token", "one multiply and one add for each weight and token")
_OWN = Constant(1.0, "sequence", "a token attends to the context of its own sequence")
_EQUAL = "all sequences at the reference concurrency have the same, longest context"


@performance_function(
    only_positive="the fixed costs of a step and the prefill of new arrivals use up the time between two tokens",
    formula="time_per_output_token_target * one_token - step_overhead_time"
    " - concurrent_sequences * serial_time_per_sequence",
    citation=SCALING_BOOK,
    constants={"one_token": _TARGET_TOKEN},
    assumes=("prompts that are prefilled meanwhile have the workload's length, not the longest context",),
    increasing=("time_per_output_token_target",),
    decreasing=("step_overhead_time", "concurrent_sequences", "serial_time_per_sequence"),
    examples=(
        Example(
            {
                "time_per_output_token_target": 0.05,
                "step_overhead_time": 0.005,
                "concurrent_sequences": 100.0,
                "serial_time_per_sequence": 5e-5,
            },
            0.04,
            1e-12,
            "by hand: 50 - 5 - 100 * 0.05 in ms",
        ),
    ),
)
def step_time_budget(
    time_per_output_token_target: Annotated[Array, "s/token"],
    step_overhead_time: Annotated[Array, "s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    serial_time_per_sequence: Annotated[Array, "s/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s"]:
    """Seconds that the target leaves a step for reading or multiplying, at the reference concurrency."""
    fixed = step_overhead_time + concurrent_sequences * serial_time_per_sequence
    return time_per_output_token_target * one_token - fixed


@performance_function(
    returns="context_length_by_bandwidth",
    only_positive="reading the weights uses up the time between two tokens",
    formula="(step_time_budget - weight_read_time) * effective_memory_bandwidth"
    " / kv_cache_replication / concurrent_sequences / kv_cache_bytes_per_token",
    citation=SCALING_BOOK,
    assumes=(_EQUAL,),
    increasing=("step_time_budget",),
    decreasing=("weight_read_time", "kv_cache_replication"),
    examples=(
        Example(
            {
                "step_time_budget": 0.04,
                "weight_read_time": 0.02,
                "effective_memory_bandwidth": 6.5536e12,
                "concurrent_sequences": 4.0,
                "kv_cache_bytes_per_token": 327680.0,
                "kv_cache_replication": 1.0,
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
    effective_memory_bandwidth: Annotated[Array, "byte/s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    kv_cache_replication: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that a step just reads in time, when every layer attends to everything."""
    readable = (step_time_budget - weight_read_time) * effective_memory_bandwidth / kv_cache_replication
    return readable / concurrent_sequences / kv_cache_bytes_per_token


@performance_function(
    returns="context_length_by_bandwidth",
    only_positive="reading the weights uses up the time between two tokens",
    formula="S with kv_cache_bytes_per_token * S + sliding_kv_cache_bytes_per_token * min(S, sliding_window)"
    " = (step_time_budget - weight_read_time) * effective_memory_bandwidth / kv_cache_replication"
    " / concurrent_sequences",
    citation=f"{SCALING_BOOK}; {SLIDING_WINDOW}",
    assumes=(_EQUAL,),
    increasing=("step_time_budget",),
    decreasing=("weight_read_time", "sliding_window", "kv_cache_replication"),
    examples=(
        Example(
            {
                "step_time_budget": 0.02,
                "weight_read_time": 0.01,
                "effective_memory_bandwidth": 2789212160.0 / 0.01,
                "concurrent_sequences": 1.0,
                "kv_cache_bytes_per_token": 20480.0,
                "sliding_kv_cache_bytes_per_token": 102400.0,
                "sliding_window": 1024.0,
                "kv_cache_replication": 1.0,
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
    effective_memory_bandwidth: Annotated[Array, "byte/s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_window: Annotated[Array, "token/sequence"],
    kv_cache_replication: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that a step just reads in time, when some layers hold only a window."""
    readable = (step_time_budget - weight_read_time) * effective_memory_bandwidth / kv_cache_replication
    return context_within(
        readable / concurrent_sequences, kv_cache_bytes_per_token, sliding_kv_cache_bytes_per_token, sliding_window
    )


@performance_function(
    returns="context_length_by_compute",
    only_positive="the arithmetic of the weights uses up the time between two tokens",
    formula="(step_time_budget * effective_decode_compute / concurrent_sequences / one_token"
    " - per_weight * matmul_parameters)"
    " / (decode_attention_flops_per_context_token * full_attention_layers * own_sequence)",
    citation=SCALING_BOOK,
    constants={"per_weight": _PER_WEIGHT, "one_token": _ONE_TOKEN, "own_sequence": _OWN},
    assumes=(_EQUAL,),
    increasing=("step_time_budget", "effective_decode_compute"),
    decreasing=("concurrent_sequences", "matmul_parameters"),
    examples=(
        Example(
            {
                "step_time_budget": 0.04,
                "effective_decode_compute": 4e15,
                "concurrent_sequences": 100.0,
                "matmul_parameters": 70e9,
                "decode_attention_flops_per_context_token": 32768.0,
                "full_attention_layers": 80.0,
            },
            (1.6e12 - 140e9) / 2621440.0,
            1e-12,
            "by hand: (40 ms * 4e15 / 100 - 2 * 70e9) / (32768 * 80)",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def context_length_by_compute_full_attention(
    step_time_budget: Annotated[Array, "s"],
    effective_decode_compute: Annotated[Array, "FLOP/s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    matmul_parameters: Annotated[Array, "1"],
    decode_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    full_attention_layers: Annotated[Array, "1"],
    *,
    per_weight: float,
    one_token: float,
    own_sequence: float,
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that a step just multiplies in time, when every layer attends to everything."""
    affordable = step_time_budget * effective_decode_compute / concurrent_sequences / one_token
    attention = affordable - per_weight * matmul_parameters
    return attention / (decode_attention_flops_per_context_token * full_attention_layers * own_sequence)


@performance_function(
    returns="context_length_by_compute",
    only_positive="the arithmetic of the weights uses up the time between two tokens",
    formula="S with decode_attention_flops_per_context_token * own_sequence * (full_attention_layers * S"
    " + sliding_attention_layers * min(S, sliding_window))"
    " = step_time_budget * effective_decode_compute / concurrent_sequences / one_token"
    " - per_weight * matmul_parameters",
    citation=f"{SCALING_BOOK}; {SLIDING_WINDOW}",
    constants={"per_weight": _PER_WEIGHT, "one_token": _ONE_TOKEN, "own_sequence": _OWN},
    assumes=(_EQUAL,),
    increasing=("step_time_budget", "effective_decode_compute"),
    decreasing=("concurrent_sequences", "matmul_parameters", "sliding_window"),
    examples=(
        Example(
            {
                "step_time_budget": 0.01,
                "effective_decode_compute": (2e9 + 16384.0 * 12.0 * 10128.0) * 1e3,
                "concurrent_sequences": 10.0,
                "matmul_parameters": 1e9,
                "decode_attention_flops_per_context_token": 16384.0,
                "full_attention_layers": 12.0,
                "sliding_attention_layers": 12.0,
                "sliding_window": 128.0,
            },
            10000.0,
            1e-9,
            "by hand: one token has 2e9 + 16384 * 12 * (10000 + 128) FLOP",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def context_length_by_compute_interleaved(
    step_time_budget: Annotated[Array, "s"],
    effective_decode_compute: Annotated[Array, "FLOP/s"],
    concurrent_sequences: Annotated[Array, "sequence"],
    matmul_parameters: Annotated[Array, "1"],
    decode_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    full_attention_layers: Annotated[Array, "1"],
    sliding_attention_layers: Annotated[Array, "1"],
    sliding_window: Annotated[Array, "token/sequence"],
    *,
    per_weight: float,
    one_token: float,
    own_sequence: float,
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that a step just multiplies in time, when some layers attend to a window only."""
    affordable = step_time_budget * effective_decode_compute / concurrent_sequences / one_token
    each = decode_attention_flops_per_context_token * own_sequence
    return context_within(
        affordable - per_weight * matmul_parameters,
        each * full_attention_layers,
        each * sliding_attention_layers,
        sliding_window,
    )
