r"""How long an attention kernel takes, fused and with the scores written out.

A fused kernel multiplies for every pair of a query and a key that it may see. Softmax costs as much for each pair
whatever the width of a head, so that narrow heads are slower; queries come in blocks, so that some pairs beyond the
diagonal are computed too, and the ends of every row of blocks cost a fixed number of keys.

.. math::

    t = \frac{4 \max(d_h, d_0)\, H\, B\, S\, (S' + s_0)\, r}{\eta P}, \quad S' = \sigma S + s_d

With the scores in memory every pass over the square of scores moves all of it:

.. math:: t = p\, b\, B H S^2 / (\eta_m w)
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import ROOFLINE
from downstack.performance.declare import Array, Constant, Example, performance_function

_FLASH = "Dao: FlashAttention-2, arXiv 2307.08691, 2023; Shah et al.: FlashAttention-3, arXiv 2407.08608, 2024"
_FOUR = Constant(
    4.0, "FLOP/token/token", "two products of queries and keys, probabilities and values: a multiply-add each"
)
_WITH_BACKWARD = Constant(3.5, "1", "two products forward and five backward: 3.5 times the forward pass")
_CHIP = Constant(1.0, "chip", "the kernel runs on one chip")
_OWN = Constant(1.0, "sequence", "a token attends to tokens of its own sequence")
_ELEMENT = Constant(2.0, "byte/token/token", "scores in 16 bit")
_SHAPE = {
    "attention_batch": 8.0,
    "attention_kernel_heads": 16.0,
    "attention_kernel_head_dim": 128.0,
    "attention_kernel_tokens": 2048.0,
    "attention_pair_share": 1.0,
    "attention_passes": 1.0,
}


@performance_function(
    formula="four * head_dim * heads * batch * attention_pair_share * tokens^2 * attention_passes",
    citation=_FLASH,
    constants={"four": _FOUR, "own": _OWN},
    assumes=(
        "what papers count: half of the square when causal, and 2.5 times the forward pass for the backward pass",
    ),
    increasing=("attention_batch", "attention_kernel_heads", "attention_kernel_head_dim", "attention_kernel_tokens"),
    examples=(
        Example(_SHAPE, 4.0 * 128 * 16 * 8 * 2048.0**2, 1e-12, "by hand"),
        Example(
            {**_SHAPE, "attention_pair_share": 0.5, "attention_passes": 3.5},
            4.0 * 128 * 16 * 8 * 2048.0**2 * 1.75,
            1e-12,
            "by hand: half the pairs, 3.5 times the work",
        ),
    ),
    registry=CALIBRATED,
)
def attention_kernel_flops(
    attention_batch: Annotated[Array, "sequence"],
    attention_kernel_heads: Annotated[Array, "1"],
    attention_kernel_head_dim: Annotated[Array, "1"],
    attention_kernel_tokens: Annotated[Array, "token/sequence"],
    attention_pair_share: Annotated[Array, "1"],
    attention_passes: Annotated[Array, "1"],
    *,
    four: float,
    own: float,
) -> Annotated[Array, "FLOP"]:
    """Arithmetic of an attention kernel, as the papers count it."""
    pairs = attention_kernel_tokens**2 * attention_pair_share * attention_batch * own
    return four * attention_kernel_head_dim * attention_kernel_heads * pairs * attention_passes


@performance_function(
    formula="four * max(head_dim, fitted_least_head_dim) * heads * batch * tokens * (reach + fitted_block_tokens)"
    " * attention_passes / (peak_flops_at_weight_precision * fitted_attention_share),"
    " reach = attention_pair_share * tokens + fitted_diagonal_tokens",
    citation=_FLASH,
    constants={"four": _FOUR, "own": _OWN, "one_chip": _CHIP},
    assumes=("enough heads and sequences to fill the chip",),
    increasing=(
        "attention_batch",
        "attention_kernel_heads",
        "attention_kernel_head_dim",
        "attention_kernel_tokens",
        "fitted_least_head_dim",
        "fitted_block_tokens",
        "fitted_diagonal_tokens",
    ),
    decreasing=("peak_flops_at_weight_precision", "fitted_attention_share"),
    examples=(
        Example(
            {
                **_SHAPE,
                "peak_flops_at_weight_precision": 1e15,
                "fitted_attention_share": 0.5,
                "fitted_least_head_dim": 64.0,
                "fitted_block_tokens": 0.0,
                "fitted_diagonal_tokens": 0.0,
            },
            4.0 * 128 * 16 * 8 * 2048.0**2 / 5e14,
            1e-12,
            "by hand: without the ends of blocks, the arithmetic over half the peak",
        ),
    ),
    registry=CALIBRATED,
)
def fused_attention_time(
    attention_batch: Annotated[Array, "sequence"],
    attention_kernel_heads: Annotated[Array, "1"],
    attention_kernel_head_dim: Annotated[Array, "1"],
    attention_kernel_tokens: Annotated[Array, "token/sequence"],
    attention_pair_share: Annotated[Array, "1"],
    attention_passes: Annotated[Array, "1"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    fitted_attention_share: Annotated[Array, "1"],
    fitted_least_head_dim: Annotated[Array, "1"],
    fitted_block_tokens: Annotated[Array, "token/sequence"],
    fitted_diagonal_tokens: Annotated[Array, "token/sequence"],
    *,
    four: float,
    own: float,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of a fused attention kernel on one chip."""
    tokens = attention_kernel_tokens
    reach = tokens * attention_pair_share + fitted_diagonal_tokens
    pairs = attention_batch * own * tokens * (reach + fitted_block_tokens)
    width = np.maximum(attention_kernel_head_dim, fitted_least_head_dim)
    work = four * width * attention_kernel_heads * pairs * attention_passes
    return work / (peak_flops_at_weight_precision * one_chip * fitted_attention_share)


@performance_function(
    formula="element * batch * heads * tokens^2 * (fitted_score_passes + fitted_mask_passes) * attention_passes"
    " / with_backward",
    citation=f"Dao et al.: FlashAttention, arXiv 2205.14135, 2022, theorem 2; {ROOFLINE}",
    constants={"element": _ELEMENT, "with_backward": _WITH_BACKWARD, "own": _OWN},
    assumes=(
        "only the square of scores is counted",
        "passes are those of forward and backward together; a forward pass alone makes its share of the arithmetic",
    ),
    increasing=("attention_batch", "attention_kernel_heads", "attention_kernel_tokens", "fitted_score_passes"),
    examples=(
        Example(
            {
                "attention_batch": 64.0,
                "attention_kernel_heads": 16.0,
                "attention_kernel_tokens": 1024.0,
                "attention_passes": 3.5,
                "fitted_score_passes": 18.0,
                "fitted_mask_passes": 0.0,
            },
            18.0 * 2.0 * 64 * 16 * 1024.0**2,
            1e-12,
            "by hand: 18 passes over 2.1 GB",
        ),
    ),
    registry=CALIBRATED,
)
def written_scores_bytes(
    attention_batch: Annotated[Array, "sequence"],
    attention_kernel_heads: Annotated[Array, "1"],
    attention_kernel_tokens: Annotated[Array, "token/sequence"],
    attention_passes: Annotated[Array, "1"],
    fitted_score_passes: Annotated[Array, "1"],
    fitted_mask_passes: Annotated[Array, "1"],
    *,
    element: float,
    with_backward: float,
    own: float,
) -> Annotated[Array, "byte"]:
    """Bytes that attention moves when it writes the scores to memory."""
    passes = (fitted_score_passes + fitted_mask_passes) * attention_passes / with_backward
    square = attention_batch * own * attention_kernel_tokens**2
    return element * attention_kernel_heads * square * passes


@performance_function(
    formula="written_scores_bytes / (memory_bandwidth * one_chip * fitted_product_memory_share)",
    citation=ROOFLINE,
    constants={"one_chip": _CHIP},
    assumes=("memory decides: the arithmetic hides behind the passes over the scores",),
    increasing=("written_scores_bytes",),
    decreasing=("memory_bandwidth", "fitted_product_memory_share"),
    examples=(
        Example(
            {"written_scores_bytes": 4e10, "memory_bandwidth": 2e12, "fitted_product_memory_share": 0.8},
            0.025,
            1e-12,
            "by hand: 40 GB at 1.6 TB/s",
        ),
    ),
    registry=CALIBRATED,
)
def written_attention_time(
    written_scores_bytes: Annotated[Array, "byte"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_product_memory_share: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of attention that writes the scores to memory, on one chip."""
    return written_scores_bytes / (memory_bandwidth * one_chip * fitted_product_memory_share)


@performance_function(
    formula="attention_kernel_flops / attention_kernel_time",
    citation=_FLASH,
    increasing=("attention_kernel_flops",),
    decreasing=("attention_kernel_time",),
    examples=(Example({"attention_kernel_flops": 1e12, "attention_kernel_time": 2e-3}, 5e14, 1e-12, "by hand"),),
    registry=CALIBRATED,
)
def attention_kernel_rate(
    attention_kernel_flops: Annotated[Array, "FLOP"], attention_kernel_time: Annotated[Array, "s"]
) -> Annotated[Array, "FLOP/s"]:
    """Arithmetic of an attention kernel over its time."""
    return attention_kernel_flops / attention_kernel_time


@performance_function(
    formula="peak_flops_at_weight_precision * one_chip * fitted_attention_share",
    citation=_FLASH,
    constants={"one_chip": _CHIP},
    assumes=("long sequences and wide heads: the ends of blocks do not count",),
    increasing=("peak_flops_at_weight_precision", "fitted_attention_share"),
    examples=(
        Example({"peak_flops_at_weight_precision": 1e15, "fitted_attention_share": 0.6}, 6e14, 1e-12, "by hand"),
    ),
    registry=CALIBRATED,
)
def best_attention_rate(
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    fitted_attention_share: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "FLOP/s"]:
    """Arithmetic in a second of a fused attention kernel at its best."""
    return peak_flops_at_weight_precision * one_chip * fitted_attention_share


@performance_function(
    formula="memory_bandwidth * one_chip * fitted_product_memory_share",
    citation=ROOFLINE,
    constants={"one_chip": _CHIP},
    increasing=("memory_bandwidth", "fitted_product_memory_share"),
    examples=(Example({"memory_bandwidth": 3e12, "fitted_product_memory_share": 0.8}, 2.4e12, 1e-12, "by hand"),),
    registry=CALIBRATED,
)
def best_streaming_bandwidth(
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_product_memory_share: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "byte/s"]:
    """Bytes in a second that a kernel reads at its best."""
    return memory_bandwidth * one_chip * fitted_product_memory_share
