"""What binds a number, before and after a change, and the change at which another limit takes over."""

from __future__ import annotations

from collections import deque

import numpy as np

from downstack.engine.changes import Intervention
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.places import variant_at
from downstack.engine.plan import Plan, Step
from downstack.results import Regime

GRID = 65
"""Points on the way from base to scenario at which the regime is looked at; a limit that binds only between two
neighbouring points is not seen."""
ROUNDS = 2
"""Refinements of the bracket: the switch is found to 1/64 to the power of this."""


def regime_of(
    engine: Engine,
    evaluation: Evaluation,
    changes: tuple[Intervention, ...],
    quantity: str,
    row: int,
    as_of: str | None,
) -> Regime | None:
    """Return the regime that a number depends on: the nearest upstream that switches, else the nearest."""
    found: list[tuple[str, int, Regime]] = []
    for name, place in _upstream(evaluation.plan, quantity, row):
        regime = _read(evaluation, name, place)
        if regime is not None:
            found.append((name, place, regime))
    if not found:
        return None
    name, place, regime = next((item for item in found if item[2].switches), found[0])
    if not regime.switches or not changes:
        return regime
    return Regime(
        regime.quantity, regime.base, regime.scenario, _switch(engine, evaluation, changes, name, place, as_of)
    )


def _upstream(plan: Plan, quantity: str, row: int) -> list[tuple[str, int]]:
    """Return a number and all that it is computed from, nearest first."""
    seen = {(quantity, row)}
    order = []
    waiting = deque([(quantity, row)])
    while waiting:
        name, place = waiting.popleft()
        order.append((name, place))
        for item in _inputs(plan.by_quantity[name], place):
            if item not in seen:
                seen.add(item)
                waiting.append(item)
    return order


def _inputs(step: Step, row: int) -> list[tuple[str, int]]:
    found = variant_at(step, row)
    return [] if found is None else [item for item in found[1] if item[1] >= 0]


def _names(step: Step, row: int) -> tuple[str, ...] | None:
    found = variant_at(step, row)
    regimes = None if found is None else found[0].function.regimes
    return None if regimes is None else regimes.names


def _read(evaluation: Evaluation, quantity: str, row: int) -> Regime | None:
    codes = evaluation.outcome.regimes.get(quantity)
    names = _names(evaluation.plan.by_quantity[quantity], row)
    if codes is None or names is None:
        return None
    first, last = int(codes[row, 0]), int(codes[row, -1])
    base = names[first] if first >= 0 else None
    scenario = names[last] if last >= 0 else None
    return None if base is None and scenario is None else Regime(quantity, base, scenario, None)


def _switch(
    engine: Engine,
    evaluation: Evaluation,
    changes: tuple[Intervention, ...],
    quantity: str,
    row: int,
    as_of: str | None,
) -> str | None:
    """Find the smallest fraction of the change at which the base's regime no longer binds, on this row alone."""
    binding = evaluation.plan.binding
    columns = binding.columns
    roles = dict(binding.entities(evaluation.plan.by_quantity[quantity].key, row))
    selected = {role: frozenset({columns.tables[role].position[slug]}) for role, slug in roles.items()}
    plan = engine.plan((quantity,), selected, as_of)
    base = engine.base(plan)
    low, high = 0.0, 1.0
    for _ in range(ROUNDS):
        grid = np.linspace(low, high, GRID)
        codes = engine.evaluate(plan, changes, grid, base).outcome.regimes[quantity][0]
        if len(codes) != GRID:
            return None
        first = int(np.argmax(codes != codes[0]))
        if first == 0:
            return None
        low, high = float(grid[first - 1]), float(grid[first])
    said = []
    point = engine.evaluate(plan, changes, np.array([0.0, high]), base).outcome
    for item in changes:
        value = point.values.get(item.quantity.id)
        if value is None or value.shape[1] == 1:
            continue
        said.append(item.describe(float(value[0, 0]), float(value[0, 1])))
    return ", ".join(said) or None
