"""Every tool answers, with version, units, statuses and sources, in the shape that it declares."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.mcp.asking import Assistant

from downstack.kg import KnowledgeGraph
from downstack.mcp.tools import TOOLS

WHERE = {"model": "llama-3.1-70b", "workload": "azure-2023-conv", "framework": "vllm"}
ONE = {**WHERE, "offering": "aws-p5en-48xlarge"}
FASTER = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4}
COST = "cost_per_million_output_tokens"
CALLS: dict[str, dict[str, Any]] = {
    "graph": {},
    "search": {"text": "H200"},
    "entity": {"entity": "nvidia-h200-sxm"},
    "quantities": {"text": "cost output tokens"},
    "functions": {"returns": "time_per_output_token"},
    "influences": {"entity": "hbm", "direction": "DOWN"},
    "value": {"quantity": COST, "where": WHERE},
    "explain": {"quantity": COST, "where": ONE},
    "impact": {"changes": [FASTER], "targets": [COST], "where": WHERE},
    "compare": {"scenarios": [{"name": "faster", "changes": [FASTER]}], "targets": [COST], "where": WHERE},
    "sensitivity": {"target": COST, "where": ONE},
    "solve": {
        "target": "decode_tokens_per_second",
        "goal": 60,
        "vary": {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth"},
        "where": WHERE,
    },
    "dependencies": {"entity": "tsmc-cowos", "direction": "UP", "maxDepth": 2},
    "paths": {"from": "claude-code", "to": "sk-hynix"},
    "shock": {"disruptions": [{"entity": "tsmc-cowos", "percent": -30}]},
    "journey": {"application": "claude-code", "model": "llama-3.1-70b", "accelerator": "nvidia-h200-sxm"},
    "deployments": {"model": "llama-3.1-70b", "limits": {"tpot": 30, "weights": ["fp8"]}},
}
LISTS = {
    "search": "hits", "entity": "facts", "quantities": "quantities", "functions": "functions", "influences": "influences",
    "value": "rows", "explain": "rows", "impact": "effects", "compare": "cells", "sensitivity": "inputs", "solve": "rows",
    "dependencies": "nodes", "paths": "paths", "shock": "targets", "deployments": "deployments",
}  # fmt: skip


def test_there_is_a_question_for_every_tool() -> None:
    assert set(CALLS) == set(TOOLS)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_tool_answers_with_the_graph_version_and_the_fields_it_declares(
    name: str, assistant: Assistant, kg: KnowledgeGraph
) -> None:
    # The client has checked the types against the schema of the tool.
    found = assistant.ask(name, **CALLS[name])
    assert found["graphVersion"] == kg.version
    declared = set(TOOLS[name].output_schema["properties"])
    assert set(found) <= declared
    assert name not in LISTS or found[LISTS[name]]


@pytest.mark.parametrize("name", ["value", "explain", "impact", "deployments"])
def test_numbers_say_what_they_rest_on_with_sources(name: str, assistant: Assistant) -> None:
    found = assistant.ask(name, **CALLS[name])
    facts = {fact["iri"]: fact for fact in found["facts"]}
    rows = [row for row in found[LISTS[name]] if row["status"] in ("OK", "EXTRAPOLATED", "STALE")]
    assert rows
    for row in rows:
        assert row["functions"] and row["facts"]
        assert set(row["facts"]) <= set(facts)
    assert all(fact["source"]["title"] and fact["literal"] and fact["unit"] for fact in facts.values())


def test_what_numbers_rest_on_can_be_left_out(assistant: Assistant) -> None:
    found = assistant.ask("value", **CALLS["value"], sources=False)
    assert "facts" not in found
    assert all("facts" not in row for row in found["rows"])


def test_a_trace_is_unfolded_as_far_as_it_is_asked_for(assistant: Assistant) -> None:
    def depth(step: dict[str, Any]) -> int:
        return 1 + max(map(depth, step["inputs"]), default=0)

    for levels in (1, 3):
        trace = assistant.ask("explain", **CALLS["explain"], levels=levels)["trace"]
        assert depth(trace) == levels + 1
        assert trace["function"]["formula"]


def test_a_trace_that_is_too_deep_for_an_answer_is_cut_and_says_where(assistant: Assistant) -> None:
    def ends(step: dict[str, Any]) -> list[str]:
        return (
            [step["partialReason"]] if step.get("partial") else [text for item in step["inputs"] for text in ends(item)]
        )

    said = ends(assistant.ask("explain", **CALLS["explain"], levels=60)["trace"])
    assert said and all("are left out: explain" in text for text in said)


def test_a_number_that_nobody_published_stays_missing(assistant: Assistant) -> None:
    rows = assistant.ask("value", quantity=COST, where=WHERE, sources=False, first=100)["rows"]
    missing = [row for row in rows if row["value"] is None]
    assert missing and len(missing) < len(rows)
    for row in rows:
        assert (row["value"] is None) == (row["status"] in ("MISSING_INPUT", "INFEASIBLE", "NOT_CONVERGED"))
    assert all(row["reason"] for row in missing)


def test_the_absence_of_a_path_is_an_empty_list_and_not_an_error(assistant: Assistant, kg: KnowledgeGraph) -> None:
    lonely = next(slug for slug in sorted(kg.entities) if not kg.relations_of(slug) and not kg.influences_of(slug))
    found = assistant.ask("paths", **{"from": lonely, "to": "tsmc"})
    assert found == {"graphVersion": kg.version, "paths": []}


def test_null_is_as_good_as_an_argument_that_is_left_out(assistant: Assistant) -> None:
    assert assistant.ask("search", text="H200", first=None) == assistant.ask("search", text="H200")
    assert assistant.refused("search", text=None)["code"] == "BAD_USER_INPUT"


def test_an_effect_says_how_it_came_about_where_that_is_asked_for(assistant: Assistant) -> None:
    found = assistant.ask("impact", **CALLS["impact"], flows=True, first=1)
    (effect,) = found["effects"]
    assert effect["flows"]
    carried = sum(path["amount"] for path in effect["paths"]) + effect["otherPaths"]
    assert carried == pytest.approx(effect["change"])


def test_months_and_parts_come_where_they_are_asked_for(assistant: Assistant) -> None:
    (target,) = assistant.ask("shock", **CALLS["shock"], monthly=True, first=1, horizonMonths=12)["targets"]
    assert all(len(profile["flow"]) == 12 for profile in target["profiles"])
    (target,) = assistant.ask("shock", **CALLS["shock"], first=1)["targets"]
    assert all("flow" not in profile and profile["worstFlow"] for profile in target["profiles"])
    asked = {**CALLS["journey"], "workload": "codex-swebenchpro"}
    for parts in (False, True):
        routes = assistant.ask("journey", **asked, parts=parts, first=1)["routes"]
        assert all(("timeParts" in stage) is parts for stage in routes[0]["stages"])
