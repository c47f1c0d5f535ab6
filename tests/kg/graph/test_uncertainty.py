"""What Turtle says of errors: distributions and correlation groups that are read, and mistakes in them that are found."""

from __future__ import annotations

import pytest

from downstack.graph.loading import build
from downstack.graph.validation import Document, parse_document, shacl_findings, structural_findings
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import FunctionRegistry

from .test_validation import CHIP, INFLUENCE, OTHERS, PREFIXES, QUANTITIES, TODAY, VOCABULARY

FIRST = "fact:chip-one.memory_bandwidth.1"
SECOND = "fact:chip-one.memory_bandwidth.2"
THIRD = "fact:chip-one.memory_bandwidth.3"


def chip(extra: str = "") -> str:
    """Return the chip with an addition to its fact."""
    return CHIP.replace('    dso:condition "decimal units" ;\n', f'    dso:condition "decimal units" ;\n{extra}')


def more(name: str, value: float, extra: str = "") -> str:
    """Return another fact of the chip."""
    return (
        f"{name} a dso:Fact ; dso:subject ds:chip-one ; dso:quantity dso:memoryBandwidth ; dso:value {value!r}e0 ; "
        f'dso:literal "{value:g}" ; dso:unit "GB/s" ; dso:confidence dso:press ; {extra} dcterms:source src:table .\n'
    )


def documents(facts: str, quantities: str = QUANTITIES) -> list[Document]:
    return [
        *VOCABULARY,
        parse_document("quantities.ttl", PREFIXES + quantities),
        parse_document(
            "chip-one.ttl", PREFIXES + "@prefix group: <https://w3id.org/downstack/correlation-group/> .\n" + facts
        ),
        parse_document("others.ttl", PREFIXES + OTHERS),
        parse_document("influence.ttl", PREFIXES + INFLUENCE),
    ]


MEMBER = "dso:correlationGroup group:one ;"
GROUP = (
    'group:one a dso:CorrelationGroup ; rdfs:label "one"@en ; dso:confidence dso:assumption ; {} '
    "dcterms:source src:table .\n"
)


def pair(number: int, first: str, second: str, correlation: float) -> str:
    return (
        f"group:one.{number} a dso:PairCorrelation ; dso:betweenFact {first}, {second} ; "
        f"dso:correlation {correlation!r}e0 .\n"
    )


def grouped(said: str = "", pairs: str = "") -> str:
    return (
        chip(f"    {MEMBER}\n")
        + more(SECOND, 4750.0, MEMBER)
        + more(THIRD, 4850.0, MEMBER)
        + GROUP.format(said)
        + pairs
    )


ALL_PAIRS = "dso:hasPairCorrelation group:one.1, group:one.2, group:one.3 ;"


@pytest.mark.parametrize(
    "facts",
    [
        chip("    dso:distribution dso:uniform ;\n"),
        chip("    dso:distribution dso:triangular ;\n"),
        chip("    dso:distribution dso:normal ;\n"),
        chip("    dso:distribution dso:normal ; dso:standardDeviation 50.0e0 ;\n"),
        chip("    dso:distribution dso:lognormal ; dso:logStandardDeviation 0.01e0 ;\n"),
        grouped(),
        grouped("dso:correlation 0.5e0 ;"),
        grouped(ALL_PAIRS, pair(1, FIRST, SECOND, 0.5) + pair(2, FIRST, THIRD, -0.5) + pair(3, SECOND, THIRD, 0.0)),
    ],
)
def test_what_is_whole_has_no_finding(facts: str) -> None:
    assert structural_findings(documents(facts), today=TODAY) == ()
    assert shacl_findings(documents(facts)) == ()


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (chip("    dso:distribution dso:gaussian ;\n"), "unknown distribution dso:gaussian"),
        (chip("    dso:distribution dso:normal, dso:uniform ;\n"), "has 2 values of dso:distribution"),
        (chip("    dso:standardDeviation 50.0e0 ;\n"), "says nothing unless it is dso:normal"),
        (
            chip("    dso:distribution dso:normal ; dso:logStandardDeviation 0.1e0 ;\n"),
            "says nothing unless it is dso:lognormal",
        ),
        (chip("    dso:distribution dso:normal ; dso:standardDeviation 0.0e0 ;\n"), "is not a number above zero"),
        (chip("    dso:distribution dso:normal ; dso:standardDeviation -5.0e0 ;\n"), "is not a number above zero"),
        (chip("    dso:distribution dso:uniform ;\n").replace("    dso:low 4700.0e0 ;\n", ""), "does not say how wide"),
        (
            chip("    dso:distribution dso:lognormal ;\n").replace("dso:low 4700.0e0", "dso:low 0.0e0"),
            "lower end is not above zero",
        ),
        (chip("    dso:correlationGroup group:two ;\n"), "unknown correlation group"),
        (CHIP + f"{SECOND} dso:distribution dso:normal .\n", "is no fact that is described"),
        (
            grouped().replace("dcterms:source src:table .\n", ".\n").replace("assumption ;  .", "assumption ."),
            "no dcterms:source",
        ),
        (
            grouped(pairs=pair(1, FIRST, SECOND, 0.5)) + "group:one dso:hasPairCorrelation group:one.1 .\n",
            "leaves out the correlation",
        ),
        (grouped("dso:correlation -0.9e0 ;"), "contradict each other"),
        (grouped("dso:correlation 1.5e0 ;"), "is not between -1 and 1"),
        (
            grouped("dso:correlation 0.5e0 ; dso:hasPairCorrelation group:one.1 ;", pair(1, FIRST, SECOND, 0.5)),
            "one correlation for all pairs and one for each",
        ),
        (
            grouped(ALL_PAIRS, pair(1, FIRST, SECOND, 0.9) + pair(2, FIRST, THIRD, 0.9) + pair(3, SECOND, THIRD, -0.9)),
            "contradict each other",
        ),
        (
            grouped("dso:hasPairCorrelation group:one.1 ;", pair(1, FIRST, "fact:elsewhere.1", 0.9)),
            "is not a correlation of two facts",
        ),
        (
            grouped(ALL_PAIRS, pair(1, FIRST, SECOND, 0.1) + pair(2, SECOND, FIRST, 0.1) + pair(3, SECOND, THIRD, 0.1)),
            "gives the correlation of one pair twice",
        ),
    ],
)
def test_each_mistake_is_found_and_the_message_says_what_to_do(facts: str, message: str) -> None:
    found = structural_findings(documents(facts), today=TODAY)
    assert any(message in item.what for item in found), [item.what for item in found]
    assert all(item.remedy for item in found)


def test_a_value_above_the_most_that_a_quantity_can_be_is_found() -> None:
    bounded = QUANTITIES.replace(
        "    dso:nonNegative true ;\n", "    dso:nonNegative true ;\n    dso:atMost 1.0e12 ;\n", 1
    )
    same_unit = CHIP.replace('dso:unit "GB/s"', 'dso:unit "byte/s/chip"')
    assert structural_findings(documents(same_unit, bounded), today=TODAY) == ()
    above = same_unit.replace("4800.0e0", "4.8e12").replace("4900.0e0", "4.9e12")
    found = structural_findings(documents(above, bounded), today=TODAY)
    assert {item.rule for item in found} == {"at-most"}


def test_the_shapes_find_what_the_checks_find() -> None:
    for facts in (
        chip("    dso:distribution dso:measured ;\n"),
        chip("    dso:distribution dso:normal ; dso:standardDeviation 0.0e0 ;\n"),
        grouped("dso:correlation 1.5e0 ;"),
        grouped().replace('rdfs:label "one"@en ; ', ""),
    ):
        assert shacl_findings(documents(facts)), facts


def test_what_is_read_is_in_base_units_and_sorted() -> None:
    facts = grouped(
        ALL_PAIRS, pair(1, SECOND, FIRST, 0.5) + pair(2, FIRST, THIRD, -0.5) + pair(3, SECOND, THIRD, 0.0)
    ).replace(
        "    dso:correlationGroup group:one ;\n",
        "    dso:correlationGroup group:one ; dso:distribution dso:normal ; dso:standardDeviation 50.0e0 ;\n",
        1,
    )
    knowledge, _ = build(documents(facts), FunctionRegistry(), shacl=False)
    first = next(item for item in knowledge.facts if item.iri.endswith("bandwidth.1"))
    assert (first.distribution, first.standard_deviation, first.log_standard_deviation) == ("normal", 50e9, None)
    (group,) = knowledge.correlation_groups.values()
    assert group.iri == first.correlation_group
    assert group.is_known and group.correlation is None
    assert list(group.facts) == sorted(group.facts) and len(group.facts) == 3
    assert [value for _, _, value in group.pairs] == [0.5, -0.5, 0.0]
    assert all(one < other for one, other, _ in group.pairs)


def test_the_bundled_fit_states_its_spread_and_its_correlation(bundled: KnowledgeGraph) -> None:
    (group,) = bundled.correlation_groups.values()
    assert group.is_known and len(group.facts) == 28 and len(group.pairs) == 378
    by_iri = {fact.iri: fact for fact in bundled.facts}
    # Each stands with the range that it takes in the fits that leave out a model, a chip or an engine.
    for fact in (by_iri[iri] for iri in group.facts):
        assert fact.low is not None and fact.high is not None and fact.low <= fact.value <= fact.high
    assert all(by_iri[iri].source.iri == group.source.iri for iri in group.facts)
