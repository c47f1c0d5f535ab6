"""The architectures give the published totals: the formula is written out here on purpose, apart from the product's."""

from __future__ import annotations

import pytest
from tests.knowledge import knowledge


def attention(slug: str) -> float:
    hidden, heads = knowledge.value(slug, "hiddenSize"), knowledge.value(slug, "attentionHeads")
    if "LatentAttentionModel" in knowledge.classes()[slug]:
        nope, rope = knowledge.value(slug, "qkNopeHeadDim"), knowledge.value(slug, "qkRopeHeadDim")
        latent, out = knowledge.value(slug, "kvLoraRank"), knowledge.value(slug, "valueHeadDim")
        rank = knowledge.value(slug, "queryLoraRank")
        query = heads * (nope + rope)
        queries = hidden * rank + rank * query if rank else hidden * query
        return queries + hidden * (latent + rope) + latent * heads * (nope + out) + heads * out * hidden
    width = knowledge.value(slug, "headDim")
    return 2 * hidden * width * (heads + knowledge.value(slug, "keyValueHeads"))


def feed_forward(slug: str) -> float:
    hidden, layers = knowledge.value(slug, "hiddenSize"), knowledge.value(slug, "numLayers")
    if "MixtureOfExpertsModel" not in knowledge.classes()[slug]:
        return layers * 3 * hidden * knowledge.value(slug, "intermediateSize")
    dense, experts = knowledge.value(slug, "denseLayers"), knowledge.value(slug, "routedExperts")
    width = experts * knowledge.value(slug, "expertIntermediateSize") + knowledge.value(
        slug, "sharedExpertIntermediateSize"
    )
    dense_width = knowledge.value(slug, "intermediateSize") if dense else 0.0
    return dense * 3 * hidden * dense_width + (layers - dense) * (3 * hidden * width + hidden * experts)


def total(slug: str) -> float:
    vocabulary = knowledge.value(slug, "embeddingMatrices") * knowledge.value(slug, "vocabularySize")
    layers = knowledge.value(slug, "numLayers")
    return vocabulary * knowledge.value(slug, "hiddenSize") + layers * attention(slug) + feed_forward(slug)


@pytest.mark.parametrize(
    ("slug", "billions", "tolerance"),
    [
        ("deepseek-v3", 671.03, 1e-4),
        ("llama-3.1-405b", 405.85, 1e-4),
        ("gpt-oss-120b", 116.79, 1e-4),
        ("llama-3.1-70b", 70.55, 1e-3),
        ("qwen3-235b-a22b", 235.0, 2e-3),
        ("mixtral-8x7b", 46.7, 2e-3),
        ("llama-4-maverick", 400.7, 1e-3),
        ("exaone-4.0-32b", 32.0, 1e-2),
        ("deepseek-v2", 236.0, 5e-3),
    ],
)
def test_the_architecture_gives_the_published_total(slug: str, billions: float, tolerance: float) -> None:
    assert total(slug) / 1e9 == pytest.approx(billions, rel=tolerance)


@pytest.mark.parametrize(
    ("slug", "width"),
    [("deepseek-v3", 70272), ("llama-3.1-405b", 516096), ("llama-3.1-70b", 327680), ("qwen2.5-72b", 327680)],
)
def test_the_architecture_gives_the_published_cache_of_a_token(slug: str, width: int) -> None:
    layers = knowledge.value(slug, "numLayers")
    if "LatentAttentionModel" in knowledge.classes()[slug]:
        cached = knowledge.value(slug, "kvLoraRank") + knowledge.value(slug, "qkRopeHeadDim")
    else:
        cached = 2 * knowledge.value(slug, "keyValueHeads") * knowledge.value(slug, "headDim")
    assert 2 * layers * cached == width
