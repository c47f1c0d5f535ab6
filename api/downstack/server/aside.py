"""Opening a new release beside the service: in a process of its own, so that no answer waits for it."""

from __future__ import annotations

from downstack.graph.ahead import Ahead
from downstack.graph.stores.places import releases_of
from downstack.kg import KnowledgeGraph


def open_aside(store: str) -> KnowledgeGraph:
    """Return the newest release of a store, read by another process with the functions that ship with downstack.

    Raises
    ------
    DownstackError
        If it cannot be opened, as :meth:`downstack.kg.KnowledgeGraph.open` says.
    """
    releases = releases_of(store)
    # The very release that is the last of this history: another one may be made meanwhile.
    with Ahead(store, releases[-1].id if releases else None) as ahead:
        return KnowledgeGraph.from_ahead(ahead, store, releases)
