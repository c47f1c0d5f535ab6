"""Where attention lies in runs for throughput that do not say it: decision 46."""

from __future__ import annotations

import pytest

from downstack.evaluation.answers import Setting
from downstack.evaluation.constants import constants_of
from downstack.evaluation.kinds.engines import may_own_attention
from downstack.evaluation.kinds.serving import Serving
from downstack.evaluation.rows import Row, table_of
from downstack.kg import KnowledgeGraph

OPEN = {
    "id": "a", "kind": "serving_throughput", "model": "Qwen3-235B-A22B", "hardware": "NVIDIA H200-SXM-141GB", "n_chips": "8",
    "tensor_parallel": "8", "pipeline_parallel": "", "expert_parallel": "", "precision_weights": "fp8", "precision_kv": "",
    "isl": "1000", "osl": "1000", "batch_or_concurrency": "", "engine": "TensorRT-LLM v1.0 trtllm-bench",
    "metric": "output_throughput_total", "unit": "tokens/s",
}  # fmt: skip
SPLIT = "TensorRT-LLM v0.14.0 trtllm-bench"


def row(**cells: str) -> Row:
    return table_of([{**OPEN, **cells}]).rows[0]


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("TensorRT-LLM v1.0 trtllm-bench", True),
        ("trtllm 1.2.0rc6.post3", True),
        ("TensorRT-LLM v0.19.0", True),
        ("TensorRT-LLM v0.18.2", False),
        ("TensorRT-LLM v0.9.0 gptSessionBenchmark", False),
        # Nothing is known of an engine without a version, nor of one whose documentation was not read for it.
        ("TensorRT-LLM trtllm-bench", False),
        ("TensorRT 10.11, CUDA 12.9", False),
        ("vllm 0.18.0", False),
    ],
)
def test_the_version_says_whether_an_engine_can_keep_attention_on_each_chip(engine: str, expected: bool) -> None:
    assert may_own_attention(row(engine=engine)) is expected


@pytest.fixture(scope="module")
def setting(bundled: KnowledgeGraph) -> Setting:
    return Setting(bundled.engine, bundled.names, constants_of(bundled.engine.knowledge))


def throughput(setting: Setting, **cells: str) -> float:
    (answer,) = Serving().answer([row(**cells)], setting)
    assert answer.value > 0.0
    return answer.value


def test_a_maximum_that_leaves_it_open_is_that_of_the_layout_which_serves_most(setting: Setting) -> None:
    # The engine without a version has the very same constants, and the split that the row states.
    assert throughput(setting) > 1.2 * throughput(setting, engine=SPLIT)
    assert throughput(setting, engine=SPLIT) == throughput(setting, engine="TensorRT-LLM trtllm-bench")


@pytest.mark.parametrize(
    "cells",
    [
        {"batch_or_concurrency": "256"},
        {"expert_parallel": "1"},
        {"tensor_parallel": "1", "model": "Qwen3-30B-A3B"},
        {"model": "Llama-3.1-70B"},
    ],
    ids=["batch stated", "experts stated", "one chip a group", "no experts"],
)
def test_what_is_stated_stays(setting: Setting, cells: dict[str, str]) -> None:
    assert throughput(setting, **cells) == throughput(setting, **{**cells, "engine": SPLIT})


def test_rows_beside_each_other_do_not_change_each_other(setting: Setting) -> None:
    together = [row(), row(tensor_parallel=""), row(engine=SPLIT), row(batch_or_concurrency="64")]
    alone = [Serving().answer([item], setting)[0].value for item in together]
    assert [item.value for item in Serving().answer(together, setting)] == pytest.approx(alone, rel=1e-12)
