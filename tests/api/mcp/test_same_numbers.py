"""One question, one answer: the tools give the very same numbers as Python, the command line and GraphQL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.api.mcp.asking import Assistant
from tests.api.test_cli import downstack

from downstack.kg import KnowledgeGraph

WHERE = {"model": "llama-3.1-70b", "workload": "azure-2023-conv", "framework": "vllm"}
ONE = {**WHERE, "offering": "aws-p5en-48xlarge"}
COST, SPEED = "cost_per_million_output_tokens", "decode_tokens_per_second"
FASTER = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4}
REFERENCE, VARY = "nvidia-h200-sxm.memory_bandwidth", {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth"}
TIMES = ("elapsedMs",)


def words(where: dict[str, str]) -> list[str]:
    return [word for key, name in where.items() for word in ("--where", f"{key}={name}")]


def listed(where: dict[str, str]) -> dict[str, list[str]]:
    return {key: [name] for key, name in where.items()}


def line(*asked: str) -> dict[str, Any]:
    """What the command line answers."""
    done = downstack(*asked, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_impact_is_the_same_through_all_four_doors(kg: KnowledgeGraph, ask: Any, assistant: Assistant) -> None:
    python = kg.impact({REFERENCE: "x1.4"}, [COST, SPEED], WHERE, samples=64)
    tool = assistant.ask(
        "impact", changes=[FASTER], targets=[COST, SPEED], where=WHERE, samples=64, flows=True, first=100
    )
    shown = line(
        "impact", f"{REFERENCE}=x1.4", "--target", COST, "--target", SPEED, *words(WHERE), "--samples", "64", "--flows"
    )
    graphql = ask(
        """query ($c: [ChangeInput!]!, $t: [ID!], $w: WhereInput) { impact(changes: $c, targets: $t, where: $w, samples: 64) {
        graphVersion effects(first: 100) { nodes { base scenario ratio change unit status band { p10 p50 p90 } } } } }""",
        c=[FASTER],
        t=[COST, SPEED],
        w=listed(WHERE),
    )["impact"]
    assert tool["graphVersion"] == shown["graphVersion"] == graphql["graphVersion"] == python.graph_version
    effects, nodes = tool["effects"], graphql["effects"]["nodes"]
    assert len(effects) == len(nodes) == len(python.effects) > 0
    for effect, row, node, item in zip(effects, shown["effects"], nodes, python.effects, strict=True):
        del effect["functions"], effect["facts"]
        assert effect == row
        for name in ("base", "scenario", "ratio", "change", "unit"):
            assert effect[name] == node[name] == getattr(item, name)
        assert effect["status"] == node["status"]
        assert (
            {name: effect["band"][name] for name in node["band"]} == node["band"]
            if node["band"]
            else not effect["band"]
        )
    for name in ("changes", "byLayer", "qualitative", "findings", "notReached", "oldestFact", "asOf"):
        assert tool[name] == shown[name]


@pytest.mark.parametrize("quantity", [COST, "max_concurrent_sequences"])
def test_a_value_is_the_same_through_all_four_doors(
    kg: KnowledgeGraph, ask: Any, assistant: Assistant, quantity: str
) -> None:
    python = kg.value(quantity, where=ONE)
    tool = assistant.ask("value", quantity=quantity, where=ONE)
    traced = assistant.ask("explain", quantity=quantity, where=ONE, levels=60)
    shown = line("explain", quantity, *words(ONE))
    graphql = ask(
        "query ($q: ID!, $w: WhereInput) { value(quantity: $q, where: $w) { value unit status } }",
        q=quantity,
        w=listed(ONE),
    )["value"]
    assert tool["value"] == traced["value"] == shown["value"] == graphql["value"] == python.value is not None
    assert (tool["unit"], tool["status"]) == (shown["unit"], shown["status"]) == (graphql["unit"], graphql["status"])
    assert {fact["iri"] for fact in traced["facts"]} == {fact.iri for fact in python.rows[0].trace.facts}
    assert traced["trace"]["function"] == shown["trace"]["function"]


def test_what_matters_and_what_would_be_needed_are_the_same(kg: KnowledgeGraph, ask: Any, assistant: Assistant) -> None:
    assert assistant.ask("sensitivity", target=COST, where=ONE) == line("sensitivity", COST, *words(ONE))
    tool = assistant.ask("solve", target=SPEED, goal=60, vary=VARY, where=WHERE, first=100)
    shown = line("solve", f"{SPEED}=60", "--vary", REFERENCE, *words(WHERE))
    python = kg.solve(SPEED, goal=60.0, vary=REFERENCE, where=WHERE)
    graphql = ask(
        """query ($v: QuantityRef!, $w: WhereInput) { solve(target: "decode_tokens_per_second", goal: 60, vary: $v, where: $w) {
        rows { value cap } } }""",
        v=VARY,
        w=listed(WHERE),
    )["solve"]
    del tool["pages"]
    assert tool == shown
    assert [(row["value"], row["cap"]) for row in tool["rows"]] == [(row.value, row.cap) for row in python.rows]
    assert [(row["value"], row["cap"]) for row in tool["rows"]] == [
        (row["value"], row["cap"]) for row in graphql["rows"]
    ]


def test_a_comparison_is_the_same(assistant: Assistant) -> None:
    scenarios = [{"name": f"x{value}", "changes": [{**FASTER, "value": value}]} for value in (1.2, 1.4)]
    tool = assistant.ask("compare", scenarios=scenarios, targets=[COST], where=WHERE, samples=100, first=100)
    said = [word for item in scenarios for word in ("--scenario", f"{item['name']}={REFERENCE}={item['name']}")]
    del tool["pages"]
    assert tool == line("compare", *said, "--target", COST, *words(WHERE), "--samples", "100")


@pytest.mark.parametrize(
    ("tool", "arguments", "asked"),
    [
        (
            "dependencies",
            {"entity": "tsmc-cowos", "direction": "UP", "maxDepth": 2, "first": 100},
            ["dependencies", "tsmc-cowos", "--up", "--depth", "2"],
        ),
        (
            "paths",
            {"from": "claude-code", "to": "sk-hynix", "first": 2},
            ["paths", "claude-code", "sk-hynix", "--first", "2"],
        ),
        (
            "shock",
            {
                "disruptions": [{"entity": "tsmc-cowos", "percent": -30}],
                "targets": ["nvidia-h200-sxm"],
                "monthly": True,
            },
            ["shock", "tsmc-cowos=-30%", "--target", "nvidia-h200-sxm"],
        ),
        (
            "journey",
            {
                "application": "claude-code",
                "model": "llama-3.1-70b",
                "accelerator": "nvidia-h200-sxm",
                "workload": "codex-swebenchpro",
                "first": 1,
                "parts": True,
            },
            [
                *("journey", "claude-code", "--model", "llama-3.1-70b", "--accelerator", "nvidia-h200-sxm"),
                *("--workload", "codex-swebenchpro"),
            ],
        ),
        (
            "deployments",
            {"model": "llama-3.1-70b", "limits": {"tpot": 30, "budget": 60}, "sources": False, "first": 10},
            ["deployments", "llama-3.1-70b", "--tpot", "30", "--budget", "60", "--first", "10"],
        ),
    ],
)
def test_chains_are_the_same_as_on_the_command_line(
    assistant: Assistant, tool: str, arguments: dict[str, Any], asked: list[str]
) -> None:
    found, shown = assistant.ask(tool, **arguments), line(*asked)
    pages = found.pop("pages", {})
    assert set(found) == set(shown)
    for name in set(shown) - set(TIMES):
        if name in pages:
            assert pages[name]["totalCount"] == (shown["totalCount"] if tool == "deployments" else len(shown[name]))
            assert found[name] == shown[name][: len(found[name])]
            assert found[name]
        else:
            assert found[name] == shown[name]
