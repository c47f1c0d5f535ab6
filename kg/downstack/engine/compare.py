"""Several scenarios side by side: one base, one plan, and every number that any of them reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from downstack.engine.bind import Mask
from downstack.engine.changes import Intervention
from downstack.engine.codes import Codes
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.trace import STATUS
from downstack.errors import UserInputError
from downstack.graph.display import shown
from downstack.performance.declare import Array
from downstack.results import ComparisonCell, ComparisonReport

MAX_SCENARIOS = 100
MAX_CELLS = 20_000
"""Numbers of one answer (rows of all targets); a wider question is refused with the filter to add."""

Column = tuple[Array, Codes, Mask]


def compare(
    engine: Engine,
    scenarios: Mapping[str, tuple[Intervention, ...]],
    targets: Sequence[str],
    selected: dict[str, frozenset[int]],
    as_of: str | None,
) -> ComparisonReport:
    """Evaluate every scenario against the base that they share.

    Every number is the one that the scenario alone gives; a combination is listed when any of them reaches it.

    Raises
    ------
    UserInputError
        If there are no scenarios or too many, no targets, or if the answer would be too long.
    """
    if not scenarios:
        raise UserInputError("there is no scenario", field="scenarios", hint="name at least one, with its changes")
    if len(scenarios) > MAX_SCENARIOS:
        raise UserInputError(
            f"{len(scenarios)} scenarios are more than the {MAX_SCENARIOS} of one answer",
            field="scenarios",
            hint="split them",
        )
    if not targets:
        raise UserInputError("there is no target", field="targets", hint="name at least one quantity")
    everything = tuple(item for changes in scenarios.values() for item in changes)
    plan = engine.plan(targets, engine.within_reach(everything, selected, as_of), as_of)
    base = engine.base(plan)
    columns = [_column(engine.evaluate(plan, changes, base=base), targets) for changes in scenarios.values()]
    cells: list[ComparisonCell] = []
    for target in targets:
        rows = np.flatnonzero(np.logical_or.reduce([column[target][2] for column in columns]))
        if len(cells) + len(rows) > MAX_CELLS:
            raise UserInputError(
                f"the scenarios reach more than the {MAX_CELLS} numbers of one answer",
                field="where",
                hint=f"narrow one of {', '.join(plan.by_quantity[target].key)}",
            )
        cells += [_cell(engine, base, target, int(row), [column[target] for column in columns]) for row in rows]
    return ComparisonReport(engine.knowledge.version, tuple(scenarios), tuple(cells))


def _column(evaluation: Evaluation, targets: Sequence[str]) -> dict[str, Column]:
    """Return the scenario of each target, and the worse status of base and scenario as an effect has it."""
    outcome = evaluation.outcome
    return {
        name: (outcome.values[name][:, -1], outcome.status[name].max(axis=1), outcome.touched[name]) for name in targets
    }


def _cell(engine: Engine, base: Evaluation, target: str, row: int, columns: Sequence[Column]) -> ComparisonCell:
    kind = engine.knowledge.quantities[target]

    before = shown(kind, base.outcome.value(target, row, 0))
    after = [shown(kind, float(values[row])) for values, _, _ in columns]
    return ComparisonCell(
        key=base.plan.binding.key(base.plan.by_quantity[target].key, row),
        quantity=kind,
        unit=kind.display_unit,
        base=before,
        values=tuple(after),
        ratios=tuple(None if not before or value is None else value / before for value in after),
        statuses=tuple(STATUS[int(codes[row])] for _, codes, _ in columns),
    )
