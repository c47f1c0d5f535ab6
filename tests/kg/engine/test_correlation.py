"""Correlation groups: the same marginals in another order, and what an unknown correlation can make of a band."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.draws import correlated_draws, correlation_matrix, draws, scores
from downstack.engine.engine import Engine
from downstack.engine.uncertainty import bands
from downstack.engine.value_bands import value_bands
from downstack.graph.model import CorrelationGroup
from downstack.performance.declare import Array
from downstack.results import Band

from .uncertain import changes_of, engine_of, group, interval, plan_of, samples_of, stated

FACTS = ("fact:toy-chip-b.toy_bandwidth.1", "fact:toy-model-1.toy_size.1", "fact:toy-offer-2.toy_price.1")


def rank_correlation(first: Array, second: Array) -> float:
    one, other = (np.argsort(np.argsort(values)) - (len(values) - 1) / 2.0 for values in (first, second))
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def group_of(count: int, correlation: float | None, pairs: tuple[tuple[str, str, float], ...] = ()) -> CorrelationGroup:
    engine = engine_of(group(0.0))
    (found,) = engine.knowledge.correlation_groups.values()
    names = tuple(f"urn:fact:{index}" for index in range(count))
    return replace(found, iri="urn:group", facts=names, correlation=correlation, pairs=pairs)


@settings(max_examples=30, deadline=None)
@given(correlation=st.floats(0.0, 1.0), samples=st.integers(2, 400), seed=st.integers(0, 2**63))
def test_correlation_changes_the_order_of_the_draws_of_a_fact_and_nothing_else(
    correlation: float, samples: int, seed: int
) -> None:
    found = group_of(3, correlation)
    for name in found.facts:
        drawn = correlated_draws(name, found, samples, seed)
        assert np.array_equal(np.sort(drawn), np.sort(draws(name, samples, seed)))


@settings(max_examples=30, deadline=None)
@given(correlation=st.floats(-1.0, 1.0))
def test_the_rank_correlation_of_two_facts_is_the_declared_one(correlation: float) -> None:
    found = group_of(2, correlation)
    first, second = (correlated_draws(name, found, 4000, 0) for name in found.facts)
    # Spearman's correlation of a Gaussian copula with the parameter r is 6 / pi asin(r / 2).
    expected = 6.0 / np.pi * np.arcsin(correlation / 2.0)
    assert rank_correlation(first, second) == pytest.approx(expected, abs=0.05)


def test_each_pair_of_a_group_has_its_own_correlation() -> None:
    names = [f"urn:fact:{index}" for index in range(3)]
    stated_pairs = ((names[0], names[1], 0.7), (names[0], names[2], -0.5), (names[1], names[2], 0.1))
    found = group_of(3, None, stated_pairs)
    assert correlation_matrix(found).tolist() == [[1.0, 0.7, -0.5], [0.7, 1.0, 0.1], [-0.5, 0.1, 1.0]]
    drawn = {name: correlated_draws(name, found, 8000, 3) for name in names}
    for first, second, value in stated_pairs:
        expected = 6.0 / np.pi * np.arcsin(value / 2.0)
        assert rank_correlation(drawn[first], drawn[second]) == pytest.approx(expected, abs=0.04)


def test_t13_the_draws_of_a_group_do_not_depend_on_the_order_in_which_they_are_asked_for() -> None:
    names = [f"urn:fact:{index}" for index in range(3)]
    for found in (
        group_of(3, 0.6),
        group_of(3, -0.3),
        group_of(3, None, ((names[0], names[1], 0.5), (names[0], names[2], 0.0), (names[1], names[2], 0.0))),
    ):
        once = [correlated_draws(name, found, 300, 1).copy() for name in names]
        for cache in (correlated_draws, draws, scores):
            cache.cache_clear()
        again = [correlated_draws(name, found, 300, 1) for name in reversed(names)][::-1]
        assert all(np.array_equal(first, second) for first, second in zip(once, again, strict=True))


def test_t13_with_one_factor_the_draws_of_a_fact_do_not_depend_on_the_other_members() -> None:
    small, large = group_of(2, 0.6), group_of(5, 0.6)
    assert np.array_equal(
        correlated_draws(small.facts[0], small, 500, 0), correlated_draws(large.facts[0], large, 500, 0)
    )


def test_t13_a_fact_of_a_group_is_the_same_number_on_every_path_and_in_base_and_scenario() -> None:
    engine = engine_of(group(0.8))
    size = samples_of(engine, "toy_size", 200, {"model": "toy-model-1"})
    free = samples_of(engine, "toy_free_memory", 200)
    assert np.ptp(size) > 1e10
    assert np.ptp((free + 2.0 * size) / 320e9) < 1e-12
    change = changes_of(engine, {"toy-offer-2.toy_price": "x1.4"})
    band = bands(engine, plan_of(engine, "toy_cost"), change, ("toy_cost",), 200).band("toy_cost", 0)
    assert band is not None and (band.p10, band.p90) == pytest.approx((1.4, 1.4), rel=1e-12)


# What a correlation makes of a band


def cost_band(facts: str, samples: int = 2000) -> Band:
    engine = engine_of(facts)
    (band,) = value_bands(engine, plan_of(engine, "toy_cost"), engine.knowledge.quantities["toy_cost"], samples)
    assert band is not None
    return band


def width(band: Band) -> float:
    return band.p90 - band.p10


def test_two_factors_of_a_product_that_go_together_widen_it_and_that_trade_off_narrow_it() -> None:
    pairs = {(FACTS[0], FACTS[1]): 0.0, (FACTS[0], FACTS[2]): 0.0}
    apart = cost_band(group(None, {**pairs, (FACTS[1], FACTS[2]): 0.0}))
    together = cost_band(group(None, {**pairs, (FACTS[1], FACTS[2]): 0.9}))
    against = cost_band(group(None, {**pairs, (FACTS[1], FACTS[2]): -0.9}))
    assert width(against) != pytest.approx(width(apart), rel=0.02)
    assert (width(together) - width(apart)) * (width(against) - width(apart)) < 0.0
    assert together.widest_p10 is None and against.widest_p90 is None


def only_price_and_capacity() -> str:
    """Return facts whose cost is price x free / 4e12 with free = capacity - 80 GB, both in a group without correlation."""
    from .toy import FACTS as PLAIN
    from .toy import fact
    from .uncertain import GROUP, PRICE

    member = f"; dso:correlationGroup {GROUP} "
    facts = PLAIN.replace(PRICE, fact("toy-offer-2", "toy_price", 7.2, "USD/h", interval(3.6, 10.8) + member))
    facts = facts.replace(
        fact("toy-chip-b", "toy_capacity", 160.0, "GB"),
        fact("toy-chip-b", "toy_capacity", 160.0, "GB", interval(120.0, 200.0) + member),
    )
    facts = facts.replace(
        fact("toy-chip-b", "toy_bandwidth", 2.0, "TB/s"), fact("toy-chip-b", "toy_bandwidth", 2000.0, "TB/s")
    )
    return (
        facts
        + f'{GROUP} a dso:CorrelationGroup ; rdfs:label "toy"@en ; dso:confidence dso:assumption ; dcterms:source src:toy .\n'
    )


def test_facts_of_unknown_correlation_also_give_the_widest_band_which_is_that_of_both_at_the_same_place() -> None:
    band = cost_band(only_price_and_capacity())
    expected = [
        (3.6 + 7.2 * place) / 3600.0 * (2.0 * (120e9 + 80e9 * place) - 80e9) / 4e12 for place in (0.1, 0.5, 0.9)
    ]
    assert (band.widest_p10, band.widest_p90) == pytest.approx((expected[0], expected[2]), rel=1e-3)
    assert band.widest_p10 is not None and band.widest_p10 < band.p10
    assert band.widest_p90 is not None and band.widest_p90 > band.p90


def test_facts_that_push_opposite_ways_are_turned_against_each_other_for_the_widest_band() -> None:
    # The ratio of price to capacity widens when one is high where the other is low: all up together would narrow it.
    engine = engine_of(only_price_and_capacity())
    change = changes_of(engine, {"toy-offer-2.toy_price": "+3.6USD/h", "toy-chip-b.toy_capacity": "+40GB"})
    band = bands(engine, plan_of(engine, "toy_cost"), change, ("toy_cost",), 2000).band("toy_cost", 0)
    assert band is not None and band.widest_p10 is not None and band.widest_p90 is not None

    def ratio(price: float, capacity: float) -> float:
        free = 2.0 * capacity - 80e9
        return (price + 3.6) * (free + 80e9) / (price * free)

    # A high price and a high capacity both lower the ratio, so the widest band has both at the same place.
    ends = [ratio(3.6 + 7.2 * place, 120e9 + 80e9 * place) for place in (0.9, 0.1)]
    assert (band.widest_p10, band.widest_p90) == pytest.approx(ends, rel=1e-3)
    step = engine_of(stated_against())
    (free,) = value_bands(step, plan_of(step, "toy_free_memory"), step.knowledge.quantities["toy_free_memory"], 2000)
    assert free is not None and free.widest_p10 is not None
    # free = 2 capacity - 2 size: the widest band has the capacity low where the size is high.
    low = 2.0 * (120e9 + 80e9 * 0.1) - 2.0 * (20e9 + 40e9 * 0.9)
    assert free.widest_p10 == pytest.approx(low, rel=1e-3)


def stated_against() -> str:
    """Return facts with capacity and size in a group without correlation, which push free memory opposite ways."""
    from .toy import FACTS as PLAIN
    from .toy import fact
    from .uncertain import GROUP, SIZE

    member = f"; dso:correlationGroup {GROUP} "
    facts = PLAIN.replace(SIZE, fact("toy-model-1", "toy_size", 40e9, "1", interval(20e9, 60e9) + member))
    facts = facts.replace(
        fact("toy-chip-b", "toy_capacity", 160.0, "GB"),
        fact("toy-chip-b", "toy_capacity", 160.0, "GB", interval(120.0, 200.0) + member),
    )
    return (
        facts
        + f'{GROUP} a dso:CorrelationGroup ; rdfs:label "toy"@en ; dso:confidence dso:assumption ; dcterms:source src:toy .\n'
    )


def test_where_no_correlation_is_unknown_there_is_no_widest_band() -> None:
    for facts in (stated(""), group(0.5)):
        engine: Engine = engine_of(facts)
        change = changes_of(engine, {"toy-chip-b.toy_bandwidth": "x0.5"})
        found = bands(engine, plan_of(engine, "toy_cost"), change, ("toy_cost",), 100)
        assert found["toy_cost"].widest is None
