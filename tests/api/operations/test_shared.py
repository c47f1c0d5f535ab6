"""Several processes count what a client asks and keeps open as one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.api.operations.process import service, wait_for
from tests.api.sparql.test_lifecycle import command_of, is_running, processes
from tests.api.subscriptions.talking import talking
from websockets.exceptions import InvalidStatus

from downstack.graphql.streams import Seat, StreamLimits, TooManyStreamsError
from downstack.server.rate import Buckets, RateLimit
from downstack.server.shared import SETS, WAYS, SharedBuckets, SharedStreams


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_two_counters_of_one_folder_are_one_bucket(tmp_path: Path) -> None:
    clock, limit = Clock(), RateLimit(2.0, 3.0)
    one, other = (SharedBuckets(limit, tmp_path, clock) for _ in range(2))
    alone = Buckets(limit, clock=clock)
    for step in range(40):
        clock.now += 0.1 * (step % 4)
        # In turn, they say what a single one would.
        assert (one, other)[step % 2].take("name a") == pytest.approx(alone.take("name a"))
    assert one.take("name b") == 0.0


def test_a_clock_that_goes_back_takes_nothing_from_a_bucket() -> None:
    clock = Clock()
    alone = Buckets(RateLimit(1.0, 2.0), clock=clock)
    assert alone.take("a") == 0.0
    clock.now -= 3_600.0
    assert alone.take("a") == 0.0
    assert alone.take("a") == 1.0


def test_of_too_many_clients_those_that_asked_last_are_known(tmp_path: Path) -> None:
    clock = Clock()
    buckets = SharedBuckets(RateLimit(0.001, 1.0), tmp_path, clock)
    many = 4 * SETS * WAYS
    for client in range(many):
        clock.now += 0.001
        assert buckets.take(f"address {client}") == 0.0
    assert buckets.take(f"address {many - 1}") > 0.0
    assert buckets.take("address 0") == 0.0


LIMITS = StreamLimits(per_client=2, total=3)


def test_two_counters_of_one_folder_count_all_connections(tmp_path: Path) -> None:
    one, other = (SharedStreams(LIMITS, tmp_path) for _ in range(2))
    first, second = one.enter("a"), other.enter("a")
    with pytest.raises(TooManyStreamsError, match="there are 2 open connections of yours"):
        one.enter("a")
    third = one.enter("b")
    assert one.open == other.open == 3
    with pytest.raises(TooManyStreamsError, match="as many open connections as it may"):
        other.enter("c")
    with pytest.raises(TooManyStreamsError):
        third.move("a")
    second.leave()
    second.leave()
    third.move("a")
    first.leave()
    third.leave()
    assert one.open == other.open == 0


HOLD = """
import sys
from pathlib import Path
from downstack.graphql.streams import StreamLimits
from downstack.server.shared import SharedStreams
streams = SharedStreams(StreamLimits(per_client=2, total=3), Path(sys.argv[1]))
seats = [streams.enter("a"), streams.enter("a")]
print("held", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_held_is_free_when_it_is_missed(tmp_path: Path) -> None:
    streams = SharedStreams(LIMITS, tmp_path)
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TooManyStreamsError):
            streams.enter("a")
        holder.kill()
    taken: list[Seat] = [streams.enter("a"), streams.enter("a"), streams.enter("b")]
    assert streams.open == 3
    for seat in taken:
        seat.leave()


def workers_of(pid: int) -> list[int]:
    """The processes that answer for a service."""
    return [child for child, parent in processes() if parent == pid and b"spawn_main" in command_of(child)]


@contextmanager
def only(worker: int, workers: list[int]) -> Generator[None]:
    """Let only one of the workers answer."""
    others = [item for item in workers if item != worker]
    for item in others:
        os.kill(item, signal.SIGSTOP)
    try:
        yield
    finally:
        for item in others:
            os.kill(item, signal.SIGCONT)


def test_two_workers_limit_one_client_together(tmp_path: Path) -> None:
    variables = {
        "DOWNSTACK_CURSOR_KEY": "shared",
        "DOWNSTACK_RATE_LIMIT": "0.001",
        "DOWNSTACK_RATE_BURST": "6",
        "DOWNSTACK_MAX_STREAMS_PER_CLIENT": "2",
        "DOWNSTACK_TRUSTED_PROXIES": "127.0.0.1",
    }
    with service(tmp_path, "--workers", "2", **variables) as found, ExitStack() as open_streams:
        wait_for(lambda: found.log.count("startup complete") == 2, "a worker did not start", found.process)
        workers = workers_of(found.process.pid)
        assert len(workers) == 2

        def statuses(client: str, times: int) -> list[int]:
            headers = {"x-forwarded-for": client}
            body = {"query": "{ layers { number } }"}
            # A connection each, so that the worker that answers takes it.
            return [
                httpx.post(f"{found.url}/graphql", json=body, headers=headers, timeout=60).status_code
                for _ in range(times)
            ]

        with only(workers[0], workers):
            assert statuses("10.0.0.1", 4) == [200] * 4
        with only(workers[1], workers):
            assert statuses("10.0.0.1", 4) == [200, 200, 429, 429]
            assert statuses("10.0.0.2", 1) == [200]
        with only(workers[0], workers):
            assert statuses("10.0.0.1", 1) == [429]

        def follow(client: str) -> None:
            talk = open_streams.enter_context(talking(found.url, additional_headers={"x-forwarded-for": client}))
            talk.begin()

        for worker in workers:
            with only(worker, workers):
                follow("10.0.0.3")
        for worker in workers:
            with only(worker, workers), pytest.raises(InvalidStatus) as refused:
                follow("10.0.0.3")
            assert refused.value.response.status_code == 429
        os.kill(workers[0], signal.SIGKILL)
        wait_for(lambda: not is_running(workers[0]), "the worker did not end")
        with only(workers[1], workers[1:]):
            follow("10.0.0.3")
