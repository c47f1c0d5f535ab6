"""The numbered list of published numbers, each asked of the graph; the comment names source and tolerance.

The same numbers are tested on the functions alone in ``test_performance_formulas``; here the facts are those of the graph.
"""

from __future__ import annotations

import pytest

from downstack.kg import KnowledgeGraph

H100, B200 = "nvidia-h100-sxm", "nvidia-b200"


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def value(kg: KnowledgeGraph, quantity: str, **where: str) -> float:
    (row,) = kg.value(quantity, where=where).rows
    assert row.value is not None, row.reason
    return row.value


def cache(kg: KnowledgeGraph, model: str) -> float:
    """Bytes of a token in the cache, in BF16."""
    return value(kg, "kv_cache_bytes_per_token", model=model)


def share_of_bandwidth(kg: KnowledgeGraph, read: float, milliseconds: float, accelerator: str) -> float:
    """Return the share of the datasheet's bandwidth at which so many bytes are read in the measured time."""
    return read / (milliseconds * 1e-3 * value(kg, "memory_bandwidth", accelerator=accelerator) * 1e9)


# --- cache: DeepSeek, Insights into DeepSeek-V3 (arXiv 2505.09343), table of KV cache per token in BF16; exact ---------


def test_g01_deepseek_v3_keeps_70272_bytes_per_token(kg):
    assert cache(kg, "deepseek-v3") == 70272.0


def test_g02_qwen_2_5_72b_keeps_327680_bytes_per_token(kg):
    assert cache(kg, "qwen2.5-72b") == 327680.0


def test_g03_llama_405b_keeps_516096_bytes_per_token(kg):
    assert cache(kg, "llama-3.1-405b") == 516096.0


def test_g04_llama_70b_keeps_40_gib_at_128k_tokens(kg):
    # Mooncake README: "40 GB", which is 40 GiB; 2 %.
    assert 131072.0 * cache(kg, "llama-3.1-70b") == pytest.approx(42.95e9, rel=0.02)


# --- measured slopes and intercepts: vLLM blog on the FP8 KV cache. A measurement says only that reads bound the step ---
# --- from below: the share of the bandwidth that it implies lies below one, and above 0.8 for long contexts.       ---


def test_g09_each_token_of_context_costs_llama_8b_the_read_of_its_cache(kg):
    # 4.37e-5 ms for a token of context on H100.
    assert 0.8 < share_of_bandwidth(kg, cache(kg, "llama-3.1-8b"), 4.37e-5, H100) < 1.0


def test_g11_a_cache_of_half_the_width_costs_half(kg):
    # 2.37e-5 ms with FP8; 10 % of half of the BF16 slope.
    assert 0.8 < share_of_bandwidth(kg, cache(kg, "llama-3.1-8b") / 2.0, 2.37e-5, H100) < 1.0
    assert pytest.approx(4.37e-5 / 2.0, rel=0.1) == 2.37e-5


def test_g12_only_the_full_layers_of_gpt_oss_20b_cost_more_with_context(kg):
    # 8.94e-6 ms; with all 24 layers the reads would need more than the bandwidth of the chip.
    full = cache(kg, "gpt-oss-20b")
    assert full == 24576.0
    assert 0.8 < share_of_bandwidth(kg, full, 8.94e-6, H100) < 1.0
    assert share_of_bandwidth(kg, 2.0 * full, 8.94e-6, H100) > 1.0


def test_g14_more_bandwidth_does_not_buy_back_the_fixed_part_of_a_step(kg):
    # 6.44 ms on H100 and 3.93 ms on B200 without context: both above the read of 15.0 GB of weights, and the fixed part
    # that is left does not shrink with the bandwidth.
    weights = 2.0 * value(kg, "matmul_parameters", model="llama-3.1-8b")
    assert weights == pytest.approx(15.0e9, rel=0.001)
    left = [
        measured - weights / (value(kg, "memory_bandwidth", accelerator=chip) * 1e9) * 1e3
        for chip, measured in ((H100, 6.44), (B200, 3.93))
    ]
    assert 1.4 < left[0] < left[1] < 2.1


# --- parameters from config.json --------------------------------------------------------------------------------------


def test_g15_llama_405b_has_405_billion_weights(kg):
    # 405B; 0.3 %.
    assert value(kg, "total_parameters", model="llama-3.1-405b") == pytest.approx(405e9, rel=0.003)


def test_g16_deepseek_v3_has_671_billion_weights(kg):
    # 671B without multi-token prediction; 0.01 %.
    assert value(kg, "total_parameters", model="deepseek-v3") == pytest.approx(671.03e9, rel=1e-4)


def test_g17_gpt_oss_120b_has_117_billion_weights(kg):
    # README: 117B; 0.2 %.
    assert value(kg, "total_parameters", model="gpt-oss-120b") == pytest.approx(117e9, rel=0.002)


def test_g18_gpt_oss_120b_uses_5_1_billion_weights_without_its_input_embedding(kg):
    # README: 5.1B active; 1 % once the input embedding is left out, 5.71B with it.
    assert value(kg, "active_parameters", model="gpt-oss-120b") == pytest.approx(5.71e9, rel=1e-3)
    assert value(kg, "matmul_parameters", model="gpt-oss-120b") == pytest.approx(5.1e9, rel=0.01)


# --- fabrics and traces -----------------------------------------------------------------------------------------------


def test_g21_nvlink_5_is_eighteen_times_a_400_gbit_port(kg):
    # InferenceX: 900 against 50 GB/s; exact.
    inside = value(kg, "scaleup_bandwidth_per_direction", accelerator=B200)
    outside = value(kg, "scaleout_bandwidth_per_direction", accelerator=H100)
    assert (inside, outside, inside / outside) == (900.0, 50.0, 18.0)


def test_g22_a_conversation_of_azure_has_1154_7_tokens_in_and_211_1_out(kg):
    # Azure LLM inference trace 2023, conversation: means of the file; the printed digits.
    assert value(kg, "input_tokens", workload="azure-2023-conv") == 1154.7
    assert value(kg, "output_tokens", workload="azure-2023-conv") == 211.1
