"""Releases through the doors: listed, opened, compared, and followed by a service that is running."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.serving import DEADLINE, running
from tests.commands import downstack
from tests.loaders.small import FILE, by_hand, revenue

from downstack.errors import KnowledgeError
from downstack.graph.releases import POINTER, read_history
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store
from downstack.server import create_app
from downstack.server.aside import open_aside
from downstack.server.watch import StoreWatch

QUERY = "{ graph { version releases { id loader sources added changed removed facts } } }"
TABLE = (
    "entity_id,entity_name,entity_type,layer,attribute,value,unit,as_of,source_title,source_url_or_repo,source_path,"
    "confidence,note\nacme-x1,Acme X1,processor,5,memory_bandwidth,3000,GB/s,2026-01,X1 data sheet,"
    "https://example.org/x1,p. 2,datasheet,\n"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = by_hand(tmp_path_factory.mktemp("releases") / "store")
    write_store(folder, {FILE: revenue(1)}, loader="test", sources=["one.csv"])
    return folder


def ask(client: httpx.Client) -> dict[str, object]:
    answer = client.post("/graphql", json={"query": QUERY})
    assert answer.status_code == 200
    body = answer.json()
    assert "errors" not in body
    found: dict[str, object] = body["data"]["graph"]
    return found


def test_the_commands_list_open_and_compare_releases(store: Path, tmp_path: Path) -> None:
    table = tmp_path / "chip.csv"
    table.write_text(TABLE, encoding="utf-8")
    dry = downstack("load", "facts-csv", str(table), "--store", str(store), "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    assert [item["name"] for item in json.loads(dry.stdout)["diff"]["differences"]] == [
        "acme-x1",
        "acme-x1.memory_bandwidth",
    ]
    assert len(read_history(store)) == 2
    done = downstack("load", "facts-csv", str(table), "--store", str(store))
    assert "+ fact acme-x1.memory_bandwidth: 3000 GB/s (as of 2026-01, datasheet)" in done.stdout
    again = downstack("load", "facts-csv", str(table), "--store", str(store))
    assert "holds all of it already: nothing was changed" in again.stdout
    listed = downstack("releases", "--store", str(store), "--json")
    releases = json.loads(listed.stdout)["releases"]
    assert [item["loader"] for item in releases] == ["facts-csv", "test", "by-hand"]
    assert (releases[0]["added"], releases[0]["sources"]) == (2, [str(table)])
    assert releases[0]["id"] in downstack("releases", "--store", str(store)).stdout
    first, last = releases[-1]["id"][:8], releases[0]["id"][:8]
    found = downstack("diff", first, last, "--store", str(store), "--json")
    differences = json.loads(found.stdout)["differences"]
    assert {item["name"] for item in differences} == {
        "acme-x1",
        "acme-x1.memory_bandwidth",
        "maker.company_revenue",
    }
    impact = downstack("diff", first, last, "--store", str(store), "--target", "memory_bandwidth")
    assert "0 answers moved, 0 did not; 0 only before, 1 only after" in impact.stdout
    shown = downstack("explain", "acme-x1.memory_bandwidth", "--store", f"{store}@{last}")
    assert "3,000 GB/s" in shown.stdout
    unknown = downstack("explain", "acme-x1.memory_bandwidth", "--store", f"{store}@{first}")
    assert (unknown.returncode, "unknown entity" in unknown.stderr) == (1, True)


def test_the_bundled_knowledge_has_no_releases(client: httpx.Client) -> None:
    assert ask(client)["releases"] == []
    refused = downstack("releases")
    assert (refused.returncode, "hint: name one with --store" in refused.stderr) == (1, True)


DIFF = """query ($from: ID!, $to: ID, $kind: [DifferenceKind!], $change: [DifferenceChange!]) {
  diff(from: $from, to: $to) { before after added removed changed
    differences(kind: $kind, change: $change) { totalCount
      nodes { kind change name iri before after sourceBefore sourceAfter supersededBy } } } }"""


def compared(client: httpx.Client, **variables: object) -> Any:
    return client.post("/graphql", json={"query": DIFF, "variables": variables}).json()


def test_graphql_compares_releases_as_the_library_does(tmp_path: Path) -> None:
    folder = by_hand(tmp_path / "store")
    for value in (1, 2):
        write_store(folder, {FILE: revenue(value)}, loader="test")
    start, first, last = (item.id for item in read_history(folder))
    expected = KnowledgeGraph.open(folder, release=first).diff(KnowledgeGraph.open(folder))
    with running(create_app(store=str(folder))) as url, httpx.Client(base_url=url, timeout=DEADLINE) as client:
        found = compared(client, **{"from": first[:8]})["data"]["diff"]
        assert (found["before"], found["after"]) == (first, last)
        assert (found["added"], found["removed"], found["changed"]) == (0, 0, 1)
        assert [(item["name"], item["before"], item["after"]) for item in found["differences"]["nodes"]] == [
            (item.name, item.before, item.after) for item in expected.differences
        ]
        assert compared(client, **{"from": first, "to": last})["data"]["diff"] == found
        back = compared(client, **{"from": last, "to": start})["data"]["diff"]
        assert (back["added"], back["removed"], back["changed"]) == (0, 1, 0)
        none = compared(client, **{"from": first, "kind": ["ENTITY", "RELATION"]})["data"]["diff"]["differences"]
        assert none["totalCount"] == 0
        changed = compared(client, **{"from": first, "kind": ["FACT"], "change": ["CHANGED"]})["data"]["diff"]
        assert changed["differences"]["totalCount"] == 1
        refused = compared(client, **{"from": "0000000000"})["errors"][0]
        assert refused["extensions"]["code"] == "BAD_USER_INPUT"
        assert refused["extensions"]["field"] == "from"
        assert start in refused["extensions"]["hint"]
        # Where the store lies on the disk of the service is nobody's business.
        assert str(tmp_path) not in json.dumps(refused)


def test_the_bundled_knowledge_has_no_releases_to_compare(client: httpx.Client) -> None:
    error = compared(client, **{"from": "2026-01"})["errors"][0]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("BAD_USER_INPUT", "from")


@pytest.fixture
def following(store: Path) -> Iterator[httpx.Client]:
    with running(create_app(store=str(store))) as url, httpx.Client(base_url=url, timeout=DEADLINE) as client:
        yield client


def test_a_service_takes_up_a_new_release_without_a_failed_request(store: Path, following: httpx.Client) -> None:
    before = ask(following)
    history = read_history(store)
    assert [item["id"] for item in before["releases"]] == [item.id for item in history]  # type: ignore[attr-defined, index]
    failures: list[BaseException] = []
    versions: list[object] = []
    swapped = threading.Event()

    def keep_asking() -> None:
        with httpx.Client(base_url=following.base_url, timeout=DEADLINE) as client:
            try:
                while not swapped.is_set():
                    versions.append(ask(client)["version"])
                    if versions[-1] != before["version"]:
                        swapped.set()
            except BaseException as error:  # noqa: BLE001 - a thread has nowhere else to say it
                failures.append(error)
                swapped.set()

    asking = threading.Thread(target=keep_asking, daemon=True)
    asking.start()
    release = write_store(store, {FILE: revenue(50)}, loader="test").release
    assert release is not None
    assert swapped.wait(DEADLINE)
    asking.join(DEADLINE)
    assert failures == []
    assert set(versions) == {before["version"], release.id}
    # Once the new one has answered, the old one never does again.
    assert versions.index(release.id) == len(versions) - 1
    after = ask(following)
    assert after["releases"][-1]["id"] == release.id  # type: ignore[index]
    assert following.get("/readyz").json()["graphVersion"] == release.id


def test_what_answers_beside_the_graph_reads_a_release_before_it_is_served(tmp_path: Path) -> None:
    folder = by_hand(tmp_path / "store")
    write_store(folder, {FILE: revenue(1)}, loader="test")
    app = create_app(store=str(folder))
    holder, told = app.state.graph, list[tuple[str, str, str]]()
    before = holder.served.kg.version
    holder.before_swap(lambda kg: told.append(("coming", kg.version, holder.served.kg.version)))
    holder.after_swap(lambda: told.append(("served", holder.served.kg.version, "")))
    write_store(folder, {FILE: revenue(2)}, loader="test")
    app.state.watch.refresh()
    after = KnowledgeGraph.open(folder).version
    assert told == [("coming", after, before), ("served", after, "")]


def test_a_store_that_cannot_be_opened_any_more_leaves_the_old_graph_serving(
    store: Path, following: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    version = ask(following)["version"]
    good = (store / POINTER).read_bytes()
    app = create_app(store=str(store))
    app.state.watch = watch = StoreWatch(app.state.graph, str(store), interval=0.0)
    try:
        (store / POINTER).write_text("broken", encoding="utf-8")
        watch.look()
        assert watch.finished(DEADLINE)
        assert "the old one keeps answering" in caplog.text
        assert app.state.graph.served.kg.version == version
        assert ask(following)["version"] == version
        status, said = app.state.readiness.answer(version)
        assert (status, said["status"], said["graphVersion"]) == (200, "degraded", version)
    finally:
        (store / POINTER).write_bytes(good)
    watch.look()
    assert watch.finished(DEADLINE)
    assert app.state.readiness.answer(version)[1]["status"] == "ready"


def test_a_service_of_one_release_stays_with_it(store: Path) -> None:
    oldest = read_history(store)[0]
    app = create_app(store=f"{store}@{oldest.id}")
    app.state.watch.look()
    assert app.state.watch.finished(DEADLINE)
    assert app.state.graph.served.kg.version == oldest.id


def test_relations_can_be_asked_for_a_date(client: httpx.Client) -> None:
    query = (
        'query($day: Date) { entity(id: "nvidia-h200-sxm") { relations(asOf: $day) { predicate asOf validUntil } } }'
    )

    def dates(day: str | None) -> list[str | None]:
        answer = client.post("/graphql", json={"query": query, "variables": {"day": day}}).json()
        return [item["asOf"] for item in answer["data"]["entity"]["relations"]]

    everything = dates(None)
    assert any(item is not None for item in everything)
    assert dates("2001-01-01") == [item for item in everything if item is None]


def test_a_release_that_another_process_read_is_the_same_graph(tmp_path: Path) -> None:
    store = by_hand(tmp_path / "store")
    write_store(store, {FILE: revenue(1)})
    write_store(store, {FILE: revenue(2)})
    here, there = KnowledgeGraph.open(store), open_aside(str(store))
    assert (there.version, there.info.releases, there.origin) == (here.version, here.info.releases, here.origin)
    assert there.engine.knowledge == here.engine.knowledge
    (store / POINTER).write_text("{", encoding="utf-8")
    with pytest.raises(KnowledgeError):
        open_aside(str(store))
