"""Elasticities on the toy industry, where they fit in the head, and on the bundled graph."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.engine import Engine
from downstack.errors import UnknownNameError, UserInputError
from downstack.kg import KnowledgeGraph
from downstack.results import SensitivityReport, Status

from .toy import FACTS, fact, toy_knowledge, toy_registry

FILLING = {"model": "toy-model-1", "offering": "toy-offer-2"}
READING = {"model": "toy-model-1", "offering": "toy-offer-2"}
SERVED = {
    "model": "llama-3.1-70b",
    "offering": "aws-p5en-48xlarge",
    "workload": "codex-swebenchpro",
    "framework": "vllm",
}


def toy(facts: str = FACTS) -> KnowledgeGraph:
    return KnowledgeGraph(Engine(toy_knowledge(facts), toy_registry()))


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return toy()


def by_name(report: SensitivityReport) -> dict[str, float | None]:
    return {f"{item.entity}.{item.quantity.id}": item.elasticity for item in report.inputs}


def slower_chip_b(terabytes: float) -> str:
    return FACTS.replace(
        fact("toy-chip-b", "toy_bandwidth", 2.0, "TB/s"), fact("toy-chip-b", "toy_bandwidth", terabytes, "TB/s")
    )


def test_the_elasticity_of_a_factor_of_a_product_is_one(kg: KnowledgeGraph) -> None:
    report = kg.sensitivity("toy_cost", where=FILLING)
    assert by_name(report)["toy-offer-2.toy_price"] == pytest.approx(1.0, abs=1e-12)
    assert report.value == kg.value("toy_cost", where=FILLING).value
    assert report.status is Status.OK


def test_the_elasticity_of_a_side_that_does_not_bind_is_zero(kg: KnowledgeGraph) -> None:
    # Filling 240 GB takes 60 ms and reading 80 GB takes 20 ms: the bandwidth is not what binds.
    assert by_name(kg.sensitivity("toy_step_time", where=FILLING))["toy-chip-b.toy_bandwidth"] == 0.0


def test_where_reading_binds_the_time_falls_as_the_bandwidth_rises() -> None:
    found = by_name(toy(slower_chip_b(0.2)).sensitivity("toy_step_time", where=READING))
    assert found["toy-chip-b.toy_bandwidth"] == pytest.approx(-1.0, abs=1e-12)
    assert found["toy-model-1.toy_size"] == pytest.approx(1.0, abs=1e-12)
    assert found["toy-chip-b.toy_capacity"] == 0.0


def test_where_two_limits_bind_at_once_the_elasticity_is_the_mean_of_both_sides() -> None:
    # 80e9 / (2 W) = 60 ms exactly at W = 2/3 TB/s: slower reading binds, faster reading does not.
    found = by_name(toy(slower_chip_b(2.0 / 3.0)).sensitivity("toy_step_time", where=READING))
    assert found["toy-chip-b.toy_bandwidth"] == pytest.approx(-0.5, abs=1e-6)


def test_where_one_side_is_infeasible_the_elasticity_is_that_of_the_other() -> None:
    # 80.2 GB of memory hold 80 GB of weights; one per cent less do not.
    facts = FACTS.replace(
        fact("toy-chip-a", "toy_capacity", 80.0, "GB"), fact("toy-chip-a", "toy_capacity", 80.2, "GB")
    )
    report = toy(facts).sensitivity("toy_free_memory", where={"model": "toy-model-1", "offering": "toy-offer-1"})
    assert report.value == pytest.approx(0.2e9)
    found = by_name(report)["toy-chip-a.toy_capacity"]
    # Up by one per cent the free memory grows from 0.2 to 1.002 GB: ln(5.01) / ln(1.01).
    assert found == pytest.approx(161.95, rel=1e-3)


@settings(max_examples=20, deadline=None)
@given(
    capacity=st.floats(50.0, 500.0),
    chips=st.floats(1.0, 4.0),
    bandwidth=st.floats(0.05, 20.0),
    size=st.floats(1e9, 24e9),
)
def test_the_elasticities_of_a_homogeneous_function_sum_to_its_degree(
    capacity: float, chips: float, bandwidth: float, size: float
) -> None:
    # free = capacity x chips - 2 size is of degree one in capacity and size, and so in chips and size.
    facts = (
        slower_chip_b(bandwidth)
        .replace(fact("toy-chip-b", "toy_capacity", 160.0, "GB"), fact("toy-chip-b", "toy_capacity", capacity, "GB"))
        .replace(fact("toy-offer-2", "toy_chips", 2.0, "chip"), fact("toy-offer-2", "toy_chips", chips, "chip"))
        .replace(fact("toy-model-1", "toy_size", 40e9, "1"), fact("toy-model-1", "toy_size", size, "1"))
    )
    report = toy(facts).sensitivity("toy_free_memory", where=FILLING)
    if report.value is None or report.value < 0.3 * capacity * chips * 1e9:
        return
    found = by_name(report)
    capacity_share, chip_share, size_share = (
        found[name] for name in ("toy-chip-b.toy_capacity", "toy-offer-2.toy_chips", "toy-model-1.toy_size")
    )
    assert capacity_share is not None and chip_share is not None and size_share is not None
    assert capacity_share == pytest.approx(chip_share, rel=1e-9)
    assert capacity_share + size_share == pytest.approx(1.0, abs=1e-3)


def test_what_a_formula_moves_a_published_value_by_is_an_input_too(kg: KnowledgeGraph) -> None:
    found = by_name(kg.sensitivity("toy-chip-a.toy_bandwidth"))
    assert found == {
        "toy-chip-a.toy_bandwidth": pytest.approx(1.0, abs=1e-12),
        "toy-chip-a.toy_pins": pytest.approx(1.0, abs=1e-12),
        "toy-hbm.toy_pin_rate": pytest.approx(1.0, abs=1e-12),
    }


def test_a_fact_that_no_formula_can_follow_has_no_elasticity() -> None:
    kg = toy(FACTS.replace(fact("toy-chip-a", "toy_pins", 100.0, "1"), ""))
    found = by_name(kg.sensitivity("toy-chip-a.toy_bandwidth"))
    assert found["toy-hbm.toy_pin_rate"] is None
    assert found["toy-chip-a.toy_bandwidth"] == pytest.approx(1.0, abs=1e-12)
    assert list(found)[-1] == "toy-hbm.toy_pin_rate"


def test_a_stated_interval_gives_the_number_at_both_ends() -> None:
    def price(extra: str) -> str:
        return fact("toy-offer-2", "toy_price", 7.2, "USD/h", extra)

    def ends(low: float, high: float) -> str:
        double = "<http://www.w3.org/2001/XMLSchema#double>"
        return f'; dso:low "{low!r}"^^{double} ; dso:high "{high!r}"^^{double} '

    kg = toy(FACTS.replace(price(""), price(ends(3.6, 14.4))))
    (item, *others) = [
        item
        for item in kg.sensitivity("toy_cost", where=FILLING).inputs
        if item.quantity.id in ("toy_price", "toy_size")
    ]
    value = kg.value("toy_cost", where=FILLING).value
    assert value is not None and item.quantity.id == "toy_price"
    assert item.at_low == pytest.approx(value / 2.0, rel=1e-12)
    assert item.at_high == pytest.approx(value * 2.0, rel=1e-12)
    assert [(other.at_low, other.at_high) for other in others] == [(None, None)]


def test_the_largest_come_first_and_no_more_than_asked(kg: KnowledgeGraph) -> None:
    every = [abs(item.elasticity or 0.0) for item in kg.sensitivity("toy_cost", where=FILLING, first=50).inputs]
    assert every == sorted(every, reverse=True)
    assert len({item.fact for item in kg.sensitivity("toy_cost", where=FILLING, first=50).inputs}) == len(every)
    assert len(kg.sensitivity("toy_cost", where=FILLING, first=2).inputs) == 2


def test_a_number_that_is_missing_has_a_status_and_no_inputs(kg: KnowledgeGraph) -> None:
    missing = kg.sensitivity("toy_cost", where={"model": "toy-model-1", "offering": "toy-offer-3"})
    assert (missing.value, missing.status, missing.inputs) == (None, Status.MISSING_INPUT, ())
    infeasible = kg.sensitivity("toy_free_memory", where={"model": "toy-model-2", "offering": "toy-offer-1"})
    assert (infeasible.value, infeasible.status, infeasible.inputs) == (None, Status.INFEASIBLE, ())


def test_several_combinations_are_refused_with_what_to_narrow(kg: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError) as caught:
        kg.sensitivity("toy_cost", where={"model": "toy-model-1"})
    assert caught.value.field == "where"
    assert "one offering (toy-offer-1, toy-offer-2, toy-offer-3)" in caught.value.hint
    assert "model" not in caught.value.hint


def test_names_and_counts_that_cannot_be_are_refused(kg: KnowledgeGraph) -> None:
    with pytest.raises(UnknownNameError):
        kg.sensitivity("toy_costs", where=FILLING)
    with pytest.raises(UnknownNameError):
        kg.sensitivity("toy-chip-z.toy_bandwidth")
    with pytest.raises(UserInputError, match="first is 0"):
        kg.sensitivity("toy_cost", where=FILLING, first=0)
    with pytest.raises(UserInputError, match="no offering matches"):
        kg.sensitivity("toy_step_time", where={"model": "toy-model-1", "offering": []})


def test_the_cost_of_a_token_is_proportional_to_the_price_and_less_than_that_to_the_bandwidth(
    bundled: KnowledgeGraph,
) -> None:
    report = bundled.sensitivity("cost_per_million_output_tokens", where=SERVED, first=50)
    found = by_name(report)
    assert report.status is Status.OK
    assert found["aws-p5en-48xlarge.price_on_demand"] == pytest.approx(1.0, abs=1e-12)
    bandwidth = found["nvidia-h200-sxm.memory_bandwidth"]
    assert bandwidth is not None and -1.0 < bandwidth < 0.0
    assert found["hbm3e.data_rate_per_pin"] == pytest.approx(bandwidth, abs=1e-9)


def test_an_elasticity_is_what_impact_gives_for_one_per_cent(bundled: KnowledgeGraph) -> None:
    import math

    found = by_name(bundled.sensitivity("cost_per_million_output_tokens", where=SERVED, first=50))
    for name, elasticity in found.items():
        ends = []
        for factor in (1.01, 1.0 / 1.01):
            effects = bundled.impact(
                {name: f"x{factor!r}"}, targets=["cost_per_million_output_tokens"], where=SERVED
            ).effects
            ends.append(effects[0].scenario)
        up, down = ends
        assert up is not None and down is not None and elasticity is not None
        assert elasticity == pytest.approx(math.log(up / down) / (2.0 * math.log(1.01)), abs=1e-9), name
