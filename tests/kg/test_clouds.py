"""What the bundled graph answers about owners, queues, fleets, services, sessions and subscriptions."""

from __future__ import annotations

import pytest

from downstack.kg import KnowledgeGraph
from downstack.results import Status

DEPLOYMENT = {"model": "llama-3.1-70b", "framework": "vllm", "offering": "aws-p5en-48xlarge"}
CHAT = {**DEPLOYMENT, "workload": "azure-2023-conv"}
AGENT = {**DEPLOYMENT, "workload": "codex-swebenchpro"}


def test_deepseeks_day_is_recomputed_from_its_facts(bundled: KnowledgeGraph) -> None:
    for quantity, expected in (("service_cost", 87072.0), ("service_revenue", 562100.0)):
        report = bundled.value(quantity, entity="deepseek-r1", as_of="2025-02-28")
        assert report.unit == "USD/day"
        assert report.value == pytest.approx(expected, rel=1e-9)
        assert report.status is Status.OK
    margin = bundled.value("service_margin", entity="deepseek-r1", as_of="2025-02-28")
    assert margin.value == pytest.approx(545.0, abs=1.0)
    # The prices of February 2025 are old today, and the answer says so.
    assert bundled.value("service_margin", entity="deepseek-r1").status is Status.STALE


def test_the_sessions_of_a_coding_agent_explain_the_hit_rate_that_was_published(bundled: KnowledgeGraph) -> None:
    computed = bundled.value("session_cache_hit_rate", entity="codex-swebenchpro").value
    published = bundled.value("prefix_cache_hit_rate", entity="codex-swebenchpro").value
    assert computed is not None
    assert published is not None
    assert computed == pytest.approx(published, abs=0.6)


def test_a_provider_that_publishes_no_pue_has_no_owned_cost(bundled: KnowledgeGraph) -> None:
    report = bundled.value("owned_cost_per_accelerator_hour", where={"offering": "lambda-8x-h100-sxm5"})
    assert report.status is Status.MISSING_INPUT
    assert "power_usage_effectiveness" in (report.rows[0].reason or "")


def test_the_published_capital_cost_of_an_h100_is_the_base_and_that_of_an_h200_is_computed(
    bundled: KnowledgeGraph,
) -> None:
    assert bundled.value("capital_cost_per_accelerator", entity="nvidia-h100-sxm").value == 50000.0
    assert bundled.value("capital_cost_per_accelerator", entity="nvidia-h200-sxm").value == pytest.approx(27000 * 1.8)


def test_the_power_of_a_cluster_runs_whole_accelerators(bundled: KnowledgeGraph) -> None:
    report = bundled.value(
        "accelerators_at_power", where={"cluster": "cluster-stargate-abilene-p1", "offering": "aws-p5en-48xlarge"}
    )
    assert report.value == 240.24e3 // 1.73


def test_requests_that_come_too_fast_have_no_waiting_time(bundled: KnowledgeGraph) -> None:
    rate = "azure-2023-conv.request_rate"
    (calm,) = bundled.impact({rate: "7 sequence/s"}, targets=["time_to_first_token_at_rate"], where=CHAT).effects
    (busy,) = bundled.impact({rate: "9 sequence/s"}, targets=["time_to_first_token_at_rate"], where=CHAT).effects
    (flood,) = bundled.impact({rate: "50 sequence/s"}, targets=["time_to_first_token_at_rate"], where=CHAT).effects
    assert calm.scenario is not None
    assert busy.scenario is not None
    assert calm.base is not None
    assert calm.base < calm.scenario < busy.scenario
    assert flood.scenario is None
    assert flood.status is Status.INFEASIBLE


def test_the_rate_at_which_99_percent_are_in_time_is_found_by_the_goal_too(bundled: KnowledgeGraph) -> None:
    # The formula takes the service of a full batch, the goal that of the load that settles: the goal allows no less.
    careful = bundled.value("request_rate_within_target", where=CHAT).value
    solved = bundled.solve("share_within_target", 99.0, vary="azure-2023-conv.request_rate", where=CHAT)
    assert careful is not None
    assert solved.rows[0].value is not None
    assert careful <= solved.rows[0].value < 1.3 * careful


def test_a_shared_pool_wins_more_where_few_requests_are_served_at_once(bundled: KnowledgeGraph) -> None:
    chat, agent = (bundled.value("pooling_gain", where=where).value for where in (CHAT, AGENT))
    assert chat is not None
    assert agent is not None
    assert 1.0 < chat < agent


def test_a_subscription_earns_nothing_at_its_break_even(bundled: KnowledgeGraph) -> None:
    where = {"model": "claude-sonnet-5", "workload": "codex-swebenchpro", "application": "cursor"}
    sessions = bundled.value("sessions_at_break_even", where=where).value
    assert sessions is not None
    changed = bundled.impact(
        {"cursor.sessions_per_subscriber": f"{sessions!r} sequence/month"},
        targets=["subscription_margin"],
        where=where,
    )
    assert changed.effects[0].scenario == pytest.approx(0.0, abs=1e-9)
