"""Subscriptions as the clients that others wrote see them: graphql-ws and graphql-sse."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.letting_in import make_keys
from tests.api.serving import running
from tests.api.subscriptions.talking import impact
from tests.conformance.node import installed, run_script

from downstack.graphql.streams import StreamLimits
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

QUERY = "{ layers { number } }"


@pytest.fixture(scope="module")
def seen(bundled: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    installed()
    keys = make_keys(tmp_path_factory.mktemp("keys"))
    app = create_app(bundled, access=keys.access())
    with running(app) as url:
        found: dict[str, Any] = run_script(
            "subscriptions.mjs", f"{url}/graphql", keys.tokens["read"], QUERY, impact(samples=2000)
        )
    return found


@pytest.mark.parametrize("name", ["query", "streamQuery"])
def test_a_query_is_answered_once(seen: dict[str, Any], name: str) -> None:
    (value,) = seen[name]["values"]
    assert len(value["data"]["layers"]) == 7
    assert seen[name]["error"] is None


@pytest.mark.parametrize("name", ["subscription", "streamSubscription"])
def test_a_subscription_tells_its_progress_and_ends_with_the_answer(seen: dict[str, Any], name: str) -> None:
    told = [value["data"]["impact"] for value in seen[name]["values"]]
    assert seen[name]["error"] is None
    assert told[-1]["share"] == 1.0
    assert told[-1]["report"]["graphVersion"]
    assert len(told) > 1


@pytest.mark.parametrize("name", ["cancelled", "streamCancelled"])
def test_a_subscription_can_be_given_up(seen: dict[str, Any], name: str) -> None:
    (value,) = seen[name]["values"]
    assert value["data"]["graphChanged"]["version"]
    assert seen[name]["error"] is None


def test_an_invalid_document_is_an_error_and_not_the_end(seen: dict[str, Any]) -> None:
    assert [item["code"] for item in seen["invalid"]["error"]["errors"]] == ["BAD_USER_INPUT"]
    said = seen["streamInvalid"]
    errors = said["values"][0]["errors"] if said["values"] else said["error"]["errors"]
    assert len(errors) == 1


def test_one_connection_carries_as_many_operations_as_it_may(seen: dict[str, Any]) -> None:
    most = StreamLimits().per_connection
    assert seen["many"] == {"open": most, "refused": 500 - most}
    assert seen["oneMore"]["error"]["errors"][0]["message"] == "Subscription limit reached"


def test_a_wrong_token_is_forbidden(seen: dict[str, Any]) -> None:
    assert seen["wrongToken"]["values"] == []
    assert seen["wrongToken"]["error"]["code"] == 4403
    assert "401" in seen["streamWrongToken"]["error"]["message"]


def test_a_page_of_another_origin_gets_no_connection(seen: dict[str, Any]) -> None:
    assert seen["foreignOrigin"]["values"] == []
    assert "403" in str(seen["foreignOrigin"]["error"])


def test_the_old_protocol_is_not_spoken(seen: dict[str, Any]) -> None:
    assert seen["oldProtocol"] == "Server sent no subprotocol"
