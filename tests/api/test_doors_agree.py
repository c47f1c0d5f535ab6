"""One question, one answer: Python, command line and GraphQL give the very same numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.commands import downstack

from downstack.kg import KnowledgeGraph

TARGETS = ["decode_tokens_per_second", "cost_per_million_output_tokens", "max_concurrent_sequences"]
WHERE = {"model": "llama-3.1-70b", "workload": "azure-2023-conv"}
IMPACT = """query ($c: [ChangeInput!]!, $t: [ID!], $w: WhereInput) {
  impact(changes: $c, targets: $t, where: $w) { graphVersion effects(first: 100) { totalCount nodes {
    quantity { id } key { roles { role slug } } unit base scenario ratio change status reason
    regime { quantity base scenario switchAt switches } } } } }"""
VALUE = """query ($q: ID!, $w: WhereInput) { value(quantity: $q, where: $w) {
  graphVersion unit status value rows { key { roles { role slug } } value status reason } } }"""
BAND = "p10 p50 p90 probabilityOfRise probabilityOfFall probabilityUnchanged probabilityOfSwitch samples widestP10 widestP90"
EXPLAINED = """query ($c: [ChangeInput!]!, $t: [ID!], $w: WhereInput, $s: Int) {
  impact(changes: $c, targets: $t, where: $w, samples: $s) { effects(first: 20) { totalCount nodes {
    band { BAND } factCoverage { facts varying exact assumptions statement }
    flows(first: 100) { from to function amount share }
    paths(first: 100) { steps amount share } otherPaths(first: 100) } } } }""".replace(
    "BAND", BAND
)  # braces are GraphQL's
SENSITIVITY = """query ($t: ID!, $w: WhereInput) { sensitivity(target: $t, where: $w) {
  graphVersion value unit status inputs { entity { slug } quantity { id } elasticity atLow atHigh }
  tornado { kind fact { iri } function { name } inputP10 inputP90 atP10 atP90 swing }
  factCoverage { facts varying exact assumptions statement } } }"""
SOLVE = """query ($t: ID!, $g: Float!, $v: QuantityRef!, $w: WhereInput) { solve(target: $t, goal: $g, vary: $v, where: $w) {
  graphVersion goal unit vary varyUnit
  rows { key { roles { role slug } } reachable value factor base closest cap reason } } }"""

CHANGES = {
    "x1.4": {"op": "SCALE", "value": 1.4},
    "+40%": {"op": "PERCENT", "value": 40.0},
    "-30%": {"op": "PERCENT", "value": -30.0},
    "+0.8TB/s": {"op": "ADD", "value": 0.8, "unit": "TB/s"},
    "6TB/s": {"op": "SET", "value": 6.0, "unit": "TB/s"},
}


def words(where: dict[str, str]) -> list[str]:
    return [word for key, name in where.items() for word in ("--where", f"{key}={name}")]


@pytest.mark.parametrize("written", CHANGES)
def test_an_impact_is_the_same_through_every_door(kg: KnowledgeGraph, ask: Any, written: str) -> None:
    python = kg.impact({"nvidia-h200-sxm.memory_bandwidth": written}, TARGETS, WHERE)
    change = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", **CHANGES[written]}
    graphql = ask(IMPACT, c=[change], t=TARGETS, w={key: [name] for key, name in WHERE.items()})["impact"]
    targets = [word for name in TARGETS for word in ("--target", name)]
    shown = downstack("impact", f"nvidia-h200-sxm.memory_bandwidth={written}", *targets, *words(WHERE), "--json")
    line = json.loads(shown.stdout)

    assert graphql["graphVersion"] == line["graphVersion"] == python.graph_version
    assert graphql["effects"]["totalCount"] == len(line["effects"]) == len(python.effects) > 0
    for effect, node, row in zip(python.effects, graphql["effects"]["nodes"], line["effects"], strict=True):
        key = dict(effect.key.roles)
        assert {item["role"]: item["slug"] for item in node["key"]["roles"]} == row["key"] == key
        assert node["quantity"]["id"] == row["quantity"] == effect.quantity.id
        for name in ("unit", "base", "scenario", "ratio", "change", "reason"):
            assert node[name] == row[name] == getattr(effect, name), (key, name)
        assert node["status"] == row["status"] == str(effect.status)
        assert node["regime"] == row["regime"]
        if effect.regime is None:
            assert node["regime"] is None
        else:
            assert node["regime"]["switchAt"] == effect.regime.switch_at


@pytest.mark.parametrize("quantity", TARGETS)
def test_a_value_is_the_same_through_every_door(kg: KnowledgeGraph, ask: Any, quantity: str) -> None:
    where = {**WHERE, "framework": "vllm"}
    python = kg.explain(quantity, where)
    graphql = ask(VALUE, q=quantity, w={key: [name] for key, name in where.items()})["value"]
    line = json.loads(downstack("explain", quantity, *words(where), "--json").stdout)
    assert graphql["value"] == line["value"] == python.value
    assert graphql["status"] == line["status"] == str(python.status)
    assert len(graphql["rows"]) == len(line["rows"]) == len(python.rows) > 0
    for expected, node, row in zip(python.rows, graphql["rows"], line["rows"], strict=True):
        assert node["value"] == row["value"] == expected.value
        assert node["status"] == row["status"] == str(expected.status)


def test_bands_flows_and_paths_are_the_same_through_every_door(kg: KnowledgeGraph, ask: Any) -> None:
    where = {**WHERE, "framework": "vllm"}
    targets = ["cost_per_million_output_tokens", "max_concurrent_sequences"]
    python = kg.impact({"nvidia-h200-sxm.memory_bandwidth": "x1.4"}, targets, where, samples=64)
    change = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4}
    filters = {key: [name] for key, name in where.items()}
    graphql = ask(EXPLAINED, c=[change], t=targets, w=filters, s=64)["impact"]["effects"]
    named = [word for name in targets for word in ("--target", name)]
    asked = ("impact", "nvidia-h200-sxm.memory_bandwidth=x1.4", *named, *words(where), "--samples", "64", "--flows")
    line = json.loads(downstack(*asked, "--json").stdout)["effects"]
    assert graphql["totalCount"] == len(line) == len(python.effects)
    assert any(effect.band is not None for effect in python.effects)
    assert any(effect.attribution is not None for effect in python.effects)
    for effect, node, row in zip(python.effects, graphql["nodes"], line, strict=False):
        assert node["band"] == row["band"]
        if row["band"] is not None:
            assert node["factCoverage"] == row["factCoverage"]
            assert row["factCoverage"]["statement"] == effect.fact_coverage.statement
        assert (node["band"] is None) is (effect.band is None)
        if effect.band is not None:
            assert node["band"]["p50"] == effect.band.p50
            assert node["band"]["probabilityOfSwitch"] == effect.band.probability_of_switch
        assert node["flows"] == row["flows"][:100]
        assert node["paths"] == row["paths"][:100]
        found = effect.attribution
        assert len(row["flows"]) == (0 if found is None else len(found.flows))
        assert len(row["paths"]) == (0 if found is None else len(found.paths))
        if len(row["paths"]) <= 100:
            assert node["otherPaths"] == row["otherPaths"] == (None if found is None else found.other_paths)


def test_a_sensitivity_is_the_same_through_every_door(kg: KnowledgeGraph, ask: Any) -> None:
    where = {**WHERE, "framework": "vllm", "offering": "aws-p5en-48xlarge"}
    target = "cost_per_million_output_tokens"
    python = kg.sensitivity(target, where)
    graphql = ask(SENSITIVITY, t=target, w={key: [name] for key, name in where.items()})["sensitivity"]
    line = json.loads(downstack("sensitivity", target, *words(where), "--json").stdout)
    for name in ("graphVersion", "value", "unit", "status"):
        assert graphql[name] == line[name]
    assert graphql["value"] == python.value is not None
    assert len(graphql["inputs"]) == len(line["inputs"]) == len(python.inputs) > 0
    for item, node, row in zip(python.inputs, graphql["inputs"], line["inputs"], strict=True):
        assert node["entity"]["slug"] == row["entity"] == item.entity
        assert node["quantity"]["id"] == row["quantity"] == item.quantity.id
        assert node["elasticity"] == row["elasticity"] == item.elasticity
        assert (node["atLow"], node["atHigh"]) == (row["atLow"], row["atHigh"]) == (item.at_low, item.at_high)
    assert graphql["factCoverage"] == line["factCoverage"]
    assert len(graphql["tornado"]) == len(line["tornado"]) == len(python.tornado) > 0
    for bar, node, row in zip(python.tornado, graphql["tornado"], line["tornado"], strict=True):
        assert node["kind"].lower() == row["kind"] == bar.kind
        assert (node["fact"] or {}).get("iri") == row["fact"] == (None if bar.fact is None else bar.fact.iri)
        named = None if bar.function is None else bar.function.name
        assert (node["function"] or {}).get("name") == row["function"] == named
        numbers = (bar.input_p10, bar.input_p90, bar.at_p10, bar.at_p90, bar.swing)
        for found in (node, row):
            assert tuple(found[name] for name in ("inputP10", "inputP90", "atP10", "atP90", "swing")) == numbers


@pytest.mark.parametrize("goal", [60.0, 1e9])
def test_a_goal_seek_is_the_same_through_every_door(kg: KnowledgeGraph, ask: Any, goal: float) -> None:
    target, vary = "decode_tokens_per_second", "nvidia-h200-sxm.memory_bandwidth"
    python = kg.solve(target, goal=goal, vary=vary, where=WHERE)
    reference = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth"}
    graphql = ask(SOLVE, t=target, g=goal, v=reference, w={key: [name] for key, name in WHERE.items()})["solve"]
    line = json.loads(downstack("solve", f"{target}={goal}", "--vary", vary, *words(WHERE), "--json").stdout)
    for name in ("graphVersion", "goal", "unit", "vary", "varyUnit"):
        assert graphql[name] == line[name]
    assert graphql["goal"] == python.goal == goal
    assert len(graphql["rows"]) == len(line["rows"]) == len(python.rows) > 0
    for item, node, row in zip(python.rows, graphql["rows"], line["rows"], strict=True):
        assert (
            {role["role"]: role["slug"] for role in node.pop("key")["roles"]} == row.pop("key") == dict(item.key.roles)
        )
        assert node == row == {name: getattr(item, name) for name in row}


SAMPLED = """query ($q: ID!, $w: WhereInput, $s: Int) { value(quantity: $q, where: $w, samples: $s) {
  value band { BAND } varianceShares { kind share fact { iri } function { name } } rows { band { BAND }
    factCoverage { facts varying exact assumptions statement } } } }""".replace("BAND", BAND)
COMPARE = """query ($c: [ScenarioInput!]!, $t: [ID!]!, $w: WhereInput, $s: Int) {
  compare(scenarios: $c, targets: $t, where: $w, samples: $s) { graphVersion scenarios samples cells {
    key { roles { role slug } } quantity { id } unit base values ratios statuses bands { BAND }
    differences { first second change band { BAND } } factCoverage { facts varying exact assumptions statement } } } }""".replace(
    "BAND", BAND
)


def test_the_band_of_a_value_is_the_same_through_every_door(kg: KnowledgeGraph, ask: Any) -> None:
    where = {**WHERE, "framework": "vllm", "offering": "aws-p5en-48xlarge"}
    quantity = "cost_per_million_output_tokens"
    python = kg.value(quantity, where=where, samples=3000)
    graphql = ask(SAMPLED, q=quantity, w={key: [name] for key, name in where.items()}, s=3000)["value"]
    line = json.loads(downstack("explain", quantity, *words(where), "--samples", "3000", "--json").stdout)
    assert python.band is not None
    assert graphql["band"] == line["band"] == graphql["rows"][0]["band"] == line["rows"][0]["band"]
    assert graphql["band"]["p10"] == python.band.p10
    assert graphql["band"]["probabilityOfRise"] is None
    assert graphql["rows"][0]["factCoverage"] == line["rows"][0]["factCoverage"]
    shares = python.variance_shares
    assert shares == python.rows[0].variance_shares and line["varianceShares"] == line["rows"][0]["varianceShares"]
    assert {item.kind for item in shares} == {"fact", "function"}
    for share, node, row in zip(shares, graphql["varianceShares"], line["varianceShares"], strict=True):
        assert node["share"] == row["share"] == share.share
        assert node["kind"].lower() == row["kind"] == share.kind
        assert (node["fact"] or {}).get("iri") == row["fact"]
        assert (node["function"] or {}).get("name") == row["function"]


@pytest.mark.parametrize("samples", [0, 100])
def test_a_comparison_is_the_same_through_every_door(kg: KnowledgeGraph, ask: Any, samples: int) -> None:
    where = {**WHERE, "framework": "vllm"}
    changes = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE"}
    scenarios = [{"name": f"x{factor}", "changes": [{**changes, "value": factor}]} for factor in (1.2, 1.4)]
    asked = {f"x{factor}": {"nvidia-h200-sxm.memory_bandwidth": f"x{factor}"} for factor in (1.2, 1.4)}
    python = kg.compare(asked, TARGETS[:2], where, samples=samples)
    filters = {key: [name] for key, name in where.items()}
    graphql = ask(COMPARE, c=scenarios, t=TARGETS[:2], w=filters, s=samples)["compare"]
    said = [word for name in asked for word in ("--scenario", f"{name}=nvidia-h200-sxm.memory_bandwidth={name}")]
    said += [word for name in TARGETS[:2] for word in ("--target", name)]
    line = json.loads(downstack("compare", *said, *words(where), "--samples", str(samples), "--json").stdout)
    for name in ("graphVersion", "scenarios", "samples"):
        assert graphql[name] == line[name]
    assert line["samples"] == python.samples == samples
    assert len(graphql["cells"]) == len(line["cells"]) == len(python.cells) > 0
    assert any(cell.differences for cell in python.cells) is bool(samples)
    for cell, node, row in zip(python.cells, graphql["cells"], line["cells"], strict=True):
        roles = {role["role"]: role["slug"] for role in node["key"]["roles"]}
        assert roles == row["key"] == dict(cell.key.roles)
        for name in ("unit", "base", "values", "ratios", "statuses", "bands", "differences"):
            assert node[name] == row[name]
        assert row["values"] == list(cell.values)
        assert [item["band"]["p50"] for item in row["differences"]] == [item.band.p50 for item in cell.differences]
        if samples:
            assert node["factCoverage"] == row["factCoverage"]
