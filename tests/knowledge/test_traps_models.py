"""Traps of models: what a config.json leaves to its class, spells its own way, or means otherwise than it reads."""

from __future__ import annotations

import json

import pytest
from tests.knowledge import knowledge

from downstack.loaders.sources.hf_config import ReadConfig, read_config


@pytest.mark.parametrize(
    ("slug", "matrices"),
    [("llama-3.1-70b", 2), ("llama-3.2-1b", 1), ("qwen2-0.5b", 1), ("llama-4-maverick", 2), ("deepseek-v2-lite", 2)],
)
def test_tied_embeddings_are_one_matrix(slug: str, matrices: int) -> None:
    assert knowledge.value(slug, "embeddingMatrices") == matrices


def test_head_dim_is_the_printed_one_not_hidden_over_heads() -> None:
    assert knowledge.value("qwen3-32b", "headDim") == 128
    assert knowledge.value("qwen3-32b", "hiddenSize") / knowledge.value("qwen3-32b", "attentionHeads") == 80


@pytest.mark.parametrize("slug", ["deepseek-v3", "deepseek-r1", "kimi-k2"])
def test_latent_attention_has_no_key_value_heads(slug: str) -> None:
    assert (slug, "keyValueHeads") not in knowledge.facts()
    assert knowledge.value(slug, "kvLoraRank") + knowledge.value(slug, "qkRopeHeadDim") == 576


def test_only_half_of_the_layers_of_gpt_oss_count() -> None:
    assert knowledge.value("gpt-oss-20b", "fullAttentionLayers") == 12
    assert knowledge.value("gpt-oss-20b", "slidingAttentionLayers") == 12
    assert knowledge.value("gpt-oss-20b", "bytesPerExpertParameter") == 0.53125


@pytest.mark.parametrize("slug", ["deepseek-v3.2-exp", "deepseek-v4-pro", "deepseek-v4-flash", "nemotron-3-ultra"])
def test_an_architecture_that_no_formula_covers_has_no_refinement(slug: str) -> None:
    assert knowledge.classes()[slug] == {"FoundationModel"}


def test_totals_of_a_repository_are_another_quantity() -> None:
    assert knowledge.value("deepseek-v3", "publishedTotalParameters") == 671e9
    assert knowledge.value("deepseek-v3", "repositoryTotalParameters") == 685e9


def test_the_configured_maximum_is_not_the_served_context() -> None:
    assert knowledge.value("qwen3-32b", "maxPositionEmbeddings") == 40960
    assert knowledge.value("qwen3-32b", "contextWindow") == 131072


def test_a_window_that_is_switched_off_is_not_kept() -> None:
    for slug in ("qwen2-7b", "phi-3.5-mini"):
        assert "FullAttentionModel" in knowledge.classes()[slug]
        assert (slug, "slidingWindow") not in knowledge.facts()


def configuration(name: str) -> ReadConfig:
    path = knowledge.source_folder() / "hf_configs" / f"{name}.json"
    return read_config(path.read_bytes(), name.replace("__", "/"), "urn:test")


def settings_of(config: ReadConfig) -> dict[str, str]:
    return {row.attribute: row.value for row in config.rows}


@pytest.mark.parametrize(
    ("name", "tied"),
    [
        ("google__gemma-2b-it", "True"),
        ("google__gemma-2-27b-it", "True"),
        ("google__gemma-3-1b-it", "True"),
        ("meta-llama__Llama-4-Maverick-17B-128E-Instruct", "False"),
        ("deepseek-ai__DeepSeek-V2-Lite", "False"),
    ],
)
def test_a_config_that_does_not_say_whether_embeddings_are_tied_means_its_class(name: str, tied: str) -> None:
    text = (knowledge.source_folder() / "hf_configs" / f"{name}.json").read_text(encoding="utf-8")
    assert "tie_word_embeddings" not in text
    config = configuration(name)
    assert settings_of(config)["tie_word_embeddings"] == tied
    (row,) = (item for item in config.rows if item.attribute == "tie_word_embeddings")
    assert row.note == "class default: the config does not say"


@pytest.mark.parametrize(("slug", "matrices"), [("gemma-2b", 1), ("gemma-2-27b", 1), ("llama-4-maverick", 2)])
def test_the_graph_holds_what_the_class_decides(slug: str, matrices: int) -> None:
    assert knowledge.value(slug, "embeddingMatrices") == matrices


@pytest.mark.parametrize(
    ("spelling", "value"),
    [
        ("n_routed_experts", 64),
        ("num_local_experts", 8),
        ("num_experts", 128),
        ("num_routed_experts", 160),
        ("moe_num_experts", 64),
    ],
)
def test_every_spelling_of_the_number_of_experts_is_read(spelling: str, value: int) -> None:
    chosen = "moe_k" if spelling == "moe_num_experts" else "num_experts_per_tok"
    body = {"model_type": "qwen3_moe", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = read_config(json.dumps({**body, spelling: value, chosen: 6}).encode(), "acme/moe", "urn:test")
    found = settings_of(config)
    assert (found["n_routed_experts"], found["num_experts_per_tok"]) == (str(value), "6")
    assert "MixtureOfExpertsModel" in config.entity.classes


@pytest.mark.parametrize(
    ("name", "spelling", "slug", "experts"),
    [
        ("deepseek-ai__DeepSeek-V3", "n_routed_experts", "deepseek-v3", 256),
        ("mistralai__Mixtral-8x7B-v0.1", "num_local_experts", "mixtral-8x7b", 8),
        ("Qwen__Qwen3-235B-A22B", "num_experts", "qwen3-235b-a22b", 128),
    ],
)
def test_real_configs_spell_their_experts_differently(name: str, spelling: str, slug: str, experts: int) -> None:
    printed = json.loads((knowledge.source_folder() / "hf_configs" / f"{name}.json").read_text(encoding="utf-8"))
    assert printed[spelling] == experts == knowledge.value(slug, "routedExperts")
    assert settings_of(configuration(name))["n_routed_experts"] == str(experts)


@pytest.mark.parametrize(
    ("name", "layers"), [("meta-llama__Llama-4-Maverick-17B-128E-Instruct", 48), ("Qwen__Qwen3.5-397B-A17B", 60)]
)
def test_the_settings_of_the_text_model_may_be_nested(name: str, layers: int) -> None:
    printed = json.loads((knowledge.source_folder() / "hf_configs" / f"{name}.json").read_text(encoding="utf-8"))
    assert "num_hidden_layers" not in printed and printed["text_config"]["num_hidden_layers"] == layers
    assert settings_of(configuration(name))["num_hidden_layers"] == str(layers)


@pytest.mark.parametrize(
    ("slug", "spelling", "full", "layers"),
    [
        ("gpt-oss-20b", "layer_types", 12, 24),
        ("exaone-4.0-32b", "sliding_window_pattern", 16, 64),
        ("gemma-3-1b", "sliding_window_pattern", 4, 26),
        ("qwen3-next-80b-a3b", "full_attention_interval", 12, 48),
        ("llama-4-maverick", "no_rope_layer_interval", 12, 48),  # with attention_chunk_size
    ],
)
def test_each_spelling_of_hybrid_layers_is_a_count(slug: str, spelling: str, full: int, layers: int) -> None:
    (*_, stated) = (item for item in knowledge.facts()[slug, "fullAttentionLayers"] if spelling in item.note)
    assert stated.value == full
    assert knowledge.value(slug, "numLayers") == layers
    assert "InterleavedAttentionModel" in knowledge.classes()[slug]


def test_gpt_oss_20b_would_read_faster_than_its_memory_if_all_24_layers_counted() -> None:
    # vLLM's blog on FP8 caches: 8.94e-6 ms more a step for each cached token, in BF16 on an H100.
    seconds, bandwidth = 8.94e-9, knowledge.value("nvidia-h100-sxm", "memoryBandwidth") * 1e9
    of_a_layer = 2 * 2 * knowledge.value("gpt-oss-20b", "keyValueHeads") * knowledge.value("gpt-oss-20b", "headDim")
    reached = {
        name: knowledge.value("gpt-oss-20b", name) * of_a_layer / seconds / bandwidth
        for name in ("fullAttentionLayers", "numLayers")
    }
    assert reached["fullAttentionLayers"] == pytest.approx(0.82, abs=0.005)
    assert reached["numLayers"] > 1.6


def test_an_unknown_type_of_model_is_said_to_be_unknown() -> None:
    config = configuration("deepseek-ai__DeepSeek-V4-Pro")
    assert [item.what for item in config.findings] == ["models of type 'deepseek_v4' are not understood"]
    assert config.entity.classes == ("FoundationModel",)


@pytest.mark.parametrize(("slug", "stated"), [("gpt-oss-120b", 5.1e9), ("gpt-oss-20b", 3.6e9)])
def test_published_active_parameters_leave_the_input_embedding_out(slug: str, stated: float) -> None:
    get = {
        name: knowledge.value(slug, name)
        for name in (
            "hiddenSize", "vocabularySize", "numLayers", "attentionHeads", "keyValueHeads", "headDim", "expertsPerToken",
            "expertIntermediateSize", "routedExperts",
        )
    }  # fmt: skip
    attention = 2 * get["hiddenSize"] * get["headDim"] * (get["attentionHeads"] + get["keyValueHeads"])
    experts = get["hiddenSize"] * (3 * get["expertsPerToken"] * get["expertIntermediateSize"] + get["routedExperts"])
    one_embedding = get["vocabularySize"] * get["hiddenSize"]
    active = get["numLayers"] * (attention + experts) + one_embedding
    assert active == pytest.approx(knowledge.value(slug, "publishedActiveParameters"), rel=0.02)
    assert active == pytest.approx(stated, rel=0.02)
    assert active + one_embedding > 1.08 * stated
