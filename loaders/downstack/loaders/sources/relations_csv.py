"""Tidy relations: subject, predicate, object, with a value where the link has a size.

Source and licence
    As for facts: tables kept by hand, each row with its citation.
What is dropped, and why
    predicates that the vocabulary does not have (shares of a demand or a market without a quantity kind); links with an
    unselected end; citations without a locator. A size (shares, wafers) is a quantity of its own where the vocabulary
    has one; otherwise it stays in the note, never in the link.
Direction
    Some predicates are turned round so that the accelerator, the offering or the cloud is the subject: ``packages``
    becomes packagedWith, ``process_of`` fabricatedOn, ``offers`` of an instance offeredBy, ``owns`` of a cloud
    operatedBy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from downstack.loaders.citations import Citations
from downstack.loaders.dates import parse_date
from downstack.loaders.records import EntityRecord, FactRecord, RelationRecord
from downstack.loaders.report import Rejection
from downstack.loaders.sources.facts_csv import Selection, bounds_of, read_number
from downstack.loaders.tables import read_table
from downstack.loaders.units import spell
from downstack.loaders.vocabulary import Vocabulary

COLUMNS = ("subject_id", "predicate", "object_id", "value", "unit", "as_of", "source", "note")

STRAIGHT = {
    "designs": "designs",
    "fabricates": "fabricates",
    "uses_memory": "usesMemory",
    "uses_interconnect": "usesInterconnect",
    "has_accelerator": "hasAccelerator",
    "supplies_hbm": "suppliesMemoryTo",
    "allocates_capacity_to": "allocatesCapacityTo",
    "custom_silicon_partner_for": "partnersOnSilicon",
    "owns_stake_in": "ownsStakeIn",
    "operates": "offers",
    "offers": "offers",
    "variant_of": "variantOf",
    "second_source_for": "secondSourceFor",
    "invests_in": "investsIn",
    "commits_spend_to": "commitsSpendingTo",
    "commits_capacity": "commitsSpendingTo",
    "buys_services_from": "commitsSpendingTo",
    "buys": "buys",
    "grants_warrants_to": "grantsWarrantsTo",
    "licenses_technology_from": "licensesFrom",
}
TURNED = {"packages": "packagedWith", "process_of": "fabricatedOn", "owns": "operatedBy"}
SIZED = {
    ("has_accelerator", "chips"): "accelerators_per_instance",
    ("allocates_capacity_to", "%"): "cowos_capacity_share",
    ("allocates_capacity_to", "wafers/year"): "cowos_wafer_allocation",
    ("revenue_share_of", "%"): "foundry_revenue_share",
}
"""(predicate, unit) -> the quantity that the size of a link is: of its subject for an offering, else of the customer."""
_OF_SUBJECT = {"has_accelerator", "revenue_share_of"}


@dataclass(frozen=True, slots=True)
class Row:
    """One link in the source's own words."""

    line: int
    subject_id: str
    predicate: str
    object_id: str
    value: str
    unit: str
    as_of: str
    source: str
    note: str


def parse(data: bytes, name: str = "relations") -> list[Row]:
    """Read a table of relations; an unknown column is an error that names it."""
    return [Row(line=line, **cells) for line, cells in read_table(data, COLUMNS, (), name)]


def to_records(
    rows: Iterable[Row], vocabulary: Vocabulary, selection: Selection, citations: Citations
) -> Iterator[RelationRecord | FactRecord | Rejection]:
    """Relations, the facts that sized links are, and a rejection for every row that becomes neither."""
    for row, found in by_row(rows, vocabulary, selection, citations):
        for item in found:
            yield (
                Rejection(row.line, row.subject_id, row.predicate, row.object_id, item)
                if isinstance(item, str)
                else item
            )


def by_row(
    rows: Iterable[Row], vocabulary: Vocabulary, selection: Selection, citations: Citations
) -> Iterator[tuple[Row, list[RelationRecord | FactRecord | str]]]:
    """Each row with what it becomes: statements, or the reason why there are none."""
    kept = list(rows)
    operators = {row.object_id: row.subject_id for row in kept if row.predicate == "operates"}
    for row in kept:
        yield row, list(_records(row, operators, vocabulary, selection, citations))


def _records(
    row: Row, operators: Mapping[str, str], vocabulary: Vocabulary, selection: Selection, citations: Citations
) -> Iterator[RelationRecord | FactRecord | str]:
    """What one row becomes; a reason when it becomes nothing.

    Capacity is allocated by the company that operates the technology, which the same table names (`operators`).
    """
    subject_id = operators.get(row.subject_id, row.subject_id) if row.predicate == "allocates_capacity_to" else ""
    subject, object_ = selection.entities.get(subject_id or row.subject_id), selection.entities.get(row.object_id)
    quantity = SIZED.get((row.predicate, row.unit))
    if row.predicate not in STRAIGHT and row.predicate not in TURNED and quantity is None:
        yield "the vocabulary has no such predicate"
        return
    if subject is None or object_ is None:
        yield "an end of the link is not selected"
        return
    source = citations.cite("", row.source)
    if source is None:
        yield "the citation has no locator"
        return
    relation = _relation(row, subject, object_, source)
    fact = _size(row, quantity, subject, object_, vocabulary, source) if quantity else None
    if relation:
        yield relation
    if fact:
        yield fact
    if relation is None and fact is None:
        yield "neither a link nor a quantity of its subject"


def _size(
    row: Row, quantity: str, subject: EntityRecord, object_: EntityRecord, vocabulary: Vocabulary, source: str
) -> FactRecord | None:
    """The size of a link as a fact: of the offering or customer that the quantity describes."""
    owner, other = (subject, object_) if row.predicate in _OF_SUBJECT else (object_, subject)
    term, number, unit = vocabulary.terms.get(quantity), read_number(row.value), spell(row.unit)
    if term is None or number is None or unit is None or not term.applies_to & set(owner.classes):
        return None
    number = bounds_of(number, row.note)
    date = parse_date(row.as_of)
    counts = row.predicate == "has_accelerator"
    technology = "CoWoS" if row.predicate == "allocates_capacity_to" else other.label
    return FactRecord(
        subject=owner.slug,
        quantity=quantity,
        literal=row.value,
        value=number[0],
        low=number[1],
        high=number[2],
        unit=unit,
        condition=None if counts else f"of {technology}",
        as_of=date.as_of,
        valid_until=date.valid_until,
        confidence="vendorClaim" if counts else "press",
        note=row.note or None,
        source=source,
    )


def _relation(row: Row, subject: EntityRecord, object_: EntityRecord, source: str) -> RelationRecord | None:
    date = parse_date(row.as_of)
    words = [row.note, f"dated {date.words!r} in the source" if date.words else ""]
    if row.value and row.predicate not in ("has_accelerator", "offers"):
        words.insert(0, f"{row.value} {row.unit}".strip())
    note = "; ".join(word for word in words if word) or None
    if row.predicate == "offers" and "CloudOffering" in object_.classes:
        return RelationRecord(object_.slug, "offeredBy", subject.slug, source, date.as_of, None)
    if row.predicate in STRAIGHT:
        return RelationRecord(subject.slug, STRAIGHT[row.predicate], object_.slug, source, date.as_of, note)
    if row.predicate in TURNED:
        return RelationRecord(object_.slug, TURNED[row.predicate], subject.slug, source, date.as_of, note)
    return None
