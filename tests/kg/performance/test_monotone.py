"""Every declared direction holds: more of an input never lowers, or never raises, the result."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kg.performance.sampling import DECLARATIONS

DIRECTIONS = [
    (item, name, sign)
    for item in DECLARATIONS
    for sign, directed in ((1.0, item.increasing), (-1.0, item.decreasing))
    for name in directed
]


DIRECTED = [item for item in DECLARATIONS if item.increasing or item.decreasing]

directed = pytest.mark.parametrize(
    ("declaration", "name", "sign"), DIRECTIONS, ids=[f"{item.name}-{name}" for item, name, _ in DIRECTIONS]
)


def has_a_value(declaration, values) -> bool:
    """Whether the engine would give a number without a mark: in the validity ranges and feasible."""
    inside = all(limit.low <= values[limit.input] <= limit.high for limit in declaration.validity)
    return inside and (declaration.feasible is None or bool(declaration.feasible(**declaration.arguments(values))))


def assert_follows(declaration, values, moved, sign) -> None:
    before, after = declaration(values), declaration(moved)
    if np.isnan(before) or np.isnan(after):
        return  # an optional input is missing
    # Rounding may move the last digits, also when a difference of large numbers cancels.
    slack = 1e-9 * max(abs(before), abs(after))
    assert sign * (after - before) >= -slack


@directed
def test_t11_a_declared_direction_holds_at_the_worked_examples(declaration, name, sign):
    for example in declaration.examples:
        values = {key: np.float64(value) for key, value in example.inputs.items()}
        for factor in (1.001, 1.1, 2.0):
            moved = values | {name: values[name] * factor}
            if has_a_value(declaration, values) and has_a_value(declaration, moved):
                assert_follows(declaration, values, moved, sign)


@pytest.mark.parametrize("declaration", DIRECTED, ids=[item.name for item in DIRECTED])
def test_t11_a_declared_direction_holds_around_the_worked_examples(declaration):
    # The settings are made for each function: Hypothesis chains those of one test over all its parameters, and there are
    # more directions than Python allows calls.
    @settings(max_examples=15)
    @given(data=st.data())
    def holds(data):
        example = data.draw(st.sampled_from(declaration.examples))
        factor = st.floats(0.3, 3.0)
        values = {key: np.float64(value * data.draw(factor, key)) for key, value in example.inputs.items()}
        for sign, names in ((1.0, declaration.increasing), (-1.0, declaration.decreasing)):
            for name in names:
                moved = values | {name: values[name] * data.draw(st.floats(1.0, 4.0), f"more {name}")}
                if has_a_value(declaration, values) and has_a_value(declaration, moved):
                    assert_follows(declaration, values, moved, sign)

    holds()
