"""The regime that a function names is the one that its value shows."""

from __future__ import annotations

import numpy as np
import pytest
from tests.kg.performance.sampling import DECLARATIONS, drawn_values, names

from downstack.performance import REGISTRY

WITH_REGIMES = tuple(item for item in DECLARATIONS if item.regimes is not None)


def used(v, batch):
    """Return the seconds in which a batch reads the experts that it uses."""
    unused = (1.0 - v.get("stage_routing_fraction", 0.0)) ** batch
    return v.get("expert_weight_read_time", 0.0) * (1.0 - unused)


def sides_in_time(declaration):
    """Return the reads and the arithmetic of a step with as many sequences as may decode at once."""

    def sides(v):
        batch = float(declaration(v))
        reads = v["dense_weight_read_time"] + used(v, batch) + batch * v["kv_read_time_per_sequence"]
        return reads, batch * v["compute_time_per_sequence"]

    return sides


BY_LATENCY = tuple(item for item in WITH_REGIMES if item.returns == "decoding_sequences_by_latency")


LIMITS = {
    "accelerator_supply": lambda v: (
        v["accelerator_supply_by_packaging"],
        v["accelerator_supply_by_logic"],
        v["accelerator_supply_by_memory"],
    ),
    **{item.name: sides_in_time(item) for item in BY_LATENCY},
    "max_concurrent_sequences": lambda v: (v["concurrency_by_capacity"], v["concurrency_by_latency"]),
    "agent_sessions": lambda v: (
        v["concurrency_by_capacity"],
        v["concurrency_by_latency"] * (v["turn_time"] + v["inter_turn_delay"]) / v["turn_time"],
    ),
    "max_context_length": lambda v: (
        v["max_position_embeddings"],
        v["context_length_by_memory"],
        v["context_length_by_bandwidth"],
    ),
    "decode_step_time": lambda v: (
        v["weight_read_time"] + v["decoding_sequences"] * v["kv_read_time_per_sequence"],
        v["decoding_sequences"] * v["compute_time_per_sequence"],
    ),
    "gemm_time": lambda v: (
        v["gemm_bytes"] / v["memory_bandwidth"],
        v["gemm_flops"] / v["peak_flops_at_weight_precision"],
    ),
    "flash_attention_time": lambda v: (
        v["flash_attention_bytes"] / v["memory_bandwidth"],
        v["prefill_attention_flops"] / v["peak_flops_bf16_dense"],
    ),
    "standard_attention_time": lambda v: (
        v["standard_attention_bytes"] / v["memory_bandwidth"],
        v["prefill_attention_flops"] / v["peak_flops_bf16_dense"],
    ),
}
SLOWER_SIDE = {
    *(item.name for item in BY_LATENCY),
    *("decode_step_time", "gemm_time", "flash_attention_time", "standard_attention_time"),
}
"""Functions whose regime is the longer of two times; for the others the least limit binds."""


def test_every_function_with_regimes_is_checked_here():
    assert {item.name for item in WITH_REGIMES} == set(LIMITS)


@pytest.mark.parametrize("declaration", WITH_REGIMES, ids=names(WITH_REGIMES))
def test_the_named_regime_is_the_limit_that_gives_the_value(declaration):
    for values in drawn_values(declaration, seed=5):
        if declaration.feasible is not None and not declaration.feasible(**declaration.arguments(values)):
            continue
        index = int(declaration.regimes.index(**declaration.arguments(values)))
        limits = LIMITS[declaration.name](values)
        assert len(limits) == len(declaration.regimes.names)
        pick = max if declaration.name in SLOWER_SIDE else min
        assert limits[index] == pick(limits)
        if pick is min:
            assert declaration(values) == pytest.approx(limits[index], rel=1e-9)


@pytest.mark.parametrize("declaration", WITH_REGIMES, ids=names(WITH_REGIMES))
def test_the_regime_of_arrays_is_an_array_of_indices(declaration):
    values: dict = {name: np.full((3, 2), value) for name, value in declaration.examples[0].inputs.items()}
    index = declaration.regimes.index(**declaration.arguments(values))
    assert index.shape == (3, 2)
    assert index.dtype.kind == "i"


def test_at_equal_limits_the_first_regime_is_named():
    declaration = REGISTRY.get("max_concurrent_sequences")
    assert declaration is not None
    assert declaration.regimes is not None
    values = {"concurrency_by_capacity": 50.0, "concurrency_by_latency": 50.0}
    assert declaration.regimes.index(**declaration.arguments(values)) == 0
