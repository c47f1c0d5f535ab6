"""Who made a model, which family it belongs to, what it was trained on: words of a table that name entities of the graph.

The words themselves are kept as stated properties by :mod:`downstack.loaders.sources.facts_csv`; here they become
relations wherever every name is known. A name that means no entity makes no relation and is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from downstack.loaders.citations import Citations
from downstack.loaders.dates import parse_date
from downstack.loaders.records import RelationRecord
from downstack.loaders.sources.facts_csv import Row, Selection

DEVELOPERS: Mapping[str, str] = {
    "Alibaba": "alibaba",
    "Anthropic": "anthropic",
    "DeepSeek": "deepseek",
    "Google": "google",
    "Google DeepMind": "google",
    "LG": "lg-ai-research",
    "LG AI Research": "lg-ai-research",
    "Meta AI": "meta",
    "Mistral AI": "mistral-ai",
    "NVIDIA": "nvidia",
    "OpenAI": "openai",
    "Perplexity": "perplexity-ai",
}
"""A developer as tables write it -> the company."""
FAMILIES: Mapping[str, str] = {
    "claude": "claude",
    "deepseek": "deepseek-models",
    "exaone": "exaone",
    "gemini": "gemini",
    "gemma": "gemma",
    "gpt": "gpt",
    "llama": "llama",
    "mistral": "mistral",
    "phi": "phi",
    "qwen": "qwen",
}
"""A family as tables write it, or the first word of a model's name -> the family."""
OTHER_FAMILY = frozenset({"gpt-oss", "gpt-neox", "gpt-j", "gpt-sw3"})
"""Names that begin with the word of a family which they do not belong to."""
HARDWARE: Mapping[str, str] = {
    "Google TPU v3": "google-tpu-v3",
    "Google TPU v4": "google-tpu-v4",
    "Google TPU v5e": "google-tpu-v5e",
    "Google TPU v6e Trillium": "google-tpu-v6e",
    "NVIDIA A100 SXM4 40 GB": "nvidia-a100-sxm-40gb",
    "NVIDIA A100 SXM4 80 GB": "nvidia-a100-sxm-80gb",
    "NVIDIA H100 SXM5 80GB": "nvidia-h100-sxm",
    "NVIDIA H200 SXM": "nvidia-h200-sxm",
    "NVIDIA H800 SXM5": "nvidia-h800-sxm",
}
"""Accelerators as a table of models writes them; a name without its form factor means several and none."""


def links(row: Row, selection: Selection, citations: Citations) -> Iterator[RelationRecord]:
    """The relations that one row of a model states."""
    entity = selection.entities.get(row.entity_id)
    if entity is None or "FoundationModel" not in entity.classes:
        return
    names = [name.strip() for name in row.value.split(",")]
    found: list[tuple[str, str, str, str | None]] = []
    if row.attribute in ("developer", "developer_or_host"):
        found += [(DEVELOPERS[name], "develops", entity.slug, None) for name in names if name in DEVELOPERS]
        found += [(entity.slug, "memberOf", family, "by its name") for family in _family(entity.slug)]
    elif row.attribute == "training_hardware":
        found += [(entity.slug, "trainedOn", HARDWARE[name], None) for name in names if name in HARDWARE]
    elif row.attribute == "family" and row.value in FAMILIES and not _stranger(entity.slug):
        found.append((entity.slug, "memberOf", FAMILIES[row.value], None))
    if not found:
        return
    source = citations.cite(row.source_title, row.source_url_or_repo, row.source_path)
    if source is None:
        return
    when = parse_date(row.as_of).as_of
    for subject, predicate, object_, note in found:
        yield RelationRecord(subject, predicate, object_, source, when, note)


def _family(slug: str) -> Iterator[str]:
    if not _stranger(slug):
        yield from (family for word, family in FAMILIES.items() if slug.startswith(word))


def _stranger(slug: str) -> bool:
    return any(slug.startswith(name) for name in OTHER_FAMILY)
