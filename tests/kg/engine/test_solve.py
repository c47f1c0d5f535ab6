"""Goal seek: the inverse of impact, and what is said when a goal is out of reach."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.engine import Engine
from downstack.engine.search import search
from downstack.errors import UnitError, UnknownNameError, UserInputError
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array, FunctionRegistry, performance_function

from .toy import FACTS, fact, toy_knowledge, toy_registry

SERVED = {
    "model": "llama-3.1-70b",
    "offering": "aws-p5en-48xlarge",
    "workload": "codex-swebenchpro",
    "framework": "vllm",
}
ONE = {"model": "toy-model-1", "offering": "toy-offer-2"}


def toy(facts: str = FACTS) -> KnowledgeGraph:
    return KnowledgeGraph(Engine(toy_knowledge(facts), toy_registry()))


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return toy()


@settings(max_examples=40, deadline=None)
@given(
    factor=st.floats(0.01, 100.0),
    question=st.sampled_from(
        [
            ("toy_cost", "toy-offer-2.toy_price"),
            ("toy_bandwidth", "toy-hbm.toy_pin_rate"),
            ("toy_bandwidth", "toy-chip-a.toy_bandwidth"),
            ("toy_bytes", "toy-model-1.toy_size"),
            ("toy_bytes", "toy-model-1.toy_bytes"),
        ]
    ),
)
def test_solve_gives_back_the_factor_whose_impact_was_the_goal(
    kg: KnowledgeGraph, factor: float, question: tuple[str, str]
) -> None:
    target, vary = question
    where = ONE if target == "toy_cost" else {}
    (effect,) = kg.impact({vary: f"x{factor!r}"}, targets=[target], where=where).effects
    assert effect.scenario is not None
    (row,) = kg.solve(target, effect.scenario, effect.unit, vary, where=where).rows
    assert row.reachable and row.reason is None and row.cap is None
    assert row.factor == pytest.approx(factor, rel=1e-9)
    assert row.base == effect.base
    assert row.closest == pytest.approx(effect.scenario, rel=1e-9)


def test_every_combination_is_solved_for_itself() -> None:
    kg = toy(FACTS + fact("toy-offer-3", "toy_price", 36.0, "USD/h"))
    report = kg.solve("toy_step_time", 0.12, "s", "toy-chip-a.toy_bandwidth", where={"model": "toy-model-1"})
    found = {row.key.get("offering"): row for row in report.rows}
    assert set(found) == {"toy-offer-1", "toy-offer-3"}
    # One chip has no room left for the 80 GB; eight read 10 GB each: 0.12 s at 83.3 GB/s, 800 GB/s are stated.
    assert not found["toy-offer-1"].reachable
    eight = found["toy-offer-3"]
    assert eight.reachable
    assert eight.factor == pytest.approx(10.0 / 0.12 / 800.0, rel=1e-9)
    # toy_bandwidth is shown in its display unit.
    assert report.vary_unit == kg.quantity("toy_bandwidth").display_unit
    assert eight.value == pytest.approx(1e10 / 0.12, rel=1e-9)
    assert eight.reason is not None and "outside the range" in eight.reason


def test_a_goal_out_of_reach_names_the_nearest_number_and_what_binds_there(kg: KnowledgeGraph) -> None:
    (row,) = kg.solve("toy_step_time", 0.01, "s", "toy-chip-b.toy_bandwidth", where=ONE).rows
    # However fast the reading, filling 240 GB at 4 TB/s takes 60 ms.
    assert not row.reachable
    assert (row.value, row.factor) == (None, None)
    assert row.closest == pytest.approx(0.06, rel=1e-12)
    assert row.cap == "filling"
    assert row.reason is not None
    assert row.reason.startswith("cannot reach 0.01 s: at x1 it is 0.06 s, and no other factor brings it nearer")
    assert "toy_free_memory" in row.reason


def test_a_number_that_still_moves_at_the_end_of_the_search_is_said_to(kg: KnowledgeGraph) -> None:
    (row,) = kg.solve("toy_bytes", 1e15, "byte", "toy-model-1.toy_size").rows
    assert not row.reachable
    assert row.closest == pytest.approx(80e12, rel=1e-9)
    assert row.reason is not None and "where the search ends" in row.reason and "still moves" in row.reason


def test_where_feasibility_ends_first_the_reason_is_why(kg: KnowledgeGraph) -> None:
    (row,) = kg.solve("toy_step_time", 10.0, "s", "toy-model-1.toy_size", where=ONE).rows
    # The largest model that fits fills 320 GB: 320e9 / 4e12 = 80 ms.
    assert not row.reachable
    assert row.closest == pytest.approx(0.08, rel=1e-6)
    assert row.cap == "the weights do not fit"
    assert row.reason is not None and row.reason.startswith("cannot reach 10 s: at x4 it is 0.08 s, and beyond that")


def test_a_goal_between_the_last_point_of_the_scan_and_the_edge_is_found(kg: KnowledgeGraph) -> None:
    (row,) = kg.solve("toy_free_memory", 1e6, "byte", "toy-chip-b.toy_capacity", where=ONE).rows
    assert row.reachable
    assert row.factor == pytest.approx((40e9 + 0.5e6) / 160e9, rel=1e-9)


def test_a_combination_that_is_infeasible_at_the_base_is_solved_where_the_input_mends_it(kg: KnowledgeGraph) -> None:
    where = {"model": "toy-model-2", "offering": "toy-offer-1"}
    (row,) = kg.solve("toy_free_memory", 40e9, "byte", "toy-chip-a.toy_capacity", where=where).rows
    assert row.reachable and row.base is None
    assert row.factor == pytest.approx(240.0 / 80.0, rel=1e-9)
    assert row.reason == "at the base: the weights do not fit"


def test_a_combination_that_misses_an_input_says_which(kg: KnowledgeGraph) -> None:
    where = {"model": "toy-model-1", "offering": "toy-offer-3"}
    (row,) = kg.solve("toy_cost", 1.0, None, "toy-chip-a.toy_bandwidth", where=where).rows
    assert not row.reachable
    assert (row.base, row.closest, row.factor) == (None, None, None)
    assert row.reason is not None and "no fact for toy_price of toy-offer-3" in row.reason


def test_of_several_crossings_the_one_nearest_to_the_base_is_given(kg: KnowledgeGraph) -> None:
    # More capacity takes longer to fill, more weights to read: the time as a function of the size is lowest between.
    (row,) = kg.solve("toy_step_time", 0.065, "s", "toy-model-1.toy_size", where=ONE).rows
    # Filling: (320 - 80 f) / 4000 = 0.065 at f = 0.75; reading: 80 f / 4000 = 0.065 at f = 3.25.
    assert row.reachable
    assert row.factor == pytest.approx(0.75, rel=1e-9)
    assert row.reason is not None and "2 times" in row.reason
    (lowest,) = kg.solve("toy_step_time", 0.02, "s", "toy-model-1.toy_size", where=ONE).rows
    # It is never below 160e9 / 4e12 = 40 ms.
    assert not lowest.reachable
    assert lowest.closest == pytest.approx(0.04, rel=0.06)


def test_a_number_that_jumps_past_the_goal_is_said_to() -> None:
    registry = FunctionRegistry()

    @performance_function(returns="toy_bytes", formula="b = ceil(size / 1e9)", citation="toy", registry=registry)
    def stairs(toy_size: Annotated[Array, "1"]) -> Annotated[Array, "byte"]:
        return np.ceil(toy_size / 1e9)

    kg = KnowledgeGraph(Engine(toy_knowledge(registry=registry), registry))
    (row,) = kg.solve("toy_bytes", 50.4, "byte", "toy-model-1.toy_size").rows
    assert not row.reachable
    assert row.closest in (50.0, 51.0)
    assert row.reason is not None and "jumps past it at x1.25" in row.reason


def test_a_fact_that_no_formula_can_follow_leaves_the_answer_missing() -> None:
    kg = toy(FACTS.replace(fact("toy-chip-a", "toy_pins", 100.0, "1"), ""))
    (row,) = kg.solve("toy_bandwidth", 1e12, "byte/s/chip", "toy-hbm.toy_pin_rate").rows
    assert not row.reachable and row.closest is None
    assert row.reason is not None and "toy_pins" in row.reason


def test_a_goal_may_be_written_with_its_target(kg: KnowledgeGraph) -> None:
    asked = kg.solve("toy_free_memory", 200, "GB", "toy-chip-b.toy_capacity", where=ONE)
    written = kg.solve("toy_free_memory=200GB", vary="toy-chip-b.toy_capacity", where=ONE)
    assert written == asked
    assert (written.goal, written.unit) == (pytest.approx(200.0), "GB")
    assert written.rows[0].factor == pytest.approx(280.0 / 320.0, rel=1e-9)


@pytest.mark.parametrize("goal", [float("nan"), float("inf"), 0.0, -1.0])
def test_a_goal_that_is_no_number_above_zero_is_refused(kg: KnowledgeGraph, goal: float) -> None:
    with pytest.raises(UserInputError, match="the goal is"):
        kg.solve("toy_cost", goal, None, "toy-offer-2.toy_price")


@pytest.mark.parametrize("target", ["toy_cost=nanUSD", "toy_cost=x2", "toy_cost=+3USD", "toy_cost=", "toy_cost"])
def test_a_written_goal_that_cannot_be_read_is_refused(kg: KnowledgeGraph, target: str) -> None:
    with pytest.raises(UserInputError):
        kg.solve(target, vary="toy-offer-2.toy_price")


def test_questions_that_cannot_be_solved_are_refused_with_the_field(kg: KnowledgeGraph) -> None:
    def refused(target: str, unit: str | None, vary: str | None, where: dict[str, str] | None = None) -> UserInputError:
        with pytest.raises(UserInputError) as caught:
            kg.solve(target, 1.0, unit, vary, where=where)
        return caught.value

    assert isinstance(refused("toy_cost", "GB", "toy-offer-2.toy_price"), UnitError)
    assert isinstance(refused("toy_costs", None, "toy-offer-2.toy_price"), UnknownNameError)
    assert isinstance(refused("toy_cost", None, "toy-offer-9.toy_price"), UnknownNameError)
    assert isinstance(refused("toy_cost", None, "toy-offer-2.toy_prices"), UnknownNameError)
    assert refused("toy_cost", None, None).field == "vary"
    assert refused("toy_cost", None, "toy_price").field == "vary"
    assert refused("toy_cost", None, "toy-offer-2.toy_capacity").field == "vary"
    assert "does not depend on" in refused("toy_bytes", None, "toy-offer-2.toy_price").message
    assert "computed per" in refused("toy_cost", None, "toy-offer-2.toy_step_time").message
    assert "given twice" in refused("toy_cost=1USD", None, "toy-offer-2.toy_price").message
    elsewhere = {"offering": "toy-offer-1"}
    assert "no combination" in refused("toy_cost", None, "toy-offer-2.toy_price", elsewhere).message


def test_the_search_meets_the_goal_of_many_rows_each_at_its_own_factor() -> None:
    powers = np.linspace(0.3, 3.0, 200)[:, None]
    found = search(lambda factor: factor**powers, 200, 2.0)
    assert bool(found.met.all())
    np.testing.assert_allclose(found.factor, 2.0 ** (1.0 / powers[:, 0]), rtol=1e-12)


def test_fifty_tokens_a_second_take_more_bandwidth_and_five_hundred_no_bandwidth_gives(bundled: KnowledgeGraph) -> None:
    vary = "nvidia-h200-sxm.memory_bandwidth"
    (row,) = bundled.solve("decode_tokens_per_second", 50, None, vary, where=SERVED).rows
    assert row.reachable and row.factor is not None and row.base is not None
    assert row.base < 50.0 and row.factor > 1.0
    (effect,) = bundled.impact({vary: f"x{row.factor!r}"}, targets=["decode_tokens_per_second"], where=SERVED).effects
    assert effect.scenario == pytest.approx(50.0, rel=1e-9)
    (capped,) = bundled.solve("decode_tokens_per_second", 500, None, vary, where=SERVED).rows
    assert not capped.reachable
    assert capped.cap == "compute"
    assert capped.closest is not None and 50.0 < capped.closest < 500.0


def test_a_lower_price_of_a_token_is_reached_through_the_price_in_proportion(bundled: KnowledgeGraph) -> None:
    vary = "aws-p5en-48xlarge.price_on_demand"
    (row,) = bundled.solve("cost_per_million_output_tokens=20USD/Mtoken", vary=vary, where=SERVED).rows
    assert row.base is not None
    assert row.factor == pytest.approx(20.0 / row.base, rel=1e-9)
