"""Cross-layer influences: a mechanism, the effect as it was published, and never a number to compute with.

Source and licence
    A table kept by hand from papers, blogs and project pages, each row with its citation.
What is dropped, and why
    rows without a curated reading (both ends must be entities of the graph, and the sign must follow from the
    mechanism); rows whose citation has no locator. ``formula_hint`` is a hint for people and is not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from downstack.loaders.citations import Citations
from downstack.loaders.records import InfluenceRecord
from downstack.loaders.report import Rejection
from downstack.loaders.tables import read_table

COLUMNS = (
    "id", "source_entity", "source_layer", "target_entity", "target_layer", "direction", "mechanism",
    "quantity_affected", "published_effect", "unit", "formula_hint", "source", "source_path", "confidence", "note",
)  # fmt: skip
OPTIONAL_COLUMNS = ("sign", "strength", "sign_reason", "changed_kind", "affected_kind")
"""In a table that carries its own readings: the sign, how strong, why, and the quantities of both ends if formulas know them."""
SEED = "seed article"
"""A row may cite the article that named the influence beside the source of its effect: the effect's source counts."""


@dataclass(frozen=True, slots=True)
class Row:
    """One influence in the source's own words."""

    line: int
    id: str
    source_entity: str
    source_layer: str
    target_entity: str
    target_layer: str
    direction: str
    mechanism: str
    quantity_affected: str
    published_effect: str
    unit: str
    formula_hint: str
    source: str
    source_path: str
    confidence: str
    note: str
    sign: str = ""
    strength: str = ""
    sign_reason: str = ""
    changed_kind: str = ""
    affected_kind: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The curated reading of one row: its ends, its sign and how strong it is."""

    slug: str
    source_entity: str
    target_entity: str
    direction: str
    sign: str
    strength: str
    quantity_affected: str
    sign_reason: str
    changed_kind: str = ""
    """The quantity kind of the source whose rise is meant, where formulas know it."""
    affected_kind: str = ""
    """The quantity kind that it raises or lowers."""


def parse(data: bytes, name: str = "influences") -> list[Row]:
    """Read a table of influences; an unknown column is an error that names it."""
    return [Row(line=line, **cells) for line, cells in read_table(data, COLUMNS, OPTIONAL_COLUMNS, name)]


def to_influences(
    rows: Iterable[Row], readings: Mapping[str, Reading], citations: Citations
) -> Iterator[InfluenceRecord | Rejection]:
    """Influences of the rows that have a curated reading."""
    for row in rows:
        reading = readings.get(row.id)
        title = "; ".join(part for part in row.source.split("; ") if not part.startswith(SEED))
        where = row.source_path if row.source_path.startswith("http") else title
        source = citations.cite(title, where, row.source_path) if reading else None
        if reading is None or source is None:
            reason = (
                "no curated reading: an end is no entity, or the effect stays in one layer"
                if reading is None
                else "the citation has no locator"
            )
            yield Rejection(row.line, row.source_entity, row.id, row.target_entity, reason)
            continue
        effect = " ".join(part for part in (row.published_effect, row.unit) if part)
        yield InfluenceRecord(
            slug=reading.slug,
            source_entity=reading.source_entity,
            target_entity=reading.target_entity,
            sign=reading.sign,
            strength=reading.strength,
            confidence=row.confidence,
            direction=reading.direction,
            mechanism=f"{row.mechanism}. Sign: {reading.sign_reason}",
            quantity_affected=reading.quantity_affected or row.quantity_affected,
            changed_kind=reading.changed_kind or None,
            affected_kind=reading.affected_kind or None,
            published_effect=effect or None,
            source=source,
            locator=None if row.source_path.startswith("http") else row.source_path or None,
        )
