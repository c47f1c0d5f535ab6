"""How a feedback loop on the way to a number ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from downstack.performance.declare import FunctionDeclaration
from downstack.results.trace import EffectKey

OPEN = 1e-9
"""A gain so small is none."""


class FeedbackStatus(StrEnum):
    """Whether a feedback loop settles; only CONVERGED has a number."""

    CONVERGED = "CONVERGED"
    OSCILLATING = "OSCILLATING"
    """Every round overshoots, and by no less than the round before."""
    DIVERGED = "DIVERGED"
    """Every round pushes on, and any push grows."""
    MULTIPLE = "MULTIPLE"
    """Where it ends depends on where it starts."""
    MAXITER = "MAXITER"
    """The rounds were used up before it was known whether the loop settles."""
    UNDEFINED = "UNDEFINED"
    """The formulas give no number at any start."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A feedback loop that a number lies on or rests on, for one combination."""

    path: str
    """One way round: ``demand -> utilization -> price -> demand``."""
    members: tuple[str, ...]
    """The quantities that are computed from each other."""
    key: EffectKey
    functions: tuple[FunctionDeclaration, ...]
    """The formulas of the members."""
    status: FeedbackStatus
    gain: float | None
    """What a push becomes after one round; below zero it comes back from the other side."""
    amplification: float | None
    """What a push from outside grows to when it has gone round and round: 1/(1 - gain) with one variable."""
    held: tuple[str, ...]
    """Members that the question holds: the loop is open there."""
    lagged: bool
    """Whether going round takes time, so that the answer is where the recursion in time ends."""
    why: str | None = None
    """What is known of why there is no number, beside the status."""

    @property
    def sentence(self) -> str:
        """The loop in words."""
        said = f"the loop {self.path}"
        if self.held:
            names = " and ".join(self.held)
            if self.gain is not None and abs(self.gain) < OPEN:
                return f"{said} is open: {names} held where the question puts it"
            said += f", with {names} held where the question puts it,"
        if self.status is FeedbackStatus.CONVERGED:
            if self.gain is None or self.amplification is None:
                return f"{said} settles"
            return f"{said} settles: gain {self.gain:.3g}, amplification 1/(1-g) = {self.amplification:.3g}x"
        size = None if self.gain is None else abs(self.gain)
        tail = {
            FeedbackStatus.OSCILLATING: "each round overshoots"
            + (", and by no less than the round before" if size is None else f" by {size:.3g}"),
            FeedbackStatus.DIVERGED: "each round pushes on"
            + (" without end" if size is None else f", {size:.3g} times as far as the one before"),
            FeedbackStatus.MULTIPLE: "where it ends depends on where it starts",
            FeedbackStatus.MAXITER: "the search ended before it was known whether it settles",
            FeedbackStatus.UNDEFINED: "the formulas give no number at any start",
        }[self.status]
        why = f": {self.why}" if self.why else ""
        return f"{said} has no settled answer: {tail} ({self.status}){why}"
