"""Operations of one transformer layer that a row names: products, attention written out, norms, all-reduces.

The sizes follow from the model's facts: tokens times hidden size, split by tensor parallelism.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.kinds.asked import Asked, answered, counts, numbers
from downstack.evaluation.kinds.collectives import collective_time
from downstack.evaluation.kinds.operations import products, streams
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

_LAYER = re.compile(r"^(?P<model>.+) layer op (?P<name>\w+) \((?P<phase>prefill|decode)\b")
_ELEMENT = 2.0


def _part(name: str) -> str:
    text = name.lower().removesuffix("_proj").replace("_", "")
    return {"qkvproj": "qkv", "q": "qkv"}.get(text, text)


class LayerOperations:
    """One operation of a transformer layer on one of its tensor-parallel chips."""

    name = "operations of a layer"
    stages: tuple[Stage, ...] = ()

    def claims(self, row: Row) -> bool:
        """Return whether the row names an operation of a layer of a model."""
        return row.kind == "op_latency" and row.metric == "op_latency" and _LAYER.match(row.model) is not None

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the time of each operation."""
        found = [_LAYER.match(row.model) for row in rows]
        asked = Asked(rows, setting, [item.group("model") if item else None for item in found])
        parts = [_part(item.group("name")) if item else "" for item in found]
        first = numbers([item is not None and item.group("phase") == "prefill" for item in found]) > 0
        facts = asked.facts
        batch, length = counts(rows, "batch_or_concurrency"), counts(rows, "isl")
        split = counts(rows, "tensor_parallel", 1.0)
        tokens, queries = np.where(first, batch * length, batch), np.where(first, length, 1.0)
        width, heads, inner = facts["hidden_size"], facts["attention_heads"] / split, facts["intermediate_size"] / split
        one = np.ones(len(rows))
        shapes: dict[str, tuple[Array, Array, Array, Array]] = {
            "qkv": (one, tokens, 3.0 * width / split, width),
            "qmulk": (batch * heads, queries, length, facts["head_dim"]),
            "amulv": (batch * heads, queries, facts["head_dim"], length),
            "wo": (one, tokens, width, width / split),
            "w0": (one, tokens, width, width / split),
            "w1": (one, tokens, inner, width),
            "w2": (one, tokens, width, inner),
        }
        index = np.arange(len(rows))
        sizes = [
            np.array(
                [shapes[part][axis][i] if part in shapes else np.nan for i, part in zip(index, parts, strict=True)]
            )
            for axis in range(4)
        ]
        multiplied, _ = products(asked, *sizes)
        elements = {
            "softmax": batch * heads * queries * length,
            "gelu": tokens * inner,
            "layernormmha": tokens * width,
            "layernormffn": tokens * width,
        }
        streamed = streams(
            asked,
            ["layernorm" if part.startswith("layernorm") else part for part in parts],
            np.array([elements[part][i] if part in elements else np.nan for i, part in zip(index, parts, strict=True)]),
        )
        reduced, _, _ = collective_time(asked, tokens * width * _ELEMENT, split, one * 2.0)
        answers = []
        for place, part in enumerate(parts):
            if part in shapes:
                value, function = multiplied[place], "matrix_product_time"
            elif part in elements:
                value, function = streamed[place], "stream_kernel_time"
            elif part.startswith("allreduce"):
                value, function = reduced[place], "ring_collective_time"
            else:
                value, function = np.nan, ""
            lacking = "sizes of the layer" if function else f"no function is about the operation {part!r}"
            answers.append(asked.refused(place, True) or answered(value / 1e-3, function, lacking))
        return answers
