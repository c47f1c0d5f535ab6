"""A change in a process of its own does what it does in this one, and what becomes of the process is no harm."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.loaders.small import FILE, by_hand, revenue

from downstack import errors
from downstack.editing import Dataset, Edit, NewFact, NewScenario, Writer
from downstack.engine.changes import Change
from downstack.errors import DownstackError, Finding, KnowledgeError, UnavailableError, UnknownNameError
from downstack.graph.releases import POINTER
from downstack.kg import KnowledgeGraph
from downstack.loaders import aside
from downstack.loaders.aside import AsideWriter
from downstack.loaders.editing import StoreWriter
from downstack.loaders.transaction import write_store

Ask = Callable[[Writer, KnowledgeGraph], Edit]
NEW = NewFact("rival", "company_revenue", "3", 3.0, "USD/year", "press", "src:report", as_of="2025")
LINES = Dataset("rdf", "more.ttl", "not Turtle at all")
ASKED: dict[str, Ask] = {
    "state": lambda writer, graph: writer.assert_fact(NEW, graph=graph, by="me"),
    "try": lambda writer, graph: writer.assert_fact(NEW, graph=graph, by="me", dry_run=True),
    "withdraw": lambda writer, graph: writer.retract_fact(graph.facts[0].iri, "wrong", graph=graph, by="me"),
    "keep": lambda writer, graph: writer.save_scenario(
        NewScenario("Twice", [Change.parse("maker.company_revenue", "x2")]), graph=graph, by="me"
    ),
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = by_hand(tmp_path / "store")
    write_store(folder, {FILE: revenue(1)})
    return folder


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_it_does_the_same(asked: Ask, store: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(store, tmp_path / "other"))
    here = asked(StoreWriter(store), KnowledgeGraph.open(store))
    there = asked(AsideWriter(str(other)), KnowledgeGraph.open(other))
    if here.release is not None:
        assert there.release is not None
        assert replace(there.release, created=here.release.created) == here.release
    assert replace(there, release=here.release) == here
    assert KnowledgeGraph.open(other).version == KnowledgeGraph.open(store).version


def test_what_is_refused_is_refused_with_the_same_findings(store: Path) -> None:
    graph = KnowledgeGraph.open(store)
    found = []
    for writer in (StoreWriter(store), AsideWriter(str(store))):
        with pytest.raises(KnowledgeError) as refused:
            writer.load_dataset(LINES, graph=graph, by="me")
        found.append(refused.value.findings)
    assert found[0] == found[1] != ()
    with pytest.raises(UnknownNameError, match="loader"):
        AsideWriter(str(store)).load_dataset(replace(LINES, loader="rdff"), graph=graph, by="me")


def test_a_process_that_ends_too_early_is_an_error_and_changes_nothing(
    store: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = (store / POINTER).read_bytes()
    monkeypatch.setattr(aside, "MODULE", "downstack.loaders.no_such_module")
    with pytest.raises(UnavailableError, match="the change failed"):
        AsideWriter(str(store)).assert_fact(NEW, graph=KnowledgeGraph.open(store), by="me")
    assert "no_such_module" in caplog.text
    assert (store / POINTER).read_bytes() == before


def test_every_error_is_itself_on_the_other_side_of_a_pipe() -> None:
    known: dict[type[DownstackError], tuple[Any, ...]] = {
        errors.KnowledgeError: ((Finding("a.ttl", 3, "it is wrong", "mend it"),),),
        errors.UnknownNameError: ("entity", "h300", ("h200",)),
        errors.AmbiguousNameError: ("h", ("h100", "h200")),
    }
    kinds, waiting = set[type[DownstackError]](), [DownstackError]
    while waiting:
        kind = waiting.pop()
        if kind.__module__ == errors.__name__:
            kinds.add(kind)
            waiting += kind.__subclasses__()
    assert len(kinds) > 10
    for kind in kinds:
        made = kind(*known.get(kind, ("something",)))
        again = pickle.loads(pickle.dumps(made))
        assert type(again) is kind
        assert (str(again), again.args, vars(again)) == (str(made), made.args, vars(made))
