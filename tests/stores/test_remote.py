"""Versions in a real Virtuoso: written as a whole, followed while serving, and served on while it is away."""

from __future__ import annotations

from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from tests.api.serving import DEADLINE, running
from tests.loaders.small import FILE, revenue
from tests.stores.conftest import revenue_in
from tests.stores.virtuoso import PASSWORD, Virtuoso

from downstack.errors import KnowledgeError
from downstack.graph.stores.adapter import STORE
from downstack.graph.stores.backup import back_up, restore
from downstack.graph.stores.copying import copy_version
from downstack.graph.stores.parts import cut, spelling, whole
from downstack.graph.stores.places import history_of
from downstack.graph.stores.remote import RemoteStore
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store
from downstack.server import create_app

VALUE = "https://w3id.org/downstack/ontology#value"
QUERY = "{ graph { version releases { id } } }"


@pytest.fixture(scope="module")
def url(virtuoso: Virtuoso, templates: Path) -> str:
    copy_version(str(templates / "turtle"), virtuoso.url)
    return virtuoso.url


def test_a_copy_and_a_load_make_the_versions_that_turtle_has(url: str, turtle: Path) -> None:
    assert KnowledgeGraph.open(url).version == KnowledgeGraph.open(turtle).version
    outcomes = [write_store(store, {FILE: revenue(2)}, loader="test").release for store in (turtle, url)]
    assert outcomes[0] is not None and outcomes[1] is not None
    assert outcomes[0].id == outcomes[1].id == KnowledgeGraph.open(url).version
    assert revenue_in(url) == "2"
    assert revenue_in(f"{url}@{history_of(url)[-2].id}") == "1"


def test_every_literal_comes_back_as_it_was_written(virtuoso: Virtuoso) -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    subject, predicate = ox.NamedNode("https://example.org/a"), ox.NamedNode("https://example.org/p")
    literals = [
        *(ox.Literal(text) for text in ("", " ", "a\r\n\tb ", '"\\', "日本 𝄞", "bell\u0007", "</sparql>", "x" * 30_000)),
        *(ox.Literal(text, language="en") for text in ("one", " two ")),
        *(ox.Literal(text, datatype=ox.NamedNode(xsd + "double")) for text in ("4800.0e0", "4.8e3", "703248.42823530e0")),
        *(ox.Literal(text, datatype=ox.NamedNode(xsd + "boolean")) for text in ("true", "false")),
        *(ox.Literal(text, datatype=ox.NamedNode(xsd + "duration")) for text in ("P18M", "P1Y")),
        ox.Literal("007", datatype=ox.NamedNode(xsd + "integer")),
        ox.Literal("1.10", datatype=ox.NamedNode(xsd + "decimal")),
        ox.Literal("odd", datatype=ox.NamedNode("https://example.org/type")),
    ]  # fmt: skip
    (part,) = cut(ox.Triple(subject, predicate, literal) for literal in literals)
    kept = spelling(part)
    assert kept is not None
    with RemoteStore.from_environment(virtuoso.url).writing() as graphs:
        graphs.write([part, kept])
        given = dict(graphs.parts({part[0]: len(part[1]), kept[0]: len(kept[1])}))
        assert {str(item) for item in given[part[0]]} != {str(item) for item in part[1]}
        assert whole((part[0], given[part[0]]), given[kept[0]], "store", graphs.digits) == list(part[1])
        graphs.remove([part[0], kept[0]])
        assert [triples for _, triples in graphs.parts({part[0]: 1})] == [[]]


def test_an_answer_is_never_cut_off_by_the_most_rows_that_the_server_gives(virtuoso: Virtuoso) -> None:
    node, predicate = ox.NamedNode("https://example.org/many"), ox.NamedNode("https://example.org/p")
    parts = list(cut(ox.Triple(node, predicate, ox.Literal(str(number))) for number in range(12_000)))
    with RemoteStore.from_environment(virtuoso.url).writing() as graphs:
        graphs.write(parts)
        found = list(graphs.parts({name: len(triples) for name, triples in parts}))
        graphs.remove([name for name, _ in parts])
    assert sum(len(triples) for _, triples in found) == 12_000


def test_the_second_of_two_writers_is_told_and_changes_nothing(url: str) -> None:
    before = history_of(url)
    store = RemoteStore.from_environment(url)
    with store.writing() as one, store.writing() as other:
        held = one.current()
        assert held is not None
        # The name is a hash, which may end with any digit.
        another = held[:-1] + ("1" if held.endswith("0") else "0")
        with pytest.raises(KnowledgeError, match="another load was written"):
            other.point(held.replace("release/", "release/0"), another)
        with pytest.raises(KnowledgeError, match="another load was written"):
            other.point(None, another)
    assert history_of(url) == before


def edit(url: str, predicate: str, value: str) -> None:
    """Give the fact of the one company another value, in every part that states it, behind the back of downstack."""
    fact = "<https://w3id.org/downstack/fact/maker.revenue.one>"
    swap = (
        f"DELETE {{ GRAPH ?g {{ {fact} <{predicate}> ?o }} }} INSERT {{ GRAPH ?g {{ {fact} <{predicate}> {value} }} }} "
        f"WHERE {{ GRAPH ?g {{ {fact} <{predicate}> ?o }} }}"
    )
    with RemoteStore.from_environment(url).writing() as graphs:
        graphs._endpoint.update(swap)


def test_an_edited_number_or_text_is_refused_and_a_backup_puts_it_right(url: str, tmp_path: Path) -> None:
    write_store(url, {FILE: revenue(3)}, loader="test")
    kept = back_up(url, tmp_path / "backup.nq.gz")
    for predicate, value in ((VALUE, "4.0e0"), ("https://w3id.org/downstack/ontology#literal", '"4"')):
        edit(url, predicate, value)
        with pytest.raises(KnowledgeError, match="not those that were written"):
            KnowledgeGraph.open(url)
        assert restore(tmp_path / "backup.nq.gz", url).releases == kept.releases
        assert revenue_in(url) == "3"


def test_a_service_takes_up_a_new_release_keeps_answering_without_the_server_and_finds_it_again(
    virtuoso: Virtuoso, templates: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy_version(str(templates / "turtle"), virtuoso.url)
    app = create_app(store=virtuoso.url)
    watch = app.state.watch
    watch._interval = 1e-6
    with running(app) as address, httpx.Client(base_url=address, timeout=DEADLINE) as client:

        def ready() -> dict[str, str]:
            watch.look()
            assert watch.finished(DEADLINE)
            answer = client.get("/readyz")
            assert answer.status_code == httpx.codes.OK
            found: dict[str, str] = answer.json()
            return found

        first = ready()
        assert first["status"] == "ready"
        release = write_store(virtuoso.url, {FILE: revenue(11)}, loader="test").release
        assert release is not None
        assert ready() == {"status": "ready", "graphVersion": release.id}

        virtuoso.stop()
        away = ready()
        assert (away["status"], away["graphVersion"]) == ("degraded", release.id)
        assert client.post("/graphql", json={"query": QUERY}).json()["data"]["graph"]["version"] == release.id
        assert "the old one keeps answering" in caplog.text
        assert PASSWORD not in caplog.text.replace("dba.", "")

        virtuoso.start()
        watch._next_look = 0.0
        assert ready() == {"status": "ready", "graphVersion": release.id}
        newest = write_store(virtuoso.url, {FILE: revenue(12)}, loader="test").release
        assert newest is not None
        assert ready()["graphVersion"] == newest.id


def test_nothing_but_the_pointer_stands_in_the_graph_of_the_store(url: str) -> None:
    with RemoteStore.from_environment(url).reading() as graphs:
        ((_, triples),) = graphs.parts({STORE: 10})
        assert len(triples) == 1
