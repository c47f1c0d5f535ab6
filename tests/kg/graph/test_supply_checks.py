"""Supply chains in Turtle: what is refused, by the checks on loading and by the SHACL shapes."""

from __future__ import annotations

import pytest

from downstack.graph.validation import Document, parse_document, read_documents, shacl_findings, structural_findings
from downstack.vocabulary import PREFIXES, folder

HEAD = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
VOCABULARY = read_documents(folder("terms"))
SHARE = """
fact:buyer-{name}.cowos_capacity_share.1 a dso:Fact ;
    dso:subject ds:buyer-{name} ;
    dso:quantity dso:cowosCapacityShare ;
    dso:value {value}e0 ;
    dso:literal "{value}" ;
    dso:unit "{unit}" ;
    dso:asOf "2026" ;
    dso:confidence dso:estimate ;
    dcterms:source src:table .

ds:buyer-{name} a dso:Company ;
    rdfs:label "Buyer {name}"@en .

sup:packaging.to.buyer-{name} a dso:AllocationShare ;
    dso:allocates sup:packaging ;
    dso:allocatedTo ds:buyer-{name} ;
    dso:shareFact fact:buyer-{name}.cowos_capacity_share.1 ;
    dcterms:source src:table .
"""
CHAIN = """
src:table a dso:Source ;
    dcterms:title "A table" ;
    dso:reference "https://example.org/table" .

ds:packaging a dso:PackagingTechnology ; rdfs:label "Packaging"@en ; dso:inLayer dso:layer7 .
ds:chip a dso:Accelerator ; rdfs:label "Chip"@en ; dso:inLayer dso:layer5 .

fact:packaging.inventory_cover.1 a dso:Fact ;
    dso:subject ds:packaging ;
    dso:quantity dso:inventoryCover ;
    dso:value 30.0e0 ;
    dso:literal "30" ;
    dso:unit "day" ;
    dso:confidence dso:assumption ;
    dcterms:source src:table .

fact:packaging.nothing a dso:Fact ;
    dso:subject ds:packaging ; dso:quantity dso:inventoryCover ; dso:value 0.0e0 ; dso:literal "0" ; dso:unit "day" ;
    dso:confidence dso:assumption ; dcterms:source src:table .

fact:packaging.half a dso:Fact ;
    dso:subject ds:packaging ; dso:quantity dso:capacityHeadroom ; dso:value 0.5e0 ; dso:literal "0.5" ; dso:unit "1" ;
    dso:confidence dso:assumption ; dcterms:source src:table .

sup:packaging a dso:ProductionNode ;
    rdfs:label "Packaging"@en ;
    dso:produces ds:packaging ;
    dso:technology "assembly" ;
    dso:rationing "proportional" ;
    dcterms:source src:table .

sup:chip a dso:ProductionNode ;
    rdfs:label "Chip"@en ;
    dso:produces ds:chip ;
    dso:technology "assembly" ;
    dso:rationing "proportional" ;
    dcterms:source src:table .

sup:chip.from.packaging a dso:ProductionInput ;
    dso:inputOf sup:chip ;
    dso:drawsOn sup:packaging ;
    dso:inputGroup "packaging" ;
    dso:inventoryFact fact:packaging.inventory_cover.1 ;
    dcterms:source src:table .
"""


def graph(*parts: str) -> list[Document]:
    return [*VOCABULARY, parse_document("chain.ttl", HEAD + "".join(parts))]


def shares(*values: float, unit: str = "%") -> str:
    return "".join(SHARE.format(name=place, value=float(value), unit=unit) for place, value in enumerate(values))


def rules(*parts: str) -> set[str]:
    return {item.rule for item in structural_findings(graph(*parts))}


def test_a_chain_that_is_whole_has_no_findings() -> None:
    whole = graph(CHAIN, shares(60.0, 40.0))
    assert structural_findings(whole) == ()
    assert shacl_findings(whole) == ()


@pytest.mark.parametrize(("values", "unit"), [((60.0, 40.5), "%"), ((0.6, 0.5), "1")])
def test_t04_shares_that_sum_to_more_than_the_whole_are_refused_by_shacl(values: tuple[float, ...], unit: str) -> None:
    found = shacl_findings(graph(CHAIN, shares(*values, unit=unit)))
    assert len(found) == 1
    assert "sum to more than one" in found[0].what
    assert "unallocated" in found[0].remedy


def test_t04_shares_that_sum_to_more_than_the_whole_are_refused_on_loading() -> None:
    (found,) = structural_findings(graph(CHAIN, shares(60.0, 30.0, 10.5)))
    assert found.rule == "share-sum"
    assert "1.005" in found.what


def test_t04_a_part_with_a_flow_of_its_own_beside_that_of_its_whole_is_refused() -> None:
    flow = """
fact:packaging.cowos_wafer_starts.1 a dso:Fact ;
    dso:subject ds:packaging ; dso:quantity dso:cowosWaferStarts ; dso:value 80.0e0 ; dso:literal "80" ;
    dso:unit "wafer/month" ; dso:confidence dso:estimate ; dcterms:source src:table .
ds:part a dso:PackagingTechnology ; rdfs:label "Part"@en ; dso:inLayer dso:layer7 .
sup:part a dso:ProductionNode ; rdfs:label "Part"@en ; dso:produces ds:part ; dso:technology "assembly" ;
    dso:rationing "proportional" ; dso:partitionOf sup:packaging ; dso:flowFact fact:packaging.cowos_wafer_starts.1 ;
    dcterms:source src:table .
"""
    whole = CHAIN.replace(
        'rdfs:label "Packaging"@en ;\n    dso:produces',
        'rdfs:label "Packaging"@en ;\n    dso:flowFact fact:packaging.cowos_wafer_starts.1 ;\n    dso:produces',
    )
    (found,) = shacl_findings(graph(whole, flow))
    assert "count it twice" in found.what


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ('dso:technology "assembly"', 'dso:technology "magic"', "word"),
        ('dso:rationing "proportional"', 'dso:rationing "lottery"', "word"),
        ("dso:drawsOn sup:packaging", "dso:drawsOn sup:nowhere", "unknown-production node"),
        ("dso:drawsOn sup:packaging", "dso:drawsOn sup:chip", "supply-circle"),
        ('    dso:inputGroup "packaging" ;\n', "", "missing"),
        ('dso:inputGroup "packaging"', 'dso:inputGroup "packaging" ; dso:shareFact fact:packaging.nothing', "share"),
        ("dso:produces ds:chip", "dso:produces ds:packaging", "supply-entity"),
        ('ds:chip ;\n    dso:technology "assembly"', 'ds:chip ;\n    dso:technology "service"', "supply-technology"),
        (
            'ds:packaging ;\n    dso:technology "assembly"',
            'ds:packaging ;\n    dso:technology "fleet"',
            "supply-technology",
        ),
        (
            "    dso:produces ds:chip ;",
            "    dso:produces ds:chip ; dso:flowFact fact:packaging.inventory_cover.1 ;",
            "supply-fact",
        ),
        (
            "    dso:produces ds:chip ;",
            "    dso:produces ds:chip ; dso:headroomFact fact:packaging.half ;",
            "supply-fact",
        ),
        ("dso:produces ds:chip", "dso:produces ds:nobody", "unknown-entity"),
        ("dso:inventoryFact fact:packaging", "dso:leadTimeFact fact:packaging", "supply-fact"),
        ("dso:inventoryFact fact:packaging.inventory_cover.1", "dso:inventoryFact fact:none", "unknown-fact"),
        ('dso:inputGroup "packaging"', 'dso:inputGroup "packaging" ; dso:drawsOnPart sup:chip', "supply-part"),
    ],
)
def test_a_fault_in_a_chain_is_found_on_loading(right: str, wrong: str, rule: str) -> None:
    assert right in CHAIN
    assert rule in rules(CHAIN.replace(right, wrong))
