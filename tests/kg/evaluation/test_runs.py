"""What benchmarks say of how they run an engine: which rows a line holds for, and what follows for their predictions."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from downstack.evaluation.answers import Setting
from downstack.evaluation.constants import constants_of
from downstack.evaluation.kinds.load import Loader, layout
from downstack.evaluation.kinds.serving import Serving
from downstack.evaluation.rows import Row, table_of
from downstack.evaluation.runs import SETTINGS, settings, stated
from downstack.kg import KnowledgeGraph


@pytest.fixture(name="kg", scope="module")
def graph(bundled: KnowledgeGraph) -> KnowledgeGraph:
    """Return the bundled graph."""
    return bundled


INFERENCEX = "a table, derived from InferenceX"
MODELS = {"meta-llama/Llama-3.1-70B": "llama-3.1-70b", "deepseek-ai/DeepSeek-R1": "deepseek-r1"}
CHIPS = {"NVIDIA H200-SXM-141GB": "nvidia-h200-sxm", "NVIDIA B200-SXM-180GB": "nvidia-b200"}


def row(**cells: object) -> Row:
    """Return a row of Llama 3.1 70B on TensorRT-LLM, with some cells replaced."""
    usual: dict[str, object] = {
        "id": "one",
        "kind": "ttft",
        "model": "meta-llama/Llama-3.1-70B",
        "hardware": "NVIDIA H200-SXM-141GB",
        "n_chips": 2,
        "tensor_parallel": 2,
        "pipeline_parallel": 1,
        "expert_parallel": 1,
        "precision_weights": "fp8",
        "precision_kv": "",
        "isl": 1024,
        "osl": 1024,
        "batch_or_concurrency": 16,
        "engine": "trtllm",
        "metric": "ttft",
        "unit": "ms",
        "source_repo_or_url": INFERENCEX,
        "source_date": "2025-10-29",
    }
    return table_of([{name: str(cell) for name, cell in (usual | cells).items()}]).rows[0]


def on_b200(**cells: object) -> Row:
    """Return a row of DeepSeek-R1 on eight B200, with some cells replaced."""
    machine = {"hardware": "NVIDIA B200-SXM-180GB", "n_chips": 8, "tensor_parallel": 8}
    return row(model="deepseek-ai/DeepSeek-R1", **{**machine, **cells})


def known(item: Row) -> dict[str, float]:
    """Return the settings that are known of a row."""
    found = settings([item], [MODELS[item.model]], [CHIPS[item.hardware]])
    return {name: float(value[0]) for name, value in found.items() if math.isfinite(value[0])}


def test_every_line_says_where_it_was_read_and_what_is_written_there() -> None:
    assert len(stated()) > 40
    for line in stated():
        assert line["setting"] in SETTINGS
        assert float(line["value"]) >= 0.0
        address = urlsplit(line["read_in"])
        assert address.scheme == "https" and address.netloc == "github.com"
        # A commit, so that what was read stays what it was.
        assert re.search(r"/blob/[0-9a-f]{40}/", address.path), line["read_in"]
        assert line["says"] and line["source"] and (line["from"] or line["version"])


def test_prompts_of_equal_lengths_wait_for_others_on_few_chips() -> None:
    assert known(row())["longest_batching_wait"] == 20.0
    assert "longest_batching_wait" not in known(row(tensor_parallel=8, n_chips=8))
    assert "longest_batching_wait" not in known(row(osl=8192))
    assert "longest_batching_wait" not in known(row(engine="vllm"))


@pytest.mark.parametrize(
    ("cells", "drafted"),
    [
        ({"engine": "trtllm 1.1.0rc2.post2", "source_date": "2025-12-15"}, None),
        ({"engine": "trtllm 1.1.0rc2.post2", "source_date": "2026-01-14"}, 3.0),
        ({"engine": "trtllm 1.1.0rc2.post2", "source_date": "2026-01-14", "batch_or_concurrency": 64}, 1.0),
        ({"engine": "trtllm 1.2.0rc6.post2", "source_date": "2026-02-03"}, None),
        ({"engine": "trtllm 1.2.0rc6.post3", "source_date": "2026-02-06"}, 3.0),
        ({"engine": "sglang 0.5.9", "source_date": "2026-03-25"}, None),
        ({"engine": "sglang 0.5.9", "source_date": "2026-03-25", "batch_or_concurrency": 128}, 2.0),
    ],
)
def test_a_release_and_a_date_say_whether_tokens_are_drafted(cells: dict[str, object], drafted: float | None) -> None:
    item = row(model="deepseek-ai/DeepSeek-R1", hardware="NVIDIA B200-SXM-180GB", n_chips=8, tensor_parallel=8, **cells)
    assert known(item).get("draft_tokens") == drafted


def test_of_a_row_without_source_or_date_nothing_is_known() -> None:
    assert known(row(source_repo_or_url="")) == {}
    assert known(row(source_repo_or_url="somebody else")) == {}
    assert known(row(source_date="")) == {}
    assert known(row(source_date="2025")) == {}


def test_the_last_line_that_holds_is_the_one_that_counts() -> None:
    few = on_b200(engine="sglang", batch_or_concurrency=4)
    assert known(few)["receive_interval"] == 10.0
    assert known(replace(few, batch_or_concurrency=16.0))["receive_interval"] == 30.0


def columns(kg: KnowledgeGraph, item: Row) -> dict[str, float]:
    """Return quantities of the load of a row."""
    loader = Loader([item], Setting(kg.engine, kg.names, constants_of(kg.engine.knowledge)))
    found = loader.load(*layout([item], loader.apart)).columns
    names = (
        "steps_held_back",
        "tokens_per_step",
        "input_tokens",
        "tensor_parallel",
        "data_parallel",
        "decode_step_time",
        "mean_kv_cache_bytes_per_sequence",
    )
    return {name: float(found[name][0]) for name in names}


def test_settings_reach_the_quantities_of_the_load(kg: KnowledgeGraph) -> None:
    told, untold = columns(kg, row()), columns(kg, row(source_repo_or_url=""))
    assert told["input_tokens"] == pytest.approx(0.9 * 1024)
    assert untold["input_tokens"] == 1024.0
    assert 10.0 < told["steps_held_back"] <= 20.0
    assert untold["steps_held_back"] == 0.0
    apart = on_b200(precision_weights="fp4", batch_or_concurrency=256)
    assert columns(kg, apart)["tensor_parallel"] == 1.0
    assert columns(kg, apart)["data_parallel"] == 8.0
    assert columns(kg, replace(apart, batch_or_concurrency=32.0))["tensor_parallel"] == 8.0


def test_the_format_of_caches_is_that_of_the_row_else_of_the_benchmark_else_of_the_engine(kg: KnowledgeGraph) -> None:
    def cache(**cells: object) -> float:
        return columns(kg, row(osl=8192, **cells))["mean_kv_cache_bytes_per_sequence"]

    told = cache(engine="vllm")
    assert told == pytest.approx(0.5 * cache(engine="vllm", precision_kv="bf16"))
    # One whose source says nothing keeps 16 bit in vLLM; its lengths are those of the row, a ninth longer.
    assert told == pytest.approx(0.5 * 0.9 * cache(engine="vllm", source_repo_or_url=""), rel=0.01)
    assert cache() == pytest.approx(told)


def test_a_draft_makes_tokens_faster_and_steps_longer(kg: KnowledgeGraph) -> None:
    plain = on_b200(engine="trtllm 1.2.0rc6.post2", source_date="2026-02-03", osl=8192)
    drafted = columns(kg, replace(plain, engine="trtllm 1.2.0rc6.post3"))
    step = columns(kg, plain)["decode_step_time"]
    assert 1.0 < drafted["tokens_per_step"] < 4.0
    assert drafted["decode_step_time"] < step < drafted["decode_step_time"] * drafted["tokens_per_step"]


def test_settings_that_nobody_states_are_what_runs_of_the_engine_show(kg: KnowledgeGraph) -> None:
    constants = constants_of(kg.engine.knowledge)
    factor = constants["unstated-tensorrt-llm", "fitted_engine_first_token_factor"]
    assert factor != 1.0

    def first_token(source: str) -> float:
        item = row(source_repo_or_url=source, osl=8192)
        return Serving().answer([item], Setting(kg.engine, kg.names, constants))[0].value

    # A row without a source is an engine as its makers ship it; one of somebody who says nothing may be set up otherwise.
    assert first_token("somebody else") != pytest.approx(first_token(""), rel=0.01)
