"""Companies: each cell a stated property with its own source, or a rejection that says why."""

from __future__ import annotations

import pytest

from downstack.errors import KnowledgeError
from downstack.loaders import Citations, EntityRecord, Rejection, Vocabulary
from downstack.loaders.citations import KnownSource
from downstack.loaders.records import PropertyRecord, SourceRecord
from downstack.loaders.sources import companies_csv
from downstack.loaders.sources.facts_csv import Selection
from downstack.loaders.vocabulary import PropertyTerm
from downstack.loaders.writer import entity_document

KINDS = {"country": "country", "ticker": "ticker", "wikidata_qid": "wikidata_item", "roles_by_layer": "roles_by_layer"}
VOCABULARY = Vocabulary(
    {}, {attribute: PropertyTerm(kind, kind, "text", frozenset({attribute})) for attribute, kind in KINDS.items()}
)
ACME = EntityRecord("acme", "Acme", ("Company",), 5)
SELECTION = Selection({"company:acme": ACME, "chip": EntityRecord("chip", "Chip", ("Accelerator",), 5)}, {})
TURTLE = """\
said:acme.country.7b1b603c a dso:StatedProperty ;
    dso:subject ds:acme ;
    dso:property dso:country ;
    dso:stated "USA" ;
    dso:confidence dso:press ;
    dso:note "the table cites 'A graph'" ;
    dcterms:source src:graph .

said:acme.roles_by_layer.7ded7c30 a dso:StatedProperty ;
    dso:subject ds:acme ;
    dso:property dso:rolesByLayer ;
    dso:stated "L5: chips; L6: links" ;
    dso:confidence dso:press ;
    dso:note "by layer as the article places it; names that the article does not use are the table's" ;
    dcterms:source src:article .

said:acme.ticker.21d172b8 a dso:StatedProperty ;
    dso:subject ds:acme ;
    dso:property dso:ticker ;
    dso:stated "ACM (ADR)" ;
    dso:confidence dso:press ;
    dso:note "the table cites 'A list'" ;
    dcterms:source src:list .

said:acme.wikidata_item.fb685d73 a dso:StatedProperty ;
    dso:subject ds:acme ;
    dso:property dso:wikidataItem ;
    dso:stated "Q42" ;
    dso:confidence dso:press ;
    dso:note "the same in: a headcount; others give Q43: wrong" ;
    dcterms:source src:graph .
"""
HEADER = ",".join(companies_csv.COLUMNS)


def citations() -> Citations:
    named = (("article", "seed article"), ("graph", "A graph"), ("list", "A list"))
    return Citations(
        known=tuple(
            KnownSource(SourceRecord(slug, title, f"https://example.org/{slug}"), frozenset({title}))
            for slug, title in named
        )
    )


def read(*rows: str) -> tuple[list[PropertyRecord], list[Rejection]]:
    table = companies_csv.parse("\n".join((HEADER, *rows, "")).encode())
    found = list(companies_csv.to_properties(table, VOCABULARY, SELECTION, citations()))
    kept = [item for item in found if isinstance(item, PropertyRecord)]
    return kept, [item for item in found if isinstance(item, Rejection)]


def test_a_row_becomes_exactly_this_turtle() -> None:
    kept, rejected = read(
        'acme,Acme,USA,"L5: chips; L6: links; founded long ago",Q42,A graph; a headcount,'
        "ACM (ADR); 42.TW,A list; an excerpt,A graph,others give Q43: wrong"
    )
    assert entity_document(ACME, [], [], {}, stated=kept).split("\n\n", 2)[2] == TURTLE
    assert [(item.attribute, item.value, item.reason) for item in rejected] == [
        ("roles_by_layer", "founded long ago", "names no layer"),
        ("ticker", "42.TW", "the citation has no locator"),
    ]


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ("A graph", "one source only: items of Wikidata in public tables are often wrong"),
        ("A graph; A graph", "one source only: items of Wikidata in public tables are often wrong"),
        ("several independent repos", "the sources are not named"),
        ("a headcount; a map", "the citation has no locator"),
        ("", "one source only: items of Wikidata in public tables are often wrong"),
    ],
)
def test_an_item_of_wikidata_needs_two_named_sources_one_with_a_locator(sources: str, reason: str) -> None:
    kept, rejected = read(f"acme,Acme,,,Q42,{sources},,,,")
    assert kept == []
    assert [item.reason for item in rejected] == [reason]


def test_the_source_with_a_locator_is_cited_and_the_other_is_named() -> None:
    (item,), _ = read("acme,Acme,,,Q42,a headcount; A graph,,,,")
    assert (item.stated, item.source, item.note) == ("Q42", "graph", "the same in: a headcount")


def test_what_only_memory_supports_is_no_fact() -> None:
    kept, rejected = read("acme,Acme,USA,,,,private,,memory,")
    assert kept == []
    assert [(item.attribute, item.reason) for item in rejected] == [
        ("country", "memory only: what nobody looked up is not a fact"),
        ("ticker", "the table names no source"),
    ]


def test_a_company_that_is_not_selected_is_rejected_and_a_chip_is_no_company() -> None:
    _, rejected = read("other,Other,USA,,,,,,A graph,", "chip,Chip,USA,,,,,,A graph,")
    assert [(item.row, item.reason) for item in rejected] == [
        (2, "the company is not selected"),
        (3, "the company is not selected"),
    ]


def test_a_renamed_column_is_an_error_that_names_it() -> None:
    with pytest.raises(KnowledgeError, match="unknown column 'land'"):
        companies_csv.parse(HEADER.replace("country,", "land,", 1).encode())
