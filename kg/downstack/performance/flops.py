r"""How much arithmetic a prompt and a new token need.

Every weight that a token passes costs one multiply and one add; attention costs more the longer the context. A prompt
token attends to the tokens before it only, which is half of the square of the prompt (the causal half).

.. math::

    F_{prefill} = 2 P (1 - h) T + a\,(p(T) - p(h T)), \quad
    p(x) = L_{full}\,x^2/2 + L_{sliding}\,m (x - m/2), \quad m = \min(x, w)

    F_{decode} = 2 P + a\,(L_{full} \bar S + L_{sliding} \min(\bar S, w)), \quad \bar S = S_{in} + S_{out}/2

The first `h T` tokens of a prompt whose prefix was computed before are not computed again; the others attend to them
all the same. Peers disagree on the causal half (LLM-Viewer and GenZ count the whole square): here it is a declared constant.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import SCALING_BOOK, SLIDING_WINDOW
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_PER_WEIGHT = Constant(2.0, "FLOP/token", "one multiply and one add for each weight and token")
_CAUSAL = Constant(0.5, "1", "a prompt token attends to the tokens before it: half of the square of the prompt")
_HALF = Constant(0.5, "1", "over a reply the context grows evenly from the prompt to prompt and reply")
_OWN = Constant(1.0, "sequence", "a token attends to the context of its own sequence")
_HEAD = "the output head is counted for every prompt token, although only the last one needs it"
_SHARE = Validity("prefix_cache_hit_rate", 0.0, 1.0, "a share of the prompt")
_REUSE = "a workload without a stated prefix cache hit rate reuses nothing: every prompt token is computed"


def _reused(prefix_cache_hit_rate: Array) -> Array:
    """Return the share of a prompt that is not computed again; none where no hit rate is stated."""
    return np.where(np.isnan(prefix_cache_hit_rate), 0.0, prefix_cache_hit_rate)


@performance_function(
    returns="prefill_flops",
    formula="per_weight * matmul_parameters * (1 - h) * input_tokens + causal_half"
    " * prefill_attention_flops_per_context_token * full_attention_layers * (1 - h ^ 2) * input_tokens ^ 2,"
    " h = prefix_cache_hit_rate",
    citation=SCALING_BOOK,
    constants={"per_weight": _PER_WEIGHT, "causal_half": _CAUSAL, "own_sequence": _OWN},
    assumes=(_HEAD, _REUSE),
    optional=("prefix_cache_hit_rate",),
    validity=(_SHARE,),
    decreasing=("prefix_cache_hit_rate",),
    increasing=(
        "matmul_parameters",
        "input_tokens",
        "prefill_attention_flops_per_context_token",
        "full_attention_layers",
    ),
    examples=(
        Example(
            {
                "matmul_parameters": 70e9,
                "input_tokens": 8192.0,
                "prefill_attention_flops_per_context_token": 0.0,
                "full_attention_layers": 80.0,
                "prefix_cache_hit_rate": 0.0,
            },
            1.14688e15,
            1e-12,
            "How to Scale Your Model, inference: 2 * 70e9 * 8192 without attention",
        ),
        Example(
            {
                "matmul_parameters": 70e9,
                "input_tokens": 8192.0,
                "prefill_attention_flops_per_context_token": 32768.0,
                "full_attention_layers": 80.0,
                "prefix_cache_hit_rate": 0.0,
            },
            1.14688e15 + 87960930222080.0,
            1e-12,
            "by hand: 2 * 70e9 * 8192 + 4 * 80 * 64 * 128 * 8192^2 / 2",
        ),
        Example(
            {
                "matmul_parameters": 70e9,
                "input_tokens": 8192.0,
                "prefill_attention_flops_per_context_token": 32768.0,
                "full_attention_layers": 80.0,
                "prefix_cache_hit_rate": 0.5,
            },
            0.5 * 1.14688e15 + 0.75 * 87960930222080.0,
            1e-12,
            "by hand: half of the prompt is computed, and attends to all of it: 1 - 0.5^2 of the pairs",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def prefill_flops_full_attention(
    matmul_parameters: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    prefill_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    full_attention_layers: Annotated[Array, "1"],
    prefix_cache_hit_rate: Annotated[Array, "1"],
    *,
    per_weight: float,
    causal_half: float,
    own_sequence: float,
) -> Annotated[Array, "FLOP/sequence"]:
    """Arithmetic of one prompt when every layer attends to everything."""
    reused = _reused(prefix_cache_hit_rate) * input_tokens
    pairs = causal_half * (input_tokens * input_tokens - reused * reused) * own_sequence
    attention = prefill_attention_flops_per_context_token * full_attention_layers * pairs
    return per_weight * matmul_parameters * (input_tokens - reused) + attention


@performance_function(
    returns="prefill_flops",
    formula="per_weight * matmul_parameters * (1 - h) * input_tokens + prefill_attention_flops_per_context_token"
    " * (p(input_tokens) - p(h * input_tokens)), h = prefix_cache_hit_rate, p(x) = full_attention_layers"
    " * causal_half * x ^ 2 + sliding_attention_layers * m * (x - causal_half * m), m = min(x, sliding_window)",
    citation=SLIDING_WINDOW,
    constants={"per_weight": _PER_WEIGHT, "causal_half": _CAUSAL, "own_sequence": _OWN},
    assumes=(_HEAD, _REUSE),
    optional=("prefix_cache_hit_rate",),
    validity=(_SHARE,),
    decreasing=("prefix_cache_hit_rate",),
    increasing=(
        "matmul_parameters",
        "input_tokens",
        "prefill_attention_flops_per_context_token",
        "full_attention_layers",
        "sliding_attention_layers",
        "sliding_window",
    ),
    examples=(
        Example(
            {
                "matmul_parameters": 1e9,
                "input_tokens": 1000.0,
                "prefill_attention_flops_per_context_token": 16384.0,
                "full_attention_layers": 12.0,
                "sliding_attention_layers": 12.0,
                "sliding_window": 128.0,
                "prefix_cache_hit_rate": 0.0,
            },
            2e12 + 16384.0 * (12.0 * 500000.0 + 12.0 * 128.0 * 936.0),
            1e-12,
            "by hand: 2e12 + 16384 * (12 * 1000^2 / 2 + 12 * 128 * (1000 - 64))",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def prefill_flops_interleaved(
    matmul_parameters: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    prefill_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    full_attention_layers: Annotated[Array, "1"],
    sliding_attention_layers: Annotated[Array, "1"],
    sliding_window: Annotated[Array, "token/sequence"],
    prefix_cache_hit_rate: Annotated[Array, "1"],
    *,
    per_weight: float,
    causal_half: float,
    own_sequence: float,
) -> Annotated[Array, "FLOP/sequence"]:
    """Arithmetic of one prompt when some layers attend to a window only."""

    def pairs(tokens: Array) -> Array:
        window = np.minimum(tokens, sliding_window)
        return full_attention_layers * causal_half * tokens * tokens + sliding_attention_layers * window * (
            tokens - causal_half * window
        )

    reused = _reused(prefix_cache_hit_rate) * input_tokens
    attention = prefill_attention_flops_per_context_token * (pairs(input_tokens) - pairs(reused)) * own_sequence
    return per_weight * matmul_parameters * (input_tokens - reused) + attention


@performance_function(
    returns="decode_flops_per_token",
    formula="per_weight * matmul_parameters + decode_attention_flops_per_context_token * full_attention_layers"
    " * (input_tokens + half * output_tokens)",
    citation=SCALING_BOOK,
    constants={"per_weight": _PER_WEIGHT, "half": _HALF, "own_sequence": _OWN},
    increasing=(
        "matmul_parameters",
        "decode_attention_flops_per_context_token",
        "full_attention_layers",
        "input_tokens",
        "output_tokens",
    ),
    examples=(
        Example(
            {
                "matmul_parameters": 70e9,
                "decode_attention_flops_per_context_token": 32768.0,
                "full_attention_layers": 80.0,
                "input_tokens": 8192.0,
                "output_tokens": 512.0,
            },
            140e9 + 32768.0 * 80.0 * 8448.0,
            1e-12,
            "by hand: 2 * 70e9 + 4 * 64 * 128 * 80 * (8192 + 256)",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def decode_flops_per_token_full_attention(
    matmul_parameters: Annotated[Array, "1"],
    decode_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    full_attention_layers: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    per_weight: float,
    half: float,
    own_sequence: float,
) -> Annotated[Array, "FLOP/token"]:
    """Arithmetic of one new token at the mean context, when every layer attends to everything."""
    context = (input_tokens + half * output_tokens) * own_sequence
    return per_weight * matmul_parameters + decode_attention_flops_per_context_token * full_attention_layers * context


@performance_function(
    returns="decode_flops_per_token",
    formula="per_weight * matmul_parameters + decode_attention_flops_per_context_token"
    " * (full_attention_layers * S + sliding_attention_layers * min(S, sliding_window)),"
    " S = input_tokens + half * output_tokens",
    citation=SLIDING_WINDOW,
    constants={"per_weight": _PER_WEIGHT, "half": _HALF, "own_sequence": _OWN},
    increasing=(
        "matmul_parameters",
        "decode_attention_flops_per_context_token",
        "full_attention_layers",
        "sliding_attention_layers",
        "sliding_window",
        "input_tokens",
        "output_tokens",
    ),
    examples=(
        Example(
            {
                "matmul_parameters": 1e9,
                "decode_attention_flops_per_context_token": 16384.0,
                "full_attention_layers": 12.0,
                "sliding_attention_layers": 12.0,
                "sliding_window": 128.0,
                "input_tokens": 1000.0,
                "output_tokens": 200.0,
            },
            2e9 + 16384.0 * 12.0 * (1100.0 + 128.0),
            1e-12,
            "by hand: 2e9 + 16384 * (12 * 1100 + 12 * 128)",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def decode_flops_per_token_interleaved(
    matmul_parameters: Annotated[Array, "1"],
    decode_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    full_attention_layers: Annotated[Array, "1"],
    sliding_attention_layers: Annotated[Array, "1"],
    sliding_window: Annotated[Array, "token/sequence"],
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    *,
    per_weight: float,
    half: float,
    own_sequence: float,
) -> Annotated[Array, "FLOP/token"]:
    """Arithmetic of one new token at the mean context, when some layers attend to a window only."""
    context = input_tokens + half * output_tokens
    window = np.minimum(context, sliding_window)
    looked_at = (full_attention_layers * context + sliding_attention_layers * window) * own_sequence
    return per_weight * matmul_parameters + decode_attention_flops_per_context_token * looked_at
