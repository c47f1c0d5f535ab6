"""The front against a comparison of every point with every other, with ties, infinities and missing numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from downstack.engine.deployments.pareto import front, unbeaten
from downstack.engine.deployments.search import Kept

coarse = st.integers(-3, 3).map(float)  # few values: many ties
fine = st.floats(allow_nan=True, allow_infinity=True)
points = st.lists(st.tuples(coarse | fine, coarse | fine), max_size=60)


def arrays(pairs):
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def brute(first, second):
    """Return the positions that no other point beats, each held against each."""
    known = [place for place in range(len(first)) if np.isfinite(first[place]) and np.isfinite(second[place])]

    def beats(one, other):
        no_worse = first[one] <= first[other] and second[one] <= second[other]
        return no_worse and (first[one] < first[other] or second[one] < second[other])

    return {place for place in known if not any(beats(other, place) for other in known)}


@settings(max_examples=400)
@given(pairs=points)
def test_the_front_is_what_no_other_point_beats(pairs):
    first, second = arrays(pairs)
    found = front(first, second)
    assert set(found.tolist()) == brute(first, second)
    assert len(set(found.tolist())) == len(found)


@given(pairs=points)
def test_the_front_is_in_the_order_of_its_first_objective(pairs):
    first, second = arrays(pairs)
    found = front(first, second)
    assert np.all(np.diff(first[found]) >= 0.0)
    assert np.all(np.diff(second[found]) <= 0.0)


@settings(max_examples=200)
@given(pairs=points, cuts=st.lists(st.integers(0, 60), max_size=4))
def test_a_front_built_block_by_block_is_the_front_of_all(pairs, cuts):
    first, second = arrays(pairs)
    kept = Kept()
    for places in np.split(np.arange(len(first)), sorted(cut for cut in cuts if cut <= len(first))):
        kept.take_front(places, first[places], second[places])
    assert set(kept.places.tolist()) == brute(first, second)
    np.testing.assert_array_equal(kept.first, first[kept.places])


@given(pairs=points, known=points)
def test_the_sieve_never_drops_a_point_of_the_joint_front(pairs, known):
    first, second = arrays(pairs)
    old_first, old_second = arrays(known)
    order = front(old_first, old_second)
    stay = set(unbeaten(first, second, old_first[order], old_second[order]).tolist())
    joint = brute(np.concatenate((first, old_first)), np.concatenate((second, old_second)))
    assert {place for place in joint if place < len(first)} <= stay


def test_equal_points_do_not_beat_each_other():
    assert front(np.array([1.0, 1.0, 2.0]), np.array([5.0, 5.0, 5.0])).tolist() == [0, 1]


def test_no_points_have_no_front():
    empty = np.zeros(0)
    assert len(front(empty, empty)) == 0
    assert len(front(np.array([np.nan]), np.array([1.0]))) == 0


@given(pairs=points)
def test_the_lowest_are_kept_in_order_and_missing_numbers_are_not(pairs):
    first, second = arrays(pairs)
    kept = Kept()
    kept.take_best(np.arange(len(first)), first, second)
    assert set(kept.places.tolist()) == set(np.flatnonzero(np.isfinite(first)).tolist())
    assert np.all(np.diff(kept.first) >= 0.0)
