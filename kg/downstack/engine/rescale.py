"""The rescaling test: a formula with consistent units does not notice a change of units.

Multiply every input and every declared constant by ``lambda ** exponent`` of each base dimension in its unit. A formula
that is dimensionally right returns a result that has changed by exactly the factor of its own unit, makes the same
comparison and meets the same regime. One that forgot a factor, or hides a number with a unit, does not. What this
cannot see is a wrong pure number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from downstack.performance.declare import FunctionDeclaration
from downstack.units import exponents

TOLERANCE = 1e-9
_DECADES = 1.0


def rescaling_violation(declaration: FunctionDeclaration, values: Mapping[str, Any], seed: int) -> str | None:
    """Rescale all base dimensions at random and say what does not follow.

    Parameters
    ----------
    declaration
        The function, with the units of its inputs, its constants and its result.
    values
        Numbers or arrays by input name, in base units; NaN for an optional input that is missing.
    seed
        Seeds the factors, so that a violation can be shown again.

    Returns
    -------
    None when the function follows its units; otherwise one sentence that names the function and the dimension.
    """
    units = {item.name: item.unit for item in declaration.inputs}
    units.update({name: constant.unit for name, constant in declaration.constants.items()})
    powers = {name: exponents(unit) for name, unit in units.items()}
    result_powers = exponents(declaration.unit)
    dimensions = sorted({dimension for each in (*powers.values(), result_powers) for dimension in each})
    drawn = np.random.default_rng(seed).uniform(-_DECADES, _DECADES, len(dimensions))
    factors = {dimension: float(10.0**exponent) for dimension, exponent in zip(dimensions, drawn, strict=True)}

    everything = _difference(declaration, values, powers, result_powers, factors)
    if everything is None:
        return None
    # One dimension at a time names the culprit; together they only show that there is one.
    for dimension in dimensions:
        alone = _difference(declaration, values, powers, result_powers, {dimension: factors[dimension]})
        if alone is not None:
            return f"{declaration.name}: with the {dimension} rescaled by {factors[dimension]:.6g}, {alone}"
    return f"{declaration.name}: with all dimensions rescaled ({factors}), {everything}"


def _difference(
    declaration: FunctionDeclaration,
    values: Mapping[str, Any],
    powers: Mapping[str, Mapping[str, float]],
    result_powers: Mapping[str, float],
    factors: Mapping[str, float],
) -> str | None:
    call = {name: np.asarray(value, dtype=np.float64) for name, value in declaration.arguments(values).items()}
    rescaled = {name: value * _scale(powers[name], factors) for name, value in call.items()}
    with np.errstate(all="ignore"):
        before = np.asarray(declaration.implementation(**call), dtype=np.float64)
        after = np.asarray(declaration.implementation(**rescaled), dtype=np.float64)
        factor = _scale(result_powers, factors)
        expected = before * factor
        if not np.allclose(after, expected, rtol=TOLERANCE, atol=0.0, equal_nan=True):
            worst = int(np.nanargmax(np.abs(after - expected)) if np.isfinite(after - expected).any() else 0)
            return (
                f"the result went from {before.flat[worst]:.10g} to {after.flat[worst]:.10g}; "
                f"its unit {declaration.unit!r} asks for a factor of {factor:.10g}"
            )
        if declaration.regimes is not None and not np.array_equal(
            declaration.regimes.index(**call), declaration.regimes.index(**rescaled)
        ):
            return "another regime binds"
        if declaration.feasible is not None and not np.array_equal(
            declaration.feasible(**call), declaration.feasible(**rescaled)
        ):
            return "the result becomes feasible or infeasible"
    return None


def _scale(powers: Mapping[str, float], factors: Mapping[str, float]) -> float:
    return math.prod((factors[name] ** power for name, power in powers.items() if name in factors), start=1.0)
