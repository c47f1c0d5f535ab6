"""What an export wrote."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was exported, and where to."""

    format: str
    graph_version: str
    files: tuple[str, ...]
    """Paths of the files; none when the content is in `content`."""
    entities: int
    facts: int
    relations: int
    influences: int
    triples: int | None
    """Of an export as RDF; None for other formats."""
    content: str | None = None
    """The text, when no path was given."""
