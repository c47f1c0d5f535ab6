"""Several scenarios side by side: one base, one plan, and every number that any of them reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from downstack.deadline import checkpoint
from downstack.engine.bind import Mask
from downstack.engine.changes import Intervention
from downstack.engine.codes import Codes
from downstack.engine.compare_bands import ComparisonBands, comparison_bands
from downstack.engine.coverage import fact_coverage
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.trace import STATUS
from downstack.errors import UserInputError
from downstack.graph.display import in_unit, shown
from downstack.graph.model import QuantityKind
from downstack.performance.declare import Array
from downstack.results import Band, ComparisonCell, ComparisonReport, ScenarioDifference

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
    samples: int = 0,
) -> ComparisonReport:
    """Evaluate every scenario against the base that they share.

    Every number is the one that the scenario alone gives; a combination is listed when any of them reaches it. With
    `samples`, all of them see the same draws of the uncertain facts: what they share cancels in their differences.

    Raises
    ------
    UserInputError
        If there are no scenarios or too many, no targets, or if the answer would be too long or the samples too many.
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
    rows = {
        target: np.flatnonzero(np.logical_or.reduce([column[target][2] for column in columns])) for target in targets
    }
    total = 0
    for target in targets:
        total += len(rows[target])
        if total > MAX_CELLS:
            raise UserInputError(
                f"the scenarios reach more than the {MAX_CELLS} numbers of one answer",
                field="where",
                hint=f"narrow one of {', '.join(plan.by_quantity[target].key)}",
            )
    bands = comparison_bands(engine, plan, tuple(scenarios.values()), rows, samples) if samples else None
    cells = []
    for target in targets:
        for place, row in enumerate(rows[target]):
            checkpoint()
            cell = _cell(engine, base, target, int(row), [column[target] for column in columns])
            cells.append(cell if bands is None else _with_bands(cell, tuple(scenarios), bands, place))
    return ComparisonReport(engine.knowledge.version, tuple(scenarios), tuple(cells), samples)


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
        ratios=tuple(None if before is None or before <= 0.0 or value is None else value / before for value in after),
        statuses=tuple(STATUS[int(codes[row])] for _, codes, _ in columns),
        _coverage=lambda: fact_coverage((base.tracer(engine.knowledge, 0).trace(target, row),)),
    )


def _with_bands(cell: ComparisonCell, names: Sequence[str], bands: ComparisonBands, place: int) -> ComparisonCell:
    target = cell.quantity.id
    differences = []
    for first, second in combinations(range(len(names)), 2):
        band = bands.pairs[target, (first, second)].band(place)
        if band is not None:
            before, after = cell.values[first], cell.values[second]
            change = None if before is None or after is None else after - before
            differences.append(ScenarioDifference(names[first], names[second], change, _shown(cell.quantity, band)))
    return replace(
        cell,
        bands=tuple(bands.ratios[target, index].band(place) for index in range(len(names))),
        differences=tuple(differences),
    )


def _shown(kind: QuantityKind, band: Band) -> Band:
    """Return the band of a difference in the display unit of its quantity."""
    return replace(
        band,
        p10=in_unit(kind, band.p10),
        p50=in_unit(kind, band.p50),
        p90=in_unit(kind, band.p90),
        widest_p10=None if band.widest_p10 is None else in_unit(kind, band.widest_p10),
        widest_p90=None if band.widest_p90 is None else in_unit(kind, band.widest_p90),
    )
