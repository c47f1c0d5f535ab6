"""Bands of values, what they do not hold, and the limits of all questions that are sampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.distributions import distribution_of
from downstack.engine.engine import Engine
from downstack.engine.value_bands import value_bands
from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.results import FactCoverage

from .toy import FACTS
from .uncertain import HERE, engine_of, plan_of, samples_of, stated


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return KnowledgeGraph(engine_of(stated("")))


def test_the_band_of_a_value_is_that_of_its_samples_in_its_display_unit(kg: KnowledgeGraph) -> None:
    report = kg.value("toy_cost", where=HERE, samples=1000)
    (row,) = report.rows
    assert row.band is not None and report.band == row.band
    expected = np.quantile(samples_of(kg.engine, "toy_cost", 1000), [0.1, 0.5, 0.9])
    assert (row.band.p10, row.band.p50, row.band.p90) == pytest.approx(expected, rel=1e-12)
    assert row.band.samples == 1000
    assert row.band.p10 < (report.value or 0.0) < row.band.p90
    assert kg.explain("toy_cost", HERE, samples=1000).band == row.band


def test_the_band_of_a_fact_is_that_of_what_its_source_states(bundled: KnowledgeGraph) -> None:
    kg = bundled
    report = kg.explain("calibration-serving.fitted_dense_read_factor", samples=4000)
    (fact, *_) = kg.facts_of("calibration-serving", "fitted_dense_read_factor")
    spread = distribution_of((fact,), kg.quantity("fitted_dense_read_factor"))
    assert spread is not None and report.band is not None
    expected = spread.quantile(np.array([0.1, 0.5, 0.9]))
    assert (report.band.p10, report.band.p50, report.band.p90) == pytest.approx(expected, rel=1e-3)
    assert fact.high is not None and report.band.p90 <= fact.high


def test_without_samples_there_is_no_band_and_what_does_not_vary_has_one_of_no_width(kg: KnowledgeGraph) -> None:
    assert kg.value("toy_cost", where=HERE).rows[0].band is None
    assert kg.value("toy_cost", where=HERE).rows[0].variance_shares == ()
    point = kg.value("toy_capacity", "toy-chip-a", samples=100)
    assert point.band is not None and point.band.p10 == point.band.p50 == point.band.p90 == point.value


def test_a_number_that_most_samples_do_not_have_has_no_band(kg: KnowledgeGraph) -> None:
    closed = kg.value("toy_cost", where={"model": "toy-model-closed", "offering": "toy-offer-2"}, samples=50)
    assert closed.value is None and closed.band is None
    assert closed.rows[0].variance_shares == ()


def test_an_answer_says_how_many_facts_were_taken_as_exact(kg: KnowledgeGraph) -> None:
    (row,) = kg.value("toy_cost", where=HERE).rows
    # Price, chips, size, capacity and bandwidth: three of them state a range.
    assert row.fact_coverage == FactCoverage(facts=5, varying=3, assumptions=0)
    assert row.fact_coverage.statement == "2 of 5 facts have no stated interval: they do not vary"
    (effect,) = kg.impact({"toy-offer-2.toy_price": "x2"}, ["toy_cost"], HERE).effects
    assert effect.fact_coverage == row.fact_coverage
    assert kg.value("toy_price", "toy-offer-2").rows[0].fact_coverage.statement == "the one fact behind it varies"
    assert FactCoverage(2, 2, 0).statement == "all 2 facts vary"
    assert FactCoverage(0, 0, 0).statement == "no fact stands behind it"
    assert FactCoverage(3, 2, 1).statement == "1 of 3 facts has no stated interval (1 by assumption): it does not vary"


def test_t13_neither_blocks_nor_company_change_the_band_of_a_value(kg: KnowledgeGraph) -> None:
    engine, kind = kg.engine, kg.quantity("toy_cost")
    (alone,) = value_bands(engine, plan_of(engine, "toy_cost"), kind, 500)
    assert value_bands(engine, plan_of(engine, "toy_cost"), kind, 500, block_bytes=2000) == (alone,)
    everywhere = kg.value("toy_cost", samples=500)
    assert alone in [row.band for row in everywhere.rows if dict(row.key.roles).items() >= HERE.items()]


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(["toy_cost", "toy_step_time", "toy_free_memory"]), seed=st.integers(0, 2**63))
def test_t13_the_samples_of_a_number_do_not_depend_on_what_else_is_asked_or_in_which_order(
    order: list[str], seed: int
) -> None:
    engine: Engine = engine_of(stated(""))
    kg = KnowledgeGraph(engine)
    found = {
        name: value_bands(engine, plan_of(engine, *order[: place + 1]), kg.quantity(name), 64, seed)
        for place, name in enumerate(order)
    }
    for name, expected in found.items():
        assert value_bands(engine, plan_of(engine, name), kg.quantity(name), 64, seed) == expected


# Limits

QUESTIONS: dict[str, Callable[[KnowledgeGraph, int], Any]] = {
    "value": lambda kg, samples: kg.value("toy_cost", samples=samples),
    "explain": lambda kg, samples: kg.explain("toy_cost", HERE, samples=samples),
    "impact": lambda kg, samples: kg.impact({"toy-chip-b.toy_bandwidth": "x2"}, ["toy_cost"], samples=samples),
    "compare": lambda kg, samples: kg.compare(
        {"one": {"toy-chip-b.toy_bandwidth": "x2"}, "two": {"toy-chip-b.toy_bandwidth": "x3"}},
        ["toy_cost"],
        samples=samples,
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("samples", [-1, 10_001, 10**9])
def test_a_number_of_samples_out_of_range_is_refused_by_every_question(
    kg: KnowledgeGraph, question: str, samples: int
) -> None:
    with pytest.raises(UserInputError, match="samples are not between 1 and 10000") as refused:
        QUESTIONS[question](kg, samples)
    assert refused.value.field == "samples" and refused.value.hint


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("limit", ["MAX_WORK", "MAX_KEPT"])
def test_more_samples_than_a_question_has_room_for_are_refused_with_how_many_fit(
    kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch, question: str, limit: str
) -> None:
    monkeypatch.setattr(f"downstack.engine.sampler.{limit}", 3000)
    with pytest.raises(UserInputError, match="too many for the combinations") as refused:
        QUESTIONS[question](kg, 10_000)
    possible = int(refused.value.hint.split("at most ")[1].split()[0])
    assert 1 <= possible < 10_000
    assert QUESTIONS[question](kg, possible) is not None


def test_a_million_rows_of_samples_are_refused_before_any_is_computed(bundled: KnowledgeGraph) -> None:
    kg = bundled
    with pytest.raises(UserInputError, match="samples are too many for the combinations") as refused:
        kg.impact(
            {"calibration-serving.fitted_dense_read_factor": "x0.9"}, ["cost_per_million_output_tokens"], samples=10_000
        )
    assert "narrow the question with where" in refused.value.hint


def test_points_alone_cost_nothing_to_sample() -> None:
    kg = KnowledgeGraph(engine_of(FACTS))
    report = kg.value("toy_cost", where=HERE, samples=10_000)
    assert report.band is not None and report.band.p10 == report.band.p90 == report.value
    (fact, *_) = kg.facts_of("toy-chip-a", "toy_capacity")
    assert distribution_of((replace(fact),), kg.quantity("toy_capacity")) is None
