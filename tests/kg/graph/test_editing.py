"""Retractions and scenarios in Turtle: what is wrong with one is found with its line, and what is right is read."""

from __future__ import annotations

import pytest
from tests.kg.graph.test_validation import PREFIXES, TODAY, graph, line

from downstack.graph.model import ScenarioChange
from downstack.graph.statements import Statements
from downstack.graph.store import read_knowledge
from downstack.graph.validation import Document, parse_document, shacl_findings, structural_findings

OWN = "@prefix retraction: <https://w3id.org/downstack/retraction/> .\n@prefix scenario: <https://w3id.org/downstack/scenario/> .\n"
EDITS = """\
retraction:one a dso:Retraction ;
    dso:retracts fact:chip-one.memory_bandwidth.1 ;
    dso:retractionReason "The table is of another chip." ;
    dso:retractedOn "2026-10-31" .

scenario:faster a dso:Scenario ;
    rdfs:label "Faster"@en ;
    dso:hasChange scenario:faster.change-001 ;
    dso:asksFor dso:decodeBandwidth ;
    dso:hasFilter scenario:faster.accelerator, scenario:faster.layer ;
    dso:asOf "2026-09" .

scenario:faster.change-001 a dso:ScenarioChange ;
    dso:changesEntity ds:chip-one ;
    dso:changesQuantity dso:memoryBandwidth ;
    dso:operation "ADD" ;
    dso:amount 0.8e0 ;
    dso:unit "TB/s" .

scenario:faster.accelerator a dso:ScenarioFilter ;
    dso:filterRole "accelerator" ;
    dso:admits ds:chip-one .

scenario:faster.layer a dso:ScenarioFilter ;
    dso:filterRole "layer" ;
    dso:admits dso:layer6 .
"""


def edited(text: str = EDITS) -> list[Document]:
    return [*graph(), parse_document("edits.ttl", PREFIXES + OWN + text)]


def test_what_is_right_is_read() -> None:
    documents = edited()
    assert structural_findings(documents, today=TODAY) == ()
    assert shacl_findings(documents) == ()
    knowledge = read_knowledge(Statements(documents), version="test")
    (fact,) = (item for item in knowledge.facts if item.quantity == "memory_bandwidth")
    assert (fact.retracted_on, fact.retraction_reason) == ("2026-10-31", "The table is of another chip.")
    assert not fact.is_current
    (scenario,) = knowledge.scenarios
    assert (scenario.id, scenario.name, scenario.as_of) == ("faster", "Faster", "2026-09")
    assert scenario.changes == (ScenarioChange("chip-one", "memory_bandwidth", "ADD", 0.8, "TB/s"),)
    assert scenario.targets == ("decode_bandwidth",)
    assert scenario.where == (("accelerator", ("chip-one",)), ("layer", ("MEMORY_AND_INTERCONNECT",)))


def test_a_withdrawn_fact_answers_for_the_days_before() -> None:
    knowledge = read_knowledge(Statements(edited()), version="test")

    def known(day: str | None) -> int:
        return len(knowledge.candidates("chip-one", "memory_bandwidth", day))

    assert [known(day) for day in ("2026-09", "2026-10-30", "2026-10-31", "2026-11", None)] == [1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("fact:chip-one.memory_bandwidth.1 ;", "fact:nothing ;", "unknown fact fact:nothing"),
        ('dso:retractionReason "The table is of another chip." ;', "", "has no dso:retractionReason"),
        ('"2026-10-31"', '"2026-10-32"', 'dso:retractedOn "2026-10-32" is not a date'),
        ('"2026-10-31"', '"2027-10-31"', "dso:retractedOn 2027-10-31 is in the future"),
        ('rdfs:label "Faster"@en ;', "", "has no rdfs:label"),
        ("dso:asksFor dso:decodeBandwidth", "dso:asksFor dso:decodeWidth", "unknown quantity dso:decodeWidth"),
        ("hasChange scenario:faster.change-001", "hasChange scenario:nothing", "unknown change"),
        ("dso:changesEntity ds:chip-one", "dso:changesEntity ds:chip-two", "unknown entity ds:chip-two"),
        ('dso:operation "ADD"', 'dso:operation "HALVE"', "is not one of SCALE, ADD, SET, PERCENT"),
        ("dso:amount 0.8e0", 'dso:amount "much"', 'dso:amount "much" is not a finite number'),
        ("dso:amount 0.8e0", 'dso:amount "INF"^^xsd:double', 'dso:amount "INF" is not a finite number'),
        ("dso:amount 0.8e0 ;", "", "has no dso:amount"),
        ("dso:admits dso:layer6", "dso:admits ds:chip-one", "unknown entity ds:chip-one"),
        ('dso:filterRole "accelerator" ;', "", "has no dso:filterRole"),
    ],
)
def test_what_is_wrong_is_found(old: str, new: str, what: str) -> None:
    assert EDITS.count(old) >= 1
    found = structural_findings(edited(EDITS.replace(old, new, 1)), today=TODAY)
    assert any(what in item.what for item in found), found


def test_a_fault_is_found_in_its_line() -> None:
    text = EDITS.replace('"2026-10-31"', '"tomorrow"')
    (found,) = structural_findings(edited(text), today=TODAY)
    assert (found.file, found.line) == ("edits.ttl", line(text, "dso:retractedOn") + OWN.count("\n"))


def test_a_fact_is_withdrawn_once() -> None:
    again = EDITS.partition("scenario:faster a")[0].replace("retraction:one", "retraction:two")
    (found,) = structural_findings(edited(EDITS + again), today=TODAY)
    assert "is retracted twice" in found.what


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"2026-10-31"', '"2026-10"', "the day of the retraction is not one"),
        ('"The table is of another chip."', '""', "the reason is not one text"),
        ('"Faster"@en', '"Faster"@en, "Quicker"@en', "has not exactly one name"),
        ('dso:operation "ADD"', 'dso:operation "HALVE"', "the operation is not one of the list"),
        ('dso:unit "TB/s"', "dso:unit 3", "the unit is not at most one text"),
    ],
)
def test_the_shapes_say_so_too(old: str, new: str, said: str) -> None:
    found = shacl_findings(edited(EDITS.replace(old, new, 1)))
    assert any(said in item.what for item in found), found
