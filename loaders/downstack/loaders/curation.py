"""The curated tables beside this file: what a person decided about the sources, each row with its reason.

===================  ==================================================================================
entities.csv         every entity: slug, classes, layer, label, aliases, and its identifiers in the sources
relations.csv        links that a person read in a source, with the source
facts.csv            values that a person read in a source, and scenario choices, with the source
architectures.csv    how models are built: one row a model and source, one column a quantity
processors.csv       what accelerators can do: one row an accelerator and source, one column a quantity
sources.csv          sources named by hand: titles and locators that mean them
corrections.csv      a changed reading of a row (confidence, condition, date), or a row left out, with the reason
dropped.csv          attributes that never become facts, with the reason
influences.csv       which entities a row of influences connects, its sign, and why that sign
effects.csv          the published effect of an influence as numbers, and how a formula computes the same
===================  ==================================================================================
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.loaders.citations import Citations, KnownSource
from downstack.loaders.records import (
    EffectRecord,
    EntityRecord,
    FactRecord,
    InfluenceRecord,
    RelationRecord,
    SourceRecord,
)
from downstack.loaders.sources.facts_csv import Correction, Selection
from downstack.loaders.sources.influences_csv import Reading
from downstack.loaders.tables import read_table
from downstack.loaders.wide_tables import ARCHITECTURES, PROCESSORS, columns
from downstack.loaders.wide_tables import facts as wide_facts

FOLDER = Path(__file__).parent / "curation"

_COLUMNS = {
    "entities": ("slug", "classes", "layer", "label", "aliases", "source_ids", "description"),
    "relations": ("subject", "predicate", "object", "source", "as_of", "note"),
    "facts": (
        "subject", "quantity", "literal", "value", "unit", "low", "high", "condition", "as_of", "valid_until",
        "confidence", "source", "locator", "note",
    ),
    "architectures": columns(ARCHITECTURES),
    "processors": columns(PROCESSORS),
    "sources": ("slug", "title", "reference", "licence", "retrieved", "titles", "locators"),
    "corrections": ("entity", "attribute", "value", "field", "new", "reason"),
    "dropped": ("attribute", "reason"),
    "influences": (
        "id", "slug", "source_entity", "target_entity", "direction", "sign", "strength", "quantity_affected",
        "changed_kind", "affected_kind", "sign_reason", "mechanism", "published_effect", "confidence", "source", "locator",
    ),
    "effects": (
        "influence", "form", "low", "high", "unit", "baseline", "condition", "changed_kind", "affected_kind", "base_case",
        "changed_case", "not_computed",
    ),
}  # fmt: skip

_NEEDED = frozenset({"influence", "form", "low", "high", "unit", "condition"})


@dataclass(frozen=True, slots=True)
class Curation:
    """All curated tables, read."""

    entities: tuple[EntityRecord, ...]
    selection: Selection
    sources: tuple[KnownSource, ...]
    relation_rows: tuple[dict[str, str], ...]
    fact_rows: tuple[dict[str, str], ...]
    architecture_rows: tuple[dict[str, str], ...]
    processor_rows: tuple[dict[str, str], ...]
    readings: dict[str, Reading]
    own_influences: tuple[dict[str, str], ...]
    effects: dict[str, EffectRecord]
    """Slug of an influence -> its published effect."""

    def relations(self, citations: Citations) -> list[RelationRecord]:
        """The links of relations.csv."""
        return [
            RelationRecord(
                row["subject"], row["predicate"], row["object"], citations.named(row["source"]),
                row["as_of"] or None, row["note"] or None,
            )
            for row in self.relation_rows
        ]  # fmt: skip

    def facts(self, citations: Citations) -> list[FactRecord]:
        """The values of facts.csv, architectures.csv and processors.csv."""
        return [
            *wide_facts(self.architecture_rows, ARCHITECTURES, citations),
            *wide_facts(self.processor_rows, PROCESSORS, citations),
            *self._single_facts(citations),
        ]

    def _single_facts(self, citations: Citations) -> list[FactRecord]:
        return [
            FactRecord(
                subject=row["subject"],
                quantity=row["quantity"],
                literal=row["literal"],
                value=float(row["value"] or row["literal"]),
                unit=row["unit"],
                low=float(row["low"]) if row["low"] else None,
                high=float(row["high"]) if row["high"] else None,
                condition=row["condition"] or None,
                as_of=row["as_of"] or None,
                valid_until=row["valid_until"] or None,
                confidence=row["confidence"],
                source=citations.named(row["source"]),
                locator=row["locator"] or None,
                note=row["note"] or None,
            )
            for row in self.fact_rows
        ]

    def influences(self, citations: Citations) -> list[InfluenceRecord]:
        """The influences of influences.csv that a person read in a source without a table."""
        return [
            InfluenceRecord(
                slug=row["slug"],
                source_entity=row["source_entity"],
                target_entity=row["target_entity"],
                sign=row["sign"],
                strength=row["strength"],
                confidence=row["confidence"],
                direction=row["direction"],
                mechanism=f"{row['mechanism']}. Sign: {row['sign_reason']}",
                quantity_affected=row["quantity_affected"] or None,
                changed_kind=row["changed_kind"] or None,
                affected_kind=row["affected_kind"] or None,
                published_effect=row["published_effect"] or None,
                source=citations.named(row["source"]),
                locator=row["locator"] or None,
            )
            for row in self.own_influences
        ]


def read_curation(folder: Path = FOLDER) -> Curation:
    """Read the curated tables.

    Raises
    ------
    KnowledgeError
        When a table has an unknown column, or an entity is listed twice.
    """
    tables = {name: _table(folder, name) for name in _COLUMNS}
    entities = tuple(_entity(row) for row in tables["entities"])
    repeated = sorted(slug for slug, count in Counter(item.slug for item in entities).items() if count > 1)
    if repeated:
        raise KnowledgeError(
            tuple(Finding("entities.csv", None, f"{slug} is listed twice", "keep one row") for slug in repeated)
        )
    by_source = {
        identifier: entity
        for entity, row in zip(entities, tables["entities"], strict=True)
        for identifier in _list(row["source_ids"])
    }
    return Curation(
        entities=entities,
        selection=Selection(
            entities=by_source,
            dropped={row["attribute"]: row["reason"] for row in tables["dropped"]},
            corrections=tuple(Correction(**row) for row in tables["corrections"]),
        ),
        sources=tuple(_source(row) for row in tables["sources"]),
        relation_rows=tuple(tables["relations"]),
        fact_rows=tuple(tables["facts"]),
        architecture_rows=tuple(tables["architectures"]),
        processor_rows=tuple(tables["processors"]),
        readings={
            row["id"]: Reading(**{name: row[name] for name in Reading.__slots__})
            for row in tables["influences"]
            if row["id"]
        },
        own_influences=tuple(row for row in tables["influences"] if not row["id"]),
        effects={row["influence"]: _effect(row) for row in tables["effects"]},
    )


def _effect(row: dict[str, str]) -> EffectRecord:
    """The numbers of a row; the other cells are texts, and an empty one is missing."""
    words = {name: row[name] or None for name in _COLUMNS["effects"] if name not in _NEEDED}
    needed = {name: row[name] for name in ("influence", "form", "unit", "condition")}
    # The names are those of the class; what is optional there may be None here.
    return EffectRecord(low=float(row["low"]), high=float(row["high"]), **needed, **words)  # type: ignore[arg-type]


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / f"{name}.csv"
    return [cells for _, cells in read_table(path.read_bytes(), _COLUMNS[name], (), path.name)]


def _list(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _titles(cell: str) -> frozenset[str]:
    """Titles and locators may contain semicolons, so a bar separates them."""
    return frozenset(part.strip() for part in cell.split("|") if part.strip())


def _entity(row: dict[str, str]) -> EntityRecord:
    return EntityRecord(
        slug=row["slug"],
        label=row["label"],
        classes=tuple(_list(row["classes"])),
        layer=int(row["layer"]) if row["layer"] else None,
        aliases=tuple(_list(row["aliases"])),
        description=row["description"] or None,
    )


def _source(row: dict[str, str]) -> KnownSource:
    record = SourceRecord(row["slug"], row["title"], row["reference"], row["licence"] or None, row["retrieved"] or None)
    return KnownSource(record, _titles(row["titles"]), _titles(row["locators"]))
