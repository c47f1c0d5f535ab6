"""The bundled graph, opened once."""

from __future__ import annotations

import pytest

from downstack.kg import KnowledgeGraph


@pytest.fixture(scope="session")
def bundled() -> KnowledgeGraph:
    """Return the graph that ships with downstack."""
    return KnowledgeGraph.open()
