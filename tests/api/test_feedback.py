"""Feedback loops through every door: the same numbers, statuses and words, and a table that a person can read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.commands import downstack

from downstack.kg import KnowledgeGraph

MARKET = "gpu-rental-market"
TARGETS = ["market_price_per_accelerator_hour", "market_utilization"]
IMPACT = """query ($c: [ChangeInput!]!, $t: [ID!]) { impact(changes: $c, targets: $t) { method effects(first: 5) { nodes {
  quantity { id } base scenario status reason
  loops { path members status gain amplification held lagged sentence functions { name } }
  profile(months: 24) { unit base values statuses settled restFrom }
  flows { from to function amount share }
  trace { loop { path status } inputs { quantity { id } loop { path } } assumptions } } } } }"""
VALUE = """query ($e: ID) { value(quantity: "market_utilization", entity: $e) {
  value rows { loops { path status gain amplification held lagged sentence members } } } }"""


@pytest.mark.parametrize(
    ("quantity", "written", "change"),
    [
        ("market_installed_supply", "-30%", {"op": "PERCENT", "value": -30.0}),
        ("market_price_per_accelerator_hour", "+20%", {"op": "PERCENT", "value": 20.0}),
        ("price_elasticity_of_demand", "3", {"op": "SET", "value": 3.0}),
    ],
)
def test_a_loop_is_the_same_through_every_door(
    kg: KnowledgeGraph, ask: Any, quantity: str, written: str, change: dict[str, Any]
) -> None:
    python = kg.impact({f"{MARKET}.{quantity}": written}, TARGETS)
    graphql = ask(IMPACT, c=[{"entity": MARKET, "quantity": quantity, **change}], t=TARGETS)["impact"]
    named = [word for name in TARGETS for word in ("--target", name)]
    asked = ("impact", f"{MARKET}.{quantity}={written}", *named, "--flows", "--profile", "24", "--json")
    line = json.loads(downstack(*asked).stdout)
    assert graphql["method"] == line["method"] == python.method
    assert len(python.effects) == len(line["effects"]) == len(graphql["effects"]["nodes"]) > 0
    for effect, node, row in zip(python.effects, graphql["effects"]["nodes"], line["effects"], strict=True):
        for name in ("base", "scenario", "reason"):
            assert node[name] == row[name] == getattr(effect, name)
        (loop,), (shown,), (found,) = node["loops"], row["loops"], effect.loops
        for name in ("path", "members", "gain", "amplification", "held", "lagged", "sentence"):
            expected = getattr(found, name)
            assert loop[name] == shown[name] == (list(expected) if isinstance(expected, tuple) else expected)
        assert loop["status"] == shown["status"] == str(found.status)
        assert len(loop["functions"]) == len(found.functions) == 4
        profile = effect.profile(24)
        assert profile is not None
        assert node["profile"] == row["profile"]
        assert tuple(node["profile"]["values"]) == profile.values
        assert node["profile"]["restFrom"] == profile.rest_from
        assert node["flows"] == row["flows"]


def test_a_value_tells_of_its_loop_through_every_door(kg: KnowledgeGraph, ask: Any) -> None:
    python = kg.explain(f"{MARKET}.market_utilization")
    graphql = ask(VALUE, e=MARKET)["value"]
    line = json.loads(downstack("explain", f"{MARKET}.market_utilization", "--json").stdout)
    assert graphql["value"] == line["value"] == python.value
    assert graphql["rows"][0]["loops"] == line["rows"][0]["loops"]
    assert graphql["rows"][0]["loops"][0]["sentence"] == python.rows[0].loops[0].sentence
    assert line["trace"]["loop"]["status"] == "CONVERGED"


def test_the_command_line_says_how_the_loop_settles_and_what_is_assumed() -> None:
    said = " ".join(downstack("impact", f"{MARKET}.market_installed_supply=-30%", "--profile", "36").stdout.split())
    assert "settles: gain -0.644, amplification 1/(1-g) = 0.608x" in said
    assert "assumed, not known:" in said
    assert "gpu-rental-market.price_response_to_utilization = 0.4" in said
    assert "comes to rest from month 24 at 3.217 USD/h" in said


def test_the_command_line_gives_no_number_to_a_loop_that_overshoots() -> None:
    asked = downstack("impact", f"{MARKET}.price_elasticity_of_demand=3", "--target", "market_utilization", "--json")
    (effect,) = json.loads(asked.stdout)["effects"]
    assert (effect["base"], effect["scenario"], effect["status"]) == (pytest.approx(0.7), None, "NOT_CONVERGED")
    assert effect["reason"].endswith("has no settled answer: each round overshoots by 1.2 (OSCILLATING)")


def test_an_explanation_names_the_loop_in_its_tree() -> None:
    said = " ".join(downstack("explain", f"{MARKET}.market_utilization").stdout.split())
    assert "the loop market_demand -> market_utilization -> market_price_per_accelerator_hour" in said
    assert "0.4 1 is an assumption" in said
