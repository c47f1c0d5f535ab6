"""One question, one answer: Python, command line and GraphQL give the very same numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.api.test_cli import downstack

from downstack.kg import KnowledgeGraph

TARGETS = ["decode_tokens_per_second", "cost_per_million_output_tokens", "max_concurrent_sequences"]
WHERE = {"model": "llama-3.1-70b", "workload": "azure-2023-conv"}
IMPACT = """query ($c: [ChangeInput!]!, $t: [ID!], $w: WhereInput) {
  impact(changes: $c, targets: $t, where: $w) { graphVersion effects(first: 100) { totalCount nodes {
    quantity { id } key { roles { role slug } } unit base scenario ratio change status reason
    regime { quantity base scenario switchAt switches } } } } }"""
VALUE = """query ($q: ID!, $w: WhereInput) { value(quantity: $q, where: $w) {
  graphVersion unit status value rows { key { roles { role slug } } value status reason } } }"""

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
