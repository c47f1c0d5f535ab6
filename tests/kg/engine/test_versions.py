"""Two versions of a graph: T17, that a changed formula is told apart from a changed fact, and the parts sum to the whole."""

from __future__ import annotations

from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.engine import Engine
from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array, Constant, FunctionRegistry, performance_function
from downstack.results import Status, VersionEffect

from .toy import FACTS, fact, toy_knowledge, toy_registry

WHERE = {"model": "toy-model-1", "offering": "toy-offer-2"}
PRICE = fact("toy-offer-2", "toy_price", 7.2, "USD/h")
DEARER = FACTS.replace(PRICE, fact("toy-offer-2", "toy_price", 14.4, "USD/h"))


def corrected(overhead: float = 1.5, bytes_each: float = 2.0) -> FunctionRegistry:
    """Return the toy formulas with another cost, and dense weights of another size."""
    registry = FunctionRegistry()
    for item in toy_registry():
        if item.name not in ("toy_cost", "toy_bytes_dense"):
            registry.add(item)

    @performance_function(
        formula="cost = overhead x price x t",
        citation="toy, corrected",
        constants={"overhead": Constant(overhead, "1", "toy")},
        registry=registry,
    )
    def toy_cost(
        toy_price: Annotated[Array, "USD/s"], toy_step_time: Annotated[Array, "s"], *, overhead: float
    ) -> Annotated[Array, "USD"]:
        return overhead * toy_price * toy_step_time

    @performance_function(
        returns="toy_bytes",
        formula="bytes = each size",
        citation="toy, corrected",
        constants={"each": Constant(bytes_each, "byte", "toy")},
        registry=registry,
        applies_to={"model": "DenseModel"},
    )
    def toy_bytes_dense(toy_size: Annotated[Array, "1"], *, each: float) -> Annotated[Array, "byte"]:
        return each * toy_size

    return registry


def graph(facts: str = FACTS, registry: FunctionRegistry | None = None) -> KnowledgeGraph:
    functions = registry or toy_registry()
    return KnowledgeGraph(Engine(toy_knowledge(facts, functions), functions))


def amounts(effect: VersionEffect) -> dict[str, float]:
    return {", ".join(item.functions) or "facts": item.amount for item in effect.causes}


def test_t17_a_changed_formula_is_named_with_both_digests_and_carries_the_whole_difference() -> None:
    before, after = graph(), graph(registry=corrected())
    report = before.compare_versions(after, ["toy_cost"], WHERE)
    (effect,) = report.effects
    digests = [
        next(item.digest for item in version.functions if item.name == "toy_cost") for version in (before, after)
    ]
    assert digests[0] != digests[1]
    (cause,) = effect.causes
    assert cause.cause == f"mechanism changed: toy_cost v1 -> v2 (digest {digests[0]} -> {digests[1]})"
    assert cause.amount == pytest.approx(effect.change, rel=1e-12)
    assert effect.before is not None and effect.after == pytest.approx(1.5 * effect.before)
    assert report.facts == ()
    # The other corrected formula is written anew but gives the same number: it is named, and moves nothing.
    assert [item.name for item in report.functions] == ["toy_bytes_dense", "toy_cost"]


def test_t17_facts_and_formula_that_change_together_are_told_apart_and_sum_to_the_total() -> None:
    report = graph().compare_versions(graph(DEARER, corrected()), ["toy_cost"], WHERE)
    (effect,) = report.effects
    before, after = effect.before, effect.after
    assert before is not None and after == pytest.approx(3.0 * before)
    # Twice the price and 1.5 times the rest: (2 - 1) x (1 + 1.5) / 2 and (1.5 - 1) x (1 + 2) / 2 of the base.
    assert amounts(effect) == {"facts": pytest.approx(1.25 * before), "toy_cost": pytest.approx(0.75 * before)}
    assert sum(item.amount for item in effect.causes) == pytest.approx(effect.change, rel=1e-12)
    assert [(item.entity, item.quantity, item.before, item.after) for item in report.facts] == [
        ("toy-offer-2", "toy_price", ("7.2 USD/h",), ("14.4 USD/h",))
    ]


def test_t17_facts_alone_move_a_number_without_any_mechanism() -> None:
    report = graph().compare_versions(graph(DEARER), ["toy_cost", "toy_step_time"], {"model": "toy-model-1"})
    (effect,) = report.effects
    assert amounts(effect) == {"facts": pytest.approx(effect.change)}
    assert report.functions == ()
    assert report.unchanged == 5


@settings(max_examples=40, deadline=None)
@given(
    price=st.floats(0.5, 100.0),
    overhead=st.floats(0.5, 3.0),
    each=st.floats(0.5, 3.0),
    chips=st.sampled_from([2, 3, 4]),
)
def test_t17_the_parts_sum_to_the_total_whatever_changes(
    price: float, overhead: float, each: float, chips: int
) -> None:
    facts = FACTS.replace(PRICE, fact("toy-offer-2", "toy_price", price, "USD/h")).replace(
        fact("toy-offer-2", "toy_chips", 2.0, "chip"), fact("toy-offer-2", "toy_chips", float(chips), "chip")
    )
    report = graph().compare_versions(graph(facts, corrected(overhead, each)), ["toy_cost"], WHERE)
    for effect in report.effects:
        assert effect.change is not None and effect.causes
        assert sum(item.amount for item in effect.causes) == pytest.approx(effect.change, rel=1e-9, abs=1e-12)
        assert effect.reason is None


def test_a_function_that_only_one_version_has_is_added_or_removed() -> None:
    fewer = FunctionRegistry()
    for item in toy_registry():
        if item.name != "toy_bandwidth":
            fewer.add(item)
    report = graph(registry=fewer).compare_versions(graph(), ["toy_bandwidth"])
    assert report.effects == ()
    assert [str(item).partition(" (")[0] for item in report.functions] == ["mechanism added: toy_bandwidth"]
    back = graph().compare_versions(graph(registry=fewer), ["toy_bandwidth"])
    assert [str(item).partition(" (")[0] for item in back.functions] == ["mechanism removed: toy_bandwidth"]


def test_where_one_version_has_no_number_the_difference_has_no_parts() -> None:
    unknown = FACTS.replace(PRICE, "")
    (effect,) = graph().compare_versions(graph(unknown), ["toy_cost"], WHERE).effects
    assert (effect.after, effect.status_after, effect.causes) == (None, Status.MISSING_INPUT, ())
    assert effect.reason is not None and "needs a number in both" in effect.reason


def test_where_a_mixture_has_no_number_the_changes_are_taken_together_and_the_answer_says_so() -> None:
    # Nine bytes a parameter fit only on more chips: new formula with old facts is infeasible.
    facts = FACTS.replace(fact("toy-offer-2", "toy_chips", 2.0, "chip"), fact("toy-offer-2", "toy_chips", 4.0, "chip"))
    (effect,) = graph().compare_versions(graph(facts, corrected(1.0, 9.0)), ["toy_cost"], WHERE).effects
    (cause,) = effect.causes
    assert cause.amount == pytest.approx(effect.change)
    assert cause.cause.startswith("facts changed; mechanism changed: toy_bytes_dense")
    assert effect.reason == "with some of the changes alone there is no number"


def test_a_version_compared_with_itself_has_no_effects(bundled: KnowledgeGraph) -> None:
    where = {"model": "llama-3.1-70b", "offering": "aws-p5en-48xlarge"}
    report = bundled.compare_versions(bundled, ["cost_per_million_output_tokens"], where)
    assert (report.effects, report.functions, report.facts) == ((), (), ())
    assert report.unchanged > 0
    with pytest.raises(UserInputError, match="combinations"):
        bundled.compare_versions(bundled, [item.returns for item in bundled.functions])
