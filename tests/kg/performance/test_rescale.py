"""No function notices a change of units, and the checker notices the bugs that it is there for."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest
from tests.kg.performance.sampling import DECLARATIONS, drawn_values, names

from downstack.engine.rescale import rescaling_violation
from downstack.performance.declare import Array, Constant, FunctionRegistry, Regimes, performance_function


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=names())
def test_t02_every_function_follows_its_units(declaration):
    for seed, values in enumerate(drawn_values(declaration, seed=11)):
        assert rescaling_violation(declaration, values, seed) is None


def only(registry: FunctionRegistry):
    (declaration,) = registry
    return declaration


def test_t02_a_dropped_number_of_chips_is_caught():
    registry = FunctionRegistry()

    @performance_function(formula="W / (n w)", citation="with n forgotten", registry=registry)
    def weight_time(
        weight_bytes: Annotated[Array, "byte"],
        accelerators_per_instance: Annotated[Array, "chip"],
        memory_bandwidth: Annotated[Array, "byte/s/chip"],
    ) -> Annotated[Array, "s"]:
        del accelerators_per_instance
        return weight_bytes / memory_bandwidth

    values = {"weight_bytes": 26e9, "accelerators_per_instance": 8.0, "memory_bandwidth": 8.2e11}
    violation = rescaling_violation(only(registry), values, 1)
    assert violation is not None
    assert "weight_time: with the chip rescaled" in violation


def test_t02_a_missing_bytes_per_parameter_is_caught():
    registry = FunctionRegistry()

    @performance_function(formula="P b", citation="with b forgotten", registry=registry)
    def forgetful_weight_bytes(
        total_parameters: Annotated[Array, "1"], bytes_per_parameter: Annotated[Array, "byte"]
    ) -> Annotated[Array, "byte"]:
        del bytes_per_parameter
        return +total_parameters

    violation = rescaling_violation(only(registry), {"total_parameters": 13e9, "bytes_per_parameter": 2.0}, 1)
    assert violation is not None
    assert "byte rescaled" in violation


def test_t02_a_hidden_number_with_a_unit_is_caught():
    registry = FunctionRegistry()

    @performance_function(formula="max(C - W, 1e6)", citation="with a floor of a megabyte", registry=registry)
    def clamped_memory(memory: Annotated[Array, "byte"], weights: Annotated[Array, "byte"]) -> Annotated[Array, "byte"]:
        return np.maximum(memory - weights, 1e6)

    assert rescaling_violation(only(registry), {"memory": 2e9, "weights": 1e9}, 1) is None
    assert rescaling_violation(only(registry), {"memory": 1e9, "weights": 2e9}, 1) is not None


def test_an_exponent_with_a_unit_is_caught_and_a_declared_constant_repairs_it():
    registry, repaired = FunctionRegistry(), FunctionRegistry()

    @performance_function(formula="0.75 ^ B", citation="the exponent has a unit", registry=registry)
    def unused(sequences: Annotated[Array, "sequence"]) -> Annotated[Array, "1"]:
        return 0.75**sequences

    @performance_function(
        formula="0.75 ^ (B / one)",
        citation="the exponent is a number",
        constants={"one": Constant(1.0, "sequence", "one draw for each sequence")},
        registry=repaired,
    )
    def unused_experts(sequences: Annotated[Array, "sequence"], *, one: float) -> Annotated[Array, "1"]:
        return 0.75 ** (sequences / one)

    assert rescaling_violation(only(registry), {"sequences": 4.0}, 1) is not None
    assert rescaling_violation(only(repaired), {"sequences": 4.0}, 1) is None


def test_a_comparison_of_different_units_is_caught_though_the_value_is_right():
    registry = FunctionRegistry()

    @performance_function(
        formula="C - W",
        citation="the regime compares byte with a number",
        regimes=Regimes(("small", "large"), lambda capacity, weights: np.where(capacity - weights > 1e9, 1, 0)),
        registry=registry,
    )
    def left_over(capacity: Annotated[Array, "byte"], weights: Annotated[Array, "byte"]) -> Annotated[Array, "byte"]:
        return capacity - weights

    values = {"capacity": 3e9, "weights": 1.99e9}
    found = [rescaling_violation(only(registry), values, seed) for seed in range(6)]
    assert any(item is not None and "another regime binds" in item for item in found)
