"""How much a quantity is, for every combination that matches."""

from __future__ import annotations

from downstack.deadline import checkpoint
from downstack.engine.coverage import fact_coverage
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.loop_words import feedback_behind
from downstack.engine.regimes import regime_of
from downstack.engine.trace import STATUS, Tracer
from downstack.engine.value_bands import value_bands
from downstack.engine.variance import variance_shares
from downstack.errors import UserInputError
from downstack.graph.display import shown
from downstack.results import Band, ValueReport, ValueRow, VarianceShare

MAX_VALUES = 20_000
"""Rows of one answer; a wider question is refused with the filter to add."""


def value_report(
    engine: Engine, quantity: str, selected: dict[str, frozenset[int]], as_of: str | None, samples: int = 0
) -> ValueReport:
    """Evaluate one quantity under a filter; with `samples`, the uncertain facts are drawn that often.

    Raises
    ------
    UserInputError
        If there are too many combinations, or too many samples for them.
    """
    plan = engine.plan((quantity,), selected, as_of)
    step = plan.by_quantity[quantity]
    if step.rows > MAX_VALUES:
        raise UserInputError(
            f"{quantity} has {step.rows} combinations, more than the {MAX_VALUES} of one answer",
            field="where",
            hint=f"narrow one of {', '.join(step.key)}",
        )
    kind = engine.knowledge.quantities[quantity]
    bands = value_bands(engine, plan, kind, samples) if samples else (None,) * step.rows
    evaluation = engine.base(plan)
    tracer = evaluation.tracer(engine.knowledge, 0)
    return ValueReport(
        graph_version=engine.knowledge.version,
        quantity=kind,
        unit=kind.display_unit,
        rows=tuple(
            _row(engine, evaluation, tracer, quantity, row, as_of, bands[row], samples) for row in range(step.rows)
        ),
        as_of=plan.binding.columns.on,
    )


def _row(
    engine: Engine,
    evaluation: Evaluation,
    tracer: Tracer,
    quantity: str,
    row: int,
    as_of: str | None,
    band: Band | None,
    samples: int,
) -> ValueRow:
    checkpoint()
    kind = engine.knowledge.quantities[quantity]
    value = evaluation.outcome.value(quantity, row, 0)
    code = evaluation.outcome.code(quantity, row, 0)

    def variance() -> tuple[VarianceShare, ...]:
        return () if band is None else variance_shares(engine, evaluation.plan, (), quantity, row, samples)

    return ValueRow(
        key=evaluation.plan.binding.key(evaluation.plan.by_quantity[quantity].key, row),
        value=shown(kind, value),
        unit=kind.display_unit,
        status=STATUS[code],
        reason=None if code == 0 else tracer.trace(quantity, row).reason,
        _trace=lambda: tracer.trace(quantity, row),
        _regime=lambda: regime_of(engine, evaluation, (), quantity, row, as_of),
        _loops=lambda: feedback_behind(evaluation.plan, evaluation.outcome, quantity, row, 0, evaluation.cells),
        _variance=variance,
        _coverage=lambda: fact_coverage((tracer.trace(quantity, row),)),
        band=band,
    )
