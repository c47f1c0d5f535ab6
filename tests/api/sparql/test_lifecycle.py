"""The processes behind the endpoint: when they start, whom they answer for, and that none outlives the service."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from tests.api.serving import running
from tests.commands import environment

from downstack.errors import UnavailableError
from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import QuadsOrigin, Source
from downstack.graphql.http import graphql_router
from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.sparql.http import sparql_router
from downstack.sparql.turns import Turns

SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
ONE = "SELECT ?o { <http://e/s> <http://e/version> ?o }"
DEADLINE = 60.0


@dataclass
class Version:
    """A graph version that is a file."""

    version: str
    origin: QuadsOrigin


@pytest.fixture
def made(tmp_path: Path) -> Callable[[str], Version]:
    def make(version: str) -> Version:
        file = tmp_path / f"{version}.nq"
        rows = "".join(f'<http://e/{number}> <http://e/p> "{number}" .\n' for number in range(300))
        file.write_text(f'<http://e/s> <http://e/version> "{version}" .\n{rows}', encoding="utf-8")
        return Version(version, QuadsOrigin(version, str(file)))

    return make


def processes() -> list[tuple[int, int]]:
    """Every process that runs, with the one that made it."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    return [(int(pid), int(parent)) for pid, parent, state in map(str.split, listed.splitlines()) if state[0] != "Z"]


def children(pid: int) -> set[int]:
    """The processes below a process."""
    rows = processes()
    found: set[int] = set()
    edge = {pid}
    while edge:
        edge = {child for child, parent in rows if parent in edge} - found
        found |= edge
    return found


def keepers() -> set[int]:
    """The processes of this one that hold triples; a worker is a process of one of them."""
    found = set()
    for pid, parent in processes():
        if parent == os.getpid() and b"sparql.keeper" in command_of(pid):
            found.add(pid)
    return found


def command_of(pid: int) -> bytes:
    """The words that a process was started with; none of one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, what
        threading.Event().wait(0.01)


class Endpoint:
    """One service with a graph that can be swapped."""

    def __init__(self, version: Version, limits: QueryLimits) -> None:
        self.served = version
        self.app = FastAPI()
        self.preparing: list[Callable[[Source], None]] = []
        self.listeners: list[Callable[[], None]] = []
        self.app.include_router(
            sparql_router(
                lambda: self.served,
                limits=limits,
                before_swap=self.preparing.append,
                after_swap=self.listeners.append,
            )
        )

    def prepare(self, version: Version) -> None:
        """Say which version will be served next."""
        for prepare in self.preparing:
            prepare(version)

    def swap(self, version: Version) -> None:
        """Serve another version, and say so."""
        self.served = version
        for tell in self.listeners:
            tell()


@pytest.fixture
def before() -> set[int]:
    return keepers()


@pytest.fixture
def service(made: Callable[[str], Version], before: set[int]) -> Iterator[tuple[Endpoint, httpx.Client]]:
    endpoint = Endpoint(made("one"), QueryLimits(seconds=1.0, start=60.0, workers=3))
    with running(endpoint.app, lifespan="on") as url, httpx.Client(base_url=url, timeout=90.0) as client:
        yield endpoint, client


def ask(client: httpx.Client, text: str) -> httpx.Response:
    return client.post("/sparql", data={"query": text})


def version_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    said = answer.json()["results"]["bindings"][0]["o"]["value"]
    assert answer.headers["downstack-graph-version"] == said
    return str(said)


def test_nothing_starts_before_the_first_query(kg: KnowledgeGraph, before: set[int]) -> None:
    with running(create_app(kg), lifespan="on") as url, httpx.Client(base_url=url, timeout=60.0) as client:
        assert client.get("/readyz").status_code == 200
        assert client.get("/sparql").status_code == 200
        assert ask(client, "ASK { SERVICE <http://e/> {} }").status_code == 400
        assert keepers() == before


def test_processes_end_with_the_application(made: Callable[[str], Version], before: set[int]) -> None:
    endpoint = Endpoint(made("one"), QueryLimits())
    with running(endpoint.app, lifespan="on") as url, httpx.Client(base_url=url, timeout=60.0) as client:
        assert version_of(ask(client, ONE)) == "one"
        (keeper,) = keepers() - before
        below = children(keeper)
        assert below
    until(lambda: not any(map(is_running, (keeper, *below))), "processes outlived the application")


def test_a_swapped_graph_answers_the_next_query(
    service: tuple[Endpoint, httpx.Client], made: Callable[[str], Version], before: set[int]
) -> None:
    endpoint, client = service
    assert version_of(ask(client, ONE)) == "one"
    old = keepers() - before
    endpoint.served = made("two")
    assert version_of(ask(client, ONE)) == "two"
    until(lambda: not (old & keepers()), "the keeper of the version before did not end")
    assert len(keepers() - before) == 1


def test_where_queries_are_asked_a_swapped_graph_is_read_before_the_next_one(
    service: tuple[Endpoint, httpx.Client], made: Callable[[str], Version], before: set[int]
) -> None:
    endpoint, client = service
    endpoint.swap(made("two"))
    assert keepers() == before
    assert version_of(ask(client, ONE)) == "two"
    old = keepers() - before
    endpoint.swap(made("three"))
    until(lambda: keepers() - before - old, "nothing reads the version that is served")
    until(lambda: not (old & keepers()), "the keeper of the version before did not end")
    assert version_of(ask(client, ONE)) == "three"
    assert len(keepers() - before) == 1


def test_where_queries_are_asked_a_version_is_read_before_it_is_served(
    service: tuple[Endpoint, httpx.Client], made: Callable[[str], Version], before: set[int]
) -> None:
    endpoint, client = service
    two, three, four = made("two"), made("three"), made("four")
    endpoint.prepare(two)
    assert keepers() == before
    assert version_of(ask(client, ONE)) == "one"
    old = keepers() - before
    # One that is never served ends when the next one comes.
    endpoint.prepare(two)
    passed = keepers() - before - old
    endpoint.prepare(three)
    (ready,) = keepers() - before - old - passed
    until(lambda: not (passed & keepers()), "a version that was not served is still held")
    assert version_of(ask(client, ONE)) == "one"
    endpoint.swap(three)
    assert version_of(ask(client, ONE)) == "three"
    assert ready in keepers()
    until(lambda: keepers() - before == {ready}, "the keeper of the version before did not end")
    # What cannot be read is said by the query that needs it, and keeps nothing from being served.
    endpoint.prepare(Version("gone", QuadsOrigin("gone", str(Path(four.origin.path).with_name("gone.nq")))))
    endpoint.swap(four)
    assert version_of(ask(client, ONE)) == "four"


def test_a_version_that_was_read_ahead_ends_with_the_application(
    made: Callable[[str], Version], before: set[int]
) -> None:
    endpoint = Endpoint(made("one"), QueryLimits(start=60.0))
    with running(endpoint.app, lifespan="on") as url, httpx.Client(base_url=url, timeout=60.0) as client:
        assert version_of(ask(client, ONE)) == "one"
        endpoint.prepare(made("two"))
        assert len(keepers() - before) == 2
    until(lambda: keepers() == before, "processes outlived the application")
    endpoint.prepare(made("three"))
    assert keepers() == before


def test_a_query_that_runs_while_the_graph_is_swapped_is_answered_from_its_version(
    made: Callable[[str], Version],
) -> None:
    endpoint = Endpoint(made("one"), QueryLimits(seconds=30.0, start=60.0))
    count = "SELECT ?o (COUNT(*) AS ?n) { <http://e/s> <http://e/version> ?o . ?a ?b ?c . ?d ?e ?f } GROUP BY ?o"
    with running(endpoint.app, lifespan="on") as url, httpx.Client(base_url=url, timeout=90.0) as client:
        assert version_of(ask(client, ONE)) == "one"
        with ThreadPoolExecutor(8) as threads:
            waiting = [threads.submit(ask, client, count) for _ in range(6)]
            endpoint.served = made("two")
            assert version_of(ask(client, ONE)) == "two"
            for answer in waiting:
                assert version_of(answer.result()) in ("one", "two")


def test_a_query_at_its_time_limit_ends_alone(service: tuple[Endpoint, httpx.Client]) -> None:
    _, client = service
    assert version_of(ask(client, ONE)) == "one"
    with ThreadPoolExecutor(4) as threads:
        slow = threads.submit(ask, client, SLOW)
        for _ in range(20):
            assert version_of(ask(client, ONE)) == "one"
        assert slow.result().status_code == 408


def test_a_client_never_has_all_processes(made: Callable[[str], Version]) -> None:
    endpoint = Endpoint(made("one"), QueryLimits(seconds=2.0, start=60.0, workers=2))

    @endpoint.app.middleware("http")
    async def named(request: Request, follow: Callable[[Request], Awaitable[Response]]) -> Response:
        request.scope["client"] = (request.headers["x-client"], 1)
        return await follow(request)

    with running(endpoint.app, lifespan="on") as url, httpx.Client(base_url=url, timeout=90.0) as client:

        def ask_as(name: str, text: str) -> httpx.Response:
            return client.post("/sparql", data={"query": text}, headers={"x-client": name})

        assert version_of(ask_as("b", ONE)) == "one"
        with ThreadPoolExecutor(4) as threads:
            waiting = [threads.submit(ask_as, "a", SLOW) for _ in range(4)]
            until(lambda: sum(len(children(item)) for item in keepers()) >= 1, "no query runs")
            answered = 0
            while not waiting[0].done():
                assert version_of(ask_as("b", ONE)) == "one"
                answered += 1
            # With both processes it would have answered this one at the end of its own queries.
            assert answered > 1
            assert [item.result().status_code for item in waiting] == [408] * 4


def test_a_client_never_has_all_places() -> None:
    async def asked() -> None:
        turns = Turns(QueryLimits(workers=3, waiting=1), places=4)
        first, second = [await turns.enter("a") for _ in range(2)]
        with pytest.raises(UnavailableError, match="2 answers of yours"):
            await turns.enter("a")
        third = await turns.enter("b")
        fourth = await turns.enter("c")
        with pytest.raises(UnavailableError, match="4 answers are on their way"):
            await turns.enter("d")
        for end in (first, second, third, fourth):
            end()
        (await turns.enter("a"))()

    asyncio.run(asked())


def test_who_leaves_while_waiting_takes_no_place() -> None:
    async def asked() -> None:
        turns = Turns(QueryLimits(workers=2, waiting=2), places=4)
        end = await turns.enter("a")
        waiting = asyncio.create_task(turns.enter("a"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        end()
        (await turns.enter("a"))()

    asyncio.run(asked())


def test_the_other_doors_answer_while_every_worker_is_busy(made: Callable[[str], Version], kg: KnowledgeGraph) -> None:
    endpoint = Endpoint(made("one"), QueryLimits(seconds=2.0, start=60.0, workers=1))
    endpoint.app.include_router(graphql_router(kg))
    with running(endpoint.app, lifespan="on") as url, httpx.Client(base_url=url, timeout=90.0) as client:
        assert version_of(ask(client, ONE)) == "one"
        answered = 0
        with ThreadPoolExecutor(2) as threads:
            slow = threads.submit(ask, client, SLOW)
            while not slow.done():
                assert client.post("/graphql", json={"query": "{ layers { number } }"}).status_code == 200
                answered += 1
        assert slow.result().status_code == 408
        assert answered > 3


def test_more_queries_than_may_wait_are_turned_away(made: Callable[[str], Version]) -> None:
    endpoint = Endpoint(made("one"), QueryLimits(seconds=1.0, start=60.0, workers=1, waiting=1))
    with running(endpoint.app, lifespan="on") as url, httpx.Client(base_url=url, timeout=90.0) as client:
        assert version_of(ask(client, ONE)) == "one"
        with ThreadPoolExecutor(6) as threads:
            answers = list(threads.map(lambda _: ask(client, SLOW), range(6)))
        statuses = sorted(answer.status_code for answer in answers)
        assert set(statuses) == {408, 503}
        refused = next(answer for answer in answers if answer.status_code == 503)
        assert refused.headers["retry-after"].isdigit()
        assert refused.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert version_of(ask(client, ONE)) == "one"


def test_a_worker_that_is_killed_between_queries_is_not_missed(
    service: tuple[Endpoint, httpx.Client], before: set[int]
) -> None:
    _, client = service
    assert version_of(ask(client, ONE)) == "one"
    (keeper,) = keepers() - before
    for worker in children(keeper):
        os.kill(worker, signal.SIGKILL)
    until(lambda: not children(keeper), "the worker is still there")
    assert version_of(ask(client, ONE)) == "one"


def test_a_worker_that_is_killed_at_work_fails_one_query(made: Callable[[str], Version], before: set[int]) -> None:
    endpoint = Endpoint(made("one"), QueryLimits(seconds=50.0, start=60.0))
    with running(endpoint.app, lifespan="on") as url, httpx.Client(base_url=url, timeout=90.0) as client:
        assert version_of(ask(client, ONE)) == "one"
        (keeper,) = keepers() - before
        with ThreadPoolExecutor(1) as threads:
            slow = threads.submit(ask, client, SLOW)
            (worker,) = children(keeper)
            until(lambda: busy(worker), "the worker does not work")
            os.kill(worker, signal.SIGKILL)
            answer = slow.result()
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert version_of(ask(client, ONE)) == "one"


def busy(pid: int) -> bool:
    """Return whether a process has used a tenth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) > os.sysconf("SC_CLK_TCK") // 10


def test_a_keeper_that_is_killed_is_replaced(service: tuple[Endpoint, httpx.Client], before: set[int]) -> None:
    _, client = service
    assert version_of(ask(client, ONE)) == "one"
    (keeper,) = keepers() - before
    below = children(keeper)
    os.kill(keeper, signal.SIGKILL)
    until(lambda: not any(map(is_running, below)), "workers outlived their keeper")
    answers = [ask(client, ONE) for _ in range(2)]
    # The first query after it may meet the loss.
    assert answers[0].status_code in (200, 503)
    assert version_of(answers[1]) == "one"


def test_processes_end_when_the_service_is_killed() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "downstack.cli", "serve", "--port", str(port := free_port())],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=90.0) as client:
            until(lambda: reachable(client), "the service did not start")
            assert ask(client, "ASK { ds:tsmc a dso:Company }").json()["boolean"] is True
        below = children(process.pid)
        assert len(below) >= 2
    finally:
        process.kill()
        process.wait()
    until(lambda: not any(is_running(pid) for pid in below), "processes outlived the service")


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def reachable(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def is_running(pid: int) -> bool:
    process = Path(f"/proc/{pid}")
    try:
        ended = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        # The first thread may have ended while others still hold the files and the locks of the process.
        return not ended or len(list((process / "task").iterdir())) > 1
    except OSError:
        return False


def test_without_workers_there_is_no_endpoint(kg: KnowledgeGraph) -> None:
    with running(create_app(kg, sparql=QueryLimits(workers=0))) as url, httpx.Client(base_url=url) as client:
        assert ask(client, "ASK {}").status_code == 404
