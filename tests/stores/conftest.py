"""The bundled knowledge in each kind of store, copied once and opened once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import require
from tests.loaders.small import FILE, by_hand, revenue
from tests.stores.virtuoso import BINARY, PASSWORD, USER, Virtuoso

from downstack.graph.stores.copying import BUNDLED, copy_version
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store

KINDS = ("oxigraph", "virtuoso")


@pytest.fixture(scope="session")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Virtuoso]:
    """A Virtuoso that runs, and whose name and password the environment holds."""
    require(BINARY, "virtuoso-t is not installed")
    server = Virtuoso(tmp_path_factory.mktemp("virtuoso"))
    given = {
        "DOWNSTACK_REMOTE_USER": USER,
        "DOWNSTACK_REMOTE_PASSWORD": PASSWORD,
        "DOWNSTACK_REMOTE_UPDATE": server.update_url,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def oxigraph_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled knowledge in an Oxigraph directory."""
    path = tmp_path_factory.mktemp("oxigraph") / "bundled"
    copy_version(BUNDLED, str(path))
    return path


@pytest.fixture(scope="session")
def virtuoso_release(virtuoso: Virtuoso) -> str:
    """A release in Virtuoso that is the bundled knowledge."""
    # Other tests write newer releases into the same server.
    return f"{virtuoso.url}@{copy_version(BUNDLED, virtuoso.url).release.id}"


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The name of a kind of store."""
    return str(request.param)


@pytest.fixture(scope="session")
def place(kind: str, request: pytest.FixtureRequest) -> str:
    """Where a kind of store holds the bundled knowledge."""
    return os.fspath(request.getfixturevalue({"oxigraph": "oxigraph_directory", "virtuoso": "virtuoso_release"}[kind]))


@pytest.fixture(scope="session")
def kg(place: str) -> KnowledgeGraph:
    """The graph that a kind of store gives."""
    return KnowledgeGraph.open(place)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small store of Turtle with one release more than it began with, and the same in an Oxigraph directory."""
    folder = tmp_path_factory.mktemp("small")
    write_store(by_hand(folder / "turtle"), {FILE: revenue(1)}, loader="test", sources=["one.csv"])
    copy_version(str(folder / "turtle"), str(folder / "oxigraph"))
    return folder


@pytest.fixture
def turtle(templates: Path, tmp_path: Path) -> Path:
    """The small store of Turtle."""
    return shutil.copytree(templates / "turtle", tmp_path / "turtle")


@pytest.fixture
def directory(templates: Path, tmp_path: Path) -> Path:
    """The small Oxigraph directory."""
    return shutil.copytree(templates / "oxigraph", tmp_path / "oxigraph")


def revenue_in(place: str | Path) -> str:
    """Return the value that a store holds of the one fact of its one company."""
    (fact,) = KnowledgeGraph.open(place).facts_of("maker")
    return fact.literal
