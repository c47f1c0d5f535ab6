"""What the tests of whole loaders share: the store that they join with, the examples, and the files that come out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.bundled import bundled_graph

from downstack.kg import KnowledgeGraph
from downstack.loaders.registry import Loaded, LoadRequest, find_loader, known_entities, stated_by

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "loaders" / "examples"
TURTLE = Path(__file__).parent / "turtle"


def request_for(*paths: Path, graph: KnowledgeGraph | None = None) -> LoadRequest:
    graph = graph or bundled_graph()
    return LoadRequest(paths, known_entities(graph.entities.values()), stated=stated_by(graph))


def load(loader: str, *paths: Path, graph: KnowledgeGraph | None = None) -> Loaded:
    return find_loader(loader).read(request_for(*paths, graph=graph))


def shown(documents: Mapping[str, str]) -> str:
    """All files of a load in one text."""
    return "\n".join(f"# {name}\n{text}" for name, text in sorted(documents.items()))


def expected(name: str) -> str:
    return (TURTLE / name).read_text(encoding="utf-8")


def data_folder() -> Path:
    folder = os.environ.get("DOWNSTACK_DATA_DIR")
    if not folder:
        pytest.skip("DOWNSTACK_DATA_DIR does not name a folder with the source tables")
    return Path(folder)
