"""Samples are drawn only where there is a number, and the bands are those that drawing everywhere gives."""

from __future__ import annotations

from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.live import live_plan
from downstack.engine.uncertainty import bands
from downstack.kg import KnowledgeGraph

TARGETS = ("decode_tokens_per_second", "cost_per_million_output_tokens")


def test_bands_of_the_combinations_with_a_number_are_those_of_the_whole_question(bundled: KnowledgeGraph) -> None:
    engine = bundled.engine
    selected = {"model": frozenset({engine.columns().tables["model"].position["llama-3.1-70b"]})}
    change = (Intervention("nvidia-h200-sxm", bundled.quantity("memory_bandwidth"), ChangeOp.SCALE, 1.4),)
    reached = engine.within_reach(change, selected)
    plan = engine.plan(TARGETS, reached)
    evaluation = engine.evaluate(plan, change)
    live = live_plan(engine, evaluation, TARGETS, reached, None)
    everywhere, narrowed = bands(engine, plan, change, TARGETS, 200), bands(engine, live, change, TARGETS, 200)
    narrowed = narrowed.over(plan, live)
    for target in TARGETS:
        step = plan.by_quantity[target]
        assert live.by_quantity[target].rows < step.rows
        found = [narrowed.band(target, row) for row in range(step.rows)]
        assert found == [everywhere.band(target, row) for row in range(step.rows)]
        assert any(item is not None for item in found)


def test_a_question_without_any_number_is_not_narrowed(bundled: KnowledgeGraph) -> None:
    report = bundled.impact(
        {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}, targets=list(TARGETS), where={"model": "gpt-5"}, samples=50
    )
    assert all(item.band is None for item in report.effects)
