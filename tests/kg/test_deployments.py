"""What should this model run on: the answers of the library, their traces, their order, and bad questions."""

from __future__ import annotations

import itertools

import pytest

from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.results import Status

MODEL = "llama-3.1-70b"


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


@pytest.fixture(scope="module")
def report(kg):
    return kg.deployments(MODEL)


def test_no_deployment_of_the_front_is_both_dearer_and_slower_than_another(report):
    priced = [item for item in report.deployments if item.cost_per_million_output_tokens is not None]
    assert len(priced) > 10
    pairs = [(item.cost_per_million_output_tokens, item.time_per_output_token) for item in priced]
    assert pairs == sorted(pairs)
    assert all(after[1] <= before[1] for before, after in itertools.pairwise(pairs))


def test_without_a_price_the_cost_is_missing_and_said(report):
    free = [item for item in report.deployments if item.cost_per_million_output_tokens is None]
    assert free
    for item in free:
        assert item.status is Status.MISSING_INPUT
        assert "price" in (item.reason or "")
        assert item.price_per_hour is None
        assert item.time_per_output_token > 0.0


def test_every_number_of_a_deployment_unfolds_to_formulas_and_facts(report):
    for item in (report.deployments[0], report.deployments[-1]):
        for quantity, value in (
            ("cost_per_million_output_tokens_at_load", item.cost_per_million_output_tokens),
            ("time_per_output_token", item.time_per_output_token),
            ("throughput_at_load", item.tokens_per_second),
            ("memory_in_use", item.memory_used),
            ("energy_per_token_at_load", item.energy_per_token),
        ):
            trace = item.trace_of(quantity)
            assert trace.value == (None if value is None else pytest.approx(value, rel=1e-12))
            assert trace.function is not None
            assert trace.facts
        assert item.trace_of("time_to_first_token").value == pytest.approx(item.time_to_first_token, rel=1e-12)


def test_what_the_deployment_states_rests_on_nothing_else(report):
    stated = {
        step.quantity.id: step
        for step in report.deployments[0].trace.walk()
        if step.intervention == "stated by the deployment"
    }
    assert {"tensor_parallel", "pipeline_parallel", "concurrent_sequences", "bytes_per_parameter"} <= set(stated)
    assert all(not step.inputs and not step.own_facts and step.function is None for step in stated.values())
    assert stated["concurrent_sequences"].value == report.deployments[0].concurrent_sequences
    assert not any("concurrent_sequences" in text for text in report.deployments[0].assumptions)


def test_a_deployment_says_what_its_formats_take_for_granted(report):
    first = report.deployments[0]
    assert any(f"weights in {first.weight_format}" in text for text in first.assumptions)
    assert any(f"cache in {first.cache_format}" in text for text in first.assumptions)


def test_an_accelerator_that_nobody_rents_is_named_without_an_offering(kg):
    found = kg.deployments(MODEL, where={"accelerator": "amd-mi325x"})
    assert found.deployments
    for item in found.deployments[:3]:
        assert item.key.get("accelerator") == "amd-mi325x"
        assert item.key.get("offering") is None
        assert not any("bare-" in str(step.key) or "bare-" in (step.reason or "") for step in item.trace.walk())


def test_the_graph_itself_holds_no_entity_for_what_nobody_rents(kg):
    kg.deployments(MODEL, where={"accelerator": "amd-mi325x"})
    assert not [slug for slug in kg.entities if slug.startswith("bare-")]


def test_the_numbers_of_a_deployment_hang_together(kg, report):
    share = kg.value("decoding_share", where={"workload": "azure-2023-conv"}).value
    for item in report.deployments[:40]:
        assert item.accelerators == item.tensor_parallel * item.pipeline_parallel * item.data_parallel
        assert item.tokens_per_second_per_user == pytest.approx(1e3 / item.time_per_output_token)
        # Of the sequences in the engine some wait for their first token; at least one decodes.
        decoding = max(1.0, item.concurrent_sequences * share)
        assert item.tokens_per_second == pytest.approx(decoding * item.tokens_per_second_per_user)
        assert item.tokens_per_second_per_accelerator == pytest.approx(item.tokens_per_second / item.accelerators)
        assert item.memory_used < item.memory_capacity
        if item.cost_per_million_output_tokens is not None and item.price_per_hour is not None:
            assert item.cost_per_million_output_tokens == pytest.approx(
                item.price_per_hour / 3600.0 / item.tokens_per_second * 1e6
            )


@pytest.mark.parametrize(
    ("objective", "field", "sign"),
    [
        ("COST", "cost_per_million_output_tokens", 1.0),
        ("latency", "time_per_output_token", 1.0),
        ("first-token", "time_to_first_token", 1.0),
        ("THROUGHPUT", "tokens_per_second_per_accelerator", -1.0),
        ("energy", "energy_per_token", 1.0),
    ],
)
def test_deployments_come_in_the_order_of_the_objective(kg, objective, field, sign):
    found = kg.deployments(MODEL, objective=objective)
    values = [sign * getattr(item, field) for item in found.deployments if getattr(item, field) is not None]
    assert len(values) >= 900
    assert values == sorted(values)
    assert found.partial
    assert f"{found.feasible:,} feasible" in (found.partial_reason or "")


def test_the_best_of_each_objective_is_the_same_as_on_the_front(kg, report):
    assert kg.deployments(MODEL, objective="COST").deployments[0] == report.deployments[0]
    assert report.partial is False
    assert report.partial_reason is None


def test_what_stops_a_larger_batch_is_said(kg):
    held = kg.deployments(MODEL, tpot=1e5, where={"offering": "aws-p5en-48xlarge"}).deployments[0]
    assert "memory capacity" in held.stopped_by
    timed = kg.deployments(MODEL, tpot=30.0, where={"offering": "aws-p5en-48xlarge"}).deployments[0]
    assert timed.stopped_by == ("TPOT limit",)
    assert timed.time_per_output_token <= 30.0
    dear = kg.deployments(MODEL, budget=timed.price_per_hour * 1.5, where={"offering": "aws-p5en-48xlarge"})
    assert "budget" in dear.deployments[0].stopped_by


def test_the_workloads_own_target_is_the_limit_unless_one_is_given(kg, report):
    assert report.limits.from_workload
    assert report.limits.time_per_output_token == pytest.approx(50.0)
    asked = kg.deployments(MODEL, tpot=25.0)
    assert not asked.limits.from_workload
    assert asked.limits.time_per_output_token == pytest.approx(25.0)


def test_when_nothing_is_feasible_the_answer_says_what_is_nearest(kg, report):
    found = kg.deployments(MODEL, tpot=0.5)
    assert found.deployments == ()
    fastest = min(item.time_per_output_token for item in kg.deployments(MODEL, objective="latency").deployments)
    assert f"the best of them reaches {fastest:.4g} ms" in (found.nearest or "")
    assert report.nearest is None
    assert "nothing can be deployed" in (
        kg.deployments("llama-3.1-405b", where={"accelerator": "nvidia-l4"}).nearest or ""
    )


def test_a_context_longer_than_the_model_has_positions_for_is_not_served(kg):
    found = kg.deployments("llama-2-70b", "codex-swebenchpro")
    assert found.feasible == 0
    assert [item.reason for item in found.excluded] == [
        "the context of the workload is longer than the model has positions for"
    ] or found.excluded[0].configurations < found.configurations
    assert kg.deployments("llama-2-70b").feasible > 0


def test_only_the_formats_that_are_asked_for_are_looked_at(kg):
    found = kg.deployments(MODEL, weights=["BF16"])
    assert {item.weight_format for item in found.deployments} == {"bf16"}


def test_weights_that_are_shipped_in_mixed_widths_are_a_format_of_their_own(kg):
    found = kg.deployments("gpt-oss-120b", weights=["published"])
    assert found.deployments
    assert {item.weight_format for item in found.deployments} == {"published"}


def test_a_band_lies_around_its_number(kg):
    found = kg.deployments(MODEL, samples=200, where={"offering": "aws-p5en-48xlarge"})
    for item in found.deployments[:3]:
        for band, value in (
            (item.cost_band, item.cost_per_million_output_tokens),
            (item.time_band, item.time_per_output_token),
        ):
            assert band is not None
            assert band.p10 < band.p50 < band.p90
            assert band.p10 * 0.9 < value < band.p90 * 1.1
    assert kg.deployments(MODEL, where={"offering": "aws-p5en-48xlarge"}).deployments[0].cost_band is None


def test_an_earlier_date_is_answered_with_its_own_facts(kg):
    assert kg.deployments(MODEL, as_of="2020-01-01").feasible == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"model": "lama-3.1-70b"}, "model"),
        ({"model": "vllm"}, "where.model"),
        ({"workload": "no-such-load"}, "where.workload"),
        ({"workload": "vllm"}, "where.workload"),
        ({"objective": "cheapest"}, "objective"),
        ({"tpot": -1.0}, "limits.tpot"),
        ({"tpot": float("nan")}, "limits.tpot"),
        ({"ttft": 0.0}, "limits.ttft"),
        ({"budget": float("inf")}, "limits.budget"),
        ({"max_accelerators": 0}, "limits.maxAccelerators"),
        ({"weights": ["fp7"]}, "limits.weights"),
        ({"samples": -1}, "samples"),
        ({"samples": 10**9}, "samples"),
        ({"where": {"offering": "nvidia-h200-sxm"}}, "where.offering"),
        ({"where": {"model": "llama-3.1-8b"}}, "where.model"),
        ({"where": {"colour": "green"}}, "where"),
        ({"as_of": "yesterday"}, "asOf"),
    ],
)
def test_a_question_that_means_nothing_names_what_is_wrong(kg, given, field):
    with pytest.raises(UserInputError) as caught:
        kg.deployments(**{"model": MODEL, **given})
    assert caught.value.field == field
    assert caught.value.hint


def test_a_graph_without_the_functions_says_that_it_cannot_be_searched():
    from tests.kg.engine.toy import toy_knowledge, toy_registry

    from downstack.engine.engine import Engine

    toy = KnowledgeGraph(Engine(toy_knowledge(), tuple(toy_registry())))
    with pytest.raises(UserInputError) as caught:
        toy.deployments("toy-model-1", "toy-load-1")
    assert caught.value.hint


def test_an_order_by_energy_says_that_others_have_none(kg):
    found = kg.deployments(MODEL, objective="energy")
    assert "whose energy is known" in (found.partial_reason or "")
    assert all(item.energy_per_token is not None for item in found.deployments)


def test_what_the_publisher_ships_is_found_under_its_name_and_as_published(bundled: KnowledgeGraph) -> None:
    published = bundled.deployments("llama-3.1-70b", weights=["published"])
    named = bundled.deployments("llama-3.1-70b", weights=["bf16"])
    assert published.deployments
    assert [item.cost_per_million_output_tokens for item in published.deployments] == [
        item.cost_per_million_output_tokens for item in named.deployments
    ]
