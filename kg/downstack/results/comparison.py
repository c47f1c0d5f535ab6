"""The answer to "which scenario is better?"."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from downstack.graph.model import QuantityKind
from downstack.results.trace import EffectKey, Status
from downstack.results.uncertainty import Band, FactCoverage

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class ScenarioDifference:
    """How far two scenarios are apart in one number, on the same draws."""

    first: str
    second: str
    """The names of the scenarios."""
    change: float | None
    """The second less the first, in the unit of the cell."""
    band: Band
    """Of that difference; a rise is a second scenario above the first."""


@dataclass(frozen=True)
class ComparisonCell:
    """One target of one combination in every scenario, in the order of the scenarios."""

    key: EffectKey
    quantity: QuantityKind
    unit: str
    base: float | None
    values: tuple[float | None, ...]
    ratios: tuple[float | None, ...]
    """Each value over the base; None where either is missing or the base is not positive."""
    statuses: tuple[Status, ...]
    _coverage: Callable[[], FactCoverage] = field(repr=False, compare=False)
    bands: tuple[Band | None, ...] = ()
    """How sure each ratio is, in the order of the scenarios; empty unless the question asked for samples."""
    differences: tuple[ScenarioDifference, ...] = ()
    """Every pair of scenarios of which both have a number in half of the samples; empty without samples."""

    @cached_property
    def fact_coverage(self) -> FactCoverage:
        """How many of the facts behind the base vary at all; the others were taken as exact."""
        return self._coverage()


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Scenarios side by side, all against the same base."""

    graph_version: str
    scenarios: tuple[str, ...]
    cells: tuple[ComparisonCell, ...]
    samples: int = 0
