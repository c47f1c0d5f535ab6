"""Queries run in processes of their own; what one of them does to its process, no other notices."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.loaders.small import FILE, by_hand, revenue

from downstack.errors import (
    DownstackError,
    QueryError,
    QueryLimitError,
    QuerySizeError,
    QueryTimeError,
    UnavailableError,
    UserInputError,
)
from downstack.graph.releases import FOLDER, read_history
from downstack.graph.sparql import processes
from downstack.graph.sparql.evaluation import evaluate
from downstack.graph.sparql.limits import QueryLimits
from downstack.graph.sparql.origin import QuadsOrigin, StoreOrigin, origin_json, read_origin, read_store
from downstack.graph.sparql.processes import QueryProcesses
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store
from downstack.vocabulary import DSO, locate

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
LIMITS = QueryLimits(seconds=0.5, start=60.0, answer=100_000, memory=128 * 2**20)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> QuadsOrigin:
    file = tmp_path_factory.mktemp("quads") / "data.nq"
    rows = "".join(f'<http://e/{number}> <http://e/p> "{number}" .\n' for number in range(400))
    file.write_text(rows + "<http://e/a> <http://e/p> 1 <http://e/g> .\n".replace(" 1 ", ' "in g" '), encoding="utf-8")
    return QuadsOrigin("v", str(file))


@pytest.fixture(scope="module")
def asked(origin: QuadsOrigin) -> Iterator[QueryProcesses]:
    found = QueryProcesses(origin, LIMITS)
    yield found
    found.close()


def test_an_answer_names_its_version_and_format(asked: QueryProcesses) -> None:
    answer = asked.ask(COUNT)
    assert (answer.version, answer.format.name) == ("v", "json")
    assert b'"value":"400"' in answer.content
    csv = asked.ask(COUNT, lambda formats: next(item for item in formats if item.name == "csv"))
    assert csv.content == b"n\r\n400\r\n"


def test_named_graphs_of_the_origin_are_there(asked: QueryProcesses) -> None:
    assert b"http://e/g" in asked.ask("SELECT ?g { GRAPH ?g { ?s ?p ?o } }").content


def test_what_runs_too_long_is_stopped(asked: QueryProcesses) -> None:
    with pytest.raises(QueryTimeError, match=r"stopped after 0\.5 s"):
        asked.ask(SLOW)
    assert asked.ask("ASK {}").content


def test_what_takes_too_much_memory_ends_alone(origin: QuadsOrigin) -> None:
    asked = QueryProcesses(origin, QueryLimits(seconds=50.0, start=60.0, memory=128 * 2**20))
    try:
        with pytest.raises(QueryLimitError):
            asked.ask("SELECT (GROUP_CONCAT(STR(?a)) AS ?x) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
        assert asked.ask("ASK {}").content
    finally:
        asked.close()


def test_an_answer_that_is_too_large_is_refused_whole(asked: QueryProcesses) -> None:
    with pytest.raises(QuerySizeError, match="larger than 100,000 bytes"):
        asked.ask("SELECT * { ?a ?b ?c . ?d ?e ?f }")
    with pytest.raises(QuerySizeError):
        asked.ask("CONSTRUCT { ?a ?e ?f } WHERE { ?a ?b ?c . ?d ?e ?f }")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("ASK { ?s ?p", QueryError),
        ("SELECT (<http://e/f>() AS ?x) {}", QueryError),
        ("ASK { <relative> ?p ?o }", QueryError),
        ("ASK { SERVICE <http://e/> {} }", QueryError),
        ("ASK " + "{" * 300 + "}" * 300, QueryLimitError),
        ("ASK {} #" + "x" * 70_000, QuerySizeError),
    ],
)
def test_errors_come_as_what_they_are(query: str, error: type[QueryError], asked: QueryProcesses) -> None:
    with pytest.raises(error) as raised:
        asked.ask(query)
    assert type(raised.value) is error
    assert raised.value.hint


def test_a_worker_serves_many_queries(asked: QueryProcesses) -> None:
    asked.ask("ASK {}")
    workers = {worker.pid for worker in asked._state.idle}
    for _ in range(20):
        asked.ask(COUNT)
    assert {worker.pid for worker in asked._state.idle} == workers


@pytest.mark.parametrize("path", ["the origin", "/etc/hostname", "/proc/self/maps"])
def test_a_worker_can_open_no_file(path: str, origin: QuadsOrigin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "check_query", lambda _: "SELECT")
    asked = QueryProcesses(origin, LIMITS)
    try:
        file = origin.path if path == "the origin" else path
        with pytest.raises(QueryError):
            asked.ask(f"SELECT * {{ SERVICE <file://{file}> {{ ?s ?p ?o }} }}")
        found = asked.ask(f"SELECT * FROM <file://{file}> {{ ?s ?p ?o }}").content
        assert b'"bindings":[]' in found
    finally:
        asked.close()


def test_processes_that_were_closed_start_again_when_asked(origin: QuadsOrigin) -> None:
    asked = QueryProcesses(origin, LIMITS)
    assert not asked.started
    asked.close()
    assert asked.ask("ASK {}").content
    assert asked.started
    asked.close()
    asked.close()
    assert not asked.started


def test_an_origin_that_cannot_be_read_is_said_and_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "later.nq"
    asked = QueryProcesses(QuadsOrigin("v", str(file)), LIMITS)
    with pytest.raises(UnavailableError, match="cannot be read"):
        asked.ask("ASK {}")
    file.write_text("<http://e/s> <http://e/p> <http://e/o> .\n", encoding="utf-8")
    try:
        assert asked.ask("ASK {}").content
    finally:
        asked.close()


@pytest.mark.parametrize("root", [None, str(locate())])
def test_files_that_are_not_the_version_are_not_asked(root: str | None) -> None:
    asked = QueryProcesses(StoreOrigin("0123456789abcdef", None, "", root), LIMITS)
    with pytest.raises(UnavailableError, match="changed since it was opened"):
        asked.ask("ASK {}")


def test_a_graph_that_is_not_read_in_time_is_asked_for_later(origin: QuadsOrigin) -> None:
    asked = QueryProcesses(origin, QueryLimits(start=0.0))
    try:
        with pytest.raises(UnavailableError, match="still being read"):
            asked.ask("ASK {}")
    finally:
        asked.close()


def test_closing_does_not_wait_for_a_graph_that_is_still_read(tmp_path: Path) -> None:
    # What never gives anything to read is never read to its end.
    endless = tmp_path / "endless.nq"
    os.mkfifo(endless)
    asked = QueryProcesses(QuadsOrigin("v", str(endless)), QueryLimits(start=0.2))
    with pytest.raises(UnavailableError, match="still being read"):
        asked.ask("ASK {}")
    asked.close()
    assert not asked.started


def test_origins_cross_between_processes_as_json(origin: QuadsOrigin) -> None:
    for item in (origin, StoreOrigin("v", None, "text"), StoreOrigin("v", "a store", "text", "a folder")):
        assert read_origin(origin_json(item)) == item  # type: ignore[arg-type]


def test_the_origin_of_a_graph_gives_its_triples(bundled: KnowledgeGraph) -> None:
    exported = bundled.export("ntriples").content
    assert exported is not None
    assert bundled.origin.root == str(locate())
    # Read as plain files, and arranged as a graph.
    for origin in (bundled.origin, replace(bundled.origin, root=None)):
        store = read_store(origin)
        assert len(store) == len(exported.splitlines())
        parts: list[bytes] = []
        evaluate(store, "ASK { ds:tsmc a dso:Company }", "json", 1_000, parts.append)
        assert b"true" in b"".join(parts)


def test_a_release_is_read_from_its_folder_and_what_is_kept_by_hand_as_a_graph(tmp_path: Path) -> None:
    store = by_hand(tmp_path / "store")
    assert KnowledgeGraph.open(store).origin.root is None
    write_store(store, {FILE: revenue(1)})
    write_store(store, {FILE: revenue(2)})
    for graph in (KnowledgeGraph.open(store), KnowledgeGraph.open(f"{store}@{read_history(store)[1].id}")):
        assert graph.origin.root == str(store / FOLDER / graph.version)
        (fact,) = graph.facts_of("maker")
        stated = read_store(graph.origin).quads_for_pattern(None, ox.NamedNode(f"{DSO}literal"), None)
        assert {quad.object.value for quad in stated if isinstance(quad.object, ox.Literal)} == {fact.literal}


def test_a_graph_of_assumptions_has_no_files_to_ask(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError, match="made by changes"):
        bundled.with_changes({"nvidia-h200-sxm.memory_bandwidth": "x2"}).origin  # noqa: B018


@pytest.mark.parametrize(("format", "query"), [("turtle", "ASK {}"), ("json", "CONSTRUCT WHERE { ?s ?p ?o }")])
def test_an_answer_is_not_written_in_a_format_of_another_form(format: str, query: str, origin: QuadsOrigin) -> None:
    with pytest.raises(DownstackError, match="cannot be written as"):
        evaluate(read_store(origin), query, format, 1_000, print)
