"""The own error of a function: a factor that widens numbers, cancels in ratios, and is told apart from facts."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
import pytest

from downstack.engine.engine import Engine
from downstack.engine.function_error import error_factors
from downstack.engine.sampling import sampled_plan
from downstack.engine.uncertainty import bands
from downstack.engine.value_bands import value_bands
from downstack.engine.variance import variance_shares
from downstack.kg import KnowledgeGraph
from downstack.performance import REGISTRY
from downstack.performance.declare import (
    Array,
    DeclarationError,
    FunctionRegistry,
    RelativeError,
    performance_function,
)

from .toy import FACTS, fact
from .uncertain import SIZE, changes_of, engine_of, erring, plan_of, samples_of, stated

ERROR = 0.3
P90 = math.exp(ERROR * 1.2815515655446004)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engine_of(FACTS, erring({"toy_step_time": ERROR}))


def test_a_number_whose_formula_errs_has_a_lognormal_band_around_it(engine: Engine) -> None:
    exact = float(samples_of(engine_of(FACTS), "toy_cost", 1)[0])
    (band,) = value_bands(engine, plan_of(engine, "toy_cost"), engine.knowledge.quantities["toy_cost"], 5000)
    assert band is not None
    assert (band.p10, band.p50, band.p90) == pytest.approx((exact / P90, exact, exact * P90), rel=2e-3)
    assert band.probability_of_rise is None


def test_t13_the_error_of_a_function_cancels_in_the_ratio_of_a_change(engine: Engine) -> None:
    for change, factor in (({"toy-offer-2.toy_price": "x1.4"}, 1.4), ({"toy-chip-b.toy_bandwidth": "x0.25"}, None)):
        interventions = changes_of(engine, change)
        plan = plan_of(engine, "toy_cost")
        outcome = engine.evaluate(plan, interventions).outcome
        ratio = outcome.value("toy_cost", 0, 1) / outcome.value("toy_cost", 0, 0)
        band = bands(engine, plan, interventions, ("toy_cost",), 500).band("toy_cost", 0)
        assert band is not None
        assert (band.p10, band.p50, band.p90) == pytest.approx((ratio,) * 3, rel=1e-12)
        assert factor is None or ratio == pytest.approx(factor, rel=1e-12)
        assert variance_shares(engine, plan, interventions, "toy_cost", 0, 500) == ()


def test_t13_the_same_function_on_the_same_model_errs_alike_wherever_it_runs_and_otherwise_on_its_own(
    engine: Engine,
) -> None:
    models = ("toy-model-1", "toy-model-2")
    facts = FACTS.replace(SIZE, fact("toy-model-1", "toy_size", 20e9, "1"))
    small = engine_of(facts, erring({"toy_step_time": ERROR}))
    first, second = (
        samples_of(small, "toy_step_time", 400, {"model": "toy-model-1", "offering": offer})
        for offer in ("toy-offer-2", "toy-offer-1")
    )
    assert np.ptp(first) > 0.0
    assert np.ptp(first / second) < 1e-12 * (first / second).mean()
    (function,) = (item for item in engine.functions if item.name == "toy_step_time")
    factors = [error_factors(function, {"model": model}, 4000, 0) for model in models]
    assert abs(float(np.corrcoef(np.log(factors[0]), np.log(factors[1]))[0, 1])) < 0.05
    assert np.log(factors[0]).std() == pytest.approx(ERROR, rel=0.01)
    exact = float(samples_of(engine_of(FACTS), "toy_step_time", 1)[0])
    drawn = samples_of(engine, "toy_step_time", 400)
    assert drawn == pytest.approx(exact * error_factors(function, {"model": "toy-model-1"}, 400, 0), rel=1e-12)


def test_a_published_value_has_no_error_of_the_formula_beneath_it() -> None:
    # Chip a has a published bandwidth: what the erring formula gives is only how it moves.
    engine = engine_of(FACTS, erring({"toy_bandwidth": 0.5}))
    values = samples_of(engine, "toy_bandwidth", 200, {"accelerator": "toy-chip-a"})
    assert values == pytest.approx(np.full(200, 8e11), rel=1e-12)


def test_shares_tell_facts_that_one_could_look_up_from_the_error_of_the_function() -> None:
    engine = engine_of(stated(""), erring({"toy_step_time": ERROR}))
    shares = variance_shares(engine, plan_of(engine, "toy_cost"), (), "toy_cost", 0, 5000)
    by_kind = {item.kind: item for item in shares}
    assert set(by_kind) == {"fact", "function"}
    own = by_kind["function"]
    assert own.function is not None and own.function.name == "toy_step_time"
    assert own.fact is None and own.roles == (("model", "toy-model-1"),)
    logs = np.log(samples_of(engine, "toy_cost", 5000))
    assert own.share == pytest.approx(ERROR**2 / logs.var(), abs=0.03)
    assert 0.85 < sum(item.share for item in shares) < 1.1


@pytest.mark.parametrize("seed", range(5))
def test_what_cancels_has_no_share_however_the_draws_fall(seed: int) -> None:
    engine = engine_of(stated(""), erring({"toy_step_time": ERROR}))
    change = changes_of(engine, {"toy-chip-b.toy_bandwidth": "x0.5"})
    shares = variance_shares(engine, plan_of(engine, "toy_cost"), change, "toy_cost", 0, 1000, seed)
    assert {item.fact.quantity for item in shares if item.fact is not None} == {"toy_bandwidth", "toy_size"}
    assert {item.kind for item in shares} == {"fact"}


def test_where_no_function_errs_a_sampled_plan_keeps_its_formulas() -> None:
    plan = plan_of(engine_of(stated("")), "toy_cost")
    sampled = sampled_plan(plan, 50)
    for before, after in zip(plan.steps, sampled.steps, strict=True):
        assert before.variants is after.variants


def test_every_declared_error_names_its_calibration() -> None:
    erring_functions = [item for item in REGISTRY if item.relative_error is not None]
    assert {item.name for item in erring_functions} == {
        "concurrency_at_rate",
        "time_per_output_token",
        "time_per_output_token_at_capacity",
        "time_to_first_token",
    }
    for item in erring_functions:
        assert item.relative_error is not None
        assert "docs/accuracy.md" in item.relative_error.source
        assert item.relative_error.value == (0.58 if item.name == "time_to_first_token" else 0.18)


@pytest.mark.parametrize("value", [0.0, -0.1, 3.0, math.nan])
def test_an_error_that_is_no_positive_number_is_refused_when_it_is_declared(value: float) -> None:
    with pytest.raises(DeclarationError, match="relative error"):

        @performance_function(
            formula="x", citation="toy", registry=FunctionRegistry(), relative_error=RelativeError(value, "toy")
        )
        def toy_bytes(toy_size: Annotated[Array, "1"]) -> Annotated[Array, "byte"]:
            return toy_size


def test_a_declared_error_changes_the_digest_and_its_absence_does_not() -> None:
    def declared(error: RelativeError | None) -> str:
        registry = FunctionRegistry()

        @performance_function(formula="x", citation="toy", registry=registry, relative_error=error)
        def toy_bytes(toy_size: Annotated[Array, "1"]) -> Annotated[Array, "byte"]:
            return toy_size

        (item,) = registry
        return item.digest

    assert declared(None) == declared(None)
    assert len({declared(None), declared(RelativeError(0.1, "toy")), declared(RelativeError(0.2, "toy"))}) == 3


def test_on_the_bundled_graph_the_error_widens_speed_and_not_what_bandwidth_does_to_it(
    bundled: KnowledgeGraph,
) -> None:
    kg = bundled
    where = {
        "model": "llama-3.1-70b",
        "workload": "azure-2023-conv",
        "offering": "aws-p5en-48xlarge",
        "framework": "vllm",
    }
    value = kg.value("decode_tokens_per_second", where=where, samples=2000)
    assert value.value is not None and value.band is not None
    assert value.band.p90 / value.band.p10 > math.exp(2.0 * 1.28 * 0.17)
    assert any(item.kind == "function" for item in value.rows[0].variance_shares)
    report = kg.impact({"nvidia-h200-sxm.memory_bandwidth": "x1.4"}, ["decode_tokens_per_second"], where, samples=2000)
    (effect,) = report.effects
    assert {item.kind for item in effect.variance_shares} == {"fact"}
