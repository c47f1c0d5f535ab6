"""Types of config.json: older names, blocks without a gate, windows, recurrent layers, sparse attention."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from downstack.loaders.load import load_configs
from downstack.loaders.sources.hf_config import read_config


def read(**settings: object) -> tuple[tuple[str, ...], dict[str, str]]:
    config = read_config(json.dumps(settings).encode(), "acme/model-1b", "urn:test")
    assert config.findings == ()
    return config.entity.classes[1:], {row.attribute: row.value for row in config.rows}


def test_names_of_an_older_family_become_the_common_ones() -> None:
    kinds, found = read(
        model_type="gptj", n_layer=28, n_embd=4096, n_head=16, n_inner=None, vocab_size=50400, tie_word_embeddings=False
    )
    assert kinds == ("DenseModel", "GroupedQueryAttentionModel", "FullAttentionModel")
    assert (found["num_hidden_layers"], found["num_key_value_heads"]) == ("28", "16")
    assert (found["intermediate_size"], found["feed_forward_matrices"]) == ("16384", "2")


def test_falcon_with_one_or_several_key_heads() -> None:
    small = {"model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71}
    assert read(**small, multi_query=True)[1]["num_key_value_heads"] == "1"
    large = {"model_type": "falcon", "hidden_size": 14848, "num_hidden_layers": 80, "num_attention_heads": 232}
    assert (
        read(**large, multi_query=True, new_decoder_architecture=True, num_kv_heads=8)[1]["num_key_value_heads"] == "8"
    )


BODY = {"hidden_size": 1024, "num_hidden_layers": 26, "num_attention_heads": 4, "num_key_value_heads": 1}


@pytest.mark.parametrize(
    ("settings", "pattern"),
    [
        ({"model_type": "gemma3_text", "sliding_window": 512}, "full_attention=4; sliding_attention=22"),
        ({"model_type": "gemma2", "sliding_window": 4096}, "full_attention=13; sliding_attention=13"),
        ({"model_type": "mistral", "sliding_window": 4096}, "full_attention=0; sliding_attention=26"),
        ({"model_type": "mistral", "sliding_window": None}, None),
        ({"model_type": "qwen2", "sliding_window": 4096, "use_sliding_window": False}, None),
        ({"model_type": "phi3", "sliding_window": 262144, "max_position_embeddings": 131072}, None),
        ({"model_type": "olmo3", "layer_types": ["full_attention"] * 26, "sliding_window": 64}, None),
    ],
)
def test_which_layers_have_a_window(settings: dict[str, object], pattern: str | None) -> None:
    kinds, found = read(**BODY, **settings)
    assert found.get("layer_pattern") == pattern
    assert ("InterleavedAttentionModel" in kinds) is (pattern is not None)


def test_the_text_model_inside_a_model_that_sees() -> None:
    text = {**BODY, "model_type": "qwen3", "vocab_size": 1000, "tie_word_embeddings": True}
    assert read(model_type="qwen3_vl", text_config={**text, "model_type": "qwen3_vl_text"})[1]["hidden_size"] == "1024"


def test_recurrent_layers_become_widths_and_a_state(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {
                **BODY,
                "model_type": "qwen3_5_text",
                "num_hidden_layers": 4,
                "intermediate_size": 2048,
                "layer_types": ["linear_attention"] * 3 + ["full_attention"],
                "linear_num_key_heads": 16,
                "linear_key_head_dim": 128,
                "linear_num_value_heads": 32,
                "linear_value_head_dim": 128,
            }
        ),
        encoding="utf-8",
    )
    loaded = load_configs([config], {}, "acme/hybrid")
    turtle = loaded.documents["facts/loaded/hybrid.ttl"]
    assert "dso:InterleavedAttentionModel" in turtle
    for quantity, value in (
        ("recurrentLayers", 3),
        ("attentionLayers", 1),
        ("recurrentProjectionWidth", 2 * 16 * 128 + 3 * 32 * 128 + 2 * 32),
        ("recurrentStateSize", 32 * 128 * 128),
    ):
        assert f"dso:quantity dso:{quantity} ;\n    dso:value {value}.0e0" in turtle, quantity


def test_sparse_attention_says_how_many_tokens_it_selects(tmp_path: Path) -> None:
    settings = {
        **BODY, "model_type": "deepseek_v32", "index_topk": 2048, "kv_lora_rank": 512, "q_lora_rank": 1536,
        "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128, "n_routed_experts": 256,
        "num_experts_per_tok": 8, "moe_intermediate_size": 2048, "n_shared_experts": 1, "first_k_dense_replace": 3,
        "intermediate_size": 18432, "vocab_size": 129280, "tie_word_embeddings": False,
    }  # fmt: skip
    kinds, _ = read(**settings)
    assert kinds == ("MixtureOfExpertsModel", "LatentAttentionModel", "SparseAttentionModel")
    config = tmp_path / "config.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    assert "dso:indexTopK" in load_configs([config], {}, "acme/sparse").documents["facts/loaded/sparse.ttl"]
