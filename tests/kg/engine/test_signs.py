"""Directions that sources state beside numbers: T11, that they agree, and what an answer says where they do not."""

from __future__ import annotations

import pytest

from downstack.engine.engine import Engine
from downstack.errors import KnowledgeError
from downstack.kg import KnowledgeGraph
from downstack.results import ImpactReport

from .test_qualitative import EXTRA, influence
from .toy import FACTS, toy_knowledge, toy_registry


def kinds(edge: str, changed: str, affected: str) -> str:
    """Return an influence that names the two quantities it connects."""
    return edge.replace(
        "dcterms:source", f"dso:changedKind dso:{changed} ; dso:affectedKind dso:{affected} ; dcterms:source"
    )


def graph(*edges: str) -> KnowledgeGraph:
    return KnowledgeGraph(Engine(toy_knowledge(FACTS + EXTRA + "".join(edges)), toy_registry()))


def asked(*edges: str, change: str = "x2", targets: list[str] | None = None) -> ImpactReport:
    return graph(*edges).impact({"toy-chip-a.toy_bandwidth": change}, targets=targets)


def test_t11_all_influences_that_name_quantities_agree_in_sign_with_the_formulas(bundled: KnowledgeGraph) -> None:
    found = bundled.compare_signs()
    named = {item.iri for item in bundled.influences if item.changed_kind is not None}
    assert len(named) >= 13
    assert {item.influence.iri for item in found} == named
    assert [item.text for item in found if item.disagrees] == []
    # A comparison that finds nothing to compare would agree with everything.
    assert all(item.agreeing > 0 for item in found)


@pytest.mark.parametrize(("sign", "disagrees"), [("-", False), ("+", True)])
def test_t11_a_formula_that_moves_against_an_influence_is_a_finding(sign: str, disagrees: bool) -> None:
    edge = kinds(influence("1", "toy-chip-a", "toy-a", sign), "toyBandwidth", "toyStepTime")
    (found,) = graph(edge).compare_signs()
    assert found.disagrees is disagrees
    assert (found.agreeing > 0, found.opposing > 0) == (not disagrees, disagrees)
    assert "says that more toy_bandwidth" in found.text
    assert ("say the opposite in" in found.text) is disagrees


@pytest.mark.parametrize("change", ["x2", "x0.5"])
def test_an_answer_names_the_influence_that_its_numbers_contradict(change: str) -> None:
    edge = kinds(influence("wrong", "toy-chip-a", "toy-a", "+"), "toyBandwidth", "toyStepTime")
    report = asked(edge, change=change)
    (finding,) = report.findings
    assert finding.text.startswith("wrong says that more toy_bandwidth raises toy_step_time")
    assert asked(edge, targets=["toy_bandwidth"]).findings == ()
    right = kinds(influence("right", "toy-chip-a", "toy-a", "-"), "toyBandwidth", "toyStepTime")
    assert asked(right, change=change).findings == ()


def test_changes_in_opposite_directions_contradict_nobody() -> None:
    edge = kinds(influence("wrong", "toy-chip-a", "toy-a", "+"), "toyBandwidth", "toyStepTime")
    changes = {"toy-chip-a.toy_bandwidth": "x2", "toy-chip-b.toy_bandwidth": "x0.5"}
    assert graph(edge).impact(changes).findings == ()


def test_where_a_formula_answers_the_number_stands_and_the_direction_is_left_out() -> None:
    edge = kinds(influence("1", "toy-chip-a", "toy-a", "-"), "toyBandwidth", "toyStepTime")
    onward = influence("2", "toy-a", "toy-b", "-")
    with_number = asked(edge, onward)
    assert any(effect.quantity.id == "toy_step_time" for effect in with_number.effects)
    assert [item.path for item in with_number.qualitative] == [("toy-chip-a", "toy-a", "toy-b")]
    without = asked(edge, onward, targets=["toy_bandwidth"])
    assert [item.path[-1] for item in without.qualitative] == ["toy-a", "toy-b"]


def test_an_influence_of_one_quantity_says_nothing_of_another() -> None:
    edge = kinds(influence("1", "toy-chip-a", "toy-a", "+"), "toyCapacity", "toyCost")
    assert asked(edge).qualitative == ()
    kg = graph(edge)
    assert len(kg.impact({"toy-chip-a.toy_capacity": "x2"}, targets=["toy_capacity"]).qualitative) == 1


def test_a_mixed_path_is_numeric_up_to_the_first_influence() -> None:
    kg = graph(influence("1", "toy-chip-a", "toy-a", "+"), influence("2", "toy-a", "toy-b", "-", strength="weak"))
    report = kg.impact({"toy-hbm.toy_pin_rate": "+35%"}, targets=["toy_bandwidth"])
    assert [item.path for item in report.qualitative] == [("toy-chip-a", "toy-a"), ("toy-chip-a", "toy-a", "toy-b")]
    assert [item.summary for item in report.qualitative] == [
        "numeric to here: toy_bandwidth of toy-chip-a +35 %; beyond: likely +, strong, high confidence, evidence inf:1",
        "numeric to here: toy_bandwidth of toy-chip-a +35 %; beyond: likely -, weak, high confidence, "
        "evidence inf:1, inf:2",
    ]
    # What does not move is where no direction begins.
    assert kg.impact({"toy-chip-b.toy_capacity": "x2"}).qualitative == ()


def test_on_the_bundled_graph_directions_begin_where_the_numbers_end(bundled: KnowledgeGraph) -> None:
    report = bundled.impact({"hbm3e.data_rate_per_pin": "+20%"}, targets=["memory_bandwidth"])
    mixed = [item for item in report.qualitative if item.numeric.startswith("memory_bandwidth of ")]
    assert mixed
    assert all("memory_bandwidth of " in item.summary and "+20 %" in item.numeric for item in mixed)
    assert report.findings == ()


def test_a_computed_quantity_that_is_set_lower_has_the_direction_of_its_fall() -> None:
    kg = KnowledgeGraph(
        Engine(toy_knowledge(FACTS + EXTRA + influence("1", "toy-model-1", "toy-a", "+")), toy_registry())
    )
    for text, sign in (("40GB", "-"), ("160GB", "+"), ("80GB", "0")):
        report = kg.impact({"toy-model-1.toy_bytes": text}, targets=["toy_bytes"])
        assert [item.sign for item in report.qualitative] == [sign]


def test_too_many_directions_make_the_answer_partial_and_say_why() -> None:
    edges = [influence(str(index), "toy-chip-a", "toy-a", "+", affected=f"thing {index}") for index in range(250)]
    report = asked(*edges)
    assert len(report.qualitative) == 200
    assert report.partial
    assert report.partial_reason == "only the first 200 directions without numbers are listed"
    assert not asked(*edges[:10]).partial


def test_an_influence_names_both_quantities_or_none() -> None:
    half = influence("1", "toy-chip-a", "toy-a", "+").replace(
        "dcterms:source", "dso:changedKind dso:toyCost ; dcterms:source"
    )
    with pytest.raises(KnowledgeError, match="only one of dso:changedKind and dso:affectedKind"):
        graph(half)
    unknown = kinds(influence("1", "toy-chip-a", "toy-a", "+"), "toyCost", "nothing")
    with pytest.raises(KnowledgeError, match="unknown quantity"):
        graph(unknown)
