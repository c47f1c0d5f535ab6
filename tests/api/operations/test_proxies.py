"""Who asks is the other end of the connection, until the operator names a proxy."""

from __future__ import annotations

import re

import httpx
import pytest
from tests.api.operations.logbook import logbook
from tests.api.serving import running

from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.server.proxies import Proxies

FORWARDED = {"x-forwarded-for": "203.0.113.7", "x-request-id": "from-the-proxy"}


@pytest.mark.parametrize(
    ("trusted", "client", "named"),
    [
        ([], "127.0.0.1", False),
        (["192.0.2.0/24"], "127.0.0.1", False),
        (["127.0.0.1"], "203.0.113.7", True),
        (["127.1.2.3/8"], "203.0.113.7", True),
    ],
)
def test_what_a_header_says_of_the_client_counts_from_a_trusted_proxy_only(
    kg: KnowledgeGraph, trusted: list[str], client: str, named: bool
) -> None:
    with logbook() as book, running(create_app(kg, trusted_proxies=trusted)) as url:
        answer = httpx.get(f"{url}/", headers=FORWARDED)
    (event,) = book.requests
    assert event["client"] == client
    assert event["request_id"] == answer.headers["x-request-id"]
    assert (event["request_id"] == "from-the-proxy") is named


@pytest.mark.parametrize("given", ["a b", "a" * 65, "<script>", "", "a;b"])
def test_an_identifier_that_is_none_is_replaced(kg: KnowledgeGraph, given: str) -> None:
    with running(create_app(kg, trusted_proxies=["127.0.0.1"])) as url:
        answer = httpx.get(f"{url}/healthz", headers={"x-request-id": given})
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])


@pytest.mark.parametrize("wrong", ["proxy.example", "*", "10.0.0.0/99", ""])
def test_a_proxy_is_named_by_address(wrong: str) -> None:
    with pytest.raises(UserInputError, match="address of a proxy"):
        Proxies([wrong])
