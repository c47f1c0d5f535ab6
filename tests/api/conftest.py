from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from downstack.kg import KnowledgeGraph

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


@pytest.fixture(scope="session")
def app(service: FastAPI) -> FastAPI:
    return service


@pytest.fixture(scope="session")
def url(service_url: str) -> str:
    return service_url


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60.0) as session:
        yield session


@pytest.fixture(scope="session")
def post(client: httpx.Client) -> Ask:
    """Send a query over HTTP and return the whole answer."""

    def send(query: str, **variables: Any) -> dict[str, Any]:
        answer = client.post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return send


@pytest.fixture(scope="session")
def ask(post: Ask) -> Ask:
    """Send a query and return its data; an error fails the test."""

    def send(query: str, **variables: Any) -> dict[str, Any]:
        answer = post(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    return send


@pytest.fixture(scope="session")
def refused(post: Ask) -> Ask:
    """Send a query that must fail and return its only error."""

    def send(query: str, **variables: Any) -> dict[str, Any]:
        answer = post(query, **variables)
        assert len(answer["errors"]) == 1, answer
        error: dict[str, Any] = answer["errors"][0]
        return error

    return send
