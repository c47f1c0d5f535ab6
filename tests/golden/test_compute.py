"""Published numbers of processors, frameworks, sparse models and training; each names its source and tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from tests.kg.performance.composed import (
    DEEPSEEK_V3,
    DEEPSEEK_V3_2,
    EIGHT_CHIPS,
    FRAMEWORK,
    GROUPED_FULL_DENSE,
    LATENT_FULL_MIXTURE,
    LATENT_SPARSE_MIXTURE,
    LLAMA_405B,
    Deployment,
)

from downstack.kg import KnowledgeGraph
from downstack.performance import REGISTRY

DAY = 86400.0
GROUPED_FULL_MIXTURE = frozenset({"MixtureOfExpertsModel", "GroupedQueryAttentionModel", "FullAttentionModel"})
MIXTRAL_8X7B = {  # mistralai/Mixtral-8x7B-v0.1 config.json, BF16
    "num_layers": 32.0,
    "dense_layers": 0.0,
    "hidden_size": 4096.0,
    "vocabulary_size": 32000.0,
    "embedding_matrices": 2.0,
    "attention_heads": 32.0,
    "key_value_heads": 8.0,
    "head_dim": 128.0,
    "intermediate_size": 14336.0,
    "shared_expert_intermediate_size": 0.0,
    "expert_intermediate_size": 14336.0,
    "routed_experts": 8.0,
    "experts_per_token": 2.0,
    "max_position_embeddings": 32768.0,
    "bytes_per_parameter": 2.0,
    "bytes_per_expert_parameter": 2.0,
}
TWO_H100 = {  # H100 SXM datasheet, the whole of its bandwidth
    **EIGHT_CHIPS,
    **FRAMEWORK,
    "accelerators_per_instance": 2.0,
    "memory_bandwidth": 3.35e12,
    "fitted_dense_read_factor": 1.0,
    "fitted_routed_read_factor": 1.0,
    "fitted_turnover_steps": 0.0,
    "input_tokens": 1.0,
    "output_tokens": 1.0,
}


def call(name: str, **values: float) -> float:
    declaration = REGISTRY.get(name)
    assert declaration is not None
    return float(declaration({key: np.float64(value) for key, value in values.items()}))


# --- rooflines and tiles ----------------------------------------------------------------------------------------------


def test_the_tpu_v1_balances_at_1350_multiply_accumulates_a_byte():
    # Jouppi et al., ISCA 2017: 92 TOP/s, 34 GB/s, 1350; 0.3 %. An operation here is half a multiply-accumulate.
    point = call("ridge_point_int8", peak_flops_int8_dense=92e12, memory_bandwidth=34e9)
    assert point / 2.0 == pytest.approx(1350.0, rel=0.003)


@pytest.mark.parametrize(("width", "tokens"), [(2.0, 240.0), (1.0, 120.0)], ids=["bf16", "int8-weights"])
def test_a_v5e_needs_240_tokens_and_half_of_them_with_int8_weights(width, tokens):
    # How to Scale Your Model, inference: 240 and 120; 0.2 %.
    found = call(
        "balanced_tokens_per_step",
        peak_flops_at_weight_precision=1.97e14,
        bytes_per_parameter=width,
        memory_bandwidth=8.2e11,
    )
    assert found == pytest.approx(tokens, rel=0.002)


@pytest.mark.parametrize(("size", "tiles", "efficiency"), [(1792.0, 98.0, 0.907), (1793.0, 120.0, 0.556)])
def test_one_row_more_than_a_wave_holds_costs_a_wave_on_an_a100(size, tiles, efficiency):
    # NVIDIA DU-09799: 108 SM and tiles of 256 x 128.
    found = call("gemm_tiles", gemm_rows=size, gemm_columns=size)
    assert found == tiles
    assert call("wave_efficiency", gemm_tiles=found, core_count=108.0) == pytest.approx(efficiency, abs=5e-4)


def test_a_systolic_array_of_128_takes_22496_cycles():
    # SCALE-Sim, output-stationary, computed from its formula.
    shape = {"gemm_rows": 512.0, "gemm_columns": 512.0, "gemm_depth": 1024.0}
    array = {"systolic_array_rows": 128.0, "systolic_array_columns": 128.0}
    cycles = call("systolic_cycles", **shape, **array)
    assert cycles == 22496.0
    assert call("systolic_utilization", **shape, **array, systolic_cycles=cycles) == pytest.approx(0.7283, abs=5e-5)


# --- on-chip memory and power -----------------------------------------------------------------------------------------


def test_seventy_billion_weights_fill_four_wafers():
    # Cerebras, August 2024: 70B in 16 bit on as few as four systems; exact.
    assert call("on_chip_accelerators", weight_bytes=140e9, on_chip_memory_capacity=44e9) == 4.0


@pytest.mark.parametrize(
    ("parameters", "bandwidth", "tokens_per_second"),
    [(70e9, 80e12, 300.0), (70e9, 21e15, 450.0), (8e9, 21e15, 1800.0)],
    ids=["groq-llama-2-70b", "cerebras-llama-3.1-70b", "cerebras-llama-3.1-8b"],
)
def test_no_published_speed_of_on_chip_machines_beats_the_read_bound(parameters, bandwidth, tokens_per_second):
    # Groq and Cerebras, 2024, weights in 16 bit. A bound, not an equality: the latency of layers is left out.
    seconds = call("on_chip_weight_read_time", weight_bytes=2.0 * parameters, on_chip_memory_bandwidth=bandwidth)
    assert seconds < 1.0 / tokens_per_second


# --- frameworks -------------------------------------------------------------------------------------------------------


def test_flash_attention_moves_several_times_less_than_standard_attention():
    # Dao et al., figure 2: GPT-2 medium on A100, 40.3 against 4.4 GB forward and backward, 9.2 times. The forward pass
    # alone is bounded to the same order, not equal.
    shape = {"input_tokens": 1024.0, "num_layers": 24.0, "attention_heads": 16.0, "head_dim": 64.0}
    standard = call("standard_attention_bytes", **shape)
    flash = call("flash_attention_bytes", **shape, shared_memory_per_core=192.0 * 1024.0)
    ratio = call("flash_attention_traffic_ratio", standard_attention_bytes=standard, flash_attention_bytes=flash)
    assert 9.2 / 2.0 < ratio < 9.2 * 2.0


def test_a_paged_cache_holds_over_96_percent_and_a_reserved_one_a_fifth():
    # Kwon et al., section 1 and figures 2 and 11: 96.3 % with blocks, 20.4 % reserved for the longest context of 2048
    # tokens; ShareGPT has prompts of 161.31 and replies of 337.99 tokens on average.
    lengths = {"input_tokens": 161.31, "output_tokens": 337.99}
    assert call("paged_memory_utilization", **lengths, kv_block_size=16.0) == pytest.approx(0.963, abs=0.02)
    assert call("reserved_memory_utilization", **lengths, max_position_embeddings=2048.0) == pytest.approx(
        0.204, abs=0.05
    )


def test_a_draft_of_four_gives_3_36_tokens_with_the_bonus_token():
    # Leviathan et al. with acceptance 0.8; pages that forget the bonus token print 2.3616.
    tokens = call("tokens_per_verification", draft_acceptance_rate=0.8, draft_tokens=4.0)
    assert tokens == pytest.approx(3.3616, rel=1e-12)
    assert tokens != pytest.approx(2.3616, rel=0.1)
    speedup = call(
        "speculative_speedup",
        tokens_per_verification=tokens,
        draft_tokens=4.0,
        draft_cost_ratio=0.1,
        verification_cost_ratio=np.nan,
    )
    assert speedup == pytest.approx(2.401, abs=5e-4)


def test_deepseek_v3_drafts_one_token_for_1_8_times_the_speed():
    # DeepSeek-V3 Technical Report, section 5.4.3: 85 to 90 % accepted, 1.8 times the tokens a second. Without the cost
    # of the draft the tokens of a step bound the speed-up from above.
    low, high = (call("tokens_per_verification", draft_acceptance_rate=rate, draft_tokens=1.0) for rate in (0.85, 0.9))
    assert 1.8 < low < high < 1.8 * 1.06


def test_verifying_a_draft_makes_a_mixture_read_more_experts():
    used = call(
        "verified_distinct_experts",
        routed_experts=8.0,
        routing_fraction=0.25,
        decoding_sequences=1.0,
        draft_tokens=3.0,
    )
    assert used == pytest.approx(5.469, abs=5e-4)
    cost = call(
        "verification_cost_ratio",
        dense_weight_read_time=0.0,
        expert_weight_read_time=1.0,
        verified_distinct_experts=used,
        expected_distinct_experts=2.0,
        routed_experts=8.0,
    )
    assert cost > 2.7  # half-accepted drafts of three would not pay


@pytest.mark.parametrize(
    ("bits", "scale", "group", "effective"),
    [(4.0, 8.0, 32.0, 4.25), (4.0, 8.0, 16.0, 4.5), (4.0, 16.0, 128.0, 4.125)],
    ids=["mxfp4", "nvfp4", "gptq"],
)
def test_scales_make_four_bits_a_little_more(bits, scale, group, effective):
    width = call("effective_element_width", element_width=bits / 8, scale_width=scale / 8, scale_group_size=group)
    assert width * 8.0 == pytest.approx(effective, rel=1e-12)


def test_a_cache_that_has_342_of_608_tokens_makes_input_42_percent_cheaper():
    # DeepSeek, Open-Source Week, Day 6: 342 of 608 billion input tokens, 56.3 %; $0.14 against $0.55 a million.
    hit_rate = 342.0 / 608.0
    assert hit_rate == pytest.approx(0.563, abs=5e-4)
    price = call(
        "blended_input_price", prefix_cache_hit_rate=hit_rate, api_price_cached_input=0.14, api_price_input=0.55
    )
    assert 608.0 * price == pytest.approx(342.0 * 0.14 + 266.0 * 0.55, rel=1e-12)
    assert price / 0.55 == pytest.approx(0.58, abs=0.005)


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "tokens", "published"),
    [(405e9, 15.6e12, 3.8e25), (175e9, 300e9, 3.14e23)],
    ids=["llama-3.1-405b", "gpt-3"],
)
def test_six_operations_for_each_weight_and_token_are_the_published_compute(weights, tokens, published):
    # arXiv 2407.21783 and 2005.14165; 0.5 %.
    assert call("training_flops", active_parameters=weights, training_tokens=tokens) == pytest.approx(
        published, rel=0.005
    )


@pytest.mark.parametrize(
    ("weights", "tokens", "chips", "rate", "days"),
    [(175e9, 300e9, 1024.0, 140e12, 34.0), (1.008e12, 450e9, 3072.0, 163e12, 84.0)],
)
def test_megatron_trains_in_34_and_84_days(weights, tokens, chips, rate, days):
    # Narayanan et al., section 5.1; the printed days.
    arithmetic = call("training_flops_with_recompute", active_parameters=weights, training_tokens=tokens)
    seconds = call(
        "training_time",
        training_flops_with_recompute=arithmetic,
        training_accelerators=chips,
        achieved_training_flops=rate,
    )
    assert seconds / DAY == pytest.approx(days, abs=0.5)


def test_deepseek_v3_trained_at_343_teraflops_a_chip():
    # Computed from the report: 37B active weights, 14.8T tokens, 2.664 million H800 hours of pre-training.
    rate = call(
        "training_flops_per_accelerator",
        training_flops=call("training_flops", active_parameters=37e9, training_tokens=14.8e12),
        training_accelerator_time=2.664e6 * 3600.0,
    )
    assert rate / 1e12 == pytest.approx(343.0, abs=0.5)


@pytest.mark.parametrize(("stage", "gigabytes"), [("_zero_1", 31.4), ("_zero_2", 16.6), ("_zero_3", 1.9)])
def test_zero_spreads_120_gigabytes_over_64_copies(stage, gigabytes):
    # Rajbhandari et al., figure 1: 7.5B parameters; the printed digits.
    assert call("training_state_bytes", total_parameters=7.5e9) == 120e9
    spread = call(f"training_state_bytes{stage}", total_parameters=7.5e9, training_data_parallel=64.0)
    assert spread / 1e9 == pytest.approx(gigabytes, abs=0.06)


@pytest.mark.parametrize(("heads", "hidden", "scores"), [(96.0, 12288.0, 80.0), (128.0, 20480.0, 64.0)])
def test_scores_take_80_of_114_bytes_of_gpt_3(heads, hidden, scores):
    # Korthikanti et al., section 5: 5 a s / h of GPT-3 and of MT-NLG; exact.
    stored = call(
        "activation_bytes_per_layer",
        training_sequence_length=2048.0,
        micro_batch_size=1.0,
        hidden_size=hidden,
        attention_heads=heads,
    )
    assert stored / (2048.0 * hidden) == pytest.approx(34.0 + scores, rel=1e-12)


@pytest.mark.parametrize(("chunks", "ratio"), [(np.nan, 0.21875), (1.0, 0.21875), (2.0, 0.109375)])
def test_interleaving_halves_the_bubble(chunks, ratio):
    # Narayanan et al., section 2.2: p = 8, m = 32; exact.
    found = call("pipeline_bubble_ratio", training_pipeline_parallel=8.0, micro_batches=32.0, interleaved_chunks=chunks)
    assert found == ratio
    assert call("pipeline_bubble_share", pipeline_bubble_ratio=0.21875) == pytest.approx(0.1795, abs=5e-5)


@pytest.mark.parametrize(("weights", "tokens", "loss"), [(70e9, 1.4e12, 1.937), (280e9, 300e9, 1.993)])
def test_the_law_of_chinchilla_gives_these_losses(weights, tokens, loss):
    # Computed from the constants of Hoffmann et al. Both lie outside the sizes that the law was fitted on.
    assert call("chinchilla_loss", total_parameters=weights, training_tokens=tokens) == pytest.approx(loss, abs=5e-4)
    declaration = REGISTRY.get("chinchilla_loss")
    assert declaration is not None
    assert [limit.input for limit in declaration.validity if weights > limit.high] == ["total_parameters"]


def test_the_replication_of_chinchilla_gives_a_higher_loss():
    # Computed from the constants of Besiroglu et al., arXiv 2404.10102, which reject those of Hoffmann et al.
    run = {"total_parameters": 70e9, "training_tokens": 1.4e12}
    refitted = call("chinchilla_loss_refitted", **run)
    assert refitted == pytest.approx(1.974, abs=5e-4)
    assert refitted > call("chinchilla_loss", **run)


# --- both ends of a mixture of experts --------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch", "milliseconds"), [(1.0, 3.9), (32.0, 14.0)])
def test_mixtral_on_two_h100_reads_its_weights_in_3_9_ms_alone_and_14_ms_at_32(batch, milliseconds):
    # Before overhead and exchange; 3 %. Reading k experts at any batch is 3.6 times too fast at 32, reading all of
    # them at any batch 3.6 times too slow at 1.
    facts = {**MIXTRAL_8X7B, **TWO_H100, "concurrent_sequences": batch}
    deployment = Deployment(facts, GROUPED_FULL_MIXTURE)
    assert deployment["weight_read_time"] * 1e3 == pytest.approx(milliseconds, rel=0.03)


# --- traps ------------------------------------------------------------------------------------------------------------


def test_a_gibibyte_is_seven_percent_more_than_a_gigabyte_in_the_table_of_llama_2_13b():
    # How to Scale Your Model labels 6.7 as GiB and computes with 6.7e9 byte: the cache is 6.25 GiB.
    config = {
        "num_layers": 40.0,
        "key_value_heads": 40.0,
        "head_dim": 128.0,
        "input_tokens": 8192.0,
        "output_tokens": 0.0,
    }
    cache = Deployment(config, GROUPED_FULL_DENSE)["kv_cache_bytes_per_sequence"]
    assert cache == pytest.approx(6.71e9, rel=1e-3)
    assert cache / 2.0**30 == pytest.approx(6.25, rel=1e-12)


def test_the_time_to_the_first_token_is_no_part_of_the_time_per_output_token():
    declaration = REGISTRY.get("time_per_output_token")
    assert declaration is not None
    assert not {"time_to_first_token", "prefill_time"} & set(declaration.input_names)
    step = {"decode_step_time": 0.02, "decoding_sequences": 8.0, "prefill_interruption_per_sequence": 0.0}
    assert call("time_per_output_token", **step) == 0.02


def test_one_routed_token_uses_k_experts_many_use_distinct_ones_and_the_memory_holds_all():
    mixtral = Deployment({**MIXTRAL_8X7B, **TWO_H100, "concurrent_sequences": 4.0}, GROUPED_FULL_MIXTURE)
    chosen, distinct, held = 2.0, float(mixtral["expected_distinct_experts"]), 8.0
    assert chosen < distinct < held
    assert distinct == pytest.approx(5.469, abs=5e-4)
    assert mixtral["stored_weight_bytes"] > 90e9  # all of 46.7B weights in BF16


def test_attention_over_a_prompt_counts_the_causal_half_and_decoding_the_whole():
    full = Deployment({**LLAMA_405B, "input_tokens": 8192.0, "output_tokens": 0.0}, GROUPED_FULL_DENSE)
    square = 4.0 * 126.0 * 128.0 * 128.0 * 8192.0**2
    assert full["prefill_attention_flops"] == pytest.approx(square / 2.0, rel=1e-12)
    declaration = REGISTRY.get("prefill_attention_flops")
    assert declaration is not None
    assert declaration.constants["causal_half"].value == 0.5


def test_a_stream_gets_fewer_tokens_than_the_system():
    mixtral = Deployment(
        {**MIXTRAL_8X7B, **TWO_H100, "concurrent_sequences": 32.0, "time_per_output_token_target": 0.05,
         "input_tokens": 512.0, "output_tokens": 256.0},
        GROUPED_FULL_MIXTURE,
    )  # fmt: skip
    assert mixtral["throughput_tokens_per_second"] > 10.0 * mixtral["decode_tokens_per_second"]


# --- the bundled graph ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def value(kg: KnowledgeGraph, quantity: str, **where: str) -> float:
    (row,) = kg.value(quantity, where=where).rows
    assert row.value is not None, row.reason
    return row.value


def test_the_facts_of_mixtral_and_h100_give_3_9_and_14_milliseconds(kg):
    # Weights by the graph's own counts, over the datasheet's bandwidth of two chips; 3 %.
    bandwidth = 2.0 * value(kg, "memory_bandwidth", accelerator="nvidia-h100-sxm") * 1e9
    assert bandwidth == pytest.approx(6.7e12, rel=1e-3)
    matrices = value(kg, "dense_matmul_parameters", model="mixtral-8x7b")
    experts = value(kg, "expert_parameters", model="mixtral-8x7b")
    fraction = value(kg, "routing_fraction", model="mixtral-8x7b")
    for batch, milliseconds in ((1.0, 3.9), (32.0, 14.0)):
        used = call(
            "expected_distinct_experts",
            routed_experts=8.0,
            routing_fraction=fraction,
            decoding_sequences=batch,
        )
        assert 2.0 * (matrices + experts * used / 8.0) / bandwidth * 1e3 == pytest.approx(milliseconds, rel=0.03)


def test_the_graph_keeps_dense_rates_and_rates_of_one_direction(kg):
    # The datasheet of H100 SXM prints 1979 TFLOP/s in BF16 with sparsity, and 900 GB/s in both directions.
    assert value(kg, "peak_flops_bf16_dense", accelerator="nvidia-h100-sxm") == pytest.approx(989.0, rel=0.002)
    assert value(kg, "scaleup_bandwidth_per_direction", accelerator="nvidia-h100-sxm") == 450.0
    assert value(kg, "ridge_point", accelerator="nvidia-h100-sxm") == pytest.approx(295.4, rel=0.002)
    assert value(kg, "ridge_point_fp8", accelerator="nvidia-h100-sxm") == pytest.approx(590.7, rel=0.002)


def test_the_graph_says_how_deepseek_trained_reads_and_drafts(kg):
    utilization = value(kg, "training_model_flops_utilization", model="deepseek-v3", accelerator="nvidia-h800-sxm")
    # 37B and 2.788 million hours on a peak of 989 TFLOP/s; the graph counts 37.55B active weights, embeddings included.
    assert utilization == pytest.approx(6.0 * 37e9 * 14.8e12 / (2.788e6 * 3600.0 * 989e12), rel=0.02)
    assert value(kg, "tokens_per_verification", model="deepseek-v3") == pytest.approx(1.875)
    share = value(kg, "sparse_attention_read_share", model="deepseek-v3.2", workload="codex-swebenchpro")
    assert 132.0 / 1152.0 < share < 0.2


@pytest.mark.parametrize(("tokens", "kept", "read"), [(131072.0, 10.27e9, 1.199e9), (1024.0, 80.2e6, 80.2e6)])
def test_sparse_attention_keeps_more_than_full_attention_and_reads_less_of_a_long_context(tokens, kept, read):
    # By hand from the config.json of DeepSeek-V3.2: 61 layers of 1152 byte of latent and 132 byte of indexer key; of the
    # latents 2048 are read. Full latent attention keeps and reads 9.21 GB at 128k tokens. 0.1 %.
    context = {"input_tokens": tokens, "output_tokens": 0.0}
    sparse = Deployment({**DEEPSEEK_V3_2, **context}, LATENT_SPARSE_MIXTURE)
    full = Deployment({**DEEPSEEK_V3, **context}, LATENT_FULL_MIXTURE)
    assert sparse["kv_cache_bytes_per_sequence"] == pytest.approx(kept, rel=1e-3)
    assert sparse["mean_kv_cache_bytes_per_sequence"] == pytest.approx(read, rel=1e-3)
    assert sparse["kv_cache_bytes_per_sequence"] / full["kv_cache_bytes_per_sequence"] == pytest.approx(1284.0 / 1152.0)


def test_the_graph_decodes_a_long_context_faster_with_sparse_attention_and_a_short_one_no_faster(kg):
    read = {
        (model, workload): value(kg, "mean_kv_cache_bytes_per_sequence", model=model, workload=workload)
        for model in ("deepseek-v3.1", "deepseek-v3.2")
        for workload in ("azure-2023-conv", "codex-swebenchpro")
    }
    short = read["deepseek-v3.2", "azure-2023-conv"] / read["deepseek-v3.1", "azure-2023-conv"]
    long = read["deepseek-v3.2", "codex-swebenchpro"] / read["deepseek-v3.1", "codex-swebenchpro"]
    assert short == pytest.approx(1284.0 / 1152.0, rel=1e-9)
    assert long == pytest.approx(
        value(kg, "sparse_attention_read_share", model="deepseek-v3.2", workload="codex-swebenchpro")
    )
    steps = [
        value(kg, "decode_step_time", model=model, offering="aws-p5en-48xlarge", workload="codex-swebenchpro")
        for model in ("deepseek-v3.1", "deepseek-v3.2")
    ]
    assert steps[1] < steps[0]


def test_the_graph_says_when_linear_attention_keeps_less(kg):
    # FP32 in the configuration of Qwen3.5; none in that of Qwen3-Next, where vLLM keeps the type of the model.
    assert value(kg, "linear_attention_break_even_context", model="qwen3.5-122b-a10b") == 2048.0
    assert value(kg, "linear_attention_break_even_context", model="qwen3-next-80b-a3b") == 512.0
    assert value(kg, "linear_attention_state_bytes", model="qwen3.5-122b-a10b") == pytest.approx(150.994944)


def test_mxfp4_of_the_graph_takes_the_bytes_that_its_weights_state(kg):
    stated = value(kg, "bytes_per_expert_parameter", model="gpt-oss-120b")
    assert value(kg, "effective_element_width", model="gpt-oss-120b") == stated == 0.53125


def test_a_quantity_whose_facts_nobody_published_says_so(kg):
    (row,) = kg.value("power_at_utilization", where={"accelerator": "nvidia-h100-sxm"}).rows
    assert row.value is None
    assert row.status == "MISSING_INPUT"
    assert "idle_power" in (row.reason or "")
