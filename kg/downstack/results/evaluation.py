"""Predictions of published measurements, and how far off they are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row of a table of measurements, predicted without sight of what was measured."""

    id: str
    predicted: float | None
    """In the unit of the row; None when the status says why."""
    p10: float | None
    p90: float | None
    unit: str
    status: str
    """OK, EXTRAPOLATED, UNKNOWN_MODEL, UNKNOWN_HARDWARE, UNSUPPORTED or INFEASIBLE."""
    function: str
    """The quantity that the declared functions compute for the row."""
    reason: str


@dataclass(frozen=True, slots=True)
class GroupAccuracy:
    """How well the rows of one kind and quality grade are predicted; None where nothing can be said."""

    kind: str
    quality: str
    rows: int
    predicted: int
    median_error: float | None
    """Median of the absolute error, as a share of the measured value."""
    p90_error: float | None
    within_factor_two: float | None
    rank_correlation: float | None
    inside_band: float | None
    """Share of the measured values between p10 and p90."""


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The predictions of a table, and their errors where it says what was measured."""

    graph_version: str
    predictions: tuple[Prediction, ...]
    groups: tuple[GroupAccuracy, ...]
