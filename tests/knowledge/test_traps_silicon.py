"""Traps of silicon and supply: forecasts that disagree, shares that do not sum, quarters, costs, and yield without salvage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.knowledge import knowledge

from downstack.performance import REGISTRY


def test_defects_are_counted_on_square_centimetres() -> None:
    units = {
        item.unit for (_, quantity), items in knowledge.facts().items() for item in items if quantity == "defectDensity"
    }
    assert units == {"defect/cm^2"}


def test_cowos_capacity_is_a_disagreement_with_conditions() -> None:
    forecasts = {
        item.value
        for item in knowledge.facts()["tsmc-cowos", "cowosWaferStarts"]
        if item.condition == "forecast for 2026-12"
    }
    assert {95000.0, 100000.0, 150000.0} <= forecasts


def call(name: str, **values: float) -> float:
    declaration = REGISTRY.get(name)
    assert declaration is not None
    return float(declaration({key: np.float64(number) for key, number in values.items()}))


def test_a_printed_range_of_wafers_is_an_interval() -> None:
    (forecast,) = (item for item in knowledge.facts()["tsmc-cowos", "cowosWaferStarts"] if item.literal == "100000")
    assert (forecast.low, forecast.high) == (90_000.0, 110_000.0)


def test_nvidia_gets_595_or_up_to_850_thousand_wafers_and_both_are_of_2026() -> None:
    stated = knowledge.facts()["nvidia", "cowosWaferAllocation"]
    found = {item.value: item for item in stated if item.condition == "of CoWoS"}
    assert set(found) == {595_000.0, 825_000.0}
    assert (found[825_000.0].low, found[825_000.0].high) == (800_000.0, 850_000.0)
    assert {item.as_of for item in found.values()} == {"2026"}


def test_shares_of_hbm_need_not_sum_to_100() -> None:
    shares: dict[str, dict[str, float]] = {}
    for (slug, quantity), items in knowledge.facts().items():
        if quantity == "hbmMarketShare":
            for item in items:
                shares.setdefault(item.as_of, {})[slug] = item.value
    assert {date: sum(found.values()) for date, found in shares.items()} == {"2024": 64, "2025-03": 70, "2025-06": 100}


@pytest.mark.parametrize(
    ("slug", "quantity", "quarters"),
    [
        ("sk-hynix", "hbmMarketShare", {"2025-03": 70.0, "2025-06": 62.0}),
        ("smic", "foundryMarketShare", {"2025-03": 6.0, "2025-06": 5.1}),
        ("tsmc", "foundryMarketShare", {"2025-03": 67.6, "2025-06": 70.2, "2025-12": 70.4}),
    ],
)
def test_two_quarters_of_a_year_are_two_dates(slug: str, quantity: str, quarters: dict[str, float]) -> None:
    found = {item.as_of: item for item in knowledge.facts()[slug, quantity] if item.as_of > "2025"}
    assert {date: item.value for date, item in found.items()} == quarters
    for date, item in found.items():
        assert f"dated '2025-Q{int(date[-2:]) // 3}' in the source" in item.note


@pytest.mark.parametrize(
    ("slug", "whole"), [("nvidia-h100-sxm", 3320.0), ("nvidia-b200", 6400.0), ("amd-mi300x", 5300.0)]
)
def test_the_parts_of_a_cost_are_at_most_the_whole_and_leave_less_than_a_third(slug: str, whole: float) -> None:
    parts = ("memoryCostEstimate", "packagingCostEstimate", "logicDieCostEstimate", "yieldLossCostEstimate")
    together = sum(knowledge.value(slug, name) for name in parts if (slug, name) in knowledge.facts())
    assert knowledge.value(slug, "manufacturingCostEstimate") == whole
    assert 2 / 3 * whole < together <= whole


def test_poisson_without_salvage_doubles_the_cost_of_an_h100_die() -> None:
    area = knowledge.value("nvidia-h100-sxm", "dieArea")
    assert area == 814.0
    whole = call("die_yield_poisson", defects_per_die=area / 100 * 0.10)
    assert whole == pytest.approx(math.exp(-0.814)) == pytest.approx(0.44, abs=0.005)
    # The published 85 % of the H200, the same die: most of what has a defect is sold with units disabled.
    (stated,) = knowledge.facts()["nvidia-h200-sxm", "goodDiesPerWafer"]
    assert "85% yield" in stated.note
    dies = call("dies_per_wafer", logic_die_area=area * 1e-6)
    cost = {
        yielded: call("die_cost", wafer_price=16988.0, good_dies_per_wafer=dies * yielded) for yielded in (whole, 0.85)
    }
    assert cost[whole] / cost[0.85] == pytest.approx(1.92, abs=0.01)
    sold = call("sellable_die_yield", die_yield=whole, die_salvage_share=(0.85 - whole) / (1.0 - whole))
    assert sold == pytest.approx(0.85)
