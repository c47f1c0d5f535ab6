"""Supply shocks over HTTP and on the command line: the numbers of the library, and clear refusals."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.commands import downstack

from downstack.kg import Disruption, KnowledgeGraph
from downstack.results import ShockInterval, ShockMonth

SHOCK = """query ($d: [DisruptionInput!]!, $h: Int, $t: [ID!]) { shock(disruptions: $d, horizonMonths: $h, targets: $t) {
  graphVersion method disruptions horizonMonths cases assumptions
  targets { entity { slug } label technology reason assumptions
    baseFlow { value low high unit } baseStock { value low high unit } firstOrder { value low high }
    inputs { group supplier { slug } share { value low high } perUnit baseUse { value low high unit } }
    allocation { customer { slug } share { value low high } }
    function { name } facts { id source { title } }
    profiles { bound recoveryMonth daysToImpact { value low high } lostFlow { value low high }
      flow { month value low high statedLow statedHigh } stock { month value low high statedLow statedHigh }
      worstFlow { month value low high statedLow statedHigh } worstStock { month value low high statedLow statedHigh }
      binding { first last what suppliers { slug } } } }
  singlePoints { supplier { slug } group users { slug } }
  notReached { entity { slug } reason } } }"""
COWOS = {"entity": "tsmc-cowos", "percent": -30.0, "months": 6}


def plain(node: Any) -> Any:
    """Entities as slugs, as the command line writes them."""
    if isinstance(node, dict):
        if set(node) == {"slug"}:
            return node["slug"]
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node] if isinstance(node, list) else node


def months(series: tuple[ShockMonth, ...]) -> list[dict[str, Any]]:
    return [
        {
            "month": item.month,
            "value": item.value,
            "low": item.low,
            "high": item.high,
            "statedLow": item.stated_low,
            "statedHigh": item.stated_high,
        }
        for item in series
    ]


def ends(item: ShockInterval | None) -> dict[str, Any] | None:
    return None if item is None else {"value": item.value, "low": item.low, "high": item.high}


def test_a_shock_is_the_same_through_every_door(kg: KnowledgeGraph, ask: Any) -> None:
    python = kg.shock([Disruption("tsmc-cowos", -30.0, 6)], horizon_months=24)
    graphql = plain(ask(SHOCK, d=[COWOS], h=24)["shock"])
    line = json.loads(downstack("shock", "tsmc-cowos=-30%", "--months", "6", "--horizon", "24", "--json").stdout)
    assert graphql["graphVersion"] == line["graphVersion"] == python.graph_version
    assert len(graphql["targets"]) == len(line["targets"]) == len(python.targets) > 15
    for expected, node, row in zip(python.targets, graphql["targets"], line["targets"], strict=True):
        assert node["entity"] == row["entity"] == expected.entity.id
        assert len(node["facts"]) == len(row["facts"]) == len(expected.facts)
        for profile, one, other in zip(expected.profiles, node["profiles"], row["profiles"], strict=True):
            assert one == other
            assert one["bound"] == str(profile.bound)
            assert one["flow"] == months(profile.flow)
            assert one["stock"] == months(profile.stock)
            assert one["daysToImpact"] == ends(profile.days_to_impact)
            assert one["lostFlow"] == ends(profile.lost_flow)
            assert one["recoveryMonth"] == profile.recovery_month
        for name in ("label", "technology", "reason", "baseFlow", "baseStock", "firstOrder", "inputs", "allocation"):
            assert node[name] == row[name], (expected.entity.id, name)
    for name in ("singlePoints", "notReached", "assumptions", "disruptions", "method", "cases", "horizonMonths"):
        assert graphql[name] == line[name]


def test_targets_narrow_the_answer(ask: Any) -> None:
    found = plain(ask(SHOCK, d=[COWOS], t=["meta", "sk-hynix"])["shock"])
    assert [item["entity"] for item in found["targets"]] == ["meta"]
    assert [item["entity"] for item in found["notReached"]] == ["sk-hynix"]


def test_a_disruption_lasts_six_months_and_is_looked_at_for_two_years_unless_said_otherwise(ask: Any) -> None:
    found = ask(SHOCK, d=[{"entity": "tsmc-cowos", "percent": -30.0}])["shock"]
    assert found["disruptions"] == ["tsmc-cowos -30 % for 6 months"]
    assert found["horizonMonths"] == 24


@pytest.mark.parametrize(
    ("disruption", "horizon", "code", "field"),
    [
        ({"entity": "tsmc-cowoss", "percent": -30.0}, 24, "NOT_FOUND", "disruptions.entity"),
        ({"entity": "llama-3.1-70b", "percent": -30.0}, 24, "BAD_USER_INPUT", "disruptions.entity"),
        ({"entity": "tsmc-cowos", "percent": 30.0}, 24, "BAD_USER_INPUT", "disruptions.percent"),
        ({"entity": "tsmc-cowos", "percent": -30.0, "months": 0}, 24, "BAD_USER_INPUT", "disruptions.months"),
        ({"entity": "tsmc-cowos", "percent": -30.0, "months": 25}, 24, "BAD_USER_INPUT", "disruptions.months"),
        ({"entity": "tsmc-cowos", "percent": -30.0}, 1_000, "BAD_USER_INPUT", "horizonMonths"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_field_and_hint(
    refused: Any, disruption: dict[str, Any], horizon: int, code: str, field: str
) -> None:
    error = refused(SHOCK, d=[disruption], h=horizon)
    assert error["extensions"]["code"] == code
    assert error["extensions"]["field"] == field
    assert error["extensions"]["hint"]


def test_the_printed_answer_shows_bounds_months_reasons_and_assumptions() -> None:
    shown = downstack("shock", "tsmc-cowos=-30%")
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    text = shown.stdout
    assert text.startswith("tsmc-cowos -30 % for 6 months")
    for heading in ("Made and delivered in a month", "Month by month", "Installed, and what can be served", "Why"):
        assert heading in text
    assert re.search(r"meta +none +-\d+\.\d +\(-30\.0 to 0\)", text)
    assert re.search(r"chatgpt +none +-\d+\.\d to 0 +\(-\d+\.\d to 0\)", text)
    assert "Single points of failure" in text
    assert "unallocated 5 %" in text
    assert "inventory_cover = 30 day (0 to 60) is an assumption" in text


def test_several_disruptions_are_one_question() -> None:
    shown = downstack("shock", "tsmc-cowos=-30%", "micron=-50%", "--target", "nvidia-h200-sxm", "--json")
    found = json.loads(shown.stdout)
    assert len(found["disruptions"]) == 2
    assert [item["entity"] for item in found["targets"]] == ["nvidia-h200-sxm"]


@pytest.mark.parametrize("word", ["tsmc-cowos", "tsmc-cowos=", "=-30%", "tsmc-cowos=x0.7"])
def test_a_command_that_cannot_be_read_ends_with_status_two(word: str) -> None:
    shown = downstack("shock", word)
    assert shown.returncode == 2
    assert "-30%" in shown.stderr


def test_an_answer_that_fails_ends_with_status_one_and_a_hint() -> None:
    shown = downstack("shock", "hbm3e=-30%")
    assert shown.returncode == 1
    assert "hint: nearest that are: " in shown.stderr
