"""Directions that sources state, beside what the formulas compute."""

from __future__ import annotations

from dataclasses import dataclass

from downstack.graph.model import Influence


@dataclass(frozen=True, slots=True)
class SignComparison:
    """An influence between two quantities that formulas connect too: what is stated, and what is computed.

    Counts are of combinations, with the changed quantity raised: in how many of them the affected one moves as the
    influence says, the other way, or not at all. Combinations without a number do not count.
    """

    influence: Influence
    changed: str
    affected: str
    stated: str
    agreeing: int
    opposing: int
    still: int
    example: str | None
    """A combination that moves the other way."""

    @property
    def disagrees(self) -> bool:
        """True where some combination moves against what is stated."""
        return self.opposing > 0

    @property
    def text(self) -> str:
        """The comparison as a sentence."""
        way = {"+": "raises", "-": "lowers"}[self.stated]
        said = f"{self.influence.iri.rpartition('/')[2]} says that more {self.changed} {way} {self.affected}"
        moved = f"the formulas agree in {self.agreeing:,} combinations"
        if not self.opposing:
            return f"{said}: {moved}, and {self.still:,} do not move"
        return (
            f"{said}: {moved} and say the opposite in {self.opposing:,} ({self.example}); "
            "one of the two is wrong, or holds under another condition"
        )
