"""Interventions on computed quantities: what is cut, what is kept, and that the answer says so."""

from __future__ import annotations

import pytest

from downstack.engine.engine import Engine
from downstack.kg import KnowledgeGraph

from .toy import toy_knowledge, toy_registry

WHERE = {"model": "toy-model-1", "offering": "toy-offer-2"}


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return KnowledgeGraph(Engine(toy_knowledge(), toy_registry()))


def test_setting_a_computed_quantity_cuts_its_in_edges_and_the_answer_says_so(kg: KnowledgeGraph) -> None:
    report = kg.impact(
        {"toy-model-1.toy_bytes": "100 GB", "toy-model-1.toy_size": "x10"}, targets=["toy_bytes"], where=WHERE
    )
    (effect,) = report.effects
    # Ten times the size would give 800 GB: the formula has no say.
    assert effect.scenario == pytest.approx(100e9)
    assert report.interventions == (
        "in-edges of toy_bytes for toy-model-1 are cut: its formula toy_bytes_dense no longer has a say",
    )
    assert effect.trace.function is None and effect.trace.inputs == () and effect.trace.facts == ()
    assert effect.trace.intervention is not None and "no longer has a say" in effect.trace.intervention


@pytest.mark.parametrize(("text", "expected"), [("x0.5", 400e9), ("+50%", 1200e9), ("+100GB", 900e9)])
def test_scaling_or_adding_keeps_the_formula_under_the_change(kg: KnowledgeGraph, text: str, expected: float) -> None:
    report = kg.impact(
        {"toy-model-1.toy_bytes": text, "toy-model-1.toy_size": "x10"}, targets=["toy_bytes"], where=WHERE
    )
    (effect,) = report.effects
    assert effect.scenario == pytest.approx(expected)
    assert report.interventions == (
        "in-edges of toy_bytes for toy-model-1 are kept: the change is applied to what its formula toy_bytes_dense gives",
    )
    assert effect.trace.function is not None and effect.trace.function.name == "toy_bytes_dense"


def test_where_a_value_is_published_and_computed_both_lose_their_say(kg: KnowledgeGraph) -> None:
    changes = {"toy-chip-a.toy_bandwidth": "1TB/s", "toy-hbm.toy_pin_rate": "x3"}
    report = kg.impact(changes, targets=["toy_bandwidth"])
    assert [effect.scenario for effect in report.effects] == [1e12]
    assert report.interventions == (
        "in-edges of toy_bandwidth for toy-chip-a are cut: "
        "neither its formula toy_bandwidth nor its published value has a say",
    )


def test_a_change_of_a_stated_fact_cuts_nothing(kg: KnowledgeGraph) -> None:
    assert kg.impact({"toy-offer-2.toy_price": "1USD/h"}, where=WHERE).interventions == ()


def test_an_entity_that_no_formula_applies_to_has_no_in_edges(kg: KnowledgeGraph) -> None:
    report = kg.impact({"toy-model-closed.toy_bytes": "10GB"}, targets=["toy_bytes"])
    assert [effect.scenario for effect in report.effects] == [10e9]
    assert report.interventions == ()
