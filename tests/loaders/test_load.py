"""A model given only by its config.json and a chip given only by a table of facts work without a change of code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from downstack.errors import KnowledgeError
from downstack.kg import KnowledgeGraph
from downstack.loaders.load import load_configs, load_facts
from downstack.loaders.registry import known_entities
from downstack.loaders.transaction import write_store

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 3072,
    "intermediate_size": 9216,
    "num_hidden_layers": 30,
    "num_attention_heads": 24,
    "num_key_value_heads": 6,
    "vocab_size": 64000,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
HEADER = (
    "entity_id,entity_name,entity_type,layer,attribute,value,unit,as_of,source_title,source_url_or_repo,source_path,"
    "confidence,note\n"
)
CHIP = HEADER + "".join(
    f"acme-x1,Acme X1,processor,5,{attribute},{value},{unit},2026-01,X1 data sheet,https://example.org/x1,p. 2,datasheet,\n"
    for attribute, value, unit in (
        ("peak_flops_bf16_dense", 500, "TFLOP/s"),
        ("memory_bandwidth", 3000, "GB/s"),
        ("memory_capacity", 64, "GB"),
        ("scaleup_bandwidth_per_direction", 300, "GB/s"),
        ("color", "blue", ""),
    )
)
MEASURED = (
    "id,kind,model,hardware,n_chips,tensor_parallel,pipeline_parallel,expert_parallel,precision_weights,precision_kv,"
    "isl,osl,batch_or_concurrency,engine,metric,value,unit\n"
    "r1,tpot,acme/Unseen-3B-Instruct,ACME-X1,1,1,1,,bf16,bf16,1000,1000,8,vLLM,time_per_output_token_median,10,ms\n"
    "r2,tpot,acme/Unseen-4B,Acme X1,1,1,1,,bf16,bf16,1000,1000,8,vLLM,time_per_output_token_median,10,ms\n"
    "r3,tpot,Llama-3.1-8B,Acme X1,1,1,1,,bf16,bf16,1000,1000,8,vLLM,time_per_output_token_median,10,ms\n"
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_an_unseen_model_on_an_unseen_chip_is_predicted(tmp_path: Path, bundled: KnowledgeGraph) -> None:
    config = write(tmp_path / "model" / "config.json", json.dumps(CONFIG))
    store = tmp_path / "store"
    known = known_entities(bundled.entities.values())
    model = load_configs([config.parent], known, "acme/Unseen-3B")
    chip = load_facts([write(tmp_path / "chip.csv", CHIP)], known)
    assert [str(item) for item in chip.report.rejections] == [
        "chip.csv:6: acme-x1 color = 'blue': no quantity kind has that source attribute"
    ]
    write_store(store, {**model.documents, **chip.documents})
    graph = KnowledgeGraph.open(store)
    total = graph.value("total_parameters", "unseen-3b").value
    assert total == 2 * 64000 * 3072 + 30 * (3072 * 128 * 2 * (24 + 6) + 3 * 3072 * 9216)
    predictions = {item.id: item for item in graph.evaluate(write(tmp_path / "rows.csv", MEASURED)).predictions}
    assert predictions["r1"].status == predictions["r3"].status == "OK"
    assert predictions["r2"].status == "UNKNOWN_MODEL"
    # Weights and caches pass the memory once a token: no prediction is faster than that.
    assert predictions["r1"].predicted is not None
    assert predictions["r1"].predicted > 1e3 * 2 * total / 3000e9


def test_what_is_wrong_is_refused_and_nothing_is_written(tmp_path: Path, bundled: KnowledgeGraph) -> None:
    store = tmp_path / "store"
    chip = load_facts([write(tmp_path / "chip.csv", CHIP.replace(",500,", ",-500,"))], {})
    with pytest.raises(KnowledgeError, match="negative"):
        write_store(store, chip.documents)
    assert not store.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"model_type": "hyena", "image_size": 224}', "no setting of a language model"),
    ],
)
def test_what_is_no_config_of_a_language_model_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(KnowledgeError, match=said):
        load_configs([write(tmp_path / "config.json", text)], {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"model_type": "hyena", "hidden_size": 8, "vocab_size": 99}', "models of type 'hyena' are not understood"),
        ('{"dim": 8, "vocab_size": 99}', "the configuration has no model_type"),
        (
            '{"model_type": "llama", "hidden_size": 8, "vocab_size": 99}',
            "the configuration has no num_hidden_layers, num_attention_heads",
        ),
    ],
)
def test_an_architecture_that_is_not_understood_gives_a_part_and_a_finding_and_no_number(
    tmp_path: Path, text: str, said: str
) -> None:
    loaded = load_configs([write(tmp_path / "strange-1b" / "config.json", text)], {})
    assert [item.what for item in loaded.findings] == [said]
    store = tmp_path / "store"
    write_store(store, loaded.documents)
    graph = KnowledgeGraph.open(store)
    assert graph.entities["strange-1b"].classes == {"FoundationModel", "Entity"}
    assert [(fact.quantity, fact.value) for fact in graph.facts_of("strange-1b", "vocabulary_size")] == [
        ("vocabulary_size", 99.0)
    ]
    answer = graph.value("total_parameters", "strange-1b")
    assert (answer.value, answer.status) == (None, "MISSING_INPUT")


def test_a_model_that_the_store_has_is_not_loaded_over_it(tmp_path: Path, bundled: KnowledgeGraph) -> None:
    config = write(tmp_path / "meta-llama__Llama-3.1-8B.json", json.dumps(CONFIG))
    with pytest.raises(KnowledgeError, match=r"the store has a model llama-3\.1-8b"):
        load_configs([config], known_entities(bundled.entities.values()))


def test_facts_about_a_known_entity_repeat_nothing_of_it(tmp_path: Path, bundled: KnowledgeGraph) -> None:
    table = write(tmp_path / "facts.csv", CHIP.replace("acme-x1,Acme X1", "nvidia-h100-sxm,H100"))
    loaded = load_facts([table], known_entities(bundled.entities.values()))
    text = loaded.documents["facts/loaded/facts-csv/facts/nvidia-h100-sxm.ttl"]
    assert loaded.facts == 4
    assert "ds:nvidia-h100-sxm a " not in text
