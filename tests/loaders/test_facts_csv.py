"""The tidy table of facts: its own words, then cited facts, then exactly this Turtle."""

from __future__ import annotations

import random

import pytest

from downstack.errors import KnowledgeError
from downstack.loaders import Citations, EntityRecord, FactRecord, QuantityTerm, Rejection, Vocabulary
from downstack.loaders.sources import facts_csv
from downstack.loaders.sources.facts_csv import Correction, Selection
from downstack.loaders.writer import entity_document, source_document

HEADER = (
    "entity_id,entity_name,entity_type,layer,attribute,value,unit,as_of,"
    "source_title,source_url_or_repo,source_path,confidence,note\n"
)
ROWS = '''\
chip-a,Chip A,processor,5,memory_bandwidth,4800,GB/s,2026-08,A Book,owner/book@0123abc,ch/1.md,datasheet,"peak, ""one way"""
chip-a,Chip A,processor,5,memory_capacity,192,GB,2026-Q1,A Page,https://example.org/a,page,vendor-claim,published as GiB
chip-a,Chip A,processor,5,colour,green,,2026,A Page,https://example.org/a,,press,
chip-a,Chip A,processor,5,memory_bandwidth,4.8,furlong/s,2026,A Page,https://example.org/a,,press,
chip-a,Chip A,processor,5,memory_bandwidth,fast,GB/s,2026,A Page,https://example.org/a,,press,
chip-a,Chip A,processor,5,memory_bandwidth,600,GB/s,2026,A Page,somebody said so,,press,
chip-a,Chip A,processor,5,memory_bandwidth,600,GB/s,2026,A Page,https://example.org/a,,estimate,derived 8 x 75
chip-b,Chip B,processor,5,memory_bandwidth,600,GB/s,2026,A Page,https://example.org/a,,press,
chip-a,Chip A,processor,5,launch_date,2026-01-01,date,2026,A Page,https://example.org/a,,press,
'''
CHIP = EntityRecord("chip-a", "Chip A", ("Accelerator",), 5, ("A", "A 48"), "A chip.")
VOCABULARY = Vocabulary(
    {
        "memory_bandwidth": QuantityTerm(
            "memory_bandwidth",
            "memoryBandwidth",
            frozenset({"Accelerator"}),
            "byte/s/chip",
            frozenset({"memory_bandwidth"}),
        ),
        "memory_capacity": QuantityTerm(
            "memory_capacity", "memoryCapacity", frozenset({"Accelerator"}), "byte/chip", frozenset({"memory_capacity"})
        ),
    }
)
SELECTION = Selection({"chip-a": CHIP}, {"launch_date": "a date, not a number"})
NAMES = {identifier: term.local_name for identifier, term in VOCABULARY.terms.items()}

TURTLE = """\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fact: <https://w3id.org/downstack/fact/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix src: <https://w3id.org/downstack/source/> .

ds:chip-a a dso:Accelerator ;
    rdfs:label "Chip A"@en ;
    skos:altLabel "A", "A 48" ;
    skos:definition "A chip."@en ;
    dso:inLayer dso:layer5 .

fact:chip-a.memory_bandwidth.722fad51 a dso:Fact ;
    dso:subject ds:chip-a ;
    dso:quantity dso:memoryBandwidth ;
    dso:value 4800.0e0 ;
    dso:literal "4800" ;
    dso:unit "GB/s" ;
    dso:asOf "2026-08" ;
    dso:confidence dso:datasheet ;
    dso:note "peak, \\"one way\\"" ;
    dcterms:source src:a-book-ff9538 ;
    dso:locator "ch/1.md" .

fact:chip-a.memory_capacity.c9c36167 a dso:Fact ;
    dso:subject ds:chip-a ;
    dso:quantity dso:memoryCapacity ;
    dso:value 192.0e0 ;
    dso:literal "192" ;
    dso:unit "GiB" ;
    dso:asOf "2026-03" ;
    dso:confidence dso:vendorClaim ;
    dso:note "published as GiB; dated '2026-Q1' in the source" ;
    dcterms:source src:a-page-84effa .
"""


def read(
    text: str = HEADER + ROWS, selection: Selection = SELECTION
) -> tuple[list[FactRecord], list[Rejection], Citations]:
    citations = Citations()
    found = list(facts_csv.to_facts(facts_csv.parse(text.encode()), VOCABULARY, selection, citations))
    facts = [item for item in found if isinstance(item, FactRecord)]
    return facts, [item for item in found if isinstance(item, Rejection)], citations


def test_a_sample_becomes_exactly_this_turtle() -> None:
    facts, _, _ = read()
    assert entity_document(CHIP, [], facts, NAMES) == TURTLE


def test_the_order_of_rows_makes_no_difference() -> None:
    lines = ROWS.splitlines(keepends=True)
    random.Random(7).shuffle(lines)
    facts, _, _ = read(HEADER + "".join(lines))
    assert entity_document(CHIP, [], facts, NAMES) == TURTLE


def test_every_row_that_becomes_no_fact_says_why() -> None:
    _, rejections, _ = read()
    assert {(item.row, item.reason) for item in rejections} == {
        (4, "no quantity kind has that source attribute"),
        (5, "unknown unit 'furlong/s'"),
        (6, "not a number"),
        (7, "the citation has no locator"),
        (8, "derived from other rows: computed, never stored"),
        (9, "the entity is not selected"),
        (10, "a date, not a number"),
    }
    assert "furlong" in str(rejections[1]) and "row 5" in str(rejections[1])


@pytest.mark.parametrize("printed", ["0", "0.0"])
def test_0_dollars_are_a_missing_price(printed: str) -> None:
    price = QuantityTerm("price", "price", frozenset({"Accelerator"}), "USD/s", frozenset({"price"}))
    row = f"chip-a,Chip A,processor,5,price,{printed},USD/h,2026,A Page,https://example.org/a,,press,free\n"
    found = facts_csv.to_facts(
        facts_csv.parse((HEADER + row).encode()), Vocabulary({"price": price}), SELECTION, Citations()
    )
    assert [item.reason for item in found if isinstance(item, Rejection)] == [facts_csv.FREE]


def test_a_range_in_the_note_bounds_the_value_in_its_middle() -> None:
    row = "chip-a,Chip A,processor,5,memory_bandwidth,{},GB/s,2026,A Page,https://example.org/a,,press,{}\n"
    rows = (("100000", "90-110k"), ("70000", "65-75k; more"), ("16000", "18-20k"), ("50", "2025-06"))
    facts, _, _ = read(HEADER + "".join(row.format(value, note) for value, note in rows))
    assert [(item.value, item.low, item.high) for item in facts] == [
        (100_000.0, 90_000.0, 110_000.0),
        (70_000.0, 65_000.0, 75_000.0),
        (16_000.0, None, None),
        (50.0, None, None),
    ]


def test_a_source_gets_one_file_with_its_locator() -> None:
    _, _, citations = read()
    book = next(item for item in citations.records() if item.title == "A Book")
    assert 'dso:reference "owner/book@0123abc"' in source_document(book)


def test_a_renamed_column_is_an_error_that_names_it() -> None:
    with pytest.raises(KnowledgeError) as caught:
        facts_csv.parse(HEADER.replace("confidence", "trust").encode())
    said = {item.what for item in caught.value.findings}
    assert said == {"unknown column 'trust'", "missing column 'confidence'"}


def test_a_row_with_a_missing_cell_is_an_error_with_its_line() -> None:
    with pytest.raises(KnowledgeError) as caught:
        facts_csv.parse((HEADER + "chip-a,Chip A\n").encode())
    assert caught.value.findings[0].line == 2


def test_a_correction_changes_the_reading_and_says_why() -> None:
    fix = Correction("chip-a", "memory_bandwidth", "4800", "confidence", "press", "contradicted by another source")
    facts, _, _ = read(selection=Selection({"chip-a": CHIP}, {}, (fix,)))
    corrected = next(item for item in facts if item.quantity == "memory_bandwidth")
    assert corrected.confidence == "press"
    assert corrected.literal == "4800"
    assert (corrected.note or "").endswith("contradicted by another source")


def test_a_forecast_is_not_dated_in_the_future() -> None:
    fix = Correction("chip-a", "memory_bandwidth", "", "forecast", "2025", "a forecast")
    facts, _, _ = read(selection=Selection({"chip-a": CHIP}, {}, (fix,)))
    forecast = next(item for item in facts if item.quantity == "memory_bandwidth")
    assert (forecast.as_of, forecast.condition) == ("2025", "forecast for 2026-08")


def test_two_statements_never_share_a_name() -> None:
    line = ROWS.splitlines(keepends=True)[0]
    facts, _, _ = read(HEADER + line + line.replace("A Book", "Another Book"))
    assert len({item.key for item in facts}) == 2
