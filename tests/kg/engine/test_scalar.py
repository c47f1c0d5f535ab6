"""Plain numbers give what the careful run on arrays gives: numbers, statuses, limits, and traces down to the facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.function_error import with_sampled_errors
from downstack.engine.plan import Plan
from downstack.engine.program import evaluate, evaluate_change
from downstack.engine.run import BASE_AND_SCENARIO, Cell, Outcome, place_interventions, run
from downstack.engine.scalar import RUNS
from downstack.engine.scalar_formula import on_numbers
from downstack.engine.scalar_outcome import ScalarOutcome
from downstack.engine.scalar_program import ROUNDING, compile_scalar, is_single
from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.performance import REGISTRY
from downstack.performance.declare import Array, FunctionRegistry, performance_function
from downstack.results import Trace

from .alike import assert_close, assert_equal
from .toy import toy_knowledge, toy_registry

Cells = dict[str, tuple[Cell, ...]]
SERVED = {"model": "llama-3.1-70b", "workload": "azure-2023-conv", "framework": "vllm", "offering": "aws-p5-48xlarge"}
AMOUNTS = {
    ChangeOp.SCALE: st.floats(1e-2, 1e2),
    ChangeOp.PERCENT: st.floats(0.5, 1.5),
    ChangeOp.SET: st.one_of(st.integers(0, 16).map(float), st.floats(1e-3, 1e12)),
    ChangeOp.ADD: st.floats(0.0, 1e9),
}


def assert_same(plan: Plan, found: Outcome, expected: Outcome) -> None:
    nowhere = np.array([[-1]], dtype=np.int8)
    for step in plan.steps:
        name = step.quantity
        assert_close(found.values[name], expected.values[name], name, ROUNDING)
        assert_equal(found.status[name], expected.status[name], name)
        assert_equal(found.touched[name], expected.touched[name], name)
        # A limit that binds nowhere may be left out.
        assert_equal(found.regimes.get(name, nowhere), expected.regimes.get(name, nowhere), name)
        assert (name in found.formula) == (name in expected.formula), name
        if name in expected.formula:
            assert_close(found.formula[name], expected.formula[name], name, ROUNDING)


def pairs(left: Trace, right: Trace) -> Iterator[tuple[Trace, Trace]]:
    """Walk two traces side by side; a step that several others read comes once."""
    seen, waiting = set(), [(left, right)]
    while waiting:
        first, second = waiting.pop()
        if (id(first), id(second)) not in seen:
            seen.add((id(first), id(second)))
            yield first, second
            waiting += zip(first.inputs, second.inputs, strict=True)


def assert_same_trace(left: Trace, right: Trace) -> None:
    for found, expected in pairs(left, right):
        where = expected.quantity.id
        assert (found.quantity, found.key, found.unit, found.status) == (
            expected.quantity,
            expected.key,
            expected.unit,
            expected.status,
        ), where
        assert found.function is expected.function, where
        assert found.own_facts == expected.own_facts, where
        assert (found.reason, found.intervention) == (expected.reason, expected.intervention), where
        for shown, meant in ((found.value, expected.value), (found.formula_value, expected.formula_value)):
            assert (shown is None) == (meant is None), where
            assert shown is None or shown == pytest.approx(meant, rel=ROUNDING, abs=0.0), where


def free_targets(engine: Engine) -> list[str]:
    """Return all that formulas compute and that no feedback loop reaches."""
    looped = engine.schema.descendants([name for loop in engine.schema.loops for name in loop.members])
    return [name for name in engine.schema.order if name in engine.schema.producers and name not in looped]


def one_of_each(engine: Engine, data: st.DataObject) -> dict[str, frozenset[int]]:
    """Draw one entity for every free role."""
    tables = engine.columns().tables
    return {
        role: frozenset({data.draw(st.integers(0, len(table.ids) - 1), label=role)})
        for role, table in tables.items()
        if table.role.reached_from is None and table.ids
    }


def changes(plan: Plan, engine: Engine, data: st.DataObject, kinds: list[tuple[str, ChangeOp]]) -> Cells:
    """Draw how far some quantities are changed."""
    found = []
    for quantity, op in kinds:
        role = plan.by_quantity[quantity].key[0]
        entity = engine.columns().tables[role].ids[int(plan.binding.lists[role][0])]
        amount = data.draw(AMOUNTS[op], label=quantity)
        found.append(Intervention(entity, engine.knowledge.quantities[quantity], op, amount))
    return place_interventions(plan, found)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_combination_gives_on_plain_numbers_what_the_careful_run_gives(
    bundled: KnowledgeGraph, data: st.DataObject
) -> None:
    engine = bundled.engine
    plan = engine.plan(free_targets(engine), one_of_each(engine, data))
    assert is_single(plan)
    careful = run(plan)
    computed = frozenset(step.quantity for step in plan.steps if step.variants)
    program = compile_scalar(plan, computed, {}, careful, None)
    found = None if program is None else program.run({})
    assert found is not None
    assert_same(plan, found, careful)
    targets = data.draw(st.lists(st.sampled_from(sorted(computed)), min_size=4, max_size=4))
    tracers = [Evaluation(plan, outcome, {}).tracer(engine.knowledge, 0) for outcome in (found, careful)]
    for target in targets:
        if plan.by_quantity[target].rows:
            assert_same_trace(*(tracer.trace(target, 0) for tracer in tracers))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_t16_any_change_of_any_facts_gives_on_plain_numbers_what_the_careful_run_gives(
    bundled: KnowledgeGraph, data: st.DataObject
) -> None:
    engine = bundled.engine
    plan = engine.plan(free_targets(engine), one_of_each(engine, data))
    single = [step.quantity for step in plan.steps if len(step.key) == 1 and step.rows]
    names = data.draw(st.lists(st.sampled_from(single), min_size=1, max_size=4, unique=True))
    kinds = [(name, data.draw(st.sampled_from(list(ChangeOp)))) for name in names]
    base, cells = run(plan), changes(plan, engine, data, kinds)
    moving = engine.schema.descendants(cells)
    program = compile_scalar(plan, moving, cells, evaluate_change(plan, base, moving, cells, BASE_AND_SCENARIO), base)
    # Where arrays hold no number plain arithmetic may refuse: then the run with care answers.
    for _ in range(3 if program is not None else 0):
        asked = changes(plan, engine, data, kinds)
        found = program.run(asked)  # type: ignore[union-attr]
        if found is None:
            continue
        careful = run(plan, asked, BASE_AND_SCENARIO, base, moving, reference=base)
        assert_same(plan, found, careful)
        targets = data.draw(st.lists(st.sampled_from(sorted(moving & plan.by_quantity.keys())), max_size=3))
        for column in (0, 1):
            tracers = [Evaluation(plan, run, asked).tracer(engine.knowledge, column) for run in (found, careful)]
            for target in targets:
                if plan.by_quantity[target].rows:
                    assert_same_trace(*(tracer.trace(target, 0) for tracer in tracers))


def test_deployments_that_are_asked_about_run_on_plain_numbers(bundled: KnowledgeGraph) -> None:
    """Of the models of the bundled graph with an architecture, on every offering: none is left to the slow way."""
    engine = bundled.engine
    tables = engine.columns().tables
    refused = []
    for model in ("llama-3.1-70b", "deepseek-v3", "mixtral-8x7b", "gpt-oss-120b"):
        for offering, place in tables["offering"].position.items():
            selected = {"offering": frozenset({place})} | {
                role: frozenset({tables[role].position[slug]})
                for role, slug in (("model", model), ("workload", "azure-2023-conv"), ("framework", "vllm"))
            }
            plan = engine.plan(["time_per_output_token", "cost_per_million_output_tokens"], selected)
            computed = frozenset(step.quantity for step in plan.steps if step.variants)
            program = compile_scalar(plan, computed, {}, run(plan), None)
            if program is None or program.run({}) is None:
                refused.append((model, offering))
    assert refused == []


def test_a_question_that_comes_again_goes_on_plain_numbers_and_its_answer_stays_the_same(
    bundled: KnowledgeGraph,
) -> None:
    engine = bundled.engine
    tables = engine.columns().tables
    where = {
        "model": "llama-3.1-70b",
        "workload": "azure-2023-conv",
        "framework": "vllm",
        "offering": "aws-p5-48xlarge",
    }
    plan = engine.plan(
        ["time_per_output_token"], {role: frozenset({tables[role].position[slug]}) for role, slug in where.items()}
    )
    bandwidth = engine.knowledge.quantities["memory_bandwidth"]
    change = (Intervention("nvidia-h100-sxm", bandwidth, ChangeOp.SCALE, 1.4),)
    asked = [engine.evaluate(plan, change) for _ in range(RUNS + 3)]
    assert isinstance(asked[-1].outcome, ScalarOutcome)
    assert not isinstance(asked[0].outcome, ScalarOutcome)
    assert_same(plan, asked[-1].outcome, asked[0].outcome)
    left, right = (item.tracer(engine.knowledge, 1).trace("time_per_output_token", 0) for item in (asked[-1], asked[0]))
    assert_same_trace(left, right)
    assert left.facts == right.facts
    assert left == right
    question = {"nvidia-h100-sxm.memory_bandwidth": "x1.4"}
    effects = [bundled.impact(question, ["time_per_output_token"], SERVED).effects[0] for _ in range(RUNS + 3)]
    assert {(item.base, item.scenario, item.status, str(item.regime)) for item in effects} == {
        (effects[0].base, effects[0].scenario, effects[0].status, str(effects[0].regime))
    }


def test_what_is_below_a_number_is_read_off_and_not_computed_again() -> None:
    calls: list[str] = []
    registry = FunctionRegistry()

    def noted(name: str) -> None:
        calls.append(name)

    @performance_function(formula="2 size", citation="made up", returns="toy_bytes", registry=registry)
    def toy_twice(toy_size: Annotated[Array, "1"]) -> Annotated[Array, "byte"]:
        noted("toy_twice")
        return 2.0 * toy_size

    @performance_function(formula="bytes x price", citation="made up", returns="toy_cost", registry=registry)
    def toy_paid(toy_bytes: Annotated[Array, "byte"], toy_price: Annotated[Array, "USD/s"]) -> Annotated[Array, "USD"]:
        noted("toy_paid")
        return toy_bytes * toy_price * 1.0

    engine = Engine(toy_knowledge(), registry)
    plan = engine.plan(["toy_cost"], {"model": frozenset({0}), "offering": frozenset({0})})
    change = (Intervention("toy-model-1", engine.knowledge.quantities["toy_size"], ChangeOp.SCALE, 2.0),)
    evaluation = [engine.evaluate(plan, change) for _ in range(RUNS + 1)][-1]
    assert isinstance(evaluation.outcome, ScalarOutcome)
    calls.clear()
    steps = list(evaluation.tracer(engine.knowledge, 1).trace("toy_cost", 0).walk())
    assert [step.quantity.id for step in steps] == ["toy_cost", "toy_bytes", "toy_size", "toy_price"]
    assert [step.value for step in steps][1:3] == [160e9, 80e9]
    assert calls == []


def test_a_change_below_zero_is_refused_on_plain_numbers_too() -> None:
    engine = Engine(toy_knowledge(), toy_registry())
    plan = engine.plan(["toy_cost"], {"model": frozenset({0}), "offering": frozenset({0})})
    bandwidth = engine.knowledge.quantities["toy_bandwidth"]
    change = (Intervention("toy-chip-a", bandwidth, ChangeOp.ADD, 1e9),)
    found = [engine.evaluate(plan, change) for _ in range(RUNS + 1)][-1]
    assert isinstance(found.outcome, ScalarOutcome)
    with pytest.raises(UserInputError, match="would become negative"):
        engine.evaluate(plan, (Intervention("toy-chip-a", bandwidth, ChangeOp.ADD, -1e15),))


def test_a_number_that_is_not_finite_is_left_to_the_run_with_care() -> None:
    registry = FunctionRegistry()

    @performance_function(formula="1/(4 - size)", citation="made up", returns="toy_bytes", registry=registry)
    def toy_hole(toy_size: Annotated[Array, "1"]) -> Annotated[Array, "byte"]:
        return 1.0 / (4.0 - toy_size)

    engine = Engine(toy_knowledge(), registry)
    plan = engine.plan(["toy_bytes"], {"model": frozenset({0})})
    size = engine.knowledge.quantities["toy_size"]
    for amount in (*range(5, RUNS + 6), 4, 3):
        found = engine.evaluate(plan, (Intervention("toy-model-1", size, ChangeOp.SET, float(amount)),)).outcome
        expected = np.nan if amount == 4 else 1.0 / (4.0 - amount)
        np.testing.assert_equal(found.value("toy_bytes", 0, 1), expected)
        assert found.code("toy_bytes", 0, 1) == (3 if amount == 4 else 0)


def test_a_formula_that_errs_from_sample_to_sample_stays_on_arrays(bundled: KnowledgeGraph) -> None:
    engine = bundled.engine
    selected = {role: frozenset({engine.columns().tables[role].position[slug]}) for role, slug in SERVED.items()}
    plan = engine.plan(["time_per_output_token"], selected)
    erring = plan.with_steps(with_sampled_errors(plan, step, 8, 0, slice(None)) for step in plan.steps)
    assert is_single(erring)
    found = [evaluate(erring) for _ in range(RUNS + 1)][-1]
    assert found.values["time_per_output_token"].shape == (1, 8)
    assert_same(erring, found, run(erring))


def chooses(a: Array, b: Array) -> Array:
    share: Array = np.where(np.isnan(b) | ~(a > 2.0), -a, np.maximum(a, 0.5 * b) ** 2.0)
    return share + np.sqrt(np.abs(a))


def halves(a: Array, b: Array, *, by: float) -> Array:
    return chooses(a, b=b) / by


def walks(a: Array, b: Array) -> Array:
    for _ in range(3):
        a = a * b
    return a


@pytest.mark.parametrize(("formula", "constants"), [(chooses, {}), (halves, {"by": 3.0}), (walks, {})])
@pytest.mark.parametrize("numbers", [(3.0, 4.0), (1.0, 4.0), (3.0, np.nan), (2.5, 7.25)])
def test_a_formula_gives_on_plain_numbers_what_it_gives_on_arrays(
    formula: object, constants: dict[str, float], numbers: tuple[float, float]
) -> None:
    made = on_numbers(formula, ("a", "b"), constants)  # type: ignore[arg-type]  # any of them is a formula
    expected = formula(*(np.array([number]) for number in numbers), **constants)  # type: ignore[operator]
    np.testing.assert_equal(made(*numbers), expected.item())


def test_every_worked_example_holds_on_plain_numbers() -> None:
    for function in REGISTRY:
        constants = {name: item.value for name, item in function.constants.items()}
        made = on_numbers(function.implementation, function.input_names, constants)
        for example in function.examples:
            found = made(*[example.inputs.get(name, np.nan) for name in function.input_names])
            assert found == pytest.approx(example.expected, rel=example.relative_tolerance), function.name
