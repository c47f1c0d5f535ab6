"""Who may ask: nobody without a token where there are tokens, and what is wrong is said the way GraphQL says it."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.letting_in import TODAY, Keys, make_keys
from tests.api.serving import running
from typer.testing import CliRunner, Result

from downstack.access import Access, Principal, Role
from downstack.access.settings import AccessSettings
from downstack.access.token_file import add_token, read_token_file, remove_token
from downstack.access.tokens import TOKEN, new_token
from downstack.cli import command_line
from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.server import create_app, serve
from downstack.server.run import check_host
from downstack.server.settings import Settings

ASK = {"query": "{ layers { number } }"}
HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("tokens"))


@pytest.fixture(scope="module")
def guarded(kg: KnowledgeGraph, keys: Keys) -> Iterator[httpx.Client]:
    with running(create_app(kg, access=keys.access())) as url, httpx.Client(base_url=url, timeout=60.0) as client:
        yield client


def code(answer: httpx.Response) -> str:
    body = answer.json()
    assert body["data"] is None
    assert len(body["errors"]) == 1
    assert body["errors"][0]["message"]
    found: str = body["errors"][0]["extensions"]["code"]
    return found


def test_without_a_token_nothing_is_answered(guarded: httpx.Client) -> None:
    for answer in (
        guarded.post("/graphql", json=ASK),
        guarded.get("/graphql", params=ASK),
        guarded.get("/"),
        guarded.get("/nothing-here"),
        guarded.get("/metrics"),
        guarded.post("/sparql", data={"query": "SELECT * {}"}),
    ):
        assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"] == 'Bearer realm="downstack"'
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("role", ["read", "write", "admin"])
def test_with_a_token_questions_are_answered(guarded: httpx.Client, keys: Keys, role: str) -> None:
    answer = guarded.post("/graphql", json=ASK, headers=keys.header(role))
    assert (answer.status_code, len(answer.json()["data"]["layers"])) == (200, 7)
    assert guarded.get("/", headers=keys.header(role)).status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        "Bearer",
        "Basic cmVhZDpyZWFk",
        "Bearer nothing",
        "Bearer a b",
        "Bearer " + "x" * 9_000,
        "Bearer downstack_0123456789ab_" + "A" * 43,
        "Bearer a.b.c",
        "Bearer \xe9",
    ],
)
def test_a_token_that_is_none_is_refused(guarded: httpx.Client, given: str) -> None:
    answer = guarded.post("/graphql", json=ASK, headers={b"authorization": given.encode("latin-1")})
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")


def test_a_token_of_which_one_letter_is_wrong_is_refused_like_one_that_never_was(
    guarded: httpx.Client, keys: Keys
) -> None:
    right = keys.tokens["read"]
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")
    absent = new_token("absent", Role.READ, TODAY)[0]
    answers = [
        guarded.post("/graphql", json=ASK, headers={"authorization": f"Bearer {item}"}) for item in (wrong, absent)
    ]
    assert answers[0].text == answers[1].text
    assert [item.status_code for item in answers] == [401, 401]


def test_a_token_that_is_sent_twice_or_in_a_cookie_or_in_the_address_is_not_taken(
    guarded: httpx.Client, keys: Keys
) -> None:
    token = keys.tokens["read"]
    twice = [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")]
    assert guarded.post("/graphql", json=ASK, headers=twice).status_code == 401
    assert guarded.post("/graphql", json=ASK, headers={"cookie": f"authorization={token}"}).status_code == 401
    assert guarded.post(f"/graphql?access_token={token}", json=ASK).status_code == 401


def test_whoever_runs_the_service_sees_that_it_lives_and_a_browser_gets_the_empty_explorer(
    guarded: httpx.Client,
) -> None:
    for path in ("/healthz", "/readyz", "/landing.css", "/graphql/static/explorer.js"):
        assert guarded.get(path).status_code == 200, path
    page = guarded.get("/graphql", headers=HTML)
    assert page.status_code == 200
    assert "data-endpoint" in page.text
    assert guarded.get("/graphql", params=ASK, headers=HTML).status_code == 401
    assert guarded.get("/graphql/static/../../graphql", params=ASK).status_code == 401


def test_a_wrong_token_is_refused_also_where_none_is_needed(kg: KnowledgeGraph, keys: Keys) -> None:
    app = create_app(kg, access=keys.access(public_read=True))
    with running(app) as url, httpx.Client(base_url=url) as client:
        assert client.post("/graphql", json=ASK).status_code == 200
        assert client.post("/graphql", json=ASK, headers={"authorization": "Bearer x"}).status_code == 401
        assert client.post("/graphql", json=ASK, headers=keys.header("read")).status_code == 200


def test_who_asks_is_in_the_state_of_the_request(kg: KnowledgeGraph, keys: Keys) -> None:
    app = create_app(kg, access=keys.access(public_read=True))
    seen: list[Principal | None] = []

    async def look(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["state"]["principal"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app.mount("/look", look)
    with running(app) as url, httpx.Client(base_url=url) as client:
        client.get("/look/")
        client.get("/look/", headers=keys.header("write"))
    assert seen[0] is None
    assert seen[1] is not None
    assert (seen[1].name, seen[1].role) == ("write", Role.WRITE)


def test_a_withdrawn_token_is_refused_and_a_new_one_let_in_while_serving(kg: KnowledgeGraph, tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    with running(create_app(kg, access=keys.access())) as url, httpx.Client(base_url=url) as client:
        assert client.post("/graphql", json=ASK, headers=keys.header("read")).status_code == 200
        remove_token(keys.file, "read")
        assert client.post("/graphql", json=ASK, headers=keys.header("read")).status_code == 401
        text, token = new_token("later", Role.READ, TODAY)
        add_token(keys.file, token)
        assert client.post("/graphql", json=ASK, headers={"authorization": f"Bearer {text}"}).status_code == 200


def test_no_token_stands_in_a_log(guarded: httpx.Client, keys: Keys, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        guarded.post("/graphql", json=ASK, headers=keys.header("read"))
        guarded.post("/graphql", json={"query": "{ nothing }"}, headers=keys.header("read"))
        guarded.post("/graphql", json=ASK, headers={"authorization": "Bearer " + keys.tokens["write"] + "x"})
    secrets = [token.split("_", 2)[2] for token in keys.tokens.values()]
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not [line for line in logged if any(secret in line for secret in secrets)]


def test_a_page_of_a_named_origin_may_send_a_token_and_asks_first_without_one(kg: KnowledgeGraph, keys: Keys) -> None:
    app = create_app(kg, access=keys.access(), cors_origins=["https://mine.example"])
    with running(app) as url, httpx.Client(base_url=url) as client:
        asked = {
            "origin": "https://mine.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        answer = client.options("/graphql", headers=asked)
        assert answer.status_code == 200
        assert "authorization" in answer.headers["access-control-allow-headers"]
        refused = client.post("/graphql", json=ASK, headers={"origin": "https://mine.example"})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://mine.example")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1"])
def test_with_tokens_the_service_may_listen_beyond_this_machine(host: str, tmp_path: Path) -> None:
    check_host(host, public_read_only=False, guarded=True)
    with pytest.raises(UserInputError, match="cannot be read"):
        serve(Settings(host=host, access=AccessSettings(str(tmp_path / "none"))))


def test_the_environment_names_the_file_of_tokens(keys: Keys) -> None:
    settings = Settings.from_environment({"DOWNSTACK_TOKENS_FILE": str(keys.file)})
    assert Access.of(settings.access).guarded
    assert not Access.of(settings.access, public_read=True).guarded
    assert not Access.of(Settings.from_environment({}).access).knows_anybody


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(), ["token", *arguments])


def test_the_command_prints_a_token_once_and_writes_its_hash(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    made = run("new", "nightly-load", "--role", "write", "--expires", "90d", "--tokens-file", str(file))
    assert made.exit_code == 0, made.stderr
    token = made.stdout.strip()
    assert TOKEN.fullmatch(token)
    assert token not in made.stderr
    assert token not in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (entry,) = read_token_file(file).values()
    assert (entry.name, entry.role, entry.created) == ("nightly-load", Role.WRITE, TODAY)
    listed = run("list", "--tokens-file", str(file), "--json")
    assert [item["name"] for item in json.loads(listed.stdout)["tokens"]] == ["nightly-load"]
    assert entry.digest not in listed.stdout
    assert "nightly-load" in run("list", "--tokens-file", str(file)).stdout
    assert run("remove", "nightly-load", "--tokens-file", str(file)).exit_code == 0
    assert read_token_file(file) == {}
    again = run("remove", "nightly-load", "--tokens-file", str(file))
    assert (again.exit_code, "has no token" in again.stderr) == (1, True)


@pytest.mark.parametrize("wrong", [("--role", "root"), ("--expires", "2001-01-01"), ("--expires", "soon")])
def test_the_command_refuses_what_means_nothing(tmp_path: Path, wrong: tuple[str, str]) -> None:
    assert run("new", "x", *wrong, "--tokens-file", str(tmp_path / "tokens")).exit_code == 2
    assert list(tmp_path.iterdir()) == []
