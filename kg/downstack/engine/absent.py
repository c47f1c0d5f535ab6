"""What a plan cannot have a number of, whatever the numbers of a question: found out once, not in every run.

A dense model has no experts: all that is computed from their number is missing in every row, and so is what needs that. A run
with care would find it out step by step each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from downstack.engine.codes import MISSING_INPUT, Codes
from downstack.engine.plan import Step, Variant
from downstack.performance.declare import Array


class Absent(NamedTuple):
    """One quantity without a number in any row."""

    value: Array
    status: Codes
    regime: Codes


def absent(steps: Iterable[Step], still: Mapping[str, Codes]) -> dict[str, Absent]:
    """Return the computed quantities that miss an input in every row.

    Parameters
    ----------
    steps
        What is computed, inputs first.
    still
        The codes of what does not move.
    """
    found: dict[str, Absent] = {}
    for step in steps:
        if not step.variants or step.fact_values is not None:
            continue
        if all(_without(variant, found, still) for variant in step.variants):
            shape = (step.rows, 1)
            value, status = np.full(shape, np.nan), np.full(shape, MISSING_INPUT, dtype=np.int8)
            regime = np.full(shape, -1, dtype=np.int8)
            for array in (value, status, regime):
                array.setflags(write=False)
            found[step.quantity] = Absent(value, status, regime)
    return found


def _without(variant: Variant, found: Mapping[str, Absent], still: Mapping[str, Codes]) -> bool:
    """Return whether a function holds for no row, or needs what is nowhere to be had."""
    if variant.rows is not None and not len(variant.rows):
        return True
    return any(
        not optional and (name in found or (name in still and bool((still[name] == MISSING_INPUT).all())))
        for name, _, optional in variant.gathers
    )
