"""The pages on access, changes and subscriptions: everything on them runs, against a service that is started as they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.operations.process import NO_TLS
from tests.conftest import require
from typer.testing import CliRunner

from downstack.access.settings import AccessSettings
from downstack.access.tokens import TOKEN, read_tokens
from downstack.cli import command_line
from downstack.graphql.streams import StreamLimits
from downstack.loaders.transaction import write_store

ROOT = Path(__file__).parents[2]
AUTHENTICATION, CHANGES, SUBSCRIPTIONS = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("authentication", "changes", "subscriptions")
)
START = 120.0
SOURCE = (
    "@prefix dso: <https://w3id.org/downstack/ontology#> .\n@prefix dcterms: <http://purl.org/dc/terms/> .\n"
    '<https://w3id.org/downstack/source/start> a dso:Source ; dcterms:title "Start" ; '
    'dso:reference "https://example.org/start" .\n'
)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def commands_of(page: str, program: str) -> list[list[str]]:
    return [shlex.split(line) for line in re.findall(rf"^\$ {program} (.+)$", page, re.MULTILINE)]


@dataclass(frozen=True)
class Served:
    url: str
    token: str

    def curl(self, words: list[str]) -> str:
        require(shutil.which("curl"), "the pages ask with curl")
        words = [word.replace("http://127.0.0.1:8000", self.url).replace("$TOKEN", self.token) for word in words]
        if "accept: text/event-stream" in words:
            words += ["-H", f"authorization: Bearer {self.token}"]
        done = subprocess.run(["curl", *words, "--max-time", "60"], capture_output=True, text=True, check=True)
        return done.stdout

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.url}/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {self.token}"},
            timeout=START,
        )
        body: dict[str, Any] = answer.json()
        assert "errors" not in body, body
        return dict(body["data"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    write_store(folder / "my-store", {"facts/loaded/sources/start.ttl": SOURCE})
    (made, listed, serve) = commands_of(AUTHENTICATION, "downstack")
    file = str(folder / "tokens.toml")
    result = CliRunner().invoke(command_line(), [file if word == "tokens.toml" else word for word in made])
    assert result.exit_code == 0, result.stderr
    token = result.stdout.strip()
    assert TOKEN.fullmatch(token)
    result = CliRunner().invoke(command_line(), [file if word == "tokens.toml" else word for word in listed])
    assert "nightly-load" in result.stdout
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "downstack.cli", *serve, "--port", str(port)],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + START
        while not _lives(url):
            assert process.poll() is None and time.monotonic() < end, "the service does not start"
        yield Served(url, token)
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=START)
        # What the service logged of all that was asked holds no secret, and no accident.
        assert token.split("_", 2)[2] not in said
        assert "Traceback" not in said, said[-4_000:]


def _lives(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=1.0, verify=NO_TLS).status_code == 200
    except httpx.TransportError:
        time.sleep(0.05)
        return False


@pytest.mark.slow
def test_a_question_with_a_token_is_answered(served: Served) -> None:
    (words,) = commands_of(AUTHENTICATION, "curl")
    assert json.loads(served.curl(words))["data"]["graph"]["version"]


@pytest.mark.slow
def test_the_changes_of_the_page_are_made_in_their_order(served: Served) -> None:
    stated, withdrawn, loaded, kept, listed = blocks(CHANGES, "graphql")
    fact = served.ask(stated)["assertFact"]
    assert (fact["userErrors"], fact["fact"]["unit"], fact["fact"]["value"]) == ([], "GB/s", 4800.0)
    gone = served.ask(withdrawn, id=fact["fact"]["id"])["retractFact"]
    assert gone["fact"]["retractionReason"] == "The sheet is of another module."
    table = (ROOT / "docs" / "examples" / "chip.csv").read_text(encoding="utf-8")
    load = served.ask(loaded, content=table)["loadDataset"]
    assert (load["userErrors"], load["kept"], load["rejected"]) == ([], 2, 0)
    assert load["differenceCount"] > 0
    assert served.ask(kept)["saveScenario"]["scenario"]["id"] == "h200-with-faster-hbm"
    (scenario,) = served.ask(listed)["scenarios"]["nodes"]
    assert scenario["changes"] == [{"text": "nvidia-h200-sxm.memory_bandwidth=x1.4"}]
    assert scenario["where"] == [{"role": "model", "admits": ["llama-3.1-70b"]}]


@pytest.mark.slow
def test_the_subscriptions_of_the_page_are_answered(served: Served) -> None:
    followed, changed = blocks(SUBSCRIPTIONS, "graphql")
    headers = {"authorization": f"Bearer {served.token}", "accept": "text/event-stream"}
    answer = httpx.post(f"{served.url}/graphql", json={"query": followed}, headers=headers, timeout=START)
    (*_, last) = re.findall(r"^data: (\{.*)$", answer.text, re.MULTILINE)
    report = json.loads(last)["data"]["impact"]["report"]
    assert len(report["effects"]["nodes"]) == 3
    body = {"query": changed, "variables": {"since": "0"}}
    with httpx.stream("POST", f"{served.url}/graphql", json=body, headers=headers, timeout=START) as stream:
        line = next(line for line in stream.iter_lines() if line.startswith("data: "))
    assert json.loads(line.removeprefix("data: "))["data"]["graphChanged"]["version"]
    (words,) = commands_of(SUBSCRIPTIONS, "curl")
    assert "event: complete" in served.curl(words)


@pytest.mark.slow
def test_the_client_of_the_page_follows_a_question(served: Served, tmp_path: Path) -> None:
    (program,) = blocks(SUBSCRIPTIONS, "python")
    file = tmp_path / "follow.py"
    place = f'follow("ws{served.url.removeprefix("http")}/graphql", "{served.token}")'
    file.write_text(program.replace('follow("ws://127.0.0.1:8000/graphql")', place), encoding="utf-8")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=START)
    assert done.returncode == 0, done.stderr
    assert "'done': 500, 'of': 500" in done.stdout


def test_the_file_of_the_page_is_one(tmp_path: Path) -> None:
    (section,) = blocks(AUTHENTICATION, "toml")
    (token,) = read_tokens(section, "the page").values()
    assert (token.name, token.role.word) == ("nightly-load", "write")


def test_the_application_of_the_page_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(command_line(), ["token", "new", "one", "--tokens-file", "tokens.toml"]).exit_code == 0
    (program,) = blocks(AUTHENTICATION, "python")
    held: dict[str, Any] = {}
    exec(program, held)
    assert held["app"].state.services.access.guarded


def test_every_setting_is_on_its_page() -> None:
    documented = {name for page in (AUTHENTICATION, SUBSCRIPTIONS) for name in re.findall(r"`(DOWNSTACK_\w+)`", page)}
    source = "".join(
        (ROOT / "api" / "downstack" / place).read_text(encoding="utf-8")
        for place in ("access/settings.py", "graphql/streams.py")
    )
    settings = set(re.findall(r'"""(DOWNSTACK_\w+):', source))
    assert len(settings) == 10
    assert settings <= documented | {"DOWNSTACK_TOKENS_FILE"}
    assert AccessSettings.from_environment({}) == AccessSettings()
    defaults = StreamLimits()
    for value in (defaults.per_connection, defaults.per_client, defaults.total):
        assert f"| {value} |" in SUBSCRIPTIONS
