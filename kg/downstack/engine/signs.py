"""Formulas against influences: where both connect two quantities, they must agree in sign.

The number wins in every answer. A formula that moves a quantity against the direction that a source states is a finding
about the data all the same: the formula, the reading of the source, or the condition under which it holds is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.engine import Engine, Evaluation
from downstack.graph.model import Influence
from downstack.results import SignComparison

RISE = 1.01
"""The factor by which the changed quantity of every entity is raised."""
ROUNDING = 1e-12
"""A ratio this close to one is the rounding of formulas that cancel, not a move."""


def compare_signs(engine: Engine, as_of: str | None = None) -> tuple[SignComparison, ...]:
    """Raise what each influence speaks of, everywhere at once, and compare what moves with what is stated."""
    found: list[SignComparison] = []
    columns = engine.columns(as_of)
    for influence in sorted(engine.knowledge.influences, key=lambda item: item.iri):
        changed, affected = influence.changed_kind, influence.affected_kind
        if not _comparable(influence) or changed is None or affected is None or changed not in columns.facts:
            continue
        if affected not in engine.schema.descendants([changed]):
            continue
        kind = engine.knowledge.quantities[changed]
        column = columns.facts[changed]
        stated = [slug for slug, group in zip(columns.tables[column.role].ids, column.facts, strict=True) if group]
        raised = tuple(Intervention(slug, kind, ChangeOp.SCALE, RISE) for slug in stated)
        plan = engine.plan((affected,), {}, as_of)
        found.append(_compare(engine.evaluate(plan, raised, base=engine.base(plan)), influence, affected, rising=True))
    return tuple(found)


def effect_findings(
    engine: Engine,
    evaluation: Evaluation,
    changes: Sequence[Intervention],
    directions: Iterable[str],
    targets: Sequence[str],
) -> tuple[SignComparison, ...]:
    """Return the influences that the effects of a question contradict.

    Only where all changes are of one quantity and in one direction is it known what moved the effects.
    """
    changed, ways = {item.quantity.id for item in changes}, set(directions)
    if len(changed) != 1 or len(ways) != 1 or not ways <= {"+", "-"}:
        return ()
    found = [
        _compare(evaluation, influence, influence.affected_kind, rising="+" in ways)
        for influence in sorted(engine.knowledge.influences, key=lambda item: item.iri)
        if _comparable(influence) and influence.changed_kind in changed and influence.affected_kind in targets
        if influence.affected_kind is not None
    ]
    return tuple(item for item in found if item.disagrees)


def _comparable(influence: Influence) -> bool:
    return influence.sign in ("+", "-") and influence.changed_kind is not None and influence.affected_kind is not None


def _compare(evaluation: Evaluation, influence: Influence, affected: str, *, rising: bool) -> SignComparison:
    outcome = evaluation.outcome
    rows = np.flatnonzero(outcome.touched[affected])
    moves = _moves(outcome.values, affected, rows) * (1 if rising else -1)
    wanted = 1 if influence.sign == "+" else -1
    opposing = rows[moves == -wanted]
    plan = evaluation.plan
    example = str(plan.binding.key(plan.by_quantity[affected].key, int(opposing[0]))) if len(opposing) else None
    return SignComparison(
        influence=influence,
        changed=influence.changed_kind or "",
        affected=affected,
        stated=influence.sign,
        agreeing=int((moves == wanted).sum()),
        opposing=len(opposing),
        still=int((moves == 0).sum()),
        example=example,
    )


def _moves(
    values: Mapping[str, npt.NDArray[np.float64]], quantity: str, rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Return +1, -1 or 0 a row for the way from base to scenario; NaN where one has no number."""
    first, last = values[quantity][rows, 0], values[quantity][rows, -1]
    still = np.abs(last - first) <= ROUNDING * np.maximum(np.abs(first), np.abs(last))
    return np.where(still, 0.0, np.sign(last - first))
