"""Questions of a date: facts and relations that had been stated by then, and had not ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.loaders.small import HEAD, by_hand

from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph

DATED = (
    HEAD
    + """
ds:chip a dso:Accelerator ; rdfs:label "Chip"@en ; dso:inLayer dso:layer5 ; dso:fabricatedOn ds:node .
ds:node a dso:ProcessNode ; rdfs:label "Node"@en ; dso:inLayer dso:layer7 .
ds:maker dso:designs ds:chip ; dso:ownsStakeIn ds:rival .
rel:a a dso:Relation ; rdf:subject ds:maker ; rdf:predicate dso:designs ; rdf:object ds:chip ;
    dso:asOf "2025-06" ; dcterms:source src:report .
rel:b a dso:Relation ; rdf:subject ds:maker ; rdf:predicate dso:ownsStakeIn ; rdf:object ds:rival ;
    dso:asOf "2024" ; dso:validUntil "2025-03" ; dcterms:source src:report .
rel:c a dso:Relation ; rdf:subject ds:chip ; rdf:predicate dso:fabricatedOn ; rdf:object ds:node ;
    dcterms:source src:report .
fact:old a dso:Fact ; dso:subject ds:chip ; dso:quantity dso:memoryBandwidth ; dso:value 1000.0e0 ; dso:literal "1000" ;
    dso:unit "GB/s" ; dso:asOf "2024" ; dso:confidence dso:datasheet ; dcterms:source src:report .
fact:new a dso:Fact ; dso:subject ds:chip ; dso:quantity dso:memoryBandwidth ; dso:value 2000.0e0 ; dso:literal "2000" ;
    dso:unit "GB/s" ; dso:asOf "2025-06" ; dso:confidence dso:datasheet ; dcterms:source src:report .
"""
)


@pytest.fixture(scope="module")
def kg(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    folder = by_hand(tmp_path_factory.mktemp("dated") / "store")
    (folder / "facts" / "dated.ttl").write_text(DATED, encoding="utf-8")
    return KnowledgeGraph.open(folder)


@pytest.mark.parametrize(
    ("as_of", "held"),
    [
        (None, ["designs", "ownsStakeIn"]),
        ("2023", []),
        ("2024-02", ["ownsStakeIn"]),
        ("2025-03-31", ["ownsStakeIn"]),
        ("2025-04", []),
        ("2025-06-01", ["designs"]),
    ],
)
def test_relations_of_a_date_are_those_that_had_begun_and_not_ended(
    kg: KnowledgeGraph, as_of: str | None, held: list[str]
) -> None:
    assert sorted(item.predicate for item in kg.relations_of("maker", as_of)) == held


def test_a_relation_without_a_date_always_holds(kg: KnowledgeGraph) -> None:
    assert "fabricatedOn" in [item.predicate for item in kg.relations_of("chip", "1999")]


def test_a_value_and_an_impact_of_a_date_rest_on_the_facts_of_that_date(kg: KnowledgeGraph) -> None:
    assert kg.value("memory_bandwidth", "chip").value == pytest.approx(2000.0)
    assert kg.value("memory_bandwidth", "chip", as_of="2025-01").value == pytest.approx(1000.0)
    assert kg.value("memory_bandwidth", "chip", as_of="2023").value is None
    for as_of, base in ((None, 2000.0), ("2025-01", 1000.0)):
        report = kg.impact({"chip.memory_bandwidth": "x2"}, targets=["memory_bandwidth"], as_of=as_of)
        assert [item.base for item in report.effects] == [pytest.approx(base)]
        assert [item.ratio for item in report.effects] == [pytest.approx(2.0)]


def test_a_date_that_is_none_is_refused(kg: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError):
        kg.relations_of("maker", "yesterday")


def test_a_relation_that_ended_before_it_began_is_a_finding(tmp_path: Path) -> None:
    folder = by_hand(tmp_path / "store")
    text = DATED.replace('"2025-03"', '"2023-01"')
    (folder / "facts" / "dated.ttl").write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match="valid until 2023-01, before the 2024"):
        KnowledgeGraph.open(folder)
