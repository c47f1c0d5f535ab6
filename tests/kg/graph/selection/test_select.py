"""What a selection finds is what looking at every entity finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.errors import UnitError, UnknownNameError, UserInputError
from downstack.graph.model import Entity, Fact
from downstack.graph.selection import QuantityCondition, RelationCondition, Selection
from downstack.kg import KnowledgeGraph

BANDWIDTH = "memory_bandwidth"


def slugs(kg: KnowledgeGraph, *conditions: QuantityCondition, **other: Any) -> set[str]:
    return {item.id for item in kg.select(Selection(quantities=conditions, **other)).entities}


def best(kg: KnowledgeGraph, slug: str, quantity: str = BANDWIDTH, as_of: str | None = None) -> Fact | None:
    found = kg.engine.knowledge.candidates(slug, quantity, as_of)
    return found[0] if found else None


def looked_at(kg: KnowledgeGraph, holds: Any, quantity: str = BANDWIDTH) -> set[str]:
    """The slugs of the entities whose best fact is as wanted, one after another."""
    facts = {slug: best(kg, slug, quantity) for slug in kg.entities}
    return {slug for slug, fact in facts.items() if fact is not None and holds(fact.value)}


def test_nothing_asked_is_everything(bundled: KnowledgeGraph) -> None:
    assert [item.id for item in bundled.select().entities] == sorted(bundled.entities)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"gt": 4.8, "unit": "TB/s"}, lambda value: value > 4.8e12 * (1 + 1e-9)),
        ({"gte": 4.8, "unit": "TB/s"}, lambda value: value >= 4.8e12 * (1 - 1e-9)),
        ({"gte": 4800.0}, lambda value: value >= 4.8e12 * (1 - 1e-9)),
        ({"lt": 4800.0, "unit": "GB/s"}, lambda value: value < 4.8e12 * (1 - 1e-9)),
        ({"lte": 4800.0, "unit": "GB/s/chip"}, lambda value: value <= 4.8e12 * (1 + 1e-9)),
        ({"eq": 4.8, "unit": "TB/s"}, lambda value: abs(value - 4.8e12) < 1e4),
        ({"between": (2.0, 4.8), "unit": "TB/s"}, lambda value: 1.9999999e12 <= value <= 4.8000001e12),
        ({"gt": 2.0, "lt": 4.0, "unit": "TB/s"}, lambda value: 2e12 < value < 4e12),
        ({}, lambda value: True),
    ],
    ids=str,
)
def test_a_value_is_compared_in_the_unit_that_is_named(
    bundled: KnowledgeGraph, condition: dict[str, Any], holds: Any
) -> None:
    found = slugs(bundled, QuantityCondition(BANDWIDTH, **condition))
    assert found == looked_at(bundled, holds)
    assert found, "a condition that nothing meets would test nothing"


def test_what_must_not_exist_is_everything_else(bundled: KnowledgeGraph) -> None:
    found = slugs(bundled, QuantityCondition(BANDWIDTH, exists=False))
    assert found == set(bundled.entities) - looked_at(bundled, lambda value: True)
    assert found


def test_the_fact_that_counts_is_the_one_that_answers_use(bundled: KnowledgeGraph) -> None:
    disputed = {
        slug: [fact.value for fact in facts]
        for (slug, quantity), facts in bundled.engine.knowledge.facts_by_subject.items()
        if quantity == BANDWIDTH and len({fact.value for fact in facts}) > 1
    }
    assert disputed, "the graph has sources that disagree"
    for slug, values in disputed.items():
        chosen = best(bundled, slug)
        assert chosen is not None
        for value in set(values):
            wanted = QuantityCondition(BANDWIDTH, eq=value, unit="byte/s")
            assert (slug in slugs(bundled, wanted)) is (value == pytest.approx(chosen.value, rel=1e-9)), (slug, value)


def test_only_some_kinds_of_statement_may_count(bundled: KnowledgeGraph) -> None:
    wanted = ("datasheet", "vendor-claim")
    facts = bundled.engine.knowledge.facts_by_subject
    by_hand = {
        slug
        for (slug, quantity), group in facts.items()
        if quantity == BANDWIDTH and any(fact.confidence in wanted for fact in group)
    }
    assert slugs(bundled, QuantityCondition(BANDWIDTH, confidence=wanted)) == by_hand
    assert slugs(bundled, QuantityCondition(BANDWIDTH), confidence=wanted) == by_hand
    assert by_hand < slugs(bundled, QuantityCondition(BANDWIDTH))
    own = QuantityCondition(BANDWIDTH, confidence=("press",))
    assert slugs(bundled, own, confidence=wanted) == slugs(bundled, own), "what a condition says itself comes first"


def test_only_facts_of_a_condition_may_count(bundled: KnowledgeGraph) -> None:
    fact = next(item for item in bundled.facts if item.condition and item.superseded_by is None)
    found = slugs(bundled, QuantityCondition(fact.quantity, under=(fact.condition or "").upper()))
    assert fact.entity in found
    assert found < slugs(bundled, QuantityCondition(fact.quantity)) or len(found) == 1


def test_a_date_chooses_the_facts(bundled: KnowledgeGraph) -> None:
    dated = next(item for item in bundled.facts if item.as_of and item.as_of > "2025" and item.superseded_by is None)
    early = slugs(bundled, QuantityCondition(dated.quantity), as_of="2000-01-01")
    held = {slug for slug in bundled.entities if best(bundled, slug, dated.quantity, "2000-01-01")}
    assert early == held
    assert early < slugs(bundled, QuantityCondition(dated.quantity))


@pytest.mark.parametrize(
    ("relation", "holds"),
    [
        (
            RelationCondition("fabricates", "tsmc", "object"),
            lambda item, slug: item.subject == "tsmc" and item.object == slug,
        ),
        (
            RelationCondition("fabricates", "TSMC"),
            lambda item, slug: "tsmc" in (item.subject, item.object) and slug != "tsmc",
        ),
        (RelationCondition("fabricates", stands="subject"), lambda item, slug: item.subject == slug),
    ],
    ids=["object", "either", "anything"],
)
def test_a_relation_is_followed_from_the_end_that_is_named(
    bundled: KnowledgeGraph, relation: RelationCondition, holds: Any
) -> None:
    stated = [item for item in bundled.relations if item.predicate == "fabricates"]
    by_hand = {slug for item in stated for slug in (item.subject, item.object) if holds(item, slug)}
    assert slugs(bundled, relations=(relation,)) == by_hand
    assert by_hand


def test_what_is_at_the_other_end_may_be_described(bundled: KnowledgeGraph) -> None:
    fast = Selection(classes=("MemoryTechnology",), text="hbm3e")
    found = slugs(bundled, relations=(RelationCondition("usesMemory", stands="subject", other=fast),))
    assert "nvidia-h200-sxm" in found
    by_hand = {item.subject for item in bundled.relations if item.predicate == "usesMemory" and "hbm3e" in item.object}
    assert found == by_hand


def test_relations_that_were_stated_later_are_left_out_on_a_date(bundled: KnowledgeGraph) -> None:
    dated = [item for item in bundled.relations if item.predicate == "packagedWith" and item.as_of]
    asked = RelationCondition("packagedWith", stands="subject")
    now = slugs(bundled, relations=(asked,))
    assert {item.subject for item in dated} <= now
    before = slugs(bundled, relations=(asked,), as_of="1999")
    assert before == {item.subject for item in bundled.relations if item.predicate == "packagedWith" and not item.as_of}
    assert before < now


CLASSES = ("Accelerator", "Company", "FoundationModel", "Technique")
LEAVES = st.one_of(
    st.builds(Selection, classes=st.tuples(st.sampled_from(CLASSES))),
    st.builds(Selection, layers=st.tuples(st.sampled_from(("PROCESSORS", "FOUNDATION_MODELS")))),
    st.builds(Selection, text=st.sampled_from(("nvidia", "a", "3", "LLAMA", "no such text"))),
    st.builds(
        lambda gte: Selection(quantities=(QuantityCondition(BANDWIDTH, gte=gte, unit="TB/s"),)), st.floats(0.0, 9.0)
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda below: st.builds(
        lambda own, all_of, any_of, none_of: replace(
            own, all_of=tuple(all_of), any_of=None if any_of is None else tuple(any_of), none_of=tuple(none_of)
        ),
        LEAVES,
        st.lists(below, max_size=2),
        st.none() | st.lists(below, max_size=2),
        st.lists(below, max_size=1),
    ),
    max_leaves=4,
)


def meets(kg: KnowledgeGraph, item: Entity, wanted: Selection) -> bool:
    """Look at one entity, condition by condition."""
    if wanted.classes is not None and item.classes.isdisjoint(wanted.classes):
        return False
    if wanted.layers is not None:
        layer = None if item.layer is None else kg.layers[item.layer - 1].name
        if layer not in wanted.layers:
            return False
    if wanted.text is not None:
        names = (item.id, item.label, *item.aliases)
        if not any(wanted.text.casefold() in name.casefold() for name in names):
            return False
    for condition in wanted.quantities:
        fact = best(kg, item.id, condition.quantity)
        if fact is None or fact.value < (condition.gte or 0.0) * 1e12 * (1 - 1e-9):
            return False
    if not all(meets(kg, item, inner) for inner in wanted.all_of):
        return False
    if wanted.any_of is not None and not any(meets(kg, item, inner) for inner in wanted.any_of):
        return False
    return not any(meets(kg, item, inner) for inner in wanted.none_of)


@settings(max_examples=60)
@given(TREES)
def test_and_or_and_not_are_those_of_logic(bundled: KnowledgeGraph, wanted: Selection) -> None:
    try:
        wanted.check()
    except UserInputError:
        return
    found = {item.id for item in bundled.select(wanted).entities}
    assert found == {slug for slug, item in bundled.entities.items() if meets(bundled, item, wanted)}


def test_none_of_the_following_is_nothing(bundled: KnowledgeGraph) -> None:
    assert slugs(bundled, any_of=()) == set()
    assert slugs(bundled, classes=()) == set()


@pytest.mark.parametrize(
    ("selection", "kind", "field"),
    [
        (Selection(classes=("Acelerator",)), UnknownNameError, "filter.type"),
        (Selection(layers=("PROCESSOR",)), UnknownNameError, "filter.layer"),
        (Selection(with_quantity="memory_bandwith"), UnknownNameError, "filter.withQuantity"),
        (Selection(quantities=(QuantityCondition("bandwidht", gt=1.0),)), UnknownNameError, "filter.quantities"),
        (Selection(quantities=(QuantityCondition(BANDWIDTH, gt=1.0, unit="GB"),)), UnitError, "filter.quantities.memory_bandwidth.unit"),
        (Selection(quantities=(QuantityCondition(BANDWIDTH, gt=1.0, unit="GBps"),)), UnitError, "filter.quantities.memory_bandwidth.unit"),
        (Selection(quantities=(QuantityCondition(BANDWIDTH, unit="GBps"),)), UnitError, "filter.quantities.memory_bandwidth.unit"),
        (Selection(quantities=(QuantityCondition(BANDWIDTH, gt=float("nan")),)), UnitError, "filter.quantities.memory_bandwidth.value"),
        (Selection(quantities=(QuantityCondition(BANDWIDTH, between=(2.0, 1.0)),)), UserInputError, "filter.quantities.memory_bandwidth.between"),
        (Selection(quantities=(QuantityCondition(BANDWIDTH, gt=1.0, exists=False),)), UserInputError, "filter.quantities.memory_bandwidth"),
        (Selection(quantities=(QuantityCondition(BANDWIDTH, confidence=("rumour",)),)), UserInputError, "filter.quantities.memory_bandwidth.confidence"),
        (Selection(confidence=("rumour",), text="a"), UserInputError, "filter.confidence"),
        (Selection(as_of="2026-13-01"), UserInputError, "asOf"),
        (Selection(relations=(RelationCondition("fabricate"),)), UnknownNameError, "filter.relatedTo.predicate"),
        (Selection(relations=(RelationCondition(entity="no such thing at all"),)), UnknownNameError, "filter.relatedTo.entity"),
        (Selection(relations=(RelationCondition(stands="middle"),)), UserInputError, "filter.relatedTo.stands"),
    ],
    ids=str,
)  # fmt: skip
def test_what_means_nothing_is_refused_where_it_stands(
    bundled: KnowledgeGraph, selection: Selection, kind: type[UserInputError], field: str
) -> None:
    with pytest.raises(kind) as error:
        bundled.select(selection)
    assert error.value.field == field
    assert error.value.hint or isinstance(error.value, UnknownNameError)


def test_a_relation_of_the_vocabulary_that_nothing_states_finds_nothing(bundled: KnowledgeGraph) -> None:
    from downstack.graph.bundled import relation_terms

    used = {item.predicate for item in bundled.relations}
    unused = [term.name for term in relation_terms() if term.name not in used]
    assert unused
    assert slugs(bundled, relations=(RelationCondition(unused[0]),)) == set()


def test_a_selection_is_bounded_in_depth_and_length(bundled: KnowledgeGraph) -> None:
    deep = Selection(text="a")
    for _ in range(4):
        deep = Selection(none_of=(deep,))
    assert bundled.select(deep).entities
    with pytest.raises(UserInputError, match="more than 5 levels"):
        bundled.select(Selection(none_of=(deep,)))
    long = tuple(Selection(text=str(number)) for number in range(99))
    assert bundled.select(Selection(any_of=long)).entities
    with pytest.raises(UserInputError, match="more than 100 conditions"):
        bundled.select(Selection(any_of=(*long, Selection(text="a"))))
