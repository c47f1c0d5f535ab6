r"""How many bytes of cache one sequence holds, at its full context and on average while it is being decoded.

Memory has to hold the longest context of a request, prompt and reply. A decode step reads the context that there is so
far, which over a reply is on average the prompt and half of the reply.

.. math::

    K(S) = b_{full} S + b_{sliding} \min(S, w) \qquad S_{full} = S_{in} + S_{out} \qquad \bar S = S_{in} + S_{out}/2

without the second term when every layer attends to everything. Recurrent layers add a state of fixed size.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import PAGED_ATTENTION, SCALING_BOOK, SLIDING_WINDOW
from downstack.performance.declare import Array, Constant, Example, performance_function

_HALF = Constant(0.5, "1", "over a reply the context grows evenly from the prompt to prompt and reply")
_STATE = Constant(
    4.0, "byte", "each number of a recurrent state, kept in FP32 (mamba_ssm_dtype of Qwen3.5 and Nemotron)"
)
_NO_STATE = "a recurrent layer keeps its state alone: the last inputs of its convolution are left out"
_NO_FRAGMENTATION = "the cache is paged without loss: the unfilled part of the last block is left out"
_NO_SHARING = "sequences share no prefix"


@performance_function(
    returns="kv_cache_bytes_per_sequence",
    formula="kv_cache_bytes_per_token * (input_tokens + output_tokens)",
    citation=PAGED_ATTENTION,
    assumes=(_NO_FRAGMENTATION, _NO_SHARING),
    increasing=("kv_cache_bytes_per_token", "input_tokens", "output_tokens"),
    examples=(
        Example(
            {"kv_cache_bytes_per_token": 327680.0, "input_tokens": 131072.0, "output_tokens": 0.0},
            42949672960.0,
            1e-12,
            "Mooncake README: LLaMA3-70B, 128k tokens, 40 GB (40 GiB)",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def kv_cache_bytes_per_sequence_full_attention(
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "byte/sequence"]:
    """Cache of one sequence at its full context, when every layer attends to everything."""
    return kv_cache_bytes_per_token * (input_tokens + output_tokens)


@performance_function(
    returns="kv_cache_bytes_per_sequence",
    formula="kv_cache_bytes_per_token * (input_tokens + output_tokens)"
    " + sliding_kv_cache_bytes_per_token * min(input_tokens + output_tokens, sliding_window)"
    " + state_element * recurrent_layers * recurrent_state_size; no recurrent layers unless stated",
    citation=SLIDING_WINDOW,
    constants={"state_element": _STATE},
    assumes=(_NO_FRAGMENTATION, _NO_SHARING, _NO_STATE),
    optional=("recurrent_layers", "recurrent_state_size"),
    increasing=(
        "kv_cache_bytes_per_token",
        "sliding_kv_cache_bytes_per_token",
        "sliding_window",
        "input_tokens",
        "output_tokens",
        "recurrent_layers",
        "recurrent_state_size",
    ),
    examples=(
        Example(
            {
                "kv_cache_bytes_per_token": 20480.0,
                "sliding_kv_cache_bytes_per_token": 102400.0,
                "sliding_window": 1024.0,
                "input_tokens": 131072.0,
                "output_tokens": 0.0,
                "recurrent_layers": float("nan"),
                "recurrent_state_size": float("nan"),
            },
            2789212160.0,
            1e-12,
            "30 layers, 5 full and 25 with a window of 1024, 8 heads of 128: 2.598 GiB at 131072 tokens, by hand",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def kv_cache_bytes_per_sequence_interleaved(
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_window: Annotated[Array, "token/sequence"],
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    recurrent_layers: Annotated[Array, "1"],
    recurrent_state_size: Annotated[Array, "1/sequence"],
    *,
    state_element: float,
) -> Annotated[Array, "byte/sequence"]:
    """Cache of one sequence at its full context, when some layers hold only a window or a state."""
    context = input_tokens + output_tokens
    window = np.minimum(context, sliding_window)
    state = np.where(np.isnan(recurrent_layers), 0.0, state_element * recurrent_layers * recurrent_state_size)
    return kv_cache_bytes_per_token * context + sliding_kv_cache_bytes_per_token * window + state


@performance_function(
    returns="mean_kv_cache_bytes_per_sequence",
    formula="kv_cache_bytes_per_token * (input_tokens + half * output_tokens)",
    citation=SCALING_BOOK,
    constants={"half": _HALF},
    assumes=(_NO_SHARING,),
    increasing=("kv_cache_bytes_per_token", "input_tokens", "output_tokens"),
    examples=(
        Example(
            {
                "kv_cache_bytes_per_token": 131072.0,
                "input_tokens": 1000.0,
                "output_tokens": 200.0,
            },
            144179200.0,
            1e-12,
            "by hand: 131072 * (1000 + 100)",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def mean_kv_cache_bytes_per_sequence_full_attention(
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    half: float,
) -> Annotated[Array, "byte/sequence"]:
    """Cache that a decode step reads for one sequence on average, when every layer attends to everything."""
    return kv_cache_bytes_per_token * (input_tokens + half * output_tokens)


@performance_function(
    returns="mean_kv_cache_bytes_per_sequence",
    formula="kv_cache_bytes_per_token * (input_tokens + half * output_tokens)"
    " + sliding_kv_cache_bytes_per_token * min(input_tokens + half * output_tokens, sliding_window)"
    " + state_element * recurrent_layers * recurrent_state_size; no recurrent layers unless stated",
    citation=SLIDING_WINDOW,
    constants={"half": _HALF, "state_element": _STATE},
    optional=("recurrent_layers", "recurrent_state_size"),
    assumes=(_NO_SHARING, _NO_STATE, "the window is taken at the mean context, not averaged over the reply"),
    increasing=(
        "kv_cache_bytes_per_token",
        "sliding_kv_cache_bytes_per_token",
        "sliding_window",
        "input_tokens",
        "output_tokens",
        "recurrent_layers",
        "recurrent_state_size",
    ),
    examples=(
        Example(
            {
                "kv_cache_bytes_per_token": 24576.0,
                "sliding_kv_cache_bytes_per_token": 24576.0,
                "sliding_window": 128.0,
                "input_tokens": 1000.0,
                "output_tokens": 200.0,
                "recurrent_layers": float("nan"),
                "recurrent_state_size": float("nan"),
            },
            30179328.0,
            1e-12,
            "gpt-oss-20b by hand: 24576 * 1100 + 24576 * 128",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def mean_kv_cache_bytes_per_sequence_interleaved(
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_window: Annotated[Array, "token/sequence"],
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    recurrent_layers: Annotated[Array, "1"],
    recurrent_state_size: Annotated[Array, "1/sequence"],
    *,
    half: float,
    state_element: float,
) -> Annotated[Array, "byte/sequence"]:
    """Cache that a decode step reads for one sequence on average, when some layers hold only a window or a state."""
    context = input_tokens + half * output_tokens
    window = np.minimum(context, sliding_window)
    state = np.where(np.isnan(recurrent_layers), 0.0, state_element * recurrent_layers * recurrent_state_size)
    return kv_cache_bytes_per_token * context + sliding_kv_cache_bytes_per_token * window + state
