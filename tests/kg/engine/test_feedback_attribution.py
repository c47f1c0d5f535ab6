"""Attribution through a feedback loop: the loop counts as one function, and what enters it comes out."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from downstack.engine.attribution import attribute, conservation_error
from downstack.kg import KnowledgeGraph
from downstack.results import Attribution

from .test_attribution import asked, entering, leaving
from .test_feedback import PRICED, SHAPES
from .toy_loops import LINEAR, Formula, market

MARKET: dict[str, Formula] = {
    "x": lambda push, z: push * (1.0 + 0.5 * z**2),
    "y": lambda limit, x: limit * x**-0.3,
    "z": lambda y, spare: 0.02 * y / spare,
    "after": lambda x, y, limit: x * y + 0.1 * limit,
}
"""Price x, demand y, utilisation z; what follows reads two members and an input of the loop."""


def explained(kg: KnowledgeGraph, changes: dict[str, str], target: str, segments: int = 32) -> Attribution:
    evaluation, rows = asked(kg, {f"one.{name}": text for name, text in changes.items()}, target)
    found = attribute(kg.engine, evaluation, target, rows[0], segments)
    assert found is not None
    before, after = (evaluation.outcome.value(target, rows[0], column) for column in (0, 1))
    assert found.total == pytest.approx(after - before, rel=1e-9)
    return found


@settings(max_examples=60, deadline=None)
@given(
    changes=st.dictionaries(st.sampled_from(["push", "limit", "spare"]), st.floats(0.3, 3.0), min_size=1),
    target=st.sampled_from(["x", "y", "z", "after"]),
    segments=st.sampled_from([1, 2, 8, 32]),
)
def test_flows_through_a_loop_add_up_and_every_quantity_passes_on_what_it_receives(
    changes: dict[str, float], target: str, segments: int
) -> None:
    kg = market(MARKET, positive=True)
    found = explained(kg, {name: f"x{factor!r}" for name, factor in changes.items()}, target, segments)
    assert conservation_error(found, changes, target) < 1e-9
    slack = 1e-9 * max((abs(flow.amount) for flow in found.flows), default=0.0)
    assert sum(leaving(found, name) for name in changes) == pytest.approx(found.total, abs=slack)
    assert entering(found, target) == pytest.approx(found.total, abs=slack)
    assert sum(path.amount for path in found.paths) + found.other_paths == pytest.approx(found.total, abs=slack)


@settings(max_examples=40, deadline=None)
@given(
    names=st.tuples(*(st.sampled_from(["power", "line", "saturating", "falling"]) for _ in range(2))),
    factor=st.floats(0.5, 2.0),
    held=st.sampled_from([None, "x1.5", "7"]),
)
def test_flows_add_up_for_other_loops_and_with_a_member_held(
    names: tuple[str, str], factor: float, held: str | None
) -> None:
    first, second = (SHAPES[name] for name in names)
    formulas: dict[str, Formula] = {
        "x": lambda push, y: first(push, y),
        "y": lambda limit, x: second(0.05 * limit, x),
        "after": lambda x, y, push: x + y * push,
    }
    changes = {"push": f"x{factor!r}", "limit": "x1.3", **({} if held is None else {"y": held})}
    kg = market(formulas, positive=True)
    assume(kg.impact({f"one.{name}": text for name, text in changes.items()}, targets=["x"]).effects[0].ratio)
    for target in ("x", "after"):
        found = explained(kg, changes, target)
        assert conservation_error(found, changes, target) < 1e-9


def test_no_flow_runs_between_the_members_of_a_loop() -> None:
    found = explained(market(MARKET, positive=True), {"push": "x1.5", "spare": "x0.8"}, "after")
    members = {"x", "y", "z"}
    assert not [flow for flow in found.flows if flow.source in members and flow.target in members]
    into = {(flow.source, flow.target): flow.function for flow in found.flows if flow.target in members}
    assert set(into) == {(source, target) for source in ("push", "spare") for target in ("x", "y")}
    assert set(into.values()) == {"loop x -> y -> z -> x"}
    assert {path.steps for path in found.paths} == {
        (source, member, "after") for source in ("push", "spare") for member in ("x", "y")
    }


def test_the_share_of_each_input_of_a_linear_loop_is_what_algebra_says() -> None:
    # after = 10 push / (1 - gain): doubling the push alone doubles it; the way is a product, split by logarithms.
    found = explained(market(LINEAR), {"push": "x2", "gain": "0.75"}, "after", 64)
    assert found.total == pytest.approx(180.0, rel=1e-9)
    assert leaving(found, "push") + leaving(found, "gain") == pytest.approx(180.0, rel=1e-9)
    alone = explained(market(LINEAR), {"push": "x2"}, "after")
    assert [(flow.source, flow.target) for flow in alone.flows] == [("push", "x"), ("x", "after")]
    assert leaving(alone, "push") == pytest.approx(60.0, rel=1e-9)


def test_a_power_law_loop_splits_by_logarithms() -> None:
    formulas: dict[str, Formula] = {
        "x": lambda push, y: push * y**0.5,
        "y": lambda limit, x: limit * x**-0.6,
        "after": lambda x: 1.0 * x,
    }
    # x = push^(1/1.3) limit^(0.5/1.3).
    found = explained(market(formulas, positive=True), {"push": "x2", "limit": "x2"}, "after", 64)
    assert [leaving(found, name) / found.total for name in ("push", "limit")] == pytest.approx(
        [1.0 / 1.5, 0.5 / 1.5], rel=1e-3
    )


def test_a_held_member_is_where_a_way_begins() -> None:
    found = explained(market(MARKET, positive=True), {"z": "x2", "limit": "x1.5"}, "after")
    assert {(flow.source, flow.target) for flow in found.flows if abs(flow.amount) > 1e-9 * abs(found.total)} == {
        ("z", "x"),
        ("z", "y"),
        ("limit", "y"),
        ("limit", "after"),
        ("x", "after"),
        ("y", "after"),
    }
    assert conservation_error(found, ("z", "limit"), "after") < 1e-9


def test_a_published_member_is_scaled_and_not_replaced() -> None:
    found = explained(market(PRICED, published=True), {"push": "x2"}, "after")
    assert conservation_error(found, ("push",), "after") < 1e-9
    assert [(flow.source, flow.target) for flow in found.flows] == [("push", "price"), ("price", "after")]
