"""The space of a question: its layouts, its formats, its batches, and what is refused."""

from __future__ import annotations

import itertools
import math

import pytest

from downstack.engine.deployments.formats import PUBLISHED, WEIGHT_FORMATS, weight_formats
from downstack.engine.deployments.space import Layout, batches, lay_out, layouts
from downstack.errors import UserInputError


def test_a_dense_model_has_no_expert_parallel_layouts():
    found = layouts(8, experts=False)
    assert {item.expert_parallel for item in found} == {1}
    assert {(item.tensor_parallel, item.pipeline_parallel) for item in found} == {
        (tensor, stages) for tensor in (1, 2, 4, 8) for stages in (1, 2, 4, 8) if tensor * stages <= 8
    }


def test_experts_are_split_like_matrices_or_shared_by_all_chips_of_a_stage():
    found = layouts(4, experts=True)
    assert Layout(1, 1, 4) in found, "four chips, each with sequences of its own"
    assert Layout(2, 1, 4) in found, "two groups of two"
    assert Layout(4, 1, 4) in found, "one group, whole experts"
    assert Layout(4, 1, 1) in found, "one group, split experts"
    assert not [item for item in found if 1 < item.expert_parallel < item.tensor_parallel]
    assert len(set(found)) == len(found)
    assert max(item.accelerators for item in found) == 4


def test_batches_hold_every_small_size_and_grow_by_about_a_tenth_after_that():
    found = batches()
    assert found[:8] == (1, 2, 3, 4, 5, 6, 7, 8)
    assert found[-1] == 4096
    assert all(later / earlier < 1.13 for earlier, later in itertools.pairwise(found) if earlier > 16)


def test_what_the_publisher_ships_is_a_format_of_its_own_only_where_it_is_mixed():
    assert weight_formats(2.0, math.nan) == WEIGHT_FORMATS
    assert weight_formats(1.0, 1.0) == WEIGHT_FORMATS
    assert weight_formats(2.0, 0.53125) == (PUBLISHED, *WEIGHT_FORMATS)


def test_a_position_and_its_configuration_belong_together():
    space = lay_out(("one", "two"), WEIGHT_FORMATS, 8, experts=True)
    assert space.size == math.prod(space.shape)
    last = space.configuration(space.size - 1)
    assert (last.platform, last.layout, last.batch) == ("two", space.layouts[-1], 4096)
    assert space.larger_batch(space.size - 1) is None
    assert space.configuration(space.larger_batch(0) or 0).batch == 2


@pytest.mark.parametrize("number", [0, -1, 1025, 10**9])
def test_a_copy_of_a_model_on_too_few_or_too_many_chips_is_refused(number):
    with pytest.raises(UserInputError, match="accelerators for one copy") as caught:
        lay_out(("one",), WEIGHT_FORMATS, number, experts=False)
    assert caught.value.field == "limits.maxAccelerators"


def test_a_space_too_large_to_search_is_refused_with_its_size():
    platforms = tuple(f"chip-{number}" for number in range(2000))
    with pytest.raises(UserInputError, match="configurations are more than the 50,000,000"):
        lay_out(platforms, WEIGHT_FORMATS, 1024, experts=True)
