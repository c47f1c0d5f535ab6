"""What a change of a computed quantity does to the formula above it: the answer names every edge that is cut.

Setting a computed quantity is an intervention in the sense of causal models, do(x): its in-edges are cut, and whatever
else the question changes no longer reaches it. Scaling it or adding to it keeps the formula, and moves what it gives. A
quantity that no formula computes for that entity is an input, and nothing needs to be said.

References
----------
.. [1] J. Pearl, "Causality: Models, Reasoning, and Inference", 2nd ed., Cambridge University Press, 2009, section 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from downstack.engine.changes import ChangeOp
from downstack.engine.places import variant_at
from downstack.engine.plan import Plan, Step
from downstack.engine.run import Cell


def cuts(cell: Cell) -> bool:
    """Return whether an intervention replaces the number, so that what it is computed from has no say any more."""
    return cell.intervention.op is ChangeOp.SET


def describe_interventions(plan: Plan, cells: Mapping[str, tuple[Cell, ...]]) -> tuple[str, ...]:
    """Say of each change of a computed quantity whether its formula still has a say."""
    found = []
    for quantity, group in cells.items():
        step = plan.by_quantity[quantity]
        for cell in group:
            here = variant_at(step, cell.row)
            if here is not None:
                found.append(_describe(step, cell, here[0].function.name))
    return tuple(found)


def _describe(step: Step, cell: Cell, function: str) -> str:
    entity, quantity = cell.intervention.entity, step.quantity
    stated = step.fact_first and step.fact_values is not None and not bool(np.isnan(step.fact_values[cell.row]).any())
    if cuts(cell):
        silent = (
            f"neither its formula {function} nor its published value has"
            if stated
            else f"its formula {function} no longer has"
        )
        return f"in-edges of {quantity} for {entity} are cut: {silent} a say"
    base = (
        f"its published value, which the formula {function} moves" if stated else f"what its formula {function} gives"
    )
    return f"in-edges of {quantity} for {entity} are kept: the change is applied to {base}"
