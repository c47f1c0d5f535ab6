from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from tests.api.serving import running
from tests.api.sparql.listener import Listener, listening

from downstack.graph.sparql.limits import QueryLimits
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

Send = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def endpoint(kg: KnowledgeGraph) -> Iterator[httpx.Client]:
    """The service with a time limit that tests can wait for, and its lifespan."""
    app = create_app(kg, sparql=QueryLimits(seconds=1.0, start=60.0))
    with running(app, lifespan="on") as url, httpx.Client(base_url=url, timeout=90.0) as session:
        yield session


@pytest.fixture(scope="session")
def query(endpoint: httpx.Client) -> Send:
    """Send a query as a form."""

    def send(text: str, accept: str | None = None) -> httpx.Response:
        return endpoint.post("/sparql", data={"query": text}, headers={} if accept is None else {"accept": accept})

    return send


@pytest.fixture
def outside() -> Iterator[Listener]:
    """A port that nothing may connect to."""
    with listening() as listener:
        yield listener
        assert listener.hits == 0, "something connected"


@pytest.fixture
def alive(query: Send, endpoint: httpx.Client) -> Iterator[None]:
    """The service answers after the test as it did before."""
    yield
    assert endpoint.get("/healthz").text == "ok\n"
    assert query("ASK { ds:tsmc a dso:Company }").json()["boolean"] is True
