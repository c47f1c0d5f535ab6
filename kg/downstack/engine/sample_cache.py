"""What the samples of a plan are, kept for the next question about it: the draws, and base and programs computed from them.

The draws belong to names and a seed, so two questions with the same filter and number of samples have the same ones, and
the same base under them, whatever they change.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from downstack.engine.plan import Plan
from downstack.engine.run import Outcome
from downstack.engine.stages import looked_up

MAX_BYTES = 64_000_000
"""What is kept of all plans together; what was asked for longest ago goes first."""
MAX_PROGRAMS = 4
"""Kinds of change that a plan of samples keeps a program for."""

_Key = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Kept:
    plan: Plan
    sampled: Plan


class SampleCache:
    """The plans of samples of one engine; safe to share between threads."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def plan(self, plan: Plan, samples: int, seed: int, start: int, stop: int, make: Callable[[], Plan]) -> Plan:
        """Return the plan of some of the samples of a plan.

        Parameters
        ----------
        plan, samples, seed, start, stop
            As in :func:`downstack.engine.sampling.sampled_plan`.
        make
            Makes it when it is not kept.
        """
        key = id(plan), samples, seed, start, stop
        with self._lock:
            found = self._kept.get(key)
            # The plan is held, so that no other one can get its identity.
            if found is not None and found.plan is plan:
                self._kept.move_to_end(key)
                _forget_programs(found.sampled)
                looked_up("sample", hits=1)
                return found.sampled
        looked_up("sample", misses=1)
        made = _Kept(plan, make())
        with self._lock:
            self._kept[key] = made
            self._trim()
        return made.sampled

    def _trim(self) -> None:
        """Forget what is over the limit; what a plan weighs is known once it has been run, so the newest counts little."""
        sizes = {key: _bytes(item.sampled) for key, item in self._kept.items()}
        while sum(sizes.values()) > self._max_bytes and len(self._kept) > 1:
            del sizes[self._kept.popitem(last=False)[0]]


def _forget_programs(plan: Plan) -> None:
    programs = [key for key in list(plan.kept) if isinstance(key, frozenset)]
    for key in programs[: 1 - MAX_PROGRAMS]:
        plan.kept.pop(key, None)


def _bytes(plan: Plan) -> int:
    """Return the weight of the draws of a plan and of the numbers that were computed from them."""
    base: Outcome | None = plan.kept.get("base")
    drawn = sum(step.fact_values.nbytes for step in plan.steps if step.fact_values is not None)
    if base is None:
        return drawn
    return drawn + sum(array.nbytes for kind in (base.values, base.status) for array in kind.values())
