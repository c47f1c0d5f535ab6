"""Where a feedback loop settles: its members are evaluated as everywhere else, with guesses for the tears.

The driver looks for the guesses that one round through the loop returns. Statuses come from the formulas once it is
known where the loop settles: what one member lacks, all lack that are computed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from downstack.engine.apply import all_ok, none_touched
from downstack.engine.bind import Mask
from downstack.engine.codes import MISSING_INPUT, NOT_CONVERGED, OK, Codes
from downstack.engine.feedback import FeedbackLoop
from downstack.engine.loops import LoopStatus, solve_fixed_point
from downstack.engine.plan import Step
from downstack.performance.declare import Array

if TYPE_CHECKING:
    from downstack.engine.run import Asked, Outcome

Evaluate: TypeAlias = "Callable[[Step, Outcome, Asked], None]"
"""Evaluates one step into an outcome."""


@dataclass(frozen=True, slots=True)
class LoopOutcome:
    """How a loop ended; all arrays are rows x columns."""

    loop: FeedbackLoop
    status: npt.NDArray[np.int8]
    """A :class:`downstack.engine.loops.LoopStatus` for every cell."""
    gain: Array
    amplification: Array
    held: Mask
    """Where the question holds a member, so that the loop is open."""

    def where(self, other: Mask, outcome: LoopOutcome) -> LoopOutcome:
        """Return the same with some cells as in another outcome of the loop."""
        return LoopOutcome(
            self.loop,
            np.where(other, outcome.status, self.status).astype(np.int8),
            np.where(other, outcome.gain, self.gain),
            np.where(other, outcome.amplification, self.amplification),
            np.where(other, outcome.held, self.held),
        )


@dataclass(frozen=True, slots=True)
class Held:
    """Where the question holds a member, and the numbers that it holds it at."""

    where: Mask
    value: Array
    status: Codes
    touched: Mask


@dataclass(frozen=True, slots=True)
class Members:
    """The members of a loop that formulas compute, in the order of evaluation, in one run."""

    loop: FeedbackLoop
    steps: tuple[Step, ...]
    tears: tuple[str, ...]
    width: int
    evaluate: Evaluate
    held: Mapping[str, Held]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.steps[0].rows, self.width


@dataclass(frozen=True, slots=True)
class _Guess:
    """What is taken for the tears."""

    values: Mapping[str, Array]
    codes: Mapping[str, Codes]
    touched: Mapping[str, Mask]


def settle(members: Members, state: Outcome, asked: Asked, base: Outcome | None) -> None:
    """Find where a loop settles and write its members into an outcome.

    Parameters
    ----------
    members
        What is solved.
    state
        Holds everything outside the loop, and takes up the members.
    asked
        What the run is asked of everything but the members.
    base
        An outcome of the same loop to start from; what is published, or declared, where it has no number.
    """
    clean = dict.fromkeys(members.tears, all_ok(members.shape[0]))
    start = {name: _start(members, name, base) for name in members.tears}
    codes = {name: _codes(np.isnan(value), MISSING_INPUT) for name, value in start.items()}
    touched: dict[str, Mask] = dict.fromkeys(members.tears, none_touched(members.shape[0]))
    while True:
        first = _round(members, state, asked, _Guess(start, codes, touched))
        reached = {name: touched[name] | first.touched[name] for name in members.tears}
        if all(bool((reached[name] == touched[name]).all()) for name in members.tears):
            break
        touched = reached

    def once(guess: Mapping[str, Array]) -> Mapping[str, Array]:
        return _round(members, state, asked, _Guess(guess, clean, touched)).values

    found = solve_fixed_point(once, start, positive=members.loop.positive, by_gain=not members.loop.lagged)
    lost = found.status != LoopStatus.CONVERGED
    missing = np.zeros(members.shape, dtype=np.bool_)
    for code in first.codes.values():
        missing |= (found.status == LoopStatus.UNDEFINED) & (code == MISSING_INPUT)
    unsettled = lost & ~missing
    code = np.where(missing, MISSING_INPUT, np.where(lost, NOT_CONVERGED, OK)).astype(np.int8)
    codes = dict.fromkeys(members.tears, code) if lost.any() else clean
    while True:
        last = _round(members, state, asked, _Guess(found.values, codes, touched))
        grown = {name: np.maximum(codes[name], last.codes[name]) for name in members.tears}
        if all(bool((grown[name] == codes[name]).all()) for name in members.tears):
            break
        codes = grown
    for name in members.tears:
        # What the loop does not reach for want of an input may still be known by itself.
        state.values[name] = np.where(missing, last.values[name], found.values[name])
        state.status[name] = np.where(missing, last.codes[name], codes[name]).astype(np.int8)
    if unsettled.any():
        withhold(members, state, unsettled)
    held = np.zeros(members.shape, dtype=np.bool_)
    for item in members.held.values():
        held |= item.where
    outcome = LoopOutcome(members.loop, found.status, found.gain, found.amplification, held)
    for step in members.steps:
        if not state.status[step.quantity].any():
            state.status[step.quantity] = all_ok(step.rows)
        state.loops[step.quantity] = outcome


def _start(members: Members, name: str, base: Outcome | None) -> Array:
    step = next(item for item in members.steps if item.quantity == name)
    start = np.full(members.shape, np.nan)
    candidates: list[Array | float | None] = [None if base is None else base.values[name], step.fact_values]
    candidates += [variant.function.start for variant in step.variants]
    for candidate in candidates:
        if candidate is not None:
            start = np.where(np.isnan(start), candidate, start)
    return start


def _codes(where: Mask, code: int) -> Codes:
    if not bool(where.any()):
        return all_ok(len(where))
    return np.where(where, code, OK).astype(np.int8)


def _round(members: Members, state: Outcome, asked: Asked, guess: _Guess) -> _Guess:
    """Go round the loop once, and return what comes out for the tears; the others are left in the outcome."""
    for name in members.tears:
        state.values[name], state.status[name], state.touched[name] = (
            guess.values[name],
            guess.codes[name],
            guess.touched[name],
        )
    values: dict[str, Array] = {}
    codes: dict[str, Codes] = {}
    touched: dict[str, Mask] = {}
    for step in members.steps:
        name = step.quantity
        members.evaluate(step, state, asked)
        if name in members.held:
            hold(members.held[name], state, name)
        if name in guess.values:
            values[name], codes[name], touched[name] = state.values[name], state.status[name], state.touched[name]
            # The other tears read the guess, not what it turned into.
            state.values[name], state.status[name] = guess.values[name], guess.codes[name]
    return _Guess(values, codes, touched)


def hold(held: Held, state: Outcome, name: str) -> None:
    """Put a member where the question holds it."""
    state.values[name] = np.where(held.where, held.value, state.values[name])
    state.status[name] = np.where(held.where, held.status, state.status[name]).astype(np.int8)
    state.touched[name] = state.touched[name] | held.touched


def withhold(members: Members, state: Outcome, unsettled: Mask) -> None:
    """Leave no number in a loop that does not settle, not even one that a formula gives without an optional input."""
    for step in members.steps:
        name = step.quantity
        state.values[name] = np.where(unsettled, np.nan, state.values[name])
        least = np.where(unsettled, NOT_CONVERGED, OK)
        state.status[name] = np.maximum(state.status[name], least).astype(np.int8)
        if name in state.formula:
            state.formula[name] = np.where(unsettled, np.nan, state.formula[name])
        if name in state.regimes:
            state.regimes[name] = np.where(unsettled, -1, state.regimes[name]).astype(np.int8)
