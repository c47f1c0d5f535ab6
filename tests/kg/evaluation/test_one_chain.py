"""What the graph answers about a deployment is what `evaluate` predicts for a measurement of it.

A benchmark begins with all its requests at once; how long a prompt waits for that burst is beside what the graph says of a
load that stands, and nothing else is.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from downstack.evaluation.answers import Setting
from downstack.evaluation.constants import constants_of
from downstack.evaluation.kinds.load import Loader, layout
from downstack.evaluation.rows import REQUIRED, read_table
from downstack.kg import KnowledgeGraph

ENGINE = "vllm"
METRICS = {
    "tpot": ("tpot", "time_per_output_token", "ms"),
    "ttft": ("ttft", "time_to_first_token", "ms"),
    "output_throughput_total": ("serving_throughput", "throughput_at_load", "tok/s"),
}
"""Metric of a row to its kind, the quantity of the graph, and the unit of both."""
DEPLOYMENTS = (
    ("llama-3.1-70b", "nvidia-h200-sxm", "aws-p5en-48xlarge"),
    ("llama-3.1-405b", "nvidia-b200", "aws-p6-b200-48xlarge"),
    ("mixtral-8x7b", "nvidia-h100-sxm", "aws-p5-48xlarge"),
    ("deepseek-v3", "nvidia-h200-sxm", "aws-p5en-48xlarge"),
    ("gpt-oss-120b", "nvidia-h100-sxm", "aws-p5-48xlarge"),
    ("gpt-oss-120b", "nvidia-b200", "aws-p6-b200-48xlarge"),
    ("qwen3-235b-a22b", "nvidia-h100-sxm", "aws-p5-48xlarge"),
)
"""Dense and with experts, grouped-query and latent attention, published in 16, 8 and 4 bit."""
WORKLOADS = ("azure-2023-conv", "azure-2023-code")
"""Without a prefix cache: a row of measurements cannot state one."""
BATCHES = (1.0, 8.0, 64.0)


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def fact_of(kg: KnowledgeGraph, entity: str, quantity: str) -> float:
    """Return the chosen fact in base units; of tokens that is as sources write them."""
    return kg.facts_of(entity, quantity)[0].value


def rows(kg: KnowledgeGraph, workload: str, batch: float, path: Path) -> None:
    """Write a measurement of each deployment and metric as a table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*REQUIRED, "value"])
        writer.writeheader()
        for model, accelerator, _ in DEPLOYMENTS:
            for metric, (kind, _, unit) in METRICS.items():
                writer.writerow(
                    dict.fromkeys([*REQUIRED, "value"], "")
                    | {"id": f"{model} {accelerator} {metric}", "kind": kind, "metric": metric, "unit": unit}
                    | {"model": model, "hardware": accelerator, "n_chips": 8, "tensor_parallel": 8}
                    | {"pipeline_parallel": 1, "expert_parallel": 1, "batch_or_concurrency": batch, "engine": ENGINE}
                    | {"isl": repr(fact_of(kg, workload, "input_tokens"))}
                    | {"osl": repr(fact_of(kg, workload, "output_tokens"))}
                )


def bursts(kg: KnowledgeGraph, path: Path) -> dict[str, float]:
    """Return the milliseconds that the prompt of each row waits because a run begins with all its requests at once."""
    table = read_table(path).rows
    loader = Loader(table, Setting(kg.engine, kg.names, constants_of(kg.engine.knowledge)))
    wait = loader.load(*layout(table, loader.apart)).columns["burst_wait_time"]
    return {row.id: 1e3 * float(wait[place]) if row.metric == "ttft" else 0.0 for place, row in enumerate(table)}


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_the_graph_and_evaluate_give_one_number_for_one_deployment(
    kg: KnowledgeGraph, workload: str, batch: float, tmp_path: Path
) -> None:
    rows(kg, workload, batch, tmp_path / "rows.csv")
    predicted = {item.id: item for item in kg.evaluate(tmp_path / "rows.csv").predictions}
    burst = bursts(kg, tmp_path / "rows.csv")
    changed = kg.with_changes({f"{workload}.concurrent_sequences": f"{batch} sequence"})
    for model, accelerator, offering in DEPLOYMENTS:
        for metric, (_, quantity, _) in METRICS.items():
            where = {"model": model, "offering": offering, "workload": workload, "framework": ENGINE}
            answered = changed.value(quantity, where=where)
            prediction = predicted[f"{model} {accelerator} {metric}"]
            assert answered.value is not None and prediction.predicted is not None, prediction.reason
            assert prediction.status == "OK"
            assert answered.value == pytest.approx(prediction.predicted - burst[prediction.id], rel=1e-9)


def test_a_stated_layout_with_experts_on_all_chips_is_one_number_too(kg: KnowledgeGraph, tmp_path: Path) -> None:
    workload, offering = "azure-2023-conv", "aws-p5en-48xlarge"
    rows(kg, workload, 64.0, tmp_path / "rows.csv")
    text = (tmp_path / "rows.csv").read_text(encoding="utf-8")
    (tmp_path / "rows.csv").write_text(text.replace(",8,8,1,1,", ",8,1,1,8,"), encoding="utf-8")
    predicted = {item.id: item for item in kg.evaluate(tmp_path / "rows.csv").predictions}
    burst = bursts(kg, tmp_path / "rows.csv")
    stated = {"stated_layout": "1", "tensor_parallel": "1 chip", "pipeline_parallel": "1", "expert_parallel": "8 chip"}
    changed = kg.with_changes(
        {f"{offering}.{name}": value for name, value in stated.items()}
        | {f"{workload}.concurrent_sequences": "64 sequence"}
    )
    for metric, quantity in (("tpot", "time_per_output_token"), ("ttft", "time_to_first_token")):
        answered = changed.value(quantity, where={"model": "deepseek-v3", "offering": offering, "workload": workload})
        prediction = predicted[f"deepseek-v3 nvidia-h200-sxm {metric}"]
        assert prediction.predicted is not None
        assert answered.value == pytest.approx(prediction.predicted - burst[prediction.id], rel=1e-9)
