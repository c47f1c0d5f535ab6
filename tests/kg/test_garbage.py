"""The collector rests while a graph grows, and never looks at what lasts."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

from downstack.garbage import paused_collection, settle


class Ring:
    """Garbage that only the collector finds, once nothing else knows it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def thawed() -> Generator[None]:
    yield
    gc.unfreeze()


def rings() -> int:
    return sum(isinstance(item, Ring) for item in gc.get_objects())


def test_the_collector_rests_and_goes_on_as_before() -> None:
    with paused_collection():
        assert not gc.isenabled()
        with paused_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.usefixtures("thawed")
def test_what_lasts_is_looked_at_again_when_a_part_of_it_was_replaced() -> None:
    with paused_collection(lasting=True):
        known = Ring()
    assert gc.get_freeze_count() > 0
    assert rings() == 0
    del known
    gc.collect()
    # It is garbage, and nobody looks: that is the price.
    gc.unfreeze()
    assert rings() == 1
    gc.freeze()
    settle()
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
    assert rings() == 0
