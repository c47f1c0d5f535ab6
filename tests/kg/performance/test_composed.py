"""What the functions say together about whole deployments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kg.performance.composed import CHAT, DEPLOYMENTS, deploy

from downstack.performance import REGISTRY
from downstack.performance.concurrency_latency import sequences_within

SILICON = {
    f"downstack.performance.{name}"
    for name in (
        "collective_times",
        "die_costs",
        "die_yields",
        "dies",
        "fabric",
        "manufacturing",
        "silicon_power",
        "stacks",
        "supply_limits",
    )
}
"""How chips and fabrics are made, which no deployment reads."""

OWNED = {
    "turns_per_session": 33.0,
    "inter_turn_delay": 5.2,
    "accelerator_price_estimate": 27000.0,
    "manufacturing_cost_estimate": 4800.0,
    "good_dies_per_wafer": 55.0,
    "depreciation_time": 6.0 * 365.25 * 86400.0,
    "api_price_input": 0.88e-6,
    "api_price_output": 0.88e-6,
}
"""What a session, a purchase and a price list add to a deployment."""

OPTIONAL_FACTS = {
    f"downstack.performance.{name}"
    for name in (
        *("ridge_points", "matrix_multiplication", "tile_quantization", "systolic_array", "on_chip_serving", "power"),
        *("attention_traffic", "paged_memory", "launch_overhead", "chunked_prefill", "speculative_decoding"),
        *("block_scales", "sparse_attention", "linear_attention"),
        *("training_compute", "training_time", "training_memory", "pipeline_bubble", "scaling_law"),
    )
}
"""Modules that read more than a model's configuration, a chip, a framework's constants and a workload."""

each_model = pytest.mark.parametrize("model", list(DEPLOYMENTS))
more = st.floats(1.0, 5.0)
load = st.floats(1.0, 2000.0)


@each_model
def test_every_quantity_of_a_known_architecture_has_a_finite_value(model):
    # What a deployment states is never computed.
    deployment = deploy(
        model, expert_parallel=1.0, stated_layout=1.0, matmul_operand_bytes=1.0, concurrent_sequences=8.0, **OWNED
    )
    skipped = {"memory_bandwidth"}  # the published rate is the fact here
    mixture = {"expert", "experts", "routing", "routed", "distinct"}
    sliding = {"sliding"}
    for item in REGISTRY:
        words = set(item.returns.split("_"))
        if item.returns in skipped or "market" in words:  # a market is no deployment
            continue
        if item.module in SILICON | OPTIONAL_FACTS:
            continue
        if "recurrent" in words:  # none of these models has recurrent layers
            continue
        if words & mixture and model.startswith("llama"):
            continue
        if words & sliding and model != "gpt-oss-120b":
            continue
        assert np.isfinite(deployment[item.returns]), item.returns
    assert deployment.infeasible == []


@each_model
@settings(max_examples=25)
@given(factor=more, sequences=load, prompt=st.floats(1.0, 60000.0))
def test_more_bandwidth_never_lowers_decode_speed(model, factor, sequences, prompt):
    facts = {"concurrent_sequences": sequences, "input_tokens": prompt}
    base = deploy(model, **facts)
    faster = deploy(model, **facts, memory_bandwidth=4.8e12 * factor)
    assert faster["decode_tokens_per_second"] >= base["decode_tokens_per_second"] * (1 - 1e-12)
    assert faster["concurrency_by_latency"] >= base["concurrency_by_latency"] * (1 - 1e-9)
    assert faster["context_length_by_bandwidth"] >= base["context_length_by_bandwidth"] or (
        # with no time to read anything a faster memory only misses the target differently
        base["context_length_by_bandwidth"] < 0
    )


@each_model
@settings(max_examples=25)
@given(factor=more, prompt=st.floats(1.0, 60000.0))
def test_more_memory_never_lowers_concurrency_or_context(model, factor, prompt):
    base = deploy(model, input_tokens=prompt)
    larger = deploy(model, input_tokens=prompt, memory_capacity=141e9 * factor)
    for quantity in ("concurrency_by_capacity", "max_concurrent_sequences", "agent_sessions", "max_context_length"):
        assert larger[quantity] >= base[quantity]


@each_model
@settings(max_examples=40)
@given(target=st.floats(0.02, 0.5), prompt=st.floats(1.0, 30000.0))
def test_at_the_latency_limit_a_token_takes_exactly_the_target(model, target, prompt):
    asked = deploy(model, time_per_output_token_target=target, input_tokens=prompt)
    if asked["decoding_sequences_by_latency"] < 1.0:
        return
    at_limit = deploy(model, input_tokens=prompt, concurrent_sequences=float(asked["concurrency_by_latency"]))
    assert at_limit["time_per_output_token"] == pytest.approx(target, rel=1e-9)


@each_model
@pytest.mark.parametrize("target", [1e-4, 0.005, 0.01, 0.02, 0.05])
def test_the_target_is_infeasible_exactly_when_a_single_sequence_misses_it(model, target):
    alone = deploy(model, concurrent_sequences=1.0)["time_per_output_token"]
    declaration = deploy(model).function_of("decoding_sequences_by_latency")
    asked = deploy(model, time_per_output_token_target=target)
    limit = asked["decoding_sequences_by_latency"]
    assert (declaration.name in asked.infeasible) == (alone > target)
    assert (limit < 1.0) == (alone > target)


@each_model
def test_the_longest_context_that_a_step_reads_in_time_takes_exactly_the_target(model):
    deployment = deploy(model)
    context = float(deployment["context_length_by_bandwidth"])
    # A reply of two tokens at that context, with what the prompts of the original workload interrupt.
    interruption = float(deployment["prefill_interruption_per_sequence"])
    there = deploy(
        model,
        input_tokens=context - 1.0,
        output_tokens=2.0,
        prefill_interruption_per_sequence=interruption,
        decoding_sequences=float(deployment["decoding_sequences"]),
    )
    assert there["time_per_output_token"] == pytest.approx(CHAT["time_per_output_token_target"], rel=1e-9)


@each_model
def test_the_longest_context_that_memory_holds_fills_it(model):
    deployment = deploy(model)
    context = float(deployment["context_length_by_memory"])
    there = deploy(model, input_tokens=context, output_tokens=0.0)
    assert there["kv_cache_bytes_per_sequence"] * CHAT["concurrent_sequences"] == pytest.approx(
        deployment["free_memory"], rel=1e-12
    )


def test_forty_percent_more_bandwidth_is_less_than_forty_percent_more_speed():
    base = deploy("llama-3.1-70b")["decode_tokens_per_second"]
    faster = deploy("llama-3.1-70b", memory_bandwidth=4.8e12 * 1.4)["decode_tokens_per_second"]
    assert 1.05 < faster / base < 1.35


def test_the_binding_limit_switches_from_latency_to_memory_as_bandwidth_grows():
    # Arithmetic and links so fast that prompts interrupt nobody.
    rest = {"input_tokens": 32000.0, "peak_flops_bf16_dense": 1e17, "scaleup_bandwidth_per_direction": 1e14}
    slow = deploy("llama-3.1-70b", **rest, memory_bandwidth=2e12)
    fast = deploy("llama-3.1-70b", **rest, memory_bandwidth=2e13)
    assert slow.regime("max_concurrent_sequences") == "latency target"
    assert fast.regime("max_concurrent_sequences") == "memory capacity"


def test_one_chip_needs_no_link_rate_and_pays_no_parallel_overhead():
    facts = {"accelerators_per_instance": 1.0, "scaleup_bandwidth_per_direction": float("nan")}
    alone = deploy("gpt-oss-120b", **facts)
    assert alone["tensor_parallel_allreduce_time"] == 0.0
    assert alone["step_overhead_time"] == pytest.approx(36 * (43e-6 + 46e-6))
    assert np.isfinite(alone["throughput_tokens_per_second"])


def test_several_chips_without_a_known_link_rate_have_no_decode_speed():
    deployment = deploy("llama-3.1-70b", scaleup_bandwidth_per_direction=float("nan"))
    assert np.isnan(deployment["decode_tokens_per_second"])


def test_weights_that_do_not_fit_are_infeasible():
    deployment = deploy("llama-3.1-405b", accelerators_per_instance=2.0)
    assert deployment["free_memory"] < 0
    assert "free_memory" in deployment.infeasible


def test_a_pause_between_turns_lets_an_instance_hold_more_sessions_until_memory_binds():
    sessions = [float(deploy("deepseek-v3", inter_turn_delay=delay)["agent_sessions"]) for delay in (0.0, 5.0, 1e6)]
    assert sessions[0] == pytest.approx(float(deploy("deepseek-v3")["max_concurrent_sequences"]))
    assert sessions == sorted(sessions)
    assert sessions[2] == pytest.approx(float(deploy("deepseek-v3")["concurrency_by_capacity"]))


def test_a_batch_that_uses_every_expert_costs_as_much_as_reading_them_all():
    declaration = REGISTRY.get("decoding_sequences_by_latency_mixture")
    assert declaration is not None
    values = dict(declaration.examples[1].inputs) | {
        "stage_routing_fraction": 1.0,
        "time_per_output_token_target": 0.05,
    }
    dense = REGISTRY.get("decoding_sequences_by_latency_dense")
    assert dense is not None
    as_dense = {name: values[name] for name in dense.input_names}
    as_dense["dense_weight_read_time"] += values["expert_weight_read_time"]
    assert declaration(values) == pytest.approx(dense(as_dense), rel=1e-12)


@settings(max_examples=300)
@given(
    expert=st.floats(1e-5, 1.0),
    slope=st.floats(1e-7, 1e-2),
    fraction=st.floats(1e-3, 0.999),
    budget=st.floats(1e-6, 10.0),
)
def test_the_root_of_the_expert_reads_is_found_for_any_shape(expert, slope, fraction, budget):
    decay = -np.log1p(-fraction)
    sequences = sequences_within(*(np.array([value]) for value in (budget, expert, slope, decay)))
    reached = expert * -np.expm1(-decay * sequences) + slope * sequences
    assert reached == pytest.approx(budget, rel=1e-9)


def test_rows_without_a_root_do_not_keep_the_others_iterating():
    budget = np.array([1e-3, -1e-3, np.nan])
    found = sequences_within(budget, np.full(3, 1e-2), np.full(3, 1e-4), np.full(3, 0.1))
    assert 0.0 < found[0] < 10.0
    assert found[1] < 0.0
    assert np.isnan(found[2])
