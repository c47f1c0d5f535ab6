"""Published numbers that the analytical functions must reproduce; each test names source and tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from tests.kg.performance.composed import (
    DEEPSEEK_V3,
    GPT_OSS_120B,
    GROUPED_FULL_DENSE,
    GROUPED_INTERLEAVED_MIXTURE,
    LATENT_FULL_MIXTURE,
    LLAMA_70B,
    LLAMA_405B,
    Deployment,
)

from downstack.performance import REGISTRY

GIB = 2.0**30


def call(name: str, **values: float) -> float:
    declaration = REGISTRY.get(name)
    assert declaration is not None
    return float(declaration(values))


# --- KV cache: DeepSeek, Insights into DeepSeek-V3 (arXiv 2505.09343), table of KV cache per token in BF16; exact ------


def test_deepseek_v3_keeps_70272_bytes_per_token():
    assert Deployment(DEEPSEEK_V3, LATENT_FULL_MIXTURE)["kv_cache_bytes_per_token"] == 70272.0


def test_qwen_2_5_72b_keeps_327680_bytes_per_token():
    # Qwen/Qwen2.5-72B config.json: 80 layers, 8 key and value heads of 128.
    config = {"num_layers": 80.0, "key_value_heads": 8.0, "head_dim": 128.0}
    assert Deployment(config, GROUPED_FULL_DENSE)["kv_cache_bytes_per_token"] == 327680.0


def test_llama_405b_keeps_516096_bytes_per_token():
    assert Deployment(LLAMA_405B, GROUPED_FULL_DENSE)["kv_cache_bytes_per_token"] == 516096.0


@pytest.mark.parametrize(
    ("layers", "heads", "expected"), [(32.0, 8.0, 131072.0), (32.0, 32.0, 524288.0)], ids=["llama-3.1-8b", "llama-2-7b"]
)
def test_llama_keeps_what_its_heads_say(layers, heads, expected):
    config = {"num_layers": layers, "key_value_heads": heads, "head_dim": 128.0}
    assert Deployment(config, GROUPED_FULL_DENSE)["kv_cache_bytes_per_token"] == expected


def test_llama_70b_at_128k_tokens_needs_the_40_gib_of_mooncake():
    # Mooncake README: 128k tokens of LLaMA3-70B, "40 GB"; 2 %.
    deployment = Deployment({**LLAMA_70B, "input_tokens": 131072.0, "output_tokens": 0.0}, GROUPED_FULL_DENSE)
    assert deployment["kv_cache_bytes_per_sequence"] == pytest.approx(42.95e9, rel=0.02)
    assert deployment["kv_cache_bytes_per_sequence"] / GIB == pytest.approx(40.0, rel=1e-12)


def test_deepseek_at_a_million_tokens_needs_68_625_gib():
    deployment = Deployment({**DEEPSEEK_V3, "input_tokens": 2.0**20, "output_tokens": 0.0}, LATENT_FULL_MIXTURE)
    assert deployment["kv_cache_bytes_per_sequence"] / GIB == pytest.approx(68.625, rel=1e-4)


def test_one_global_layer_in_six_needs_a_sixth_of_the_cache():
    # 30 layers, 8 heads of 128, 131072 tokens: full 15.0 GiB, 5 global and 25 with a window of 1024 2.6 GiB, 5.8 times.
    shape = {"key_value_heads": 8.0, "head_dim": 128.0, "input_tokens": 131072.0, "output_tokens": 0.0}
    full = Deployment({**shape, "num_layers": 30.0}, GROUPED_FULL_DENSE)["kv_cache_bytes_per_sequence"]
    hybrid = Deployment(
        {**shape, "full_attention_layers": 5.0, "sliding_attention_layers": 25.0, "sliding_window": 1024.0},
        GROUPED_INTERLEAVED_MIXTURE,
    )["kv_cache_bytes_per_sequence"]
    assert full / GIB == pytest.approx(15.0, rel=1e-12)
    assert hybrid / GIB == pytest.approx(2.6, rel=0.01)
    assert full / hybrid == pytest.approx(5.8, rel=0.01)


def test_the_slope_of_gpt_oss_20b_on_h100_counts_only_its_12_full_layers():
    # vLLM blog on FP8 KV cache: 8.94e-6 ms for each token of context, BF16 on H100; 10 % with a share of 0.82.
    config = {"full_attention_layers": 12.0, "key_value_heads": 8.0, "head_dim": 64.0}
    per_token = Deployment(config, GROUPED_INTERLEAVED_MIXTURE)["kv_cache_bytes_per_token"]
    assert per_token == 24576.0
    bandwidth = call(
        "cache_read_bandwidth_grouped_query",
        accelerators_per_replica=1.0,
        memory_bandwidth=3.35e12,
        fitted_cache_read_factor=1.0 / 0.82,
    )
    slope = call(
        "kv_read_time_per_sequence",
        mean_kv_cache_bytes_per_sequence=float(per_token),
        cache_read_bandwidth=bandwidth,
        kv_cache_read_replication=1.0,
    )
    assert slope * 1e3 == pytest.approx(8.94e-6, rel=0.1)


# --- parameters from config.json --------------------------------------------------------------------------------------


def test_llama_405b_has_405_billion_weights():
    total = Deployment(LLAMA_405B, GROUPED_FULL_DENSE)["total_parameters"]
    assert total == pytest.approx(405.85e9, rel=0.003)
    assert total == 405849243648.0


def test_deepseek_v3_has_671_billion_weights_without_multi_token_prediction():
    # DeepSeek-V3 README: 671B in total, 37B active.
    deployment = Deployment(DEEPSEEK_V3, LATENT_FULL_MIXTURE)
    assert deployment["total_parameters"] == pytest.approx(671.03e9, rel=1e-4)
    assert deployment["active_parameters"] == pytest.approx(37e9, rel=0.02)


def test_gpt_oss_120b_has_117_billion_weights_and_5_1_active_without_the_input_embedding():
    # gpt-oss README: 117B in total, 5.1B active.
    deployment = Deployment(GPT_OSS_120B, GROUPED_INTERLEAVED_MIXTURE)
    assert deployment["total_parameters"] == pytest.approx(116.79e9, rel=0.002)
    assert deployment["active_parameters"] == pytest.approx(5.71e9, rel=0.001)
    assert deployment["matmul_parameters"] == pytest.approx(5.1e9, rel=0.01)


# --- rooflines: How to Scale Your Model (jax-ml.github.io/scaling-book) -----------------------------------------------


@pytest.mark.parametrize(("peak", "bandwidth", "published"), [(1.97e14, 8.2e11, 240.0), (1e15, 3.35e12, 298.0)])
def test_the_ridge_points_of_v5e_and_h100(peak, bandwidth, published):
    assert call("ridge_point", peak_flops_bf16_dense=peak, memory_bandwidth=bandwidth) == pytest.approx(
        published, rel=0.003
    )


@pytest.mark.parametrize(
    ("batch", "milliseconds"), [(1, 4.98), (8, 12.13), (16, 20.30), (32, 36.65), (64, 69.33), (240, 249.09)]
)
def test_the_step_times_of_llama_2_13b_on_eight_v5e(batch, milliseconds):
    # The table labels 6.7 of cache as GiB and computes with 6.7e9 byte; the last printed digit.
    bandwidth = call(
        "effective_memory_bandwidth",
        accelerators_per_replica=8.0,
        memory_bandwidth=8.2e11,
        bytes_per_parameter=2.0,
        fitted_dense_read_factor=1.0,
        fitted_narrow_dense_read_factor=1.0,
    )
    weights = call(
        "dense_weight_read_time",
        dense_weight_bytes_read=26e9,
        effective_memory_bandwidth=bandwidth,
        accelerators_per_replica=8.0,
        tensor_parallel=8.0,
    )
    cache = call(
        "kv_read_time_per_sequence",
        mean_kv_cache_bytes_per_sequence=6.7e9,
        cache_read_bandwidth=bandwidth,
        kv_cache_read_replication=1.0,
    )
    step = call(
        "decode_step_time",
        concurrent_sequences=float(batch),
        decoding_sequences=float(batch),
        concurrency_by_capacity=240.0,
        weight_read_time=weights,
        kv_read_time_per_sequence=cache,
        compute_time_per_sequence=0.0,
        movement_time_per_sequence=0.0,
        step_overhead_time=0.0,
    )
    assert step * 1e3 == pytest.approx(milliseconds, abs=0.006)


@pytest.mark.parametrize(
    ("batch", "per_sequence", "weights", "bandwidth", "milliseconds", "tolerance"),
    [
        (4.0, 819e6, 30e9, 16 * 8.1e11, 2.5, 0.04),
        (32.0, 160e3 * 8192, 70e9, 8 * 8.1e11, 17.0, 0.02),
        (32.0, 160e3 * 8192, 70e9, 16 * 8.1e11, 8.5, 0.02),
    ],
    ids=["30B-int8-on-16", "llama-3-70b-int8-on-8", "llama-3-70b-int8-on-16"],
)
def test_other_step_times_of_the_book(batch, per_sequence, weights, bandwidth, milliseconds, tolerance):
    step = call(
        "decode_step_time",
        concurrent_sequences=batch,
        decoding_sequences=batch,
        concurrency_by_capacity=32.0,
        weight_read_time=weights / bandwidth,
        kv_read_time_per_sequence=per_sequence / bandwidth,
        compute_time_per_sequence=0.0,
        movement_time_per_sequence=0.0,
        step_overhead_time=0.0,
    )
    assert step * 1e3 == pytest.approx(milliseconds, rel=tolerance)


def test_a_prompt_of_8192_tokens_takes_0_91_seconds_on_16_v5e():
    # 70B, 40 % of the peak, without attention; 0.5 %.
    arithmetic = call(
        "prefill_flops_full_attention",
        matmul_parameters=70e9,
        input_tokens=8192.0,
        prefill_attention_flops_per_context_token=0.0,
        full_attention_layers=80.0,
        prefix_cache_hit_rate=0.0,
    )
    products = call(
        "dense_multiply_time",
        multiply_time_factor=1.0 / 0.4,
        dense_matmul_parameters=70e9,
        accelerators_per_replica=16.0,
        peak_flops_at_weight_precision=1.97e14,
    )
    nothing = {"head_multiply_time": 0.0, "allreduce_time_per_sequence": 0.0, "prompt_pass_time": 0.0}
    chips = {"tensor_parallel": 16.0, "accelerators_per_replica": 16.0}
    seconds = call(
        "prefill_time",
        computed_prompt_tokens=8192.0,
        weight_multiply_time=products,
        prompt_attention_time=0.0,
        **nothing,
        **chips,
    )
    assert seconds == pytest.approx(0.91, rel=0.005)
    assert seconds == pytest.approx(arithmetic / (16.0 * 1.97e14 * 0.4), rel=1e-12)


# --- experts, collectives, memory, cost: computed by hand, to the printed digits --------------------------------------


@pytest.mark.parametrize(
    ("experts", "chosen", "tokens", "expected"),
    [
        (8, 2, 1, 2.0),
        (8, 2, 4, 5.469),
        (8, 2, 32, 7.9992),
        (256, 8, 1, 8.0),
        (256, 8, 32, 163.31),
        (256, 8, 128, 251.60),
        (128, 4, 32, 81.66),
    ],
)
def test_expected_distinct_experts(experts, chosen, tokens, expected):
    used = call(
        "expected_distinct_experts",
        routed_experts=float(experts),
        routing_fraction=chosen / experts,
        decoding_sequences=float(tokens),
    )
    assert used == pytest.approx(expected, rel=1e-4)


def test_a_ring_of_eight_reduces_a_gibibyte_in_4_176_milliseconds():
    # Half a layer is one all-reduce; 2^29 numbers of 2 byte are 1 GiB; 450 GB/s in one direction, no latency.
    seconds = call(
        "allreduce_time_per_sequence",
        num_layers=0.5,
        hidden_size=2.0**29,
        tensor_parallel=8.0,
        accelerators_per_replica=8.0,
        scaleup_bandwidth_per_direction=450e9,
        fitted_exchange_factor=1.0,
    )
    assert seconds * 1e3 == pytest.approx(4.176, rel=2e-4)


@pytest.mark.parametrize(
    ("stacks", "gigabits", "terabytes", "tolerance"),
    [(6.0, 6.25, 4.80, 1e-12), (5.0, 5.2, 3.35, 0.01), (5.0, 3.186, 2.039, 0.001)],
    ids=["h200", "h100", "a100-80gb"],
)
def test_pins_give_the_bandwidth_of_the_datasheet(stacks, gigabits, terabytes, tolerance):
    bandwidth = call(
        "memory_bandwidth", hbm_stacks=stacks, interface_width=1024.0, data_rate_per_pin=gigabits * 1e9 / 8.0
    )
    assert bandwidth / 1e12 == pytest.approx(terabytes, rel=tolerance)


def test_1_74_dollars_an_hour_at_2000_tokens_a_second_are_24_cents_a_million():
    dollars = call(
        "cost_per_million_output_tokens",
        price_per_accelerator_hour=1.74 / 3600.0,
        accelerators_per_replica=1.0,
        throughput_tokens_per_second=2000.0,
    )
    assert dollars * 1e6 == pytest.approx(0.2417, rel=2e-4)


# --- traps ------------------------------------------------------------------------------------------------------------


def test_latent_attention_decodes_at_242_flop_per_byte():
    # 2 * 128 * (2 * 512 + 64) FLOP over 576 * 2 byte: close to the ridge point, unlike grouped-query attention.
    deployment = Deployment(DEEPSEEK_V3, LATENT_FULL_MIXTURE)
    intensity = (
        deployment["decode_attention_flops_per_context_token"] / deployment["kv_cache_bytes_per_token_and_layer"]
    )
    assert intensity == pytest.approx(242.0, rel=0.002)


def test_a_prefix_cache_hit_of_94_percent_leaves_a_seventeenth_of_the_matrix_work():
    # The Codex trace: 80,000 tokens of context, 94.2 % of the prompt computed before.
    prompt = {
        "matmul_parameters": 70e9,
        "input_tokens": 80_000.0,
        "prefill_attention_flops_per_context_token": 0.0,
        "full_attention_layers": 80.0,
    }
    whole = call("prefill_flops_full_attention", **prompt, prefix_cache_hit_rate=np.nan)
    rest = call("prefill_flops_full_attention", **prompt, prefix_cache_hit_rate=0.942)
    assert whole == pytest.approx(1.12e16, rel=1e-12)
    assert rest / whole == pytest.approx(0.058, rel=1e-12)


def test_the_causal_half_is_a_declared_constant():
    for name in ("prefill_flops_full_attention", "prefill_flops_interleaved"):
        declaration = REGISTRY.get(name)
        assert declaration is not None
        assert declaration.constants["causal_half"].value == 0.5


def test_tokens_of_a_user_and_of_the_system_are_two_quantities():
    user, system = REGISTRY.get("decode_tokens_per_second"), REGISTRY.get("throughput_tokens_per_second")
    assert user is not None
    assert system is not None
    assert "stream" in (user.implementation.__doc__ or "")
    assert "instance" in (system.implementation.__doc__ or "")
