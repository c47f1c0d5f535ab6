"""A9: nothing is changed by what a page of another site can make a browser send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.letting_in import Keys, make_keys
from tests.api.serving import DEADLINE, running
from tests.loaders.small import FILE, by_hand, revenue

from downstack.graph.releases import POINTER
from downstack.loaders.editing import StoreWriter
from downstack.loaders.transaction import write_store
from downstack.server import create_app

CHANGE = 'mutation { retractFact(id: "fact:maker.revenue.one", reason: "forged") { changed userErrors { what } } }'


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = by_hand(tmp_path_factory.mktemp("a09") / "store")
    write_store(folder, {FILE: revenue(1)})
    return folder


@pytest.fixture(scope="module")
def client(store: Path, keys: Keys) -> Iterator[httpx.Client]:
    app = create_app(store=str(store), access=keys.access(public_read=True), writer=StoreWriter(store))
    with running(app) as url, httpx.Client(base_url=url, timeout=DEADLINE) as session:
        yield session


def _simple_forms() -> list[Any]:
    body = f'{{"query": "{CHANGE}"}}'.replace('fact:maker.revenue.one"', "fact:maker.revenue.one'")
    return [
        pytest.param({"method": "GET", "params": {"query": CHANGE}}, id="get"),
        pytest.param({"method": "GET", "params": {"query": CHANGE}, "events": True}, id="get an event stream"),
        pytest.param({"method": "POST", "content": body, "type": "text/plain"}, id="text/plain"),
        pytest.param({"method": "POST", "data": {"query": CHANGE}}, id="a form"),
        pytest.param({"method": "POST", "files": {"operations": (None, body), "map": (None, "{}")}}, id="an upload"),
        pytest.param({"method": "POST", "content": CHANGE, "type": "application/graphql"}, id="application/graphql"),
        pytest.param({"method": "POST", "content": body}, id="no type"),
    ]


@pytest.mark.parametrize("cookie", [False, True])
@pytest.mark.parametrize("form", _simple_forms())
def test_a09_no_simple_form_changes_anything_also_with_a_token_in_a_cookie(
    client: httpx.Client, keys: Keys, store: Path, form: dict[str, Any], cookie: bool
) -> None:
    before = (store / POINTER).read_bytes()
    given = dict(form)
    headers = {"accept": "text/event-stream"} if given.pop("events", False) else {}
    if "type" in given:
        headers["content-type"] = given.pop("type")
    if cookie:
        headers["cookie"] = f"authorization=Bearer {keys.tokens['write']}; token={keys.tokens['write']}"
    answer = client.request(given.pop("method"), "/graphql", headers=headers, **given)
    assert answer.status_code >= 400 or '"errors"' in answer.text
    assert '"changed": true' not in answer.text and '"changed":true' not in answer.text
    assert (store / POINTER).read_bytes() == before


@pytest.mark.parametrize("form", _simple_forms())
def test_a09_a_token_in_the_header_makes_no_such_form_a_change(
    client: httpx.Client, keys: Keys, store: Path, form: dict[str, Any]
) -> None:
    before = (store / POINTER).read_bytes()
    given = dict(form)
    headers = keys.header("write") | ({"accept": "text/event-stream"} if given.pop("events", False) else {})
    if "type" in given:
        headers["content-type"] = given.pop("type")
    answer = client.request(given.pop("method"), "/graphql", headers=headers, **given)
    assert answer.status_code >= 400 or '"errors"' in answer.text
    assert (store / POINTER).read_bytes() == before


def test_a09_the_same_change_by_post_with_json_and_a_token_is_made(
    client: httpx.Client, keys: Keys, store: Path
) -> None:
    before = (store / POINTER).read_bytes()
    answer = client.post("/graphql", json={"query": CHANGE}, headers=keys.header("write"))
    assert answer.json()["data"]["retractFact"] == {"changed": True, "userErrors": []}
    assert (store / POINTER).read_bytes() != before
