"""Curated tables with one row an entity and source, and one column a quantity: each filled cell is a fact.

A question mark behind a value says that it was inferred (an estimate), a tilde that it was assumed. The note of the row
belongs to all its facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from downstack.loaders.citations import Citations
from downstack.loaders.records import FactRecord

ARCHITECTURES: Mapping[str, str] = {
    "num_layers": "1", "hidden_size": "1", "attention_heads": "1", "key_value_heads": "1", "head_dim": "1",
    "intermediate_size": "1", "feed_forward_matrices": "1", "vocabulary_size": "1", "embedding_matrices": "1",
    "full_attention_layers": "1", "sliding_attention_layers": "1", "sliding_window": "token", "routed_experts": "1",
    "experts_per_token": "1", "expert_intermediate_size": "1", "shared_expert_intermediate_size": "1",
    "dense_layers": "1", "bytes_per_parameter": "byte", "bytes_per_expert_parameter": "byte",
    "query_lora_rank": "1", "kv_lora_rank": "1", "qk_nope_head_dim": "1", "qk_rope_head_dim": "1",
    "value_head_dim": "1", "attention_layers": "1", "feed_forward_layers": "1", "recurrent_layers": "1", "recurrent_projection_width": "1",
    "recurrent_state_size": "1", "attention_output_gate": "1", "expert_input_width": "1",
    "published_total_parameters": "1", "published_active_parameters": "1",
}  # fmt: skip
"""Quantity -> unit, in the table of how models are built."""
PROCESSORS: Mapping[str, str] = {
    "peak_flops_bf16_dense": "TFLOP/s", "peak_flops_fp16_dense": "TFLOP/s", "peak_flops_fp8_dense": "TFLOP/s",
    "peak_flops_fp4_dense": "TFLOP/s", "peak_flops_int8_dense": "TOP/s", "memory_bandwidth": "GB/s",
    "memory_capacity": "GB", "scaleup_bandwidth_per_direction": "GB/s", "scaleup_domain_size": "chip",
    "thermal_design_power": "W",
}  # fmt: skip
"""Quantity -> unit, in the table of accelerators."""
_MARKS = {
    "?": ("estimate", "inferred: the source does not print it"),
    "~": ("assumption", "assumed: the source does not print it"),
}


def columns(units: Mapping[str, str]) -> tuple[str, ...]:
    """The columns of a table with these quantities."""
    return ("subject", "source", "locator", "confidence", "as_of", *units, "note")


def facts(rows: Iterable[Mapping[str, str]], units: Mapping[str, str], citations: Citations) -> Iterator[FactRecord]:
    """The facts of a table, row by row.

    Examples
    --------
    >>> from downstack.loaders.citations import KnownSource
    >>> from downstack.loaders.records import SourceRecord
    >>> known = KnownSource(SourceRecord("sheet", "A data sheet", "https://example.org/sheet"))
    >>> row = {"subject": "chip", "source": "sheet", "locator": "p. 2", "confidence": "datasheet", "as_of": "",
    ...        "memory_capacity": "96", "thermal_design_power": "600?", "note": ""}
    >>> units = {"memory_capacity": "GB", "thermal_design_power": "W"}
    >>> [(fact.value, fact.confidence) for fact in facts([row], units, Citations(known=(known,)))]
    [(96.0, 'datasheet'), (600.0, 'estimate')]
    """
    for row in rows:
        for quantity, unit in units.items():
            if not row[quantity]:
                continue
            literal = row[quantity].rstrip("?~")
            confidence, said = _MARKS.get(row[quantity][-1], (row["confidence"], ""))
            yield FactRecord(
                subject=row["subject"],
                quantity=quantity,
                literal=literal,
                value=float(literal),
                unit=unit,
                as_of=row["as_of"] or None,
                confidence=confidence,
                source=citations.named(row["source"]),
                locator=row["locator"] or None,
                note="; ".join(part for part in (row["note"], said) if part) or None,
            )
