"""Every list of the schema that has pages is walked from both ends, and each item is met once.

The lists are found in the schema itself: a new one fails here until it is said how it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.api.serving import running
from tests.loaders.small import FILE, by_hand, revenue

from downstack.editing import NewScenario
from downstack.engine.changes import Change, ChangeOp
from downstack.kg import KnowledgeGraph
from downstack.loaders.edit_documents import scenario_document
from downstack.loaders.transaction import write_store
from downstack.server import create_app

HEAD = "query ($first: Int, $after: String, $last: Int, $before: String)"
PAGE = "first: $first, after: $after, last: $last, before: $before"
CHANGE = '{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: 1.4}'
SHAPE = "{ totalCount edges { cursor node { %s } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
LISTS = {
    "Query.entities": ("entities(PAGE) SHAPE", "slug", 67),
    "Query.influences": ("influences(PAGE) SHAPE", "id", 20),
    "Query.publishedEffects": ("publishedEffects(PAGE) SHAPE", "iri", 20),
    "Query.deployments": (
        'deployments(model: "llama-3.1-70b", where: {accelerator: ["nvidia-h200-sxm"]}, '
        'limits: {maxAccelerators: 2, weights: ["fp8"]}, PAGE) SHAPE',
        "key { roles { slug } } accelerators tensorParallel pipelineParallel expertParallel dataParallel weightFormat "
        "cacheFormat concurrentSequences",
        40,
    ),
    "ImpactReport.effects": (
        f'impact(changes: [{CHANGE}], targets: ["decode_tokens_per_second", "time_per_output_token"], '
        'where: {model: ["llama-3.1-70b"], framework: ["vllm"]}) '
        "{ effects(orderBy: ORDER, PAGE) SHAPE }",
        "quantity { id } key { roles { role slug } }",
        7,
    ),
    "DependencyReport.nodes": (
        'dependencies(of: "tsmc", direction: UP, maxDepth: 8, PAGE) { nodes SHAPE }',
        "entity { slug } depth",
        30,
    ),
    "DiffReport.differences": ('diff(from: "FIRST") { differences(PAGE) SHAPE }', "kind name iri", 1),
    "Query.scenarios": ("scenarios(PAGE) SHAPE", "id", 2),
}
IN_A_STORE = ("DiffReport.differences", "Query.scenarios")
"""Lists that the bundled knowledge has nothing of."""
Ask = Callable[..., dict[str, Any]]


def document(name: str, order: str = "ABS_RELATIVE") -> tuple[str, int]:
    field, node, size = LISTS[name]
    body = field.replace("SHAPE", SHAPE % node).replace("PAGE", PAGE).replace("ORDER", order)
    return f"{HEAD} {{ {body} }}", size


def connection(data: Any) -> Any:
    """Return the only connection of an answer."""
    while "edges" not in data:
        (data,) = data.values()
    return data


def walk(ask: Ask, query: str, size: int) -> tuple[list[str], list[str], int]:
    """Return what is met forwards and backwards, and how much there is said to be."""
    forwards: list[str] = []
    after = None
    while True:
        page = connection(ask(query, first=size, after=after))
        info, edges = page["pageInfo"], page["edges"]
        assert info["hasPreviousPage"] is (after is not None)
        assert (info["startCursor"], info["endCursor"]) == (edges[0]["cursor"], edges[-1]["cursor"])
        forwards += [json.dumps(edge["node"]) for edge in edges]
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]
    backwards: list[str] = []
    before = None
    while True:
        page = connection(ask(query, last=size, before=before))
        assert page["pageInfo"]["hasNextPage"] is (before is not None)
        backwards = [json.dumps(edge["node"]) for edge in page["edges"]] + backwards
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        before = page["pageInfo"]["startCursor"]
    return forwards, backwards, page["totalCount"]


def scenario(slug: str) -> str:
    change = Change("maker", "company_revenue", ChangeOp.SCALE, 2.0)
    return scenario_document(slug, NewScenario(slug, [change]))


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ask, str]]:
    """A store with two releases that differ in some facts and scenarios."""
    folder = by_hand(tmp_path_factory.mktemp("walks") / "store")
    for value in (1, 3):
        facts = "".join(revenue(item, f"of-{item}") for item in range(value))
        files = {f"scenarios/case-{item}.ttl": scenario(f"case-{item}") for item in range(value)}
        write_store(folder, {FILE: facts, **files}, loader="test", sources=[f"{value}.csv"])
    first = KnowledgeGraph.open(folder).info.releases[0].id
    with running(create_app(store=str(folder))) as url, httpx.Client(base_url=url, timeout=60.0) as client:

        def ask(query: str, **variables: Any) -> dict[str, Any]:
            answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
            assert "errors" not in answer, answer["errors"]
            data: dict[str, Any] = answer["data"]
            return data

        yield ask, first


def test_every_list_with_pages_is_walked_here(ask: Ask) -> None:
    types = ask("{ __schema { types { name fields { name type { name ofType { name } } } } } }")["__schema"]["types"]
    found = {
        f"{kind['name']}.{field['name']}"
        for kind in types
        for field in kind["fields"] or ()
        if str(field["type"]["name"] or (field["type"]["ofType"] or {}).get("name")).endswith("Connection")
    }
    assert found == set(LISTS)


@pytest.mark.parametrize("name", sorted(set(LISTS) - set(IN_A_STORE)))
def test_a_walk_from_either_end_meets_every_item_once(ask: Ask, name: str) -> None:
    query, size = document(name)
    forwards, backwards, total = walk(ask, query, size)
    assert len(forwards) > size, "there is more than one page"
    assert len(set(forwards)) == len(forwards) == total
    assert backwards == forwards


@pytest.mark.parametrize("order", ["ABS_CHANGE", "QUANTITY"])
def test_a_walk_meets_every_effect_once_in_every_order(ask: Ask, order: str) -> None:
    query, size = document("ImpactReport.effects", order)
    forwards, backwards, total = walk(ask, query, size)
    assert len(set(forwards)) == len(forwards) == total
    assert backwards == forwards


@pytest.mark.parametrize("name", IN_A_STORE)
def test_a_walk_through_a_store_meets_every_item_once(releases: tuple[Ask, str], name: str) -> None:
    ask, first = releases
    query, size = document(name)
    forwards, backwards, total = walk(ask, query.replace("FIRST", first), size)
    assert len(set(forwards)) == len(forwards) == total > size
    assert backwards == forwards
