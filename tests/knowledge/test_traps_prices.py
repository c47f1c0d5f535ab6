"""Traps of prices and promises: parts of prices, old prices, tiers, reads from a cache, and two kinds of agreement."""

from __future__ import annotations

import re

import pytest
from tests.knowledge import knowledge


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


def test_the_long_context_is_a_tier_of_its_own_with_the_threshold_in_its_condition() -> None:
    tiers = {
        slug: (knowledge.value(slug, "apiPriceInput"), statements[0])
        for (slug, quantity), statements in knowledge.facts().items()
        if quantity == "apiPriceInputLongContext" and (slug, "apiPriceInput") in knowledge.facts()
    }
    assert len(tiers) >= 8
    for slug, (short, long) in tiers.items():
        assert re.fullmatch(r"prompts longer than \d{3},000 tokens", long.condition), slug
        assert long.value > short, slug
    assert (tiers["gpt-5.5"][0], tiers["gpt-5.5"][1].value) == (5.0, 10.0)
    assert (tiers["gemini-2.5-pro"][0], tiers["gemini-2.5-pro"][1].value) == (1.25, 2.5)


def test_a_token_that_is_read_from_a_cache_has_a_price_of_its_own_often_a_tenth_or_less() -> None:
    ratio = {
        slug: knowledge.value(slug, "apiPriceCachedInput") / knowledge.value(slug, "apiPriceInput")
        for slug, quantity in knowledge.facts()
        if quantity == "apiPriceCachedInput" and (slug, "apiPriceInput") in knowledge.facts()
    }
    assert len(ratio) >= 60
    assert all(0.0 < share < 1.0 for share in ratio.values())
    assert sum(share <= 0.1 + 1e-9 for share in ratio.values()) >= 20
    # No factor would do: other makers sell the same read at a quarter.
    assert (ratio["gpt-5.5"], ratio["claude-opus-4.5"], ratio["gpt-4.1"]) == pytest.approx((0.1, 0.1, 0.25))


def test_an_agreement_of_latency_is_a_target_and_one_of_uptime_a_share() -> None:
    uptime = [item for (_, name), items in knowledge.facts().items() if name.startswith("uptimeSla") for item in items]
    assert len(uptime) >= 6 and {item.unit for item in uptime} == {"%"}
    assert all("NOT token latency/throughput" in item.note for item in uptime)
    assert knowledge.classes()["service-level-agreement"] == {"ServiceLevelAgreement"}
    for cloud in ("aws", "azure", "google-cloud", "oracle-cloud"):
        assert "service-level-agreement" in knowledge.objects(cloud, "offers")
        assert not {name for slug, name in knowledge.facts() if slug == cloud and "TokenTarget" in name}
    assert {item.unit for item in knowledge.facts()["azure-2023-conv", "timePerOutputTokenTarget"]} == {"ms/token"}


def test_no_price_is_0() -> None:
    paid = [
        key for key, items in knowledge.facts().items() if any("USD" in item.unit and item.value == 0 for item in items)
    ]
    assert paid == []
    for slug, quantity in (("devstral-small-2", "apiPriceInput"), ("gpt-3.5-turbo", "apiPriceCachedInput")):
        assert slug in knowledge.classes()
        assert (slug, quantity) not in knowledge.facts()


def test_each_0_dollars_of_the_tables_is_rejected_and_the_report_says_why() -> None:
    zeros = [
        row
        for name in ("facts_models.csv", "facts_hardware.csv")
        for row in knowledge.sources(name)
        if row["unit"].startswith("USD") and re.fullmatch(r"0(\.0*)?", row["value"])
    ]
    assert len(zeros) == 5
    report = (knowledge.ROOT.parent / "docs" / "knowledge-report.md").read_text(encoding="utf-8")
    assert f"| {len(zeros)} | 0 dollars mean free or not sold: a missing price, never 0 |" in report
