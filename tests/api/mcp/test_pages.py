"""Lists come in pages, with cursors that hold for one list of one question of one version; answers stay small."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from tests.api.mcp.asking import Assistant
from tests.api.mcp.test_answers import CALLS, WHERE
from tests.api.serving import running

from downstack.graphql.guards import Guards
from downstack.kg import KnowledgeGraph
from downstack.mcp.pages import ANSWER_BYTES
from downstack.server import create_app


def test_a_walk_meets_every_item_once(assistant: Assistant, kg: KnowledgeGraph) -> None:
    asked: dict[str, Any] = {"quantity": "time_per_output_token", "where": {"model": WHERE["model"]}, "sources": False}
    expected = [dict(row.key.roles) for row in kg.value("time_per_output_token", where={"model": WHERE["model"]}).rows]
    found: list[Any] = []
    after: dict[str, Any] = {}
    while True:
        answer = assistant.ask("value", **asked, first=60, **after)
        found += [row["key"] for row in answer["rows"]]
        page = answer["pages"]["rows"]
        assert page["totalCount"] == len(expected)
        if not page["hasNextPage"]:
            break
        after = {"after": page["endCursor"]}
    assert page["endCursor"] is None
    assert len(expected) > 60
    assert found == expected


def test_a_change_without_any_filter_is_answered_with_a_page_and_looks_at_nothing_else(assistant: Assistant) -> None:
    # More than a million effects, each built when it is looked at.
    change = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4}
    found = assistant.ask("impact", changes=[change])
    assert found["pages"]["effects"]["totalCount"] > 100_000
    assert len(found["effects"]) == 5 and found["facts"]


def test_a_cursor_goes_on_in_its_own_list_only(assistant: Assistant, kg: KnowledgeGraph) -> None:
    begun = assistant.ask("entity", entity="nvidia-h200-sxm", first=5)
    assert {"facts", "relations", "properties", "influences"} <= set(begun)
    went_on = assistant.ask("entity", entity="nvidia-h200-sxm", first=5, after=begun["pages"]["relations"]["endCursor"])
    assert "facts" not in went_on and set(went_on["pages"]) == {"relations"}
    relations = [item.iri for item in kg.relations_of("nvidia-h200-sxm")]
    assert [item["iri"] for item in (*begun["relations"], *went_on["relations"])] == relations[:10]


@pytest.mark.parametrize(
    "other", [{"entity": "nvidia-h100-sxm"}, {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth"}]
)
def test_a_cursor_of_another_question_is_refused(assistant: Assistant, other: dict[str, str]) -> None:
    begun = assistant.ask("entity", entity="nvidia-h200-sxm", first=5)
    error = assistant.refused("entity", **other, first=5, after=begun["pages"]["facts"]["endCursor"])
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "after")
    assert error["hint"]


@pytest.mark.parametrize("forged", ["x", "Zm9yZ2Vk", "é", "=" * 2_000])
def test_a_cursor_that_was_made_up_is_refused(assistant: Assistant, forged: str) -> None:
    assert assistant.refused("entity", entity="tsmc", after=forged)["code"] == "BAD_USER_INPUT"


def test_a_cursor_of_another_version_says_to_start_anew(kg: KnowledgeGraph) -> None:
    app = create_app(kg)
    with running(app) as url:
        assistant = Assistant(f"{url}/mcp")
        cursor = assistant.ask("quantities", first=1)["pages"]["quantities"]["endCursor"]
        app.state.graph.swap(kg.with_changes({"nvidia-h200-sxm.memory_bandwidth": "x1.4"}))
        error = assistant.refused("quantities", first=1, after=cursor)
        assert "loaded anew" in error["hint"]


def test_replicas_with_one_key_take_the_cursors_of_each_other(kg: KnowledgeGraph) -> None:
    def replica() -> FastAPI:
        return create_app(kg, cursor_key=b"the same")

    with running(replica()) as one, running(replica()) as other:
        cursor = Assistant(f"{one}/mcp").ask("quantities", first=1)["pages"]["quantities"]["endCursor"]
        assert Assistant(f"{other}/mcp").ask("quantities", first=1, after=cursor)["quantities"]


def test_an_answer_is_cut_to_the_size_that_it_may_have_and_goes_on_behind(kg: KnowledgeGraph) -> None:
    most = 60_000
    with running(create_app(kg, guards=Guards(deadline_seconds=300.0, response_bytes=3 * most))) as url:
        assistant = Assistant(f"{url}/mcp")
        found = assistant.ask("dependencies", entity="tsmc", direction="UP", first=100)
        assert len(json.dumps(found, separators=(",", ":"))) < most + 5_000
        page = found["pages"]["exposures"]
        assert page["hasNextPage"] and len(found["exposures"]) < page["totalCount"]
        again = assistant.ask("dependencies", entity="tsmc", direction="UP", first=100, after=page["endCursor"])
        whole = kg.dependencies("tsmc", "up").exposures
        seen = [item["dependent"] for item in (*found["exposures"], *again["exposures"])]
        assert seen == [item.dependent.id for item in whole[: len(seen)]]


def test_what_is_too_large_with_one_item_is_an_error_with_a_hint(kg: KnowledgeGraph) -> None:
    with running(create_app(kg, guards=Guards(deadline_seconds=300.0, response_bytes=30_000))) as url:
        error = Assistant(f"{url}/mcp").refused("explain", **CALLS["explain"], levels=5)
        assert error["code"] == "TOO_COMPLEX"
        assert error["hint"]


def test_the_largest_answers_stay_below_the_cap(assistant: Assistant) -> None:
    asked = {**CALLS["journey"], "workload": "codex-swebenchpro", "parts": True, "first": 100}
    for found in (
        assistant.ask("journey", **asked),
        assistant.ask("shock", **CALLS["shock"], monthly=True, first=100),
        assistant.ask("deployments", model="llama-3.1-70b", first=100),
    ):
        assert len(json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode()) < ANSWER_BYTES + 10_000
