"""The bundled knowledge in each kind of store, copied once and opened once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import require
from tests.stores.virtuoso import BINARY, PASSWORD, USER, Virtuoso

from downstack.graph.stores.copying import BUNDLED, copy_version
from downstack.kg import KnowledgeGraph

KINDS = ("oxigraph", "virtuoso")


@pytest.fixture(scope="session")
def bundled() -> KnowledgeGraph:
    """The bundled knowledge, from its Turtle."""
    return KnowledgeGraph.open()


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
        server.start()
        try:
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
