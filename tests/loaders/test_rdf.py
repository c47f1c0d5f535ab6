"""Statements in this vocabulary stay as they are, those of another become what a table says."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.loaders.catalogues import EXAMPLES, expected, load, shown

from downstack.errors import KnowledgeError
from downstack.kg import KnowledgeGraph
from downstack.loaders.sources.rdf_contexts import CONTEXT, bundled_context
from downstack.loaders.transaction import write_store
from downstack.vocabulary import DSO, FACT

SAMPLE = EXAMPLES / "rdf"
MAPPED = (SAMPLE / "chips.ttl", SAMPLE / "mapping.csv")
PREFIXES = """\
@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <https://example.org/> .
"""


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mapped_vocabulary_becomes_exactly_this_turtle() -> None:
    loaded = load("rdf", *MAPPED)
    assert shown(loaded.documents) == expected("rdf-mapped.ttl")
    assert (loaded.report.read, loaded.report.kept, loaded.facts) == (8, 7, 1)
    assert [str(item) for item in loaded.report.rejections] == [
        "chips.ttl:8: <https://example.org/chips/X1> <https://example.org/vocabulary#colour> = '\"red\"': "
        "neither the vocabulary nor the mapping has the property"
    ]


def test_json_ld_with_the_bundled_context_becomes_exactly_this_turtle() -> None:
    loaded = load("rdf", SAMPLE / "apex.jsonld")
    assert shown(loaded.documents) == expected("rdf-own.ttl")
    assert (loaded.report.read, loaded.report.kept) == (22, 22)


def test_both_are_taken_into_a_store_and_loaded_again_without_a_change(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = load("rdf", *MAPPED)
    write_store(store, {**first.documents, **load("rdf", SAMPLE / "apex.jsonld").documents}, dry_run=True)
    write_store(store, first.documents)
    graph = KnowledgeGraph.open(store)
    (power,) = graph.facts_of("x1", "thermal_design_power")
    assert (power.value, power.source.locator.split(":")[1]) == (700.0, "sha256")
    assert load("rdf", *MAPPED, graph=graph).documents == first.documents


def test_n_triples_and_turtle_of_the_same_statements_become_the_same_file(tmp_path: Path) -> None:
    turtle = file(tmp_path, "same.ttl", PREFIXES + 'ds:acme a dso:Company ; rdfs:label "Acme"@en .\n')
    lines = (
        '<https://w3id.org/downstack/id/acme> <http://www.w3.org/2000/01/rdf-schema#label> "Acme"@en .\n'
        "<https://w3id.org/downstack/id/acme> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
        "<https://w3id.org/downstack/ontology#Company> .\n"
    )
    triples = file(tmp_path, "same.nt", lines)
    assert [*load("rdf", turtle).documents.values()] == [*load("rdf", triples).documents.values()]


def test_the_bundled_context_has_every_link_of_the_vocabulary() -> None:
    context = bundled_context()
    assert context["designs"] == context["dependsOn"] == {"@type": "@id"}
    assert context["@vocab"] == DSO
    assert context["fact"] == FACT
    assert not CONTEXT.endswith("/")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("dso:memoryBandwidth dso:atMost 1 .", "data does not change the vocabulary"),
        ('ex:chip rdfs:label "A chip" .', "the subject is of another vocabulary"),
        ('ds:acme ex:colour "red" .', "neither the vocabulary nor the mapping has the property"),
        ("ds:acme dso:designs ex:chip .", "the object is of another vocabulary"),
        ("ds:acme a ex:Company .", "the class is none of the vocabulary"),
        ("ds:acme a dso:QuantityKind .", "the class is none of the vocabulary"),
        ('ds:acme dso:designs "a chip" .', "a text in the place of a name"),
        ("ds:acme dso:designs [] .", "a node without a name"),
        ("ds:acme dso:thermalDesignPower 700 .", "a number without unit and confidence"),
    ],
)
def test_a_statement_that_fits_nothing_is_rejected_with_its_reason(tmp_path: Path, statement: str, reason: str) -> None:
    good = 'ds:other-acme a dso:Company ; rdfs:label "Other"@en .\n'
    report = load("rdf", file(tmp_path, "some.ttl", PREFIXES + good + statement + "\n")).report
    assert report.read == report.kept + report.rejected == 3
    assert len(report.rejections) == 1
    assert report.rejections[0].reason.startswith(reason)


def test_an_uncited_relation_or_fact_of_this_vocabulary_is_refused(tmp_path: Path) -> None:
    text = PREFIXES + 'ds:acme-y a dso:Company ; rdfs:label "Acme"@en ; dso:designs ds:hbm .\n'
    loaded = load("rdf", file(tmp_path, "forged.ttl", text))
    with pytest.raises(KnowledgeError, match="no dso:Relation cites"):
        write_store(tmp_path / "store", loaded.documents)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("ex,dso:Company,,,", "is no address"),
        ("https://example.org/a,https://example.org/b,,,", "is no name of this vocabulary"),
        ("https://example.org/*,ds:acme,,,", "a star on one side only"),
        ("https://example.org/a,dso:thermalDesignPower,horsepower,press,", "unknown unit 'horsepower'"),
        ("https://example.org/a,dso:thermalDesignPower,W,rumour,", "the confidence is not one of"),
        ("https://example.org/a,dso:Company,,,\nhttps://example.org/a,dso:Market,,,", "is mapped twice"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused_with_its_line(tmp_path: Path, row: str, what: str) -> None:
    table = file(tmp_path, "mapping.csv", f"source,target,unit,confidence,note\n{row}\n")
    with pytest.raises(KnowledgeError, match=f"mapping.csv:[23]: .*{what}"):
        load("rdf", SAMPLE / "chips.ttl", table)


def test_two_names_that_would_become_one_do_not(tmp_path: Path) -> None:
    text = PREFIXES + "ex:X-1 a ex:Chip . ex:x_1 a ex:Chip .\n"
    table = file(
        tmp_path, "mapping.csv", "source,target\nhttps://example.org/*,ds:*\nhttps://example.org/Chip,dso:Accelerator\n"
    )
    report = load("rdf", file(tmp_path, "some.ttl", text), table).report
    assert [item.reason for item in report.rejections] == ["the subject is of another vocabulary"]
