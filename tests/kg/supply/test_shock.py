"""CoWoS, HBM and wafers in the bundled graph: what a disruption does down to the applications."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from downstack.kg import KnowledgeGraph
from downstack.results import ShockReport, ShockTarget, SubstitutionBound

NVIDIA = ("nvidia-h100-sxm", "nvidia-h200-sxm", "nvidia-b200", "nvidia-rubin")


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


@pytest.fixture(scope="module")
def cowos(kg: KnowledgeGraph) -> ShockReport:
    return kg.shock({"tsmc-cowos": "-30%"}, months=6, horizon_months=24)


def target(report: ShockReport, entity: str) -> ShockTarget:
    return next(item for item in report.targets if item.entity.id == entity)


def test_every_target_has_three_bounds_and_all_months(cowos: ShockReport) -> None:
    assert {item.entity.id for item in cowos.targets} >= {*NVIDIA, "microsoft", "azure", "coreweave", "chatgpt"}
    for item in cowos.targets:
        assert [profile.bound for profile in item.profiles] == list(SubstitutionBound)
        for profile in item.profiles:
            for series in (profile.flow, profile.stock):
                assert [month.month for month in series] == (list(range(1, 25)) if series else [])
            assert profile.flow or profile.stock


def test_values_lie_in_their_intervals_and_never_exceed_the_base(cowos: ShockReport) -> None:
    for item in cowos.targets:
        for profile in item.profiles:
            for month in (*profile.flow, *profile.stock):
                assert 0.0 <= month.low <= month.high <= 1.0 + 1e-9
                assert month.low - 1e-9 <= month.stated_low <= month.stated_high <= month.high + 1e-9
                if month.value is not None:
                    assert month.stated_low == pytest.approx(month.value, abs=1e-6) == month.stated_high


def test_the_bounds_order_what_is_lost_in_all(cowos: ShockReport) -> None:
    for item in cowos.targets:
        lost = [profile.lost_flow for profile in item.profiles]
        for less, more in pairwise(reversed(lost)):
            if less is None or more is None:
                continue
            for end in ("value", "low", "high"):
                small, large = getattr(less, end), getattr(more, end)
                assert small is None or large is None or small <= large + 1e-3, (item.entity.id, end)


def test_a_second_source_helps_nvidia_and_nobody_else(cowos: ShockReport) -> None:
    h200, mi300x = target(cowos, "nvidia-h200-sxm"), target(cowos, "amd-mi300x")
    assert h200.first_order is not None and mi300x.first_order is not None
    # 510,000 of 590,000 wafers a year are packaged at TSMC: share times shock.
    assert h200.first_order.value == pytest.approx(1.0 - 0.3 * 510 / 590)
    assert mi300x.first_order.value == pytest.approx(0.7)
    none, _, full = (profile.worst_flow for profile in h200.profiles)
    assert none is not None and full is not None
    assert none.low == pytest.approx(0.7)
    assert full.low == pytest.approx(1.0 - 0.3 * 510 / 590)
    assert cowos.single_points[0].supplier == "tsmc-cowos"
    assert set(cowos.single_points[0].users) == {"amd-mi300x", "amazon", "broadcom", "marvell"}


def test_no_worst_case_is_beyond_the_leontief_bound_nor_better_than_share_times_shock_for_lasting_losses(
    kg: KnowledgeGraph,
) -> None:
    lasting = kg.shock({"tsmc-cowos": "-30%"}, months=36, horizon_months=36)
    for item in lasting.targets:
        for profile in item.profiles:
            if profile.flow and item.first_order is not None:
                assert min(month.low for month in profile.flow) >= 0.7 - 1e-9
                assert item.first_order.high is not None
                assert profile.flow[-1].low <= item.first_order.high + 1e-9
        if item.profiles[2].flow and item.first_order is not None and item.first_order.value is not None:
            assert item.profiles[2].flow[-1].value == pytest.approx(item.first_order.value, abs=1e-6)


def test_inventory_delays_the_impact_as_long_as_it_lasts(cowos: ShockReport) -> None:
    days = target(cowos, "amd-mi300x").profiles[0].days_to_impact
    # 30 days under way and 30 days of use held, of which three tenths are drawn every day: 130 days.
    assert days.value == pytest.approx(30.0 + 30.0 / 0.3, abs=2.0)
    assert days.low == 0.0
    # Sixty days of use held last two hundred days at that rate: nothing is felt of six months.
    assert days.high is None


def test_what_binds_is_named_with_its_supplier_and_months(cowos: ShockReport) -> None:
    spans = target(cowos, "nvidia-h200-sxm").profiles[0].binding
    assert [(span.what, span.suppliers) for span in spans] == [("packaging", ("tsmc-cowos",))]
    assert 4 <= spans[0].first <= spans[0].last <= 9


def test_the_installed_base_falls_far_less_than_the_flow_and_the_answer_says_why(cowos: ShockReport) -> None:
    meta = target(cowos, "meta")
    assert meta.base_flow is not None and meta.base_stock is not None
    assert meta.base_flow.value == pytest.approx((224_000 + 173_000) / 12)
    assert meta.base_stock.value == 662_000
    for profile in meta.profiles:
        flow, stock = profile.worst_flow, profile.worst_stock
        assert flow is not None and stock is not None and flow.value is not None and stock.value is not None
        assert flow.value < 0.78
        assert stock.value > 0.96
    assert "662,000" in meta.reason
    assert "33,083" in meta.reason


def test_where_no_share_is_published_there_is_no_value_and_the_interval_reaches_to_nothing(cowos: ShockReport) -> None:
    for name in ("coreweave", "azure"):
        profile = target(cowos, name).profiles[1]
        worst = profile.worst_flow
        assert worst is not None
        assert worst.value is None
        assert worst.low < 0.75
        assert worst.stated_low < 0.78
        assert worst.stated_high == worst.high == 1.0


def test_an_application_runs_on_what_is_installed_and_names_the_function(cowos: ShockReport) -> None:
    chat = target(cowos, "chatgpt")
    assert chat.function is not None
    assert chat.function.name == "throughput_tokens_per_second"
    profile = chat.profiles[0]
    assert profile.flow == ()
    assert profile.worst_stock is not None
    clouds = [target(cowos, name).profiles[0].worst_stock for name in ("azure", "oracle-cloud", "coreweave", "aws")]
    assert min(item.low for item in clouds if item) <= profile.worst_stock.low
    assert profile.worst_stock.high == 1.0


def test_allocation_shares_leave_a_rest_that_is_named(cowos: ShockReport) -> None:
    shares = target(cowos, "tsmc-cowos").allocation
    assert shares[0].customer == "nvidia"
    assert shares[-1].customer is None
    assert shares[-1].share.value == pytest.approx(0.05)
    assert sum(item.share.value or 0.0 for item in shares) == pytest.approx(1.0)


def test_every_number_rests_on_facts_with_sources_and_assumptions_are_said(cowos: ShockReport) -> None:
    for item in cowos.targets:
        assert item.facts
        assert all(fact.source.title for fact in item.facts)
        for fact in item.facts:
            if fact.confidence == "assumption":
                assert any(f"{fact.entity}.{fact.quantity} " in line for line in item.assumptions)
    assert any("inventory_cover = 30 day (0 to 60) is an assumption" in line for line in cowos.assumptions)


def test_a_loss_of_one_memory_maker_is_an_interval_over_what_he_supplies(kg: KnowledgeGraph) -> None:
    report = kg.shock({"sk-hynix": "-40%"})
    h200, b200 = target(report, "nvidia-h200-sxm").first_order, target(report, "nvidia-b200").first_order
    assert h200 is not None and b200 is not None
    # 62 to 21 by market share; 54 to 21 at the least, 70 to 10 at the most.
    assert h200.value == pytest.approx(1.0 - 0.4 * 62 / 83)
    assert h200.low == pytest.approx(1.0 - 0.4 * 70 / 80)
    assert h200.high == pytest.approx(1.0 - 0.4 * 54 / 75)
    assert b200.value == pytest.approx(0.6)
    assert "amd-mi300x" not in {item.entity.id for item in report.targets}


def test_a_part_of_a_capacity_hits_only_what_draws_on_it(kg: KnowledgeGraph) -> None:
    report = kg.shock({"tsmc-cowos-s": "-30%"})
    reached = {item.entity.id for item in report.targets}
    # It comes back as slowly as the whole, so that the worst case is felt beyond the disruption and the time under way.
    longest = max(month.month for month in target(report, "amd-mi300x").profiles[0].flow if month.low < 0.999)
    assert longest > 6 + 2
    assert {"nvidia-h100-sxm", "nvidia-h200-sxm", "amd-mi300x"} <= reached
    assert not {"nvidia-b200", "nvidia-rubin", "tsmc-cowos", "broadcom"} & reached


def test_a_whole_hits_all_its_parts(kg: KnowledgeGraph) -> None:
    whole = kg.shock({"hbm": "-20%"})
    parts = kg.shock({"sk-hynix": "-20%", "samsung-electronics": "-20%", "micron": "-20%"})
    assert [item.profiles for item in whole.targets] == [item.profiles for item in parts.targets]


def test_a_target_upstream_of_the_disruption_is_not_reached_and_the_answer_says_so(kg: KnowledgeGraph) -> None:
    report = kg.shock({"tsmc-cowos": "-30%"}, targets=["sk-hynix", "nvidia-b200"])
    assert [item.entity.id for item in report.targets] == ["nvidia-b200"]
    assert [item.entity for item in report.not_reached] == ["sk-hynix"]
    assert "upstream" in report.not_reached[0].reason


def test_the_same_question_gives_the_same_answer(kg: KnowledgeGraph, cowos: ShockReport) -> None:
    again = kg.shock({"tsmc-cowos": "-30%"}, months=6, horizon_months=24)
    assert again.targets == cowos.targets


def test_a_total_loss_leaves_nothing_where_there_is_no_second_source(kg: KnowledgeGraph) -> None:
    report = kg.shock({"tsmc-cowos": "-100%"}, months=12, horizon_months=12)
    profile = target(report, "amd-mi300x").profiles[2]
    assert profile.flow[-1].value == 0.0
    assert all(math.isfinite(month.low) for item in report.targets for month in item.profiles[1].flow)
