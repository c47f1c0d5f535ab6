"""Tidy facts: one row per (entity, attribute, source).

Source and licence
    Tables that a project keeps by hand, one row per value with its citation; facts, each with its own source. They
    change when somebody adds a row; the columns do not.
What is dropped, and why (each a rejection with its row)
    entities that the curation does not select; attributes without a quantity kind or property kind, or dropped on
    purpose (measured performance); values derived by arithmetic from other rows; values of quantities that are not
    numbers, and of dates that are not dates; units that the loader does not know; rows whose citation has no locator;
    0 dollars, by which tables mean that something is free or not sold: nobody pays that price, so none is known.
What is read from a note
    A range that the note prints and whose middle the value is (``825000``, ``800-850k``) becomes the bounds of the value.
Confidence
    The words of these tables are ``datasheet``, ``vendor-claim``, ``press``, ``estimate``. Tables of models grade
    ``high``, ``medium``, ``low`` instead: a copy of a config.json, a README or a dataset (high) is a datasheet, and so
    is a config.json that a project keeps as a preset (medium); everything else of medium is press and of low an
    estimate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from downstack.loaders.citations import Citations
from downstack.loaders.dates import parse_date
from downstack.loaders.records import EntityRecord, FactRecord, PropertyRecord
from downstack.loaders.report import Rejection
from downstack.loaders.tables import read_table
from downstack.loaders.units import spell
from downstack.loaders.vocabulary import PropertyTerm, Vocabulary

COLUMNS = (
    "entity_id", "entity_name", "entity_type", "layer", "attribute", "value", "unit", "as_of",
    "source_title", "source_url_or_repo", "source_path", "confidence", "note",
)  # fmt: skip
OPTIONAL_COLUMNS = ("n_sources",)
CONFIDENCES = {
    "measured": "measured",
    "datasheet": "datasheet",
    "vendor-claim": "vendorClaim",
    "press": "press",
    "estimate": "estimate",
    "high": "datasheet",
    "medium": "press",
    "low": "estimate",
}
PUBLISHED_AS_GIB = "published as GiB"
"""A note on rows whose table writes GB although the cited page says GiB: the page wins."""
FREE = "0 dollars mean free or not sold: a missing price, never 0"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_RANGE = re.compile(r"(\d+(?:\.\d+)?)(k?)\s*-\s*(\d+(?:\.\d+)?)(k?)", re.ASCII)
_RANGE_IN_NOTE = re.compile(r"(?:range )?(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)(k?)(?=$|[\s;,)])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One row in the source's own words."""

    line: int
    entity_id: str
    entity_type: str
    attribute: str
    value: str
    unit: str
    as_of: str
    source_title: str
    source_url_or_repo: str
    source_path: str
    confidence: str
    note: str
    entity_name: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """A change of one row's reading, with its reason; the literal and the source are never changed.

    `field` is ``confidence``, ``condition``, ``valid_until``, ``quantity``, ``forecast`` (the row's date is the time it speaks of, not
    the time it was said, which `new` gives when it is known) or ``drop``; `entity` may be ``*`` for all.
    """

    entity: str
    attribute: str
    value: str
    field: str
    new: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What the curation decided: which entities, which attributes never, and corrections."""

    entities: Mapping[str, EntityRecord]
    """Identifier in the source -> entity of the graph."""
    dropped: Mapping[str, str]
    """Attribute -> why it never becomes a fact."""
    corrections: tuple[Correction, ...] = ()


def parse(data: bytes, name: str = "facts") -> list[Row]:
    """Read a table of facts.

    Raises
    ------
    KnowledgeError
        When a column is unknown or missing; the finding names it.
    """
    fields = [item for item in Row.__slots__ if item != "line"]
    return [
        Row(line=line, **{item: cells[item] for item in fields})
        for line, cells in read_table(data, COLUMNS, OPTIONAL_COLUMNS, name)
    ]


def to_facts(
    rows: Iterable[Row], vocabulary: Vocabulary, selection: Selection, citations: Citations
) -> Iterator[FactRecord | PropertyRecord | Rejection]:
    """Facts and stated properties of the selected entities, and a rejection for every row that becomes none."""
    for row in rows:
        fact = _statement(row, vocabulary, selection, citations)
        if isinstance(fact, str):
            yield Rejection(row.line, row.entity_id, row.attribute, row.value, fact)
        else:
            yield fact


def confidence_of(row: Row) -> str | None:
    """The graph's confidence word for a row."""
    if row.confidence == "medium" and row.source_title == "config.json copy":
        return "datasheet"
    return CONFIDENCES.get(row.confidence)


def read_number(value: str) -> tuple[float, float | None, float | None] | None:
    """A value with its bounds; a printed range ``a-b`` is its middle, with the bounds kept.

    Examples
    --------
    >>> read_number("4800"), read_number("20-22"), read_number("5k-7k"), read_number("TSMC")
    ((4800.0, None, None), (21.0, 20.0, 22.0), (6000.0, 5000.0, 7000.0), None)

    What is no finite number is none, nor is minus zero, which no source means.

    >>> read_number("1e400"), read_number("-0"), read_number("1,000"), read_number("12 %")
    (None, None, None, None)
    """
    if _NUMBER.fullmatch(value):
        number = float(value)
        return None if math.isinf(number) or (number == 0.0 and value.startswith("-")) else (number, None, None)
    if match := _RANGE.fullmatch(value):
        low, high = (float(match[item]) * (1e3 if match[item + 1] else 1.0) for item in (1, 3))
        return ((low + high) / 2, low, high) if low < high < math.inf else None
    return None


def bounds_of(number: tuple[float, float | None, float | None], note: str) -> tuple[float, float | None, float | None]:
    """The number with the bounds that a note prints, when the number is the middle of them.

    Examples
    --------
    >>> bounds_of((825000.0, None, None), "800-850k; CONTRADICTS 595k")
    (825000.0, 800000.0, 850000.0)

    Another range is about something else.

    >>> bounds_of((16000.0, None, None), "18-20k")
    (16000.0, None, None)
    """
    value, low, _ = number
    if low is None:
        for match in _RANGE_IN_NOTE.finditer(note):
            first, last = (float(match[item]) * (1e3 if match[3] else 1.0) for item in (1, 2))
            if first < last and math.isclose((first + last) / 2, value, rel_tol=1e-9):
                return value, first, last
    return number


def locator_of(row: Row) -> str | None:
    """Where in the source the row was read; a word that names no place is no locator."""
    return row.source_path if row.source_path not in ("", "page") else None


def _statement(
    row: Row, vocabulary: Vocabulary, selection: Selection, citations: Citations
) -> FactRecord | PropertyRecord | str:
    """The fact or stated property of a row, or the reason why there is none."""
    entity = selection.entities.get(row.entity_id)
    if entity is None:
        return "the entity is not selected"
    if row.attribute in selection.dropped:
        return selection.dropped[row.attribute]
    if row.note.startswith("derived") or row.confidence == "derived":
        return "derived from other rows: computed, never stored"
    term = vocabulary.for_attribute(row.attribute, entity.classes)
    if term is None:
        kind = vocabulary.properties.get(row.attribute)
        return (
            "no quantity kind has that source attribute"
            if kind is None
            else stated_property(row, kind, entity, citations)
        )
    number = read_number(row.value)
    if number is None:
        return "not a number"
    if number[0] == 0.0 and "USD" in term.base_unit:
        return FREE
    number = bounds_of(number, row.note)
    unit = spell("GiB" if row.unit == "GB" and row.note.startswith(PUBLISHED_AS_GIB) else row.unit)
    if unit is None:
        return f"unknown unit {row.unit!r}"
    if term.base_unit == "1" and unit == "token":
        unit = "1"  # a table counts the entries of a vocabulary in tokens
    confidence = confidence_of(row)
    if confidence is None:
        return f"unknown confidence {row.confidence!r}"
    source = citations.cite(row.source_title, row.source_url_or_repo, row.source_path)
    if source is None:
        return "the citation has no locator"
    date = parse_date(row.as_of)
    words = [row.note, f"dated {date.words!r} in the source" if date.words else ""]
    fact = FactRecord(
        subject=entity.slug,
        quantity=term.identifier,
        literal=row.value,
        value=number[0],
        low=number[1],
        high=number[2],
        unit=unit,
        as_of=date.as_of,
        valid_until=date.valid_until,
        confidence=confidence,
        note="; ".join(word for word in words if word) or None,
        source=source,
        locator=locator_of(row),
    )
    return corrected(fact, row, selection.corrections)


def stated_property(row: Row, kind: PropertyTerm, entity: EntityRecord, citations: Citations) -> PropertyRecord | str:
    """The stated property of a row, or the reason why there is none."""
    stated, words = " ".join(row.value.split()), ""
    if kind.value_type == "date":
        date = parse_date(row.value)
        if date.as_of is None:
            return "not a date" if row.value else "empty"
        stated, words = date.as_of, f"printed as {row.value!r}" if row.value != date.as_of else ""
    elif kind.value_type == "boolean":
        stated = row.value.casefold()
        if stated not in ("true", "false"):
            return "neither true nor false"
    if not stated:
        return "empty"
    confidence = confidence_of(row)
    if confidence is None:
        return f"unknown confidence {row.confidence!r}"
    source = citations.cite(row.source_title, row.source_url_or_repo, row.source_path)
    if source is None:
        return "the citation has no locator"
    return PropertyRecord(
        subject=entity.slug,
        kind=kind.identifier,
        stated=stated,
        confidence=confidence,
        source=source,
        as_of=parse_date(row.as_of).as_of,
        note="; ".join(part for part in (row.note.strip("; "), words) if part) or None,
        locator=locator_of(row),
    )


def corrected(fact: FactRecord, row: Row, corrections: Iterable[Correction]) -> FactRecord | str:
    """The fact after the corrections that name its row; ``drop`` gives the reason instead of a fact."""
    for item in corrections:
        if (
            item.entity not in ("*", row.entity_id)
            or item.attribute != row.attribute
            or item.value not in ("", row.value)
        ):
            continue
        if item.field == "drop":
            return item.reason
        note = "; ".join(part for part in (fact.note, item.reason) if part)
        if item.field == "confidence":
            fact = replace(fact, confidence=item.new, note=note)
        elif item.field == "condition":
            fact = replace(fact, condition=item.new, note=note)
        elif item.field == "as_of":
            fact = replace(fact, as_of=item.new, note=note)
        elif item.field == "valid_until":
            fact = replace(fact, valid_until=item.new, note=note)
        elif item.field == "quantity":
            fact = replace(fact, quantity=item.new, note=note)
        elif item.field == "forecast":
            fact = replace(fact, as_of=item.new or None, condition=f"forecast for {row.as_of}", note=note)
        else:
            raise ValueError(f"a correction cannot change {item.field!r}")
    return fact
