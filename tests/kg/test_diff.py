"""What two versions state differently, and which answers that moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from downstack.engine.engine import Engine
from downstack.graph.diff import HEADLINES, HEADLINES_FOR, compare_knowledge
from downstack.kg import KnowledgeGraph
from downstack.performance import REGISTRY


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def test_a_version_does_not_differ_from_itself(kg: KnowledgeGraph) -> None:
    report = kg.diff(kg)
    assert report.is_empty
    assert report.impact is None


def test_every_kind_of_record_is_compared_both_ways(kg: KnowledgeGraph) -> None:
    held = kg.engine.knowledge
    entity = next(iter(held.entities.values()))
    entities = {**held.entities, entity.id: replace(entity, label="Another name", file="elsewhere.ttl")}
    other = replace(
        held,
        version="other",
        entities=entities,
        facts=held.facts[1:],
        relations=(replace(held.relations[0], note="another note"), *held.relations[1:]),
        influences=held.influences[:-1],
    )
    there, back = compare_knowledge(held, other), compare_knowledge(other, held)
    assert [(item.kind, item.change) for item in there.differences] == [
        ("entity", "changed"),
        ("fact", "removed"),
        ("relation", "changed"),
        ("influence", "removed"),
    ]
    assert (back.added, back.changed, back.removed) == (2, 2, 0)
    fact = next(item for item in there.differences if item.kind == "fact")
    assert fact.before is not None
    assert held.facts[0].literal in fact.before
    assert held.facts[0].unit in fact.before
    assert fact.source_before == f"{held.facts[0].source.title}, {held.facts[0].source.locator}"
    assert (fact.after, fact.source_after) == (None, None)


def test_where_something_is_kept_is_no_difference(kg: KnowledgeGraph) -> None:
    held = kg.engine.knowledge
    moved = {slug: replace(item, file="moved.ttl") for slug, item in held.entities.items()}
    other = replace(held, entities=moved, facts=tuple(replace(item, file="moved.ttl") for item in held.facts))
    assert compare_knowledge(held, other).is_empty


def test_a_fact_that_replaces_another_of_the_same_condition_is_one_changed_fact(kg: KnowledgeGraph) -> None:
    held = kg.engine.knowledge
    old = next(item for item in held.facts if item.quantity == "memory_bandwidth" and item.entity == "nvidia-h200-sxm")
    new = replace(old, iri=old.iri + "x", literal="5000", value=5.0e12)
    other = replace(held, facts=tuple(sorted([*(f for f in held.facts if f is not old), new], key=lambda f: f.iri)))
    (found,) = compare_knowledge(held, other).differences
    assert (found.change, found.name) == ("changed", "nvidia-h200-sxm.memory_bandwidth")
    assert (found.before or "").startswith("4800 GB/s")
    assert (found.after or "").startswith("5000 GB/s")


def test_the_impact_of_a_difference_is_the_answers_that_moved(kg: KnowledgeGraph) -> None:
    held = kg.engine.knowledge
    facts = tuple(
        replace(item, value=1.1 * item.value, literal="faster")
        if (item.entity, item.quantity) == ("nvidia-h200-sxm", "memory_bandwidth")
        else item
        for item in held.facts
    )
    other = KnowledgeGraph(Engine(replace(held, version="other", facts=facts), REGISTRY))
    report = kg.diff(other, impact=True)
    assert report.impact is not None
    assert {item.quantity.id for item in report.impact.effects} <= set(HEADLINES)
    assert "time_per_output_token" in {item.quantity.id for item in report.impact.effects}
    for item in report.impact.effects:
        assert item.key.get("model") in (HEADLINES_FOR["model"], None)
        assert sum(part.amount for part in item.causes) == pytest.approx(item.change)
    narrow = kg.diff(other, targets=["memory_bandwidth"], where={"accelerator": "nvidia-h200-sxm"})
    assert narrow.impact is not None
    (moved,) = narrow.impact.effects
    assert (moved.before, moved.after) == (pytest.approx(4800.0), pytest.approx(5280.0))
