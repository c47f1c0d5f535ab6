"""The collector rests while a graph grows, and never looks at what lasts; memory that nothing holds goes back."""

from __future__ import annotations

import gc
import platform
import re
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest

from downstack.garbage import GivingBack, give_back, paused_collection, settle

HELD_MB = 200
DEADLINE = 60.0
gnu = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only GNU's allocator keeps what was given back to it"
)


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


def resident_mb() -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def leave_holes() -> object:
    """Take much in pieces and let go of them; return what lies between, which keeps the allocator from shrinking."""
    between, pieces = [], []
    for number in range(HELD_MB * 10):
        pieces.append(np.ones(100_000 // 8))
        if number % 20 == 0:
            between.append(np.ones(2_000 // 8))
    del pieces
    return between


@gnu
@pytest.mark.parametrize("way", [give_back, lambda: GivingBack(0.0).soon()], ids=["at once", "soon"])
def test_memory_that_nothing_holds_goes_back_to_the_system(way: Callable[[], None]) -> None:
    behind = leave_holes()
    held = resident_mb()
    way()
    end = time.monotonic() + DEADLINE
    while resident_mb() > held - HELD_MB / 2:
        assert time.monotonic() < end, f"{resident_mb():.0f} MB are held, {held:.0f} before"
        threading.Event().wait(0.01)
    del behind


def test_those_who_ask_meanwhile_are_counted_once() -> None:
    giving = GivingBack(DEADLINE)
    others = set(threading.enumerate())
    for _ in range(5):
        giving.soon()
    waiting = [item for item in set(threading.enumerate()) - others if item.name == "downstack-memory"]
    assert len(waiting) == 1
    assert isinstance(waiting[0], threading.Timer)
    waiting[0].cancel()


def test_only_long_work_gives_memory_back_also_when_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    giving = GivingBack(DEADLINE)
    asked: list[str] = []
    monkeypatch.setattr(giving, "soon", lambda: asked.append("soon"))
    with giving.after(DEADLINE):
        pass
    assert asked == []
    with pytest.raises(ValueError, match="failed"), giving.after(0.0):
        raise ValueError("failed")
    assert asked == ["soon"]


def test_where_no_thread_can_start_nothing_fails_and_the_next_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    giving = GivingBack(0.0)
    started: list[threading.Timer] = []

    def start(timer: threading.Timer) -> None:
        started.append(timer)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Timer, "start", start)
    giving.soon()
    giving.soon()
    assert len(started) == 2
