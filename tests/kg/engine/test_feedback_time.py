"""What acts late: a loop becomes a recursion in time, with a path a month and an answer where it comes to rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import DeclarationError, FunctionRegistry
from downstack.results import Effect, FeedbackStatus, Status

from .toy_loops import Formula, declare, market


def cobweb(gain: float, late: int = 3) -> KnowledgeGraph:
    """x of a month rests on y of months before: x = push + gain x."""
    formulas: dict[str, Formula] = {"x": lambda push, y: push + gain * y, "y": lambda x: 1.0 * x}
    return market({**formulas, "after": lambda x: 10.0 * x}, x={"lags": {"y": late}})


def effect_of(kg: KnowledgeGraph, changes: dict[str, str], target: str = "x") -> Effect:
    (effect,) = kg.impact(changes, targets=[target]).effects
    return effect


@pytest.mark.parametrize(
    ("gain", "status"),
    [
        (0.5, FeedbackStatus.CONVERGED),
        (-0.8, FeedbackStatus.CONVERGED),
        (1.2, FeedbackStatus.DIVERGED),
        (-1.5, FeedbackStatus.OSCILLATING),
    ],
)
def test_t06_a_late_loop_has_a_number_exactly_where_it_comes_to_rest(gain: float, status: FeedbackStatus) -> None:
    row = cobweb(gain).value("x", entity="one").rows[0]
    assert row.loops[0].status is status
    assert row.loops[0].lagged
    if status is FeedbackStatus.CONVERGED:
        assert row.value == pytest.approx(3.0 / (1.0 - gain), rel=1e-9)
    else:
        assert (row.value, row.status) == (None, Status.NOT_CONVERGED)


@settings(max_examples=80, deadline=None)
@given(
    at_once=st.floats(-0.95, 0.95),
    late=st.floats(-1.5, 1.5),
    later=st.floats(-1.5, 1.5),
    months=st.tuples(st.integers(1, 6), st.integers(1, 6)),
)
def test_t06_with_ways_of_different_length_a_number_is_given_only_if_months_lead_to_it(
    at_once: float, late: float, later: float, months: tuple[int, int]
) -> None:
    formulas: dict[str, Formula] = {
        "x": lambda push, x, y, z: push + at_once * x + late * y + later * z,
        "y": lambda x: 1.0 * x,
        "z": lambda x: 1.0 * x,
    }
    kg = market(formulas, x={"lags": {"y": months[0], "z": months[1]}})
    row = kg.value("x", entity="one").rows[0]
    # By hand: x(t) = (push + late x(t - m) + later x(t - n)) / (1 - at_once), from a place that is nowhere near.
    path = [7.0] * 6
    for _ in range(3_000):
        path.append((3.0 + late * path[-months[0]] + later * path[-months[1]]) / (1.0 - at_once))
        if abs(path[-1]) > 1e12:
            break
    if row.value is not None:
        assert row.value == pytest.approx(3.0 / (1.0 - at_once - late - later), rel=1e-8)
        assert abs(path[-1]) < 1e12
    else:
        # Only where it grows, hardly dies out, or where a constant history has no answer of its own.
        moved = np.abs(np.diff(path[-200:])).max()
        sum_ = at_once + late + later
        assert moved > 1e-9 * abs(path[-1]) or sum_ > 1.0 - 1e-4


def test_the_path_of_a_late_loop_is_the_recursion_by_hand() -> None:
    effect = effect_of(cobweb(-0.5, late=2), {"one.push": "x2"})
    profile = effect.profile(40)
    assert profile is not None
    expected = [2.0, 2.0]
    for _ in range(41):
        expected.append(6.0 - 0.5 * expected[-2])
    assert profile.base == pytest.approx(2.0, rel=1e-9)
    assert profile.values == pytest.approx(tuple(expected[2:]), rel=1e-9)
    assert profile.settled == effect.scenario == pytest.approx(4.0, rel=1e-9)
    # 5, 5, 3.5, 3.5, 4.25, ...: within a hundredth of the change of 2 from 0.5^6 on.
    assert profile.rest_from == 12
    assert profile.sentence == "comes to rest from month 12"
    assert set(profile.statuses) == {Status.OK}


def test_a_path_that_grows_without_end_is_shown_but_has_no_answer() -> None:
    kg = market({"x": lambda push, gain, y: push - gain * y, "y": lambda x: 1.0 * x}, x={"lags": {"y": 1}})
    effect = effect_of(kg, {"one.gain": "x3"})
    assert (effect.base, effect.scenario) == (pytest.approx(2.0, rel=1e-9), None)
    profile = effect.profile(6)
    assert profile is not None
    assert (profile.settled, profile.rest_from) == (None, None)
    assert profile.sentence == "does not come to rest"
    assert profile.values[:4] == pytest.approx((0.0, 3.0, -1.5, 5.25), rel=1e-9)


def test_a_path_that_has_not_come_to_rest_in_time_says_so() -> None:
    profile = effect_of(cobweb(0.5, late=12), {"one.push": "x2"}).profile(24)
    assert profile is not None
    assert profile.rest_from is None
    assert profile.sentence == "has not come to rest by month 24"


def test_a_lag_outside_any_loop_delays_the_effect() -> None:
    kg = market({"x": lambda push: 2.0 * push, "after": lambda x, push: x + push}, after={"lags": {"x": 4}})
    effect = effect_of(kg, {"one.push": "x2"}, "after")
    assert effect.loops == ()
    profile = effect.profile(6)
    assert profile is not None
    assert profile.values == pytest.approx((12.0, 12.0, 12.0, 12.0, 18.0, 18.0, 18.0))
    assert (profile.settled, profile.rest_from) == (18.0, 4)


def test_where_nothing_acts_late_there_is_no_path() -> None:
    kg = market({"x": lambda push, x: push + 0.5 * x})
    assert effect_of(kg, {"one.push": "x2"}).profile() is None


def test_the_method_says_that_late_inputs_are_answered_where_they_come_to_rest() -> None:
    report = cobweb(0.5).impact({"one.push": "x2"}, targets=["x"])
    assert "what acts late is answered at the horizon, when it has settled" in report.method


def test_a_member_that_is_held_stays_where_it_is_held_in_every_month() -> None:
    profile = effect_of(cobweb(-0.5, late=2), {"one.y": "10"}, "after").profile(4)
    assert profile is not None
    # y is 2 before: x follows two months later, to 3 - 5.
    assert profile.values == pytest.approx((20.0, 20.0, -20.0, -20.0, -20.0), rel=1e-9)


@pytest.mark.parametrize("months", [0, 241])
def test_a_path_of_no_months_or_too_many_is_refused(months: int) -> None:
    effect = effect_of(cobweb(0.5), {"one.push": "x2"})
    with pytest.raises(UserInputError, match="between 1 and 240"):
        effect.profile(months)


def test_a_lag_of_no_months_and_one_of_an_unknown_input_are_refused() -> None:
    with pytest.raises(DeclarationError, match="whole number of months"):
        declare(FunctionRegistry(), "x", lambda push: push, lags={"push": 0})
    with pytest.raises(DeclarationError, match="not inputs of the function"):
        declare(FunctionRegistry(), "x", lambda push: push, lags={"gain": 1})
