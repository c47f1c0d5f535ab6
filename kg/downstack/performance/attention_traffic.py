r"""What attention moves through memory, with the matrix of scores written out and without.

Standard attention writes and reads the whole square of scores; FlashAttention keeps a block of queries on the chip and
streams keys and values past it. The arithmetic is the same.

.. math::

    Q_{std} = L H b\,(4 S d + 4 S^2) \qquad Q_{flash} = L H b\,(2 S d + \lceil S / B \rceil\, 2 S d), \quad
    B = M / (4 d b) \qquad t = \max(F / (n P),\; Q / (n W))
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt

from downstack.performance.citations import ROOFLINE
from downstack.performance.declare import Array, Constant, Example, Regimes, performance_function

_FLASH = "Dao et al.: FlashAttention, arXiv 2205.14135, 2022, theorem 2 and proposition 3"
_ELEMENT = Constant(2.0, "byte/token", "queries, keys, values and scores in 16 bit")
_PASSES = Constant(4.0, "1", f"{_FLASH}: queries, keys, values and the output; scores written, read, written and read")
_TWO = Constant(2.0, "1", "keys and values, or queries and the output")
_OWN = Constant(1.0, "token/sequence", "a token attends to tokens of its own sequence")
_BLOCKS = Constant(4.0, "1", f"{_FLASH}: blocks of queries, keys, values and output share the on-chip memory")
_CAUSAL = Constant(0.5, "1", "a prompt token attends to the tokens before it: half of the square of the prompt")
_PROMPT = Constant(1.0, "sequence", "one prompt at a time")
_HEADS = "keys and values that heads share are read for each head; the causal half is not skipped, nor a cached prefix"
_SHAPE = {"input_tokens": 1024.0, "num_layers": 24.0, "attention_heads": 16.0, "head_dim": 64.0}
_SQUARE = 4.0 * 1024.0 * 64.0 + 4.0 * 1024.0**2


@performance_function(
    formula="num_layers * attention_heads * element * passes * (input_tokens * head_dim + input_tokens ^ 2 / own)",
    citation=_FLASH,
    constants={"element": _ELEMENT, "passes": _PASSES, "own": _OWN},
    assumes=(_HEADS,),
    increasing=("num_layers", "attention_heads", "input_tokens", "head_dim"),
    examples=(Example(_SHAPE, 24.0 * 16.0 * 2.0 * _SQUARE, 1e-12, "by hand, the shape of GPT-2 medium"),),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def standard_attention_bytes(
    input_tokens: Annotated[Array, "token/sequence"],
    num_layers: Annotated[Array, "1"],
    attention_heads: Annotated[Array, "1"],
    head_dim: Annotated[Array, "1"],
    *,
    element: float,
    passes: float,
    own: float,
) -> Annotated[Array, "byte/sequence"]:
    """Bytes that attention over one prompt moves when the scores are written to memory."""
    return num_layers * attention_heads * element * passes * input_tokens * (head_dim + input_tokens / own)


@performance_function(
    formula="num_layers * attention_heads * element * two * input_tokens * head_dim"
    " * (1 + ceil(input_tokens * prompt / block)), block = shared_memory_per_core / (blocks * head_dim * element)",
    citation=_FLASH,
    constants={"element": _ELEMENT, "two": _TWO, "prompt": _PROMPT, "blocks": _BLOCKS},
    assumes=(_HEADS, "a block fills the on-chip memory of a core; kernels take round numbers below"),
    increasing=("num_layers", "attention_heads", "input_tokens", "head_dim"),
    decreasing=("shared_memory_per_core",),
    examples=(
        Example(
            {**_SHAPE, "shared_memory_per_core": 196608.0},
            24.0 * 16.0 * 2.0 * 2.0 * 1024.0 * 64.0 * 4.0,
            1e-12,
            "by hand, GPT-2 medium on A100: blocks of 384 tokens, 3 passes over keys and values",
        ),
    ),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def flash_attention_bytes(
    input_tokens: Annotated[Array, "token/sequence"],
    num_layers: Annotated[Array, "1"],
    attention_heads: Annotated[Array, "1"],
    head_dim: Annotated[Array, "1"],
    shared_memory_per_core: Annotated[Array, "byte"],
    *,
    element: float,
    two: float,
    prompt: float,
    blocks: float,
) -> Annotated[Array, "byte/sequence"]:
    """Bytes that attention over one prompt moves when scores stay on the chip."""
    block = shared_memory_per_core / (blocks * head_dim * element)
    passes = 1.0 + np.ceil(input_tokens * prompt / block)
    return num_layers * attention_heads * element * two * input_tokens * head_dim * passes


@performance_function(
    formula="standard_attention_bytes / flash_attention_bytes",
    citation=_FLASH,
    increasing=("standard_attention_bytes",),
    decreasing=("flash_attention_bytes",),
    examples=(
        Example(
            {"standard_attention_bytes": 40.3e9, "flash_attention_bytes": 4.4e9}, 9.16, 1e-3, f"{_FLASH}, figure 2"
        ),
    ),
)
def flash_attention_traffic_ratio(
    standard_attention_bytes: Annotated[Array, "byte/sequence"],
    flash_attention_bytes: Annotated[Array, "byte/sequence"],
) -> Annotated[Array, "1"]:
    """How many times the traffic of FlashAttention standard attention moves."""
    return standard_attention_bytes / flash_attention_bytes


@performance_function(
    formula="causal_half * prefill_attention_flops_per_context_token * full_attention_layers * input_tokens ^ 2",
    citation=_FLASH,
    constants={"causal_half": _CAUSAL, "prompt": _PROMPT},
    assumes=("no part of the prompt was computed before: see prefill_flops for prompts with a cached prefix",),
    increasing=("prefill_attention_flops_per_context_token", "full_attention_layers", "input_tokens"),
    examples=(
        Example(
            {
                "prefill_attention_flops_per_context_token": 32768.0,
                "full_attention_layers": 80.0,
                "input_tokens": 8192.0,
            },
            87960930222080.0,
            1e-12,
            "by hand: 4 * 64 * 128 * 80 * 8192^2 / 2",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def prefill_attention_flops(
    prefill_attention_flops_per_context_token: Annotated[Array, "FLOP/token/token"],
    full_attention_layers: Annotated[Array, "1"],
    input_tokens: Annotated[Array, "token/sequence"],
    *,
    causal_half: float,
    prompt: float,
) -> Annotated[Array, "FLOP/sequence"]:
    """Arithmetic of attention over one prompt; the same for either kernel."""
    pairs = causal_half * input_tokens * input_tokens * prompt
    return prefill_attention_flops_per_context_token * full_attention_layers * pairs


def _time(flops: Array, moved: Array, peak: Array, bandwidth: Array, chips: Array, prompt: float) -> Array:
    slower: Array = np.maximum(flops / peak, moved / bandwidth)
    return slower * prompt / chips


def _bound(flops: Array, moved: Array, peak: Array, bandwidth: Array) -> npt.NDArray[np.int64]:
    return np.where(flops / peak > moved / bandwidth, 1, 0)


def _flash_bound(**v: Array) -> npt.NDArray[np.int64]:
    return _bound(
        v["prefill_attention_flops"], v["flash_attention_bytes"], v["peak_flops_bf16_dense"], v["memory_bandwidth"]
    )


def _standard_bound(**v: Array) -> npt.NDArray[np.int64]:
    return _bound(
        v["prefill_attention_flops"], v["standard_attention_bytes"], v["peak_flops_bf16_dense"], v["memory_bandwidth"]
    )


_PEAK = "a lower bound: peak rates, and heads spread evenly over the tensor-parallel chips"
_RATES = {"peak_flops_bf16_dense": 1e15, "memory_bandwidth": 1e12, "tensor_parallel": 2.0}


@performance_function(
    formula="max(prefill_attention_flops / peak_flops_bf16_dense, flash_attention_bytes / memory_bandwidth)"
    " * prompt / tensor_parallel",
    citation=f"{_FLASH}; {ROOFLINE}",
    constants={"prompt": _PROMPT},
    regimes=Regimes(("memory bandwidth", "compute"), _flash_bound),
    assumes=(_PEAK,),
    increasing=("prefill_attention_flops", "flash_attention_bytes"),
    decreasing=("peak_flops_bf16_dense", "memory_bandwidth", "tensor_parallel"),
    examples=(
        Example({"prefill_attention_flops": 4e12, "flash_attention_bytes": 1e9, **_RATES}, 2e-3, 1e-12, "by hand"),
    ),
)
def flash_attention_time(
    prefill_attention_flops: Annotated[Array, "FLOP/sequence"],
    flash_attention_bytes: Annotated[Array, "byte/sequence"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    tensor_parallel: Annotated[Array, "chip"],
    *,
    prompt: float,
) -> Annotated[Array, "s"]:
    """Seconds that attention over one prompt takes at least, scores kept on the chip."""
    return _time(
        prefill_attention_flops, flash_attention_bytes, peak_flops_bf16_dense, memory_bandwidth, tensor_parallel, prompt
    )


@performance_function(
    formula="max(prefill_attention_flops / peak_flops_bf16_dense, standard_attention_bytes / memory_bandwidth)"
    " * prompt / tensor_parallel",
    citation=f"{_FLASH}; {ROOFLINE}",
    constants={"prompt": _PROMPT},
    regimes=Regimes(("memory bandwidth", "compute"), _standard_bound),
    assumes=(_PEAK,),
    increasing=("prefill_attention_flops", "standard_attention_bytes"),
    decreasing=("peak_flops_bf16_dense", "memory_bandwidth", "tensor_parallel"),
    examples=(
        Example({"prefill_attention_flops": 4e12, "standard_attention_bytes": 9e9, **_RATES}, 4.5e-3, 1e-12, "by hand"),
    ),
)
def standard_attention_time(
    prefill_attention_flops: Annotated[Array, "FLOP/sequence"],
    standard_attention_bytes: Annotated[Array, "byte/sequence"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    tensor_parallel: Annotated[Array, "chip"],
    *,
    prompt: float,
) -> Annotated[Array, "s"]:
    """Seconds that attention over one prompt takes at least, scores written to memory."""
    return _time(
        prefill_attention_flops,
        standard_attention_bytes,
        peak_flops_bf16_dense,
        memory_bandwidth,
        tensor_parallel,
        prompt,
    )
