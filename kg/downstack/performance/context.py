r"""How long a context a deployment can serve at the workload's concurrency.

Three things end a context: the positions that the model was trained on, the memory for its cache, and the time in
which a step has to read it. The inverse of the cache and attention formulas gives each length.

.. math::

    S_{max} = \min(S_{position},\; S_{memory},\; S_{bandwidth})

    S(x) = \begin{cases} x / (b + s) & x \le (b + s)\,w \\ (x - s w) / b & \text{else} \end{cases}

for `x` byte that one sequence may have, `b` for each context token in full layers, `s` in sliding layers with
window `w`; without sliding layers :math:`S = x / b`.

The time budget of a step is in :mod:`downstack.performance.context_latency`.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from downstack.performance.citations import DEFINITION, PAGED_ATTENTION, SLIDING_WINDOW
from downstack.performance.declare import Array, Constant, Example, Regimes, performance_function

_ONE = Constant(1.0, "token/sequence", "less than one token is no context")
_EQUAL = "all sequences at the reference concurrency have the same, longest context"


def context_within(amount: Array, growing: Array, sliding: Array, window: Array) -> Array:
    """Return the context S with ``growing * S + sliding * min(S, window) = amount``."""
    short = amount / (growing + sliding)
    long = (amount - sliding * window) / growing
    return np.where(short <= window, short, np.where(np.isnan(short), short, long))


@performance_function(
    returns="context_length_by_memory",
    formula="free_memory / kv_cache_replication / concurrent_sequences / kv_cache_bytes_per_token",
    citation=PAGED_ATTENTION,
    assumes=(_EQUAL,),
    increasing=("free_memory",),
    decreasing=("concurrent_sequences", "kv_cache_bytes_per_token", "kv_cache_replication"),
    examples=(
        Example(
            {
                "free_memory": 42949672960.0,
                "concurrent_sequences": 1.0,
                "kv_cache_bytes_per_token": 327680.0,
                "kv_cache_replication": 1.0,
            },
            131072.0,
            1e-12,
            "Mooncake README: LLaMA3-70B, 40 GiB hold 128k tokens",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def context_length_by_memory_full_attention(
    free_memory: Annotated[Array, "byte"],
    concurrent_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    kv_cache_replication: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that fills the free memory, when every layer attends to everything."""
    return free_memory / kv_cache_replication / concurrent_sequences / kv_cache_bytes_per_token


@performance_function(
    returns="context_length_by_memory",
    formula="S with kv_cache_bytes_per_token * S + sliding_kv_cache_bytes_per_token * min(S, sliding_window)"
    " = free_memory / kv_cache_replication / concurrent_sequences",
    citation=f"{PAGED_ATTENTION}; {SLIDING_WINDOW}",
    assumes=(_EQUAL,),
    increasing=("free_memory",),
    decreasing=(
        "concurrent_sequences",
        "kv_cache_bytes_per_token",
        "sliding_kv_cache_bytes_per_token",
        "sliding_window",
        "kv_cache_replication",
    ),
    examples=(
        Example(
            {
                "free_memory": 2789212160.0,
                "concurrent_sequences": 1.0,
                "kv_cache_bytes_per_token": 20480.0,
                "sliding_kv_cache_bytes_per_token": 102400.0,
                "sliding_window": 1024.0,
                "kv_cache_replication": 1.0,
            },
            131072.0,
            1e-12,
            "30 layers, 5 full and 25 with a window of 1024, 8 heads of 128: 2.598 GiB hold 131072 tokens, by hand",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def context_length_by_memory_interleaved(
    free_memory: Annotated[Array, "byte"],
    concurrent_sequences: Annotated[Array, "sequence"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_window: Annotated[Array, "token/sequence"],
    kv_cache_replication: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Context of each sequence that fills the free memory, when some layers hold only a window."""
    return context_within(
        free_memory / kv_cache_replication / concurrent_sequences,
        kv_cache_bytes_per_token,
        sliding_kv_cache_bytes_per_token,
        sliding_window,
    )


def _within_positions(input_tokens: Array, output_tokens: Array, max_position_embeddings: Array) -> Any:
    return input_tokens + output_tokens <= max_position_embeddings


@performance_function(
    formula="(input_tokens + output_tokens) / max_position_embeddings",
    citation=DEFINITION,
    feasible=_within_positions,
    infeasible_reason="the context of the workload is longer than the model has positions for",
    increasing=("input_tokens", "output_tokens"),
    decreasing=("max_position_embeddings",),
    examples=(
        Example(
            {"input_tokens": 30720.0, "output_tokens": 2048.0, "max_position_embeddings": 131072.0},
            0.25,
            1e-12,
            "by hand: 32768 of 131072 positions",
        ),
    ),
)
def context_share_of_positions(
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    max_position_embeddings: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "1"]:
    """Share of the model's positions that a request of the workload fills, prompt and reply."""
    return (input_tokens + output_tokens) / max_position_embeddings


def _one_token_fits(
    max_position_embeddings: Array,
    context_length_by_memory: Array,
    context_length_by_bandwidth: Array,
    one_token: float,
) -> Any:
    shortest = np.minimum(np.minimum(max_position_embeddings, context_length_by_memory), context_length_by_bandwidth)
    return shortest >= one_token


def _shortest(
    max_position_embeddings: Array,
    context_length_by_memory: Array,
    context_length_by_bandwidth: Array,
    one_token: float,
) -> npt.NDArray[np.int64]:
    del one_token
    position, memory, latency = max_position_embeddings, context_length_by_memory, context_length_by_bandwidth
    return np.where((latency < memory) & (latency < position), 2, np.where(memory < position, 1, 0))


@performance_function(
    formula="min(max_position_embeddings, context_length_by_memory, context_length_by_bandwidth)",
    citation=PAGED_ATTENTION,
    constants={"one_token": _ONE},
    regimes=Regimes(("position limit", "memory capacity", "latency target"), _shortest),
    feasible=_one_token_fits,
    infeasible_reason="not one token of context fits into memory and time at the reference concurrency",
    assumes=("the model is as good at the end of its positions as at the start",),
    increasing=("max_position_embeddings", "context_length_by_memory", "context_length_by_bandwidth"),
    examples=(
        Example(
            {
                "max_position_embeddings": 131072.0,
                "context_length_by_memory": 200000.0,
                "context_length_by_bandwidth": 90000.0,
            },
            90000.0,
            1e-12,
            "by hand: reading the cache takes the time",
        ),
        Example(
            {
                "max_position_embeddings": 131072.0,
                "context_length_by_memory": 60000.0,
                "context_length_by_bandwidth": 90000.0,
            },
            60000.0,
            1e-12,
            "by hand: memory capacity binds",
        ),
        Example(
            {
                "max_position_embeddings": 8192.0,
                "context_length_by_memory": 60000.0,
                "context_length_by_bandwidth": 90000.0,
            },
            8192.0,
            1e-12,
            "by hand: the model has no more positions",
        ),
    ),
)
def max_context_length(
    max_position_embeddings: Annotated[Array, "token/sequence"],
    context_length_by_memory: Annotated[Array, "token/sequence"],
    context_length_by_bandwidth: Annotated[Array, "token/sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "token/sequence"]:
    """Longest context that the deployment serves to all sequences of the reference concurrency in time."""
    del one_token  # only the feasibility of the answer depends on it
    return np.minimum(np.minimum(max_position_embeddings, context_length_by_memory), context_length_by_bandwidth)
