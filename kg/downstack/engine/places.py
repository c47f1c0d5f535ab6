"""Which function stands behind one row of a step, and which rows it reads."""

from __future__ import annotations

import numpy as np

from downstack.engine.plan import Step, Variant


def variant_row(variant: Variant, row: int) -> int | None:
    """Return the row of a variant that stands for a row of its step, or None when it does not apply there."""
    if variant.rows is None:
        return row
    place = int(np.searchsorted(variant.rows, row))
    return place if place < len(variant.rows) and variant.rows[place] == row else None


def variant_at(step: Step, row: int) -> tuple[Variant, tuple[tuple[str, int], ...]] | None:
    """Return the function that applies to a row, and the quantities and rows it reads, -1 where a link is missing."""
    for variant in step.variants:
        place = variant_row(variant, row)
        if place is not None:
            reads = ((name, place if index is None else int(index[place])) for name, index, _ in variant.gathers)
            return variant, tuple(reads)
    return None
