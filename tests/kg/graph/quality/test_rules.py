"""Each rule finds what it is for, at its line, with its severity; and nothing in a graph that is right."""

from __future__ import annotations

import re

import pytest

from downstack.errors import UnknownNameError
from downstack.graph.quality.rules import RULES, rule_named

from .small import GRAPH, changed, found, line


def fact(slug: str, kind: str, value: str, unit: str, *more: str, number: int = 9, source: str = "review") -> str:
    """Return the Turtle of one more fact."""
    snake = re.sub(r"([A-Z])", lambda match: f"_{match[0].lower()}", kind)
    parts = (
        f"fact:{slug}.{snake}.{number} a dso:Fact",
        f"dso:subject ds:{slug}",
        f"dso:quantity dso:{kind}",
        f"dso:value {value}",
        f'dso:literal "{value}"',
        f'dso:unit "{unit}"',
        *more,
        f"dcterms:source src:{source}",
    )
    return "\n" + " ;\n    ".join(parts) + " .\n"


DATASHEET, PRESS = "dso:confidence dso:datasheet", "dso:confidence dso:press"
BANDWIDTH = "dso:value 3.2e0"
PEAK = "dso:value 312.0e0"


def test_a_graph_that_is_right_has_no_findings() -> None:
    assert found(GRAPH) == ()


@pytest.mark.parametrize(
    ("rule", "old", "new", "severity", "at", "says"),
    [
        ("pin-rate", BANDWIDTH, "dso:value 3.5e0", "error", "dso:value 3.5e0", "6.836 Gb/s through a pin"),
        ("pin-rate", BANDWIDTH, "dso:value 3.36e0", "warning", "dso:value 3.36e0", "and stacked reaches 6.4 Gb/s"),
        ("peak-rate", PEAK, "dso:value 624.0e0", "error", "dso:value 624.0e0", "2 times what 432 units x 512 operations"),
        ("peak-rate", PEAK, "dso:value 156.0e0", "error", "dso:value 156.0e0", "0.5 times what"),
        ("peak-rate", PEAK, "dso:value 340.0e0", "warning", "dso:value 340.0e0", "1.09 times what"),
        ("node-density", "dso:value 54.2e9", "dso:value 108.4e9", "warning", "dso:value 108.4e9", "1.44 times the density"),
        ("node-density", "dso:value 54.2e9", "dso:value 54.2e6", "warning", "dso:value 54.2e6", "0.000719 times the density"),
        ("cost-parts", "dso:value 580.0e0", "dso:value 680.0e0", "error", "dso:value 1000.0e0", "more than the 1000 USD"),
        ("cost-parts", "dso:value 580.0e0", "dso:value 500.0e0", "note", "dso:value 1000.0e0", "10% of chip.manufacturing"),
        ("shares", "dso:value 30.0e0", "dso:value 33.0e0", "error", "dso:value 70.0e0", "add up to 102.0%"),
        ("shares", "dso:value 30.0e0", "dso:value 31.5e0", "note", "dso:value 70.0e0", "sources disagree"),
        ("read-before-stated", '"2026-06-09"', '"2026-06-11"', "warning", '"2026-06-11"', "its source was read in 2026-06-10"),
        ("duplicate-name", 'altLabel "The Chip"', 'altLabel "CHIP_TWO"', "warning", '"Chip Two"@en', "both called 'Chip Two'"),
        ("duplicate-name", '"Second Foundry"', '"the chip"', "note", '"the chip"@en', "chip and second-foundry are both"),
        ("near-duplicate", '"Second Foundry"', '"First-Foundri"', "note", '"First-Foundri"@en', "nearly the same name"),
        ("near-duplicate", '"Second Foundry"', '"FirstFoundry"', "note", '"FirstFoundry"@en', "nearly the same name"),
        ("stale", 'dso:value 50.0e0 ;\n    dso:literal "50.00" ;\n    dso:unit "USD/h" ;\n    dso:asOf "2026-06"',
         'dso:value 50.0e0 ;\n    dso:literal "50.00" ;\n    dso:unit "USD/h" ;\n    dso:asOf "2024-06"',
         "note", 'dso:asOf "2024-06"', "older than its limit of 12 months"),
        ("contradiction", "dso:value 3200.0e0", "dso:value 1600.0e0", "note", "dso:value 1600.0e0", "the datasheet value answers"),
    ],
)  # fmt: skip
def test_a_broken_line_fires_its_rule_alone_at_its_line(
    rule: str, old: str, new: str, severity: str, at: str, says: str
) -> None:
    text = changed(old, new)
    (finding,) = found(text)
    assert (finding.rule, finding.severity, finding.file) == (rule, severity, "small.ttl")
    assert finding.line == line(text, at)
    assert says in f"{finding.what} ({finding.remedy})"
    assert finding.remedy


def test_sources_that_are_known_equally_well_and_differ_are_a_warning() -> None:
    text = GRAPH + fact("chip", "memoryBandwidth", "1.6e0", "TB/s", DATASHEET)
    (finding,) = found(text, "contradiction")
    assert (finding.severity, finding.line) == ("warning", line(text, "dso:value 1.6e0"))
    assert "sources differ by 50% on chip.memory_bandwidth: 3.2 TB/s (A data sheet, 2026-06, datasheet)" in finding.what


@pytest.mark.parametrize(
    "more",
    [
        fact("chip", "memoryBandwidth", "1.6e0", "TB/s", 'dso:condition "one of two dies"', DATASHEET),
        fact("stacked", "dataRatePerPin", "3.2e0", "Gb/s", DATASHEET, source="sheet"),
        fact("chip", "memoryBandwidth", "2.0e0", "TB/s", "dso:high 3.2e0", DATASHEET),
        fact("chip", "memoryBandwidth", "3.0e0", "TB/s", DATASHEET),
        fact("offering", "priceOnDemand", "90.0e0", "USD/h", 'dso:asOf "2026-01"', DATASHEET),
    ],
    ids=["another condition", "one source", "ranges that meet", "within a tenth", "another date of what varies"],
)
def test_what_only_looks_like_a_contradiction_is_none(more: str) -> None:
    assert found(GRAPH + more, "contradiction") == ()


def test_what_varies_in_time_contradicts_itself_on_one_date_only() -> None:
    text = GRAPH + fact("offering", "priceOnDemand", "90.0e0", "USD/h", 'dso:asOf "2026-06"', DATASHEET)
    assert [item.severity for item in found(text, "contradiction")] == ["warning"]


def test_an_entity_that_nothing_speaks_of_is_an_orphan() -> None:
    text = GRAPH + '\nds:alone a dso:Company ;\n    rdfs:label "Alone"@en .\n'
    (finding,) = found(text)
    assert (finding.rule, finding.severity, finding.line) == ("orphan", "warning", line(text, "ds:alone a"))
    mentioned = text + fact("chip", "coreCount", "132.0e0", "1", PRESS) + "\nds:chip rdfs:seeAlso ds:alone .\n"
    assert found(mentioned, "orphan") == ()


def test_a_vendor_that_goes_beyond_the_standard_raises_the_limit_of_a_pin() -> None:
    text = changed(BANDWIDTH, "dso:value 3.5e0") + fact("stacked", "vendorDataRatePerPin", "7.0e0", "Gb/s", PRESS)
    assert found(text, "pin-rate") == ()


def test_the_largest_rate_is_a_fact_and_without_it_nothing_is_said() -> None:
    block = GRAPH[GRAPH.index("fact:stacked.data_rate_per_pin.1") :].partition("\n\n")[0]
    assert found(changed(BANDWIDTH, "dso:value 35.0e0").replace(block, ""), "pin-rate") == ()


def test_a_corrected_fact_breaks_no_rule() -> None:
    text = changed(BANDWIDTH, "dso:value 35.0e0 ;\n    dso:supersededBy fact:chip.memory_bandwidth.2")
    assert found(text, "pin-rate", "contradiction") == ()


def test_an_end_before_its_beginning_is_refused_on_every_reading() -> None:
    from downstack.graph.validation import parse_document, structural_findings

    from .small import HEAD, VOCABULARY

    text = changed('dso:literal "50.00"', 'dso:literal "50.00" ;\n    dso:validUntil "2026-05"')
    (finding,) = structural_findings((*VOCABULARY, parse_document("small.ttl", HEAD + text)))
    assert (finding.rule, finding.severity, finding.line) == ("date-order", "error", line(text, "dso:validUntil"))


def test_every_rule_has_a_name_of_its_own_and_says_what_holds() -> None:
    names = [rule.id for rule in RULES]
    assert len(set(names)) == len(names) == 11
    for rule in RULES:
        assert rule.says and rule.severities
        assert rule_named(rule.id) is rule


def test_an_unknown_rule_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        rule_named("pin-rates")
    assert caught.value.near[0] == "pin-rate"
