"""Which combinations of a question have a number at all: only these are worth drawing thousands of samples for.

A framework without constants, a model without an architecture or an offering without a size leaves whole stretches of
combinations without a number. They stay in the answer, with their reason; what is drawn is narrowed to the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from downstack.engine.engine import Engine, Evaluation
from downstack.engine.plan import Plan


def live_plan(
    engine: Engine,
    evaluation: Evaluation,
    targets: Iterable[str],
    selected: Mapping[str, frozenset[int]],
    as_of: str | None,
) -> Plan:
    """Return a plan over the entities that some combination with a number has; the evaluation's own where that is all.

    Parameters
    ----------
    engine, evaluation
        The engine, and the base and scenario of the question.
    targets
        What is asked.
    selected
        The filter of the evaluation's plan.
    as_of
        The date of the question.
    """
    plan, wanted = evaluation.plan, tuple(targets)
    alive: dict[str, set[int]] = {}
    for target in wanted:
        key, value = plan.by_quantity[target].key, evaluation.outcome.values[target]
        rows = np.flatnonzero(np.isfinite(value).any(axis=1) & evaluation.outcome.touched[target])
        for role in key:
            alive.setdefault(role, set()).update(np.unique(plan.binding.positions(key, role)[rows]).tolist())
    if not all(alive.values()) or all(len(found) == len(plan.binding.lists[role]) for role, found in alive.items()):
        return plan
    return engine.plan(wanted, {**selected, **{role: frozenset(found) for role, found in alive.items()}}, as_of)
