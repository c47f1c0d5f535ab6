"""A load makes a release or leaves everything as it was."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.loaders.small import FILE, HEAD, START, by_hand, revenue

from downstack.errors import KnowledgeError, UserInputError
from downstack.graph.releases import FOLDER, POINTER, find_release, read_history
from downstack.graph.store_lock import locked
from downstack.kg import KnowledgeGraph
from downstack.loaders.load import load_configs, load_facts
from downstack.loaders.registry import known_entities
from downstack.loaders.transaction import write_store


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = by_hand(tmp_path_factory.mktemp("loaded") / "store")
    write_store(store, {FILE: revenue(1)}, loader="test", sources=["one.csv"])
    return store


@pytest.fixture
def store(loaded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(loaded, tmp_path / "store"))


def test_a_folder_kept_by_hand_becomes_a_store_and_its_files_are_set_aside(loaded: Path) -> None:
    first, second = read_history(loaded)
    assert (first.loader, second.loader, second.sources) == ("by-hand", "test", ("one.csv",))
    assert (second.added, second.changed, second.removed) == (1, 0, 0)
    assert not (loaded / "terms").exists()
    assert (loaded / "by-hand" / "facts" / "start.ttl").read_text(encoding="utf-8") == START
    kg = KnowledgeGraph.open(loaded)
    assert kg.version == second.id
    assert kg.info.releases == (first, second)
    assert KnowledgeGraph.open(f"{loaded}@{first.id[:8]}").version == first.id


def test_what_is_loaded_twice_makes_one_release(store: Path) -> None:
    before = (store / POINTER).read_bytes()
    outcome = write_store(store, {FILE: revenue(1)})
    assert outcome.release is None
    assert not outcome.changed
    assert (store / POINTER).read_bytes() == before


def test_a_dry_run_says_what_would_change_and_writes_nothing(store: Path) -> None:
    files = sorted(store.rglob("*"))
    outcome = write_store(store, {FILE: revenue(2)}, dry_run=True)
    (found,) = outcome.diff.differences
    assert (found.change, found.name) == ("changed", "maker.company_revenue")
    assert (found.before, found.after) == ("1 USD/year (as of 2025, press)", "2 USD/year (as of 2025, press)")
    assert outcome.release is None
    assert outcome.changed
    assert sorted(store.rglob("*")) == files


def test_unchanged_files_are_shared_between_releases(store: Path) -> None:
    release = write_store(store, {FILE: revenue(2)}).release
    assert release is not None
    inodes = {(store / FOLDER / item.id / "terms" / "core.ttl").stat().st_ino for item in read_history(store)[-2:]}
    # The copy of the fixture has no links of its own: the two newest share one.
    assert len(inodes) == 1


def test_a_version_may_come_back(store: Path) -> None:
    first = read_history(store)[-1]
    write_store(store, {FILE: revenue(2)})
    again = write_store(store, {FILE: revenue(1)}).release
    assert again is not None
    assert again.id == first.id
    assert len(read_history(store)) == 4
    assert KnowledgeGraph.open(store).version == first.id


def test_a_file_that_loaders_share_keeps_what_another_load_stated(store: Path) -> None:
    write_store(store, {FILE: revenue(7, "two")})
    held = {item.literal for item in KnowledgeGraph.open(store).facts_of("maker")}
    assert held == {"1", "7"}
    assert not write_store(store, {FILE: revenue(1)}).changed


def test_a_file_in_the_folder_of_one_loader_is_replaced(store: Path) -> None:
    write_store(store, {"facts/loaded/tables/maker.ttl": revenue(5, "five")})
    write_store(store, {"facts/loaded/tables/maker.ttl": revenue(6, "six")})
    assert {item.literal for item in KnowledgeGraph.open(store).facts_of("maker")} == {"1", "6"}


LOADED = "facts/loaded/first/things.ttl"
POINTING = (
    HEAD
    + """
ds:rival dso:dependsOn ds:gadget .
rel:rival.dependsOn.gadget a dso:Relation ; rdf:subject ds:rival ; rdf:predicate dso:dependsOn ; rdf:object ds:gadget ;
    dcterms:source src:report .
"""
)


def things(*names: str) -> str:
    """A document of a loader that describes products of the maker."""
    stated = (
        f'ds:{name} a dso:Dataset ; rdfs:label "{name.title()}"@en ; skos:definition "new"@en ; dso:inLayer dso:layer2 .'
        for name in names
    )
    return HEAD + "\n".join(stated) + "\n"


def test_what_another_load_points_to_stays_by_name_until_nothing_does(store: Path) -> None:
    write_store(store, {LOADED: things("gadget", "widget")})
    write_store(store, {"facts/loaded/second/links.ttl": POINTING})
    write_store(store, {LOADED: things("widget")})
    entities = KnowledgeGraph.open(store).entities
    assert (entities["gadget"].label, entities["gadget"].type, entities["gadget"].layer) == ("Gadget", "Dataset", 2)
    # What was said of it beside its name is gone with the text that said it.
    assert (entities["gadget"].description, entities["widget"].description) == (None, "new")
    assert not write_store(store, {LOADED: things("widget")}).changed
    # Who describes it again takes it over; and what nothing points to any more leaves with the next load.
    write_store(store, {"facts/loaded/third/things.ttl": things("gadget")})
    write_store(store, {LOADED: things("widget")})
    assert KnowledgeGraph.open(store).entities["gadget"].description == "new"
    write_store(store, {"facts/loaded/third/things.ttl": things("other")})
    assert KnowledgeGraph.open(store).entities["gadget"].description is None
    write_store(store, {"facts/loaded/second/links.ttl": POINTING.replace("gadget", "widget")})
    write_store(store, {"facts/loaded/third/things.ttl": things("other")})
    assert "gadget" not in KnowledgeGraph.open(store).entities


def test_two_files_that_no_longer_describe_a_thing_keep_it_once(store: Path) -> None:
    other = "facts/loaded/other/things.ttl"
    write_store(store, {LOADED: things("gadget", "widget"), other: things("gadget", "gizmo")})
    write_store(store, {"facts/loaded/second/links.ttl": POINTING})
    write_store(store, {LOADED: things("widget"), other: things("gizmo")})
    (kept,) = [item for item in export_files(store) if "Described no longer" in item]
    assert 'rdfs:label "Gadget"@en' in kept


def export_files(store: Path) -> list[str]:
    """The texts of the newest release."""
    folder = store / FOLDER / read_history(store)[-1].id
    return [item.read_text(encoding="utf-8") for item in sorted(folder.rglob("facts/**/*.ttl"))]


def test_a_correction_is_said_to_supersede(store: Path) -> None:
    corrected = revenue(1, more="; dso:supersededBy fact:maker.revenue.two ") + revenue(2, "two").removeprefix(HEAD)
    report = write_store(store, {FILE: corrected}).diff
    assert {(item.change, item.iri.rsplit("/", 1)[-1]) for item in report.differences} == {
        ("superseded", "maker.revenue.one"),
        ("added", "maker.revenue.two"),
    }
    held = {item.iri.rsplit(".", 1)[-1]: item.superseded_by for item in KnowledgeGraph.open(store).facts_of("maker")}
    assert held == {"one": "https://w3id.org/downstack/fact/maker.revenue.two", "two": None}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ds:a ds:b", "not Turtle"),
        (HEAD + 'ds:thing rdfs:label "Thing"@en .', "has no class of entities"),
        (revenue(1, "new").replace("USD/year", "kg"), "measures"),
        (revenue(1, "new").replace("dso:press", "dso:rumour"), "unknown confidence"),
        (HEAD + 'ds:thing a dso:Accelerator ; rdfs:label "Thing"@en .', "does not stand in its layer"),
    ],
)
def test_what_is_wrong_leaves_the_store_as_it_was(store: Path, text: str, what: str) -> None:
    files = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.name != ".lock"}
    with pytest.raises(KnowledgeError, match=what):
        write_store(store, {"facts/loaded/thing.ttl": text})
    found = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.name != ".lock"}
    assert found.keys() == files.keys()
    assert KnowledgeGraph.open(store).version == read_history(store)[-1].id


@pytest.mark.parametrize(
    "name", ["../x.ttl", "facts/../../x.ttl", "/x.ttl", "x.ttl", "shapes/x.ttl", "facts/x.csv", r"facts\x.ttl"]
)
def test_a_loader_cannot_write_elsewhere(store: Path, name: str) -> None:
    with pytest.raises(KnowledgeError, match="no name of a file in a store"):
        write_store(store, {name: HEAD})


def test_an_old_release_opens_by_its_hash_or_a_date(store: Path) -> None:
    newest = write_store(store, {FILE: revenue(2)}).release
    assert newest is not None
    oldest, *_ = read_history(store)
    assert KnowledgeGraph.open(store, release=oldest.id[:6]).facts == ()
    assert find_release(store, newest.created[:10]) == newest
    with pytest.raises(UserInputError, match="had no release on 2020-01"):
        find_release(store, "2020-01")
    with pytest.raises(UserInputError, match="has no release '0000'"):
        KnowledgeGraph.open(f"{store}@0000")
    assert KnowledgeGraph.open(f"{store}@{oldest.id}").info.releases == (oldest,)
    with pytest.raises(UserInputError, match="the bundled knowledge has no releases"):
        KnowledgeGraph.open(release="2026-01")


def test_a_release_that_was_edited_is_refused_with_the_name_of_the_file(store: Path) -> None:
    file = store / FOLDER / read_history(store)[-1].id / FILE
    file.chmod(0o644)
    file.write_text(revenue(3), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"maker\.ttl: it was changed"):
        KnowledgeGraph.open(store)
    file.unlink()
    with pytest.raises(KnowledgeError, match=r"maker\.ttl: it is missing"):
        KnowledgeGraph.open(store)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 2, "releases": []}', '{"format": 1, "releases": [{"id": "../../etc"}]}']
)
def test_a_broken_history_is_an_error_and_never_a_guess(store: Path, text: str) -> None:
    (store / POINTER).write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError, match="restore the file from a copy"):
        KnowledgeGraph.open(store)


def test_a_store_without_its_history_is_not_taken_for_an_empty_one(store: Path) -> None:
    write_store(store, {FILE: revenue(2)})
    (store / POINTER).unlink()
    shutil.rmtree(store / "by-hand")
    found = sorted(item.name for item in (store / FOLDER).iterdir())
    with pytest.raises(KnowledgeError, match="the history is missing, and there are 3 releases"):
        write_store(store, {"facts/loaded/nothing.ttl": HEAD})
    assert sorted(item.name for item in (store / FOLDER).iterdir()) == found


def test_the_id_of_a_release_is_never_a_path(store: Path) -> None:
    data = json.loads((store / POINTER).read_text(encoding="utf-8"))
    data["releases"][-1]["id"] = "../../../../etc"
    (store / POINTER).write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="is no content hash"):
        KnowledgeGraph.open(store)


def test_two_loads_at_once_are_one_load_and_a_clear_error(store: Path) -> None:
    with locked(store), pytest.raises(KnowledgeError, match=rf"another load is writing into it: process {os.getpid()}"):
        write_store(store, {FILE: revenue(2)})
    assert write_store(store, {FILE: revenue(2)}).release is not None


def test_the_lock_of_a_process_that_died_is_no_lock(store: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom downstack.graph.store_lock import locked\n"
        "with locked(Path(sys.argv[1])):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", script, str(store)], check=False, env=environment)
    assert ended.returncode == -9
    assert write_store(store, {FILE: revenue(2)}).release is not None


def test_a_full_disk_is_an_error_and_leaves_what_was_there(store: Path) -> None:
    before = (store / POINTER).read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file may grow beyond a few bytes: what a full disk does to every write.
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, hard))
    try:
        with pytest.raises(KnowledgeError, match="the store cannot be written: File too large"):
            write_store(store, {FILE: revenue(2)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (store / POINTER).read_bytes() == before
    assert len(list((store / FOLDER).iterdir())) == 2
    assert KnowledgeGraph.open(store).version == read_history(store)[-1].id
    assert write_store(store, {FILE: revenue(2)}).release is not None


def test_a_place_that_cannot_be_written_is_an_error(store: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="the store cannot be written: Not a directory"):
        write_store(tmp_path / "file" / "store", {FILE: HEAD})


def test_the_loaders_of_the_product_load_the_same_thing_once(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    store = tmp_path / "store"
    config = tmp_path / "config.json"
    settings = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 3072, "intermediate_size": 9216,
        "num_hidden_layers": 30, "num_attention_heads": 24, "num_key_value_heads": 6, "vocab_size": 64000,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    }  # fmt: skip
    config.write_text(json.dumps(settings), encoding="utf-8")
    table = tmp_path / "chip.csv"
    table.write_text(
        "entity_id,entity_name,entity_type,layer,attribute,value,unit,as_of,source_title,source_url_or_repo,source_path,"
        "confidence,note\nacme-x1,Acme X1,processor,5,memory_bandwidth,3000,GB/s,2026-01,X1 data sheet,"
        "https://example.org/x1,p. 2,datasheet,\n",
        encoding="utf-8",
    )
    made = []
    graph = bundled
    for _ in range(2):
        known = known_entities(graph.entities.values())
        references = frozenset(item.source.locator for item in graph.facts)
        documents = load_configs([config], known, "acme/unseen-3b", references).documents
        made.append(write_store(store, {**documents, **load_facts([table], known).documents}).release)
        graph = KnowledgeGraph.open(store)
    assert made[0] is not None
    assert made[1] is None
    assert [item.loader for item in read_history(store)] == ["bundled", "python"]
    assert graph.value("memory_bandwidth", "acme-x1").value == pytest.approx(3000.0)
