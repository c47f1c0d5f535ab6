"""In which samples another limit binds after a change: in a number itself, or on the way to it."""

from __future__ import annotations

import numpy as np

from downstack.engine.bind import Mask
from downstack.engine.plan import Plan
from downstack.engine.run import Outcome


def switches(plan: Plan, base: Outcome, scenario: Outcome) -> tuple[dict[str, Mask], dict[str, Mask]]:
    """Return, per quantity, where something else binds in it or on the way to it, and which rows have a limit at all."""
    other: dict[str, Mask] = {}
    limited: dict[str, Mask] = {}
    for name in (name for loop in plan.loops for name in loop.members):
        count = plan.by_quantity[name].rows
        other[name], limited[name] = np.zeros((count, 1), dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    # Round a loop once more for every tear, so that each member has heard of all others.
    rounds = 1 + max((len(loop.tears) for loop in plan.loops), default=0)
    for step in plan.steps * rounds:
        before, after = base.regimes.get(step.quantity), scenario.regimes.get(step.quantity)
        switched: Mask = np.zeros((step.rows, 1), dtype=np.bool_)
        limit: Mask = np.zeros(step.rows, dtype=np.bool_)
        if before is not None and after is not None:
            switched = (before != after) & (before >= 0) & (after >= 0)
            limit = np.asarray(((before >= 0) | (after >= 0)).any(axis=1))
        for variant in step.variants:
            rows = np.arange(step.rows) if variant.rows is None else variant.rows
            for name, index, _ in variant.gathers:
                if not len(limited[name]) or not bool(limited[name].any()):
                    continue
                places = rows if index is None else index
                reached = (places >= 0) & limited[name][places]
                limit[rows[reached]] = True
                if bool(other[name].any()):
                    grown = np.broadcast_to(
                        switched, np.broadcast_shapes(switched.shape, (step.rows, other[name].shape[1]))
                    )
                    switched = grown.copy()
                    switched[rows[reached]] |= other[name][places[reached]]
        other[step.quantity], limited[step.quantity] = switched, limit
    return other, limited
