"""Predictions of measurements: what they may look at, and what they say when they cannot answer."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from downstack.errors import UserInputError
from downstack.evaluation.functions import CALIBRATED
from downstack.kg import KnowledgeGraph

HEAD = (
    "id,kind,model,hardware,n_chips,tensor_parallel,pipeline_parallel,expert_parallel,precision_weights,precision_kv,"
    "isl,osl,batch_or_concurrency,engine,metric,value,unit,quality"
)
ROWS = (
    "a,tpot,meta-llama/Llama-3.1-70B,NVIDIA H100-SXM5-80GB,8,8,1,1,fp8,,1024,1024,16,vllm 0.12.0,tpot,{0},ms,B",
    "b,ttft,meta-llama/Llama-3.1-70B,NVIDIA H100-SXM5-80GB,8,8,1,1,fp8,,1024,1024,16,vllm 0.12.0,ttft,{1},ms,B",
    "c,tpot,No-Such-Model,NVIDIA H100-SXM5-80GB,8,8,1,1,fp8,,1024,1024,16,vllm,tpot,{2},ms,B",
    "d,tpot,Llama-3.1-8B,No-Such-Chip,1,1,1,1,fp8,,1024,1024,16,vllm,tpot,{3},ms,B",
    "e,yield,TSMC N5 defect density,TSMC N5,,,,,,,,,,,defect_density,{4},1/cm2,B",
    "f,tpot,Llama-3.1-405B,NVIDIA H100-SXM5-80GB,1,1,1,1,bf16,,1024,1024,16,vllm,tpot,{5},ms,B",
    "g,tpot,Llama-3.1-8B,NVIDIA H100-SXM5-80GB,1,1,1,1,bf16,,,512,8,vLLM,inter_token_latency_median,{6},ms,A",
)
VALUES = ("11", "93", "7", "5", "0.1", "40", "9")


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def write(path: Path, values: tuple[str, ...]) -> Path:
    path.write_text("\n".join([HEAD, *(row.format(*values) for row in ROWS)]) + "\n", encoding="utf-8")
    return path


def test_predictions_do_not_depend_on_the_measured_values(kg: KnowledgeGraph, tmp_path: Path) -> None:
    first = kg.evaluate(write(tmp_path / "a.csv", VALUES))
    second = kg.evaluate(write(tmp_path / "b.csv", VALUES[::-1]))
    assert first.predictions == second.predictions
    assert first.groups != second.groups


def test_every_row_says_whether_and_why_not_it_is_predicted(kg: KnowledgeGraph, tmp_path: Path) -> None:
    report = kg.evaluate(write(tmp_path / "a.csv", VALUES))
    assert {item.id: item.status for item in report.predictions} == {
        "a": "OK",
        "b": "OK",
        "c": "UNKNOWN_MODEL",
        "d": "UNKNOWN_HARDWARE",
        "e": "UNSUPPORTED",
        "f": "INFEASIBLE",
        "g": "EXTRAPOLATED",
    }
    for item in report.predictions:
        assert (item.predicted is None) == (item.status not in ("OK", "EXTRAPOLATED"))
        assert item.reason or item.status == "OK"
        if item.predicted is not None and item.p10 is not None and item.p90 is not None:
            assert 0.0 < item.p10 < item.p90


def test_a_number_that_cannot_be_read_is_named_by_line_and_column(kg: KnowledgeGraph, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", VALUES)
    path.write_text(path.read_text().replace("8,8,1,1,fp8", "eight,8,1,1,fp8", 1), encoding="utf-8")
    with pytest.raises(UserInputError, match="line 2, column n_chips"):
        kg.evaluate(path)


def test_a_missing_column_is_named(kg: KnowledgeGraph, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([["id", "kind"], ["a", "tpot"]])
    with pytest.raises(UserInputError, match="lacks the column"):
        kg.evaluate(path)


@pytest.mark.parametrize("declaration", list(CALIBRATED), ids=lambda item: item.name)
def test_each_function_gives_its_worked_examples(declaration) -> None:
    assert declaration.examples
    for example in declaration.examples:
        value = declaration({name: np.float64(given) for name, given in example.inputs.items()})
        assert float(value) == pytest.approx(example.expected, rel=example.relative_tolerance)


def test_a_latency_without_a_batch_is_not_guessed(kg: KnowledgeGraph, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = (
        "a,tpot,Llama-3.1-8B,NVIDIA H100-SXM5-80GB,1,1,1,1,bf16,,1024,512,,vLLM,time_per_output_token,9,ms,A",
        "b,serving_throughput,Llama-3.1-8B,NVIDIA H100-SXM5-80GB,1,1,1,1,bf16,,1024,512,,vLLM,"
        "output_throughput_total,9,tokens/s,C",
    )
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    latency, throughput = kg.evaluate(path).predictions
    assert latency.status == "UNSUPPORTED" and "batch" in latency.reason
    assert throughput.status == "OK"


def test_a_model_that_fits_no_usual_group_of_chips_is_spread_over_all(kg: KnowledgeGraph, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    row = (
        "a,serving_throughput,PaLM-540B,Google TPU v4,64,,,,int8,,2048,64,,custom JAX,"
        "output_throughput_total,9,tokens/s,C"
    )
    path.write_text("\n".join([HEAD, row]) + "\n", encoding="utf-8")
    (found,) = kg.evaluate(path).predictions
    assert found.predicted is not None, found.reason
