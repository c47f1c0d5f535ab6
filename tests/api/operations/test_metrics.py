"""What Prometheus is told: right numbers, and labels that no client can add to."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.api.serving import running

from downstack.graphql.schema import root_fields
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

IMPACT = (
    '{ impact(changes: [{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: 1.4}], '
    'targets: ["decode_tokens_per_second"], where: {model: ["llama-3.1-70b"]}, samples: 50) '
    "{ effects(first: 1) { nodes { ratio band { p50 } } } } }"
)


class Scrape:
    """The samples of one answer of /metrics."""

    def __init__(self, client: httpx.Client) -> None:
        answer = client.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        self.text = answer.text
        self.samples = [
            (sample.name, dict(sample.labels), sample.value)
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        ]

    def total(self, name: str, **labels: str) -> float:
        return sum(value for found, given, value in self.samples if found == name and labels.items() <= given.items())

    def values(self, label: str, name: str = "") -> set[str]:
        return {given[label] for found, given, _ in self.samples if label in given and found.startswith(name)}


@pytest.fixture
def own(kg: KnowledgeGraph) -> Iterator[httpx.Client]:
    with running(create_app(kg)) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def graphql(client: httpx.Client, query: str) -> None:
    assert client.post("/graphql", json={"query": query}).status_code in (200, 400)


def test_answers_are_counted_timed_and_priced_by_root_field(own: httpx.Client) -> None:
    for query in ("{ layers { number } }", "{ mine: layers { number } }", IMPACT, "{ __typename }"):
        graphql(own, query)
    graphql(own, "{ layers { number } graph { version } }")
    own.get("/")
    found = Scrape(own)
    seconds = {name: found.total("downstack_request_seconds_count", operation=name) for name in ("layers", "impact")}
    assert seconds == {"layers": 2, "impact": 1}
    assert found.total("downstack_request_seconds_count", operation="introspection") == 1
    assert found.total("downstack_request_seconds_count", operation="several") == 1
    assert found.total("downstack_request_seconds_count", route="/", operation="") == 1
    assert found.total("downstack_requests_total", route="/graphql", method="POST", status="200") == 5
    assert found.total("downstack_document_cost_sum", operation="impact") > found.total(
        "downstack_document_cost_sum", operation="layers"
    )


def test_errors_are_counted_by_code(own: httpx.Client) -> None:
    graphql(own, '{ entity(id: "no-such-thing") { slug } }')
    graphql(own, "{ layers { nothing } }")
    graphql(own, f"{{ {' '.join(f'a{number}: layers {{ number }}' for number in range(21))} }}")
    found = Scrape(own)
    codes = {code: found.total("downstack_errors_total", code=code) for code in found.values("code")}
    assert codes == {"NOT_FOUND": 1, "BAD_USER_INPUT": 1, "TOO_COMPLEX": 1}


def test_caches_and_stages_of_the_engine_are_seen(kg: KnowledgeGraph) -> None:
    app = create_app(KnowledgeGraph(type(kg.engine)(kg.engine.knowledge, kg.engine.functions)))
    with running(app) as url, httpx.Client(base_url=url, timeout=60) as own:
        graphql(own, IMPACT)
        first = Scrape(own)
        graphql(own, IMPACT)
        second = Scrape(own)

    def lookups(scrape: Scrape, cache: str) -> tuple[float, float]:
        hit, miss = (
            scrape.total("downstack_cache_lookups_total", cache=cache, result=name) for name in ("hit", "miss")
        )
        return hit, miss

    for cache in ("plan", "sample"):
        assert lookups(first, cache)[1] >= 1, cache
        assert lookups(second, cache)[0] > lookups(first, cache)[0], cache
        assert lookups(second, cache)[1] == lookups(first, cache)[1], cache
    assert lookups(second, "document")[0] >= lookups(first, "document")[0] + 1
    assert lookups(first, "value")[1] >= 1
    for stage in ("columns", "bind", "plan", "run", "sample"):
        assert first.total("downstack_stage_seconds_count", stage=stage) == 1, stage
    assert second.total("downstack_stage_seconds_count", stage="plan") == 1, "the second question needed no plan"


def test_no_client_can_add_a_label(own: httpx.Client) -> None:
    for number in range(30):
        graphql(own, f"query Name{number} {{ field{number} }}")
        graphql(own, f"query Name{number} {{ alias{number}: layers {{ number }} }}")
        graphql(own, f"query {{ layers {{ number }} field{number} }}")
        own.get(f"/path{number}")
        own.get(f"/graphql/static/file{number}.js")
        own.request(f"METHOD{number}", "/healthz")
    found = Scrape(own)
    assert found.values("operation") <= {*root_fields(), "", "several", "introspection", "other"}
    assert "other" in found.values("operation")
    assert found.values("method") <= {"GET", "POST", "other"}
    assert found.values("route") <= {"/", "/graphql", "/graphql/static/{name}", "/metrics", "/healthz", "none"}
    assert "Name1" not in found.text and "alias1" not in found.text and "path1" not in found.text


def test_the_graph_that_answers_is_named_also_after_a_swap(kg: KnowledgeGraph) -> None:
    class Newer:
        version = "newer"
        info = kg.info
        layers = kg.layers

    app = create_app(kg)
    with running(app) as url, httpx.Client(base_url=url) as client:
        before = Scrape(client)
        assert before.values("version", "downstack_graph_info") == {kg.version}
        assert before.total("downstack_graph_loaded_timestamp_seconds") > 1_700_000_000
        app.state.graph.swap(Newer())
        assert Scrape(client).values("version", "downstack_graph_info") == {"newer"}


def test_the_memory_of_the_process_and_the_requests_in_progress_are_told(own: httpx.Client) -> None:
    found = Scrape(own)
    assert found.total("process_resident_memory_bytes") > 10_000_000
    # The one that asks.
    assert found.total("downstack_requests_in_progress") == 1
    assert found.total("downstack_draining") == 0


def test_two_applications_of_one_process_count_apart(kg: KnowledgeGraph, own: httpx.Client) -> None:
    with running(create_app(kg)) as url, httpx.Client(base_url=url) as other:
        graphql(other, "{ layers { number } }")
        assert Scrape(other).total("downstack_requests_total", route="/graphql") == 1
    assert Scrape(own).total("downstack_requests_total", route="/graphql") == 0


def test_the_root_fields_of_the_schema_are_known() -> None:
    assert {"layers", "impact", "value", "entity", "deployments"} <= root_fields()
