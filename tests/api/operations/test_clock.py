"""The clock of the machine is set an hour forward or back: nothing that lasts a while notices, and only tokens expire by it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from tests.api.access.issuer import AUDIENCE, Issuer
from tests.api.operations.process import Service, service, wait_for
from tests.conftest import require

HOUR = 3_600
DEADLINE = 6
"""Seconds: the clock jumps twice before they are over."""
PAGE = "query ($after: String) { entities(first: 2, after: $after) { nodes { slug } pageInfo { endCursor } } }"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


class Clock:
    """The clock that a process sees: libfaketime moves it while that runs, and leaves the monotonic one as it is."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, seconds: int) -> None:
        """Let it be so far ahead of the real one, or behind."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}s\n", encoding="ascii")
        new.replace(self._file)

    @property
    def variables(self) -> dict[str, str]:
        command = shutil.which("faketime")
        require(command, "faketime is not installed")
        # The command knows where its library lies.
        listed = subprocess.run(
            ["faketime", "-m", "-f", "+0s", "env"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        (library,) = [line.partition("=")[2] for line in listed if line.startswith("LD_PRELOAD=")]
        return {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clock")


@pytest.fixture(scope="module")
def clock(folder: Path) -> Clock:
    return Clock(folder / "clock")


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    found = Issuer()
    found.url = "https://issuer.example"
    return found


@pytest.fixture(scope="module")
def found(folder: Path, clock: Clock, issuer: Issuer) -> Iterator[Service]:
    keys = folder / "keys.json"
    keys.write_text(json.dumps(issuer.jwks()), encoding="utf-8")
    variables = {
        **clock.variables,
        "DOWNSTACK_CURSOR_KEY": "shared",
        "DOWNSTACK_DEADLINE_SECONDS": str(DEADLINE),
        "DOWNSTACK_RATE_LIMIT": "0.001",
        "DOWNSTACK_RATE_BURST": "6",
        "DOWNSTACK_TRUSTED_PROXIES": "127.0.0.1",
        "DOWNSTACK_LOG_FORMAT": "json",
        "DOWNSTACK_OIDC_ISSUER": issuer.url,
        "DOWNSTACK_OIDC_AUDIENCE": AUDIENCE,
        "DOWNSTACK_OIDC_KEYS": str(keys),
        "DOWNSTACK_PUBLIC_READ_ONLY": "1",
    }
    with service(folder, **variables) as started:
        yield started


@pytest.fixture(scope="module")
def client(found: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=found.url, timeout=120) as session:
        yield session


@pytest.fixture(autouse=True)
def right_at_first(clock: Clock) -> Generator[None]:
    clock.set(0)
    yield
    clock.set(0)


def moved(client: httpx.Client, clock: Clock, seconds: int) -> None:
    """Move the clock, and wait until the service sees it."""
    clock.set(seconds)

    def seen() -> bool:
        said = parsedate_to_datetime(client.get("/healthz").headers["date"])
        return abs(said - datetime.now(UTC) - timedelta(seconds=seconds)) < timedelta(minutes=5)

    wait_for(seen, "the service does not see the clock")


def post(client: httpx.Client, address: str, **body: object) -> httpx.Response:
    return client.post("/graphql", json=body, headers={"x-forwarded-for": address})


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_rate_is_not_refilled_or_withheld_by_a_jump(jump: int, client: httpx.Client, clock: Clock) -> None:
    address = f"10.0.1.{1 if jump > 0 else 2}"
    layers = "{ layers { number } }"
    assert [post(client, address, query=layers).status_code for _ in range(7)] == [200] * 6 + [429]
    # At this rate an hour is worth more than three questions.
    moved(client, clock, jump)
    refused = post(client, address, query=layers)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 1_001
    assert post(client, f"{address}00", query=layers).status_code == 200


def test_a_deadline_is_as_far_as_before(client: httpx.Client, clock: Clock) -> None:
    def ask(query: str) -> httpx.Response:
        return client.post("/sparql", data={"query": query}, headers={"x-forwarded-for": "10.0.2.1"})

    assert ask("ASK {}").status_code == 200
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(ask, SLOW)
        for jump in (HOUR, -HOUR):
            moved(client, clock, jump)
        answer = slow.result()
    # Not ended by an hour that has not passed, and not given another one.
    assert answer.status_code == 408
    assert answer.elapsed.total_seconds() > DEADLINE - 0.1
    assert ask("ASK {}").status_code == 200


def test_cursors_stay_good(client: httpx.Client, clock: Clock) -> None:
    said = post(client, "10.0.3.1", query=PAGE).json()
    assert "errors" not in said, said
    first = said["data"]["entities"]
    cursor = first["pageInfo"]["endCursor"]
    pages = []
    for jump in (0, HOUR, -HOUR):
        moved(client, clock, jump)
        answer = post(client, "10.0.3.1", query=PAGE, variables={"after": cursor}).json()
        assert "errors" not in answer
        pages.append(answer["data"]["entities"]["nodes"])
    assert pages[0] == pages[1] == pages[2] != first["nodes"]


def test_a_token_expires_by_the_clock_and_by_nothing_else(client: httpx.Client, clock: Clock, issuer: Issuer) -> None:
    token = issuer.token(exp=int(datetime.now(UTC).timestamp()) + HOUR // 2, iat=None)
    headers = {"authorization": f"Bearer {token}", "x-forwarded-for": "10.0.4.1"}

    def status() -> int:
        return client.post("/graphql", json={"query": "{ layers { number } }"}, headers=headers).status_code

    assert status() == 200
    moved(client, clock, HOUR)
    assert status() == 401
    moved(client, clock, 0)
    assert status() == 200
    moved(client, clock, -HOUR)
    assert status() == 200


def test_the_log_has_no_duration_that_was_not(found: Service, client: httpx.Client, clock: Clock) -> None:
    for jump in (HOUR, -HOUR, 0):
        moved(client, clock, jump)
        assert post(client, "10.0.5.1", query="{ layers { number } }").status_code == 200
    lines = [json.loads(line) for line in found.log.splitlines() if line.startswith("{")]
    durations = [line["duration_ms"] for line in lines if "duration_ms" in line]
    assert durations
    assert all(0.0 <= taken < 600_000.0 for taken in durations)
