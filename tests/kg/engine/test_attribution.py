"""Attribution: what flows along the formulas adds up, cut by cut, whatever the formulas are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.attribution import attribute, conservation_error
from downstack.engine.attribution_row import CHANGE
from downstack.engine.engine import Engine, Evaluation
from downstack.graph.knowledge import Knowledge
from downstack.graph.loading import build
from downstack.graph.validation import parse_document
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array, FunctionRegistry, performance_function
from downstack.results import Attribution

from .toy import FACTS, PREFIXES, _quantity, documents, entity, fact, toy_knowledge, toy_registry

Formula = Callable[..., Array]
Declared = Mapping[str, tuple[tuple[str, ...], Formula]]

ROOTS = {"r0": 2.0, "r1": 3.0, "r2": 5.0, "r3": 7.0, "r4": 1000.0, "r5": 9.0, "r6": 20.0}
PUBLISHED = {"p0": 4.0, "p1": 11.0}
LAYERS = 30
VANISHING = 1e-300
"""Below this floating-point numbers have no full precision left."""


@lru_cache(maxsize=1)
def vocabulary() -> Knowledge:
    """One chip with facts r0... and p0...; c0... and the rungs of a ladder are computed."""
    computed = [*(f"c{index}" for index in range(14)), *(f"{side}{rung}" for side in "ab" for rung in range(LAYERS))]
    terms = PREFIXES
    terms += "".join(_quantity(name, "1", "Accelerator") for name in (*ROOTS, *PUBLISHED))
    terms += "".join(_quantity(name, "1") for name in computed)
    facts = PREFIXES + 'src:toy a dso:Source ; dcterms:title "Toy" ; dso:reference "urn:downstack:source:toy" .\n'
    facts += entity("chip", "dso:Accelerator")
    facts += "".join(fact("chip", name, value, "1") for name, value in {**ROOTS, **PUBLISHED}.items())
    core = documents()[:-2]
    given_documents = (
        *core,
        parse_document("terms/generated.ttl", terms),
        parse_document("facts/generated.ttl", facts),
    )
    return build(given_documents, FunctionRegistry(), shacl=False)[0]


def engine_of(formulas: Declared) -> Engine:
    registry = FunctionRegistry()
    for name, (inputs, formula) in formulas.items():
        declare(registry, name, inputs, formula)
    return Engine(vocabulary(), registry)


def declare(registry: FunctionRegistry, name: str, inputs: tuple[str, ...], formula: Formula) -> None:
    source = f"def {name}_of({', '.join(inputs)}):\n    return formula({', '.join(inputs)})\n"
    scope: dict[str, Any] = {"formula": formula}
    exec(source, scope)
    function = scope[f"{name}_of"]
    function.__annotations__ = {**dict.fromkeys(inputs, Annotated[Array, "1"]), "return": Annotated[Array, "1"]}
    performance_function(returns=name, formula=name, citation="toy", registry=registry)(function)


def asked(
    kg: KnowledgeGraph, changes: Mapping[str, str], target: str, where: Mapping[str, str] | None = None
) -> tuple[Evaluation, list[int]]:
    """Return the evaluation of a question and the rows that it reaches."""
    effects: Any = kg.impact(changes, targets=[target], where=where).effects
    return effects._evaluation, [int(row) for row in effects._row]


def explained(engine: Engine, changes: Mapping[str, str], target: str, segments: int = 32) -> Attribution:
    evaluation, rows = asked(KnowledgeGraph(engine), {f"chip.{name}": text for name, text in changes.items()}, target)
    found = attribute(engine, evaluation, target, rows[0], segments)
    assert found is not None
    before, after = evaluation.outcome.value(target, rows[0], 0), evaluation.outcome.value(target, rows[0], 1)
    assert found.total == pytest.approx(after - before, rel=1e-9, abs=1e-14 * abs(before))
    return found


def leaving(found: Attribution, source: str) -> float:
    return sum(flow.amount for flow in found.flows if flow.source == source)


def entering(found: Attribution, target: str) -> float:
    return sum(flow.amount for flow in found.flows if flow.target == target)


UNARY: dict[str, Formula] = {
    "square": lambda x: x * x,
    "root": lambda x: np.sqrt(x),
    "inverse": lambda x: 1.0 / (1.0 + x),
    "shifted": lambda x: 3.0 + 0.5 * x,
    "stairs": lambda x: 1.0 + np.ceil(x / 3.0),
}
BINARY: dict[str, Formula] = {
    "sum": lambda x, y: x + y,
    "product": lambda x, y: x * y,
    "ratio": lambda x, y: x / (1.0 + y),
    "larger": lambda x, y: np.maximum(x, y),
    "smaller": lambda x, y: np.minimum(x, y),
    "saturating": lambda x, y: x * y / (x + y),
}
TERNARY: dict[str, Formula] = {
    "mixed": lambda x, y, z: x + y / (1.0 + z),
    "largest": lambda x, y, z: np.maximum(np.maximum(x, 2.0 * y), 0.5 * z),
}


@st.composite
def random_formulas(draw: st.DrawFn) -> dict[str, tuple[tuple[str, ...], Formula]]:
    """Draw formulas, each over quantities before it; now and then one for a quantity that is also published."""
    known = [*list(ROOTS)[:4]]
    formulas: dict[str, tuple[tuple[str, ...], Formula]] = {}
    published = list(PUBLISHED)
    for index in range(draw(st.integers(2, 12))):
        use_fact = bool(published) and draw(st.integers(0, 5)) == 0
        name = published.pop() if use_fact else f"c{index}"
        count = draw(st.integers(1, min(3, len(known))))
        inputs = tuple(draw(st.permutations(known[-6:] if index > 2 else known))[:count])
        table = (UNARY, BINARY, TERNARY)[len(inputs) - 1]
        formulas[name] = (inputs, table[draw(st.sampled_from(sorted(table)))])
        known.append(name)
    return formulas


@settings(max_examples=120, deadline=None)
@given(
    random_formulas(),
    st.dictionaries(st.sampled_from(list(ROOTS)[:4]), st.floats(0.05, 20.0), min_size=1),
    st.sampled_from([1, 2, 7, 32]),
)
def test_t01_flows_over_any_cut_add_up_and_every_quantity_passes_on_what_it_receives(
    formulas: dict[str, tuple[tuple[str, ...], Formula]], factors: dict[str, float], segments: int
) -> None:
    engine = engine_of(formulas)
    kg = KnowledgeGraph(engine)
    changes = {f"chip.{name}": f"x{factor!r}" for name, factor in factors.items()}
    for target in formulas:
        evaluation, rows = asked(kg, changes, target)
        if not rows:
            continue
        found = attribute(engine, evaluation, target, rows[0], segments)
        assert found is not None
        before, after = (evaluation.outcome.value(target, rows[0], column) for column in (0, 1))
        # What is lost in rounding of the values themselves is lost for the difference too.
        slack = 1e-9 * max([abs(after - before), *(abs(flow.amount) for flow in found.flows)])
        slack += 1e-13 * max(abs(before), abs(after))
        assert found.total == pytest.approx(after - before, abs=slack)
        if slack > 1e-8 * abs(after - before):
            continue
        assert conservation_error(found, factors, target) < 1e-9
        # A cut: what is computed up to some formula on one side, the rest and the effect on the other.
        order = [*ROOTS, *formulas]
        for place in range(len(ROOTS), order.index(target) + 1):
            near = set(order[:place])
            across = sum(flow.amount for flow in found.flows if flow.source in near and flow.target not in near)
            assert across == pytest.approx(after - before, abs=slack)
        assert sum(path.amount for path in found.paths) + found.other_paths == pytest.approx(found.total, abs=slack)


def test_t01_two_parallel_paths_carry_what_the_formulas_say() -> None:
    engine = engine_of(
        {
            "c0": (("r0",), lambda r0: 3.0 * r0),
            "c1": (("r0",), lambda r0: r0 * r0),
            "c2": (("c0", "c1"), lambda c0, c1: c0 + 2.0 * c1),
        }
    )
    found = explained(engine, {"r0": "x2"}, "c2")
    # 3 x goes from 6 to 12; 2 x^2 from 8 to 32.
    assert {path.steps: path.amount for path in found.paths} == pytest.approx(
        {("r0", "c0", "c2"): 6.0, ("r0", "c1", "c2"): 24.0}, rel=1e-12
    )
    assert found.total == pytest.approx(30.0, rel=1e-12)
    assert [path.share for path in found.paths] == pytest.approx([0.8, 0.2], rel=1e-12)
    assert found.other_paths == 0.0


def test_a_product_splits_as_the_logarithmic_mean_divisia_index_does() -> None:
    engine = engine_of(
        {
            "c0": (("r0", "r1"), lambda r0, r1: r0 * r1),
            "c1": (("c0", "r2"), lambda c0, r2: c0 * r2),
            "c2": (("c1", "r3"), lambda c1, r3: c1 / r3),
        }
    )
    factors = {"r0": 1.4, "r1": 0.8, "r2": 1.8, "r3": 6.0 / 7.0}
    found = explained(engine, {name: f"x{factor!r}" for name, factor in factors.items()}, "c2", segments=64)
    base = 2.0 * 3.0 * 5.0 / 7.0
    ratio = 1.4 * 0.8 * 1.8 * 7.0 / 6.0
    mean = base * (ratio - 1.0) / np.log(ratio)
    for name, factor in factors.items():
        expected = mean * np.log(factor) * (-1.0 if name == "r3" else 1.0)
        assert leaving(found, name) == pytest.approx(expected, rel=1e-3)


def test_equal_changes_of_interchangeable_inputs_share_equally() -> None:
    engine = engine_of({"c0": (("r0", "r1", "r2"), lambda r0, r1, r2: r0 * r1 * r2)})
    found = explained(engine, {"r0": "x2", "r1": "x2", "r2": "x2"}, "c0")
    assert [flow.share for flow in found.flows] == pytest.approx([1 / 3] * 3, rel=1e-12)


def jumps() -> Engine:
    return engine_of(
        {
            "c0": (("r4", "r5"), lambda r4, r5: r4 / r5),
            "c1": (("c0",), lambda c0: np.ceil(c0 / 8.0)),
            "c2": (("c1", "r6"), lambda c1, r6: c1 * r6),
        }
    )


@pytest.mark.parametrize("segments", [1, 8, 32, 64])
def test_t10_flows_over_a_jump_add_up_to_the_whole_change(segments: int) -> None:
    # 1000/9 -> 14 servers at 20; 1500/12 -> 16 servers at 22: 352 - 280.
    found = explained(jumps(), {"r4": "x1.5", "r5": "12", "r6": "22"}, "c2", segments)
    assert found.total == pytest.approx(72.0, rel=1e-12)
    assert leaving(found, "r4") + leaving(found, "r5") + leaving(found, "r6") == pytest.approx(72.0, rel=1e-9)
    assert entering(found, "c2") == pytest.approx(72.0, rel=1e-9)
    assert conservation_error(found, ("r4", "r5", "r6"), "c2") < 1e-9
    if segments > 1:
        assert leaving(found, "r5") < 0.0 < leaving(found, "r6") < leaving(found, "r4")


@pytest.mark.parametrize("segments", [1, 2, 5, 32, 100])
def test_the_sum_does_not_depend_on_the_number_of_segments(segments: int) -> None:
    engine = engine_of({"c0": (("r0", "r1"), lambda r0, r1: np.maximum(r0 * r0, 4.0 * r1) / r1)})
    found = explained(engine, {"r0": "x3", "r1": "x0.7"}, "c0", segments)
    assert leaving(found, "r0") + leaving(found, "r1") == pytest.approx(36.0 / 2.1 - 4.0, rel=1e-12)


def test_a_published_value_is_scaled_and_not_replaced() -> None:
    engine = engine_of(
        {"p0": (("r0", "r1"), lambda r0, r1: r0 * r1), "c0": (("p0", "r2"), lambda p0, r2: p0 + r2)},
    )
    found = explained(engine, {"r0": "x1.5", "r1": "x2"}, "c0")
    # Published 4, the formula says 6: the change is 4 x 2, not 6 x 2.
    assert found.total == pytest.approx(8.0, rel=1e-12)
    assert conservation_error(found, ("r0", "r1"), "c0") < 1e-12
    assert leaving(found, "r0") == pytest.approx(8.0 * np.log(1.5) / np.log(3.0), rel=1e-3)


def test_a_changed_target_is_a_single_flow_from_the_change() -> None:
    found = explained(engine_of({"c0": (("r0",), lambda r0: r0)}), {"r0": "x2"}, "r0")
    (flow,) = found.flows
    assert (flow.source, flow.target, flow.function) == ("r0", "r0", CHANGE)
    assert (flow.amount, flow.share) == (pytest.approx(2.0), pytest.approx(1.0))
    assert [path.steps for path in found.paths] == [("r0",)]
    assert conservation_error(found, ("r0",), "r0") < 1e-12


def test_setting_a_computed_quantity_cuts_what_comes_before_it() -> None:
    engine = engine_of({"c0": (("r0",), lambda r0: 5.0 * r0), "c1": (("c0", "r0"), lambda c0, r0: c0 + r0)})
    found = explained(engine, {"c0": "30", "r0": "x2"}, "c1")
    assert {(flow.source, flow.target): flow.amount for flow in found.flows} == pytest.approx(
        {("c0", "c1"): 20.0, ("r0", "c1"): 2.0}, rel=1e-12
    )
    assert conservation_error(found, ("c0", "r0"), "c1") < 1e-12


@pytest.mark.parametrize("text", ["x3", "+9"])
def test_a_computed_quantity_that_is_changed_and_moved_passes_on_both(text: str) -> None:
    engine = engine_of({"c0": (("r0",), lambda r0: 5.0 * r0), "c1": (("c0", "r1"), lambda c0, r1: c0 * r1)})
    found = explained(engine, {"c0": text, "r0": "x2"}, "c1")
    own = [flow for flow in found.flows if flow.source == flow.target]
    assert [(flow.source, flow.function) for flow in own] == [("c0", CHANGE)]
    assert own[0].amount + leaving(found, "r0") == pytest.approx(found.total, rel=1e-12)
    assert {path.steps for path in found.paths} == {("c0", "c1"), ("r0", "c0", "c1")}
    assert conservation_error(found, ("c0", "r0"), "c1") < 1e-12
    if text == "x3":
        # 10 x 2 x 3: the product splits as the logarithms do.
        assert own[0].share == pytest.approx(np.log(3.0) / np.log(6.0), rel=1e-3)


def test_changes_that_cancel_are_shown_as_two_flows_of_opposite_sign() -> None:
    engine = engine_of({"c0": (("r0", "r1"), lambda r0, r1: r0 * r1)})
    found = explained(engine, {"r0": "x2", "r1": "x0.5"}, "c0")
    assert found.total == 0.0
    assert leaving(found, "r0") == pytest.approx(6.0 * np.log(2.0), rel=1e-3)
    assert leaving(found, "r1") == pytest.approx(-6.0 * np.log(2.0), rel=1e-3)
    assert all(flow.share is None for flow in found.flows)


def test_a_quantity_that_stands_still_for_a_while_keeps_inflow_equal_to_outflow() -> None:
    engine = engine_of(
        {
            "c0": (("r0", "r1"), lambda r0, r1: np.ceil(r0) * np.maximum(r1, 5.0)),
            "c1": (("c0", "r2"), lambda c0, r2: c0 * r2),
        }
    )
    found = explained(engine, {"r0": "x3", "r1": "x3", "r2": "x0.5"}, "c1")
    assert conservation_error(found, ("r0", "r1", "r2"), "c1") < 1e-12


def test_an_input_that_does_not_bind_carries_nothing() -> None:
    engine = engine_of({"c0": (("r0", "r1", "r2"), lambda r0, r1, r2: np.maximum(r0, r2) / r1)})
    found = explained(engine, {"r0": "x2", "r1": "x0.7", "r2": "x1.1"}, "c0")
    assert {flow.source for flow in found.flows} == {"r1", "r2"}


def test_many_moving_inputs_of_one_formula_still_add_up() -> None:
    names = tuple(ROOTS)
    formulas: dict[str, tuple[tuple[str, ...], Formula]] = {
        f"c{index}": ((name,), lambda x: 1.0 + x) for index, name in enumerate(names)
    }
    inputs = (*names, *formulas)
    engine = engine_of({**formulas, "c13": (inputs, lambda *values: sum(np.log(values)) * values[0])})
    found = explained(engine, dict.fromkeys(names, "x1.3"), "c13")
    assert conservation_error(found, names, "c13") < 1e-12


def test_a_ladder_with_a_billion_paths_lists_the_largest_and_sums_the_rest() -> None:
    formulas: dict[str, tuple[tuple[str, ...], Formula]] = {
        "a0": (("r0",), lambda x: 2.0 * x),
        "b0": (("r0",), lambda x: x + 1.0),
    }
    for rung in range(1, LAYERS):
        before = (f"a{rung - 1}", f"b{rung - 1}")
        formulas[f"a{rung}"] = (before, lambda x, y: 0.6 * x + 0.5 * y)
        formulas[f"b{rung}"] = (before, lambda x, y: np.sqrt(x * y))
    formulas["c0"] = ((f"a{LAYERS - 1}", f"b{LAYERS - 1}"), lambda x, y: x + y)
    found = explained(engine_of(formulas), {"r0": "x2"}, "c0")
    assert len(found.paths) == 10
    assert len({path.steps for path in found.paths}) == 10
    assert all(len(path.steps) == LAYERS + 2 for path in found.paths)
    sizes = [path.amount for path in found.paths]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] > 0.0
    assert sum(sizes) + found.other_paths == pytest.approx(found.total, rel=1e-12)
    assert conservation_error(found, ("r0",), "c0") < 1e-9


def test_the_listed_paths_are_the_largest_of_all() -> None:
    formulas: dict[str, tuple[tuple[str, ...], Formula]] = {"a0": (("r0",), lambda x: x), "b0": (("r1",), lambda x: x)}
    for rung in range(1, 5):
        before = (f"a{rung - 1}", f"b{rung - 1}")
        formulas[f"a{rung}"] = (before, lambda x, y: 0.7 * x - 0.2 * y)
        formulas[f"b{rung}"] = (before, lambda x, y: 0.4 * x + y)
    engine = engine_of({**formulas, "c0": (("a4", "b4"), lambda x, y: 2.0 * x + y)})
    evaluation, rows = asked(KnowledgeGraph(engine), {"chip.r0": "x2", "chip.r1": "x3"}, "c0")
    every = attribute(engine, evaluation, "c0", rows[0], top=1_000)
    first = attribute(engine, evaluation, "c0", rows[0], top=5)
    assert every is not None and first is not None
    assert len(every.paths) == 32 and every.other_paths == 0.0
    # Linear formulas: a path carries the product of its coefficients, 2 x (0.7)^4 x 2 is one of them.
    straight = next(path for path in every.paths if path.steps == ("r0", "a0", "a1", "a2", "a3", "a4", "c0"))
    assert straight.amount == pytest.approx(2.0 * 0.7**4 * 2.0, rel=1e-9)
    assert [path.steps for path in first.paths] == [path.steps for path in every.paths[:5]]
    assert first.other_paths == pytest.approx(sum(path.amount for path in every.paths[5:]), rel=1e-9)


def test_a_search_that_is_cut_short_still_lists_whole_paths_and_sums_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("downstack.engine.attribution_paths.EXPANSIONS", 3)
    formulas: dict[str, tuple[tuple[str, ...], Formula]] = {"a0": (("r0",), lambda x: x), "b0": (("r1",), lambda x: x)}
    for rung in range(1, 5):
        before = (f"a{rung - 1}", f"b{rung - 1}")
        formulas[f"a{rung}"] = (before, lambda x, y: 0.7 * x - 0.2 * y)
        formulas[f"b{rung}"] = (before, lambda x, y: 0.4 * x + y)
    engine = engine_of({**formulas, "c0": (("a4", "b4"), lambda x, y: 2.0 * x + y)})
    found = explained(engine, {"r0": "x2", "r1": "x3"}, "c0")
    assert 0 < len({path.steps for path in found.paths}) == len(found.paths) <= 4
    assert all(path.steps[0] in ("r0", "r1") and len(path.steps) == 7 for path in found.paths)
    assert sum(path.amount for path in found.paths) + found.other_paths == pytest.approx(found.total, rel=1e-12)


@pytest.fixture(scope="module")
def toy() -> KnowledgeGraph:
    return KnowledgeGraph(Engine(toy_knowledge(), toy_registry()))


def test_a_switch_of_regime_is_attributed_to_what_binds_on_each_stretch(toy: KnowledgeGraph) -> None:
    changes = {"toy-chip-b.toy_bandwidth": "x0.1", "toy-chip-b.toy_capacity": "x0.5"}
    evaluation, (row,) = asked(toy, changes, "toy_cost", {"model": "toy-model-1", "offering": "toy-offer-2"})
    found = attribute(toy.engine, evaluation, "toy_cost", row)
    assert found is not None
    assert conservation_error(found, ("toy_bandwidth", "toy_capacity"), "toy_cost") < 1e-12
    # Less to fill makes it cheaper as long as filling binds, slower reading dearer as soon as reading does.
    assert leaving(found, "toy_capacity") < 0.0 < leaving(found, "toy_bandwidth")
    assert {flow.source for flow in found.flows if flow.target == "toy_step_time"} == {
        "toy_bandwidth",
        "toy_free_memory",
    }


def test_an_effect_without_a_number_at_either_end_is_not_attributed(toy: KnowledgeGraph) -> None:
    where = {"model": "toy-model-2", "offering": "toy-offer-1"}
    for changes in ({"toy-chip-a.toy_capacity": "x1.1"}, {"toy-chip-a.toy_capacity": "x9"}):
        evaluation, (row,) = asked(toy, changes, "toy_step_time", where)
        assert attribute(toy.engine, evaluation, "toy_step_time", row) is None


def test_a_missing_input_is_not_attributed(toy: KnowledgeGraph) -> None:
    where = {"model": "toy-model-1", "offering": "toy-offer-3"}
    evaluation, (row,) = asked(toy, {"toy-chip-a.toy_bandwidth": "x2"}, "toy_cost", where)
    assert attribute(toy.engine, evaluation, "toy_cost", row) is None


def impassable(feasible: Formula) -> KnowledgeGraph:
    registry = FunctionRegistry()

    @performance_function(formula="c0 = r0 + r1", citation="toy", registry=registry, feasible=feasible)
    def c0(r0: Annotated[Array, "1"], r1: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
        return r0 + r1

    return KnowledgeGraph(Engine(vocabulary(), registry))


def test_a_way_that_is_closed_halfway_is_taken_in_one_step() -> None:
    kg = impassable(lambda r0, r1: (r0 <= 2.0) | (r0 >= 4.0))
    evaluation, (row,) = asked(kg, {"chip.r0": "x2", "chip.r1": "x3"}, "c0")
    found = attribute(kg.engine, evaluation, "c0", row)
    assert found is not None
    assert [flow.amount for flow in found.flows] == pytest.approx([2.0, 6.0], rel=1e-12)


def test_a_change_that_no_order_of_steps_can_take_is_not_attributed() -> None:
    kg = impassable(lambda r0, r1: ((r0 <= 2.0) & (r1 <= 3.0)) | ((r0 >= 4.0) & (r1 >= 9.0)))
    evaluation, (row,) = asked(kg, {"chip.r0": "x2", "chip.r1": "x3"}, "c0")
    assert attribute(kg.engine, evaluation, "c0", row) is None


def test_a_narrow_way_is_taken_in_smaller_steps() -> None:
    # 3 r0 stays within a twentieth of 2 r1: with 32 steps a corner leaves that, with more none does.
    kg = impassable(lambda r0, r1: np.abs(3.0 * r0 / (2.0 * r1) - 1.0) < 0.05)
    evaluation, (row,) = asked(kg, {"chip.r0": "x8", "chip.r1": "x8"}, "c0")
    found = attribute(kg.engine, evaluation, "c0", row)
    assert found is not None
    assert conservation_error(found, ("r0", "r1"), "c0") < 1e-12
    assert leaving(found, "r1") == pytest.approx(21.0, rel=1e-9)


def test_a_published_bandwidth_moves_with_its_pins(toy: KnowledgeGraph) -> None:
    where = {"model": "toy-model-1", "offering": "toy-offer-1"}
    facts = FACTS.replace(
        fact("toy-chip-a", "toy_capacity", 80.0, "GB"), fact("toy-chip-a", "toy_capacity", 90.0, "GB")
    )
    kg = KnowledgeGraph(Engine(toy_knowledge(facts), toy_registry()))
    evaluation, (row,) = asked(kg, {"toy-hbm.toy_pin_rate": "+20%"}, "toy_cost", where)
    found = attribute(kg.engine, evaluation, "toy_cost", row)
    assert found is not None
    # 80 GB at 800 GB/s take 100 ms, at 960 GB/s 83.3 ms, at 3.6 USD an hour.
    assert found.total == pytest.approx(0.001 * (80.0 / 960.0 - 0.1), rel=1e-12)
    assert [path.steps for path in found.paths] == [("toy_pin_rate", "toy_bandwidth", "toy_step_time", "toy_cost")]


def test_the_readme_question_adds_up_for_every_offering(bundled: KnowledgeGraph) -> None:
    target = "cost_per_million_output_tokens"
    changes = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
    report = bundled.impact(
        changes, targets=[target], where={"model": "llama-3.1-70b", "workload": "codex-swebenchpro"}
    )
    effects: Any = report.effects
    attributed = 0
    for effect, row in zip(effects, effects._row, strict=True):
        found = attribute(bundled.engine, effects._evaluation, target, int(row))
        assert (found is None) == (effect.change is None)
        if found is None:
            continue
        attributed += 1
        assert entering(found, target) == pytest.approx(effect.change, rel=1e-9)
        assert leaving(found, "memory_bandwidth") == pytest.approx(effect.change, rel=1e-9)
        assert found.total == pytest.approx(effect.change, rel=1e-9)
        assert conservation_error(found, ("memory_bandwidth",), target) < 1e-9
    assert attributed > 0


def test_effects_of_four_changes_at_once_are_conserved_for_every_quantity(bundled: KnowledgeGraph) -> None:
    changes = {
        "nvidia-h200-sxm.memory_bandwidth": "x1.4",
        "nvidia-h200-sxm.memory_capacity": "x1.5",
        "nvidia-h200-sxm.peak_flops_fp8_dense": "x2",
        "aws-p5en-48xlarge.price_on_demand": "x1.2",
    }
    roots = {name.rpartition(".")[2] for name in changes}
    where = {"offering": "aws-p5en-48xlarge", "workload": "codex-swebenchpro"}
    effects: Any = bundled.impact(changes, where=where).effects
    # There are fifty thousand: the first of each quantity, and of the rest so many that each quantity has about ten.
    _, firsts = np.unique(effects._quantity, return_index=True)
    attributed = 0
    for place in sorted({*firsts.tolist(), *range(0, len(effects), 37)}):
        target, row = effects._targets[int(effects._quantity[place])], int(effects._row[place])
        found = attribute(bundled.engine, effects._evaluation, target, row)
        if found is None:
            continue
        attributed += 1
        # Where the answer moves by the last digits only, its parts are rounding too: there is nothing to add up.
        if abs(found.total) > max(1e-9 * abs(effects[place].base), VANISHING):
            assert conservation_error(found, roots, target) < 1e-9
        assert found.total == pytest.approx(effects[place].change, rel=1e-9, abs=1e-9 * abs(effects[place].base))
    assert attributed > 500
