"""Parameters counted from the architecture are those that the publishers print, within one per cent.

The published counts are those of the model cards and papers: GPT-J and Falcon (model cards), PaLM (arXiv 2204.02311,
table 1), Megatron-Turing (arXiv 2201.11990), MPT (LLM Foundry's table of training benchmarks, which prints them in full),
Qwen3.5, Qwen3-Next, GLM-5, DeepSeek-V3.2, MiniMax-M2.5, Hy3, Nemotron 3 (names and model cards).
"""

from __future__ import annotations

import pytest

from downstack.kg import KnowledgeGraph


@pytest.fixture(scope="module")
def totals(bundled: KnowledgeGraph) -> dict[str, float]:
    report = bundled.value("total_parameters")
    return {str(row.key.get("model")): row.value for row in report.rows if row.value is not None}


@pytest.mark.parametrize(
    ("slug", "billions"),
    [
        ("gpt-j-6b", 6.05),
        ("llama-65b", 65.2),
        ("starcoder2-7b", 7.17),
        ("nemotron-4-340b", 341.0),
        ("glm-4.7", 355.0),
        ("falcon-180b", 180.0),
        ("bloom-176b", 176.2),
        ("opt-175b", 175.0),
        ("gpt-3-175b", 174.6),
        ("megatron-gpt-22b", 22.0),
        ("megatron-gpt-530b", 530.0),
        ("megatron-gpt-1t", 1008.0),
        ("megatron-gpt-314b", 314.0),
        ("palm-540b", 540.35),
        ("mpt-7b", 6.658859008),
        ("mpt-13b", 12.85395456),
        ("mpt-30b", 29.97521408),
        ("llama-3-8b", 8.03),
        ("llama-3.3-70b", 70.55),
        ("qwen3-14b", 14.8),
        ("gemma-3-27b", 27.0),
        ("gemma-2-9b", 9.24),
        ("codellama-34b", 33.74),
        ("mistral-large-2407", 122.6),
        ("dbrx", 132.0),
        ("minimax-m2.5", 229.0),
        ("hunyuan-hy3", 295.0),
        ("glm-5", 744.0),
        ("deepseek-v3.2", 671.0),
        ("qwen3-next-80b-a3b", 80.0),
        ("qwen3.5-397b-a17b", 397.0),
        ("qwen3.5-122b-a10b", 122.0),
        ("nemotron-nano-9b-v2", 8.89),
        ("nemotron-nano-12b-v2", 12.31),
        ("nemotron-h-56b", 56.3),
        ("nemotron-3-nano", 31.6),
        ("nemotron-3-super", 120.6),
    ],
)
def test_an_architecture_gives_the_published_count(totals: dict[str, float], slug: str, billions: float) -> None:
    assert totals[slug] / 1e9 == pytest.approx(billions, rel=0.01)


def test_a_recurrent_layer_keeps_the_same_state_however_long_the_context() -> None:
    from downstack.performance import REGISTRY

    memory = REGISTRY.get("kv_cache_bytes_per_sequence_interleaved")
    assert memory is not None
    nan = float("nan")
    empty = {"sliding_kv_cache_bytes_per_token": 0.0, "sliding_window": 0.0, "output_tokens": 0.0}
    state = {"recurrent_layers": 45.0, "recurrent_state_size": 64.0 * 128.0 * 128.0}
    short, long = (
        memory({"kv_cache_bytes_per_token": 30720.0, "input_tokens": tokens, **empty, **state}) for tokens in (1e3, 1e5)
    )
    bare = memory(
        {
            "kv_cache_bytes_per_token": 30720.0,
            "input_tokens": 1e3,
            **empty,
            "recurrent_layers": nan,
            "recurrent_state_size": nan,
        }
    )
    assert long - short == pytest.approx(30720.0 * 99e3)
    assert short - bare == pytest.approx(4.0 * 45.0 * 64.0 * 128.0 * 128.0)
