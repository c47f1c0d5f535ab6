"""Published numbers of memory and interconnect; each test names source and tolerance."""

from __future__ import annotations

import numpy as np
import pytest

from downstack.kg import KnowledgeGraph
from downstack.performance import REGISTRY

GIB = 2.0**30


def call(name: str, **values: float) -> float:
    declaration = REGISTRY.get(name)
    assert declaration is not None
    return float(declaration({key: np.float64(value) for key, value in values.items()}))


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


# --- memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stacks", "gigabits", "datasheet", "tolerance"),
    [(6.0, 6.25, 4.8e12, 1e-12), (5.0, 5.2, 3.35e12, 0.01), (5.0, 3.186, 2.039e12, 1e-3)],
    ids=["h200", "h100", "a100-80gb"],
)
def test_stacks_times_pins_times_rate_is_the_bandwidth_of_the_datasheet(stacks, gigabits, datasheet, tolerance):
    found = call("memory_bandwidth", hbm_stacks=stacks, interface_width=1024.0, data_rate_per_pin=gigabits * 1e9 / 8.0)
    assert found == pytest.approx(datasheet, rel=tolerance)


def test_planar_memory_of_512_pins_reads_1_79_tb_in_a_second():
    # TechRadar: GDDR7 at 28 Gbit/s on the 512 bits of an RTX 5090; to the printed digits.
    found = call("planar_memory_bandwidth", memory_bus_width=512.0, data_rate_per_pin=28e9 / 8.0)
    assert found / 1e12 == pytest.approx(1.79, abs=0.005)


@pytest.mark.parametrize("memory", ["hbm1", "hbm2", "hbm2e", "hbm3", "hbm3e", "hbm4"])
def test_dies_times_height_is_the_published_capacity_of_a_stack(kg, memory):
    # In GiB on both sides: a table that says GB for these is 7 % off.
    found = kg.value("stack_capacity_from_dies", entity=memory).rows[0].value
    (published, *_) = kg.facts_of(memory, "stack_capacity_max")
    assert published.unit == "GiB"
    assert found == pytest.approx(float(published.literal))


# --- collective operations --------------------------------------------------------------------------------------------

RANKS = {"scaleup_domain_size": 8.0, "scaleup_bandwidth_per_direction": 450e9}


def test_a_ring_of_eight_adds_up_a_gibibyte_in_4_176_ms():
    # By hand: 2 * 7/8 * 2^30 / 450e9, without latency.
    found = call("ring_allreduce_time", collective_message_size=GIB, message_latency=0.0, **RANKS)
    assert found == pytest.approx(4.176e-3, rel=1e-4)


def test_counting_both_directions_of_a_link_halves_the_time_wrongly():
    # NVLink 4 is sold as 900 GB/s, the sum of both directions; a collective sends at 450.
    right = call("ring_allreduce_time", collective_message_size=GIB, message_latency=0.0, **RANKS)
    wrong = call(
        "ring_allreduce_time",
        collective_message_size=GIB,
        message_latency=0.0,
        scaleup_domain_size=8.0,
        scaleup_bandwidth_per_direction=900e9,
    )
    assert right == pytest.approx(2.0 * wrong, rel=1e-12)


def test_a_large_ring_of_tpus_adds_up_in_twice_the_message_over_the_rate():
    # JAX scaling book: an all-reduce of 1024 x 4096 numbers in BF16 takes 2 V / W = 186 us, printed as 190, on a TPU v4p whose
    # chips send 4.5e10 byte/s each way round the ring. A ring of many chips approaches that; 0.5 %.
    message = 2.0 * 1024.0 * 4096.0
    found = call(
        "ring_allreduce_time",
        collective_message_size=message,
        message_latency=0.0,
        scaleup_domain_size=1e6,
        scaleup_bandwidth_per_direction=9e10,
    )
    assert found == pytest.approx(186e-6, rel=0.005)


@pytest.mark.parametrize("chips", [2.0, 8.0, 72.0])
def test_an_all_reduce_over_a_ring_is_a_reduce_scatter_and_an_all_gather(chips):
    values = {
        "collective_message_size": 3e8,
        "message_latency": 2e-6,
        "scaleup_domain_size": chips,
        "scaleup_bandwidth_per_direction": 900e9,
    }
    assert call("ring_allreduce_time", **values) == pytest.approx(2.0 * call("gather_scatter_time", **values))


def test_a_tree_is_faster_than_a_ring_for_small_messages_and_slower_for_large_ones():
    small = {**RANKS, "collective_message_size": 1024.0, "message_latency": 5e-6}
    large = {**RANKS, "collective_message_size": GIB, "message_latency": 5e-6}
    assert call("tree_allreduce_time", **small) < call("ring_allreduce_time", **small)
    assert call("tree_allreduce_time", **large) > call("ring_allreduce_time", **large)


def test_switches_that_add_up_take_less_than_any_ring():
    values = {"collective_message_size": GIB, "message_latency": 1e-6, "scaleup_bandwidth_per_direction": 450e9}
    ring = call("ring_allreduce_time", scaleup_domain_size=8.0, **values)
    assert ring / call("in_switch_allreduce_time", **values) == pytest.approx(1.75, rel=0.01)


@pytest.mark.parametrize("chips", [2.0, 8.0, 72.0])
def test_the_bus_bandwidth_of_nccl_tests_is_that_of_the_link_at_any_size(chips):
    # nccl-tests, doc/PERFORMANCE.md: busbw = algbw * 2 (n - 1) / n; exact.
    algorithm = call("allreduce_algorithm_bandwidth", scaleup_bandwidth_per_direction=450e9, scaleup_domain_size=chips)
    bus = call("allreduce_bus_bandwidth", allreduce_algorithm_bandwidth=algorithm, scaleup_domain_size=chips)
    assert bus == pytest.approx(450e9, rel=1e-12)


# --- fabrics ----------------------------------------------------------------------------------------------------------


def test_nvlink_5_is_eighteen_times_400_gbit_ethernet():
    # InferenceX: 900 against 50 GB/s; exact.
    assert (
        call("scaleup_over_scaleout", scaleup_bandwidth_per_direction=900e9, scaleout_bandwidth_per_direction=50e9)
        == 18.0
    )


def test_two_mi300x_share_one_link_of_seven(kg):
    # ML Engineering Open Book: 7 x 64 GB/s; a pair has 64, not 448.
    row = kg.value("scaleup_links_per_chip", entity="amd-mi300x").rows[0]
    assert row.value == pytest.approx(7.0)
    assert kg.value("scaleup_links_per_chip", entity="nvidia-h100-sxm").rows[0].status.name == "MISSING_INPUT"


def test_two_tiers_of_tomahawk_6_join_128k_accelerators(kg):
    # IBS Electronics on Tomahawk 6: "128000" accelerators in two tiers; 512^2 / 2 is 128 * 1024, 2.4 % more.
    row = kg.value("two_tier_endpoints", entity="broadcom-tomahawk-6").rows[0]
    assert row.value == 131072.0
    (published, *_) = kg.facts_of("broadcom-tomahawk-6", "two_tier_domain_size")
    assert row.value == pytest.approx(published.value, rel=0.025)


def test_three_tiers_of_48_ports_join_27648_hosts():
    # Al-Fares, Loukissas and Vahdat, SIGCOMM 2008: k^3 / 4 hosts; exact.
    assert call("three_tier_endpoints", switch_radix=48.0) == 27648.0


def test_oversubscription_buys_endpoints_with_bandwidth():
    full = call("two_tier_endpoints", switch_radix=64.0, oversubscription=1.0)
    assert full == call("two_tier_endpoints", switch_radix=64.0, oversubscription=float("nan")) == 2048.0
    assert call("two_tier_endpoints", switch_radix=64.0, oversubscription=3.0) == 1.5 * full
