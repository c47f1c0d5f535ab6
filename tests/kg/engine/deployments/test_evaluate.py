"""Functions over arrays of configurations follow the rules of the plan: the same numbers, codes, and a cause for each."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from downstack.engine.apply import all_ok, apply, none_touched
from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, OK, STALE
from downstack.engine.deployments.evaluate import Causes, Numbers, evaluate, gravest, marked
from downstack.engine.plan import Variant
from downstack.performance.declare import Array, FunctionRegistry, Validity, performance_function

REGISTRY = FunctionRegistry()


@performance_function(
    formula="toy_reach = length / (1 - load), load below one",
    citation="toy",
    registry=REGISTRY,
    validity=(Validity("toy_load", 0.0, 0.5, "measured up to half load"),),
    feasible=lambda toy_length, toy_load, toy_extra: toy_length > 0.0,
    infeasible_reason="nothing has no reach",
    optional=("toy_extra",),
)
def toy_reach(
    toy_length: Annotated[Array, "m"], toy_load: Annotated[Array, "1"], toy_extra: Annotated[Array, "m"]
) -> Annotated[Array, "m"]:
    return toy_length / (1.0 - toy_load) + np.where(np.isnan(toy_extra), 0.0, toy_extra)


(FUNCTION,) = REGISTRY
VALUE = st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 3.0, np.nan])
CODE = st.sampled_from([OK, STALE, EXTRAPOLATED, INFEASIBLE, MISSING_INPUT])


def numbers(pairs: list[tuple[float, int]], cause: int) -> Numbers:
    value = np.array([np.nan if code >= INFEASIBLE else value for value, code in pairs])
    code = np.array([code for _, code in pairs], dtype=np.int8)
    return Numbers(value) if not code.any() else Numbers(value, code, np.full(len(pairs), cause, dtype=np.int16))


@example(rows=[((-1.0, OK), (1.0, OK), (-1.0, OK))])
@example(rows=[((-1.0, OK), (-1.0, INFEASIBLE), (0.0, OK)), ((-1.0, OK), (1.0, OK), (-1.0, OK))])
@given(rows=st.lists(st.tuples(*(st.tuples(VALUE, CODE) for _ in range(3))), min_size=1, max_size=8))
def test_numbers_and_codes_are_those_of_the_plan(rows):
    causes = Causes()
    stated = {
        name: numbers([row[place] for row in rows], causes.number(f"what is wrong with {name}"))
        for place, name in enumerate(FUNCTION.input_names)
    }
    known = dict(stated)
    evaluate([FUNCTION], known, causes)
    found = known["toy_reach"]

    count = len(rows)
    status = {name: all_ok(count) if item.code is None else item.code.reshape(-1, 1) for name, item in stated.items()}
    variant = Variant(FUNCTION, None, tuple((item.name, None, item.optional) for item in FUNCTION.inputs))
    with np.errstate(all="ignore"):
        piece = apply(
            variant,
            count,
            {name: item.value.reshape(-1, 1) for name, item in stated.items()},
            status,
            dict.fromkeys(stated, none_touched(count)),
        )
    np.testing.assert_array_equal(found.value, piece.value[:, 0])
    code = np.zeros(count, dtype=np.int8) if found.code is None else found.code
    np.testing.assert_array_equal(code, piece.status[:, 0])
    for row in np.flatnonzero(code):
        assert found.origin is not None
        assert causes.texts[int(found.origin[row])]


def asked(length: float, load: float) -> tuple[Numbers, Causes]:
    known = {
        "toy_length": Numbers(np.array([length])),
        "toy_load": Numbers(np.array([load])),
        "toy_extra": Numbers(np.array([np.nan])),
    }
    causes = Causes()
    evaluate([FUNCTION], known, causes)
    return known["toy_reach"], causes


def test_t08_outside_the_validity_range_the_number_stays_and_the_reason_is_said():
    found, causes = asked(1.0, 0.75)
    assert found.value.tolist() == [4.0]
    assert found.code is not None
    assert found.code.tolist() == [EXTRAPOLATED]
    assert "measured up to half load" in causes.texts[0]


@pytest.mark.parametrize(
    ("length", "load", "said"), [(-1.0, 0.25, "nothing has no reach"), (1.0, 1.0, "gives no number")]
)
def test_what_is_impossible_has_no_number(length, load, said):
    found, causes = asked(length, load)
    assert np.isnan(found.value).all()
    assert found.code is not None
    assert found.origin is not None
    assert found.code.tolist() == [INFEASIBLE]
    assert said in causes.texts[int(found.origin[0])]


def test_of_equally_grave_causes_the_first_is_blamed():
    one = marked(np.zeros(2), np.array([True, False]), INFEASIBLE, 1)
    two = marked(np.zeros(2), np.array([True, True]), INFEASIBLE, 2)
    worst = marked(np.zeros(2), np.array([False, True]), MISSING_INPUT, 3)
    code, origin = gravest([one, two])
    assert code is not None
    assert origin is not None
    assert (code.tolist(), origin.tolist()) == ([INFEASIBLE, INFEASIBLE], [1, 2])
    code, origin = gravest([one, two, worst])
    assert code is not None
    assert origin is not None
    assert (code.tolist(), origin.tolist()) == ([INFEASIBLE, MISSING_INPUT], [1, 3])


def test_what_depends_on_one_axis_is_computed_on_that_axis_alone():
    known = {
        "toy_length": Numbers(np.ones((3, 1))),
        "toy_load": Numbers(np.zeros((3, 1))),
        "toy_extra": Numbers(np.zeros((1, 1))),
    }
    evaluate([FUNCTION], known, Causes())
    assert known["toy_reach"].value.shape == (3, 1)
    known["toy_extra"] = Numbers(np.zeros((1, 4)))
    evaluate([FUNCTION], known, Causes())
    assert known["toy_reach"].value.shape == (3, 4)
