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


@pytest.mark.parametrize(
    ("declaration", "name", "sign"), DIRECTIONS, ids=[f"{item.name}-{name}" for item, name, _ in DIRECTIONS]
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_declared_direction_holds(declaration, name, sign, data):
    example = data.draw(st.sampled_from(declaration.examples))
    factor = st.floats(0.3, 3.0)
    values = {key: np.float64(value * data.draw(factor, key)) for key, value in example.inputs.items()}
    moved = values | {name: values[name] * data.draw(st.floats(1.0, 4.0), "more")}
    before, after = declaration(values), declaration(moved)
    if np.isnan(before) or np.isnan(after):
        assert any(np.isnan(value) for value in example.inputs.values())
        return
    # Rounding may move the last digits, also when a difference of large numbers cancels.
    slack = 1e-9 * max(abs(before), abs(after))
    assert sign * (after - before) >= -slack
