"""One config.json of a model, in the file's own words, and what class of model it describes.

Source and licence
    The ``config.json`` that is published with each model on Hugging Face; it changes with the model.
What is read
    The text model's settings (``text_config`` where there is one), under the names that most families use; older families
    (GPT-2, GPT-J, Falcon, MPT, BLOOM, OPT) have names of their own, which become these.
What the type of a model decides when its config is silent
    Whether feed-forward blocks are gated, whether input and output share an embedding, which layers see a window only.
    Each such setting is a row with a note.
What is not understood
    Types of models that are not in :data:`KINDS`, and configs that lack what their type needs: the model then has no
    class that says how it is built, so that no formula counts it; what is printed is kept, and a finding says what is
    missing. An architecture is understood or unknown, never guessed.
What is dropped
    Vision and audio encoders, modules for multi-token prediction, and settings without a quantity kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from downstack.errors import Finding, KnowledgeError
from downstack.loaders.records import EntityRecord
from downstack.loaders.sources.facts_csv import Row
from downstack.loaders.sources.hf_kinds import KINDS, NAMES, SETTINGS, Kind

TITLE = "config.json copy"
_TOKENS = frozenset({"sliding_window", "max_position_embeddings", "index_topk"})
_NEEDED = ("num_hidden_layers", "hidden_size", "num_attention_heads")
UNKNOWN = Kind()
"""What is said of a type that is not understood: nothing but the names of its settings."""


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """What one file describes."""

    entity: EntityRecord
    rows: list[Row]
    findings: tuple[Finding, ...]
    """What is not understood; empty where the architecture is."""


def read_config(data: bytes, name: str, reference: str) -> ReadConfig:
    """Read a config.json: which entity it describes, and its settings as rows.

    Parameters
    ----------
    data
        The file.
    name
        The model, with or without its organisation: ``meta-llama/Llama-3.1-8B``.
    reference
        Where the file was read: an http(s) URL, ``owner/repository@commit`` or a ``urn:``.

    Raises
    ------
    KnowledgeError
        If the file is no configuration of a language model.
    """
    settings = _parse(data, name)
    known = KINDS.get(str(settings.get("model_type")))
    values = _values(settings, UNKNOWN if known is None else known, decided=known is not None)
    if not values:
        raise _refused(name, "no setting of a language model", "give the config.json of the model itself")
    findings = tuple(_doubts(settings, values, name))
    label = name.rpartition("/")[2]
    slug = slug_of(label)
    entity = EntityRecord(
        slug=slug,
        label=label,
        classes=("FoundationModel",) if known is None or findings else _classes(values, known),
        layer=2,
        aliases=tuple(dict.fromkeys(item for item in (name,) if item != label)),
    )
    rows = [
        Row(
            line=line, entity_id=slug, entity_type="FoundationModel", attribute=attribute, value=value,
            unit="tokens" if attribute in _TOKENS else "",
            as_of="", source_title=TITLE, source_url_or_repo=reference, source_path="config.json", confidence="high",
            note=note,
        )
        for line, (attribute, (value, note)) in enumerate(values.items(), start=1)
    ]  # fmt: skip
    return ReadConfig(entity, rows, findings)


def slug_of(label: str) -> str:
    """The kebab-case slug of a model's name.

    Examples
    --------
    >>> slug_of("Meta-Llama-3.1-8B_Instruct")
    'meta-llama-3.1-8b-instruct'
    """
    kept = "".join(char if char.isalnum() or char == "." else "-" for char in label.casefold())
    return "-".join(part for part in kept.split("-") if part)


def _parse(data: bytes, name: str) -> dict[str, Any]:
    try:
        settings = json.loads(data)
    except ValueError as error:
        raise _refused(name, f"not JSON: {error}", "give the config.json that is published with the model") from error
    if not isinstance(settings, dict):
        raise _refused(name, "not a JSON object", "give the config.json that is published with the model")
    text = settings.get("text_config")
    return {**settings, **text} if isinstance(text, dict) else settings


def _doubts(settings: Mapping[str, Any], values: Mapping[str, tuple[str, str]], name: str) -> Iterator[Finding]:
    """What keeps an architecture from being understood."""
    kept = "what is printed is kept; nothing is computed from it"
    kind = settings.get("model_type")
    if str(kind) not in KINDS:
        what = "the configuration has no model_type" if kind is None else f"models of type {kind!r} are not understood"
        yield Finding(name, None, what, kept, "architecture")
        return
    missing = [item for item in _NEEDED if item not in values]
    if missing:
        yield Finding(name, None, f"the configuration has no {', '.join(missing)}", kept, "architecture")


def _values(settings: Mapping[str, Any], kind: Kind, *, decided: bool) -> dict[str, tuple[str, str]]:
    """Attribute -> (value, note), with what the type decides added where it is understood."""
    found: dict[str, tuple[str, str]] = {}
    for setting, value in settings.items():
        attribute = {**NAMES, **kind.names}.get(setting, setting)
        if attribute in SETTINGS and isinstance(value, int | float | str) and attribute not in found:
            found[attribute] = (str(value), "" if setting == attribute else f"{setting} in the config")
    if not decided:
        return found
    for attribute, value, note in kind.decided(settings, {key: item[0] for key, item in found.items()}):
        found[attribute] = (value, note)
    return found


def _classes(values: Mapping[str, tuple[str, str]], kind: Kind) -> tuple[str, ...]:
    experts = float(values["n_routed_experts"][0]) if "n_routed_experts" in values else 0.0
    latent = "kv_lora_rank" in values
    return (
        "FoundationModel",
        "MixtureOfExpertsModel" if experts > 1 else "DenseModel",
        "LatentAttentionModel" if latent else "GroupedQueryAttentionModel",
        _reach(values, kind),
    )


def _reach(values: Mapping[str, tuple[str, str]], kind: Kind) -> str:
    """Return the class that says how far attention looks: everywhere, in a window, or where an indexer points."""
    if "layer_pattern" in values or kind.chunked or kind.recurrent:
        return "InterleavedAttentionModel"
    return "SparseAttentionModel" if "index_topk" in values else "FullAttentionModel"


def _refused(name: str, message: str, hint: str) -> KnowledgeError:
    return KnowledgeError((Finding(name, None, message, hint),))
