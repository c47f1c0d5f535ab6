"""An answer is taken as it is written: held only at its beginning, never ahead of its reader, never beyond its bounds."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

import pyoxigraph as ox
import pytest

from downstack.errors import QuerySizeError, QueryTimeError, UnavailableError
from downstack.graph.sparql.channel import PART
from downstack.graph.sparql.evaluation import evaluate
from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import QuadsOrigin
from downstack.graph.sparql.processes import QueryProcesses
from downstack.vocabulary import PREFIXES

PAIRS = "SELECT ?b ?d { ?a <http://e/p> ?b . ?c <http://e/p> ?d }"
ROWS = 200
PADDING = "x" * 100
LIMITS = QueryLimits(seconds=60.0, start=60.0, workers=1, waiting=1)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> QuadsOrigin:
    file = tmp_path_factory.mktemp("quads") / "data.nq"
    file.write_text("".join(f'<http://e/{n}> <http://e/p> "{n}{PADDING}" .\n' for n in range(ROWS)), encoding="utf-8")
    return QuadsOrigin("v", str(file))


@pytest.fixture
def asked(origin: QuadsOrigin) -> Iterator[QueryProcesses]:
    found = QueryProcesses(origin, LIMITS)
    yield found
    found.close()


@pytest.fixture
def hurried(origin: QuadsOrigin) -> Iterator[QueryProcesses]:
    found = QueryProcesses(origin, replace(LIMITS, seconds=0.5))
    # The processes start before the time of a query begins.
    found.ask("ASK {}")
    yield found
    found.close()


def csv(asked: QueryProcesses, query: str) -> Iterator[bytes]:
    with asked.open(query, lambda formats: next(item for item in formats if item.name == "csv")) as opened:
        yield from opened


def test_a_short_answer_is_whole_and_needs_no_worker_any_more(asked: QueryProcesses) -> None:
    opened = asked.open("ASK {}")
    assert opened.whole
    assert b"true" in opened.beginning
    # The only worker is free although nobody closed the answer.
    assert asked.ask("ASK {}").content == opened.beginning
    assert list(opened) == [opened.beginning]


def test_a_long_answer_comes_in_parts_and_whole(asked: QueryProcesses) -> None:
    parts = list(csv(asked, PAIRS))
    assert len(parts[0]) < LIMITS.whole + 2 * PART
    assert max(map(len, parts[1:])) < 2 * PART
    rows = b"".join(parts).split(b"\r\n")
    assert rows[0] == b"b,d"
    assert len(rows) == ROWS**2 + 2


def test_a_worker_whose_answer_was_read_answers_the_next_query(asked: QueryProcesses) -> None:
    asked.ask("ASK {}")
    (before,) = [worker.pid for worker in asked._state.idle]
    assert sum(map(len, csv(asked, PAIRS))) > 5 * LIMITS.whole
    assert [worker.pid for worker in asked._state.idle] == [before]


def test_an_answer_that_is_given_up_frees_its_worker(asked: QueryProcesses) -> None:
    for _ in range(5):
        assert list(islice(csv(asked, PAIRS), 2))
    assert asked._state.asking == 0
    assert asked.ask("ASK {}").content


def test_who_waits_for_a_part_is_let_go_when_the_answer_is_withdrawn(asked: QueryProcesses) -> None:
    opened = asked.open(PAIRS)
    # It writes no more, for longer than anybody waits.
    os.kill(opened._exchange._worker.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(lambda: [len(part) for part in opened])
        opened.withdraw()
        opened.close()
        with pytest.raises(UnavailableError):
            reading.result()
    with pytest.raises(UnavailableError, match="given up before it was whole"):
        opened.part()
    assert asked.ask("ASK {}").content


def test_an_answer_that_nobody_reads_ends_with_its_time(hurried: QueryProcesses) -> None:
    opened = hurried.open(PAIRS)
    until = opened.deadline
    # Another query waits for the only worker, and gets it when the first reader has had the time that there is.
    while time.monotonic() < until:
        assert not opened.whole
    with pytest.raises(QueryTimeError, match=r"stopped after 0\.5 s"):
        list(opened)
    opened.close()
    assert hurried.ask("ASK {}").content


def test_an_answer_beyond_its_bound_ends_there(origin: QuadsOrigin) -> None:
    asked = QueryProcesses(origin, replace(LIMITS, answer=3_000_000))
    try:
        with asked.open(PAIRS) as opened:
            parts: list[bytes] = []
            with pytest.raises(QuerySizeError, match="larger than 3,000,000 bytes"):
                parts.extend(opened)
        # What came before is at hand.
        assert LIMITS.whole <= sum(map(len, parts)) <= 3_000_000
        assert asked.ask("ASK {}").content
    finally:
        asked.close()


def test_more_than_may_wait_are_turned_away_while_an_answer_is_read(asked: QueryProcesses) -> None:
    with ThreadPoolExecutor(1) as threads, asked.open(PAIRS):
        waiting = threads.submit(asked.ask, "ASK {}")
        while asked._state.asking < 2:
            assert not waiting.done()
        with pytest.raises(UnavailableError, match="1 queries wait already"):
            asked.open("ASK {}")
        assert not waiting.done()
    assert waiting.result().content


def test_processes_that_retire_end_when_the_last_answer_was_read(asked: QueryProcesses) -> None:
    opened = asked.open(PAIRS)
    asked.retire()
    assert sum(map(len, opened)) > LIMITS.whole
    assert not asked.started


def test_prefixes_are_in_order_however_long_the_answer_is() -> None:
    store = ox.Store()
    company = ox.NamedNode(PREFIXES["dso"] + "Company")
    names = (ox.NamedNode(f"{PREFIXES['ds']}{'a' * 100}-{number}") for number in range(5_000))
    store.extend(ox.Quad(name, ox.NamedNode(PREFIXES["rdf"] + "type"), company) for name in names)
    answers = []
    for query in ("CONSTRUCT WHERE { ?s a ?o }", "CONSTRUCT WHERE { ?s a <http://e/none> }"):
        parts: list[bytes] = []
        evaluate(store, query, "turtle", 10**7, parts.append)
        answers.append(b"".join(parts))
        head = [line for line in answers[-1].splitlines() if line.startswith(b"@prefix ")]
        assert head == sorted(head)
        assert len(head) in (0, len(PREFIXES))
    long, none = answers
    assert long.startswith(b"@prefix ")
    assert len(long) > 4 * PART
    assert len(list(ox.parse(long, format=ox.RdfFormat.TURTLE))) == 5_000
    assert not list(ox.parse(none, format=ox.RdfFormat.TURTLE))
