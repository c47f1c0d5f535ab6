"""Distributions of facts: what they are read from, where their values lie, and that they never leave what can be."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from downstack.engine.distributions import Distribution, distribution_of
from downstack.engine.engine import Engine
from downstack.engine.normal import normal_quantile
from downstack.graph.model import Fact, QuantityKind

from .uncertain import DOUBLE, engine_of, samples_of, stated

PLACES = np.linspace(0.0005, 0.9995, 1000)
INSIDE = st.floats(1e-12, 1.0 - 1e-12)
KINDS = st.sampled_from(["range", "uniform", "triangular", "normal", "lognormal"])


@given(INSIDE)
def test_normal_quantiles_are_those_of_the_standard_library(place: float) -> None:
    expected = NormalDist().inv_cdf(place)
    assert float(normal_quantile(np.array([place]))[0]) == pytest.approx(expected, rel=1e-13, abs=1e-15)


def test_uniform_values_are_spread_evenly_between_the_ends() -> None:
    values = Distribution("uniform", 3.0, 1.0, 13.0).quantile(PLACES)
    assert values == pytest.approx(1.0 + 12.0 * PLACES, rel=1e-14)


def test_triangular_values_have_the_stated_value_as_mode_and_the_known_moments() -> None:
    low, mode, high = 1.0, 3.0, 13.0
    values = Distribution("triangular", mode, low, high).quantile((np.arange(100_000) + 0.5) / 100_000)
    assert values.mean() == pytest.approx((low + mode + high) / 3.0, rel=1e-6)
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18.0
    assert values.var() == pytest.approx(variance, rel=1e-4)
    counts, edges = np.histogram(values, bins=np.linspace(0.75, 13.25, 26))
    assert edges[counts.argmax()] <= mode <= edges[counts.argmax() + 1]


def test_normal_and_lognormal_values_have_the_stated_value_as_median_and_the_stated_deviation() -> None:
    values = Distribution("normal", 10.0, 2.0, 2.0).quantile(PLACES)
    assert float(Distribution("normal", 10.0, 2.0, 2.0).quantile(np.array([0.5]))[0]) == 10.0
    assert values == pytest.approx([NormalDist(10.0, 2.0).inv_cdf(float(place)) for place in PLACES], rel=1e-12)
    logs = np.log(Distribution("lognormal", 10.0, 0.3, 0.3).quantile(PLACES))
    assert logs == pytest.approx([NormalDist(math.log(10.0), 0.3).inv_cdf(float(place)) for place in PLACES], rel=1e-12)


@given(
    kind=KINDS,
    value=st.floats(0.05, 0.95),
    below=st.floats(0.01, 5.0),
    above=st.floats(0.01, 5.0),
    places=st.lists(INSIDE, min_size=2, max_size=30),
)
def test_values_never_leave_what_the_quantity_can_be_and_never_fall_with_the_place(
    kind: str, value: float, below: float, above: float, places: list[float]
) -> None:
    if kind in ("normal", "lognormal"):
        spread = Distribution(kind, value, below, above, 0.0, 1.0)
    else:
        spread = Distribution(kind, value, value / (1.0 + below), value + (1.0 - value) * above / 5.0, 0.0, 1.0)
    values = spread.quantile(np.array(sorted(places)))
    assert values.min() >= 0.0 and values.max() <= 1.0
    assert (np.diff(values) >= -1e-15).all()


@given(kind=st.sampled_from(["normal", "lognormal"]), value=st.floats(0.05, 0.95), deviation=st.floats(0.01, 5.0))
def test_a_tail_that_is_cut_off_leaves_the_median_where_it_was(kind: str, value: float, deviation: float) -> None:
    spread = Distribution(kind, value, deviation, deviation, 0.0, 1.0)
    around = spread.quantile(np.array([0.5 - 1e-9, 0.5, 0.5 + 1e-9]))
    assert around == pytest.approx([value] * 3, rel=1e-6, abs=1e-6)


# From facts


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engine_of(stated(""))


def size(engine: Engine) -> tuple[Fact, QuantityKind]:
    return engine.knowledge.candidates("toy-model-1", "toy_size")[0], engine.knowledge.quantities["toy_size"]


@pytest.mark.parametrize("kind", ["normal", "lognormal"])
def test_without_a_deviation_low_and_high_are_read_as_p05_and_p95_each_side_for_itself(
    engine: Engine, kind: str
) -> None:
    fact, quantity = size(engine)
    found = distribution_of((replace(fact, distribution=kind),), quantity)
    assert found is not None
    assert found.quantile(np.array([0.05, 0.5, 0.95])) == pytest.approx([20e9, 40e9, 60e9], rel=1e-9)


def test_a_stated_deviation_comes_before_the_range(engine: Engine) -> None:
    fact, quantity = size(engine)
    normal = distribution_of((replace(fact, distribution="normal", standard_deviation=1e9),), quantity)
    lognormal = distribution_of((replace(fact, distribution="lognormal", log_standard_deviation=0.5),), quantity)
    assert normal == Distribution("normal", 40e9, 1e9, 1e9)
    assert lognormal == Distribution("lognormal", 40e9, 0.5, 0.5)


def test_what_the_quantity_can_be_comes_from_the_vocabulary(engine: Engine) -> None:
    fact, quantity = size(engine)
    bounded = replace(quantity, non_negative=True, at_most=50e9)
    found = distribution_of((replace(fact, distribution="normal", standard_deviation=80e9),), bounded)
    assert found is not None
    values = found.quantile(PLACES)
    assert 0.0 <= values.min() < 1e9 and 49e9 < values.max() <= 50e9
    assert np.median(values) == pytest.approx(40e9, rel=1e-3)


def test_a_range_without_a_distribution_is_read_as_before_and_a_point_or_an_assumption_does_not_vary(
    engine: Engine,
) -> None:
    fact, quantity = size(engine)
    assert distribution_of((fact,), quantity) == Distribution("range", 40e9, 20e9, 60e9)
    assert distribution_of((replace(fact, low=None, high=None),), quantity) is None
    assert distribution_of((replace(fact, distribution="uniform", confidence="assumption"),), quantity) is None
    assert distribution_of((), quantity) is None


@pytest.mark.parametrize(
    ("said", "p10", "p90"),
    [
        ("; dso:distribution dso:uniform ", 24e9, 56e9),
        (
            "; dso:distribution dso:triangular ",
            20e9 + math.sqrt(0.1 * 40e9 * 20e9),
            60e9 - math.sqrt(0.1 * 40e9 * 20e9),
        ),
        (f'; dso:distribution dso:normal ; dso:standardDeviation "1e9"{DOUBLE} ', 38.718448e9, 41.281552e9),
        (f'; dso:distribution dso:lognormal ; dso:logStandardDeviation "0.1"{DOUBLE} ', 35.18835e9, 45.46959e9),
    ],
)
def test_a_distribution_in_turtle_is_what_a_number_is_drawn_from(said: str, p10: float, p90: float) -> None:
    facts = stated("").replace('dso:value "40000000000.0"', f'dso:note "spread" {said}; dso:value "40000000000.0"')
    values = samples_of(engine_of(facts), "toy_size", 10_000, {"model": "toy-model-1"})
    assert np.quantile(values, [0.1, 0.9]) == pytest.approx([p10, p90], rel=1e-3)
