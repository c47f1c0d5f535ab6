"""Questions that cannot be answered as asked: each says what is wrong and what to do."""

from __future__ import annotations

import pytest

from downstack.errors import UnknownNameError, UserInputError
from downstack.kg import Disruption, KnowledgeGraph


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def test_an_unknown_entity_is_refused_with_near_names(kg: KnowledgeGraph) -> None:
    with pytest.raises(UnknownNameError) as caught:
        kg.shock({"tsmc-cowoss": "-30%"})
    assert "tsmc-cowos" in caught.value.near


def test_an_alias_will_do(kg: KnowledgeGraph) -> None:
    report = kg.shock({"CoWoS": "-30%"}, targets=["nvidia-b200"])
    assert report.disruptions == ("tsmc-cowos -30 % for 6 months",)


@pytest.mark.parametrize("name", ["hbm3e", "llama-3.1-70b", "nvidia-a100-sxm-80gb"])
def test_an_entity_outside_the_supply_chains_is_refused_with_those_inside(kg: KnowledgeGraph, name: str) -> None:
    with pytest.raises(UserInputError, match="no place of a supply chain") as caught:
        kg.shock({name: "-30%"})
    assert "nearest that are: " in caught.value.hint
    assert caught.value.field == "disruptions.entity"


@pytest.mark.parametrize("percent", [30.0, 0.0, -100.5, float("nan"), float("-inf")])
def test_more_supply_none_and_more_than_everything_are_no_disruption(kg: KnowledgeGraph, percent: float) -> None:
    with pytest.raises(UserInputError) as caught:
        kg.shock([Disruption("tsmc-cowos", percent)])
    assert caught.value.field == "disruptions.percent"


@pytest.mark.parametrize("text", ["30", "x0.7", "-30", "minus thirty", "", "-30%%", "--30%"])
def test_a_disruption_that_cannot_be_read_is_refused_with_an_example(kg: KnowledgeGraph, text: str) -> None:
    with pytest.raises(UserInputError, match="is not a disruption") as caught:
        kg.shock({"tsmc-cowos": text})
    assert caught.value.hint == "write it as -30%"


@pytest.mark.parametrize(
    ("months", "horizon", "field"),
    [
        (0, 24, "disruptions.months"),
        (-3, 24, "disruptions.months"),
        (25, 24, "disruptions.months"),
        (6, 0, "horizonMonths"),
        (6, 121, "horizonMonths"),
    ],
)
def test_times_that_do_not_fit_are_refused(kg: KnowledgeGraph, months: int, horizon: int, field: str) -> None:
    with pytest.raises(UserInputError) as caught:
        kg.shock({"tsmc-cowos": "-30%"}, months=months, horizon_months=horizon)
    assert caught.value.field == field


def test_nothing_and_too_much_are_refused(kg: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError, match="nothing is disrupted"):
        kg.shock({})
    with pytest.raises(UserInputError, match="11 disruptions"):
        kg.shock([Disruption("tsmc-cowos", -1.0)] * 11)


@pytest.mark.parametrize(
    "names", [("tsmc-cowos", "CoWoS"), ("tsmc-cowos", "tsmc-cowos-s"), ("hbm", "micron"), ("tsmc-n4", "tsmc")]
)
def test_a_whole_and_its_part_are_not_both_disrupted(kg: KnowledgeGraph, names: tuple[str, str]) -> None:
    with pytest.raises(UserInputError, match="twice"):
        kg.shock([Disruption(name, -10.0) for name in names])


@pytest.mark.parametrize("name", ["tsmc-cowos-s", "llama-3.1-70b"])
def test_a_target_without_a_flow_of_its_own_is_refused(kg: KnowledgeGraph, name: str) -> None:
    with pytest.raises(UserInputError) as caught:
        kg.shock({"tsmc-cowos": "-30%"}, targets=[name])
    assert caught.value.field == "targets"
