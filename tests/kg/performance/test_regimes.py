"""The regime that a function names is the one that its value shows."""

from __future__ import annotations

import numpy as np
import pytest
from tests.kg.performance.sampling import DECLARATIONS, drawn_values, names

from downstack.performance import REGISTRY

WITH_REGIMES = tuple(item for item in DECLARATIONS if item.regimes is not None)


def root(rising, high):
    """Return where a rising function crosses zero, by bisection; the oracle for closed forms and Newton's method."""
    low = -high
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rising(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)


def batches_in_time(v):
    """Return the batch at which reading alone, and arithmetic alone, uses up the time between two tokens."""
    budget = v["time_per_output_token_target"] - v["step_overhead_time"]
    serial = v["serial_time_per_sequence"]

    def experts(batch):
        used = 1.0 - (1.0 - v.get("stage_routing_fraction", 0.0)) ** batch
        return v.get("expert_weight_read_time", 0.0) * used

    return (
        root(
            lambda b: v["dense_weight_read_time"] + experts(b) + b * (v["kv_read_time_per_sequence"] + serial) - budget,
            1e6,
        ),
        root(lambda b: b * (v["compute_time_per_sequence"] + serial) - budget, 1e6),
    )


LIMITS = {
    "concurrency_by_latency_dense": batches_in_time,
    "concurrency_by_latency_mixture": batches_in_time,
    "max_concurrent_sequences": lambda v: (v["concurrency_by_capacity"], v["concurrency_by_latency"]),
    "agent_sessions": lambda v: (
        v["concurrency_by_capacity"],
        v["concurrency_by_latency"] * (v["turn_time"] + v["inter_turn_delay"]) / v["turn_time"],
    ),
    "max_context_length": lambda v: (
        v["max_position_embeddings"],
        v["context_length_by_memory"],
        min(v["context_length_by_bandwidth"], v["context_length_by_compute"]),
    ),
    "decode_step_time": lambda v: (
        v["weight_read_time"] + v["concurrent_sequences"] * v["kv_read_time_per_sequence"],
        v["concurrent_sequences"] * v["compute_time_per_sequence"],
    ),
}


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
        pick = max if declaration.name == "decode_step_time" else min
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
