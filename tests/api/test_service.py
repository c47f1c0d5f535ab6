"""The service around GraphQL: pages, health, headers, and what it refuses to do by accident."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.api.serving import running

from downstack.access.hosts import host_name
from downstack.errors import UserInputError
from downstack.graphql.http import STATIC
from downstack.kg import KnowledgeGraph
from downstack.server import create_app, graphql_router, serve
from downstack.server.doors import DOORS, is_open
from downstack.server.landing import EXAMPLE, landing_page
from downstack.server.readiness import Readiness
from downstack.server.run import check_host
from downstack.server.settings import Settings
from downstack.server.settings_page import settings_page

HTML = {"accept": "text/html"}


def test_the_first_page_says_what_is_loaded(client: httpx.Client, kg: KnowledgeGraph) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert kg.version in answer.text
    assert f"{len(kg.facts):,}" in answer.text


def test_what_the_first_page_links_to_works(client: httpx.Client) -> None:
    links = re.findall(r'(?:href|src)="(/[^"]*)"', client.get("/").text)
    assert any(link.startswith("/graphql?query=") for link in links)
    for link in links:
        answer = client.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200, link
        if "query=" in link:
            assert "errors" not in answer.json()


def test_the_example_of_the_first_page_is_answered_with_numbers(ask: Any) -> None:
    assert any(item["ratio"] for item in ask(EXAMPLE)["impact"]["effects"]["nodes"])


def test_the_first_page_escapes_what_comes_from_the_graph(kg: KnowledgeGraph) -> None:
    from dataclasses import replace

    page = landing_page(replace(kg.info, version="<script>alert(1)</script>"), base='"><script>')
    assert "<script" not in page


@pytest.mark.parametrize("path", ["/", "/graphql"])
def test_no_page_names_another_host(client: httpx.Client, path: str) -> None:
    assert re.findall(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//""", client.get(path, headers=HTML).text) == []


def test_health_and_readiness(client: httpx.Client, kg: KnowledgeGraph) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {"status": "ready", "graphVersion": kg.version}


@pytest.mark.parametrize(
    "path",
    ["/", "/graphql", "/healthz", "/readyz", "/metrics", "/docs", "/nothing-here", "/graphql/static/explorer.js"],
)
def test_every_answer_carries_the_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path, headers=HTML).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert re.fullmatch("[0-9a-f]{16}", headers["x-request-id"])
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert not re.search(r"https?:|\*|'unsafe-eval'", headers["content-security-policy"])


def test_pages_that_load_from_other_hosts_do_not_exist(client: httpx.Client) -> None:
    assert [client.get(path).status_code for path in ("/redoc", "/openapi.json")] == [404, 404]


def test_the_page_of_the_doors_lists_those_that_are_open(client: httpx.Client, app: FastAPI) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    listed = re.findall(r"<th><code>(.*?)</code>", page.text)
    assert {"/", "/graphql", "/healthz", "/readyz", "/metrics", "/docs"} <= set(listed)
    methods = {door.path: door.methods.split(", ") for door in DOORS}
    answered = {path: client.request(methods[path][0], path, headers=HTML).status_code for path in listed}
    assert [path for path, status in answered.items() if status in (404, 405)] == []
    assert listed == [door.path for door in DOORS if is_open(app, door.path)]
    assert not is_open(app, "/nothing-here")
    assert client.get(re.findall(r'href="(\S+\.css)"', page.text)[0]).status_code == 200


def test_a_part_that_cannot_be_renewed_leaves_the_service_ready_and_is_told() -> None:
    readiness = Readiness()
    assert readiness.answer("one") == (200, {"status": "ready", "graphVersion": "one"})
    faults: list[dict[str, object]] = []
    readiness.may_lag(lambda: faults[0] if faults else None)
    assert readiness.answer("one")[1]["status"] == "ready"
    faults.append({"reason": "no newer one"})
    assert readiness.answer("one") == (200, {"status": "degraded", "graphVersion": "one", "reason": "no newer one"})


def test_a_part_that_cannot_answer_makes_the_service_not_ready_and_draining_comes_first() -> None:
    readiness = Readiness()
    readiness.needs(lambda: {"reason": "no store"})
    assert readiness.answer("one") == (503, {"status": "unavailable", "reason": "no store"})
    readiness.drain()
    assert readiness.answer("one") == (503, {"status": "draining"})


def test_a_browser_gets_the_explorer_and_a_client_gets_data(client: httpx.Client) -> None:
    page = client.get("/graphql", headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert 'data-endpoint="/graphql"' in page.text
    data = client.get("/graphql", params={"query": "{ layers { number } }"})
    assert len(data.json()["data"]["layers"]) == 7


@pytest.mark.parametrize("name", sorted(STATIC))
def test_the_explorers_files_are_served(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/graphql/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(STATIC[name])
    assert b"sourceMappingURL" not in answer.content


@pytest.mark.parametrize("name", ["index.html", "..%2fschema.py", "%2e%2e/schema.py", "nothing.js", "README.md"])
def test_nothing_else_is_served_from_there(client: httpx.Client, name: str) -> None:
    assert client.get(f"/graphql/static/{name}").status_code == 404


def test_without_introspection_there_is_no_schema_no_explorer_and_no_hint(kg: KnowledgeGraph) -> None:
    with running(create_app(kg, introspection=False)) as url, httpx.Client(base_url=url) as client:
        asked = client.post("/graphql", json={"query": "{ __schema { types { name } } }"}).json()
        assert asked["errors"]
        assert "Did you mean" not in client.post("/graphql", json={"query": "{ layer { name } }"}).text
        assert client.get("/graphql", headers=HTML).status_code == 404
        assert client.get("/graphql/static/graphiql.min.js").status_code == 404
        assert client.post("/graphql", json={"query": "{ layers { name } }"}).json()["data"]
        assert "explorer" not in client.get("/").text
        assert client.get("/docs").status_code == 404


def test_the_router_mounts_below_any_path_of_another_application(kg: KnowledgeGraph) -> None:
    mine = FastAPI()
    mine.include_router(graphql_router(kg, path="/knowledge"), prefix="/v1")
    with running(mine) as url, httpx.Client(base_url=url) as client:
        assert 'data-endpoint="/v1/knowledge"' in client.get("/v1/knowledge", headers=HTML).text
        assert client.get("/v1/knowledge/static/explorer.js").status_code == 200
        assert client.post("/v1/knowledge", json={"query": "{ layers { name } }"}).json()["data"]


def test_a_swapped_graph_answers_the_next_request(kg: KnowledgeGraph) -> None:
    class Newer:
        version = "newer"
        layers = kg.layers

    app = create_app(kg)
    with running(app) as url, httpx.Client(base_url=url) as client:
        assert client.get("/readyz").json()["graphVersion"] == kg.version
        app.state.graph.swap(Newer())
        assert client.get("/readyz").json()["graphVersion"] == "newer"
        assert client.post("/graphql", json={"query": "{ layers { number } }"}).json()["data"]["layers"]


def test_only_named_origins_may_ask_from_a_page(kg: KnowledgeGraph) -> None:
    with running(create_app(kg, cors_origins=["https://mine.example"])) as url, httpx.Client(base_url=url) as client:
        mine = client.get("/healthz", headers={"origin": "https://mine.example"})
        other = client.get("/healthz", headers={"origin": "https://other.example"})
    assert mine.headers["access-control-allow-origin"] == "https://mine.example"
    assert "access-control-allow-origin" not in other.headers


def test_a_service_of_this_machine_answers_to_its_own_names_only(kg: KnowledgeGraph) -> None:
    app = create_app(kg, hosts=["127.0.0.1", "localhost"])
    with running(app) as url, httpx.Client(base_url=url) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/healthz", headers={"host": "localhost:9"}).status_code == 200
        assert client.get("/healthz", headers={"host": "rebound.example"}).status_code == 400


@pytest.mark.parametrize(
    ("header", "name"), [("A.example:80", "a.example"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("", "")]
)
def test_a_host_header_is_read_without_its_port(header: str, name: str) -> None:
    assert host_name(header) == name


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org"])
def test_the_service_does_not_listen_beyond_this_machine_by_accident(host: str) -> None:
    with pytest.raises(UserInputError, match="public-read-only"):
        check_host(host, public_read_only=False)
    with pytest.raises(UserInputError):
        serve(Settings(host=host))
    check_host(host, public_read_only=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"])
def test_loopback_needs_no_permission(host: str) -> None:
    check_host(host, public_read_only=False)


def test_the_environment_is_read_with_its_defaults() -> None:
    assert Settings.from_environment({}) == Settings()
    given = {
        "DOWNSTACK_STORE": "facts",
        "DOWNSTACK_HOST": "localhost",
        "DOWNSTACK_PORT": "9000",
        "DOWNSTACK_INTROSPECTION": "0",
        "DOWNSTACK_CORS_ORIGINS": "https://a.example, https://b.example",
        "DOWNSTACK_CURSOR_KEY": "shared",
        "DOWNSTACK_SPARQL_WORKERS": "3",
        "DOWNSTACK_SPARQL_MAX_BYTES": "5000000",
        "DOWNSTACK_TRUSTED_PROXIES": "10.0.0.0/8,192.0.2.1",
        "DOWNSTACK_LOG_FORMAT": "json",
        "DOWNSTACK_LOG_LEVEL": "WARNING",
        "DOWNSTACK_DRAIN_SECONDS": "1.5",
        "DOWNSTACK_GRACE_SECONDS": "60",
        "DOWNSTACK_WORKERS": "2",
    }
    assert Settings.from_environment(given) == Settings(
        store="facts",
        host="localhost",
        port=9000,
        introspection=False,
        cors_origins=("https://a.example", "https://b.example"),
        cursor_key=b"shared",
        sparql_workers=3,
        sparql_max_bytes=5_000_000,
        trusted_proxies=("10.0.0.0/8", "192.0.2.1"),
        log_format="json",
        log_level="warning",
        drain_seconds=1.5,
        grace_seconds=60.0,
        workers=2,
    )


@pytest.mark.parametrize("nothing", ["", " ", "\t\n"])
def test_a_variable_without_a_value_is_as_if_it_were_not_set(nothing: str) -> None:
    names = re.findall(r"^\| `(DOWNSTACK_\w+)` \|", settings_page(), re.MULTILINE)
    assert len(names) > 30
    assert Settings.from_environment(dict.fromkeys(names, nothing)) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOWNSTACK_PORT", "0"),
        ("DOWNSTACK_PORT", "http"),
        ("DOWNSTACK_PORT", "65536"),
        ("DOWNSTACK_INTROSPECTION", "maybe"),
        ("DOWNSTACK_SPARQL_WORKERS", "many"),
        ("DOWNSTACK_SPARQL_WORKERS", "65"),
        ("DOWNSTACK_SPARQL_WORKERS", "-1"),
        ("DOWNSTACK_SPARQL_MAX_BYTES", "0"),
        ("DOWNSTACK_SPARQL_MAX_BYTES", "100MB"),
        ("DOWNSTACK_LOG_FORMAT", "xml"),
        ("DOWNSTACK_LOG_LEVEL", "loud"),
        ("DOWNSTACK_DRAIN_SECONDS", "-1"),
        ("DOWNSTACK_GRACE_SECONDS", "nan"),
        ("DOWNSTACK_WORKERS", "0"),
        ("DOWNSTACK_WORKERS", "1.5"),
    ],
)
def test_a_setting_that_means_nothing_is_refused(name: str, value: str) -> None:
    with pytest.raises(UserInputError, match=name):
        Settings.from_environment({name: value})
