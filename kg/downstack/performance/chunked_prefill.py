r"""A prompt in pieces: what it does to those who are being answered, and to the first token.

A whole prompt stops every stream for its prefill; in chunks each stop is short, and the prompt takes a step for each.

.. math::

    n = \lceil (1 - h) S_{in} / c \rceil \qquad ITL_{max} = t(B) + t_{prefill} / n \qquad
    TTFT = n \max(t_{prefill} / n,\; t_W + t_O)

The part `h` of a prompt that was computed before takes no step.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_SARATHI = "Agrawal et al.: Sarathi-Serve, arXiv 2403.02310, 2024"
_NONE = Constant(0.0, "1", "a workload without a stated prefix cache hit rate reuses nothing")


@performance_function(
    formula="ceil((1 - prefix_cache_hit_rate) * input_tokens / prefill_chunk_size), prefix_cache_hit_rate = 0 unless stated",
    citation=_SARATHI,
    constants={"none": _NONE},
    optional=("prefix_cache_hit_rate",),
    validity=(Validity("prefix_cache_hit_rate", 0.0, 1.0, "a share of the prompt"),),
    only_positive="the whole prompt comes from the cache: there is nothing to spread over steps",
    assumes=("a chunk takes all tokens that a step has room for",),
    increasing=("input_tokens",),
    decreasing=("prefill_chunk_size", "prefix_cache_hit_rate"),
    examples=(
        Example(
            {"input_tokens": 8192.0, "prefill_chunk_size": 2048.0, "prefix_cache_hit_rate": float("nan")},
            4.0,
            1e-12,
            "by hand",
        ),
        Example(
            {"input_tokens": 80000.0, "prefill_chunk_size": 2048.0, "prefix_cache_hit_rate": 0.942},
            3.0,
            1e-12,
            "by hand: 4640 tokens are left to compute",
        ),
    ),
)
def prefill_chunks(
    input_tokens: Annotated[Array, "token/sequence"],
    prefill_chunk_size: Annotated[Array, "token/sequence"],
    prefix_cache_hit_rate: Annotated[Array, "1"],
    *,
    none: float,
) -> Annotated[Array, "1"]:
    """Steps that what is computed of one prompt is spread over."""
    reused = np.where(np.isnan(prefix_cache_hit_rate), none, prefix_cache_hit_rate)
    chunks: Array = np.ceil((1.0 - reused) * input_tokens / prefill_chunk_size)
    return chunks


@performance_function(
    formula="decode_step_time + prefill_time / prefill_chunks",
    citation=_SARATHI,
    assumes=("one prompt at a time; a chunk adds its arithmetic to the step and shares nothing with it",),
    increasing=("decode_step_time", "prefill_time"),
    decreasing=("prefill_chunks",),
    examples=(
        Example(
            {"decode_step_time": 0.02, "prefill_time": 0.4, "prefill_chunks": 4.0}, 0.12, 1e-12, "by hand: 20 + 100 ms"
        ),
    ),
)
def longest_token_gap(
    decode_step_time: Annotated[Array, "s"],
    prefill_time: Annotated[Array, "s"],
    prefill_chunks: Annotated[Array, "1"],
) -> Annotated[Array, "s"]:
    """Seconds between two tokens of a stream while another prompt is prefilled."""
    return decode_step_time + prefill_time / prefill_chunks


@performance_function(
    formula="prefill_chunks * max(prefill_time / prefill_chunks, weight_read_time + step_overhead_time)",
    citation=_SARATHI,
    assumes=("no queue; the keys and values of earlier chunks are read in the shadow of arithmetic",),
    increasing=("prefill_time", "prefill_chunks", "weight_read_time", "step_overhead_time"),
    examples=(
        Example(
            {"prefill_time": 0.4, "prefill_chunks": 4.0, "weight_read_time": 0.01, "step_overhead_time": 0.002},
            0.4,
            1e-12,
            "by hand: 4 * 100 ms",
        ),
        Example(
            {"prefill_time": 0.4, "prefill_chunks": 80.0, "weight_read_time": 0.01, "step_overhead_time": 0.002},
            0.96,
            1e-12,
            "by hand: 80 * (10 + 2) ms: small chunks wait for the weights",
        ),
    ),
)
def chunked_prefill_time(
    prefill_time: Annotated[Array, "s"],
    prefill_chunks: Annotated[Array, "1"],
    weight_read_time: Annotated[Array, "s"],
    step_overhead_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Seconds that one prompt takes in chunks, each a step that reads the weights."""
    return prefill_chunks * np.maximum(prefill_time / prefill_chunks, weight_read_time + step_overhead_time)
