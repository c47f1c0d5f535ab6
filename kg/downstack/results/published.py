"""What a formula gives for an effect that was published, beside what the source gives."""

from __future__ import annotations

from dataclasses import dataclass

from downstack.graph.model import Influence, PublishedEffect


@dataclass(frozen=True, slots=True)
class EffectCheck:
    """One published effect beside the same computed."""

    influence: Influence
    effect: PublishedEffect
    computed: float | None
    """In the unit of the effect; None where nothing was computed."""
    reason: str | None
    """Why nothing was computed; None where it was."""

    @property
    def gap(self) -> float | None:
        """How far the computed number lies outside the published range, relative to its nearer end; 0 inside."""
        if self.computed is None:
            return None
        low = self.effect.high if self.computed > self.effect.high else self.effect.low
        if self.effect.form == "at most" and self.computed <= self.effect.high:
            return 0.0
        inside = self.effect.low <= self.computed <= self.effect.high
        return 0.0 if inside else self.computed / low - 1.0
