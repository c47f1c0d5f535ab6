"""The regime that a function names is the one that its value shows."""

from __future__ import annotations

import numpy as np
import pytest
from tests.kg.performance.sampling import DECLARATIONS, drawn_values, names

from downstack.performance import REGISTRY

WITH_REGIMES = tuple(item for item in DECLARATIONS if item.regimes is not None)

LIMITS = {
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
        index = int(declaration.regimes.index(**declaration.arguments(values)))
        limits = LIMITS[declaration.name](values)
        assert len(limits) == len(declaration.regimes.names)
        pick = max if declaration.name == "decode_step_time" else min
        assert limits[index] == pick(limits)
        if pick is min:
            assert declaration(values) == pytest.approx(limits[index], rel=1e-12)


@pytest.mark.parametrize("declaration", WITH_REGIMES, ids=names(WITH_REGIMES))
def test_the_regime_of_arrays_is_an_array_of_indices(declaration):
    values = {name: np.full((3, 2), value) for name, value in declaration.examples[0].inputs.items()}
    index = declaration.regimes.index(**declaration.arguments(values))
    assert index.shape == (3, 2)
    assert index.dtype.kind == "i"


def test_at_equal_limits_the_first_regime_is_named():
    declaration = REGISTRY.get("max_concurrent_sequences")
    assert declaration is not None
    assert declaration.regimes is not None
    values = {"concurrency_by_capacity": 50.0, "concurrency_by_latency": 50.0}
    assert declaration.regimes.index(**declaration.arguments(values)) == 0
