"""The parts of one request sum to the whole, whatever the deployment and its load."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kg.performance.composed import DEPLOYMENTS, deploy

each_model = pytest.mark.parametrize("model", list(DEPLOYMENTS))
loads = given(
    sequences=st.floats(1.0, 4000.0),
    prompt=st.floats(1.0, 60000.0),
    answer=st.floats(1.0, 4000.0),
    bandwidth=st.floats(1e12, 1e14),
)


@each_model
@settings(max_examples=40)
@loads
def test_what_a_user_waits_for_sums_to_the_time_of_the_request(model, sequences, prompt, answer, bandwidth):
    there = deploy(
        model,
        concurrent_sequences=sequences,
        input_tokens=prompt,
        output_tokens=answer,
        memory_bandwidth=bandwidth,
    )
    parts = (
        "first_token_wait_time",
        "prefill_time",
        "request_weight_read_time",
        "request_kv_read_time",
        "request_decode_compute_time",
        "request_overhead_time",
        "request_activation_time",
        "request_exchange_time",
        "request_interruption_time",
    )
    assert sum(there[name] for name in parts) == pytest.approx(there["request_time"], rel=1e-9)
    assert there["request_overlapped_time"] == pytest.approx(
        there["request_decode_compute_time"], rel=1e-9
    )  # half is hidden


@each_model
@settings(max_examples=40)
@loads
def test_chip_time_cost_and_energy_of_the_layers_sum_to_those_of_the_request(
    model, sequences, prompt, answer, bandwidth
):
    there = deploy(
        model,
        concurrent_sequences=sequences,
        input_tokens=prompt,
        output_tokens=answer,
        memory_bandwidth=bandwidth,
    )
    layers = ("processor", "memory", "interconnect", "framework")
    for whole in ("accelerator_time", "cost"):
        parts = sum(there[f"request_{layer}_{whole}"] for layer in layers)
        assert parts == pytest.approx(there[f"request_{whole}"], rel=1e-9)
    drawn = sum(there[f"request_{layer}_energy"] for layer in (*layers, "facility"))
    assert drawn == pytest.approx(there["request_energy"], rel=1e-9)


@each_model
def test_a_request_costs_and_draws_what_its_tokens_do(model):
    there = deploy(model)
    tokens = there["output_tokens"]
    assert there["request_cost"] == pytest.approx(tokens * there["cost_per_million_output_tokens_at_load"], rel=1e-12)
    assert there["request_energy"] == pytest.approx(tokens * there["energy_per_token_at_load"], rel=1e-12)


@each_model
@settings(max_examples=40)
@loads
def test_no_request_uses_more_than_the_chips_have(model, sequences, prompt, answer, bandwidth):
    there = deploy(
        model,
        concurrent_sequences=sequences,
        input_tokens=prompt,
        output_tokens=answer,
        memory_bandwidth=bandwidth,
    )
    assert 0.0 < there["request_model_flops_utilization"] < 1.0
    assert 0.0 < there["request_memory_bandwidth_utilization"] < 1.0


def test_a_session_waits_once_less_than_it_asks():
    there = deploy("llama-3.1-70b", turns_per_session=2.0, inter_turn_delay=10.0)
    assert there["session_time_at_load"] == pytest.approx(2.0 * there["request_time"] + 10.0, rel=1e-12)
    assert there["session_cost_at_load"] == pytest.approx(2.0 * there["request_cost"], rel=1e-12)


def test_a_list_price_without_a_price_for_the_cache_is_paid_in_full():
    prices = {"api_price_input": 1e-6, "api_price_output": 2e-6, "prefix_cache_hit_rate": 0.5}
    load = {"input_tokens": 1000.0, "output_tokens": 100.0}
    full = deploy("llama-3.1-70b", **prices, **load, api_price_cached_input=float("nan"))["request_api_price"]
    cached = deploy("llama-3.1-70b", **prices, **load, api_price_cached_input=1e-7)["request_api_price"]
    assert full == pytest.approx(1.2e-3, rel=1e-12)
    assert cached == pytest.approx(0.75e-3, rel=1e-12)
