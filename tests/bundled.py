"""The bundled graph, opened once in a run: it is immutable, so every test of every room may ask the same one."""

from __future__ import annotations

from functools import cache

from downstack.kg import KnowledgeGraph


@cache
def bundled_graph() -> KnowledgeGraph:
    """The graph that ships with downstack; also for what is no test and has no fixture."""
    return KnowledgeGraph.open()
