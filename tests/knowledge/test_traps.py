"""Each trap of the real data that this knowledge touches, as a test."""

from __future__ import annotations

import re

import pytest
from tests.knowledge import knowledge

PIN_RATE = {"hbm2e": 3.6, "hbm3": 6.4, "hbm3e": 9.6, "hbm4": 11.0}
"""Highest data rate of one pin of a generation in Gbit/s: a bandwidth above it is a bad row."""


@pytest.mark.parametrize(("slug", "dense"), [("nvidia-h100-sxm", 1979.0), ("nvidia-h200-sxm", 1979.0)])
def test_peaks_are_dense(slug: str, dense: float) -> None:
    assert {item.value for item in knowledge.facts()[slug, "peakFlopsFp8Dense"]} <= {dense, 1978.9, 1978.0}


def test_fp4_of_b300_is_not_twice_its_fp8() -> None:
    assert 14000.0 in {item.value for item in knowledge.facts()["nvidia-b300", "peakFlopsFp4Dense"]}


@pytest.mark.parametrize("slug", ["nvidia-b300", "nvidia-gb300"])
def test_int8_of_blackwell_ultra_is_the_cut_one(slug: str) -> None:
    assert knowledge.value(slug, "peakFlopsInt8Dense") < 200


def test_nvlink_has_half_its_headline_in_one_direction() -> None:
    assert knowledge.value("nvlink-4", "interconnectBandwidthPerDirection") == 450
    assert knowledge.value("nvlink-4", "interconnectBandwidthBidirectional") == 900
    assert knowledge.value("nvidia-h200-sxm", "scaleupBandwidthPerDirection") == 450


def test_gb200_is_one_gpu_not_the_superchip() -> None:
    assert all(item.value < 200 for item in knowledge.facts()["nvidia-gb200", "memoryCapacity"])
    assert all(item.value <= 1200 for item in knowledge.facts()["nvidia-gb200", "thermalDesignPower"])
    assert ("nvidia-gb200", "manufacturingCostEstimate") not in knowledge.facts()


def test_h200_keeps_the_decimal_capacity_that_is_published() -> None:
    first = knowledge.facts()["nvidia-h200-sxm", "memoryCapacity"][0]
    assert (first.value, first.unit) == (141.0, "GB")


def test_what_is_published_in_gib_stays_in_gib() -> None:
    units = {item.unit for item in knowledge.facts()["google-tpu-v6e", "memoryCapacity"]}
    assert "GiB" in units


def test_the_old_price_of_p5_has_ended_and_the_new_one_is_used() -> None:
    prices = {item.value: item for item in knowledge.facts()["aws-p5-48xlarge", "priceOnDemand"]}
    assert prices[98.32].valid_until == "2025-05"
    assert knowledge.value("aws-p5-48xlarge", "priceOnDemand") == 55.04


def test_a_split_price_is_summed_and_its_part_is_another_quantity() -> None:
    assert knowledge.value("gcp-a3-ultragpu-8g", "priceOnDemand") == pytest.approx(12.266 + 74.49392)
    assert knowledge.value("gcp-a3-ultragpu-8g", "priceAcceleratorComponent") == 74.49392


def test_a_capacity_block_is_not_an_on_demand_price() -> None:
    assert knowledge.value("aws-p5e-48xlarge", "priceCapacityBlock") == 43.26
    assert ("aws-p5e-48xlarge", "priceOnDemand") not in knowledge.facts()


def test_a_price_for_each_chip_belongs_to_an_offering_of_one_chip() -> None:
    for slug in ("gcp-tpu-v5e", "gcp-tpu-v5p", "gcp-tpu-v6e"):
        assert knowledge.value(slug, "acceleratorsPerInstance") == 1


def test_uptime_is_its_own_quantity() -> None:
    assert knowledge.value("aws", "uptimeSlaRegion") == 99.99


def test_defects_are_counted_on_square_centimetres() -> None:
    units = {
        item.unit for (_, quantity), items in knowledge.facts().items() for item in items if quantity == "defectDensity"
    }
    assert units == {"defect/cm^2"}


def test_cowos_capacity_is_a_disagreement_with_conditions() -> None:
    forecasts = {
        item.value
        for item in knowledge.facts()["tsmc-cowos", "cowosWaferStarts"]
        if item.condition == "forecast for 2026-12"
    }
    assert {95000.0, 100000.0, 150000.0} <= forecasts


@pytest.mark.parametrize(
    ("slug", "matrices"),
    [("llama-3.1-70b", 2), ("llama-3.2-1b", 1), ("qwen2-0.5b", 1), ("llama-4-maverick", 2), ("deepseek-v2-lite", 2)],
)
def test_tied_embeddings_are_one_matrix(slug: str, matrices: int) -> None:
    assert knowledge.value(slug, "embeddingMatrices") == matrices


def test_head_dim_is_the_printed_one_not_hidden_over_heads() -> None:
    assert knowledge.value("qwen3-32b", "headDim") == 128
    assert knowledge.value("qwen3-32b", "hiddenSize") / knowledge.value("qwen3-32b", "attentionHeads") == 80


@pytest.mark.parametrize("slug", ["deepseek-v3", "deepseek-r1", "kimi-k2"])
def test_latent_attention_has_no_key_value_heads(slug: str) -> None:
    assert (slug, "keyValueHeads") not in knowledge.facts()
    assert knowledge.value(slug, "kvLoraRank") + knowledge.value(slug, "qkRopeHeadDim") == 576


def test_only_half_of_the_layers_of_gpt_oss_count() -> None:
    assert knowledge.value("gpt-oss-20b", "fullAttentionLayers") == 12
    assert knowledge.value("gpt-oss-20b", "slidingAttentionLayers") == 12
    assert knowledge.value("gpt-oss-20b", "bytesPerExpertParameter") == 0.53125


@pytest.mark.parametrize("slug", ["deepseek-v3.2-exp", "deepseek-v4-pro", "deepseek-v4-flash", "nemotron-3-ultra"])
def test_an_architecture_that_no_formula_covers_has_no_refinement(slug: str) -> None:
    assert knowledge.classes()[slug] == {"FoundationModel"}


def test_totals_of_a_repository_are_another_quantity() -> None:
    assert knowledge.value("deepseek-v3", "publishedTotalParameters") == 671e9
    assert knowledge.value("deepseek-v3", "repositoryTotalParameters") == 685e9


def test_the_configured_maximum_is_not_the_served_context() -> None:
    assert knowledge.value("qwen3-32b", "maxPositionEmbeddings") == 40960
    assert knowledge.value("qwen3-32b", "contextWindow") == 131072


def test_a_window_that_is_switched_off_is_not_kept() -> None:
    for slug in ("qwen2-7b", "phi-3.5-mini"):
        assert "FullAttentionModel" in knowledge.classes()[slug]
        assert (slug, "slidingWindow") not in knowledge.facts()


def test_no_pin_runs_faster_than_its_generation() -> None:
    checked = 0
    for slug, kinds in knowledge.classes().items():
        memory = next(iter(knowledge.objects(slug, "usesMemory")), "")
        if "Accelerator" not in kinds or memory not in PIN_RATE or (slug, "hbmStacks") not in knowledge.facts():
            continue
        pins = knowledge.value(slug, "hbmStacks") * (2048 if memory == "hbm4" else 1024)
        rates = [item.value * 8 / pins for item in knowledge.facts()[slug, "memoryBandwidth"] if item.unit == "GB/s"]
        assert max(rates) <= PIN_RATE[memory], slug
        checked += 1
    assert checked >= 5


def test_nothing_that_was_measured_under_load_is_a_fact() -> None:
    quantities = {quantity for _, quantity in knowledge.facts()}
    assert not {name for name in quantities if "throughput" in name.lower() or re.search(r"\bitl|Itl(?![a-z])", name)}
