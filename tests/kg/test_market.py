"""The rental market that ships with downstack: what its loop answers, by hand, and what it leaves alone."""

from __future__ import annotations

import pytest

from downstack.kg import KnowledgeGraph
from downstack.results import FeedbackStatus, Status
from downstack.vocabulary import locate

MARKET = "gpu-rental-market"
DEMAND, SUPPLY, RESPONSE = 1.11, 0.5, 0.4
LOOP = {"market_demand", "market_supply", "market_utilization", "market_price_per_accelerator_hour"}


def test_the_market_stands_at_its_point_of_reference(bundled: KnowledgeGraph) -> None:
    expected = {
        "market_price_per_accelerator_hour": 2.95,
        "market_demand": 1.0,
        "market_supply": 1.0,
        "market_utilization": 0.7,
    }
    for quantity, value in expected.items():
        report = bundled.value(quantity, entity=MARKET)
        assert report.value == pytest.approx(value, rel=1e-9)
        assert report.status is Status.OK


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_less_on_offer_is_dearer_by_the_power_that_the_loop_leaves(bundled: KnowledgeGraph, factor: float) -> None:
    report = bundled.impact({f"{MARKET}.market_installed_supply": f"x{factor}"})
    found = {item.quantity.id: item for item in report.effects}
    assert set(found) == {"market_installed_supply", *LOOP}
    # u = u0 D / S with D = p^-e, S = s p^q and p = u^b, all against the reference.
    price = factor ** (-RESPONSE / (1.0 + RESPONSE * (DEMAND + SUPPLY)))
    assert found["market_price_per_accelerator_hour"].ratio == pytest.approx(price, rel=1e-9)
    assert found["market_demand"].ratio == pytest.approx(price**-DEMAND, rel=1e-9)
    assert found["market_supply"].ratio == pytest.approx(factor * price**SUPPLY, rel=1e-9)
    (loop,) = found["market_utilization"].loops
    assert loop.status is FeedbackStatus.CONVERGED
    assert loop.gain == pytest.approx(-RESPONSE * (DEMAND + SUPPLY), rel=1e-5)
    assert loop.amplification == pytest.approx(1.0 / (1.0 + RESPONSE * (DEMAND + SUPPLY)), rel=1e-5)


def test_new_supply_comes_twelve_months_later(bundled: KnowledgeGraph) -> None:
    report = bundled.impact(
        {f"{MARKET}.market_installed_supply": "-30%"}, targets=["market_price_per_accelerator_hour"]
    )
    profile = report.effects[0].profile(36)
    assert profile is not None
    # Until the new supply comes only demand gives way.
    first = 2.95 * 0.7 ** (-RESPONSE / (1.0 + RESPONSE * DEMAND))
    assert profile.values[:12] == pytest.approx((first,) * 12, rel=1e-9)
    assert profile.values[12] != pytest.approx(first, rel=1e-3)
    assert profile.settled == report.effects[0].scenario


def test_a_market_fuller_than_full_is_marked(bundled: KnowledgeGraph) -> None:
    report = bundled.impact({f"{MARKET}.market_demand_at_reference_price": "x3"}, targets=["market_utilization"])
    (effect,) = report.effects
    assert effect.scenario is not None and effect.scenario > 1.0
    assert effect.status is Status.EXTRAPOLATED
    assert effect.reason is not None and "no market is fuller than full" in effect.reason


def test_every_elasticity_is_cited_or_said_to_be_an_assumption(bundled: KnowledgeGraph) -> None:
    trace = bundled.value("market_utilization", entity=MARKET).rows[0].trace
    confidence = {fact.quantity: fact.confidence for fact in trace.facts}
    assert confidence["price_elasticity_of_demand"] == "estimate"
    assumed = {name for name, how in confidence.items() if how == "assumption"}
    assert {"price_elasticity_of_supply", "price_response_to_utilization"} <= assumed
    for name in assumed:
        assert any(text.startswith(f"{MARKET}.{name} = ") for text in trace.assumptions)


def test_the_market_touches_no_other_answer(bundled: KnowledgeGraph) -> None:
    schema = bundled.engine.schema
    (loop,) = schema.loops
    assert set(loop.members) == LOOP
    inputs = schema.ancestors(LOOP)
    assert schema.descendants(inputs) == inputs
    assert "price_per_accelerator_hour" not in inputs


def test_scenarios_side_by_side_give_what_each_gives_alone(bundled: KnowledgeGraph) -> None:
    changes = {"scarce": {f"{MARKET}.market_installed_supply": "-30%"}, "held": {f"{MARKET}.market_demand": "x0.8"}}
    targets = ["market_price_per_accelerator_hour", "market_utilization"]
    report = bundled.compare(changes, targets)
    for place, changed in enumerate(changes.values()):
        alone = {item.quantity.id: item for item in bundled.impact(changed, targets=targets).effects}
        for cell in report.cells:
            assert cell.values[place] == pytest.approx(alone[cell.quantity.id].scenario, rel=1e-9)
            assert cell.base == pytest.approx(alone[cell.quantity.id].base, rel=1e-9)


def test_the_late_input_is_said_in_rdf_too(bundled: KnowledgeGraph) -> None:
    lags = {item.name: dict(item.lags) for item in bundled.functions if item.lags}
    assert lags == {"market_supply": {"market_price_per_accelerator_hour": 12}}
    described = (locate() / "functions" / "functions.ttl").read_text(encoding="utf-8")
    assert described.count("dso:lagMonths 12 ;") == 1
    assert described.count("dso:searchStart") == 1
