"""What one copy of a config.json says beyond the numbers that it prints: pure readings, one phenomenon each.

``tie_word_embeddings`` is one or two embedding matrices; the number format is bytes per parameter; shared experts are
one layer of their total width; patterns of layers are counts. Where the config is silent and the class of the model
decides, the note says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from downstack.loaders.records import EntityRecord
from downstack.loaders.sources.facts_csv import Row

BYTES = {"bfloat16": 2.0, "float16": 2.0, "fp8": 1.0}
MXFP4_BYTES = 0.53125
"""OCP Microscaling Formats (MX) v1.0: 32 elements of 4 bits share one scale of 8 bits: 4.25 bits an element."""
_COUNTS = re.compile(r"(\w+)=(\d+)")


@dataclass(frozen=True, slots=True)
class Config:
    """One copy of one model's config: its rows by attribute, and what they are about."""

    entity: EntityRecord
    rows: Mapping[str, Row]

    def has(self, name: str) -> bool:
        """Whether the model has a refinement class."""
        return name in self.entity.classes

    def number(self, attribute: str) -> float | None:
        """A numeric setting, or None when the copy does not print it."""
        row = self.rows.get(attribute)
        return float(row.value) if row else None


@dataclass(frozen=True, slots=True)
class Reading:
    """A value read out of a config: from which setting, and why it means that."""

    quantity: str
    value: float
    unit: str
    literal: str
    note: str


def readings(config: Config) -> Iterator[Reading]:
    """What one copy says beyond the numbers that it prints."""
    yield from _embeddings(config)
    yield from _formats(config)
    yield from _attention(config)
    if config.has("MixtureOfExpertsModel"):
        yield from _experts(config)


def _embeddings(config: Config) -> Iterator[Reading]:
    tied = config.rows.get("tie_word_embeddings")
    if tied is not None:
        shared = tied.value == "True"
        yield Reading(
            "embedding_matrices",
            1.0 if shared else 2.0,
            "1",
            tied.value,
            f"tie_word_embeddings is {tied.value}: input embedding and output head are "
            + ("one matrix" if shared else "two matrices"),
        )


def _formats(config: Config) -> Iterator[Reading]:
    quantized = config.rows.get("quantization_method")
    dtype = config.rows.get("dtype")
    expert = config.has("MixtureOfExpertsModel")
    if quantized is not None and quantized.value == "mxfp4":
        yield Reading(
            "bytes_per_parameter", 2.0, "byte", quantized.value,
            "only the experts are quantized; attention, router and embeddings stay in bfloat16 (modules_to_not_convert)",
        )  # fmt: skip
        if expert:
            yield Reading(
                "bytes_per_expert_parameter", MXFP4_BYTES, "byte", quantized.value,
                "MXFP4: blocks of 32 elements of 4 bit share a scale of 8 bit (OCP Microscaling v1.0), 4.25 bit each",
            )  # fmt: skip
        return
    row = quantized or dtype
    width = BYTES.get(row.value.split()[0]) if row else None
    if row is None or width is None:
        return
    note = f"{row.value}: {width:g} byte per element"
    if width == 1.0:
        note += "; block scales, and the embeddings and norms that stay in bfloat16, are not counted"
    yield Reading("bytes_per_parameter", width, "byte", row.value, note)
    if expert:
        yield Reading("bytes_per_expert_parameter", width, "byte", row.value, note)


def _attention(config: Config) -> Iterator[Reading]:
    layers = config.number("num_hidden_layers") or 0.0
    if config.has("LatentAttentionModel"):
        if "q_lora_rank" not in config.rows:
            yield Reading("query_lora_rank", 0.0, "1", "0", "q_lora_rank is null or absent: queries are not compressed")
    elif "head_dim" not in config.rows:
        hidden, heads = config.number("hidden_size"), config.number("num_attention_heads")
        if hidden and heads:
            value = hidden / heads
            yield Reading("head_dim", value, "1", f"{value:g}", "class default: hidden_size / num_attention_heads")
    if not config.has("InterleavedAttentionModel"):
        return
    if pattern := config.rows.get("layer_pattern"):
        counts = {name: float(count) for name, count in _COUNTS.findall(pattern.value)}
        full, sliding = counts.get("full_attention", 0.0), counts.get("sliding_attention", 0.0)
        literal, note = pattern.value, "counted from layer_types"
        if recurrent := counts.get("linear_attention", 0.0):
            yield from _recurrent(config, full, recurrent, literal)
    elif pattern := config.rows.get("sliding_window_pattern"):
        full = layers // float(pattern.value)
        sliding, literal = layers - full, pattern.value
        note = f"sliding_window_pattern {pattern.value}: every {pattern.value}th layer attends to everything"
    elif interval := config.rows.get("full_attention_interval"):
        full, sliding = layers // float(interval.value), 0.0
        literal, note = interval.value, f"full_attention_interval {interval.value}: the other layers are recurrent"
        yield from _recurrent(config, full, layers - full, literal)
    elif chunk := config.rows.get("attention_chunk_size"):
        full = layers // 4
        sliding, literal = layers - full, chunk.value
        note = "class default no_rope_layer_interval 4: every 4th layer attends to everything, the others to one chunk"
        yield Reading(
            "sliding_window", float(chunk.value), "token", chunk.value,
            "attention_chunk_size: these layers attend inside chunks, which bounds their cache as a window does",
        )  # fmt: skip
    else:
        return
    yield Reading("full_attention_layers", full, "1", literal, note)
    yield Reading("sliding_attention_layers", sliding, "1", literal, note)


def _recurrent(config: Config, full: float, recurrent: float, literal: str) -> Iterator[Reading]:
    """Gated delta networks: queries and keys, values and their gate, two numbers a head, and the output."""
    yield Reading("attention_layers", full, "1", literal, "the other layers are recurrent and have no attention")
    yield Reading("recurrent_layers", recurrent, "1", literal, "layers of linear attention")
    yield Reading("sliding_window", 0.0, "token", literal, "no layer has a window: the others keep a state")
    yield Reading("attention_output_gate", 1.0, "1", literal, "class default: a gate as wide as the queries")
    settings = ("linear_num_key_heads", "linear_key_head_dim", "linear_num_value_heads", "linear_value_head_dim")
    keys, key_width, heads, value_width = (config.number(item) for item in settings)
    if keys and key_width and heads and value_width:
        shape = f"{keys:g} x {key_width:g}, {heads:g} x {value_width:g}"
        yield Reading(
            "recurrent_projection_width", 2 * keys * key_width + 3 * heads * value_width + 2 * heads, "1", shape,
            "queries and keys 2 x key heads x width; values, their gate and the output 3 x value heads x width; two"
            " numbers a value head",
        )  # fmt: skip
        yield Reading(
            "recurrent_state_size", heads * key_width * value_width, "1", shape,
            "value heads x width of a key x width of a value",
        )  # fmt: skip


def _experts(config: Config) -> Iterator[Reading]:
    layers = config.number("num_hidden_layers") or 0.0
    width, printed = config.number("moe_intermediate_size"), config.number("intermediate_size")
    shared, step = config.number("n_shared_experts"), config.number("interleave_moe_layer_step")
    if width is None and printed is not None:
        width = printed
        yield Reading(
            "expert_intermediate_size", printed, "1", f"{printed:g}",
            "intermediate_size of this class is the width of one expert",
        )  # fmt: skip
    if (dense_width := config.rows.get("intermediate_size_mlp")) is not None:
        yield Reading(
            "intermediate_size", float(dense_width.value), "1", dense_width.value,
            "intermediate_size_mlp: the width of the dense layers",
        )  # fmt: skip
    if step is not None:
        yield Reading(
            "dense_layers", layers - layers // step, "1", f"{step:g}",
            f"interleave_moe_layer_step {step:g}: every {step:g}th layer has experts",
        )  # fmt: skip
        if width is not None:
            yield Reading(
                "shared_expert_intermediate_size", width, "1", f"{width:g}",
                "class default: one shared expert of the width of an expert in each layer with experts",
            )  # fmt: skip
        return
    if "first_k_dense_replace" not in config.rows:
        yield Reading("dense_layers", 0.0, "1", "0", "class default: every layer has experts")
    if shared is not None and width is not None:
        literal = config.rows["n_shared_experts"].value
        yield Reading(
            "shared_expert_intermediate_size", shared * width, "1", literal,
            f"n_shared_experts {literal} x moe_intermediate_size {width:g}",
        )  # fmt: skip
    elif "shared_expert_intermediate_size" not in config.rows:
        yield Reading("shared_expert_intermediate_size", 0.0, "1", "0", "the config names no shared experts")
