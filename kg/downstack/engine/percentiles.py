"""From samples to percentiles and shares, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.performance.declare import Array


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of each row of some samples; NaN where fewer than half of them have a number."""

    p10: Array
    p50: Array
    p90: Array
    counts: npt.NDArray[np.int64]
    """The samples with a number."""


def percentiles(values: Array, samples: int) -> Percentiles:
    """Take the percentiles of each row; sorts the values in place, the missing ones last.

    Parameters
    ----------
    values
        One column a sample, or a single one where no sample differs.
    samples
        How many samples there are.
    """
    found = (~np.isnan(values)).sum(axis=1)
    counts = found * (samples if values.shape[1] == 1 else 1)
    enough = 2 * counts >= samples
    values.sort(axis=1)
    rows = np.arange(len(values))

    def at(level: float) -> Array:
        place = level * np.maximum(found - 1, 0)
        low, high = values[rows, np.floor(place).astype(np.int64)], values[rows, np.ceil(place).astype(np.int64)]
        # The minimum keeps the rounding of the interpolation from passing the larger neighbour.
        return np.where(enough, np.minimum(low + (high - low) * (place % 1.0), high), np.nan)

    return Percentiles(at(0.1), at(0.5), at(0.9), counts)


def share_of(condition: npt.NDArray[np.bool_], values: Array) -> Array:
    """Return in which share of the samples that have a number a condition holds; NaN where none has one."""
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Array = condition.sum(axis=1) / (~np.isnan(values)).sum(axis=1)
    return result
