"""What makes no sense is refused with what, where and what to do; nothing is half-loaded."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from downstack.errors import AmbiguousNameError, KnowledgeError, UnitError, UnknownNameError, UserInputError
from downstack.kg import KnowledgeGraph

PREFIXES = """\
@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fact: <https://w3id.org/downstack/fact/> .
@prefix src: <https://w3id.org/downstack/source/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .

"""
GOOD = (
    PREFIXES
    + """\
src:sheet a dso:Source ; dcterms:title "A data sheet" ; dso:reference "https://example.org/sheet" .

ds:my-chip a dso:Accelerator ;
    rdfs:label "My chip"@en ;
    dso:inLayer dso:layer5 .

fact:my-chip.memory_bandwidth.1 a dso:Fact ;
    dso:subject ds:my-chip ;
    dso:quantity dso:memoryBandwidth ;
    dso:value 1.5e0 ;
    dso:literal "1.5" ;
    dso:unit "TB/s" ;
    dso:asOf "2026-01" ;
    dso:confidence dso:datasheet ;
    dcterms:source src:sheet .
"""
)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_an_unknown_entity_names_the_three_nearest(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UnknownNameError) as caught:
        bundled.impact({"nvidia-h2000-sxm.memory_bandwidth": "x1.4"})
    assert len(caught.value.near) == 3
    assert "nvidia-h200-sxm" in caught.value.near
    assert "nvidia-h200-sxm" in str(caught.value)


def test_an_alias_of_several_entities_names_them(bundled: KnowledgeGraph) -> None:
    with pytest.raises(AmbiguousNameError) as caught:
        bundled.resolve("Claude")
    assert set(caught.value.candidates) == {"claude", "claude-app"}


@pytest.mark.parametrize(
    "name",
    [
        "nvidia-h200-sxm",
        "ds:nvidia-h200-sxm",
        "https://w3id.org/downstack/id/nvidia-h200-sxm",
        "H200 SXM",
        "nvidia h200",
    ],
)
def test_an_entity_answers_to_slug_curie_iri_and_alias(bundled: KnowledgeGraph, name: str) -> None:
    assert bundled.resolve(name).id == "nvidia-h200-sxm"


def test_an_unknown_quantity_names_the_nearest(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UnknownNameError) as caught:
        bundled.impact({"nvidia-h200-sxm.memory_bandwith": "x1.4"})
    assert "memory_bandwidth" in caught.value.near


def test_a_unit_of_something_else_says_both_dimensions(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UnitError, match="W"):
        bundled.impact({"nvidia-h200-sxm.memory_bandwidth": "+100W"})


@pytest.mark.parametrize("text", ["xnan", "xinf", "x-1.4", "-150%", "+inf TB/s", "x0"])
def test_numbers_that_are_no_change_are_refused(bundled: KnowledgeGraph, text: str) -> None:
    with pytest.raises(UserInputError) as caught:
        bundled.impact({"nvidia-h200-sxm.memory_bandwidth": text})
    assert caught.value.hint


def test_a_quantity_that_the_entity_does_not_have_is_refused(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError, match="has no memory_bandwidth"):
        bundled.impact({"llama-3.1-70b.memory_bandwidth": "x1.4"})


def test_a_filter_that_does_not_exist_names_those_that_do(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UnknownNameError, match="accelerator"):
        bundled.value("memory_bandwidth", where={"acelerator": "nvidia-h200-sxm"})


def test_a_file_of_facts_is_read_beside_the_bundled_vocabulary(tmp_path: Path) -> None:
    file = tmp_path / "mine.ttl"
    file.write_text(GOOD, encoding="utf-8")
    kg = KnowledgeGraph.open(file)
    assert kg.value("memory_bandwidth", entity="my-chip").value == 1500.0
    assert kg.value("memory_bandwidth", entity="my-chip").unit == "GB/s"


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ('"TB/s"', '"TBps"', "dso:unit", "TBps"),
        ('"TB/s"', '"W"', "dso:unit", "W"),
        (" ;\n    dcterms:source src:sheet .", " .", "fact:my-chip", "source"),
        ("src:sheet .\n", "src:shet .\n", "src:shet", "src:shet"),
        ("dso:memoryBandwidth", "dso:memoryBandwith", "dso:quantity", "dso:memoryBandwith"),
        ("1.5e0", '"NaN"^^<http://www.w3.org/2001/XMLSchema#double>', "dso:value", "NaN"),
        ("dso:subject ds:my-chip", "dso:subject ds:no-chip", "dso:subject", "ds:no-chip"),
        ('"2026-01"', '"2093-01"', "dso:asOf", "future"),
        ("dso:datasheet", "dso:rumour", "dso:confidence", "dso:rumour"),
    ],
)
def test_a_fault_in_a_file_names_the_file_and_the_line(
    tmp_path: Path, old: str, new: str, place: str, message: str
) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    file = tmp_path / "mine.ttl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        KnowledgeGraph.open(file)
    finding = caught.value.findings[0]
    assert finding.file.endswith("mine.ttl")
    assert finding.line == line_of(text, place)
    assert message in str(finding)
    assert finding.remedy


def test_a_refused_file_leaves_the_open_graph_as_it_was(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    before = bundled.version, len(bundled.facts)
    file = tmp_path / "mine.ttl"
    file.write_text(GOOD.replace('"TB/s"', '"TBps"'), encoding="utf-8")
    with pytest.raises(KnowledgeError):
        KnowledgeGraph.open(file)
    assert (bundled.version, len(bundled.facts)) == before
    assert "my-chip" not in bundled.entities


def test_the_bundled_graph_opens_on_a_machine_whose_clock_runs_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Past(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime(2020, 1, 1, tzinfo=tz)

    monkeypatch.setattr("downstack.graph.checks.datetime", Past)
    assert KnowledgeGraph.open().info.facts > 2000


def test_a_folder_that_is_not_there_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="no such file"):
        KnowledgeGraph.open(tmp_path / "nothing")


def test_facts_about_bundled_entities_are_checked_beside_them(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    head, _, rest = GOOD.partition("ds:my-chip a")
    text = head + rest[rest.index("fact:") :].replace("my-chip", "nvidia-h200-sxm")
    file = tmp_path / "mine.ttl"
    file.write_text(text, encoding="utf-8")
    # The sample says 1.5 TB/s of a chip with 4.8: doubtful, and no reason to refuse it.
    assert [(item.rule, item.is_error) for item in bundled.validate([file])] == [("contradiction", False)]
    file.write_text(text.replace('"TB/s"', '"TBps"'), encoding="utf-8")
    (finding,) = bundled.validate([file])
    assert (finding.file, finding.line) == (str(file), line_of(text, "dso:unit"))


def test_shacl_and_all_other_checks_hold_over_the_bundled_facts(bundled: KnowledgeGraph) -> None:
    assert [item for item in bundled.validate() if item.is_error] == []
