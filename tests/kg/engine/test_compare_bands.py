"""Sampled comparisons: the same draws for all scenarios, so that what they share cancels in their differences."""

from __future__ import annotations

import numpy as np
import pytest

from downstack.engine.sampler import Sampler
from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph

from .uncertain import HERE, engine_of, erring, group, samples_of, stated

FASTER = {"toy-chip-b.toy_bandwidth": "x0.5"}
CHEAPER = {"toy-offer-2.toy_price": "x0.8"}


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return KnowledgeGraph(engine_of(stated(""), erring({"toy_step_time": 0.2})))


def test_t13_a_scenario_against_itself_differs_by_nothing_in_every_sample(kg: KnowledgeGraph) -> None:
    (cell,) = kg.compare({"one": FASTER, "again": dict(FASTER)}, ["toy_cost"], HERE, samples=500).cells
    (difference,) = cell.differences
    assert (difference.first, difference.second, difference.change) == ("one", "again", 0.0)
    assert (difference.band.p10, difference.band.p50, difference.band.p90) == (0.0, 0.0, 0.0)
    assert difference.band.probability_unchanged == 1.0
    assert difference.band.probability_of_rise == difference.band.probability_of_fall == 0.0
    assert cell.bands[0] == cell.bands[1]


def test_the_band_of_each_ratio_is_the_one_that_impact_gives(kg: KnowledgeGraph) -> None:
    (cell,) = kg.compare({"faster": FASTER, "cheaper": CHEAPER}, ["toy_cost"], HERE, samples=500).cells
    for place, changes in enumerate((FASTER, CHEAPER)):
        (effect,) = kg.impact(changes, ["toy_cost"], HERE, samples=500).effects
        assert cell.bands[place] == effect.band


def test_the_band_of_a_difference_is_that_of_the_differences_of_the_samples(kg: KnowledgeGraph) -> None:
    (cell,) = kg.compare(
        {"dear": {"toy-offer-2.toy_price": "x2"}, "cheap": CHEAPER}, ["toy_cost"], HERE, samples=800
    ).cells
    base = samples_of(kg.engine, "toy_cost", 800)
    (difference,) = cell.differences
    expected = np.quantile(base * (0.8 - 2.0), [0.1, 0.5, 0.9])
    assert (difference.band.p10, difference.band.p50, difference.band.p90) == pytest.approx(expected, rel=1e-9)
    assert difference.band.probability_of_fall == 1.0
    assert difference.change == pytest.approx((cell.base or 0.0) * (0.8 - 2.0), rel=1e-12)


def test_every_pair_of_scenarios_has_a_difference_and_without_samples_there_is_none(kg: KnowledgeGraph) -> None:
    scenarios = {"a": FASTER, "b": CHEAPER, "c": {"toy-model-1.toy_size": "x0.9"}}
    (cell,) = kg.compare(scenarios, ["toy_cost"], HERE, samples=50).cells
    assert [(item.first, item.second) for item in cell.differences] == [("a", "b"), ("a", "c"), ("b", "c")]
    (plain,) = kg.compare(scenarios, ["toy_cost"], HERE).cells
    assert plain.bands == plain.differences == ()
    assert plain.values == cell.values


def test_neither_blocks_nor_other_scenarios_change_a_band(kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = kg.compare({"faster": FASTER}, ["toy_cost"], HERE, samples=500).cells
    (more,) = kg.compare({"cheaper": CHEAPER, "faster": FASTER}, ["toy_cost"], HERE, samples=500).cells
    assert more.bands[1] == whole.bands[0]
    blocks = Sampler.blocks

    def small(self: Sampler, directions: dict[str, int] | None = None) -> object:
        return blocks(Sampler(self.engine, self.plan, self.samples, self.seed, self.runs, 5000), directions)

    monkeypatch.setattr(Sampler, "blocks", small)
    (pieces,) = kg.compare({"faster": FASTER}, ["toy_cost"], HERE, samples=500).cells
    assert pieces.bands == whole.bands


def test_a_scenario_without_a_number_has_no_band_and_no_difference(kg: KnowledgeGraph) -> None:
    scenarios = {"huge": {"toy-model-1.toy_size": "x100"}, "cheaper": CHEAPER}
    (cell,) = kg.compare(scenarios, ["toy_cost"], HERE, samples=50).cells
    assert cell.values[0] is None and cell.bands[0] is None
    assert cell.bands[1] is not None and cell.differences == ()


def test_facts_of_unknown_correlation_widen_differences_too() -> None:
    kg = KnowledgeGraph(engine_of(group()))
    (cell,) = kg.compare(
        {"dear": {"toy-offer-2.toy_price": "x2"}, "slow": FASTER}, ["toy_cost"], HERE, samples=500
    ).cells
    (difference,) = cell.differences
    assert difference.band.widest_p10 is not None and difference.band.widest_p10 <= difference.band.p10
    assert difference.band.widest_p90 is not None and difference.band.widest_p90 >= difference.band.p90
    (effect,) = kg.impact(FASTER, ["toy_cost"], HERE, samples=500).effects
    assert cell.bands[1] == effect.band
    assert effect.band is not None and 0.0 < (effect.band.probability_of_switch or 0.0) < 1.0
    # What the price scales does not depend on how the facts go together.
    assert cell.bands[0] is not None and cell.bands[0].widest_p10 is None


def test_more_scenarios_than_can_be_compared_in_pairs_are_refused(kg: KnowledgeGraph) -> None:
    scenarios = {f"s{place}": {"toy-offer-2.toy_price": f"x{place + 2}"} for place in range(11)}
    with pytest.raises(UserInputError, match="more than the 10 of a sampled comparison"):
        kg.compare(scenarios, ["toy_cost"], HERE, samples=10)
    assert len(kg.compare(scenarios, ["toy_cost"], HERE).scenarios) == 11
