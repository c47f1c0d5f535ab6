"""What a config.json means beyond its numbers, class by class."""

from __future__ import annotations

import pytest

from downstack.loaders import Citations, EntityRecord, FactRecord, RelationRecord
from downstack.loaders.sources import facts_csv, model_facts
from downstack.loaders.sources.facts_csv import Row, Selection
from downstack.loaders.sources.model_config import Config, readings
from downstack.loaders.vocabulary import Vocabulary


def config(classes: str, **settings: str) -> Config:
    rows = {
        name: Row(
            1,
            "model:m",
            "FoundationModel",
            name,
            value,
            "",
            "2026",
            "config.json copy",
            "github.com/o/r",
            "p",
            "high",
            "",
        )
        for name, value in settings.items()
    }
    return Config(EntityRecord("m", "M", ("FoundationModel", *classes.split()), 2), rows)


def read(classes: str, **settings: str) -> dict[str, float]:
    return {item.quantity: item.value for item in readings(config(classes, **settings))}


@pytest.mark.parametrize(("printed", "matrices"), [("True", 1.0), ("False", 2.0)])
def test_tied_embeddings_are_one_matrix(printed: str, matrices: float) -> None:
    assert read("DenseModel", tie_word_embeddings=printed)["embedding_matrices"] == matrices


def test_a_silent_config_leaves_embeddings_unknown() -> None:
    assert "embedding_matrices" not in read("DenseModel", hidden_size="64")


@pytest.mark.parametrize(
    ("settings", "dense", "expert"),
    [
        ({"dtype": "bfloat16"}, 2.0, 2.0),
        ({"dtype": "bfloat16", "quantization_method": "fp8 e4m3"}, 1.0, 1.0),
        ({"quantization_method": "mxfp4"}, 2.0, 0.53125),
    ],
)
def test_number_formats_are_bytes(settings: dict[str, str], dense: float, expert: float) -> None:
    found = read("MixtureOfExpertsModel FullAttentionModel", **settings)
    assert (found["bytes_per_parameter"], found["bytes_per_expert_parameter"]) == (dense, expert)


def test_an_unknown_format_stays_unknown() -> None:
    assert "bytes_per_parameter" not in read("DenseModel", dtype="bfloat16", quantization_method="compressed-tensors")


def test_head_dim_defaults_to_hidden_over_heads_only_when_it_is_absent() -> None:
    classes = "DenseModel GroupedQueryAttentionModel FullAttentionModel"
    assert read(classes, hidden_size="8192", num_attention_heads="64")["head_dim"] == 128
    assert "head_dim" not in read(classes, hidden_size="5120", num_attention_heads="64", head_dim="128")


def test_mixtral_prints_the_width_of_an_expert_as_intermediate_size() -> None:
    found = read("MixtureOfExpertsModel FullAttentionModel", num_hidden_layers="32", intermediate_size="14336")
    assert found["expert_intermediate_size"] == 14336
    assert (found["dense_layers"], found["shared_expert_intermediate_size"]) == (0, 0)


def test_shared_experts_are_one_layer_of_their_total_width() -> None:
    found = read(
        "MixtureOfExpertsModel LatentAttentionModel FullAttentionModel",
        num_hidden_layers="27", moe_intermediate_size="1408", n_shared_experts="2", first_k_dense_replace="1",
    )  # fmt: skip
    assert found["shared_expert_intermediate_size"] == 2816
    assert "dense_layers" not in found
    assert found["query_lora_rank"] == 0


def test_llama_4_alternates_dense_layers_and_layers_with_experts() -> None:
    found = read(
        "MixtureOfExpertsModel GroupedQueryAttentionModel InterleavedAttentionModel",
        num_hidden_layers="48", intermediate_size="8192", intermediate_size_mlp="16384",
        interleave_moe_layer_step="2", attention_chunk_size="8192", head_dim="128",
    )  # fmt: skip
    assert found["dense_layers"] == 24
    assert found["intermediate_size"] == 16384
    assert (found["expert_intermediate_size"], found["shared_expert_intermediate_size"]) == (8192, 8192)
    assert (found["full_attention_layers"], found["sliding_attention_layers"], found["sliding_window"]) == (
        12,
        36,
        8192,
    )


@pytest.mark.parametrize(
    ("settings", "full", "sliding"),
    [
        ({"layer_pattern": "full_attention=12; sliding_attention=12"}, 12, 12),
        ({"sliding_window_pattern": "4"}, 16, 48),
    ],
)
def test_patterns_of_layers_are_counts(settings: dict[str, str], full: int, sliding: int) -> None:
    found = read("DenseModel InterleavedAttentionModel", num_hidden_layers="64", head_dim="1", **settings)
    assert (found["full_attention_layers"], found["sliding_attention_layers"]) == (full, sliding)


def test_a_model_of_unknown_architecture_keeps_only_what_is_printed() -> None:
    header = ",".join(facts_csv.COLUMNS)
    row = "model:m,M,FoundationModel,L2,tie_word_embeddings,False,,2026,config.json copy,github.com/o/r,p,high,"
    selection = Selection({"model:m": EntityRecord("m", "M", ("FoundationModel",), 2)}, {})
    found = list(
        model_facts.read_models(facts_csv.parse(f"{header}\n{row}\n".encode()), Vocabulary({}), selection, Citations())
    )
    assert not [item for item in found if isinstance(item, (FactRecord, RelationRecord))]
    assert [getattr(item, "reason", "") for item in found] == ["unknown architecture"]
