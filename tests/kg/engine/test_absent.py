"""What is missing in every row is found out once, and the numbers, statuses and limits are those of a run with care."""

from __future__ import annotations

import numpy as np
import pytest

from downstack.engine.absent import absent
from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.codes import MISSING_INPUT
from downstack.engine.engine import Engine
from downstack.engine.plan import Plan
from downstack.engine.program import evaluate
from downstack.engine.run import BASE_AND_SCENARIO, Outcome, place_interventions, run, stated
from downstack.kg import KnowledgeGraph

TARGETS = ("time_per_output_token", "time_to_first_token", "concurrency_by_latency", "memory_in_use")


@pytest.fixture(scope="module")
def engine(bundled: KnowledgeGraph) -> Engine:
    return bundled.engine


def plan_of(engine: Engine, *models: str) -> Plan:
    position = engine.columns().tables["model"].position
    return engine.plan(TARGETS, {"model": frozenset(position[name] for name in models)})


def same(found: Outcome, expected: Outcome, plan: Plan) -> None:
    for step in plan.steps:
        name = step.quantity
        for left, right in ((found.values, expected.values), (found.status, expected.status)):
            one, other = np.broadcast_arrays(left[name], right[name])
            np.testing.assert_array_equal(one, other, err_msg=name)
        if name in expected.regimes:
            one, other = np.broadcast_arrays(found.regimes[name], expected.regimes[name])
            np.testing.assert_array_equal(one, other, err_msg=name)


@pytest.mark.parametrize("models", [("llama-3.1-70b",), ("mixtral-8x7b",), ("llama-3.1-70b", "deepseek-v3")])
def test_a_plan_gives_what_a_run_with_care_gives(engine: Engine, models: tuple[str, ...]) -> None:
    plan = plan_of(engine, *models)
    same(evaluate(plan), run(plan), plan)


@pytest.mark.parametrize(
    ("entity", "quantity", "amount"),
    [
        ("aws-p5-48xlarge", "expert_parallel", 8.0),
        ("aws-p5-48xlarge", "stated_layout", 1.0),
        ("llama-3.1-70b", "expert_parameters", 1e9),
        ("llama-3.1-70b", "routed_experts", 8.0),
        ("llama-3.1-70b", "sliding_window", 512.0),
    ],
)
def test_a_question_that_states_what_is_absent_gets_what_a_run_with_care_gives(
    engine: Engine, entity: str, quantity: str, amount: float
) -> None:
    plan = plan_of(engine, "llama-3.1-70b")
    stated_here = (Intervention(entity, engine.knowledge.quantities[quantity], ChangeOp.SET, amount),)
    cells = place_interventions(plan, stated_here)
    found = engine.evaluate(plan, stated_here).outcome
    same(found, run(plan, cells, BASE_AND_SCENARIO, reference=engine.base(plan).outcome), plan)


def test_experts_are_absent_from_a_dense_model_and_not_from_a_mixture(engine: Engine) -> None:
    for model, expected in (("llama-3.1-70b", True), ("mixtral-8x7b", False)):
        plan = plan_of(engine, model)
        computed = [step for step in plan.steps if step.variants]
        still = {step.quantity: stated(step)[1] for step in plan.steps if not step.variants}
        found = absent(computed, still)
        assert ("expert_weight_read_time" in found) is expected
        assert all((item.status == MISSING_INPUT).all() and np.isnan(item.value).all() for item in found.values())
