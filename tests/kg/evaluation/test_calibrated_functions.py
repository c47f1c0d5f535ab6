"""Functions with fitted constants follow their units and the directions that they declare, like all others."""

from __future__ import annotations

import numpy as np
import pytest
from tests.kg.performance.sampling import drawn_values

from downstack.engine.rescale import rescaling_violation
from downstack.evaluation.functions import CALIBRATED
from downstack.performance.declare import FunctionDeclaration

DECLARATIONS = tuple(CALIBRATED)
NAMES = [item.name for item in DECLARATIONS]
MORE = 1.3


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=NAMES)
def test_t02_every_calibrated_function_follows_its_units(declaration: FunctionDeclaration) -> None:
    for seed, values in enumerate(drawn_values(declaration, seed=7)):
        assert rescaling_violation(declaration, values, seed) is None


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=NAMES)
def test_t11_every_calibrated_function_moves_as_declared(declaration: FunctionDeclaration) -> None:
    directions = [(name, 1.0) for name in declaration.increasing] + [(name, -1.0) for name in declaration.decreasing]
    for values in drawn_values(declaration, seed=5):
        for name, sign in directions:
            before = float(declaration(values))
            after = float(declaration({**values, name: np.float64(values[name] * MORE)}))
            assert sign * (after - before) >= -1e-12 * abs(before), name
