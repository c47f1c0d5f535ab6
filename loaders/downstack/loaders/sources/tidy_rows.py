"""Each row of a tidy table with what it becomes: statements, or one rejection with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace

from downstack.errors import UnitError
from downstack.loaders import writer
from downstack.loaders.citations import Citations, slugify
from downstack.loaders.records import EntityRecord, FactRecord, InfluenceRecord, PropertyRecord, RelationRecord
from downstack.loaders.report import Rejection
from downstack.loaders.sources import facts_csv, influences_csv, model_facts, relations_csv
from downstack.loaders.sources.facts_csv import Selection
from downstack.loaders.sources.influences_csv import Reading
from downstack.loaders.sources.tidy_names import TidyNames
from downstack.loaders.texts import clean
from downstack.loaders.vocabulary import Vocabulary
from downstack.units import commensurable, dimension_in_words
from downstack.vocabulary import locate

Row = facts_csv.Row | relations_csv.Row | influences_csv.Row
Statement = FactRecord | PropertyRecord | RelationRecord | InfluenceRecord
Becomes = Statement | Rejection
"""What a row becomes: statements, or one rejection."""
SIGNS = ("+", "-", "?", "0")
STRENGTHS = ("weak", "moderate", "strong")
GRADES = ("low", "medium", "high")
MAX_CELL = 4_000
"""Characters of one cell: patterns that find citations take longer than linear time, and no cell needs more."""
_BINARY = {"kB": "KiB", "MB": "MiB", "GB": "GiB", "TB": "TiB"}


def fact_rows(
    rows: Sequence[facts_csv.Row],
    vocabulary: Vocabulary,
    names: TidyNames,
    citations: Citations,
    curated: Selection,
) -> Iterator[tuple[int, list[Becomes]]]:
    """Facts of each row of a table of facts; settings of models are read as their architectures mean them."""
    slips = _unit_slips(rows)
    entities: dict[str, EntityRecord] = {}
    yield from _overlong(rows)
    rows = [row for row in rows if not _is_overlong(row)]
    for row in rows:
        entity = names.entity(row.entity_id, row.entity_name, row.entity_type)
        if entity is not None:
            entities[row.entity_id] = _main_class_first(entity)
    selection = Selection(entities, curated.dropped, curated.corrections)
    for row, found in model_facts.by_row(rows, vocabulary, selection, citations):
        checked = [_checked(item, row, slips.get(row.line), vocabulary) for item in found]
        yield (
            row.line,
            [
                item
                for item in checked
                if not isinstance(item, RelationRecord) or (names.named(item.subject) and names.named(item.object))
            ],
        )


def _is_overlong(row: Row) -> bool:
    return any(isinstance(cell, str) and len(cell) > MAX_CELL for cell in astuple(row))


def _overlong(rows: Iterable[Row]) -> Iterator[tuple[int, list[Becomes]]]:
    for row in rows:
        if _is_overlong(row):
            yield row.line, [Rejection(row.line, "", "", "", f"a cell longer than {MAX_CELL} characters")]


def _main_class_first(entity: EntityRecord) -> EntityRecord:
    """The classes as the readings of models expect them: a model first, then how it is built."""
    if "FoundationModel" not in entity.classes:
        return entity
    others = sorted(set(entity.classes) - {"FoundationModel", "Entity"})
    return replace(entity, classes=("FoundationModel", *others))


def _checked(
    item: FactRecord | PropertyRecord | RelationRecord | Rejection,
    row: facts_csv.Row,
    slip: str | None,
    vocabulary: Vocabulary,
) -> FactRecord | PropertyRecord | RelationRecord | Rejection:
    if isinstance(item, PropertyRecord):
        return replace(item, stated=clean(item.stated), note=clean(item.note) if item.note else None)
    if not isinstance(item, FactRecord):
        return item
    reason = slip or _misfit(item, vocabulary)
    if reason:
        return Rejection(row.line, row.entity_id, row.attribute, row.value, reason)
    return replace(item, note=clean(item.note) if item.note else None)


def relation_rows(
    rows: Sequence[relations_csv.Row], vocabulary: Vocabulary, names: TidyNames, citations: Citations
) -> Iterator[tuple[int, list[Becomes]]]:
    """Relations and sizes of each row of a table of relations."""
    yield from _overlong(rows)
    rows = [row for row in rows if not _is_overlong(row)]
    ends = {end for row in rows for end in (row.subject_id, row.object_id)}
    entities = {end: entity for end in ends if (entity := names.entity(end)) is not None}
    for row, found in relations_csv.by_row(rows, vocabulary, Selection(entities, {}), citations):
        yield (
            row.line,
            [
                Rejection(row.line, row.subject_id, row.predicate, row.object_id, item)
                if isinstance(item, str)
                else item
                for item in found
            ],
        )


def influence_rows(
    rows: Sequence[influences_csv.Row], readings: Mapping[str, Reading], names: TidyNames, citations: Citations
) -> Iterator[tuple[int, list[Becomes]]]:
    """Influences of each row of a table of influences.

    The sign of an influence is read by a person: it stands in the row, or in the product's own reading of that very row.
    """
    yield from _overlong(rows)
    for row in [row for row in rows if not _is_overlong(row)]:
        reading = _own_reading(row, names) if row.sign else _curated_reading(row, readings)
        if isinstance(reading, str):
            yield row.line, [Rejection(row.line, row.source_entity, row.id, row.target_entity, reading)]
        elif row.confidence not in GRADES or row.direction not in ("up", "down"):
            reason = "the confidence is not low, medium or high, or the direction not up or down"
            yield row.line, [Rejection(row.line, row.source_entity, row.id, row.target_entity, reason)]
        else:
            yield row.line, list(influences_csv.to_influences([row], {row.id: reading}, citations))


def _own_reading(row: influences_csv.Row, names: TidyNames) -> Reading | str:
    ends = [names.named(name) for name in (row.source_entity, row.target_entity)]
    if row.sign not in SIGNS or row.strength not in STRENGTHS:
        return f"the sign is not one of {' '.join(SIGNS)}, or the strength not one of {', '.join(STRENGTHS)}"
    if ends[0] is None or ends[1] is None:
        return "an end is no entity of the store, or the name of several"
    if bool(row.changed_kind) != bool(row.affected_kind):
        return "only one of changed_kind and affected_kind"
    return Reading(
        slug=slugify(f"{row.id} {row.source_entity} {row.target_entity}"),
        source_entity=ends[0].slug,
        target_entity=ends[1].slug,
        direction=row.direction,
        sign=row.sign,
        strength=row.strength,
        quantity_affected=row.quantity_affected,
        sign_reason=row.sign_reason or "as the table states it",
        changed_kind=row.changed_kind,
        affected_kind=row.affected_kind,
    )


def _curated_reading(row: influences_csv.Row, readings: Mapping[str, Reading]) -> Reading | str:
    """The product's own reading, for the row that it was made of: another table may use the same identifier."""
    reading = readings.get(row.id)
    if reading is not None:
        path = locate() / "influences" / f"{reading.slug}.ttl"
        if path.is_file() and writer.text(row.mechanism)[1:-1] in path.read_text(encoding="utf-8"):
            return reading
    return "no sign: add the columns sign, strength and sign_reason"


def _misfit(fact: FactRecord, vocabulary: Vocabulary) -> str | None:
    """Why the unit of a fact does not measure its quantity, or None."""
    term = vocabulary.terms[fact.quantity]
    try:
        if commensurable(fact.unit, term.base_unit, term.implied_denominator):
            return None
    except UnitError as error:
        return error.message
    return f"{fact.unit} is {dimension_in_words(fact.unit)}, {fact.quantity} is {dimension_in_words(term.base_unit)}"


@dataclass(frozen=True, slots=True)
class _Said:
    line: int
    unit: str


def _unit_slips(rows: Iterable[facts_csv.Row]) -> dict[int, str]:
    """Rows that give one number in GB and in GiB, of one thing in one source: one of the two is a slip."""
    said: dict[tuple[str, ...], list[_Said]] = defaultdict(list)
    for row in rows:
        if row.unit in _BINARY or row.unit in _BINARY.values():
            place = (row.source_title, row.source_url_or_repo, row.source_path)
            said[(row.entity_id, row.attribute, row.value, *place)].append(_Said(row.line, row.unit))
    slips: dict[int, str] = {}
    for group in said.values():
        units = {item.unit for item in group}
        for decimal, binary in _BINARY.items():
            if {decimal, binary} <= units:
                slips.update(
                    {
                        item.line: f"the same number in {decimal} and in {binary}: one of them is a slip"
                        for item in group
                    }
                )
    return slips
