"""Dates: T5, that a number on an old or expired fact says so, and that another date changes only what is old by then."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downstack.engine.changes import Change
from downstack.engine.engine import Engine
from downstack.graph.ages import end_of, is_duration, last_day
from downstack.graph.loading import build
from downstack.graph.validation import parse_document
from downstack.kg import KnowledgeGraph
from downstack.results import Status

from .toy import FACTS, TERMS, documents, fact, toy_registry

DURATION = "http://www.w3.org/2001/XMLSchema#duration"
BUDGET = TERMS.replace(
    'dso:identifier "toy_price" ;', f'dso:identifier "toy_price" ; dso:ageBudget "P12M"^^<{DURATION}> ;'
)
WHERE = {"model": "toy-model-1"}


def aging(facts: str = FACTS) -> KnowledgeGraph:
    """Return the toy graph in which a price is old after twelve months."""
    core = [item for item in documents(facts) if item.path != "terms/toy.ttl"]
    registry = toy_registry()
    return KnowledgeGraph(
        Engine(build((*core, parse_document("terms/toy.ttl", BUDGET)), registry, shacl=False)[0], registry)
    )


def price(offer: str, value: float, as_of: str, extra: str = "") -> str:
    """Return the price of an offer as of another date than the toy's."""
    return fact(offer, "toy_price", value, "USD/h", extra).replace('dso:asOf "2026-01"', f'dso:asOf "{as_of}"')


def dated(offer: str, value: float, as_of: str, extra: str = "") -> str:
    """Return the toy's facts with the price of an offer of another date."""
    return FACTS.replace(fact(offer, "toy_price", value, "USD/h"), price(offer, value, as_of, extra))


def statuses(kg: KnowledgeGraph, as_of: str | None = None) -> dict[str, tuple[float | None, Status]]:
    rows = kg.value("toy_cost", where=WHERE, as_of=as_of).rows
    return {str(row.key.get("offering")): (row.value, row.status) for row in rows}


def test_t05_a_number_on_an_old_price_is_given_and_said_to_be_stale() -> None:
    kg = aging(dated("toy-offer-2", 7.2, "2024-06"))
    fresh, old = statuses(aging())["toy-offer-2"], statuses(kg)["toy-offer-2"]
    assert fresh[1] is Status.OK
    assert old == (fresh[0], Status.STALE)
    row = next(row for row in kg.value("toy_cost", where=WHERE).rows if row.status is Status.STALE)
    # 2024-06 ends on the 30th; the newest fact of the toy is of 2026-01, which ends on the 31st.
    assert row.reason is not None
    assert "toy-offer-2.toy_price of 2024-06 is 580 days old on 2026-01" in row.reason
    assert "limit of 12 months" in row.reason and "fact/toy-offer-2.toy_price.1" in row.reason


def test_t05_an_expired_price_answers_only_where_nothing_newer_is_known_and_is_stale() -> None:
    ended = '; dso:validUntil "2025-12" '
    expired = aging(dated("toy-offer-2", 7.2, "2025-11", ended))
    value, status = statuses(expired)["toy-offer-2"]
    assert value is not None and status is Status.STALE
    row = next(row for row in expired.value("toy_cost", where=WHERE).rows if row.status is Status.STALE)
    assert row.reason is not None and "held until 2025-12" in row.reason
    newer = price("toy-offer-2", 3.6, "2026-01").replace("toy_price.1", "toy_price.2")
    replaced = statuses(aging(dated("toy-offer-2", 7.2, "2025-11", ended) + newer))["toy-offer-2"]
    assert replaced == (pytest.approx(value / 2), Status.OK)


def test_t05_another_date_changes_only_the_rows_whose_facts_are_old_by_then() -> None:
    kg = aging(dated("toy-offer-2", 7.2, "2025-03"))
    then, later = statuses(kg, "2026-01-31"), statuses(kg, "2026-06-30")
    assert then["toy-offer-2"][1] is Status.OK and later["toy-offer-2"][1] is Status.STALE
    assert then["toy-offer-2"][0] == later["toy-offer-2"][0]
    assert then["toy-offer-1"] == later["toy-offer-1"]
    assert then["toy-offer-3"] == later["toy-offer-3"]
    assert kg.value("toy_price", "toy-offer-1", as_of="2027-01-31").status is Status.OK
    assert kg.value("toy_price", "toy-offer-1", as_of="2027-02-01").status is Status.STALE


def test_t05_the_oldest_fact_of_an_answer_is_named() -> None:
    kg = aging(dated("toy-offer-2", 7.2, "2024-06"))
    report = kg.impact({"toy-chip-b.toy_bandwidth": "x2"}, targets=["toy_cost"], where=WHERE)
    oldest = report.oldest_fact()
    assert oldest is not None and (oldest.entity, oldest.as_of) == ("toy-offer-2", "2024-06")
    trace = kg.value("toy_step_time", where={**WHERE, "offering": "toy-offer-2"}).trace
    assert trace is not None and trace.oldest_fact is not None and trace.oldest_fact.as_of == "2026-01"
    assert report.as_of == "2026-01"


def test_t05_stale_stays_behind_graver_states_and_the_interpreter_agrees() -> None:
    kg = aging(FACTS + price("toy-offer-3", 36.0, "2024-06"))
    where = {**WHERE, "offering": "toy-offer-3"}
    assert kg.value("toy_cost", where=where).status is Status.EXTRAPOLATED
    oracle = kg.engine.interpreter()
    change = kg._questions.check(Change.parse("toy-offer-3.toy_price", "x2"))
    for quantity in ("toy_price", "toy_cost"):
        effect = kg.impact({"toy-offer-3.toy_price": "x2"}, targets=[quantity], where=where).effects[0]
        assert oracle.evaluate(quantity, dict(effect.key.roles), (change,)).code == list(Status).index(effect.status)


def test_t05_a_published_value_that_is_old_stays_old_when_its_formula_moves_it() -> None:
    terms = BUDGET.replace(
        'dso:identifier "toy_bandwidth" ;',
        'dso:identifier "toy_bandwidth" ; dso:ageBudget "P1D"^^<http://www.w3.org/2001/XMLSchema#duration> ;',
    )
    newest = fact("toy-hbm", "toy_pin_rate", 10.0, "GB/s")
    facts = FACTS.replace(newest, newest.replace('dso:asOf "2026-01"', 'dso:asOf "2026-03"'))
    core = [item for item in documents(facts) if item.path != "terms/toy.ttl"]
    registry = toy_registry()
    graph = build((*core, parse_document("terms/toy.ttl", terms)), registry, shacl=False)[0]
    (effect,) = (
        KnowledgeGraph(Engine(graph, registry)).impact({"toy-hbm.toy_pin_rate": "x2"}, ["toy_bandwidth"]).effects
    )
    assert effect.ratio == pytest.approx(2.0)
    assert effect.status is Status.STALE
    assert effect.reason is not None and "toy-chip-a.toy_bandwidth of 2026-01" in effect.reason


def test_t05_a_price_that_the_question_sets_is_not_called_old_for_the_fact_that_it_replaces() -> None:
    kg = aging(dated("toy-offer-2", 7.2, "2024-06"))
    where = {**WHERE, "offering": "toy-offer-2"}
    question = {"toy-offer-2.toy_price": "3.6USD/h"}
    (scaled,) = kg.impact({"toy-offer-2.toy_price": "x0.5"}, ["toy_cost"], where).effects
    (set_,) = kg.impact(question, ["toy_cost"], where).effects
    assert scaled.scenario == pytest.approx(set_.scenario)
    assert scaled.trace.status is Status.STALE
    assert set_.trace.status is Status.OK
    change = kg._questions.interventions(question)
    oracle = kg.engine.interpreter().evaluate("toy_cost", {"model": "toy-model-1", "offering": "toy-offer-2"}, change)
    assert oracle.code == 0


def test_the_readme_question_stays_as_it_is_whenever_the_graph_is_opened(bundled: KnowledgeGraph) -> None:
    where = {"model": "llama-3.1-70b", "workload": "codex-swebenchpro", "offering": "aws-p5en-48xlarge"}
    asked = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
    report = bundled.impact(asked, targets=["cost_per_million_output_tokens"], where=where)
    assert [effect.status for effect in report.effects] == [Status.OK]
    # The date is the graph's own, not the clock's.
    assert report.as_of == max(day for item in bundled.facts for day in (item.as_of, item.source.retrieved) if day)
    later = bundled.impact(asked, targets=["cost_per_million_output_tokens"], where=where, as_of="2028-01-01")
    assert [effect.status for effect in later.effects] == [Status.STALE]
    assert [effect.ratio for effect in later.effects] == [effect.ratio for effect in report.effects]


def test_every_age_budget_is_justified_as_a_policy(bundled: KnowledgeGraph) -> None:
    from downstack.vocabulary import locate

    limited = [item for item in bundled.quantities.values() if item.age_budget is not None]
    assert {item.id for item in limited} >= {"price_on_demand", "power_usage_effectiveness"}
    text = "".join(path.read_text() for path in sorted((locate() / "terms").glob("quantities*.ttl")))
    for kind in limited:
        block = text[text.index(f"\ndso:{kind.iri.rpartition('#')[2]} a ") :].partition("rdfs:isDefinedBy")[0]
        assert "(a policy of this graph" in block, kind.id


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2024", date(2024, 12, 31)), ("2024-02", date(2024, 2, 29)), ("2024-02-03", date(2024, 2, 3))],
)
def test_a_period_counts_from_its_last_day(text: str, expected: date) -> None:
    assert last_day(text) == expected


@given(st.dates(), st.integers(1, 40), st.integers(0, 400))
def test_a_longer_budget_never_ends_earlier(start: date, months: int, days: int) -> None:
    assert start <= end_of(start, f"P{months}M") <= end_of(start, f"P{months}M{days}D") <= date.max
    assert end_of(start, f"P{months}M") <= end_of(start, f"P{months + 1}M")


@pytest.mark.parametrize("text", ["P12M", "P1Y", "P1Y6M", "P180D"])
def test_durations_of_years_months_and_days_are_read(text: str) -> None:
    assert is_duration(text)


@pytest.mark.parametrize("text", ["", "P", "12M", "P0D", "PT5H", "P-1M", "P1.5Y", "one year"])
def test_other_durations_are_refused(text: str) -> None:
    assert not is_duration(text)
