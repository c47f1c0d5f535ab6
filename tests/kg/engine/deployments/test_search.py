"""The search against the scalar interpreter, configuration by configuration."""

from __future__ import annotations

import numpy as np
import pytest
from tests.kg.engine.deployments.asking import scalar, setting_of
from tests.kg.engine.deployments.test_pareto import brute

from downstack.engine.codes import INFEASIBLE, MISSING_INPUT
from downstack.engine.deployments.rows import describe
from downstack.engine.deployments.search import NO_PRICE, SLOW_START, SLOW_TOKEN, TOO_DEAR, search
from downstack.engine.deployments.setting import COST, ENERGY, MEMORY, NO_RATE, PRICE, ROW, TPOT, TTFT
from downstack.engine.deployments.unfold import Unfolded
from downstack.kg import KnowledgeGraph

RENTED = ["aws-p5en-48xlarge", "lambda-1x-b200-sxm6", "oci-bm-gpu-gb200-4", "gcp-tpu7x-vm"]
MIXED = {"accelerator": ["nvidia-h200-sxm", "amd-mi325x", "nvidia-l4", "aws-trainium1"]}
MODELS = ("llama-3.1-70b", "deepseek-v3", "gpt-oss-120b", "qwen3-30b-a3b")


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def sampled(setting, number):
    return np.random.default_rng(5).choice(setting.space.size, size=min(number, setting.space.size), replace=False)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("where", [{"offering": RENTED}, MIXED], ids=["rented", "with-bare"])
def test_t16_the_search_gives_what_the_scalar_interpreter_gives(kg, model, where):
    setting = setting_of(kg, model, where, max_accelerators=32)
    places = sampled(setting, 24)
    known = describe(setting, places)
    numbers = 0
    for row, place in enumerate(places):
        chosen = setting.space.configuration(int(place))
        reading_of = scalar(setting, chosen)
        for quantity in (*setting.checks, TPOT, TTFT, COST, MEMORY, ENERGY):
            reading = reading_of(quantity)
            column, code = known[quantity].value, known[quantity].code
            value = float(np.broadcast_to(column, len(places))[row])
            status = 0 if code is None else int(np.broadcast_to(code, len(places))[row])
            assert status == reading.code, (chosen, quantity)
            assert value == pytest.approx(reading.value, rel=1e-12, abs=0.0, nan_ok=True), (chosen, quantity)
            numbers += not np.isnan(value)
    assert numbers > len(places)


@pytest.mark.parametrize("model", MODELS)
def test_t16_the_search_gives_what_the_ordinary_plan_gives(kg, model):
    setting = setting_of(kg, model, {"offering": RENTED}, max_accelerators=16)
    places = sampled(setting, 30)
    known = describe(setting, places)
    for row, place in enumerate(places):
        own = Unfolded(setting, setting.space.configuration(int(place)))
        outcome = own.evaluation().outcome
        for quantity in ROW:
            value = float(np.broadcast_to(known[quantity].value, len(places))[row])
            assert value == pytest.approx(outcome.value(quantity, 0, 1), rel=1e-12, abs=0.0, nan_ok=True)


def judged(setting):
    """Return feasible positions with cost and time, and the number of all others, by the scalar interpreter alone."""
    limits = setting.asked.limits
    feasible, excluded = {}, 0
    rates = {item.name: item.rate for item in setting.space.weights}
    for place in range(setting.space.size):
        chosen = setting.space.configuration(place)
        reading_of = scalar(setting, chosen)
        checked = (reading_of(name) for name in (rates[chosen.weights.name], *setting.checks, TPOT, TTFT))
        if any(item.code >= INFEASIBLE for item in checked):
            excluded += 1
            continue
        cost, price, tpot, ttft = (reading_of(name).value for name in (COST, PRICE, TPOT, TTFT))
        fails = False
        fails = fails or (limits.time_per_output_token is not None and tpot > limits.time_per_output_token)
        fails = fails or (limits.time_to_first_token is not None and ttft > limits.time_to_first_token)
        fails = fails or (limits.price is not None and not price <= limits.price)
        if fails:
            excluded += 1
        else:
            feasible[place] = (cost, tpot)
    return feasible, excluded


@pytest.mark.parametrize(
    ("model", "limits"),
    [
        ("llama-3.1-70b", {}),
        ("llama-3.1-70b", {"tpot": 20.0, "ttft": 400.0, "budget": 40.0}),
        ("gpt-oss-120b", {"tpot": 15.0}),
        ("deepseek-v3", {"budget": 64.0, "weights": ["fp8", "fp4"]}),
    ],
)
def test_the_front_is_the_one_of_brute_force_with_the_scalar_interpreter(kg, model, limits):
    where = {"offering": ["aws-p5en-48xlarge", "oci-bm-gpu-b200-8", "gcp-tpu7x-vm"]}
    setting = setting_of(
        kg, model, where, max_accelerators=8 if model == "deepseek-v3" else 4, batches=(1, 48), **limits
    )
    found = search(setting)
    feasible, excluded = judged(setting)
    assert found.feasible == len(feasible) > 0
    assert sum(found.counts.values()) == excluded
    places = np.array(sorted(feasible))
    cost, tpot = (np.array([feasible[place][item] for place in places]) for item in (0, 1))
    assert set(found.priced.places.tolist()) == {int(places[item]) for item in brute(cost, tpot)}
    assert found.unpriced == int(np.isnan(cost).sum())


@pytest.mark.parametrize("model", MODELS)
def test_every_configuration_is_counted_once(kg, model):
    report = kg.deployments(model, "azure-2023-code", ttft=400.0, budget=100.0)
    assert report.configurations == report.feasible + sum(item.configurations for item in report.excluded)
    assert 0 < report.evaluated < report.configurations
    assert {item.reason for item in report.excluded} >= {NO_RATE, SLOW_TOKEN, SLOW_START, TOO_DEAR, NO_PRICE}


def test_a_limit_only_takes_away(kg):
    free = kg.deployments("llama-3.1-70b", tpot=1e6)
    tight = kg.deployments("llama-3.1-70b", tpot=20.0, ttft=100.0)
    assert 0 < tight.feasible < free.feasible
    assert all(item.time_per_output_token <= 20.0 and item.time_to_first_token <= 100.0 for item in tight.deployments)
    without = {item.reason: item.configurations for item in free.excluded}
    assert SLOW_TOKEN not in without
    assert SLOW_START not in without


def test_the_size_of_blocks_changes_nothing(kg, monkeypatch):
    whole = search(setting_of(kg, "gpt-oss-120b", {"offering": RENTED}, max_accelerators=16, batches=(1, 8, 64, 512)))
    monkeypatch.setattr("downstack.engine.deployments.search.BLOCK", 17)
    monkeypatch.setattr("downstack.engine.deployments.search.CHUNK", 1)
    parts = search(setting_of(kg, "gpt-oss-120b", {"offering": RENTED}, max_accelerators=16, batches=(1, 8, 64, 512)))
    assert parts.counts == whole.counts
    assert set(parts.priced.places.tolist()) == set(whole.priced.places.tolist())
    assert (parts.feasible, parts.unpriced, parts.evaluated) == (whole.feasible, whole.unpriced, whole.evaluated)


def test_t14_a_fact_that_is_missing_drops_no_configuration_and_is_named(kg):
    report = kg.deployments("llama-3.1-70b", where={"accelerator": "microsoft-maia-200"})
    assert report.feasible == 0
    assert sum(item.configurations for item in report.excluded) == report.configurations > 0
    reasons = {item.reason: item.status for item in report.excluded}
    assert reasons["no fact for peak_flops_bf16_dense"] == "MISSING_INPUT"


def test_progress_is_told_up_to_the_end(kg):
    steps: list[tuple[int, int]] = []
    report = kg.deployments("deepseek-v3", progress=lambda done, total: steps.append((done, total)))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (report.configurations, report.configurations)


def test_codes_of_missing_and_impossible_numbers_differ(kg):
    setting = setting_of(kg, "llama-3.1-70b", MIXED)
    found = search(setting)
    assert {MISSING_INPUT, INFEASIBLE} >= set(found.codes.values())
