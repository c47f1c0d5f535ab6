"""Predictions by kind: what each predictor claims, what it answers, and what it refuses to answer."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.kinds.beside_serving import beside_serving
from downstack.evaluation.kinds.costs import Costs
from downstack.evaluation.kinds.stated_speed import ServedAtSpeed
from downstack.evaluation.rows import Row, table_of
from downstack.kg import KnowledgeGraph

PREDICTORS = beside_serving(())
A100, H100 = "NVIDIA A100-SXM4-80GB", "NVIDIA H100-SXM5-80GB"


def row(**cells: str) -> Row:
    base = {
        "id": "a", "kind": "op_latency", "model": "", "hardware": H100, "n_chips": "1", "tensor_parallel": "",
        "pipeline_parallel": "", "expert_parallel": "", "precision_weights": "bf16", "precision_kv": "", "isl": "",
        "osl": "", "batch_or_concurrency": "", "engine": "", "metric": "", "unit": "",
    }  # fmt: skip
    return table_of([{**base, **cells}]).rows[0]


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


@pytest.fixture(scope="module")
def setting(kg: KnowledgeGraph) -> Setting:
    constants = {
        key: value
        for item in PREDICTORS
        for stage in item.stages
        for key, value in zip(stage.keys, stage.start, strict=True)
    }
    return Setting(kg.engine, kg.names, constants)


def ask(asked: Row, setting: Setting) -> Answer:
    (predictor,) = [item for item in PREDICTORS if item.claims(asked)]
    (answer,) = predictor.answer([asked], setting)
    return answer


def product(m: int, metric: str = "op_latency", **more: str) -> Row:
    return row(model=f"GEMM m={m} n=8192 k=8192", metric=metric, engine="torch.matmul", **more)


def test_no_row_is_claimed_by_two_predictors() -> None:
    folder = os.environ.get("DOWNSTACK_DATA_DIR")
    if not folder:
        pytest.skip("DOWNSTACK_DATA_DIR does not name a folder with the source tables")
    path = Path(folder) / "measurements_open.csv"
    with path.open(encoding="utf-8") as stream:
        rows = table_of(csv.DictReader(stream)).rows
    for item in rows:
        assert sum(predictor.claims(item) for predictor in PREDICTORS) <= 1, item


def test_a_large_product_runs_near_the_peak_and_a_thin_one_at_the_bandwidth(setting: Setting) -> None:
    large = ask(product(16384, "achieved_tflops"), setting)
    thin = ask(product(1), setting)
    assert 0.6 * 989 < large.value < 989
    assert thin.value == pytest.approx(8192 * 8192 * 2 / 3.35e12 * 1e3, rel=0.5)
    assert thin.function == "matrix_product_time"


def test_a_product_of_narrow_numbers_is_faster(setting: Setting) -> None:
    wide, narrow = product(16384), product(16384, precision_weights="fp8")
    assert ask(narrow, setting).value < 0.7 * ask(wide, setting).value


def test_grouped_products_cost_as_much_as_their_groups(setting: Setting) -> None:
    one = row(model="GEMM m=4096 n=7168 k=2048", metric="op_latency", engine="DeepGEMM")
    eight = replace(one, model="Grouped GEMM groups=8 m/group=4096 n=7168 k=2048")
    assert ask(eight, setting).value == pytest.approx(8 * ask(one, setting).value, rel=0.1)


def test_a_causal_kernel_counts_half_and_takes_more_than_half_the_time(setting: Setting) -> None:
    full = row(model="attention fwd head_dim=128 heads=16 causal=False", metric="op_latency", isl="2048",
               batch_or_concurrency="8", engine="FlashAttention-3")  # fmt: skip
    causal = replace(full, model=full.model.replace("False", "True"))
    assert 0.5 < ask(causal, setting).value / ask(full, setting).value < 0.75


def test_the_older_kernel_is_slower_on_the_newer_chip_only(setting: Setting) -> None:
    def rate(engine: str, chip: str) -> float:
        asked = row(model="attention fwd head_dim=128 heads=16 causal=False", metric="achieved_tflops", isl="8192",
                    batch_or_concurrency="2", engine=engine, hardware=chip)  # fmt: skip
        return ask(asked, setting).value

    assert rate("FlashAttention-2", H100) < rate("FlashAttention-3", H100)
    assert rate("FlashAttention-2", A100) == rate("FlashAttention-3", A100)


def allreduce(size: int, **more: str) -> Row:
    cells = {"n_chips": "8", "engine": "NCCL", "metric": "busbw", "kind": "allreduce_busbw"}
    return row(model=f"all_reduce {size} B", **{**cells, **more})


def test_bus_bandwidth_rises_with_size_and_never_passes_what_the_switch_allows(setting: Setting) -> None:
    rates = [ask(allreduce(2**power), setting).value for power in range(14, 35)]
    assert rates == sorted(rates)
    assert rates[0] < 10.0
    assert rates[-1] < 1.75 * 450.0


def test_a_switch_that_adds_up_beats_the_ring_on_eight_chips(setting: Setting) -> None:
    assert ask(allreduce(2**33), setting).value > ask(allreduce(2**33, engine="NCCL Ring"), setting).value


def test_chips_joined_pair_by_pair_share_fewer_links_when_there_are_fewer(setting: Setting) -> None:
    two, eight = (ask(allreduce(2**32, hardware="AMD MI300X", n_chips=n), setting).value for n in ("2", "8"))
    assert two == pytest.approx(eight / 7, rel=0.05)


def test_more_chips_than_one_domain_holds_are_refused(setting: Setting) -> None:
    answer = ask(allreduce(2**30, n_chips="64"), setting)
    assert answer.status == "UNSUPPORTED"
    assert "scale-up domain" in answer.reason


def test_leaving_the_domain_slows_an_expert_exchange(setting: Setting) -> None:
    def time(chips: str) -> float:
        asked = row(model="MoE all-to-all dispatch (low-latency kernel)", metric="alltoall_dispatch_latency", n_chips=chips,
                    expert_parallel=chips, precision_weights="fp8", batch_or_concurrency="128", engine="DeepEP")  # fmt: skip
        return ask(asked, setting).value

    assert time("8") < time("16") < time("64") < time("256")


def training(**more: str) -> Row:
    cells = {"kind": "training_mfu", "model": "Llama-3.1-70B", "metric": "mfu", "n_chips": "64", "tensor_parallel": "8",
             "pipeline_parallel": "4", "isl": "8192", "batch_or_concurrency": "256", "engine": "Megatron-Core"}  # fmt: skip
    return row(**{**cells, **more})


def test_a_large_model_trains_at_a_third_to_two_thirds_of_the_peak(setting: Setting) -> None:
    assert 30.0 < ask(training(), setting).value < 65.0


def test_full_recomputation_costs_about_a_third(setting: Setting) -> None:
    plain = training(metric="iteration_time", kind="training_throughput", hardware=A100, isl="2048")
    again = replace(plain, engine="Megatron-LM [full activation recompute]")
    assert 1.1 < ask(again, setting).value / ask(plain, setting).value < 1.35


def test_the_measures_of_one_training_job_agree(setting: Setting) -> None:
    each = ask(training(metric="training_tokens_per_s_per_chip"), setting).value
    total = ask(training(metric="training_tokens_per_s_total"), setting).value
    sequences = ask(training(metric="training_sequences_per_s_total"), setting).value
    step = ask(training(metric="iteration_time"), setting).value
    assert total == pytest.approx(64 * each)
    assert sequences == pytest.approx(total / 8192)
    assert step == pytest.approx(256 / sequences)


def test_an_adapter_trains_faster_than_all_weights(setting: Setting) -> None:
    speed = {"metric": "training_tokens_per_s_per_chip"}
    assert ask(training(model="Llama-3.1-70B LoRA", **speed), setting).value > ask(training(**speed), setting).value


def test_a_run_of_an_unknown_model_is_reported(setting: Setting) -> None:
    assert ask(training(model="Llama-3.1-71B"), setting).status == "UNKNOWN_MODEL"
    assert ask(training(hardware="NVIDIA Z9"), setting).status == "UNKNOWN_HARDWARE"


def test_chip_hours_do_not_come_from_the_published_chip_hours(kg: KnowledgeGraph, setting: Setting) -> None:
    asked = row(kind="cost", model="Llama-3.1-405B", metric="training_gpu_hours", n_chips="", engine="Meta internal")
    answer = ask(asked, setting)
    assert answer.value != pytest.approx(30.84e6, rel=1e-6)
    assert 1e7 < answer.value < 1e8


def test_server_power_is_above_the_design_power_of_its_chips(setting: Setting) -> None:
    asked = row(kind="energy", model="Llama-2-70B", metric="system_power", n_chips="8")
    assert 8 * 700 < ask(asked, setting).value < 2 * 8 * 700


def test_what_is_not_modelled_says_what_is_missing(setting: Setting) -> None:
    answer = ask(
        row(kind="yield", model="TSMC N7 defect density", metric="defect_density", hardware="TSMC N7"), setting
    )
    assert answer.status == "UNSUPPORTED"
    assert "input of the yield functions" in answer.reason
    assert np.isnan(answer.value)


class Fixed:
    """Answers a constant throughput, as a predictor of serving would."""

    name = "fixed"
    stages: tuple[Stage, ...] = ()

    def claims(self, row: Row) -> bool:
        return row.metric in ("output_throughput_total", "tpot")

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        return [Answer(1000.0 if item.metric == "output_throughput_total" else 80.0 / item.n_chips) for item in rows]


def test_cost_is_a_price_over_the_throughput_of_the_serving_predictor(setting: Setting) -> None:
    asked = row(kind="cost", model="Llama-3.1-405B", metric="cost_per_Mtoken_total", n_chips="8", isl="1000", osl="1000",
                batch_or_concurrency="16", engine="vLLM")  # fmt: skip
    (answer,) = Costs((Fixed(),)).answer([asked], setting)
    hourly = answer.value * 1e-6 * 2000.0 * 3600.0 / 8.0
    assert 1.0 < hourly < 10.0


def test_a_stated_speed_tells_how_many_chips_a_deployment_has(setting: Setting) -> None:
    asked = row(kind="cost", model="Llama-3.1-405B", metric="cost_per_Mtoken_total", n_chips="", isl="1000", osl="1000",
                batch_or_concurrency="16", engine="vLLM [at 200 tok/s/user]")  # fmt: skip
    (answer,) = Costs((Fixed(),)).answer([asked], setting)
    assert answer.status == "EXTRAPOLATED"
    assert "taken as 16" in answer.reason


def test_throughput_at_a_stated_speed_is_users_times_speed_over_the_chips(setting: Setting) -> None:
    asked = row(kind="serving_throughput", model="Llama-3.1-405B", metric="total_throughput_per_chip", n_chips="",
                isl="1000", osl="1000", batch_or_concurrency="16", engine="vLLM [at 200 tok/s/user]")  # fmt: skip
    predictor = ServedAtSpeed((Fixed(),))
    assert predictor.claims(asked)
    assert not predictor.claims(replace(asked, n_chips=8.0))
    (answer,) = predictor.answer([asked], setting)
    assert answer.value == pytest.approx(16 * 200.0 * 2 / 16)
