"""Traps of processors: sparse peaks, links counted twice, chips counted in pairs, memory that no pin could carry."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("slug", "quantity", "sparse", "dense"),
    [("nvidia-h100-sxm", "peakFlopsFp8Dense", 3958.0, 1979.0), ("nvidia-b300", "peakFlopsFp4Dense", 18000.0, 14000.0)],
)
def test_the_sparse_headline_is_no_dense_peak(slug: str, quantity: str, sparse: float, dense: float) -> None:
    values = {item.value for item in knowledge.facts()[slug, quantity]}
    assert dense in values and sparse not in values
    assert max(values) <= dense * 1.01


def test_no_quantity_is_a_rate_with_sparsity() -> None:
    assert not {quantity for _, quantity in knowledge.facts() if "parse" in quantity and "Flops" in quantity}


def test_fp4_and_fp8_of_a_generation_are_two_facts_whose_ratio_differs() -> None:
    ratio = {
        slug: knowledge.value(slug, "peakFlopsFp4Dense") / knowledge.value(slug, "peakFlopsFp8Dense")
        for slug in ("nvidia-b200", "nvidia-b300")
    }
    assert ratio["nvidia-b200"] == pytest.approx(2.0, rel=0.01)
    assert ratio["nvidia-b300"] > 2.5


@pytest.mark.parametrize(
    ("slug", "headline", "one_way"),
    [
        ("nvidia-h100-sxm", 900.0, 450.0),  # NVLink 4
        ("nvidia-b300", 1800.0, 900.0),  # NVLink 5
        ("google-tpu-v7", 1200.0, 600.0),  # ICI
        ("aws-trainium2", 1280.0, 640.0),  # NeuronLink
    ],
)
def test_a_headline_of_a_link_counts_both_directions(slug: str, headline: float, one_way: float) -> None:
    assert headline in {item.value for item in knowledge.facts()[slug, "scaleupBandwidthBidirectional"]}
    assert knowledge.value(slug, "scaleupBandwidthPerDirection") == one_way == headline / 2
    assert headline not in {item.value for item in knowledge.facts()[slug, "scaleupBandwidthPerDirection"]}


@pytest.mark.parametrize(("slug", "links", "rate"), [("amd-mi300x", 7, 64.0), ("amd-mi355x", 7, 76.5)])
def test_infinity_fabric_gives_one_direction_of_seven_links_and_a_pair_of_chips_only_one(
    slug: str, links: int, rate: float
) -> None:
    assert knowledge.value(slug, "scaleupBandwidthPerDirection") == links * rate
    assert knowledge.value(slug, "scaleupPointToPointBandwidthPerDirection") == rate


def test_a_neuronlink_of_which_no_direction_is_stated_has_no_rate_of_one_direction() -> None:
    assert "direction not declared" in knowledge.facts()["neuronlink-v4", "interconnectBandwidthBidirectional"][0].note
    assert ("neuronlink-v4", "interconnectBandwidthPerDirection") not in knowledge.facts()


def test_a_b200_has_180_gb_of_192_and_as_one_gpu_of_a_gb200_it_has_186() -> None:
    assert {item.value for item in knowledge.facts()["nvidia-b200", "memoryCapacity"]} == {180.0, 192.0}
    assert knowledge.value("nvidia-b200", "memoryCapacity") == 180.0
    assert knowledge.value("nvidia-gb200", "memoryCapacity") == 186.0


@pytest.mark.parametrize(
    ("slug", "form", "both"), [("nvidia-h800-sxm", "SXM", 400.0), ("nvidia-h800-pcie", "PCIe", 300.0)]
)
def test_the_form_factor_of_an_h800_stands_on_the_fact(slug: str, form: str, both: float) -> None:
    (link,) = knowledge.facts()[slug, "scaleupBandwidthPerDirection"]
    assert (link.value * 2, link.condition) == (both, f"{form} form factor")
    assert f"{both:g} GB/s in both directions" in link.note


def test_clock_times_operations_times_cores_is_the_peak() -> None:
    checked = set()
    for slug, kinds in knowledge.classes().items():
        parts = [(slug, name) for name in ("matrixCoreCount", "operationsPerMatrixCoreCycle", "clockFrequencyMax")]
        if "Accelerator" in kinds and all(part in knowledge.facts() for part in parts):
            cores, operations, megahertz = (knowledge.value(*part) for part in parts)
            peak = knowledge.value(slug, "peakFlopsBf16Dense")
            assert cores * operations * megahertz * 1e6 / 1e12 == pytest.approx(peak, rel=0.03), slug
            checked.add(slug)
    assert {"nvidia-h100-sxm", "nvidia-a100-sxm-80gb"} <= checked
