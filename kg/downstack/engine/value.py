"""How much a quantity is, for every combination that matches."""

from __future__ import annotations

from downstack.engine.engine import Engine, Evaluation
from downstack.engine.loop_words import feedback_behind
from downstack.engine.regimes import regime_of
from downstack.engine.trace import STATUS, Tracer
from downstack.errors import UserInputError
from downstack.graph.display import shown
from downstack.results import ValueReport, ValueRow

MAX_VALUES = 20_000
"""Rows of one answer; a wider question is refused with the filter to add."""


def value_report(engine: Engine, quantity: str, selected: dict[str, frozenset[int]], as_of: str | None) -> ValueReport:
    """Evaluate one quantity under a filter."""
    plan = engine.plan((quantity,), selected, as_of)
    step = plan.by_quantity[quantity]
    if step.rows > MAX_VALUES:
        raise UserInputError(
            f"{quantity} has {step.rows} combinations, more than the {MAX_VALUES} of one answer",
            field="where",
            hint=f"narrow one of {', '.join(step.key)}",
        )
    evaluation = engine.base(plan)
    tracer = evaluation.tracer(engine.knowledge, 0)
    kind = engine.knowledge.quantities[quantity]
    return ValueReport(
        graph_version=engine.knowledge.version,
        quantity=kind,
        unit=kind.display_unit,
        rows=tuple(_row(engine, evaluation, tracer, quantity, row, as_of) for row in range(step.rows)),
        as_of=plan.binding.columns.on,
    )


def _row(
    engine: Engine, evaluation: Evaluation, tracer: Tracer, quantity: str, row: int, as_of: str | None
) -> ValueRow:
    kind = engine.knowledge.quantities[quantity]
    value = evaluation.outcome.value(quantity, row, 0)
    code = evaluation.outcome.code(quantity, row, 0)
    return ValueRow(
        key=evaluation.plan.binding.key(evaluation.plan.by_quantity[quantity].key, row),
        value=shown(kind, value),
        unit=kind.display_unit,
        status=STATUS[code],
        reason=None if code == 0 else tracer.trace(quantity, row).reason,
        _trace=lambda: tracer.trace(quantity, row),
        _regime=lambda: regime_of(engine, evaluation, (), quantity, row, as_of),
        _loops=lambda: feedback_behind(evaluation.plan, evaluation.outcome, quantity, row, 0, evaluation.cells),
    )
