"""The engine on the toy industry: binding, statuses, regimes, published values as base, and the cache."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.changes import Change, ChangeOp
from downstack.engine.engine import Engine
from downstack.errors import FunctionError, UserInputError
from downstack.graph.loading import build
from downstack.graph.validation import parse_document
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array, FunctionRegistry, performance_function
from downstack.results import Effect, Status

from .toy import FACTS, PREFIXES, documents, fact, toy_knowledge, toy_registry


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return KnowledgeGraph(Engine(toy_knowledge(), toy_registry()))


def by_key(effects: object) -> dict[tuple[str, str | None, str | None], Effect]:
    return {(item.quantity.id, item.key.get("model"), item.key.get("offering")): item for item in effects}  # type: ignore[attr-defined]  # any sequence of effects


def test_one_declared_function_applies_to_every_combination(kg: KnowledgeGraph) -> None:
    report = kg.value("toy_step_time")
    assert len(report.rows) == 3 * 3
    # toy-model-1 has 80 GB of weights, toy-offer-2 two chips of 2 TB/s: 80e9 / 4e12 = 20 ms; free 240e9 / 4e12 = 60 ms.
    row = next(
        row for row in report.rows if row.key.get("model") == "toy-model-1" and row.key.get("offering") == "toy-offer-2"
    )
    assert row.value == pytest.approx(0.06, rel=1e-12)
    assert row.key.get("accelerator") == "toy-chip-b"


def test_quantities_live_on_their_minimal_key_set(kg: KnowledgeGraph) -> None:
    keys = kg.engine.schema.keys
    assert keys["toy_bytes"] == ("model",)
    assert keys["toy_bandwidth"] == ("accelerator",)
    assert keys["toy_step_time"] == ("model", "offering")


def test_a_filter_on_a_chip_keeps_only_its_offers(kg: KnowledgeGraph) -> None:
    rows = kg.value("toy_step_time", where={"accelerator": "toy-chip-a", "model": "toy-model-1"}).rows
    assert {row.key.get("offering") for row in rows} == {"toy-offer-1", "toy-offer-3"}


def test_t14_a_missing_fact_keeps_the_row_and_names_the_reason(kg: KnowledgeGraph) -> None:
    report = kg.value("toy_cost", where={"model": "toy-model-1"})
    assert len(report.rows) == 3
    row = next(row for row in report.rows if row.key.get("offering") == "toy-offer-3")
    assert row.value is None
    assert row.status is Status.MISSING_INPUT
    assert row.reason is not None and "toy_price" in row.reason and "toy-offer-3" in row.reason


def test_t14_removing_a_fact_leaves_the_row_count_as_it_was() -> None:
    without = FACTS.replace(fact("toy-offer-2", "toy_chips", 2.0, "chip"), "")
    smaller = KnowledgeGraph(Engine(toy_knowledge(without), toy_registry()))
    report = smaller.value("toy_step_time")
    assert len(report.rows) == 9
    missing = [
        row for row in report.rows if row.key.get("offering") == "toy-offer-2" and row.key.get("model") == "toy-model-1"
    ]
    assert [row.reason for row in missing] == ["no fact for toy_chips of toy-offer-2"]


def test_a_model_of_unknown_architecture_has_no_number(kg: KnowledgeGraph) -> None:
    report = kg.value("toy_bytes", entity="toy-model-closed")
    assert report.value is None
    assert report.rows[0].reason is not None and "DenseModel" in report.rows[0].reason


def test_where_the_weights_do_not_fit_the_answer_is_infeasible(kg: KnowledgeGraph) -> None:
    report = kg.value("toy_free_memory", where={"model": "toy-model-2", "offering": "toy-offer-1"})
    assert report.value is None
    assert report.status is Status.INFEASIBLE
    assert report.rows[0].reason == "the weights do not fit"


def test_t08_out_of_range_is_listed_as_extrapolated_and_taints_what_follows() -> None:
    facts = FACTS + fact("toy-offer-3", "toy_price", 36.0, "USD/h")
    kg = KnowledgeGraph(Engine(toy_knowledge(facts), toy_registry()))
    where = {"model": "toy-model-1", "offering": "toy-offer-3"}
    step, cost = kg.value("toy_step_time", where=where), kg.value("toy_cost", where=where)
    assert step.value is not None and step.status is Status.EXTRAPOLATED
    assert cost.value is not None and cost.status is Status.EXTRAPOLATED
    assert cost.rows[0].reason is not None and "toy_chips of 8 chip is outside 1 to 4 chip" in cost.rows[0].reason


def test_a_published_value_is_the_base_and_the_formula_gives_the_change(kg: KnowledgeGraph) -> None:
    report = kg.impact({"toy-hbm.toy_pin_rate": "+20%"}, targets=["toy_bandwidth"])
    (effect,) = report.effects
    # The sheet says 800 GB/s, pins x rate would say 1000 GB/s: 800 stays the base, +20 % is the change.
    assert effect.base == pytest.approx(8e11)
    assert effect.scenario == pytest.approx(9.6e11)
    assert effect.trace.formula_value == pytest.approx(1.2e12)


def test_a_change_that_the_formula_cannot_follow_is_a_missing_input_not_zero_change() -> None:
    without = FACTS.replace(fact("toy-chip-a", "toy_pins", 100.0, "1"), "")
    kg = KnowledgeGraph(Engine(toy_knowledge(without), toy_registry()))
    (effect,) = kg.impact({"toy-hbm.toy_pin_rate": "x2"}, targets=["toy_bandwidth"]).effects
    assert effect.status is Status.MISSING_INPUT
    assert effect.scenario is None
    assert effect.reason is not None and "toy_pins" in effect.reason


def test_regimes_name_what_binds_before_and_after_and_where_it_switches(kg: KnowledgeGraph) -> None:
    report = kg.impact(
        {"toy-chip-b.toy_bandwidth": "x0.1"},
        targets=["toy_cost"],
        where={"model": "toy-model-1", "offering": "toy-offer-2"},
    )
    (effect,) = report.effects
    regime = effect.regime
    assert regime is not None and regime.switches
    assert (regime.quantity, regime.base, regime.scenario) == ("toy_step_time", "filling", "reading")
    # 80e9 / (2 x W) = 60 ms at W = 0.667 TB/s, a third of 2 TB/s.
    assert regime.switch_at is not None
    assert float(regime.switch_at.rpartition("x")[2]) == pytest.approx(1 / 3, rel=1e-3)


def test_changes_of_computed_quantities_cut_their_inputs(kg: KnowledgeGraph) -> None:
    report = kg.impact({"toy-model-1.toy_bytes": "x0.5"}, targets=["toy_bytes"])
    assert [(effect.base, effect.scenario) for effect in report.effects] == [(80e9, 40e9)]
    assert report.effects[0].trace.intervention is not None


def test_what_the_change_does_not_reach_is_said(kg: KnowledgeGraph) -> None:
    report = kg.impact(
        {"toy-chip-a.toy_capacity": "x2"}, targets=["toy_bandwidth", "toy_cost"], where={"offering": "toy-offer-2"}
    )
    assert {item.quantity for item in report.not_reached} == {"toy_bandwidth", "toy_cost"}
    assert len(report.effects) == 0


@settings(max_examples=40, deadline=None)
@given(
    factor=st.floats(0.01, 100.0),
    quantity=st.sampled_from(
        [
            "toy-chip-a.toy_bandwidth",
            "toy-chip-b.toy_capacity",
            "toy-model-1.toy_size",
            "toy-hbm.toy_pin_rate",
            "toy-offer-2.toy_price",
        ]
    ),
)
def test_t16_the_vectorised_plan_equals_the_scalar_interpreter(factor: float, quantity: str) -> None:
    kg = KnowledgeGraph(Engine(toy_knowledge(), toy_registry()))
    report = kg.impact({quantity: f"x{factor!r}"})
    entity, _, name = quantity.rpartition(".")
    change = kg._questions.check(kg_change(entity, name, factor))
    oracle = kg.engine.interpreter()
    for effect in report.effects:
        for shown, interventions in ((effect.base, ()), (effect.scenario, (change,))):
            reading = oracle.evaluate(effect.quantity.id, dict(effect.key.roles), interventions)
            if shown is None:
                assert np.isnan(reading.value)
            else:
                assert reading.value == pytest.approx(shown, rel=1e-12)


def kg_change(entity: str, quantity: str, factor: float) -> Change:
    return Change(entity, quantity, ChangeOp.SCALE, factor)


def test_t15_a_changed_fact_changes_the_version_and_the_answer() -> None:
    before = KnowledgeGraph(Engine(toy_knowledge(), toy_registry()))
    edited = FACTS.replace(fact("toy-model-1", "toy_size", 40e9, "1"), fact("toy-model-1", "toy_size", 60e9, "1"))
    after = KnowledgeGraph(Engine(toy_knowledge(edited), toy_registry()))
    where = {"model": "toy-model-1", "offering": "toy-offer-2"}
    assert before.version != after.version
    assert before.value("toy_bytes", entity="toy-model-1").value == 80e9
    assert after.value("toy_bytes", entity="toy-model-1").value == 120e9
    assert before.value("toy_free_memory", where=where).value != after.value("toy_free_memory", where=where).value


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["toy-chip-a.toy_bandwidth", "toy-chip-b.toy_bandwidth", "toy-model-2.toy_size"]),
            st.floats(0.1, 10.0),
            st.sampled_from([None, "toy-offer-1", "toy-offer-2"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_t15_a_cached_answer_equals_a_cold_one(questions: list[tuple[str, float, str | None]]) -> None:
    warm = KnowledgeGraph(Engine(toy_knowledge(), toy_registry()))
    for quantity, factor, offering in [*questions, *questions]:
        where = {"offering": offering} if offering else {}
        cold = KnowledgeGraph(Engine(toy_knowledge(), toy_registry()))
        first = warm.impact({quantity: f"x{factor!r}"}, where=where)
        second = cold.impact({quantity: f"x{factor!r}"}, where=where)
        assert [(item.key, item.base, item.scenario, item.status) for item in first.effects] == [
            (item.key, item.base, item.scenario, item.status) for item in second.effects
        ]


def test_t18_a_description_of_an_unregistered_function_is_refused() -> None:
    hostile = PREFIXES + (
        "fn:f a fno:Function . fn:m a fno:Mapping ; fno:function fn:f ; "
        'fno:methodMapping [ a fnom:StringMethodMapping ; fnom:method-name "os.system" ] .'
    )
    with pytest.raises(FunctionError, match=r"os\.system.*not registered"):
        build((*documents(), parse_document("facts/hostile.ttl", hostile)), toy_registry(), shacl=False)


def test_t18_a_description_of_other_code_is_refused() -> None:
    stale = PREFIXES + (
        'fn:f a fno:Function ; dso:codeDigest "0000" . fn:m a fno:Mapping ; fno:function fn:f ; '
        'fno:methodMapping [ a fnom:StringMethodMapping ; fnom:method-name "toy_cost" ] .'
    )
    with pytest.raises(FunctionError, match="digest 0000"):
        build((*documents(), parse_document("facts/stale.ttl", stale)), toy_registry(), shacl=False)


def test_t03_the_same_fact_in_three_units_gives_the_same_numbers() -> None:
    answers = []
    for value, unit in ((2.0, "TB/s"), (2000.0, "GB/s"), (16.0, "Tbit/s")):
        facts = FACTS.replace(
            fact("toy-chip-b", "toy_bandwidth", 2.0, "TB/s"), fact("toy-chip-b", "toy_bandwidth", value, unit)
        )
        kg = KnowledgeGraph(Engine(toy_knowledge(facts), toy_registry()))
        answers.append(kg.value("toy_cost", where={"offering": "toy-offer-2", "model": "toy-model-1"}).value)
    assert answers[0] is not None
    assert answers[1] == pytest.approx(answers[0], rel=1e-12)
    assert answers[2] == pytest.approx(answers[0], rel=1e-12)


def test_functions_that_form_a_loop_are_refused_with_the_loop_named() -> None:
    registry = FunctionRegistry()

    def first(toy_cost: Array) -> Array:
        return toy_cost

    def second(toy_step_time: Array) -> Array:
        return toy_step_time

    first.__annotations__ = {"toy_cost": Annotated[Array, "USD"], "return": Annotated[Array, "s"]}
    second.__annotations__ = {"toy_step_time": Annotated[Array, "s"], "return": Annotated[Array, "USD"]}
    performance_function(returns="toy_step_time", formula="f", citation="c", registry=registry)(first)
    performance_function(returns="toy_cost", formula="f", citation="c", registry=registry)(second)
    with pytest.raises(FunctionError, match="loop"):
        Engine(toy_knowledge(registry=registry), registry)


def test_a_unit_that_differs_from_the_vocabulary_is_refused() -> None:
    registry = FunctionRegistry()

    @performance_function(formula="cost = price", citation="toy", registry=registry)
    def toy_cost(toy_price: Annotated[Array, "USD"]) -> Annotated[Array, "USD"]:
        return toy_price

    with pytest.raises(FunctionError, match="toy_price"):
        Engine(toy_knowledge(registry=registry), registry)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("xnan", "nan"),
        ("xinf", "inf"),
        ("x-1.4", "positive"),
        ("x0", "positive"),
        ("-100%", "positive"),
        ("x1e300", "out of range"),
        ("+1 W", "W"),
        ("4.8", "no unit"),
        ("big", "is not a change"),
        ("-900GB/s", "negative"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_with_a_hint(kg: KnowledgeGraph, text: str, message: str) -> None:
    with pytest.raises(UserInputError, match=message):
        kg.impact({"toy-chip-a.toy_bandwidth": text})


def test_the_same_change_in_three_units_gives_the_same_answer(kg: KnowledgeGraph) -> None:
    answers = [
        kg.impact({"toy-chip-b.toy_bandwidth": text}, targets=["toy_bandwidth"]).effects[0].scenario
        for text in ("3TB/s", "3000 GB/s", "24Tbit/s/chip")
    ]
    assert answers[0] == pytest.approx(3e12, rel=1e-12)
    assert answers == pytest.approx([3e12] * 3, rel=1e-12)
