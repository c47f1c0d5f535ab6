"""Two services on one store behind one address: the same version, cursors of one for the other, and no failed request."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from tests.api.operations.process import NO_TLS
from tests.loaders.small import FILE, revenue
from tests.stores.replicas import DEADLINE, replicas, round_robin

from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store

PAGE = (
    "query($after: String) { entities(first: 1, after: $after) { nodes { slug } pageInfo { endCursor hasNextPage } } }"
)
KEY = {"DOWNSTACK_CURSOR_KEY": "the same on both of them"}


def ask(url: str, query: str, **variables: object) -> dict[str, object]:
    """Ask over a connection of its own, so that the proxy chooses anew."""
    answer = httpx.post(
        f"{url}/graphql",
        json={"query": query, "variables": variables},
        trust_env=False,
        timeout=DEADLINE,
        verify=NO_TLS,
    )
    body = answer.json()
    assert answer.status_code == httpx.codes.OK and "errors" not in body, body
    found: dict[str, object] = body["data"]
    return found


def version(url: str) -> object:
    return ask(url, "{ graph { version } }")["graph"]["version"]  # type: ignore[index]


@pytest.mark.slow
def test_two_replicas_serve_one_version_share_cursors_and_take_a_new_release_without_a_failed_request(
    directory: Path,
) -> None:
    with replicas(str(directory), 2, **KEY) as ports, round_robin(ports) as url:
        addresses = [f"http://127.0.0.1:{port}" for port in ports]
        first = KnowledgeGraph.open(directory).version
        assert {version(address) for address in (*addresses, url)} == {first}

        slugs, after = [], None
        for turn in range(10):
            page = ask(addresses[turn % 2], PAGE, after=after)["entities"]
            slugs += [node["slug"] for node in page["nodes"]]  # type: ignore[index]
            after = page["pageInfo"]["endCursor"]  # type: ignore[index]
            if not page["pageInfo"]["hasNextPage"]:  # type: ignore[index]
                break
        assert slugs == sorted(set(slugs)) and {"maker", "rival"} <= set(slugs)

        release = write_store(directory, {FILE: revenue(50)}, loader="test").release
        assert release is not None
        seen: list[object] = []
        until = time.monotonic() + DEADLINE
        # Both have it once it was seen as often in a row as the proxy needs to come round twice.
        while seen[-4:] != [release.id] * 4:
            seen.append(version(url))
            assert time.monotonic() < until
        # A slow machine may see the new one only.
        assert set(seen) <= {first, release.id}
        assert {version(address) for address in addresses} == {release.id}
