"""The first question on the bundled graph: a cited fact changes, and every number at the other end is traceable."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.changes import Change
from downstack.kg import KnowledgeGraph
from downstack.results import Effect, ImpactReport, Status, Trace

CHANGE = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
TARGETS = [
    "decode_tokens_per_second",
    "cost_per_million_output_tokens",
    "max_concurrent_sequences",
    "max_context_length",
]


@pytest.fixture(scope="module")
def report(bundled: KnowledgeGraph) -> ImpactReport:
    return bundled.impact(CHANGE, targets=TARGETS, where={"model": "llama-3.1-70b"})


def numbers(report: ImpactReport, quantity: str) -> list[Effect]:
    return [item for item in report.effects if item.quantity.id == quantity and item.ratio is not None]


def test_all_four_targets_are_answered(report: ImpactReport) -> None:
    for target in TARGETS:
        assert numbers(report, target), target


def test_decode_speed_rises_by_clearly_less_than_the_bandwidth(report: ImpactReport) -> None:
    for effect in numbers(report, "decode_tokens_per_second"):
        assert effect.ratio is not None
        # Launch overheads, exchanges and the prefill of new arrivals do not get faster with memory bandwidth.
        assert 1.0 < effect.ratio < 1.35, str(effect.key)


def test_dollars_per_token_fall_on_the_offerings_of_three_clouds(report: ImpactReport) -> None:
    effects = numbers(report, "cost_per_million_output_tokens")
    assert {item.key.get("provider") for item in effects} >= {"aws", "google-cloud", "oracle-cloud"}
    for effect in effects:
        assert effect.ratio is not None and effect.ratio <= 1.0


def test_an_offering_without_a_price_is_listed_without_a_number(report: ImpactReport) -> None:
    missing = [
        item
        for item in report.effects
        if item.quantity.id == "cost_per_million_output_tokens" and item.status is Status.MISSING_INPUT
    ]
    assert missing
    for effect in missing:
        assert effect.scenario is None
        assert effect.reason


def test_a_model_that_does_not_fit_has_no_decode_speed(bundled: KnowledgeGraph) -> None:
    where = {"model": "deepseek-v3", "offering": "aws-p5-48xlarge", "workload": "azure-2023-conv"}
    for target in ("decode_tokens_per_second", "time_to_first_token", "cost_per_million_output_tokens"):
        report = bundled.value(target, where=where)
        assert report.value is None
        assert report.status is Status.INFEASIBLE
        assert "do not fit" in (report.rows[0].reason or "")


def test_every_number_of_sessions_names_what_binds(report: ImpactReport) -> None:
    regimes = [item.regime for item in numbers(report, "max_concurrent_sequences")]
    assert regimes
    assert all(item is not None and item.base in ("latency target", "memory capacity") for item in regimes)


def test_t09_where_memory_takes_over_from_latency_the_answer_names_both_and_the_change(bundled: KnowledgeGraph) -> None:
    where = {"workload": "codex-swebenchpro", "offering": "aws-p5en-48xlarge"}
    report = bundled.impact(CHANGE, targets=["max_concurrent_sequences", "cost_per_million_output_tokens"], where=where)
    switching = [item for item in report.effects if item.regime is not None and item.regime.switches]
    assert {item.quantity.id for item in switching} == {"max_concurrent_sequences", "cost_per_million_output_tokens"}
    for effect in switching:
        regime = effect.regime
        assert regime is not None and regime.switch_at is not None
        assert (regime.base, regime.scenario) == ("latency target", "memory capacity")
        factor = float(regime.switch_at.rpartition("x")[2])
        # It is told with four digits: of one model that switches right beyond the base, as x1.
        assert 1.0 <= factor <= 1.4
        # Just below the switch latency binds, just above it memory does.
        for change, binding in ((factor * 0.999, "latency target"), (factor * 1.001, "memory capacity")):
            (near,) = bundled.impact(
                {"nvidia-h200-sxm.memory_bandwidth": f"x{change}"},
                targets=["max_concurrent_sequences"],
                where={**where, "model": effect.key.get("model") or ""},
            ).effects
            assert near.regime is not None and near.regime.scenario == binding


def test_every_number_unfolds_to_formulas_with_citation_and_to_facts_with_source(report: ImpactReport) -> None:
    for effect in report.effects:
        if effect.scenario is None:
            continue
        for step in effect.trace.walk():
            if step.function is not None:
                assert step.function.citation and step.function.formula
                assert step.function.digest
            elif step.value is not None:
                # No number without a function comes from anywhere but a fact.
                fact = step.own_facts[0]
                assert fact.source.title and fact.source.locator
                assert fact.confidence
                assert fact.as_of or fact.source.retrieved or fact.confidence == "assumption", fact.iri


def test_a_number_recomputed_from_its_trace_is_the_number(report: ImpactReport) -> None:
    """Follow the dollars per token by hand through the trace: price x chips / tokens per second."""
    effect = numbers(report, "cost_per_million_output_tokens")[0]
    inputs = {item.quantity.id: item for item in effect.trace.inputs}
    price, chips = inputs["price_per_accelerator_hour"].value, inputs["accelerators_per_replica"].value
    speed = inputs["throughput_tokens_per_second"].value
    assert price is not None and chips is not None and speed is not None and effect.scenario is not None
    assert effect.scenario == pytest.approx(price * chips / 3600.0 / speed * 1e6, rel=1e-12)


def test_published_kv_cache_and_parameter_counts_are_met(bundled: KnowledgeGraph) -> None:
    for model, expected in (("deepseek-v3", 70_272), ("llama-3.1-405b", 516_096), ("llama-3.1-70b", 327_680)):
        value = bundled.value("kv_cache_bytes_per_token", entity=model).value
        assert value == pytest.approx(expected, rel=1e-12)
    for model, count, tolerance in (
        ("deepseek-v3", 671.03e9, 1e-4),
        ("llama-3.1-405b", 405e9, 3e-3),
        ("gpt-oss-120b", 117e9, 2e-3),
    ):
        assert bundled.value("total_parameters", entity=model).value == pytest.approx(count, rel=tolerance)


def test_closed_models_have_no_architecture_and_no_number(bundled: KnowledgeGraph) -> None:
    closed = [slug for slug in bundled.engine.columns().tables["model"].ids if slug.startswith(("claude", "gemini"))]
    assert closed
    for slug in closed:
        report = bundled.value("weight_bytes", entity=slug)
        assert report.value is None
        assert report.status is Status.MISSING_INPUT


@settings(max_examples=30, deadline=None)
@given(factor=st.floats(1.0, 20.0), data=st.data())
def test_more_bandwidth_never_lowers_decode_speed(bundled: KnowledgeGraph, factor: float, data: st.DataObject) -> None:
    chip = data.draw(st.sampled_from(offered(bundled)))
    report = bundled.impact({f"{chip}.memory_bandwidth": f"x{factor!r}"}, targets=["decode_tokens_per_second"])
    for effect in report.effects:
        assert effect.ratio is None or effect.ratio >= 1.0 - 1e-12


@settings(max_examples=30, deadline=None)
@given(factor=st.floats(1.0, 20.0), data=st.data())
def test_more_memory_never_lowers_concurrency(bundled: KnowledgeGraph, factor: float, data: st.DataObject) -> None:
    chip = data.draw(st.sampled_from(offered(bundled)))
    report = bundled.impact({f"{chip}.memory_capacity": f"x{factor!r}"}, targets=["max_concurrent_sequences"])
    for effect in report.effects:
        assert effect.ratio is None or effect.ratio >= 1.0 - 1e-12


def offered(kg: KnowledgeGraph) -> list[str]:
    """Return the chips that some offering has, with the two facts that the properties change."""
    links = kg.engine.knowledge.links["hasAccelerator"]
    chips = sorted({chip for targets in links.values() for chip in targets})
    return [chip for chip in chips if kg.facts_of(chip, "memory_bandwidth") and kg.facts_of(chip, "memory_capacity")]


@settings(max_examples=25, deadline=None)
@given(data=st.data(), factor=st.floats(0.2, 5.0))
def test_t16_every_function_gives_the_same_vectorised_and_one_by_one(
    bundled: KnowledgeGraph, data: st.DataObject, factor: float
) -> None:
    """All quantities of a random combination, base and scenario, against the scalar interpreter."""
    engine = bundled.engine
    tables = engine.columns().tables
    roles = {
        role: data.draw(st.sampled_from(tables[role].ids)) for role in ("model", "workload", "offering", "framework")
    }
    chips = engine.knowledge.links["hasAccelerator"].get(roles["offering"], ())
    changed = chips[0] if chips else roles["model"]
    quantity = "memory_bandwidth" if chips else "num_layers"
    change = bundled._questions.check(Change.parse(f"{changed}.{quantity}", f"x{factor!r}"))
    selected = {role: frozenset({tables[role].position[slug]}) for role, slug in roles.items()}
    plan = engine.plan(engine.schema.order, selected)
    evaluation = engine.evaluate(plan, (change,))
    oracle = engine.interpreter()
    steps = [step for step in (plan.by_quantity[name] for name in engine.schema.order) if step.rows == 1]
    # The oracle keeps what it read as long as combination and changes stay the same.
    for column, interventions in ((0, ()), (1, (change,))):
        for step in steps:
            name = step.quantity
            combination = {**roles, **dict(plan.binding.entities(step.key, 0))}
            reading = oracle.evaluate(name, combination, interventions)
            value = evaluation.outcome.value(name, 0, column)
            assert reading.code == evaluation.outcome.code(name, 0, column), name
            assert (math.isnan(value) and math.isnan(reading.value)) or value == pytest.approx(
                reading.value, rel=1e-12
            ), name


def leaves(trace: Trace) -> list[Trace]:
    return [item for item in trace.walk() if not item.inputs]


def test_the_trace_ends_in_facts_only(report: ImpactReport) -> None:
    effect = numbers(report, "decode_tokens_per_second")[0]
    ends = leaves(effect.trace)
    assert len(ends) > 10
    assert all(item.own_facts for item in ends if item.value is not None)
    assert {fact.quantity for fact in effect.trace.facts} >= {"memory_bandwidth", "num_layers", "input_tokens"}


def test_the_flows_into_the_dollars_per_token_add_up_to_the_change(bundled: KnowledgeGraph) -> None:
    report = bundled.impact(CHANGE, targets=["cost_per_million_output_tokens"], where={"model": "llama-3.1-70b"})
    for effect in numbers(report, "cost_per_million_output_tokens"):
        found = effect.attribution
        assert found is not None and effect.change is not None
        assert sum(flow.amount for flow in found.flows if flow.source == "memory_bandwidth") == pytest.approx(
            effect.change, rel=1e-9
        )
        assert sum(path.amount for path in found.paths) + found.other_paths == pytest.approx(effect.change, rel=1e-9)


def test_with_samples_every_number_has_a_band_and_says_where_its_width_comes_from(bundled: KnowledgeGraph) -> None:
    report = bundled.impact(
        CHANGE, targets=TARGETS, where={"model": "llama-3.1-70b", "workload": "codex-swebenchpro"}, samples=2000
    )
    for effect in report.effects:
        if effect.ratio is None:
            assert effect.band is None
            assert effect.variance_shares == ()
            continue
        assert effect.band is not None
        assert effect.band.p10 <= effect.band.p50 <= effect.band.p90
        assert effect.band.p10 * 0.9 < effect.ratio < effect.band.p90 * 1.1
    shares = next(effect for effect in report.effects if effect.ratio is not None).variance_shares
    assert shares
    assert all(0.0 <= item.share <= 1.0 for item in shares)
    assert {item.fact.entity for item in shares if item.fact is not None} == {"calibration-serving", "vllm"}


def test_a_switch_is_found_for_a_change_of_the_memory_technology_too(bundled: KnowledgeGraph) -> None:
    where = {"model": "llama-3.1-70b", "workload": "codex-swebenchpro", "offering": "aws-p5en-48xlarge"}
    (effect,) = bundled.impact({"hbm3e.data_rate_per_pin": "x1.4"}, targets=["max_context_length"], where=where).effects
    regime = effect.regime
    assert regime is not None and regime.switches
    assert regime.switch_at is not None and regime.switch_at.startswith("hbm3e.data_rate_per_pin x1.10")


@pytest.mark.parametrize(
    ("model", "change", "becomes"),
    [("llama-3.1-405b", "x20", "feasible"), ("llama-3.1-70b", "x0.05", "infeasible")],
)
def test_a_deployment_that_begins_or_ceases_to_fit_has_no_flow_and_says_so(
    bundled: KnowledgeGraph, model: str, change: str, becomes: str
) -> None:
    report = bundled.impact(
        {"nvidia-h100-sxm.memory_capacity": change},
        targets=["decode_tokens_per_second"],
        where={"model": model, "framework": "vllm"},
    )
    turned = [item for item in report.effects if item.becomes == becomes]
    assert turned
    for item in turned:
        assert (item.base is None) == (becomes == "feasible")
        assert item.ratio is None and item.change is None and item.attribution is None
        assert item.reason is not None and f"becomes {becomes}" in item.reason
