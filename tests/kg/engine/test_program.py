"""A program gives what the careful run gives: the same numbers, statuses, reach and limits, on the whole bundled graph."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.arithmetic import is_plain
from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.engine import Engine
from downstack.engine.plan import Plan
from downstack.engine.program import Program, evaluate, evaluate_change
from downstack.engine.run import BASE_AND_SCENARIO, Outcome, place_interventions, run
from downstack.engine.sampling import sampled_plan
from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array, FunctionRegistry, performance_function

from .alike import assert_close, assert_equal
from .toy import toy_knowledge, toy_registry

WHERE = (
    {"model": "llama-3.1-70b"},
    {"model": "deepseek-v3"},
    {"model": "gpt-oss-120b"},
    {"offering": "aws-p5-48xlarge"},
    {},
)


def assert_same(plan: Plan, found: Outcome, expected: Outcome) -> None:
    for step in plan.steps:
        name = step.quantity
        assert_close(found.values[name], expected.values[name], name, 1e-13)
        assert_equal(found.status[name], expected.status[name], name)
        assert_equal(found.touched[name], expected.touched[name], name)
        assert (name in found.regimes) == (name in expected.regimes), name
        if name in expected.regimes:
            assert_equal(found.regimes[name], expected.regimes[name], name)
        assert (name in found.formula) == (name in expected.formula), name
        if name in expected.formula:
            assert_close(found.formula[name], expected.formula[name], name, 1e-13)


def plan_of(kg: KnowledgeGraph, where: dict[str, str]) -> Plan:
    selected = {
        role: frozenset({kg.engine.columns().tables[role].position[kg.resolve(name).id]})
        for role, name in where.items()
    }
    return kg.engine.plan([name for name in kg.engine.schema.order if name in kg.engine.schema.producers], selected)


@pytest.fixture(scope="module")
def careful(bundled: KnowledgeGraph) -> list[Outcome]:
    """The careful run of each plan without changes, which every case begins with."""
    return [run(plan_of(bundled, where)) for where in WHERE[:3]]


@pytest.mark.parametrize("where", WHERE, ids=str)
def test_t16_a_program_of_all_formulas_equals_the_careful_run(bundled: KnowledgeGraph, where: dict[str, str]) -> None:
    plan = plan_of(bundled, where)
    assert_same(plan, evaluate(plan), run(plan))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_t16_any_change_of_any_fact_gives_what_the_careful_run_gives(
    bundled: KnowledgeGraph, careful: list[Outcome], data: st.DataObject
) -> None:
    engine = bundled.engine
    where = data.draw(st.sampled_from(range(len(careful))))
    plan, before = plan_of(bundled, WHERE[where]), careful[where]
    base = engine.evaluate(plan).outcome
    single = [step for step in plan.steps if len(step.key) == 1]
    changes = []
    for place in data.draw(st.lists(st.integers(0, len(single) - 1), min_size=1, max_size=4, unique=True)):
        role = single[place].key[0]
        entity = data.draw(st.sampled_from(engine.columns().tables[role].ids))
        op, amount = data.draw(
            st.one_of(
                st.tuples(st.just(ChangeOp.SCALE), st.floats(1e-3, 1e3)),
                st.tuples(st.just(ChangeOp.SET), st.floats(1e-3, 1e12)),
                st.tuples(st.just(ChangeOp.ADD), st.floats(0.0, 1e9)),
            )
        )
        changes.append(Intervention(entity, engine.knowledge.quantities[single[place].quantity], op, amount))
    cells = place_interventions(plan, changes)
    moving = engine.schema.descendants(cells)
    for along in (BASE_AND_SCENARIO, np.linspace(0.0, 1.0, 5)):
        found = evaluate_change(plan, base, moving, cells, along)
        assert_same(plan, found, run(plan, cells, along, before, moving, reference=before))


def test_samples_through_a_program_equal_those_of_the_careful_run(bundled: KnowledgeGraph) -> None:
    plan = sampled_plan(plan_of(bundled, WHERE[0]), 50)
    change = Intervention("nvidia-h200-sxm", bundled.quantity("memory_bandwidth"), ChangeOp.SCALE, 1.4)
    base, cells = run(plan), place_interventions(plan, [change])
    moving = bundled.engine.schema.descendants(cells)
    assert_same(plan, evaluate(plan), base)
    found = Program(plan, evaluate(plan), moving).run(cells, np.ones(1))
    assert_same(plan, found, run(plan, cells, np.ones(1), base, moving, reference=base))


def test_a_change_below_zero_is_refused_by_a_program_too() -> None:
    engine = Engine(toy_knowledge(), toy_registry())
    plan = engine.plan(["toy_cost"], {})
    change = Intervention("toy-chip-a", engine.knowledge.quantities["toy_bandwidth"], ChangeOp.ADD, -1e15)
    with pytest.raises(UserInputError, match="would become negative"):
        engine.evaluate(plan, (change,))


def test_a_program_that_often_meets_a_number_that_is_not_finite_still_gives_the_same() -> None:
    registry = FunctionRegistry()

    @performance_function(formula="1/(size - 1e9)", citation="made up", returns="toy_bytes", registry=registry)
    def toy_hole(toy_size: Annotated[Array, "1"]) -> Annotated[Array, "byte"]:
        return 1.0 / (toy_size - toy_size)

    engine = Engine(toy_knowledge(), registry)
    plan = engine.plan(["toy_bytes"], {})
    program = Program(plan)
    for _ in range(5):
        assert_same(plan, program.run(), run(plan))


def quiet(a: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.log(a)


def infinite(a: Array) -> Array:
    return np.where(a > 1.0, a, np.inf)


def sums(a: Array) -> Array:
    return a / a.sum()


def calls(a: Array) -> Array:
    return quiet(a) * 2.0


def sound(a: Array, b: Array) -> Array:
    return np.maximum(a * 2.0 / b, np.sqrt(a)) + np.where(a > b, a, b)


@pytest.mark.parametrize(
    ("function", "expected"), [(quiet, False), (infinite, False), (sums, False), (calls, False), (sound, True)]
)
def test_only_arithmetic_that_flags_speak_for_is_plain(function: object, expected: bool) -> None:
    assert is_plain(function) is expected  # type: ignore[arg-type]  # any of them is a formula
