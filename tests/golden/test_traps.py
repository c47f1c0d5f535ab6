"""Mistakes that models of inference are known to make, one numbered test each, on the facts of the graph.

They were found in published tools and pages: units, peak rates, directions of links and definitions that differ by a
factor of two or more and look alike.
"""

from __future__ import annotations

import numpy as np
import pytest

from downstack.kg import KnowledgeGraph
from downstack.performance import REGISTRY
from downstack.units import to_base

GIB = 2.0**30


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def value(kg: KnowledgeGraph, quantity: str, **where: str) -> float:
    (row,) = kg.value(quantity, where=where).rows
    assert row.value is not None, row.reason
    return row.value


def call(name: str, **values: float) -> float:
    declaration = REGISTRY.get(name)
    assert declaration is not None
    return float(declaration({key: np.float64(number) for key, number in values.items()}))


def read_from(quantity: str) -> set[str]:
    """Return all that functions read to give a quantity, directly or through other functions."""
    found: set[str] = set()
    waiting = [quantity]
    while waiting:
        wanted = waiting.pop()
        for item in REGISTRY:
            if item.returns == wanted:
                waiting.extend(set(item.input_names) - found)
                found |= set(item.input_names)
    return found


def test_trap_01_a_gibibyte_is_seven_percent_more_than_a_gigabyte(kg):
    # How to Scale Your Model labels a cache of Llama-2-13B "6.7 GiB" and computes with 6.7e9 byte: it is 6.25 GiB.
    assert to_base(1.0, "GiB", base_unit="byte") == GIB != to_base(1.0, "GB", base_unit="byte") == 1e9
    cache = 8192.0 * value(kg, "kv_cache_bytes_per_token", model="llama-2-13b")
    assert cache / GIB == 6.25
    assert cache / 1e9 == pytest.approx(6.7, abs=0.05)
    # Google prints 32 GB and means GiB, NVIDIA prints 141 GB and means GB.
    assert value(kg, "memory_capacity", accelerator="google-tpu-v6e") == pytest.approx(32.0 * GIB / 1e9, rel=1e-12)
    assert value(kg, "memory_capacity", accelerator="nvidia-h200-sxm") == 141.0


@pytest.mark.parametrize(
    ("accelerator", "quantity", "sparse"),
    [
        ("nvidia-a100-sxm-80gb", "peak_flops_bf16_dense", 624.0),
        ("nvidia-h100-sxm", "peak_flops_bf16_dense", 1979.0),
        ("nvidia-h100-sxm", "peak_flops_fp8_dense", 3958.0),
        ("nvidia-h200-sxm", "peak_flops_bf16_dense", 1979.0),
        ("nvidia-b200", "peak_flops_bf16_dense", 4500.0),
        ("nvidia-b200", "peak_flops_fp8_dense", 9000.0),
        ("nvidia-b200", "peak_flops_fp4_dense", 18000.0),
        ("nvidia-gb200", "peak_flops_bf16_dense", 5000.0),
    ],
)
def test_trap_02_a_peak_is_dense_which_is_half_of_what_a_datasheet_prints_first(kg, accelerator, quantity, sparse):
    # NVIDIA datasheets print TFLOP/s with 2:4 sparsity; the last printed digit.
    assert value(kg, quantity, accelerator=accelerator) == pytest.approx(sparse / 2.0, rel=1e-3)


def test_trap_03_a_gb200_is_one_of_the_two_gpus_of_its_superchip(kg):
    # NVIDIA GB200 NVL72: a superchip has 16 TB/s, 372 GB, 2700 W and 5 PFLOP/s in dense BF16. InferSim mixes the two:
    # 13.4 TB/s with 192 GB.
    assert value(kg, "memory_bandwidth", accelerator="nvidia-gb200") * 2.0 == 16000.0
    assert value(kg, "memory_capacity", accelerator="nvidia-gb200") * 2.0 == pytest.approx(372.0, rel=0.04)
    assert value(kg, "peak_flops_bf16_dense", accelerator="nvidia-gb200") * 2.0 == 5000.0
    assert value(kg, "thermal_design_power", accelerator="nvidia-gb200") <= 2700.0 / 2.0


@pytest.mark.parametrize(
    ("accelerator", "both_directions"),
    [("nvidia-a100-sxm-80gb", 600.0), ("nvidia-h100-sxm", 900.0), ("nvidia-b200", 1800.0), ("nvidia-gb200", 1800.0)],
)
def test_trap_04_a_link_carries_in_one_direction_half_of_what_is_printed_for_both(kg, accelerator, both_directions):
    # NVIDIA datasheets, NVLink 3, 4 and 5; exact.
    assert value(kg, "scaleup_bandwidth_per_direction", accelerator=accelerator) * 2.0 == both_directions


def test_trap_05_the_time_per_output_token_leaves_the_first_token_out():
    assert not {"time_to_first_token", "queueing_delay"} & read_from("time_per_output_token")
    quiet = {"decode_step_time": 0.02, "decoding_sequences": 8.0, "prefill_interruption_per_sequence": 0.0}
    assert call("time_per_output_token", **quiet) == 0.02
    # A request of 101 tokens that starts after 2 s and gives one each 20 ms: dividing all of its time by its tokens
    # would print 40 ms.
    whole = 2.0 + 100.0 * 0.02
    assert (whole - 2.0) / 100.0 == pytest.approx(call("time_per_output_token", **quiet), rel=1e-12)
    assert whole / 101.0 == pytest.approx(0.0396, abs=5e-5)


def test_trap_07_an_h100_sxm_reads_3_35_terabytes_a_second(kg):
    # NVIDIA datasheet. Other tools take 3.07 (a derated rate) or 3.4 (rounded); the PCIe card reads 2.0.
    assert value(kg, "memory_bandwidth", accelerator="nvidia-h100-sxm") * 1e9 == 3.35e12
    assert value(kg, "memory_bandwidth", accelerator="nvidia-h100-pcie") * 1e9 == pytest.approx(2.0e12, rel=0.03)


def test_trap_09_a_token_chooses_experts_a_step_reads_distinct_ones_and_memory_holds_all(kg):
    # Mixtral-8x7B: 2 of 8 chosen; 2 and 5.469 and 7.9992 read with 1, 4 and 32 tokens; computed, 1e-4.
    chosen = value(kg, "experts_per_token", model="mixtral-8x7b")
    held = value(kg, "routed_experts", model="mixtral-8x7b")
    fraction = value(kg, "routing_fraction", model="mixtral-8x7b")
    assert (chosen, held) == (2.0, 8.0)
    for tokens, expected in ((1.0, 2.0), (4.0, 5.469), (32.0, 7.9992)):
        distinct = call(
            "expected_distinct_experts", routed_experts=held, routing_fraction=fraction, decoding_sequences=tokens
        )
        assert distinct == pytest.approx(expected, rel=1e-4)
    total, active = (value(kg, name, model="mixtral-8x7b") for name in ("total_parameters", "active_parameters"))
    assert total / 1e9 == pytest.approx(46.7, abs=0.05)
    assert active / 1e9 == pytest.approx(12.9, abs=0.05)


def test_trap_10_attention_over_a_prompt_is_half_of_its_square(kg):
    # LLM-Viewer and GenZ count the whole square. 80 layers, 64 heads of 128, 4 operations for a pair of tokens.
    tokens = value(kg, "input_tokens", workload="azure-2023-conv")
    whole = 4.0 * 80.0 * 64.0 * 128.0 * tokens**2
    found = value(kg, "prefill_attention_flops", model="llama-3.1-70b", workload="azure-2023-conv") * 1e12
    assert found == pytest.approx(whole / 2.0, rel=1e-12)


def test_trap_11_a_verified_draft_gives_one_token_more_than_it_had(kg):
    # Leviathan et al.: (1 - 0.8^5) / 0.2 = 3.3616 with a draft of four; pages that forget the bonus token print 2.3616.
    assert call("tokens_per_verification", draft_acceptance_rate=0.8, draft_tokens=4.0) == pytest.approx(
        3.3616, rel=1e-12
    )
    rate = value(kg, "draft_acceptance_rate", model="deepseek-v3")
    assert value(kg, "tokens_per_verification", model="deepseek-v3") == pytest.approx(1.0 + rate, rel=1e-12)
