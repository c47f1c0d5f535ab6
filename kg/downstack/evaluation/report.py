"""How far predictions are from what was measured, by kind and quality grade."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from downstack.evaluation.rows import Table
from downstack.performance.declare import Array
from downstack.results.evaluation import GroupAccuracy, Prediction


def accuracy(table: Table, predictions: Sequence[Prediction]) -> tuple[GroupAccuracy, ...]:
    """Compare predictions with the measured values, for each kind and quality grade and for each kind."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, row in enumerate(table.rows):
        groups.setdefault((row.kind, table.quality[index] or "-"), []).append(index)
        groups.setdefault((row.kind, "all"), []).append(index)
    return tuple(_group(kind, grade, places, table, predictions) for (kind, grade), places in sorted(groups.items()))


def _group(
    kind: str, grade: str, places: Sequence[int], table: Table, predictions: Sequence[Prediction]
) -> GroupAccuracy:
    kept = [i for i in places if predictions[i].predicted is not None]
    known = [i for i in kept if np.isfinite(table.measured[i]) and table.measured[i] > 0.0]
    if not known:
        return GroupAccuracy(kind, grade, len(places), len(kept), None, None, None, None, None)
    measured = np.array([table.measured[i] for i in known])
    predicted = np.array([predictions[i].predicted for i in known], dtype=np.float64)
    low = np.array([predictions[i].p10 for i in known], dtype=np.float64)
    high = np.array([predictions[i].p90 for i in known], dtype=np.float64)
    error = np.abs(predicted / measured - 1.0)
    ratio = np.abs(np.log(predicted / measured))
    return GroupAccuracy(
        kind,
        grade,
        len(places),
        len(kept),
        float(np.median(error)),
        float(np.percentile(error, 90)),
        float((ratio <= np.log(2.0)).mean()),
        rank_correlation(predicted, measured),
        float(((measured >= low) & (measured <= high)).mean()),
    )


def rank_correlation(first: Array, second: Array) -> float | None:
    """Return Spearman's rank correlation, ties sharing their mean rank; None for fewer than three or equal values."""
    if len(first) < 3:
        return None
    ranks = [_ranks(first), _ranks(second)]
    if min(float(np.std(item)) for item in ranks) == 0.0:
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: Array) -> Array:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean: Array = (ends - (counts - 1) / 2.0)[inverse]
    return mean
