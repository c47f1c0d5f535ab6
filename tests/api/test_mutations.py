"""Changes of the store through GraphQL: one transaction each, checked, served at once, and nothing is lost."""

from __future__ import annotations

import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.letting_in import TODAY, Keys, make_keys
from tests.api.serving import DEADLINE, running
from tests.loaders.small import FILE, by_hand, revenue

from downstack.editing import Dataset
from downstack.errors import UnavailableError
from downstack.graph.releases import POINTER, read_history
from downstack.graphql.edits import WAITING, Edits
from downstack.kg import KnowledgeGraph
from downstack.loaders.editing import StoreWriter
from downstack.loaders.registry import BUILT_IN
from downstack.loaders.transaction import write_store
from downstack.server import create_app

COMMON = (
    "graphVersion changed differenceCount differences { kind change name after } userErrors { place row what remedy }"
)
ASSERT = f"""mutation ($input: FactInput!, $dry: Boolean! = false) {{
  assertFact(input: $input, dryRun: $dry) {{
    {COMMON} release {{ id loader by }} fact {{ id literal value unit supersededBy {{ id }} }} }} }}"""
RETRACT = f"""mutation ($id: ID!, $reason: String!) {{
  retractFact(id: $id, reason: $reason) {{ {COMMON} fact {{ id retractedOn retractionReason }} }} }}"""
LOAD = f"""mutation ($loader: String!, $name: String!, $content: String!, $dry: Boolean! = false) {{
  loadDataset(loader: $loader, name: $name, content: $content, dryRun: $dry) {{
    {COMMON} read kept rejected notes {{ place row what }} }} }}"""
FACTS = '{ entity(id: "maker") { facts { id literal retractedOn supersededBy { id } source { iri title } } } }'
TABLE = (
    "entity_id,entity_name,entity_type,layer,attribute,value,unit,as_of,source_title,source_url_or_repo,source_path,"
    "confidence,note\nacme-x1,Acme X1,processor,5,memory_bandwidth,{value},GB/s,2026-01,X1 data sheet,"
    "https://example.org/x1,p. 2,datasheet,\n"
)
Send = Callable[..., dict[str, Any]]


def fact(**other: Any) -> dict[str, Any]:
    return {
        "entity": "Maker",
        "quantity": "company_revenue",
        "value": 7.5,
        "unit": "USD/year",
        "confidence": "PRESS",
        "asOf": "2026-01",
        "source": {"id": "src:report"},
        **other,
    }


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = by_hand(tmp_path_factory.mktemp("mutations") / "store")
    write_store(folder, {FILE: revenue(1)}, loader="test", sources=["one.csv"])
    return folder


@pytest.fixture(scope="module")
def service(store: Path, keys: Keys) -> Iterator[httpx.Client]:
    app = create_app(store=str(store), access=keys.access(), writer=StoreWriter(store))
    with running(app) as url, httpx.Client(base_url=url, timeout=DEADLINE) as client:
        yield client


@pytest.fixture(scope="module")
def send(service: httpx.Client, keys: Keys) -> Send:
    """Send a document as somebody, and return the whole answer."""

    def ask(query: str, role: str = "write", status: int = 200, **variables: Any) -> dict[str, Any]:
        answer = service.post("/graphql", json={"query": query, "variables": variables}, headers=keys.header(role))
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return ask


def made(answer: dict[str, Any]) -> dict[str, Any]:
    assert "errors" not in answer, answer
    (found,) = answer["data"].values()
    assert found["userErrors"] == [], found
    result: dict[str, Any] = found
    return result


def refused(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert "errors" not in answer, answer
    (found,) = answer["data"].values()
    assert not found["changed"]
    assert found["userErrors"]
    errors: list[dict[str, Any]] = found["userErrors"]
    return errors


@pytest.mark.parametrize("query", [ASSERT, RETRACT, LOAD])
def test_the_role_read_changes_nothing_and_learns_nothing(send: Send, store: Path, query: str) -> None:
    before = (store / POINTER).read_bytes()
    variables = {"input": fact(), "id": "fact:nothing", "reason": "-", "loader": "none", "name": "..", "content": ""}
    answer = send(query, "read", 403, **variables)
    assert answer["data"] is None
    (error,) = answer["errors"]
    # The same whether the fact, the loader or the file would have been right.
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert (store / POINTER).read_bytes() == before


def test_without_tokens_nobody_may_change_anything(kg: KnowledgeGraph) -> None:
    with running(create_app(kg)) as url:
        answer = httpx.post(f"{url}/graphql", json={"query": ASSERT, "variables": {"input": fact()}}, timeout=DEADLINE)
    assert answer.status_code == 401
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "downstack token new" in error["extensions"]["hint"]


def test_what_is_public_to_read_is_not_public_to_change(kg: KnowledgeGraph, keys: Keys) -> None:
    app = create_app(kg, access=keys.access(public_read=True))
    body = {"query": ASSERT, "variables": {"input": fact(entity="tsmc")}}
    with running(app) as url, httpx.Client(base_url=url, timeout=DEADLINE) as client:
        assert client.post("/graphql", json=body).status_code == 401
        assert client.post("/graphql", json=body, headers=keys.header("read")).status_code == 403
        answer = client.post("/graphql", json=body, headers=keys.header("write"))
        (error,) = answer.json()["errors"]
    # The bundled knowledge is nobody's to change.
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "--store" in error["extensions"]["hint"]


def test_a_fact_is_stated_served_at_once_and_remembered_with_who_stated_it(
    send: Send, service: httpx.Client, keys: Keys, store: Path
) -> None:
    found = made(send(ASSERT, "admin", input=fact(literal="7.5", note="of the group")))
    assert found["changed"]
    assert found["differences"] == [
        {
            "kind": "fact",
            "change": "added",
            "name": "maker.company_revenue",
            "after": "7.5 USD/year (as of 2026-01, press)",
        }
    ]
    release = read_history(store)[-1]
    assert found["release"] == {"id": release.id, "loader": "assertFact", "by": "admin"}
    assert (release.by, release.created[:10]) == ("admin", TODAY.isoformat())
    ready = service.get("/readyz").json()
    assert ready["graphVersion"] == found["graphVersion"]
    listed = send(FACTS, "read")["data"]["entity"]["facts"]
    # The fact that was there before is still there.
    assert {item["literal"] for item in listed} >= {"1", "7.5"}
    assert found["fact"]["id"] in {item["id"] for item in listed}


def test_who_changed_something_is_told_to_admins_only(send: Send) -> None:
    query = "{ graph { releases { loader by } } }"
    made(send(ASSERT, input=fact(value=8.25)))
    for role, known in (("read", False), ("write", False), ("admin", True)):
        names = {item["by"] for item in send(query, role)["data"]["graph"]["releases"]}
        assert ("write" in names) is known


def test_the_same_fact_twice_is_one_release(send: Send, store: Path) -> None:
    made(send(ASSERT, input=fact(value=9.0)))
    size = len(read_history(store))
    again = made(send(ASSERT, input=fact(value=9.0)))
    assert (again["changed"], again["release"]) == (False, None)
    assert len(read_history(store)) == size


def test_a_dry_run_says_what_would_change_and_writes_nothing(send: Send, store: Path) -> None:
    before = (store / POINTER).read_bytes()
    found = made(send(ASSERT, input=fact(value=10.0), dry=True))
    assert (found["changed"], found["release"], found["differenceCount"]) == (True, None, 1)
    assert (store / POINTER).read_bytes() == before


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"unit": "kg"}, "measures kilogram"),
        ({"unit": "florin"}, "florin"),
        ({"asOf": "2199-01"}, "in the future"),
        ({"value": -1.0}, "negative"),
        ({"low": 9.0, "locator": "p. 2", "condition": "in part"}, "outside its own range"),
        ({"validUntil": "2020", "condition": "in part"}, "before the 2026-01"),
        ({"source": {"id": "src:nothing"}}, "no source"),
        ({"source": {"title": "Bad", "reference": "javascript:alert(1)"}}, "neither an http(s) address"),
    ],
)
def test_a_fact_that_does_not_fit_is_refused_with_what_is_wrong(
    send: Send, store: Path, wrong: dict[str, Any], said: str
) -> None:
    before = (store / POINTER).read_bytes()
    errors = refused(send(ASSERT, input=fact(**wrong)))
    assert any(said in item["what"] for item in errors), errors
    assert all(item["place"] and item["remedy"] for item in errors)
    assert (store / POINTER).read_bytes() == before


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"entity": "nobody"}, "input.entity"),
        ({"quantity": "nothing"}, "input.quantity"),
        ({"supersedes": "fact:nothing"}, "input.supersedes"),
        ({"source": {}}, "source"),
        ({"unit": ""}, "input.unit"),
        ({"note": "x" * 2_001}, "input.note"),
        ({"condition": "a\u0000b"}, "input.condition"),
    ],
)
def test_a_name_or_a_text_that_is_none_is_an_error_of_the_question(
    send: Send, wrong: dict[str, Any], field: str
) -> None:
    (error,) = send(ASSERT, input=fact(**wrong))["errors"]
    assert error["extensions"]["field"] == field


def test_a_text_cannot_say_more_than_a_text(send: Send) -> None:
    note = '" . ds:rival a dso:Nonsense . <x> <y> "\\" \n@prefix'
    found = made(send(ASSERT, input=fact(value=11.0, note=note)))
    assert found["differenceCount"] == 1
    query = "query ($id: ID!) { node(id: $id) { ... on Fact { note } } }"
    assert send(query, "read", id=found["fact"]["id"])["data"]["node"]["note"] == note


def test_a_correction_stands_beside_what_it_corrects(send: Send) -> None:
    old = made(send(ASSERT, input=fact(value=12.0)))["fact"]["id"]
    found = made(send(ASSERT, input=fact(value=12.5, supersedes=old)))
    assert {item["change"] for item in found["differences"]} == {"superseded", "added"}
    listed = {item["id"]: item for item in send(FACTS, "read")["data"]["entity"]["facts"]}
    assert listed[old]["supersededBy"]["id"] == found["fact"]["id"]
    again = refused(send(ASSERT, input=fact(value=12.75, supersedes=old)))
    assert "corrects it already" in again[0]["what"]


def test_a_fact_that_was_withdrawn_stays_and_says_why(send: Send, store: Path) -> None:
    name = made(send(ASSERT, input=fact(value=13.0)))["fact"]["id"]
    found = made(send(RETRACT, id=name, reason="The report is of another company."))
    assert found["fact"] == {
        "id": name,
        "retractedOn": TODAY.isoformat(),
        "retractionReason": "The report is of another company.",
    }
    assert "retracted on" in found["differences"][0]["after"]
    iri = "https://w3id.org/downstack/fact/" + name.removeprefix("fact:")
    newest = KnowledgeGraph.open(store)
    held = next(item for item in newest.facts if item.iri == iri)
    knowledge = newest.engine.knowledge
    assert held not in knowledge.candidates("maker", "company_revenue")
    # Who asks for an earlier day is told what was told then.
    assert held in knowledge.candidates("maker", "company_revenue", "2026-06-01")
    assert held not in knowledge.candidates("maker", "company_revenue", TODAY.isoformat())
    assert "was withdrawn" in refused(send(RETRACT, id=name, reason="again"))[0]["what"]
    assert "was withdrawn" in refused(send(ASSERT, input=fact(value=13.0)))[0]["what"]


def test_a_table_is_loaded_and_what_is_left_out_of_it_is_said(send: Send, store: Path) -> None:
    table = TABLE.format(value=3000) + TABLE.format(value="fast").splitlines()[1] + "\n"
    dry = made(send(LOAD, loader="facts-csv", name="chip.csv", content=table, dry=True))
    assert dry["changed"]
    found = made(send(LOAD, loader="facts-csv", name="chip.csv", content=table))
    assert (found["read"], found["kept"], found["rejected"]) == (2, 1, 1)
    assert (found["notes"][0]["place"], found["notes"][0]["row"]) != (None, None)
    release = read_history(store)[-1]
    assert (release.loader, release.sources, release.by) == ("facts-csv", ("chip.csv",), "write")
    assert send('{ entity(id: "acme-x1") { slug } }', "read")["data"]["entity"] == {"slug": "acme-x1"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "../chip.csv"}, "no name of a file"),
        ({"name": "/etc/passwd"}, "no name of a file"),
        ({"name": "a\u0000.csv"}, "no name of a file"),
        ({"content": "nothing,that,is\nknown,to,it\n"}, "no table"),
        ({"content": ""}, ""),
    ],
)
def test_a_dataset_that_cannot_be_read_is_refused_in_its_own_words(
    send: Send, given: dict[str, str], said: str
) -> None:
    body = {"loader": "facts-csv", "name": "chip.csv", "content": TABLE.format(value=1), **given}
    errors = refused(send(LOAD, **body))
    assert any(said in item["what"] for item in errors), errors
    assert tempfile.gettempdir() not in str(errors)


def test_a_loader_that_does_not_exist_names_the_near_ones(send: Send) -> None:
    (error,) = send(LOAD, loader="facts-cvs", name="a.csv", content="x")["errors"]
    assert (error["extensions"]["code"], "facts-csv" in error["extensions"]["hint"]) == ("NOT_FOUND", True)


def test_a_dataset_that_is_too_long_is_refused(send: Send) -> None:
    (error,) = send(LOAD, loader="facts-csv", name="a.csv", content="x" * 800_001)["errors"]
    assert error["extensions"]["field"] == "content"


def test_what_a_loader_reads_lies_where_nobody_else_can_read_it(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int, Path]] = []

    class Looks:
        name, title, licence = "looks", "looks", "none"

        def read(self, request: Any) -> Any:
            (path,) = request.paths
            seen.append((stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode), path))
            raise RuntimeError("enough")

    monkeypatch.setattr("downstack.loaders.editing.find_loader", lambda name: Looks())
    graph = KnowledgeGraph.open(store)
    with pytest.raises(RuntimeError):
        StoreWriter(store).load_dataset(Dataset("looks", "a.csv", "x"), graph=graph, by="")
    assert [modes[:2] for modes in seen] == [(0o600, 0o700)]
    assert not seen[0][2].parent.exists()


def test_changes_wait_for_each_other_and_one_too_many_is_told_to_come_again() -> None:
    inside, leave = threading.Event(), threading.Event()

    class Slow:
        def assert_fact(self, *arguments: Any) -> Any:
            inside.set()
            assert leave.wait(DEADLINE)
            raise KeyError("done")

    edits = Edits(Slow())  # type: ignore[arg-type]  # only what is used of it
    threads = [
        threading.Thread(target=lambda: _ignoring(lambda: edits.run(lambda writer: writer.assert_fact())))  # type: ignore[call-arg]
        for _ in range(WAITING + 1)
    ]
    for thread in threads:
        thread.start()
    assert inside.wait(DEADLINE)
    answers: list[str] = []
    # Those that were started take their places in an instant; whoever finds one before them takes its turn too.
    while "changes wait" not in "".join(answers):
        late = threading.Thread(target=lambda: answers.append(_ignoring(lambda: edits.run(lambda writer: None))))  # type: ignore[arg-type, return-value]
        late.start()
        late.join(0.2)
    leave.set()
    for thread in threads:
        thread.join(DEADLINE)


def _ignoring(work: Callable[[], object]) -> str:
    try:
        work()
    except (KeyError, UnavailableError) as error:
        return str(error)
    return ""


def test_every_loader_of_the_product_can_be_named() -> None:
    assert {"facts-csv", "hf-config", "rdf"} <= set(BUILT_IN)


def test_whoever_cannot_write_the_store_is_told_and_it_is_served_on(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = by_hand(tmp_path / "store")
    write_store(folder, {FILE: revenue(1)})
    app = create_app(store=str(folder), access=keys.access(), writer=StoreWriter(folder))

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("downstack.loaders.transaction.write_release", full)
    with running(app) as url, httpx.Client(base_url=url, timeout=DEADLINE) as client:
        body = {"query": ASSERT, "variables": {"input": fact()}}
        answer = client.post("/graphql", json=body, headers=keys.header("write"))
        assert "No space left" in refused(answer.json())[0]["what"]
        assert client.post("/graphql", json={"query": FACTS}, headers=keys.header("read")).status_code == 200
    assert len(read_history(folder)) == 2


SAVE = f"""mutation ($name: String!, $factor: Float!) {{
  saveScenario(name: $name, changes: [{{entity: "Acme X1", quantity: "memory_bandwidth", op: SCALE, value: $factor}}],
    targets: ["memory_bandwidth"], where: {{accelerator: ["acme-x1"]}}) {{
    {COMMON} scenario {{ id name changes {{ text entity {{ slug }} }} targets {{ id }} where {{ role admits }} }} }} }}"""


def test_a_question_is_kept_once_under_a_name_and_found_again(send: Send, store: Path) -> None:
    table = TABLE.format(value=3000)
    made(send(LOAD, loader="facts-csv", name="chip.csv", content=table))
    found = made(send(SAVE, name="Twice as fast", factor=2.0))
    kept = {
        "id": "twice-as-fast",
        "name": "Twice as fast",
        "changes": [{"text": "acme-x1.memory_bandwidth=x2", "entity": {"slug": "acme-x1"}}],
        "targets": [{"id": "memory_bandwidth"}],
        "where": [{"role": "accelerator", "admits": ["acme-x1"]}],
    }
    assert found["scenario"] == kept
    assert made(send(SAVE, name="Twice as fast", factor=2.0))["changed"] is False
    assert "says something else" in refused(send(SAVE, name="Twice as fast", factor=3.0))[0]["what"]
    assert "is called twice-as-fast too" in refused(send(SAVE, name="Twice, as fast!", factor=2.0))[0]["what"]
    assert "no letter or digit" in refused(send(SAVE, name="???", factor=2.0))[0]["what"]
    (error,) = send(SAVE, name="Impossible", factor=-2.0)["errors"]
    assert error["extensions"]["field"] == "value"
    (only,) = KnowledgeGraph.open(store).scenarios
    assert (only.id, only.changes[0].amount) == ("twice-as-fast", 2.0)


def test_what_is_stated_otherwise_under_the_same_name_is_refused(send: Send) -> None:
    made(send(ASSERT, input=fact(value=14.0, note="as read")))
    errors = refused(send(ASSERT, input=fact(value=14.0, note="as misread")))
    assert "says something else" in errors[0]["what"]
