"""Feedback loops in the engine: the status of every combination, and never a number that does not settle."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.changes import Change, ChangeOp
from downstack.engine.engine import Engine
from downstack.engine.run import run
from downstack.errors import FunctionError
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array, FunctionRegistry, performance_function
from downstack.results import Effect, FeedbackStatus, Status, ValueRow

from .toy import toy_knowledge
from .toy_loops import LINEAR, Formula, declare, market, vocabulary

EXPECTED = {
    "one": (FeedbackStatus.CONVERGED, 6.0, 0.5),
    "two": (FeedbackStatus.CONVERGED, 300.0, 0.99),
    "three": (FeedbackStatus.DIVERGED, None, None),
    "four": (FeedbackStatus.OSCILLATING, None, -1.5),
}


def rows(kg: KnowledgeGraph, quantity: str) -> dict[str, ValueRow]:
    return {str(row.key): row for row in kg.value(quantity).rows}


def effects(kg: KnowledgeGraph, changes: dict[str, str], target: str) -> dict[str, Effect]:
    return {str(item.key): item for item in kg.impact(changes, targets=[target]).effects}


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("quantity", ["x", "after"])
def test_t06_loops_of_four_gains_end_as_they_must_and_only_two_have_a_number(quantity: str, positive: bool) -> None:
    found = rows(market(LINEAR, positive=positive), quantity)
    for chip, (status, value, gain) in EXPECTED.items():
        row = found[chip]
        (loop,) = row.loops
        assert loop.status is status
        if value is None:
            assert row.value is None
            assert row.status is Status.NOT_CONVERGED
        else:
            assert row.value == pytest.approx(value * (10.0 if quantity == "after" else 1.0), rel=1e-9)
            assert row.status is Status.OK
            assert loop.amplification == pytest.approx(1.0 / (1.0 - gain), rel=1e-4) if gain is not None else False
        if gain is None:
            assert loop.gain is None
        else:
            assert loop.gain == pytest.approx(gain, abs=1e-6)


def test_t06_the_reason_names_the_loop_what_it_does_and_the_status() -> None:
    found = rows(market(LINEAR), "after")
    assert found["four"].reason == ("the loop x -> x has no settled answer: each round overshoots by 1.5 (OSCILLATING)")
    assert found["three"].reason == (
        "the loop x -> x has no settled answer: each round pushes on without end (DIVERGED)"
    )


def test_t06_a_change_can_push_a_loop_over_the_edge_and_leaves_no_number() -> None:
    kg = market(LINEAR)
    (effect,) = kg.impact({"one.gain": "1.2"}, targets=["after"]).effects
    assert effect.base == pytest.approx(60.0, rel=1e-9)
    assert (effect.scenario, effect.ratio, effect.status) == (None, None, Status.NOT_CONVERGED)
    assert effect.reason is not None and effect.reason.startswith("after the change: the loop x -> x has no settled")
    assert effect.attribution is None


BISTABLE: dict[str, Formula] = {
    "x": lambda push, y: 0.05 * push / 3.0 + y**4 / (0.5**4 + y**4),
    "y": lambda x: 1.0 * x,
    "after": lambda x: 10.0 * x,
}


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("start", [0.05, 0.5, 0.9, 2.0])
def test_t07_a_loop_with_two_settled_answers_gives_neither_and_says_so(start: float, positive: bool) -> None:
    kg = market(BISTABLE, positive=positive, x={"start": start})
    row = rows(kg, "after")["one"]
    assert row.value is None
    assert row.status is Status.NOT_CONVERGED
    assert row.loops[0].status is FeedbackStatus.MULTIPLE
    assert row.reason is not None and "where it ends depends on where it starts (MULTIPLE)" in row.reason


def test_t07_where_one_of_the_two_answers_is_pushed_away_the_other_is_given() -> None:
    # x = 0.5 + x^4 / (0.5^4 + x^4) has a single answer near 1.47.
    (effect,) = market(BISTABLE).impact({"one.push": "x10"}, targets=["x"]).effects
    assert effect.base is None
    assert effect.scenario is not None
    assert effect.scenario == pytest.approx(0.5 + effect.scenario**4 / (0.5**4 + effect.scenario**4), rel=1e-9)


THREE: dict[str, Formula] = {
    "x": lambda push, z: push / (1.0 + z),
    "y": lambda x, spare: spare * x,
    "z": lambda y: 0.3 * y,
    "after": lambda y: 2.0 * y,
}
"""x -> y -> z -> x; only the first chip has what y needs."""


def test_the_members_of_a_loop_share_one_key_set_and_one_tear() -> None:
    schema = market(THREE).engine.schema
    (loop,) = schema.loops
    assert set(loop.members) == {"x", "y", "z"}
    assert len(loop.tears) == 1
    assert loop.text == "x -> y -> z -> x"
    assert {schema.keys[name] for name in loop.members} == {("accelerator",)}
    place = schema.order.index(loop.members[0])
    assert schema.order[place : place + 3] == loop.members
    assert schema.order.index("push") < place < schema.order.index("after")


def test_a_loop_that_lacks_an_input_names_it_and_the_row_stays() -> None:
    found = rows(market(THREE), "after")
    assert len(found) == 4
    # x = 3 / (1 + 0.6 x): 0.6 x^2 + x = 3.
    x = (-1.0 + np.sqrt(1.0 + 4.0 * 0.6 * 3.0)) / 1.2
    assert found["one"].value == pytest.approx(4.0 * x, rel=1e-9)
    assert found["two"].status is Status.MISSING_INPUT
    assert found["two"].reason == "no fact for spare of two"


def test_a_trace_unfolds_a_loop_once_to_what_it_reads_from_outside() -> None:
    row = rows(market(THREE), "after")["one"]
    (member,) = row.trace.inputs
    assert member.quantity.id == "y"
    assert {item.quantity.id for item in member.inputs} == {"push", "spare"}
    assert member.loop is not None
    assert {item.returns for item in member.loop.functions} == {"x", "y", "z"}
    assert {fact.quantity for fact in row.trace.facts} == {"push", "spare"}
    assert len(list(row.trace.walk())) == 4


def test_setting_a_member_opens_the_loop_there() -> None:
    effect = effects(market(THREE), {"one.z": "4"}, "after")["one"]
    # x = 3 / 5, y = 1.2.
    assert effect.scenario == pytest.approx(2.4, rel=1e-12)
    (loop,) = effect.loops
    assert loop.held == ("z",)
    assert loop.sentence == "the loop x -> y -> z -> x is open: z held where the question puts it"


@pytest.mark.parametrize("chip", ["three", "four"])
def test_setting_a_member_gives_a_number_to_a_loop_that_does_not_settle(chip: str) -> None:
    effect = effects(market(LINEAR), {f"{chip}.x": "5"}, "after")[chip]
    assert effect.base is None
    assert effect.scenario == pytest.approx(50.0, rel=1e-12)


@pytest.mark.parametrize(("text", "expected"), [("x2", 2.0), ("+40%", 1.4), ("-30%", 0.7)])
def test_a_relative_change_of_a_member_holds_it_at_that_multiple_of_its_base(text: str, expected: float) -> None:
    found = effects(market(THREE), {"one.x": text}, "x")["one"]
    assert found.ratio == pytest.approx(expected, rel=1e-9)
    assert found.trace.intervention == "one.x is changed by the question, which cuts what it is computed from"
    assert found.trace.inputs == ()


def test_a_change_leaves_the_other_loops_as_they_were() -> None:
    report = market(LINEAR).impact({"one.push": "x2"}, targets=["after"])
    assert [str(item.key) for item in report.effects] == ["one"]
    assert report.effects[0].ratio == pytest.approx(2.0, rel=1e-9)
    assert "feedback loops are solved to where they settle" in report.method


PRICED: dict[str, Formula] = {
    "price": lambda push, y: push * (1.0 + 0.1 * y),
    "y": lambda price: 100.0 / price,
    "after": lambda price: 2.0 * price,
}


def test_a_published_member_is_the_base_and_the_formulas_give_the_change() -> None:
    kg = market(PRICED, published=True)
    effect = effects(kg, {"one.push": "x2"}, "price")["one"]
    assert effect.base == 40.0
    # The sheet says 40; the formula says 3 (1 + 0.1 x 2.5) there. Twice the push: p = 40 (2 (1 + 10 / p)) / 1.25.
    p = effect.scenario
    assert p is not None
    assert p == pytest.approx(40.0 * 2.0 * (1.0 + 10.0 / p) / 1.25, rel=1e-9)
    assert effects(kg, {"one.push": "x2"}, "after")["one"].base == 80.0
    assert kg.value("price", entity="one").value == 40.0
    (loop,) = effect.loops
    assert loop.gain == pytest.approx(-40.0 * 2.0 * 10.0 / p**2 / 1.25, rel=1e-4)


def test_a_published_member_stands_even_where_a_change_would_not_settle() -> None:
    formulas = {**PRICED, "price": lambda push, y: push * y**1.5}
    kg = market(formulas, published=True, positive=True)
    assert kg.value("price", entity="one").value == 40.0
    effect = effects(kg, {"one.push": "x2"}, "after")["one"]
    assert effect.base == 80.0
    assert effect.scenario is None
    assert effect.loops[0].status is FeedbackStatus.OSCILLATING
    assert effect.loops[0].gain == pytest.approx(-1.5, rel=1e-4)


def test_every_sample_is_solved_by_itself() -> None:
    kg = market(LINEAR)
    (effect,) = kg.impact({"one.gain": "0.25"}, targets=["after"], samples=500).effects
    # The push cancels in the ratio: (1 - 0.5) / (1 - 0.25).
    assert effect.band is not None
    assert effect.band.p10 == pytest.approx(2.0 / 3.0, rel=1e-8)
    assert effect.band.p90 == pytest.approx(2.0 / 3.0, rel=1e-8)
    assert effect.band.samples == 500


def test_columns_that_settle_and_columns_that_do_not_stand_side_by_side() -> None:
    engine = market(LINEAR).engine
    place = engine.columns().tables["accelerator"].position["one"]
    plan = engine.plan(("after",), {"accelerator": frozenset({place})})
    gains = np.array([[0.5, 1.2, 0.99, -1.5, -0.5]])
    wide = plan.with_steps(replace(step, fact_values=gains) if step.quantity == "gain" else step for step in plan.steps)
    outcome = run(wide)
    expected = np.where(np.abs(gains) < 1.0, 30.0 / (1.0 - gains), np.nan)
    assert outcome.values["after"] == pytest.approx(expected, rel=1e-8, nan_ok=True)


def test_a_loop_is_compiled_once_and_answers_the_same_again() -> None:
    kg = market(THREE)
    first = [(item.key, item.base, item.scenario) for item in kg.impact({"one.push": "x2"}).effects]
    again = [(item.key, item.base, item.scenario) for item in kg.impact({"one.push": "x2"}).effects]
    assert first == again
    assert kg.engine.plan(("after",), {}) is kg.engine.plan(("after",), {})


def test_what_would_be_needed_is_found_through_a_loop() -> None:
    report = market(LINEAR).solve("after=120", vary="one.push", where={"accelerator": "one"})
    (row,) = report.rows
    assert row.reachable
    assert row.factor == pytest.approx(2.0, rel=1e-6)


def test_a_goal_behind_a_loop_that_does_not_settle_says_so() -> None:
    report = market(LINEAR).solve("after=120", vary="four.push", where={"accelerator": "four"})
    (row,) = report.rows
    assert not row.reachable
    assert row.reason is not None and "each round overshoots by 1.5 (OSCILLATING)" in row.reason


def test_sensitivity_sees_the_amplification_of_a_loop() -> None:
    report = market(LINEAR).sensitivity("after", where={"accelerator": "one"})
    found = {item.quantity.id: item.elasticity for item in report.inputs}
    assert found["push"] == pytest.approx(1.0, rel=1e-4)
    # d ln (1 / (1 - g)) / d ln g = g / (1 - g).
    assert found["gain"] == pytest.approx(1.0, rel=1e-3)


def test_a_loop_that_nothing_holds_is_refused() -> None:
    registry = FunctionRegistry()
    declare(registry, "x", lambda y: y, start=1.0)
    declare(registry, "y", lambda x: x, start=1.0)
    with pytest.raises(FunctionError, match="loop that nothing outside holds: x -> y -> x"):
        Engine(vocabulary(), registry)


def test_a_loop_without_a_start_is_refused() -> None:
    registry = FunctionRegistry()
    declare(registry, "x", lambda push, y: push + 0.5 * y)
    declare(registry, "y", lambda x: x)
    with pytest.raises(FunctionError, match=r"no start: no fact can state x.*declare `start`"):
        Engine(vocabulary(), registry)


def test_an_optional_input_does_not_give_a_number_to_a_loop_that_does_not_settle() -> None:
    formulas: dict[str, Formula] = {
        "x": lambda push, y: push + np.where(np.isnan(y), 0.0, y),
        "y": lambda x, gain: gain * x,
    }
    kg = market(formulas, x={"optional": ("y",)})
    found = rows(kg, "x")
    assert found["one"].value == pytest.approx(6.0, rel=1e-9)
    assert (found["four"].value, found["four"].status) == (None, Status.NOT_CONVERGED)


SHAPES: dict[str, Formula] = {
    "power": lambda a, x: a * x**-0.4,
    "line": lambda a, x: 1.0 + 0.3 * a * x,
    "saturating": lambda a, x: 4.0 * x / (a + x) + 0.1,
    "falling": lambda a, x: a / (1.0 + x),
    "steep": lambda a, x: a * x**-1.7,
    "step": lambda a, x: np.where(x < a, 2.0, 0.5),
    "s": lambda a, x: 0.1 + 3.0 * x**3 / (a + x**3),
}


def composed(names: tuple[str, str, str]) -> dict[str, Formula]:
    first, second, third = (SHAPES[name] for name in names)
    return {
        "x": lambda push, z: first(push, z),
        "y": lambda limit, x: second(0.05 * limit, x),
        "z": lambda push, y: third(push, y),
        "after": lambda x, y: x + y,
    }


@settings(max_examples=60, deadline=None)
@given(
    names=st.tuples(*(st.sampled_from(sorted(SHAPES)) for _ in range(3))),
    factor=st.floats(0.05, 20.0),
    positive=st.booleans(),
)
def test_t06_whatever_the_loop_a_number_satisfies_it_and_all_else_is_no_number(
    names: tuple[str, str, str], factor: float, positive: bool
) -> None:
    formulas = composed(names)
    kg = market(formulas, positive=positive)
    engine = kg.engine
    plan = engine.plan(("after",), {})
    change = kg._questions.check(Change("one", "push", ChangeOp.SCALE, factor))
    outcome = engine.evaluate(plan, (change,)).outcome
    values = {name: np.broadcast_to(outcome.values[name], (4, 2)) for name in outcome.values}
    known = np.isfinite(values["x"])
    statuses = np.broadcast_to(outcome.loops["x"].status, (4, 2))
    assert np.array_equal(known, statuses == 0)
    for name, formula in formulas.items():
        assert np.array_equal(np.isfinite(values[name]), known)
        inputs = formula.__code__.co_varnames[: formula.__code__.co_argcount]
        image = formula(*(values[item] for item in inputs))
        assert image[known] == pytest.approx(values[name][known], rel=1e-8)
    # A push that dies out in every round: a bit beside the answer, the loop goes back to it.
    once = formulas["x"](values["push"], values["z"] * 1.0001)
    again = formulas["z"](values["push"], formulas["y"](values["limit"], once))
    assert np.all((np.abs(again - values["z"]) < 1.01e-4 * values["z"])[known])


@settings(max_examples=40, deadline=None)
@given(
    factor=st.floats(0.2, 5.0),
    changed=st.sampled_from(["push", "limit", "spare", "x", "z"]),
    names=st.tuples(*(st.sampled_from(["power", "line", "saturating", "falling"]) for _ in range(3))),
)
def test_t16_a_loop_equals_the_scalar_interpreter_that_goes_round_and_round(
    factor: float, changed: str, names: tuple[str, str, str]
) -> None:
    agrees(market({**composed(names), "after": lambda x, spare: x * spare}, positive=True), changed, factor)


@pytest.mark.parametrize("changed", ["push", "y", "price"])
@pytest.mark.parametrize("factor", [0.5, 1.3, 3.0])
def test_t16_a_published_member_equals_the_scalar_interpreter(changed: str, factor: float) -> None:
    agrees(market(PRICED, published=True), changed, factor)


def agrees(kg: KnowledgeGraph, changed: str, factor: float) -> None:
    oracle: Any = kg.engine.interpreter()
    change = kg._questions.check(Change("one", changed, ChangeOp.SCALE, factor))
    compared = 0
    for effect in kg.impact({f"one.{changed}": f"x{factor!r}"}).effects:
        for shown, interventions in ((effect.base, ()), (effect.scenario, (change,))):
            reading = oracle.evaluate(effect.quantity.id, dict(effect.key.roles), interventions)
            if shown is None:
                assert np.isnan(reading.value)
            else:
                assert reading.value == pytest.approx(shown, rel=1e-9)
                compared += 1
    assert compared


def test_a_formula_that_feeds_back_only_for_some_entities_leaves_the_others_alone() -> None:
    registry = FunctionRegistry()

    def declare_for(name: str, returns: str, formula: Formula, units: dict[str, str], **more: Any) -> None:
        formula.__name__ = name
        formula.__annotations__ = {item: Annotated[Array, unit] for item, unit in units.items()}
        performance_function(returns=returns, formula=name, citation="toy", registry=registry, **more)(formula)

    read = {"toy_size": "1", "toy_cost": "USD", "return": "s"}
    for name, applies, formula in (
        ("time_dense", "DenseModel", lambda toy_size, toy_cost: 1e-10 * toy_size + 0.5 * toy_cost),
        ("time_sparse", "MixtureOfExpertsModel", lambda toy_size, toy_cost: 1e-10 * toy_size + 0.0 * toy_cost),
    ):
        declare_for(name, "toy_step_time", formula, read, applies_to={"model": applies}, start=1.0)
    declare_for("cost", "toy_cost", lambda toy_step_time: toy_step_time, {"toy_step_time": "s", "return": "USD"})
    kg = KnowledgeGraph(Engine(toy_knowledge(registry=registry), registry))
    found = rows(kg, "toy_cost")
    assert found["toy-model-1"].value == pytest.approx(8.0, rel=1e-9)
    assert found["toy-model-2"].value == pytest.approx(20.0, rel=1e-9)
    closed = found["toy-model-closed"]
    assert (closed.value, closed.status) == (None, Status.MISSING_INPUT)
    assert closed.reason is not None and "DenseModel" in closed.reason
    (effect,) = kg.impact({"toy-model-1.toy_size": "x2"}, targets=["toy_cost"]).effects
    assert effect.scenario == pytest.approx(16.0, rel=1e-9)
    assert effect.attribution is not None
    assert [(flow.source, flow.target) for flow in effect.attribution.flows] == [("toy_size", "toy_cost")]
