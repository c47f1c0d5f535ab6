"""One version of a store: when it was made, from what, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Release:
    """A load that succeeded, and the graph version that it made."""

    id: str
    """The graph version as it was when it was loaded: a content hash that its answers named."""
    created: str
    """ISO 8601, in UTC."""
    loader: str
    """What was loaded with: the name of a loader, ``bundled`` for the start of a store, or ``by-hand``."""
    sources: tuple[str, ...]
    """The files that were read, as they were named."""
    files: int
    """Turtle files in the store."""
    entities: int
    facts: int
    relations: int
    influences: int
    triples: int
    added: int
    changed: int
    removed: int
    """Entities, facts, relations and influences that differ from the release before."""
    rejected: tuple[tuple[str, int], ...] = ()
    """Why rows of the source were left out, and how many."""
    by: str = ""
    """Who asked for it, where that is known: the name of a token."""
