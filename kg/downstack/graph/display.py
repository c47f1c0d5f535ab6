"""From a number in base units to the number that answers show: the one place where the two meet."""

from __future__ import annotations

import math

from downstack.graph.model import QuantityKind
from downstack.units import from_base, to_base


def in_unit(kind: QuantityKind, value: float, unit: str | None = None) -> float:
    """Return a value of a quantity in a unit, the display unit of the quantity unless given."""
    return from_base(
        value, unit or kind.display_unit, base_unit=kind.unit, implied_denominator=kind.implied_denominator
    )


def shown(kind: QuantityKind, value: float) -> float | None:
    """Return a value in the display unit of its quantity; None where there is no number."""
    return None if math.isnan(value) else in_unit(kind, value)


def base_units(kind: QuantityKind) -> float:
    """Return how many base units of a quantity its display unit is: what :func:`shown` divides by."""
    return to_base(1.0, kind.display_unit, base_unit=kind.unit, implied_denominator=kind.implied_denominator)
