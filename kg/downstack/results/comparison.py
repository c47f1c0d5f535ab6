"""Several scenarios side by side."""

from __future__ import annotations

from dataclasses import dataclass

from downstack.graph.model import QuantityKind
from downstack.results.trace import EffectKey, Status


@dataclass(frozen=True, slots=True)
class ComparisonCell:
    """One target of one combination in every scenario, in the order of the scenarios."""

    key: EffectKey
    quantity: QuantityKind
    unit: str
    base: float | None
    values: tuple[float | None, ...]
    ratios: tuple[float | None, ...]
    statuses: tuple[Status, ...]


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Several scenarios side by side, against the same base."""

    graph_version: str
    scenarios: tuple[str, ...]
    """Their names, in the order of the values."""
    cells: tuple[ComparisonCell, ...]
