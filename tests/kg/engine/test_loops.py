"""Feedback loops: the status of every cell, and never a wrong number."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.loops import FixedPoint, LoopStatus, solve_fixed_point
from downstack.performance.declare import Array

ONE = np.ones((1, 1))


def one(function: Callable[[Array], Array]) -> Callable[[Mapping[str, Array]], dict[str, Array]]:
    return lambda given: {"x": function(given["x"])}


def status(found: FixedPoint) -> LoopStatus:
    assert found.status.size == 1
    return LoopStatus(int(found.status.ravel()[0]))


def no_wrong_number(found: FixedPoint, function: Callable[[Array], Array], tolerance: float = 1e-10) -> None:
    good = found.status == LoopStatus.CONVERGED
    values = found.values["x"]
    assert np.array_equal(np.isfinite(values), good)
    image = function(values)
    assert np.all(np.abs(image - values)[good] <= tolerance * np.maximum(np.abs(image), np.abs(values))[good])
    assert np.all(np.abs(found.gain[good]) < 1.0)


@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize("start", [0.01, 3.0, 500.0])
@pytest.mark.parametrize(
    ("gain", "expected"),
    [
        (0.5, LoopStatus.CONVERGED),
        (0.99, LoopStatus.CONVERGED),
        (-0.5, LoopStatus.CONVERGED),
        (1.0, LoopStatus.DIVERGED),
        (1.2, LoopStatus.DIVERGED),
        (-1.5, LoopStatus.OSCILLATING),
        (-1.0, LoopStatus.OSCILLATING),
    ],
)
def test_t06_a_linear_loop_has_the_status_of_its_gain_and_a_number_only_if_it_settles(
    gain: float, expected: LoopStatus, start: float, positive: bool
) -> None:
    found = solve_fixed_point(one(lambda x: 3.0 + gain * x), {"x": start * ONE}, positive=positive)
    assert status(found) is expected
    if expected is LoopStatus.CONVERGED:
        assert found.values["x"].item() == pytest.approx(3.0 / (1.0 - gain), rel=1e-8)
        assert found.gain.item() == pytest.approx(gain, abs=1e-6)
        assert found.amplification.item() == pytest.approx(1.0 / (1.0 - gain), rel=1e-5)
    else:
        assert np.isnan(found.values["x"]).all()
        assert np.isnan(found.amplification).all()


def test_t06_the_statuses_of_different_gains_stand_side_by_side() -> None:
    gains = np.array([[0.5, 0.99, 1.2, -1.5]])
    found = solve_fixed_point(one(lambda x: 1.0 + gains * x), {"x": ONE})
    assert [LoopStatus(code) for code in found.status[0]] == [
        LoopStatus.CONVERGED,
        LoopStatus.CONVERGED,
        LoopStatus.DIVERGED,
        LoopStatus.OSCILLATING,
    ]
    assert found.values["x"][0, :2] == pytest.approx([2.0, 100.0], rel=1e-8)
    assert np.isnan(found.values["x"][0, 2:]).all()


@pytest.mark.parametrize("start", [0.1, 0.5, 0.9, 2.0])
def test_t07_a_loop_with_two_settled_answers_is_flagged_and_gives_neither(start: float) -> None:
    # Adoption that feeds itself: x = 0.05 + x^4 / (0.5^4 + x^4) settles near 0.05 and near 1, and tips in between.
    found = solve_fixed_point(one(lambda x: 0.05 + x**4 / (0.5**4 + x**4)), {"x": start * ONE})
    assert status(found) is LoopStatus.MULTIPLE
    assert np.isnan(found.values["x"]).all()
    assert np.isnan(found.gain).all()


def test_t07_an_answer_from_which_the_loop_can_run_away_is_flagged() -> None:
    found = solve_fixed_point(one(lambda x: 0.1 + x * x), {"x": 0.5 * ONE})
    assert status(found) is LoopStatus.MULTIPLE


def test_a_loop_that_jumps_over_its_answer_oscillates() -> None:
    found = solve_fixed_point(one(lambda x: np.where(x < 2.0, 3.0, 1.0)), {"x": ONE})
    assert status(found) is LoopStatus.OSCILLATING
    assert np.isnan(found.values["x"]).all()


def test_a_loop_without_any_answer_has_no_number() -> None:
    found = solve_fixed_point(one(lambda x: x * x + 1.0), {"x": ONE})
    assert status(found) is LoopStatus.DIVERGED


def test_too_few_rounds_give_no_number() -> None:
    found = solve_fixed_point(one(lambda x: np.exp(-x) + 0.3 * np.sin(x)), {"x": ONE}, max_iterations=1)
    assert status(found) is LoopStatus.MAXITER
    assert np.isnan(found.values["x"]).all()


def market(count: int) -> tuple[Callable[[Array], Array], Array]:
    """Price, demand and utilisation: the fuller the machines, the dearer, and the dearer, the less demand."""
    draw = np.random.default_rng(7)
    demand, capacity, price = (draw.uniform(0.5, 1.5, (2, count)) for _ in range(3))
    elasticity, steepness = draw.uniform(0.2, 1.6, (2, count)), draw.uniform(0.5, 3.0, (2, count))

    def step(x: Array) -> Array:
        return price * (1.0 + 0.5 * (demand * x**-elasticity / capacity) ** steepness)

    return step, price


def test_ten_thousand_markets_are_solved_at_once_without_a_wrong_number() -> None:
    step, price = market(5_000)
    before = time.process_time()
    found = solve_fixed_point(one(step), {"x": price})
    elapsed = time.process_time() - before
    no_wrong_number(found, step)
    codes = set(np.unique(found.status).tolist())
    assert codes <= {LoopStatus.CONVERGED, LoopStatus.OSCILLATING}
    # A price that oscillates does so because of its gain, which is reported; all others have their number.
    assert np.all(found.gain[found.status == LoopStatus.OSCILLATING] <= -1.0 + 1e-6)
    assert np.mean(found.status == LoopStatus.CONVERGED) > 0.9
    plain = price
    for _ in range(3_000):
        plain = step(plain)
    calm = np.abs(found.gain) < 0.98
    assert found.values["x"][calm] == pytest.approx(plain[calm], rel=1e-8)
    assert elapsed < 5.0


def test_all_at_once_is_as_one_by_one() -> None:
    step, price = market(20)
    gains = np.linspace(-1.6, 1.6, 40).reshape(2, 20)

    def both(x: Array, place: tuple[slice, slice]) -> Array:
        return 0.5 * step_at(x, place) + gains[place] * x

    def step_at(x: Array, place: tuple[slice, slice]) -> Array:
        full = np.ones((2, 20))
        full[place] = x
        return step(full)[place]

    everything = (slice(None), slice(None))
    together = solve_fixed_point(one(lambda x: both(x, everything)), {"x": price})
    assert len(np.unique(together.status)) > 2
    for row in range(2):
        for column in range(20):
            place = (slice(row, row + 1), slice(column, column + 1))
            alone = solve_fixed_point(one(lambda x, place=place: both(x, place)), {"x": price[place]})
            assert alone.status.item() == together.status[place].item()
            assert alone.values["x"].item() == pytest.approx(together.values["x"][place].item(), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("tear", [1, 2])
def test_a_missing_input_stays_missing_and_touches_no_neighbour(tear: int) -> None:
    outside = np.array([[1.0, np.nan, 2.0], [3.0, 4.0, np.nan]])

    def step(given: Mapping[str, Array]) -> dict[str, Array]:
        after = {"x": outside + 0.5 * given["x"]}
        return after if tear == 1 else {**after, "y": 1.0 + 0.25 * given["y"] + 0.1 * given["x"]}

    start = {"x": ONE} if tear == 1 else {"x": ONE, "y": np.array([[1.0], [np.nan]])}
    found = solve_fixed_point(step, start)
    missing = np.isnan(outside) if tear == 1 else np.isnan(outside) | np.array([[False], [True]])
    assert np.array_equal(found.status == LoopStatus.UNDEFINED, missing)
    assert np.all(found.status[~missing] == LoopStatus.CONVERGED)
    assert np.isnan(found.values["x"][missing]).all()
    assert found.values["x"][~missing] == pytest.approx(2.0 * outside[~missing], rel=1e-9)


@pytest.mark.parametrize("positive", [True, False])
def test_several_variables_are_solved_together(positive: bool) -> None:
    # x = 1 + a y, y = 2 + b x: the gain of the circle is a b, the amplification 1 / (1 - a b).
    a, b = np.array([[0.5, 2.0, -0.5, 0.9]]), np.array([[0.5, 0.3, 0.5, 1.05]])

    def step(given: Mapping[str, Array]) -> dict[str, Array]:
        return {"x": 1.0 + a * given["y"], "y": 2.0 + b * given["x"]}

    found = solve_fixed_point(step, {"x": ONE, "y": ONE}, positive=positive)
    good = found.status == LoopStatus.CONVERGED
    x = (1.0 + 2.0 * a) / (1.0 - a * b)
    if not positive:
        assert good.all()
    assert good[0, [0, 1, 3]].all()
    assert found.values["x"][good] == pytest.approx(x[good], rel=1e-8, abs=1e-9)
    assert found.values["y"][good] == pytest.approx((2.0 + b * x)[good], rel=1e-8)
    assert found.amplification[good] == pytest.approx((1.0 / (1.0 - a * b))[good], rel=1e-5)
    assert np.abs(found.gain[good]) == pytest.approx(np.sqrt(np.abs(a * b))[good], rel=1e-5)


def test_several_variables_settle_where_going_round_the_loop_settles() -> None:
    draw = np.random.default_rng(1)
    cells, names = 1_000, ("x", "y", "z")
    base, power = draw.uniform(0.5, 2.0, (3, cells)), draw.uniform(-1.0, 1.0, (3, 3, cells))

    def step(given: Mapping[str, Array]) -> dict[str, Array]:
        logs = np.log(np.stack([given[name] for name in names]))
        image = base * (0.3 + np.exp((power * logs).sum(axis=1)))
        return dict(zip(names, image, strict=True))

    found = solve_fixed_point(step, {name: np.ones(cells) for name in names})
    after = step(found.values)
    round_and_round: Mapping[str, Array] = {name: np.ones(cells) for name in names}
    with np.errstate(all="ignore"):
        for _ in range(2_000):
            round_and_round = step(round_and_round)
        again = step(round_and_round)
        near = [np.abs(again[name] / round_and_round[name] - 1.0) <= 1e-10 for name in names]
    settles = np.all(near, axis=0)
    good = found.status == LoopStatus.CONVERGED
    assert settles.mean() > 0.7
    # What settles has its number, unless it has other solutions as well or would not settle within the rounds.
    assert np.isin(found.status[settles], [LoopStatus.CONVERGED, LoopStatus.MULTIPLE]).mean() > 0.99
    for name in names:
        assert np.array_equal(np.isfinite(found.values[name]), good)
        assert np.all(np.abs(after[name] - found.values[name])[good] <= 1e-10 * after[name][good] * (1.0 + 1e-9))
        both = good & settles
        assert found.values[name][both] == pytest.approx(round_and_round[name][both], rel=1e-6)


@pytest.mark.parametrize(("gain", "expected"), [(1.3, LoopStatus.DIVERGED), (-1.5, LoopStatus.OSCILLATING)])
def test_several_variables_that_do_not_settle_have_no_number(gain: float, expected: LoopStatus) -> None:
    def step(given: Mapping[str, Array]) -> dict[str, Array]:
        return {"x": 1.0 + gain * given["y"], "y": 2.0 + gain * given["x"] + 0.1 * given["y"]}

    def turning(given: Mapping[str, Array]) -> dict[str, Array]:
        return {"x": 1.0 + gain * given["y"], "y": 2.0 - gain * given["x"]}

    function = step if gain > 0.0 else turning
    found = solve_fixed_point(function, {"x": ONE, "y": ONE}, positive=False)
    assert status(found) is expected
    assert np.isnan(found.values["x"]).all() and np.isnan(found.values["y"]).all()


@given(
    outside=st.floats(0.01, 100.0),
    gain=st.floats(-3.0, 3.0),
    power=st.floats(-3.0, 3.0),
    start=st.floats(0.01, 100.0),
    positive=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_every_number_satisfies_its_loop(
    outside: float, gain: float, power: float, start: float, positive: bool
) -> None:
    def function(x: Array) -> Array:
        with np.errstate(all="ignore"):
            return outside + gain * np.abs(x) ** power

    no_wrong_number(solve_fixed_point(one(function), {"x": start * ONE}, positive=positive), function)


def test_a_loop_needs_a_variable_and_must_return_it() -> None:
    with pytest.raises(ValueError, match="at least one"):
        solve_fixed_point(dict, {})
    with pytest.raises(ValueError, match="does not return x"):
        solve_fixed_point(lambda _: {"y": ONE}, {"x": ONE})
