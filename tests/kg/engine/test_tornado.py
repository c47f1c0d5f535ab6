"""The tornado: what each uncertain input alone makes of one number."""

from __future__ import annotations

import math

import pytest

from downstack.kg import KnowledgeGraph

from .toy import FACTS
from .uncertain import HERE, engine_of, erring, stated


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return KnowledgeGraph(engine_of(stated(""), erring({"toy_step_time": 0.3})))


def test_the_bars_are_the_number_with_one_input_at_its_p10_and_p90_the_widest_first(kg: KnowledgeGraph) -> None:
    report = kg.sensitivity("toy_cost", HERE)
    bars = {item.fact.quantity if item.fact else "error": item for item in report.tornado}
    assert set(bars) == {"toy_price", "toy_size", "toy_bandwidth", "error"}
    swings = [item.swing for item in report.tornado]
    assert swings == sorted((swing for swing in swings if swing is not None), reverse=True)
    value = report.value or 0.0
    price = bars["toy_price"]
    # 7.2 USD/h between 3.6 and 10.8, half of it on either side: p10 is a fifth of the way from the lower end.
    assert (price.input_p10, price.input_p90) == pytest.approx((4.32 / 3600.0, 10.08 / 3600.0), rel=1e-12)
    assert (price.at_p10, price.at_p90) == pytest.approx((value * 0.6, value * 1.4), rel=1e-12)
    error, factor = bars["error"], math.exp(0.3 * 1.2815515655446004)
    assert error.kind == "function" and error.function is not None and error.function.name == "toy_step_time"
    assert (error.input_p10, error.input_p90) == pytest.approx((1.0 / factor, factor), rel=1e-12)
    assert (error.at_p10, error.at_p90) == pytest.approx((value / factor, value * factor), rel=1e-12)


def test_the_bar_of_a_fact_is_what_setting_it_there_gives(kg: KnowledgeGraph) -> None:
    for item in kg.sensitivity("toy_cost", HERE).tornado:
        if item.fact is None:
            continue
        for place, expected in ((item.input_p10, item.at_p10), (item.input_p90, item.at_p90)):
            unit = kg.quantities[item.fact.quantity].display_unit
            change = {f"{item.fact.entity}.{item.fact.quantity}": f"{place!r}{'' if unit == '1' else unit}"}
            (effect,) = kg.impact(change, ["toy_cost"], HERE).effects
            assert effect.scenario == pytest.approx(expected, rel=1e-9)


def test_exact_facts_have_no_bar_and_a_question_for_few_bars_gets_the_widest(kg: KnowledgeGraph) -> None:
    assert KnowledgeGraph(engine_of(FACTS)).sensitivity("toy_cost", HERE).tornado == ()
    everything = kg.sensitivity("toy_cost", HERE).tornado
    assert kg.sensitivity("toy_cost", HERE, first=2).tornado == everything[:2]


def test_a_number_that_there_is_not_has_no_tornado(kg: KnowledgeGraph) -> None:
    report = kg.sensitivity("toy_cost", {"model": "toy-model-closed", "offering": "toy-offer-2"})
    assert (report.value, report.tornado, report.fact_coverage) == (None, (), None)


def test_on_the_bundled_graph_facts_and_the_error_of_the_formula_both_have_bars(bundled: KnowledgeGraph) -> None:
    where = {
        "model": "llama-3.1-70b",
        "workload": "azure-2023-conv",
        "offering": "aws-p5en-48xlarge",
        "framework": "vllm",
    }
    report = bundled.sensitivity("cost_per_million_output_tokens", where)
    assert {item.kind for item in report.tornado} == {"fact", "function"}
    assert report.fact_coverage is not None
    assert report.fact_coverage.exact > 0
