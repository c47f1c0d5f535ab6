"""What is loaded, and what a search finds."""

from __future__ import annotations

from dataclasses import dataclass

from downstack.graph.model import Entity
from downstack.results.releases import Release


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An entity found by its label or an alias; `score` is 0 to 1."""

    entity: Entity
    matched: str
    score: float


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """What is loaded."""

    version: str
    entities: int
    facts: int
    relations: int
    influences: int
    functions: int
    quantities: int
    sources: int
    triples: int
    loaded_at: str
    releases: tuple[Release, ...] = ()
    """Of the store that was opened, oldest first, up to the one that answers; none of what is no store."""
