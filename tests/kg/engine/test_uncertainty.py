"""Bands: draws that belong to facts, intervals and how they are read, and the spread of an effect."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.changes import Intervention, check_change, read_changes
from downstack.engine.distributions import Distribution, interval_of
from downstack.engine.draws import draws
from downstack.engine.engine import Engine
from downstack.engine.plan import Plan
from downstack.engine.run import place_interventions, run
from downstack.engine.sampling import sampled_plan
from downstack.engine.uncertainty import Bands, bands
from downstack.engine.variance import variance_shares
from downstack.errors import UserInputError
from downstack.graph.model import Fact
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array

from .toy import FACTS, fact, toy_knowledge, toy_registry

BANDWIDTH = fact("toy-chip-b", "toy_bandwidth", 2.0, "TB/s")
SIZE = fact("toy-model-1", "toy_size", 40e9, "1")
PRICE = fact("toy-offer-2", "toy_price", 7.2, "USD/h")
CHIPS = fact("toy-offer-2", "toy_chips", 2.0, "chip")
SHEET = fact("toy-chip-a", "toy_bandwidth", 800.0, "GB/s")


def interval(low: float, high: float) -> str:
    """Return the end of a fact that states an interval, in the unit of the fact."""
    double = "^^<http://www.w3.org/2001/XMLSchema#double>"
    return f'; dso:low "{low!r}"{double} ; dso:high "{high!r}"{double} '


def other(text: str, confidence: str = "datasheet", extra: str = "") -> str:
    """Return a fact once more, as a second source would state it, with another IRI."""
    head, _, tail = text.partition(".1 a dso:Fact")
    return f"{head}.2 a dso:Fact{tail}".replace("dso:datasheet", f"dso:{confidence}").replace(" .\n", f" {extra}.\n")


BANDWIDTH_INTERVAL = fact("toy-chip-b", "toy_bandwidth", 2.0, "TB/s", interval(1.0, 4.0))
SIZE_INTERVAL = fact("toy-model-1", "toy_size", 40e9, "1", interval(20e9, 60e9))
PRICE_INTERVAL = fact("toy-offer-2", "toy_price", 7.2, "USD/h", interval(3.6, 10.8))
UNCERTAIN = FACTS.replace(BANDWIDTH, BANDWIDTH_INTERVAL).replace(SIZE, SIZE_INTERVAL).replace(PRICE, PRICE_INTERVAL)


def engine_of(facts: str) -> Engine:
    return Engine(toy_knowledge(facts), toy_registry())


def ask(
    engine: Engine, change: dict[str, str], target: str, where: dict[str, str] | None = None
) -> tuple[Plan, tuple[Intervention, ...], int, float]:
    """Return the plan, the change, the row and the ratio of the only effect of a question."""
    kg = KnowledgeGraph(engine)
    interventions = tuple(check_change(item, item.entity, kg.quantity(item.quantity)) for item in read_changes(change))
    selected = {role: frozenset({engine.columns().tables[role].position[slug]}) for role, slug in (where or {}).items()}
    plan = engine.plan((target,), selected)
    outcome = engine.evaluate(plan, interventions).outcome
    rows = np.flatnonzero(outcome.touched[target])
    assert len(rows) == 1
    row = int(rows[0])
    return plan, interventions, row, outcome.value(target, row, 1) / outcome.value(target, row, 0)


HERE = {"model": "toy-model-1", "offering": "toy-offer-2"}


@pytest.fixture(scope="module")
def uncertain() -> Engine:
    return engine_of(UNCERTAIN)


def samples_of(engine: Engine, target: str, count: int, seed: int = 0, where: dict[str, str] | None = None) -> Array:
    selected = {
        role: frozenset({engine.columns().tables[role].position[slug]}) for role, slug in (where or HERE).items()
    }
    return run(sampled_plan(engine.plan((target,), selected), count, seed)).values[target][0]


# Draws


def test_t13_the_draws_of_a_fact_depend_on_nothing_but_the_fact_and_the_seed() -> None:
    first, second = draws("urn:a", 500, 1).copy(), draws("urn:b", 500, 1).copy()
    draws.cache_clear()
    assert np.array_equal(draws("urn:b", 500, 1), second)
    assert np.array_equal(draws("urn:a", 500, 1), first)
    assert not np.array_equal(first, second)
    assert not np.array_equal(draws("urn:a", 500, 2), first)


def test_draws_are_stratified_and_strictly_inside_the_unit_interval() -> None:
    drawn = draws("urn:a", 1000, 0)
    assert drawn.min() > 0.0 and drawn.max() < 1.0
    assert sorted((drawn * 1000).astype(int)) == list(range(1000))
    assert abs(np.corrcoef(drawn, draws("urn:b", 1000, 0))[0, 1]) < 0.1


def test_an_interval_is_read_with_the_chosen_value_as_median_and_the_ends_as_full_range() -> None:
    drawn = draws("urn:a", 1000, 0)
    stated = Distribution("range", 3.0, 1.0, 13.0)
    values = stated.quantile(drawn)
    assert values.min() > 1.0 and values.max() < 13.0
    assert (values < 3.0).sum() == 500
    assert stated.quantile(np.array([0.0, 0.25, 0.5, 0.75, 1.0])).tolist() == [1.0, 2.0, 3.0, 8.0, 13.0]


# Which facts vary


def facts_of(engine: Engine, slug: str, quantity: str) -> tuple[Fact, ...]:
    return engine.knowledge.candidates(slug, quantity)


def test_sources_that_disagree_become_an_interval() -> None:
    second = other(fact("toy-chip-b", "toy_bandwidth", 1.8, "TB/s"))
    facts = facts_of(engine_of(FACTS + second), "toy-chip-b", "toy_bandwidth")
    assert len(facts) == 2
    assert interval_of(facts) == (1.8e12, 2.0e12)
    assert interval_of(facts[:1]) is None


def test_sources_that_agree_in_other_units_are_a_point() -> None:
    second = other(fact("toy-chip-b", "toy_bandwidth", 2000.0, "GB/s"))
    assert interval_of(facts_of(engine_of(FACTS + second), "toy-chip-b", "toy_bandwidth")) is None


@pytest.mark.parametrize(
    ("confidence", "extra", "expected"),
    [
        ("vendorClaim", "", (1.8e12, 2.0e12)),
        ("press", "", None),
        ("estimate", "", None),
        ("datasheet", '; dso:condition "at half the clock" ', None),
    ],
)
def test_a_source_that_is_much_worse_or_speaks_of_something_else_makes_no_interval(
    confidence: str, extra: str, expected: tuple[float, float] | None
) -> None:
    second = other(fact("toy-chip-b", "toy_bandwidth", 1.8, "TB/s"), confidence, extra)
    facts = facts_of(engine_of(FACTS + second), "toy-chip-b", "toy_bandwidth")
    assert facts[0].value == 2.0e12
    assert interval_of(facts) == expected


def test_a_stated_interval_comes_before_what_others_say_and_an_assumption_never_varies(uncertain: Engine) -> None:
    (chosen,) = facts_of(uncertain, "toy-chip-b", "toy_bandwidth")
    assert interval_of((chosen, replace(chosen, value=9e12, low=None, high=None))) == (1e12, 4e12)
    assert interval_of((replace(chosen, low=None),)) == (2e12, 4e12)
    assert interval_of((replace(chosen, confidence="assumption"),)) is None
    assert interval_of(()) is None


def test_only_what_an_uncertain_fact_reaches_has_a_column_for_each_sample(uncertain: Engine) -> None:
    plan = uncertain.plan(("toy_cost",), {})
    values = run(sampled_plan(plan, 64)).values
    assert values["toy_bandwidth"].shape[1] == 64
    assert values["toy_cost"].shape[1] == 64
    assert values["toy_capacity"].shape[1] == 1
    by_slug = dict(zip(uncertain.columns().tables["accelerator"].ids, values["toy_bandwidth"], strict=True))
    assert np.ptp(by_slug["toy-chip-a"]) == 0.0
    assert 1e12 < by_slug["toy-chip-b"].min() < 1.1e12 and 3.8e12 < by_slug["toy-chip-b"].max() < 4e12


# T13: what two numbers share cancels


def test_t13_a_fact_on_two_paths_has_no_variance_against_itself(uncertain: Engine) -> None:
    outcome = run(sampled_plan(uncertain.plan(("toy_cost",), {}), 200))
    row = next(
        row
        for row in range(9)
        if dict(uncertain.plan(("toy_cost",), {}).binding.entities(("model", "offering"), row)).items() >= HERE.items()
    )
    free, size = (
        outcome.values["toy_free_memory"][row],
        samples_of(uncertain, "toy_size", 200, where={"model": "toy-model-1"}),
    )
    # free = 2 x 160 GB - 2 x size: the size that it holds is the size that is asked for alone, in every sample.
    assert np.ptp(size) > 1e10
    assert np.ptp((free + 2.0 * size) / 320e9) < 1e-12
    step, cost = outcome.values["toy_step_time"][row], outcome.values["toy_cost"][row]
    price = samples_of(uncertain, "toy_price", 200, where={"offering": "toy-offer-2"})
    assert np.ptp(cost / (price * step)) < 1e-12
    assert np.array_equal(step - samples_of(uncertain, "toy_step_time", 200), np.zeros(200))


@pytest.mark.parametrize("factor", [0.5, 1.4, 3.0])
def test_t13_what_the_change_scales_has_a_band_of_zero_width(uncertain: Engine, factor: float) -> None:
    plan, change, row, _ = ask(uncertain, {"toy-offer-2.toy_price": f"x{factor}"}, "toy_cost", HERE)
    band = bands(uncertain, plan, change, ("toy_cost",), 300).band("toy_cost", row)
    assert band is not None
    assert (band.p10, band.p50, band.p90) == pytest.approx((factor,) * 3, rel=1e-12)
    assert band.probability_of_rise == (1.0 if factor > 1.0 else 0.0)
    assert band.probability_of_switch == 0.0
    assert samples_of(uncertain, "toy_cost", 300).std() > 0.0
    assert len(variance_shares(uncertain, plan, (), "toy_cost", row, 300)) > 0


def test_t13_a_published_value_moves_against_the_formula_of_its_own_sample() -> None:
    pins = fact("toy-chip-a", "toy_pins", 100.0, "1")
    facts = FACTS.replace(pins, fact("toy-chip-a", "toy_pins", 100.0, "1", interval(50.0, 200.0)))
    facts = facts.replace(SHEET, fact("toy-chip-a", "toy_bandwidth", 800.0, "GB/s", interval(700.0, 900.0)))
    engine = engine_of(facts)
    plan, change, row, ratio = ask(
        engine, {"toy-hbm.toy_pin_rate": "x1.2"}, "toy_bandwidth", {"accelerator": "toy-chip-a"}
    )
    band = bands(engine, plan, change, ("toy_bandwidth",), 100).band("toy_bandwidth", row)
    # Pins that vary by a factor of four have no part in what a faster pin does, and the sheet stays the base.
    assert band is not None and (band.p10, band.p90) == pytest.approx((ratio, ratio), rel=1e-12)
    base = run(sampled_plan(plan, 100)).values["toy_bandwidth"][row]
    assert base.min() > 7e11 and base.max() < 9e11


def test_t13_neither_blocks_nor_company_change_a_band(uncertain: Engine) -> None:
    change = {"toy-chip-b.toy_bandwidth": "x1.4"}
    plan, interventions, row, _ = ask(uncertain, change, "toy_cost", HERE)
    whole = bands(uncertain, plan, interventions, ("toy_cost",), 500)
    pieces = bands(uncertain, plan, interventions, ("toy_cost",), 500, block_bytes=20_000)
    assert whole.band("toy_cost", row) == pieces.band("toy_cost", row)
    wide = uncertain.plan(("toy_cost", "toy_step_time", "toy_free_memory"), {})
    everything = bands(uncertain, wide, interventions, ("toy_free_memory", "toy_step_time", "toy_cost"), 500)
    there = next(
        index for index in range(9) if dict(wide.binding.entities(("model", "offering"), index)).items() >= HERE.items()
    )
    assert everything.band("toy_cost", there) == whole.band("toy_cost", row)
    assert bands(uncertain, plan, interventions, ("toy_cost",), 500, seed=1).band("toy_cost", row) != whole.band(
        "toy_cost", row
    )


def test_a_published_value_moves_against_the_reference_and_not_against_the_first_column() -> None:
    engine = engine_of(FACTS)
    plan, change, row, ratio = ask(
        engine, {"toy-hbm.toy_pin_rate": "x1.2"}, "toy_bandwidth", {"accelerator": "toy-chip-a"}
    )
    base = run(plan)
    outcome = run(plan, place_interventions(plan, change), np.array([0.5, 1.0]), reference=base)
    assert outcome.values["toy_bandwidth"][row] == pytest.approx([8e11 * 1.2**0.5, 8e11 * 1.2], rel=1e-12)
    assert ratio == pytest.approx(1.2, rel=1e-12)


def test_a_change_below_zero_is_still_refused_where_nothing_is_sampled() -> None:
    engine = engine_of(FACTS)
    plan, change, _, _ = ask(engine, {"toy-offer-2.toy_price": "-1.8USD/h"}, "toy_cost", HERE)
    too_much = tuple(replace(item, amount=-1.0) for item in change)
    with pytest.raises(UserInputError, match="negative"):
        run(plan, place_interventions(plan, too_much), np.array([0.0, 1.0]), reference=run(plan))


# Bands


def test_a_graph_of_points_has_the_deterministic_ratio_exactly() -> None:
    engine = engine_of(FACTS)
    plan, change, row, ratio = ask(engine, {"toy-chip-b.toy_bandwidth": "x0.3"}, "toy_cost", HERE)
    found = bands(engine, plan, change, ("toy_cost",), 1000)
    band = found.band("toy_cost", row)
    assert band is not None
    assert (band.p10, band.p50, band.p90) == (ratio, ratio, ratio)
    assert (band.probability_of_rise, band.probability_of_switch, band.samples) == (1.0, 1.0, 1000)
    assert found["toy_cost"].p50.shape == (1,)
    assert variance_shares(engine, plan, change, "toy_cost", row, 1000) == ()


def test_the_median_of_a_monotone_formula_of_one_fact_is_the_deterministic_number() -> None:
    engine = engine_of(FACTS.replace(BANDWIDTH, BANDWIDTH_INTERVAL))
    found = samples_of(engine, "toy_step_time", 2001)
    assert np.median(found) == pytest.approx(float(samples_of(engine_of(FACTS), "toy_step_time", 1)[0]), rel=1e-3)


def test_the_product_of_two_uniform_facts_has_the_known_moments_and_shares() -> None:
    # With a fast chip cost = price x free / 4e12: the price is uniform on 0.001 to 0.003 USD/s, the time on 5 to 75 ms.
    size = fact("toy-model-1", "toy_size", 80e9, "1", interval(10e9, 150e9))
    fast = fact("toy-chip-b", "toy_bandwidth", 2000.0, "TB/s")
    engine = engine_of(FACTS.replace(SIZE, size).replace(PRICE, PRICE_INTERVAL).replace(BANDWIDTH, fast))
    cost, steps = samples_of(engine, "toy_cost", 10_000), samples_of(engine, "toy_step_time", 10_000)
    assert steps.mean() == pytest.approx(0.04, rel=1e-3)
    assert steps.var() == pytest.approx(0.07**2 / 12.0, rel=1e-3)
    assert np.array_equal(cost, samples_of(engine, "toy_price", 10_000, where={"offering": "toy-offer-2"}) * steps)
    assert cost.mean() == pytest.approx(0.002 * 0.04, rel=1e-2)
    square = (0.002**2 / 12.0 + 0.002**2) * (0.07**2 / 12.0 + 0.04**2)
    assert cost.var() == pytest.approx(square - (0.002 * 0.04) ** 2, rel=2e-2)
    plan, _, row, _ = ask(engine, {"toy-offer-2.toy_price": "x2"}, "toy_cost", HERE)
    shares = {
        item.fact.quantity: item.share
        for item in variance_shares(engine, plan, (), "toy_cost", row, 10_000)
        if item.fact is not None
    }
    price, duration = variance_of_log(0.001, 0.003), variance_of_log(0.005, 0.075)
    # In logarithms the product is a sum, so that the shares are those of the two variances.
    assert shares["toy_price"] == pytest.approx(price / (price + duration), abs=0.02)
    assert shares["toy_size"] == pytest.approx(duration / (price + duration), abs=0.02)


def variance_of_log(low: float, high: float) -> float:
    """Return the variance of the logarithm of a number that is uniform between two ends."""
    ends = np.array([low, high])
    logs = np.log(ends)
    mean = np.diff(ends * (logs - 1.0))[0] / (high - low)
    square = np.diff(ends * (logs**2 - 2.0 * logs + 2.0))[0] / (high - low)
    return float(square - mean**2)


def test_shares_leave_out_what_the_number_does_not_rest_on(uncertain: Engine) -> None:
    plan, change, row, _ = ask(uncertain, {"toy-chip-b.toy_bandwidth": "x1.4"}, "toy_cost", HERE)
    shares = variance_shares(uncertain, plan, change, "toy_cost", row, 2000)
    assert {item.fact.quantity for item in shares if item.fact is not None} == {"toy_bandwidth", "toy_size"}
    assert {item.kind for item in shares} == {"fact"}
    assert all(0.0 < item.share <= 1.0 for item in shares)
    assert [item.share for item in shares] == sorted((item.share for item in shares), reverse=True)
    assert len(variance_shares(uncertain, plan, change, "toy_cost", row, 2000, first=1)) == 1


def test_a_band_knows_how_often_another_limit_takes_over(uncertain: Engine) -> None:
    plan, change, row, _ = ask(uncertain, {"toy-chip-b.toy_bandwidth": "x0.5"}, "toy_cost", HERE)
    found = bands(uncertain, plan, change, ("toy_cost", "toy_step_time", "toy_free_memory", "toy_price"), 2000)
    band, own = found.band("toy_cost", row), found.band("toy_step_time", row)
    assert band is not None and own is not None
    size = samples_of(uncertain, "toy_size", 2000, where={"model": "toy-model-1"})
    rate = samples_of(uncertain, "toy_bandwidth", 2000, where={"accelerator": "toy-chip-b"})
    reading = [2.0 * size / (2.0 * factor * rate) > (320e9 - 2.0 * size) / 4e12 for factor in (1.0, 0.5)]
    assert own.probability_of_switch == pytest.approx(float((reading[0] != reading[1]).mean()), abs=1e-12)
    assert own.probability_of_switch is not None and 0.05 < own.probability_of_switch < 0.95
    assert band.probability_of_switch == own.probability_of_switch
    assert np.isnan(found["toy_free_memory"].switch).all()


@pytest.mark.parametrize(("high", "has_band"), [(160e9, True), (4000e9, False)])
def test_where_most_samples_have_no_number_there_is_no_band(high: float, has_band: bool) -> None:
    # A model of more than 160e9 parameters does not fit: with 150e9 chosen, at most a little over half of them does.
    size = fact("toy-model-1", "toy_size", 150e9, "1", interval(100e9, high))
    moved = {"toy-chip-b.toy_capacity": "x0.999"} if not has_band else {"toy-chip-b.toy_capacity": "x1.1"}
    engine = engine_of(FACTS.replace(SIZE, size))
    plan, change, row, _ = ask(engine, moved, "toy_free_memory", HERE)
    if not has_band:
        change = tuple(replace(item, amount=0.9) for item in change)
    found = bands(engine, plan, change, ("toy_free_memory",), 400)
    band = found.band("toy_free_memory", row)
    assert (band is not None) is has_band
    assert int(found["toy_free_memory"].samples[row]) == (400 if has_band else pytest.approx(176, abs=2))


def test_percentiles_are_of_the_samples_that_have_a_number() -> None:
    size = fact("toy-model-1", "toy_size", 120e9, "1", interval(100e9, 200e9))
    engine = engine_of(FACTS.replace(SIZE, size))
    plan, change, row, _ = ask(engine, {"toy-chip-b.toy_capacity": "x1.1"}, "toy_free_memory", HERE)
    band = bands(engine, plan, change, ("toy_free_memory",), 400).band("toy_free_memory", row)
    assert band is not None
    assert band.samples == 300
    assert 1.0 < band.p10 < band.p50 < band.p90
    assert band.probability_of_rise == 1.0


def test_a_change_larger_than_a_sample_has_no_number_there_and_is_not_refused() -> None:
    price = fact("toy-offer-2", "toy_price", 7.2, "USD/h", interval(0.0, 14.4))
    engine = engine_of(FACTS.replace(PRICE, price))
    plan, change, row, _ = ask(engine, {"toy-offer-2.toy_price": "-1.8USD/h"}, "toy_cost", HERE)
    band = bands(engine, plan, change, ("toy_cost",), 400).band("toy_cost", row)
    # Below 1.8 USD/h, an eighth of the samples, there is nothing left to take away.
    assert band is not None and band.samples == 350


@pytest.mark.parametrize("samples", [0, -1, 10_001, 10**9])
def test_a_number_of_samples_out_of_range_is_refused_at_once(uncertain: Engine, samples: int) -> None:
    plan, change, row, _ = ask(uncertain, {"toy-chip-b.toy_bandwidth": "x2"}, "toy_cost", HERE)
    started = time.process_time()
    with pytest.raises(UserInputError, match="samples") as refused:
        bands(uncertain, plan, change, ("toy_cost",), samples)
    with pytest.raises(UserInputError):
        variance_shares(uncertain, plan, change, "toy_cost", row, samples)
    assert time.process_time() - started < 1.0
    assert refused.value.field == "samples" and refused.value.hint


@pytest.mark.parametrize("limit", ["MAX_WORK", "MAX_KEPT"])
def test_more_samples_than_the_question_has_room_for_are_refused_with_how_many_fit(
    uncertain: Engine, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    plan, change, _, _ = ask(uncertain, {"toy-chip-b.toy_bandwidth": "x2"}, "toy_cost", HERE)
    monkeypatch.setattr(f"downstack.engine.sampler.{limit}", 1000)
    with pytest.raises(UserInputError, match="at most") as refused:
        bands(uncertain, plan, change, ("toy_cost",), 5000)
    possible = int(refused.value.hint.split("at most ")[1].split()[0])
    assert isinstance(bands(uncertain, plan, change, ("toy_cost",), possible), Bands)


@settings(max_examples=25, deadline=None)
@given(
    low=st.floats(0.01, 1.0),
    high=st.floats(1.0, 100.0),
    factor=st.floats(0.1, 10.0),
    seed=st.integers(0, 2**63),
)
def test_percentiles_are_in_order_and_inside_what_the_ends_of_the_interval_give(
    low: float, high: float, factor: float, seed: int
) -> None:
    stated = fact("toy-chip-b", "toy_bandwidth", 2.0, "TB/s", interval(2.0 * low, 2.0 * high))
    engine = engine_of(FACTS.replace(BANDWIDTH, stated))
    plan, change, row, _ = ask(engine, {"toy-chip-b.toy_bandwidth": f"x{factor!r}"}, "toy_cost", HERE)
    band = bands(engine, plan, change, ("toy_cost",), 200, seed).band("toy_cost", row)
    assert band is not None
    assert band.p10 <= band.p50 <= band.p90
    assert min(1.0, 1.0 / factor) - 1e-9 <= band.p10
    assert band.p90 <= max(1.0, 1.0 / factor) + 1e-9


# The bundled knowledge


TARGETS = (
    "decode_tokens_per_second",
    "cost_per_million_output_tokens",
    "max_concurrent_sequences",
    "max_context_length",
)


def test_every_effect_of_the_first_question_of_the_readme_lies_in_its_band(bundled: KnowledgeGraph) -> None:
    kg = bundled
    engine = kg.engine
    where = {"model": "llama-3.1-70b", "workload": "codex-swebenchpro"}
    report = kg.impact({"nvidia-h200-sxm.memory_bandwidth": "x1.4"}, targets=TARGETS, where=where)
    tables = engine.columns().tables
    selected = {role: frozenset({tables[role].position[slug]}) for role, slug in where.items()}
    selected["accelerator"] = frozenset({tables["accelerator"].position["nvidia-h200-sxm"]})
    plan = engine.plan(TARGETS, selected)
    changes = tuple(
        check_change(item, item.entity, kg.quantity(item.quantity))
        for item in read_changes({"nvidia-h200-sxm.memory_bandwidth": "x1.4"})
    )
    found = bands(engine, plan, changes, TARGETS, 2000)
    seen = 0
    for effect in report.effects:
        key = plan.by_quantity[effect.quantity.id].key
        row = next(
            index
            for index in range(plan.by_quantity[effect.quantity.id].rows)
            if plan.binding.key(key, index) == effect.key
        )
        band = found.band(effect.quantity.id, row)
        assert (band is None) == (effect.ratio is None)
        if band is not None and effect.ratio is not None:
            seen += 1
            assert band.p10 < effect.ratio < band.p90
            # At the far ends of what was fitted, a sample may leave no room for any context.
            assert 1990 <= band.samples <= 2000
    assert seen > 0
