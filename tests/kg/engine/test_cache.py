"""Values kept across graph versions: T15, that a changed fact costs its cone, and that no answer is ever an old one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.cache import ValueCache, step_versions
from downstack.engine.engine import Engine
from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.results import Status, ValueReport

from .toy import FACTS, fact, toy_knowledge, toy_registry

QUANTITIES = ("toy_cost", "toy_step_time", "toy_free_memory", "toy_bandwidth", "toy_bytes")
REFERENCES = (
    "toy-hbm.toy_pin_rate",
    "toy-chip-a.toy_pins",
    "toy-chip-a.toy_bandwidth",
    "toy-chip-b.toy_bandwidth",
    "toy-chip-b.toy_capacity",
    "toy-offer-2.toy_chips",
    "toy-offer-1.toy_price",
    "toy-model-1.toy_size",
    "toy-model-2.toy_size",
)


def graph(facts: str = FACTS) -> KnowledgeGraph:
    return KnowledgeGraph(Engine(toy_knowledge(facts), toy_registry()))


def rows(report: ValueReport) -> list[tuple[str, float | None, Status, str | None]]:
    return [(str(row.key), row.value, row.status, row.reason) for row in report.rows]


def cold(kg: KnowledgeGraph) -> KnowledgeGraph:
    """Return the same version in an engine that knows nothing yet."""
    return KnowledgeGraph(Engine(kg.engine.knowledge, kg.engine.functions))


def test_t15_after_one_changed_fact_only_its_cone_is_computed_again() -> None:
    kg = graph()
    kg.value("toy_cost")
    cache = kg.engine.cache
    steps = len(kg.engine.plan(["toy_cost"], {}).steps)
    assert cache.computed == steps == len(kg.engine.schema.ancestors(["toy_cost"]))
    kg.value("toy_cost")
    assert cache.computed == steps
    dearer = kg.with_changes({"toy-offer-2.toy_price": "x2"})
    dearer.value("toy_cost")
    # The price and the cost; not the step time, the memory, the bandwidth, the weights.
    assert cache.computed == steps + 2
    # Back to what was known: nothing is left to compute.
    kg.value("toy_cost")
    dearer.value("toy_cost")
    assert cache.computed == steps + 2
    larger = dearer.with_changes({"toy-model-1.toy_size": "x2"})
    larger.value("toy_cost")
    cone = larger.engine.schema.descendants(["toy_size"]) & larger.engine.schema.ancestors(["toy_cost"])
    assert cache.computed == steps + 2 + len(cone)


def test_t15_on_the_bundled_graph_a_changed_price_leaves_everything_else_as_it_was(bundled: KnowledgeGraph) -> None:
    kg = cold(bundled)
    where = {"model": "llama-3.1-70b", "workload": "codex-swebenchpro"}
    before = kg.value("cost_per_million_output_tokens", where=where)
    computed = kg.engine.cache.computed
    changed = kg.with_changes({"aws-p5en-48xlarge.price_on_demand": "x2"})
    after = changed.value("cost_per_million_output_tokens", where=where)
    assert computed > 50
    assert kg.engine.cache.computed - computed == 3
    moved = {
        str(new.key.get("offering")): new.value / old.value
        for old, new in zip(before.rows, after.rows, strict=True)
        if old.value is not None and new.value is not None and new.value != old.value
    }
    assert moved == {"aws-p5en-48xlarge": pytest.approx(2.0)}
    assert rows(after) == rows(cold(changed).value("cost_per_million_output_tokens", where=where))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(REFERENCES), st.floats(0.1, 10.0), st.sampled_from(QUANTITIES), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_t15_cached_equals_cold_under_random_edits(edits: list[tuple[str, float, str, bool]]) -> None:
    kg = graph()
    versions = [kg]
    for reference, factor, quantity, onward in edits:
        changed = versions[-1 if onward else 0].with_changes({reference: f"x{factor!r}"})
        versions.append(changed)
        for version in (changed, versions[0], versions[-2]):
            assert rows(version.value(quantity)) == rows(cold(version).value(quantity))
        warm = changed.impact({"toy-chip-a.toy_bandwidth": "x1.5"}, targets=[quantity])
        fresh = cold(changed).impact({"toy-chip-a.toy_bandwidth": "x1.5"}, targets=[quantity])
        assert [(item.key, item.base, item.scenario, item.status) for item in warm.effects] == [
            (item.key, item.base, item.scenario, item.status) for item in fresh.effects
        ]


def test_t15_a_withdrawn_fact_is_missing_and_not_remembered() -> None:
    kg = graph()
    where = {"model": "toy-model-1", "offering": "toy-offer-2"}
    assert kg.value("toy_cost", where=where).status is Status.OK
    without = KnowledgeGraph(kg.engine.with_facts({("toy-offer-2", "toy_price"): ()}))
    assert without.version != kg.version
    report = without.value("toy_cost", where=where)
    assert report.status is Status.MISSING_INPUT
    assert report.rows[0].reason == "no fact for toy_price of toy-offer-2"
    assert kg.value("toy_cost", where=where).status is Status.OK


def test_a_changed_fact_is_an_assumption_and_every_answer_says_so() -> None:
    changed = graph().with_changes({"toy-chip-b.toy_bandwidth": "+1TB/s"})
    report = changed.value("toy_bandwidth", entity="toy-chip-b")
    assert report.value == pytest.approx(3e12)
    assert report.trace is not None
    assert report.trace.assumptions == ("toy-chip-b.toy_bandwidth = 3e+12 byte/s/chip is an assumption",)
    (stated,) = changed.facts_of("toy-chip-b", "toy_bandwidth")
    assert stated.note is not None and stated.note.startswith("in place of 2 TB/s")
    assert changed.version != graph().version
    assert changed.version == graph().with_changes({"toy-chip-b.toy_bandwidth": "+1TB/s"}).version


def test_a_changed_fact_equals_the_impact_of_the_same_change() -> None:
    kg = graph()
    change = {"toy-chip-b.toy_bandwidth": "x0.1"}
    where = {"model": "toy-model-1", "offering": "toy-offer-2"}
    (effect,) = kg.impact(change, targets=["toy_cost"], where=where).effects
    assert kg.with_changes(change).value("toy_cost", where=where).value == pytest.approx(effect.scenario, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"toy-model-1.toy_bytes": "x2"}, "no fact for toy-model-1.toy_bytes"),
        ({"toy-offer-3.toy_price": "x2"}, "no fact for toy-offer-3.toy_price"),
        ({"toy-offer-1.toy_price": "-1000USD/h"}, "negative"),
    ],
)
def test_a_change_that_no_fact_can_stand_for_is_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(UserInputError, match=message):
        graph().with_changes(change)


def test_what_is_not_known_may_be_set() -> None:
    changed = graph().with_changes({"toy-offer-3.toy_price": "10USD/h"})
    assert changed.value("toy_price", entity="toy-offer-3").value == pytest.approx(10 / 3600)


def test_a_full_cache_forgets_what_was_asked_for_longest_ago_and_stays_right() -> None:
    kg = graph()
    plan = kg.engine.plan(["toy_cost"], {})
    small = ValueCache(max_bytes=400)
    expected = kg.engine.evaluate(plan).outcome
    for _ in range(3):
        found = small.evaluate(plan)
        for name, values in expected.values.items():
            assert found.values[name].tobytes() == values.tobytes()
    assert small.computed > len(plan.steps)


def test_another_function_another_filter_or_another_fact_is_another_version() -> None:
    kg, other = graph(), graph(FACTS.replace(fact("toy-offer-1", "toy_price", 3.6, "USD/h"), ""))
    plan = kg.engine.plan(["toy_cost"], {})
    versions = step_versions(plan)
    narrowed = step_versions(kg.engine.plan(["toy_cost"], {"model": frozenset({0})}))
    assert all(versions[name] != narrowed[name] for name in versions)
    fewer = step_versions(other.engine.plan(["toy_cost"], {}))
    assert {name for name in versions if versions[name] != fewer[name]} == {"toy_price", "toy_cost"}
