"""Attention kernels that a row names, fused and with the scores written to memory."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.kinds.asked import Asked, answered, counts, numbers, widths
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

_SHAPED = re.compile(r"^attention (fwd\+bwd|fwd|bwd) head_dim=(\d+) heads=(\d+) causal=(True|False)$")
_BARE = re.compile(r"^attention kernel: (?P<what>.+)$")
_OF_MODEL = re.compile(r"^(?P<model>.+) attention$")
_WRITTEN = re.compile(r"standard|eager|unfused|naive", re.IGNORECASE)
_SPARSE_DECODE = re.compile(r"sparse .*decode", re.IGNORECASE)
_CAUSAL = 0.5
"""Share of the pairs that a causal mask leaves."""
_PASSES = {"fwd": 1.0, "bwd": 2.5, "fwd+bwd": 3.5}
"""Forward passes that the kernels cost: two products forward, five backward."""
METRICS = {
    "achieved_tflops": 1e12,
    "attention_latency": 1e-3,
    "attention_fwd_bwd_latency": 1e-3,
    "op_latency": 1e-3,
    "hbm_read_write": 1e9,
    "gflops_executed": 1e9,
    "achieved_bandwidth": 1e9,
}


def kernel(row: Row, chip_class: str) -> str:
    """Return which generation of fused kernels an engine runs on a class of chips.

    FlashAttention-2 does not use what Hopper and later chips add (asynchronous products), later kernels do.
    """
    older = re.search(r"FlashAttention(?:-?2)?\b(?!-)|LLM Foundry", row.engine) is not None
    return "fused-older" if older and chip_class in ("nvidia-8", "nvidia-4") else "fused"


def _is_shaped(row: Row) -> bool:
    return row.metric in METRICS and _SHAPED.match(row.model) is not None


class ShapedAttention:
    """Attention of given heads and head dimension over whole sequences."""

    name = "attention kernels"
    stages = (
        Stage(
            "attention kernels",
            (
                ("fused", "fitted_attention_share"),
                ("fused-older", "fitted_attention_share"),
                ("all", "fitted_least_head_dim"),
                ("all", "fitted_block_tokens"),
                ("all", "fitted_diagonal_tokens"),
                ("all", "fitted_score_passes"),
                ("all", "fitted_mask_passes"),
            ),
            (0.6, 0.4, 64.0, 128.0, 64.0, 16.0, 4.0),
            _is_shaped,
            (0.3, 0.3, 0.3, 0.7, 0.7, 0.7, 0.7),
        ),
    )

    def claims(self, row: Row) -> bool:
        """Return whether the row gives the shape of an attention kernel, or the model whose attention it is."""
        return (
            row.kind in ("op_latency", "attention_io")
            and row.metric in METRICS
            and (_SHAPED.match(row.model) is not None or _OF_MODEL.match(row.model) is not None)
        )

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the rate, the time or the traffic of each kernel."""
        shapes = [_SHAPED.match(row.model) for row in rows]
        owners = [_OF_MODEL.match(row.model) for row in rows]
        asked = Asked(rows, setting, [item.group("model") if item else None for item in owners])
        shaped = numbers([item is not None for item in shapes]) > 0

        def of(place: int, fact: Array) -> Array:
            return np.where(shaped, numbers([float(item.group(place)) if item else np.nan for item in shapes]), fact)

        passes = numbers([_PASSES[item.group(1)] if item else _PASSES["fwd+bwd"] for item in shapes])
        causal = numbers([bool(item and item.group(4) == "True") for item in shapes])
        given = {
            "attention_batch": counts(rows, "batch_or_concurrency"),
            "attention_kernel_tokens": counts(rows, "isl"),
            "attention_kernel_head_dim": of(2, asked.facts["head_dim"]),
            "attention_kernel_heads": of(3, asked.facts["attention_heads"]),
            "attention_pair_share": np.where(causal > 0, _CAUSAL, 1.0),
            "attention_passes": passes,
            "peak_flops_at_weight_precision": asked.peak(widths(rows)),
            "fitted_attention_share": kernel_share(asked),
            "fitted_product_memory_share": asked.constant("fitted_product_memory_share"),
        }
        names = ("fitted_least_head_dim", "fitted_block_tokens", "fitted_score_passes")
        given |= {name: asked.constant(name) for name in names}
        given |= {name: asked.constant(name) * causal for name in ("fitted_diagonal_tokens", "fitted_mask_passes")}
        columns = asked.columns(given)
        written = numbers([_WRITTEN.search(row.engine) is not None for row in rows]) > 0
        time = np.where(written, columns["written_attention_time"], columns["fused_attention_time"])
        flops, moved = columns["attention_kernel_flops"], columns["written_scores_bytes"]
        rate = columns.with_given({"attention_kernel_time": time})["attention_kernel_rate"]
        found = []
        for place, row in enumerate(rows):
            function = "written_attention_time" if written[place] else "fused_attention_time"
            value = time[place]
            if row.metric == "achieved_tflops":
                value = rate[place]
            elif row.metric == "gflops_executed":
                value, function = flops[place], "attention_kernel_flops"
            elif row.metric == "hbm_read_write":
                value, function = (moved[place] if written[place] else np.nan), "written_scores_bytes"
            model = asked.refused(place, not shaped[place])
            lacking = "batch and length of the sequences, or facts of the chip"
            found.append(model or answered(value / METRICS[row.metric], function, lacking))
        return found


def kernel_share(asked: Asked) -> Array:
    """Return the share of the peak that the attention kernels of the rows' engines reach."""
    keys = [kernel(row, item) for row, item in zip(asked.rows, asked.chip_classes, strict=True)]
    return asked.constant("fitted_attention_share", keys)


class BareAttention:
    """Attention kernels at their best, without a shape: a share of the peak, or of the bandwidth."""

    name = "attention kernels at their best"
    stages = (
        Stage(
            "attention kernels at their best",
            (("sparse-decode", "fitted_attention_share"),),
            (0.4,),
            lambda row: _BARE.match(row.model) is not None and _SPARSE_DECODE.search(row.model) is not None,
        ),
    )

    def claims(self, row: Row) -> bool:
        """Return whether the row names a kernel without a shape."""
        return row.kind == "op_latency" and row.metric in METRICS and _BARE.match(row.model) is not None

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the best rate of each kernel."""
        asked = Asked(rows, setting, [None] * len(rows))
        sparse = numbers([_SPARSE_DECODE.search(row.model) is not None for row in rows]) > 0
        share = np.where(
            sparse,
            asked.constant("fitted_attention_share", ["sparse-decode"] * len(rows)),
            asked.constant("fitted_attention_share", ["fused"] * len(rows)),
        )
        memory = asked.constant("fitted_product_memory_share")
        given = {
            "fitted_attention_share": share,
            "fitted_product_memory_share": memory,
            "peak_flops_at_weight_precision": asked.peak(widths(rows)),
        }
        columns = asked.columns(given)
        rate, width = columns["best_attention_rate"], columns["best_streaming_bandwidth"]
        found = []
        for place, row in enumerate(rows):
            streamed = row.metric == "achieved_bandwidth"
            value = (width if streamed else rate)[place] / METRICS[row.metric]
            function = "best_streaming_bandwidth" if streamed else "best_attention_rate"
            value = value if row.metric.startswith("achieved") else np.nan
            found.append(asked.refused(place, False) or answered(value, function, "the shape of the kernel"))
        return found
