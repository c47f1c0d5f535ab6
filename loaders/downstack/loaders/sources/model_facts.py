"""Foundation models: what a config.json means, beyond the values it prints.

Source and licence
    Rows of the tidy table of facts whose citation is a copy of a config.json (as published with each model) or the
    litgpt table, which maps a re-implementation's settings to the same names. They change with each model release.
What is read into the values
    ``tie_word_embeddings`` is one or two embedding matrices; the number format is bytes per parameter; shared experts
    are one layer of their total width; patterns of layers are counts of full and sliding layers. Expert counts have
    five spellings, which the table has already made one.
What the class of a model decides when its config is silent
    ``head_dim`` is hidden_size / num_attention_heads; a mixture of experts without shared experts has 0 of them; MLA
    without ``q_lora_rank`` does not compress queries (0); Mixtral and gpt-oss print the width of an expert as
    ``intermediate_size``. Such a fact says so in its note. Nothing is added for models of unknown architecture.
What is dropped, and why
    ``num_key_value_heads`` and ``head_dim`` of latent attention (it caches the latent, not the heads); a sliding
    window that the config switches off or that is not narrower than the context; facts of models without refinement
    classes beyond what their config prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from downstack.loaders.citations import Citations
from downstack.loaders.dates import parse_date
from downstack.loaders.records import EntityRecord, FactRecord, PropertyRecord, RelationRecord
from downstack.loaders.report import Read, Rejection
from downstack.loaders.sources.facts_csv import (
    Row,
    Selection,
    confidence_of,
    locator_of,
    to_facts,
)
from downstack.loaders.sources.model_config import Config, readings
from downstack.loaders.sources.model_links import links
from downstack.loaders.vocabulary import Vocabulary

CONFIG_TITLES = frozenset({"config.json copy", "litgpt model table"})
UNCOUNTED = frozenset({"model:nemotron-h-56b-base-8k", "model:nvidia-nemotron-3-nano-30b-a3b-bf16"})
"""Configs whose rows leave out which layers attend, keep a state or have experts: only what they print is kept."""
TECHNIQUES = {
    "MixtureOfExpertsModel": ("mixture-of-experts", "n_routed_experts"),
    "LatentAttentionModel": ("multi-head-latent-attention", "kv_lora_rank"),
    "GroupedQueryAttentionModel": ("grouped-query-attention", "num_key_value_heads"),
    "InterleavedAttentionModel": ("sliding-window-attention", "sliding_window"),
    "SparseAttentionModel": ("deepseek-sparse-attention", "index_topk"),
}
"""Refinement class -> the technique entity that it means, and the setting that shows it."""


def read_models(
    rows: Iterable[Row], vocabulary: Vocabulary, selection: Selection, citations: Citations
) -> Iterator[FactRecord | PropertyRecord | RelationRecord | Read | Rejection]:
    """Facts of models: the printed settings, then what they mean, then the techniques that they show."""
    kept = list(rows)
    configs = _configs(kept, selection)
    unused = _unused_lines(configs)
    for row in kept:
        yield from links(row, selection, citations)
        yield from _printed(row, unused, vocabulary, selection, citations)
    for config in configs:
        if _is_refined(config.entity):
            yield from _facts(config, citations)


def by_row(
    rows: Iterable[Row], vocabulary: Vocabulary, selection: Selection, citations: Citations
) -> Iterator[tuple[Row, list[FactRecord | PropertyRecord | RelationRecord | Rejection]]]:
    """Each row with what it becomes.

    What a config.json says as a whole came of each of its rows that is read together with others; where it has none, of its
    first row.
    """
    kept = list(rows)
    configs = _configs(kept, selection)
    unused = _unused_lines(configs)
    meant: dict[int, tuple[FactRecord | RelationRecord | Rejection, ...]] = {}
    for config in configs:
        if _is_refined(config.entity):
            lines = [row.line for row in config.rows.values()]
            together = [row.line for row in config.rows.values() if row.attribute in READ and row.line not in unused]
            found = tuple(_facts(config, citations))
            meant.update(dict.fromkeys(together or lines[:1], found))
    for row in kept:
        printed = [
            item for item in _printed(row, unused, vocabulary, selection, citations) if not isinstance(item, Read)
        ]
        yield row, [*links(row, selection, citations), *printed, *meant.get(row.line, ())]


def _configs(rows: Sequence[Row], selection: Selection) -> list[Config]:
    return [
        Config(selection.entities[identifier], group)
        for (identifier, _, _), group in _copies(rows).items()
        if identifier in selection.entities
    ]


def _unused_lines(configs: Iterable[Config]) -> dict[int, str]:
    return {row.line: reason for config in configs for row, reason in _unused(config)}


def _printed(
    row: Row, unused: Mapping[int, str], vocabulary: Vocabulary, selection: Selection, citations: Citations
) -> Iterator[FactRecord | PropertyRecord | Read | Rejection]:
    """What a row says by itself; only that it was read when it is read together with the others of its config."""
    if row.line in unused:
        yield Rejection(row.line, row.entity_id, row.attribute, row.value, unused[row.line])
    elif row.attribute not in READ or not _is_read(row, selection):
        # What is not read together with its config is kept as the source words it.
        for item in to_facts([row], vocabulary, selection, citations):
            if isinstance(item, Rejection) and row.attribute in READ and item.reason.startswith("no quantity kind"):
                yield replace(item, reason="unknown architecture")
            else:
                yield item
    else:
        yield Read(row.line)


READ = frozenset(
    {
        "tie_word_embeddings", "dtype", "quantization_method", "n_shared_experts", "layer_pattern",
        "sliding_window_pattern", "interleave_moe_layer_step", "intermediate_size_mlp", "attention_chunk_size",
        "moe_weight_format", "full_attention_interval", "linear_num_key_heads", "linear_key_head_dim",
        "linear_num_value_heads", "linear_value_head_dim",
    }
)  # fmt: skip
"""Settings that are read together into other quantities, never copied."""


def _is_read(row: Row, selection: Selection) -> bool:
    refined = _is_refined(selection.entities.get(row.entity_id))
    return refined and row.source_title in CONFIG_TITLES and row.entity_id not in UNCOUNTED


def _is_refined(entity: EntityRecord | None) -> bool:
    return entity is not None and entity.classes[0] == "FoundationModel" and len(entity.classes) > 1


def _copies(rows: Iterable[Row]) -> dict[tuple[str, str, str], dict[str, Row]]:
    groups: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        if row.source_title in CONFIG_TITLES and row.entity_id not in UNCOUNTED:
            groups.setdefault((row.entity_id, row.source_url_or_repo, row.source_path), {})[row.attribute] = row
    return groups


def _unused(config: Config) -> Iterator[tuple[Row, str]]:
    """Printed settings that the model does not use."""
    if config.has("LatentAttentionModel"):
        for attribute in ("num_key_value_heads", "head_dim"):
            if attribute in config.rows:
                yield config.rows[attribute], "latent attention caches the latent, not key and value heads"
    if config.has("FullAttentionModel"):
        for attribute in ("sliding_window", "sliding_window_pattern", "attention_chunk_size"):
            if attribute in config.rows:
                yield config.rows[attribute], "the window is switched off, or not narrower than the context"
    if "intermediate_size_mlp" in config.rows and "intermediate_size" in config.rows:
        yield config.rows["intermediate_size"], "the width of an expert, not of a dense layer"


def _shows(config: Config, refinement: str) -> bool:
    """Whether the setting means the technique: with as many key and value heads as query heads nothing is grouped."""
    if refinement != "GroupedQueryAttentionModel":
        return True
    return config.number("num_key_value_heads") != config.number("num_attention_heads")


def _facts(config: Config, citations: Citations) -> Iterator[FactRecord | RelationRecord | Rejection]:
    first = next(iter(config.rows.values()))
    source = citations.cite(first.source_title, first.source_url_or_repo, first.source_path)
    confidence = confidence_of(first)
    if source is None or confidence is None:
        yield Rejection(first.line, first.entity_id, "*", "", "the citation has no locator")
        return
    date = parse_date(first.as_of)
    for refinement, (technique, setting) in TECHNIQUES.items():
        if config.has(refinement) and setting in config.rows and _shows(config, refinement):
            yield RelationRecord(
                config.entity.slug, "usesTechnique", technique, source, date.as_of, f"{setting} in the config"
            )
    for item in readings(config):
        yield FactRecord(
            subject=config.entity.slug,
            quantity=item.quantity,
            literal=item.literal,
            value=item.value,
            unit=item.unit,
            as_of=date.as_of,
            confidence=confidence,
            note=item.note,
            source=source,
            locator=locator_of(first),
        )
