"""Published numbers of cloud economics: owning, selling, queueing, fleets, prefill and decode apart, a whole service."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kg.performance.composed import deploy

from downstack.performance import REGISTRY
from downstack.performance.queueing import waiting_share
from downstack.performance.service_capacity import busiest

HOUR, DAY, YEAR = 3600.0, 86400.0, 365.25 * 86400.0
MILLION = 1e-6
AGENTS, OFFERED = 55.0, 48.0  # Koole's call centre: 360 calls in 30 minutes, each of 4 minutes
CALLS = 360.0 / 1800.0


def call(name: str, **values: float) -> float:
    declaration = REGISTRY.get(name)
    assert declaration is not None
    assert declaration.feasible is None or declaration.feasible(**declaration.arguments(values))
    return float(declaration({key: np.float64(value) for key, value in values.items()}))


def erlang_c_by_its_sums(load: float, places: int) -> float:
    """The textbook formula, summed term by term: the oracle for the integral."""
    busy = load**places / math.factorial(places) * places / (places - load)
    return busy / (sum(load**k / math.factorial(k) for k in range(places)) + busy)


# --- E1: Little's law; exact ----------------------------------------------------------------------------------------------


def test_section_e1_the_reference_load_is_the_arrival_rate_times_the_time_of_a_request():
    deployment = deploy("llama-3.1-70b")
    later = (deployment["output_tokens"] - 1.0) * deployment["time_per_output_token"]
    arrived = deployment["request_rate_at_load"] * (deployment["time_to_first_token"] + later)
    assert arrived == pytest.approx(deployment["concurrent_sequences"], rel=1e-12)


# --- E2: Erlang's delay formula; Koole, call centre mathematics, its worked example ----------------------------------------


def test_section_e2_a_call_waits_with_probability_0_2387_for_8_18_seconds_on_average():
    waiting = call("waiting_probability", concurrency_at_rate=OFFERED, max_concurrent_sequences=AGENTS)
    delay = call(
        "queueing_delay",
        waiting_probability=waiting,
        concurrency_at_rate=OFFERED,
        max_concurrent_sequences=AGENTS,
        request_rate=CALLS,
    )
    answered = call(
        "share_within_target",
        waiting_probability=waiting,
        concurrency_at_rate=OFFERED,
        max_concurrent_sequences=AGENTS,
        request_rate=CALLS,
        first_token_slack=15.0,
    )
    assert waiting == pytest.approx(0.2387, abs=5e-5)
    assert delay == pytest.approx(8.18, abs=5e-3)
    assert answered == pytest.approx(0.8459, abs=5e-5)


@pytest.mark.parametrize(
    ("places", "right", "on_the_web"), [(3, 0.7022, 0.60), (4, 0.3199, 0.27), (5, 0.1304, 0.13), (6, 0.0474, 0.06)]
)
def test_trap_12_the_probability_of_waiting_is_erlangs_and_not_a_table_from_the_web(places, right, on_the_web):
    # A page of a calculator prints 0.60, 0.27, 0.13, 0.06 for 2.5 Erlang; the sums of the formula say otherwise.
    waiting = call("waiting_probability", concurrency_at_rate=2.5, max_concurrent_sequences=float(places))
    assert waiting == pytest.approx(right, abs=5e-5)
    assert waiting == pytest.approx(erlang_c_by_its_sums(2.5, places), rel=1e-12)
    assert places == 5 or abs(waiting - on_the_web) > 0.01


@settings(max_examples=60)
@given(places=st.integers(1, 120), fullness=st.floats(0.01, 0.999))
def test_section_e2_the_integral_is_the_textbook_formula_for_whole_places(places, fullness):
    load = fullness * places
    assert float(waiting_share(load, places)) == pytest.approx(erlang_c_by_its_sums(load, places), rel=1e-9)


@settings(max_examples=40)
@given(places=st.integers(1, 500), part=st.floats(0.01, 0.99), fullness=st.floats(0.05, 0.99))
def test_section_e2_a_broken_number_of_places_lies_between_its_neighbours(places, part, fullness):
    load = fullness * places
    fewer, between, more = (float(waiting_share(load, count)) for count in (places, places + part, places + 1))
    assert more <= between * (1.0 + 1e-9)
    assert between <= fewer * (1.0 + 1e-9)


# --- E3: Kingman's formula; computed by hand ------------------------------------------------------------------------------


def test_section_e3_one_place_at_90_percent_with_regular_service_waits_5_625_times_a_service():
    delay = call(
        "queueing_delay_by_variability",
        arrival_variability=1.0,
        service_variability=0.25,
        concurrency_at_rate=0.9,
        max_concurrent_sequences=1.0,
        request_rate=0.9,
    )
    assert delay == pytest.approx(5.625, rel=1e-12)


@pytest.mark.parametrize("fullness", [0.2, 0.7, 0.95])
def test_section_e3_one_place_with_random_arrivals_and_service_waits_as_erlang_says(fullness):
    same = {"concurrency_at_rate": fullness, "max_concurrent_sequences": 1.0, "request_rate": fullness}
    erlang = call("queueing_delay", waiting_probability=fullness, **same)
    assert call("waiting_probability", concurrency_at_rate=fullness, max_concurrent_sequences=1.0) == pytest.approx(
        fullness, rel=1e-12
    )
    kingman = call("queueing_delay_by_variability", arrival_variability=1.0, service_variability=1.0, **same)
    assert kingman == pytest.approx(erlang, rel=1e-12)


def test_section_e3_many_places_near_capacity_wait_about_as_erlang_says():
    # Whitt 1993: the approximation is for heavy traffic; 5 %.
    same = {"concurrency_at_rate": 98.0, "max_concurrent_sequences": 100.0, "request_rate": 1.0}
    waiting = call("waiting_probability", concurrency_at_rate=98.0, max_concurrent_sequences=100.0)
    erlang = call("queueing_delay", waiting_probability=waiting, **same)
    kingman = call("queueing_delay_by_variability", arrival_variability=1.0, service_variability=1.0, **same)
    assert kingman == pytest.approx(erlang, rel=0.05)


@pytest.mark.parametrize("busy", [0.1, 0.5, 0.9])
def test_section_e3_equal_prompts_that_arrive_at_random_wait_as_pollaczek_and_khinchine_say(busy):
    delay = call(
        "prefill_queueing_delay",
        request_rate=busy / 0.25,
        prefill_time=0.25,
        tensor_parallel=8.0,
        accelerators_per_replica=8.0,
        arrival_variability=1.0,
        service_variability=0.0,
    )
    assert delay == pytest.approx(busy / (2.0 * (1.0 - busy)) * 0.25, rel=1e-12)


# --- E4: the most requests within both targets ------------------------------------------------------------------------------


@settings(max_examples=60)
@given(places=st.floats(0.5, 3000.0), patience=st.floats(1e-4, 10.0), level=st.floats(0.5, 0.999))
def test_section_e4_at_the_most_requests_just_the_asked_share_is_in_time(places, patience, level):
    taken = float(busiest(np.array(places), np.array(patience), np.array(level)))
    late = float(waiting_share(taken * places, places)) * math.exp(-(1.0 - taken) * places * patience)
    assert 1.0 - late == pytest.approx(level, abs=1e-6)


def test_section_e4_the_call_centre_turned_round_takes_the_calls_that_it_had():
    rate = call(
        "request_rate_within_target",
        max_concurrent_sequences=AGENTS,
        request_time_at_capacity=240.0,
        first_token_slack_at_capacity=15.0,
        service_level_target=0.84589,
    )
    assert rate == pytest.approx(CALLS, rel=1e-4)


def test_section_e4_ten_copies_in_one_pool_may_be_fuller_than_each_alone():
    alone, pooled = deploy("llama-3.1-405b"), deploy("llama-3.1-405b", virtualization_overhead=0.0)
    assert alone["utilization_within_target"] < pooled["pooled_utilization_within_target"] < 1.0
    assert deploy("llama-3.1-405b", virtualization_overhead=0.0, pooled_replicas=1.0)["pooling_gain"] == pytest.approx(
        1.0, rel=1e-9
    )


# --- the load that settles: B = lambda T(B) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["llama-3.1-70b", "llama-3.1-405b", "gpt-oss-120b", "deepseek-v3"])
@pytest.mark.parametrize("rate", [0.05, 0.5, 1.0])
def test_the_load_that_settles_asks_for_as_many_tokens_as_a_step_takes_time(model, rate):
    deployment = deploy(model, request_rate=rate)
    load = deployment["decoding_sequences_at_rate"]
    experts = 0.0
    if model in ("gpt-oss-120b", "deepseek-v3"):
        unused = (1.0 - deployment["stage_routing_fraction"]) ** load
        experts = deployment["expert_weight_read_time"] * (1.0 - unused)
    each = sum(
        deployment[name]
        for name in ("kv_read_time_per_sequence", "compute_time_per_sequence", "serial_time_per_sequence")
    )
    step = deployment["dense_weight_read_time"] + experts + deployment["step_overhead_time"] + load * each
    assert deployment["concurrency_at_rate"] == pytest.approx(load / deployment["decoding_share"], rel=1e-12)
    assert deployment["time_per_output_token_at_rate"] == pytest.approx(step, rel=1e-9)
    assert deployment.infeasible == []
    assert load == pytest.approx(rate * deployment["output_tokens"] * step, rel=1e-9)


def test_more_requests_than_the_copy_keeps_up_with_are_infeasible():
    deployment = deploy("llama-3.1-405b", request_rate=1000.0)
    deployment["concurrency_at_rate"]  # asked for, so that its feasibility is looked at
    assert "decoding_sequences_at_rate_dense" in deployment.infeasible


# --- E5: prefill and decode apart; How to Scale Your Model, inference, 1 % ----------------------------------------------------


def test_section_e5_three_slices_read_prompts_for_one_that_decodes():
    groups = call(
        "prefill_groups_per_replica",
        decoding_sequences=32.0,
        prefill_time=0.91,
        decode_step_time=0.019,
        output_tokens=512.0,
    )
    assert groups == pytest.approx(3.0, rel=0.01)


def test_section_e5_the_cache_of_a_prompt_takes_its_size_over_the_links():
    # Llama-3-70B: 8192 tokens of 327,680 byte over eight links of 50 GB/s.
    size = call("prompt_kv_cache_bytes_full_attention", kv_cache_bytes_per_token=327680.0, input_tokens=8192.0)
    time = call(
        "kv_transfer_time",
        prompt_kv_cache_bytes=size,
        tensor_parallel=8.0,
        scaleout_bandwidth_per_direction=50e9,
        fitted_exchange_factor=1.0,
    )
    assert time == pytest.approx(8192 * 327680 / 400e9, rel=1e-12)


@pytest.mark.parametrize("model", ["llama-3.1-70b", "deepseek-v3"])
def test_section_e5_apart_or_together_each_accelerator_gives_the_same_tokens_and_a_stream_gets_them_sooner(model):
    deployment = deploy(model)
    assert deployment["throughput_per_accelerator_disaggregated"] == pytest.approx(
        deployment["throughput_per_accelerator_at_load"], rel=1e-9
    )
    assert deployment["disaggregation_speedup"] > 1.0


# --- G1, G2: renting and owning -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["output", "total"])
def test_section_g1_1_74_dollars_an_hour_and_2000_tokens_a_second_are_0_2417_a_million(kind):
    tokens = {"output": "throughput_tokens_per_second", "total": "total_tokens_per_second"}[kind]
    cost = call(
        f"cost_per_million_{kind}_tokens",
        price_per_accelerator_hour=1.74 / HOUR,
        accelerators_per_replica=1.0,
        **{tokens: 2000.0},
    )
    assert cost / MILLION == pytest.approx(0.2417, abs=5e-5)


def test_section_g2_ten_percent_over_five_years_pay_26_38_percent_a_year():
    factor = call("capital_recovery_factor", cost_of_capital=0.1, depreciation_time=5.0 * YEAR)
    assert factor == pytest.approx(0.26380, abs=5e-6)


def owned(price: float, factor: float, sold: float, power: float) -> float:
    capital = call(
        "capital_cost_per_accelerator_hour",
        capital_cost_per_accelerator=price,
        capital_recovery_factor=factor,
        yearly_operating_share=0.0,
        available_share=1.0,
        sold_share=sold,
    )
    electricity = call(
        "electricity_cost_per_accelerator_hour",
        server_power_per_accelerator=power,
        mean_power_share=0.7,
        power_usage_effectiveness=1.2,
        electricity_price=0.08 / 3.6e6,
    )
    total = call(
        "owned_cost_per_accelerator_hour",
        capital_cost_per_accelerator_hour=capital,
        electricity_cost_per_accelerator_hour=electricity,
    )
    return total * HOUR


def test_section_g2_an_accelerator_of_50000_dollars_costs_1_591_an_hour():
    # The sheet counts 8760 hours a year, the units of this graph 8766: 0.1 %.
    assert owned(50000.0, 0.2638, 1.0, 1275.0) == pytest.approx(1.591, rel=1e-3)


def test_section_g2_the_owned_cost_of_an_h100_lies_between_the_published_ones_of_large_and_small_clouds():
    # InferenceX constants (SemiAnalysis AI Cloud TCO Model, April 2026): 1.30 USD/h hyperscaler, 1.69 USD/h neocloud.
    assert 1.30 < owned(50000.0, 0.2638, 1.0, 1370.0) < 1.69


# --- G3: DeepSeek, open-infra-index day 6 ---------------------------------------------------------------------------------------

TRAFFIC = {
    "served_input_tokens": 608e9 / DAY,
    "served_cached_input_tokens": 342e9 / DAY,
    "served_output_tokens": 168e9 / DAY,
}
PRICES = {
    "api_price_input": 0.55 * MILLION,
    "api_price_cached_input": 0.14 * MILLION,
    "api_price_output": 2.19 * MILLION,
}


def test_g05_the_service_costs_87072_dollars_a_day():
    cost = call("service_cost", serving_accelerators=226.75 * 8.0, serving_price_per_accelerator_hour=2.0 / HOUR)
    assert cost * DAY == pytest.approx(87072.0, rel=1e-12)


def test_g06_the_service_would_earn_562027_dollars_a_day():
    # Tokens are printed in whole billions: 0.05 %.
    assert call("service_revenue", **TRAFFIC, **PRICES) * DAY == pytest.approx(562027.0, rel=5e-4)


def test_g07_the_margin_over_cost_is_545_percent():
    margin = call("service_margin", service_revenue=562027.0 / DAY, service_cost=87072.0 / DAY)
    assert math.floor(margin * 100.0) == 545


def test_g08_the_printed_rates_of_a_node_need_the_printed_number_of_nodes():
    chips = call(
        "accelerators_for_traffic",
        served_input_tokens=TRAFFIC["served_input_tokens"],
        served_output_tokens=TRAFFIC["served_output_tokens"],
        prefill_rate_per_accelerator=73700.0 / 8.0,
        decode_rate_per_accelerator=14800.0 / 8.0,
    )
    assert chips / 8.0 == pytest.approx(226.75, rel=1e-3)


def test_section_a12_deepseek_finds_56_3_percent_of_its_input_in_the_cache_and_sells_it_at_a_blended_price():
    share = 342.0 / 608.0
    assert share == pytest.approx(0.563, abs=5e-4)
    inputs = {key: PRICES[key] for key in ("api_price_input", "api_price_cached_input")}
    blended = call("blended_input_price", prefix_cache_hit_rate=share, **inputs)
    assert blended / MILLION == pytest.approx(0.563 * 0.14 + 0.437 * 0.55, rel=1e-3)
    earned = 608e9 * blended + 168e9 * PRICES["api_price_output"]
    assert earned == pytest.approx(call("service_revenue", **TRAFFIC, **PRICES) * DAY, rel=1e-12)


# --- G4, G5: energy -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "tokens", "watt_hours"), [(100e9, 500.0, 0.301), (100e9, 1500.0, 0.902), (20e9, 500.0, 0.060)]
)
def test_section_g4_a_reply_takes_the_energy_that_epoch_estimates(parameters, tokens, watt_hours):
    # Epoch AI: How much energy does ChatGPT use?; half a unit of the last printed digit.
    energy = call(
        "energy_per_request",
        active_parameters=parameters,
        output_tokens=tokens,
        peak_flops_at_weight_precision=989e12,
        model_flops_utilization=0.1,
        server_power_per_accelerator=1275.0,
        mean_power_share=0.7,
        power_usage_effectiveness=1.2,
    )
    assert energy / HOUR == pytest.approx(watt_hours, abs=5e-4)


def test_section_g5_a_joule_a_token_at_ten_cents_is_0_0278_dollars_a_million():
    cost = call("energy_cost_per_token", energy_per_token=1.0, electricity_price=0.10 / 3.6e6)
    assert cost / MILLION == pytest.approx(0.0278, abs=5e-5)


# --- G6: a fleet at a power budget -----------------------------------------------------------------------------------------------


def test_section_g6_ten_megawatts_run_5780_accelerators_of_1_73_kilowatts():
    chips = call("accelerators_at_power", cluster_power=10e6, facility_power_per_accelerator=1730.0)
    assert chips == math.floor(10000.0 / 1.73)


def test_section_g6_the_users_of_a_fleet_are_its_tokens_over_the_tokens_of_a_user():
    deployment = deploy("llama-3.1-70b")
    of_a_user = 1.0 / deployment["time_per_output_token_at_capacity"]
    # Users who wait for their first token are users too.
    decoding = deployment["streams_at_power"] * deployment["decoding_share"]
    assert decoding == pytest.approx(deployment["throughput_at_power"] / of_a_user, rel=1e-12)


# --- traps -----------------------------------------------------------------------------------------------------------------------


def test_trap_06_the_same_money_is_three_prices_of_total_input_and_output_tokens():
    deployment = deploy("llama-3.1-70b")
    tokens_in, tokens_out = deployment["input_tokens"], deployment["output_tokens"]
    output, total, entered = (deployment[f"cost_per_million_{kind}_tokens"] for kind in ("output", "total", "input"))
    assert total < entered < output
    for price, tokens in ((output, tokens_out), (entered, tokens_in), (total, tokens_in + tokens_out)):
        assert price * tokens == pytest.approx(deployment["rented_cost_per_request"], rel=1e-12)


def test_trap_08_tokens_a_second_of_a_user_of_an_accelerator_and_of_a_system_are_three_quantities():
    deployment = deploy("llama-3.1-70b")
    user, chip, system = (
        deployment[name]
        for name in ("decode_tokens_per_second", "throughput_per_accelerator_at_load", "throughput_at_load")
    )
    assert system == pytest.approx(chip * 8.0, rel=1e-12)
    assert system == pytest.approx(user * deployment["decoding_sequences"], rel=1e-12)
    assert user != pytest.approx(chip, rel=0.1)
    assert deployment.function_of("throughput_per_accelerator_at_load").unit == "token/s/chip"
