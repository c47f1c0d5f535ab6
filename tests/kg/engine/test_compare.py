"""Scenarios side by side: each number is the one that the scenario alone gives."""

from __future__ import annotations

import pytest

from downstack.engine.engine import Engine
from downstack.errors import UnitError, UnknownNameError, UserInputError
from downstack.kg import KnowledgeGraph
from downstack.results import Status

from .toy import toy_knowledge, toy_registry

SCENARIOS = {
    "faster": {"toy-chip-a.toy_bandwidth": "x0.05"},
    "roomier": {"toy-chip-b.toy_capacity": "x1.4"},
    "crowded": {"toy-model-1.toy_size": "x3", "toy-offer-2.toy_price": "-10%"},
    "pins": {"toy-hbm.toy_pin_rate": "+20%"},
}
TARGETS = ["toy_cost", "toy_step_time", "toy_bandwidth"]


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return KnowledgeGraph(Engine(toy_knowledge(), toy_registry()))


def test_a_comparison_equals_the_separate_impacts_exactly(kg: KnowledgeGraph) -> None:
    report = kg.compare(SCENARIOS, TARGETS)
    assert report.scenarios == tuple(SCENARIOS)
    reached = set()
    for place, changes in enumerate(SCENARIOS.values()):
        separate = {(item.quantity.id, item.key): item for item in kg.impact(changes, targets=TARGETS).effects}
        reached |= set(separate)
        for cell in report.cells:
            effect = separate.get((cell.quantity.id, cell.key))
            if effect is None:
                assert cell.values[place] == cell.base
                continue
            assert (cell.base, cell.values[place]) == (effect.base, effect.scenario)
            assert cell.ratios[place] == effect.ratio
            assert cell.statuses[place] is effect.status
    assert {(cell.quantity.id, cell.key) for cell in report.cells} == reached


def test_what_a_scenario_makes_impossible_has_a_status_and_no_number(kg: KnowledgeGraph) -> None:
    report = kg.compare(
        {"same": {"toy-model-1.toy_size": "x1"}, "too large": {"toy-model-1.toy_size": "x100"}},
        ["toy_step_time"],
        where={"offering": "toy-offer-2"},
    )
    (cell,) = report.cells
    assert cell.values == (cell.base, None)
    assert cell.ratios == (1.0, None)
    assert cell.statuses == (Status.OK, Status.INFEASIBLE)


def test_a_scenario_that_does_not_touch_a_number_leaves_it_as_it_was(kg: KnowledgeGraph) -> None:
    report = kg.compare(
        {"price": {"toy-offer-2.toy_price": "x2"}, "other offer": {"toy-offer-1.toy_price": "x2"}},
        ["toy_cost"],
        where={"model": "toy-model-1", "offering": "toy-offer-2"},
    )
    (cell,) = report.cells
    assert cell.ratios == (2.0, 1.0)


def test_a_target_that_no_scenario_reaches_has_no_cell(kg: KnowledgeGraph) -> None:
    assert kg.compare({"price": {"toy-offer-2.toy_price": "x2"}}, ["toy_bandwidth"]).cells == ()


def test_a_hundred_scenarios_are_one_answer_and_one_more_is_refused(kg: KnowledgeGraph) -> None:
    many = {f"x{factor}": {"toy-offer-2.toy_price": f"x{factor}"} for factor in range(1, 101)}
    where = {"model": "toy-model-1"}
    (cell,) = (cell for cell in kg.compare(many, ["toy_cost"], where=where).cells if cell.base is not None)
    assert cell.ratios == pytest.approx([float(factor) for factor in range(1, 101)], rel=1e-12)
    with pytest.raises(UserInputError, match="101 scenarios"):
        kg.compare({**many, "one more": {"toy-offer-2.toy_price": "x200"}}, ["toy_cost"], where=where)


def test_what_cannot_be_compared_is_refused(kg: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError, match="no scenario"):
        kg.compare({}, TARGETS)
    with pytest.raises(UserInputError, match="nothing is changed"):
        kg.compare({"empty": {}}, TARGETS)
    with pytest.raises(UserInputError, match="no target"):
        kg.compare(SCENARIOS, [])
    with pytest.raises(UnknownNameError):
        kg.compare({"a": {"toy-chip-z.toy_bandwidth": "x2"}}, TARGETS)
    with pytest.raises(UnknownNameError):
        kg.compare(SCENARIOS, ["toy_costs"])
    with pytest.raises(UnitError):
        kg.compare({"a": {"toy-chip-a.toy_bandwidth": "4 USD"}}, TARGETS)
