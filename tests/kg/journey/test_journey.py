"""One prompt from application to silicon, on the real graph."""

from __future__ import annotations

from typing import TypedDict

import pytest

from downstack.errors import AmbiguousNameError, UnknownNameError, UserInputError
from downstack.journey.catalogue import (
    COST_PARTS,
    ENERGY_PARTS,
    NUMBERS,
    PHRASES,
    STATED,
    TIME_PARTS,
    VALUE_PARTS,
)
from downstack.kg import KnowledgeGraph
from downstack.results import JourneyNumber, JourneyReport, JourneyRoute, Status

AGENT = {"model": "llama-3.1-70b", "accelerator": "nvidia-h200-sxm", "workload": "codex-swebenchpro"}
APPLICATIONS = (
    "chatgpt",
    "claude-app",
    "claude-code",
    "cursor",
    "gemini-app",
    "github-copilot",
    "microsoft-copilot",
    "perplexity",
)


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


@pytest.fixture(scope="module")
def agent(kg: KnowledgeGraph) -> JourneyReport:
    return as_agent(kg)


def route(report: JourneyReport, offering: str) -> JourneyRoute:
    (found,) = [item for item in report.routes if item.offering == offering]
    return found


def as_agent(kg: KnowledgeGraph, samples: int = 0) -> JourneyReport:
    return kg.journey("claude-code", AGENT["model"], AGENT["accelerator"], AGENT["workload"], samples=samples)


class Named(TypedDict, total=False):
    model: str
    accelerator: str
    workload: str


def named(role: str, name: str) -> Named:
    found: dict[str, Named] = {"model": {"model": name}, "accelerator": {"accelerator": name}}
    return found.get(role, {"workload": name})


def numbers_of(report: JourneyReport) -> list[JourneyNumber]:
    found = [number for layer in report.layers for number in layer.numbers]
    for item in report.routes:
        found += [total for total in (item.time, item.energy, item.cost) if total is not None]
        for stage in item.stages:
            found += [*stage.time_parts, *stage.energy_parts, *stage.cost_parts, *stage.value_parts, *stage.numbers]
    return found


def number(report: JourneyReport, layer: int, quantity: str) -> JourneyNumber:
    (found,) = [item for item in report.layers[layer - 1].numbers if item.quantity.id == quantity]
    return found


@pytest.mark.parametrize("accelerator", ["nvidia-h200-sxm", "nvidia-h100-sxm", "nvidia-b200", "amd-mi300x"])
@pytest.mark.parametrize("workload", ["codex-swebenchpro", "azure-2023-conv", "mooncake-toolagent"])
@pytest.mark.parametrize("model", ["llama-3.1-70b", "gpt-oss-120b", "deepseek-v3", "mixtral-8x7b"])
def test_time_energy_and_cost_of_the_layers_sum_to_those_of_the_request(
    kg: KnowledgeGraph, model: str, workload: str, accelerator: str
) -> None:
    report = kg.journey("claude-code", model, accelerator, workload)
    assert report.routes
    for item in report.routes:
        assert [stage.layer.number for stage in item.stages] == [1, 2, 3, 4, 5, 6, 7]
        for total, difference in (
            (item.time, item.time_difference),
            (item.energy, item.energy_difference),
            (item.cost, item.cost_difference),
        ):
            assert total is not None
            if total.value is None:
                assert total.reason and difference is None
            else:
                assert difference == pytest.approx(0.0, abs=1e-9 * total.value)


def test_shares_of_the_time_sum_to_one_and_what_overlaps_is_no_part(agent: JourneyReport) -> None:
    way = route(agent, "aws-p5en-48xlarge")
    assert sum(stage.time_share or 0.0 for stage in way.stages) == pytest.approx(1.0, rel=1e-12)
    parts = {part.quantity.id for stage in way.stages for part in stage.time_parts}
    beside = {item.quantity.id for stage in way.stages for item in stage.numbers}
    assert "request_overlapped_time" in beside - parts
    assert "time_to_first_token" in beside - parts


def test_where_arithmetic_binds_it_takes_longer_than_reads_and_the_sums_still_hold(kg: KnowledgeGraph) -> None:
    slow = kg.with_changes({"nvidia-h200-sxm.peak_flops_bf16_dense": "x0.01"})
    item = route(as_agent(slow), "aws-p5en-48xlarge")
    parts = {part.quantity.id: part.value for stage in item.stages for part in stage.time_parts}
    reads = (parts["request_weight_read_time"] or 0.0) + (parts["request_kv_read_time"] or 0.0)
    assert (parts["request_decode_compute_time"] or 0.0) > reads > 0.0
    assert item.time is not None and item.time.value is not None
    assert item.time_difference == pytest.approx(0.0, abs=1e-9 * item.time.value)
    assert item.stages[4].binding in ("arithmetic of the prompt", "arithmetic of the answer")


def test_every_number_has_a_trace_that_ends_in_facts_or_a_reason(agent: JourneyReport) -> None:
    listed = numbers_of(agent)
    assert len(listed) > 200
    for item in listed:
        assert item.trace.value == item.value
        if item.value is None:
            assert item.status in (Status.MISSING_INPUT, Status.INFEASIBLE) and item.reason
        else:
            assert item.trace.facts, item.quantity.id
            assert item.trace.function is not None or item.trace.own_facts


def test_the_numbers_are_those_that_explain_gives(kg: KnowledgeGraph, agent: JourneyReport) -> None:
    item = route(agent, "aws-p5en-48xlarge")
    where = {**AGENT, "offering": item.offering, "provider": "aws", "framework": item.framework}
    listed = [item.time, item.energy, item.cost]
    for stage in item.stages:
        listed += [*stage.time_parts, *stage.energy_parts, *stage.cost_parts, *stage.value_parts, *stage.numbers]
    for found in listed:
        assert found is not None
        asked = {role: slug for role, slug in where.items() if role in dict(found.key.roles)}
        assert kg.value(found.quantity.id, where=asked).value == found.value, found.quantity.id


def test_each_cloud_that_rents_the_chip_is_a_route_the_cheapest_first(kg: KnowledgeGraph, agent: JourneyReport) -> None:
    rented = {item.subject for item in kg.relations_of("nvidia-h200-sxm") if item.predicate == "hasAccelerator"}
    assert {item.offering for item in agent.routes} == rented
    costs = [None if item.cost is None else item.cost.value for item in agent.routes]
    known = [cost for cost in costs if cost is not None]
    assert len(known) == 3
    assert costs == [*sorted(known), None, None]


def test_a_cloud_without_a_price_has_time_but_no_cost_and_names_the_missing_fact(agent: JourneyReport) -> None:
    item = route(agent, "azure-nd96isr-h200-v5")
    assert item.time is not None and item.time.value is not None
    assert item.cost is not None and item.cost.value is None
    assert item.cost.reason == "no fact for price_on_demand of azure-nd96isr-h200-v5"


def test_a_fact_that_is_withdrawn_is_named_and_nothing_takes_its_place(kg: KnowledgeGraph) -> None:
    without = KnowledgeGraph(kg.engine.with_facts({("nvidia-h200-sxm", "thermal_design_power"): ()}))
    for item in as_agent(without).routes[:3]:
        assert item.energy is not None and item.energy.value is None
        assert item.energy.reason == "no fact for thermal_design_power of nvidia-h200-sxm"
        assert item.energy_difference is None
        assert item.cost is not None and item.cost.value is not None


def test_a_model_that_does_not_fit_is_infeasible_and_says_so(kg: KnowledgeGraph) -> None:
    report = kg.journey("claude-code", "llama-3.1-70b", "google-tpu-v6e", "azure-2023-conv")
    (item,) = report.routes
    assert item.time is not None and item.time.value is None
    assert item.time.status is Status.INFEASIBLE and item.time.reason


def test_a_model_that_no_source_links_is_a_stand_in_and_all_that_rests_on_it_says_so(agent: JourneyReport) -> None:
    (stand_in,) = agent.stand_ins
    assert (stand_in.role, stand_in.entity, stand_in.linked) == ("model", "llama-3.1-70b", False)
    assert "claude" in stand_in.reason
    for item in numbers_of(agent):
        reads_it = any(step.key.get("model") == "llama-3.1-70b" for step in item.trace.walk())
        assert bool(item.rests_on) is reads_it, item.quantity.id
    assert any("stands in for claude" in note for note in agent.layers[1].notes)


def test_a_closed_model_has_a_price_list_and_no_arithmetic(kg: KnowledgeGraph) -> None:
    report = kg.journey("chatgpt", "gpt-5", "nvidia-h200-sxm", "azure-2023-conv")
    assert report.stand_ins == ()
    (model,) = [item for item in report.choices if item.role == "model"]
    assert model.linked and not model.stand_in
    price = number(report, 2, "request_api_price")
    assert price.value == pytest.approx((1154.7 * 1.25 + 211.1 * 10.0) / 1e6, rel=1e-9)
    assert number(report, 2, "weight_bytes").value is None
    assert all(item.time is not None and item.time.value is None for item in report.routes)
    assert report.closed_model == "gpt-5"
    assert any("no source states the architecture of gpt-5" in note for note in report.layers[1].notes)


def test_a_family_whose_answering_model_is_not_public_lists_the_price_of_each(kg: KnowledgeGraph) -> None:
    report = kg.journey("chatgpt", workload="azure-2023-conv")
    prices = [item for item in report.layers[1].numbers if item.quantity.id == "request_api_price"]
    family = {item.subject for item in kg.relations_of("gpt") if item.predicate == "memberOf"}
    priced = {slug for slug in family if all(kg.facts_of(slug, f"api_price_{way}") for way in ("input", "output"))}
    assert {item.key.get("model") for item in prices} == priced >= {"gpt-4", "gpt-4o", "gpt-5", "gpt-5.5"}
    assert all(item.value for item in prices)
    assert report.model is None


@pytest.mark.parametrize("application", APPLICATIONS)
def test_nothing_is_chosen_for_a_question_that_names_nothing(kg: KnowledgeGraph, application: str) -> None:
    report = kg.journey(application)
    assert (report.model, report.accelerator, report.workload) == (None, None, None)
    assert report.routes == () and report.choices == ()
    assert {item.role for item in report.questions} == {"model", "accelerator", "workload"}
    assert all(item.reason and item.candidates for item in report.questions)
    assert report.reason
    assert report.layers[0].entities[0] == application


def test_the_company_behind_an_application_and_what_it_is_built_on_are_cited(kg: KnowledgeGraph) -> None:
    report = kg.journey("chatgpt")
    said = {(item.subject, item.predicate, item.object) for layer in report.layers for item in layer.links}
    assert {("openai", "develops", "chatgpt"), ("chatgpt", "builtOn", "gpt")} <= said
    assert all(item.source.title for layer in report.layers for item in layer.links)
    spent = [item for item in report.layers[3].numbers if item.quantity.id == "committed_cloud_spend"]
    assert {item.trace.own_facts[0].condition for item in spent} >= {"at Azure", "at Oracle Cloud"}


def test_a_developer_with_a_cloud_of_its_own_is_linked_to_the_chips_that_it_offers(kg: KnowledgeGraph) -> None:
    asked = kg.journey("gemini-app")
    (chip,) = [item for item in asked.questions if item.role == "accelerator"]
    assert "google-tpu-v6e" in chip.candidates and "amd-mi300x" not in chip.candidates
    named = kg.journey("gemini-app", accelerator="google-tpu-v6e").choices
    assert [(item.role, item.linked) for item in named] == [("accelerator", True)]
    assert "google operates google-cloud" in named[0].reason


def test_silicon_names_foundry_node_packaging_and_memory_suppliers(agent: JourneyReport) -> None:
    memory, silicon = agent.layers[5], agent.layers[6]
    assert {"hbm3e", "sk-hynix", "nvlink-4"} <= set(memory.entities)
    assert {"tsmc", "tsmc-n4", "tsmc-cowos-s"} <= set(silicon.entities)
    worn = {item.quantity.id: item.value for item in route(agent, "aws-p5en-48xlarge").stages[6].numbers}
    assert worn["request_wafers"]


def test_the_rent_goes_to_the_maker_the_seller_and_the_owner_of_the_chips(agent: JourneyReport) -> None:
    item = route(agent, "aws-p5en-48xlarge")
    paid = {stage.layer.number: stage.value for stage in item.stages if stage.value_parts}
    assert set(paid) == {4, 5, 7}
    assert item.cost is not None and item.cost.value is not None
    assert item.value_difference == pytest.approx(0.0, abs=1e-9 * item.cost.value)
    assert all(value is not None and 0.0 < value < item.cost.value for value in paid.values())
    (bought,) = [found for found in item.stages[4].numbers if found.quantity.id == "request_hardware_cost"]
    assert bought.value == pytest.approx((paid[5] or 0.0) + (paid[7] or 0.0), rel=1e-12)


def test_where_nobody_says_how_long_servers_last_the_split_by_who_is_paid_is_missing(kg: KnowledgeGraph) -> None:
    without = KnowledgeGraph(kg.engine.with_facts({("aws", "depreciation_time"): ()}))
    item = route(as_agent(without), "aws-p5en-48xlarge")
    assert item.value_difference is None and item.cost_difference is not None
    (made,) = item.stages[6].value_parts
    assert made.reason == "no fact for depreciation_time of aws"


def test_every_quantity_that_is_reported_is_known_to_the_graph(kg: KnowledgeGraph) -> None:
    groups = (NUMBERS, TIME_PARTS, ENERGY_PARTS, COST_PARTS, VALUE_PARTS)
    named = {name for group in groups for names in group.values() for name in names}
    assert named <= set(kg.engine.schema.keys)
    assert {name for names in STATED.values() for name in names} <= set(kg.quantities)
    assert set(PHRASES) == {name for names in TIME_PARTS.values() for name in names}


def test_an_accelerator_that_nobody_rents_has_its_facts_and_no_route(kg: KnowledgeGraph) -> None:
    report = kg.journey("claude-code", "llama-3.1-70b", "nvidia-h100-pcie", "azure-2023-conv")
    assert report.routes == ()
    assert report.reason is not None and "no offering of the graph rents nvidia-h100-pcie" in report.reason
    assert number(report, 6, "memory_bandwidth").value == pytest.approx(2000.0, rel=0.05)


def test_a_load_beyond_the_target_is_said(kg: KnowledgeGraph) -> None:
    report = kg.journey("claude-code", "llama-3.1-70b", "nvidia-h100-sxm", "codex-swebenchpro")
    assert any("the target is 33.3 ms" in note for note in report.routes[0].notes), report.routes[0].notes


def test_only_a_workload_with_turns_has_sessions(kg: KnowledgeGraph, agent: JourneyReport) -> None:
    chat = kg.journey("claude-code", "llama-3.1-70b", "nvidia-h200-sxm", "azure-2023-conv")
    assert any(item.quantity.id == "session_time_at_load" for item in numbers_of(agent))
    assert not any(item.quantity.id == "session_time_at_load" for item in numbers_of(chat))
    assert any("how many requests a task" in note for note in chat.layers[0].notes)


@pytest.mark.parametrize("role", ["model", "accelerator", "workload"])
def test_an_unknown_name_is_refused_with_near_ones(kg: KnowledgeGraph, role: str) -> None:
    with pytest.raises(UnknownNameError) as refused:
        kg.journey("chatgpt", **named(role, AGENT[role] + "x"))
    assert refused.value.field == role
    assert AGENT[role] in refused.value.near


@pytest.mark.parametrize("role", ["model", "accelerator", "workload"])
def test_a_name_of_another_kind_is_refused(kg: KnowledgeGraph, role: str) -> None:
    with pytest.raises(UserInputError, match="tsmc is a Company") as refused:
        kg.journey("chatgpt", **named(role, "tsmc"))
    assert refused.value.field == role


def test_only_an_application_is_followed(kg: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError, match="not an Application") as refused:
        kg.journey("llama-3.1-70b")
    assert refused.value.field == "application" and "chatgpt" in refused.value.hint
    with pytest.raises(UnknownNameError):
        kg.journey("chatgtp")


def test_an_alias_of_the_application_is_understood(kg: KnowledgeGraph) -> None:
    assert kg.journey("Claude.ai").application == "claude-app"
    with pytest.raises(AmbiguousNameError):
        kg.journey("Claude")


def test_totals_have_a_band_around_them_when_samples_are_asked_for(kg: KnowledgeGraph, agent: JourneyReport) -> None:
    sampled = route(as_agent(kg, 200), "aws-p5en-48xlarge")
    for total in (sampled.time, sampled.energy, sampled.cost):
        assert total is not None and total.value is not None and total.band is not None
        assert total.band.p10 < total.value < total.band.p90
    assert all(item.band is None for item in numbers_of(agent))
    with pytest.raises(UserInputError):
        as_agent(kg, -1)


def test_facts_of_a_past_date_are_those_that_were_known(kg: KnowledgeGraph) -> None:
    then = kg.journey("chatgpt", as_of="2024-10-01")
    now = kg.journey("chatgpt")
    assert (number(then, 1, "active_users_weekly").value or 0) < (number(now, 1, "active_users_weekly").value or 0)
    assert then.as_of == "2024-10-01"
