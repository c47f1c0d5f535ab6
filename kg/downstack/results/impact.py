"""The answer to "what does this change do?"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from downstack.graph.model import Fact, Influence, Layer
from downstack.results.effects import Effect
from downstack.results.signs import SignComparison
from downstack.results.trace import oldest_fact

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class NotReached:
    """A target that the change does not move, and why."""

    quantity: str
    reason: str


@dataclass(frozen=True, slots=True)
class QualitativeEffect:
    """A direction without a number: signs composed along influences that have no formula."""

    path: tuple[str, ...]
    """Entity slugs from the changed entity to the affected one."""
    target: str
    sign: str
    strength: str
    confidence: str
    influences: tuple[Influence, ...]
    numeric: str
    """What is known in numbers up to the first entity of the path, in words; from there on there are none."""

    @property
    def summary(self) -> str:
        """Where the numbers end and what is said beyond, as a sentence."""
        likely = {"?": "direction unknown", "0": "no effect"}.get(self.sign, f"likely {self.sign}")
        evidence = ", ".join(f"inf:{item.iri.rpartition('/')[2]}" for item in self.influences)
        return (
            f"numeric to here: {self.numeric}; beyond: {likely}, {self.strength}, {self.confidence} confidence, "
            f"evidence {evidence}"
        )


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """How many effects a layer has, and the largest relative one."""

    layer: Layer
    effects: int
    infeasible: int
    missing: int
    largest: Effect | None


@dataclass(frozen=True)
class ImpactReport:
    """The answer to "what does this change do?"."""

    graph_version: str
    method: str
    elapsed_ms: float
    partial: bool
    partial_reason: str | None
    changes: tuple[str, ...]
    effects: Sequence[Effect]
    """Largest relative change first; each effect is built when it is looked at."""
    by_layer: tuple[LayerSummary, ...]
    qualitative: tuple[QualitativeEffect, ...]
    findings: tuple[SignComparison, ...]
    """Influences whose direction the numbers of this answer contradict."""
    not_reached: tuple[NotReached, ...]
    interventions: tuple[str, ...]
    """Of each changed quantity that a formula computes: whether its in-edges are cut or kept."""
    as_of: str
    """The date that facts are chosen for and their age is judged on: that of the question, or the graph's newest."""

    def oldest_fact(self, first: int | None = None) -> Fact | None:
        """Return the fact of the earliest date that the numbers rest on: of the `first` effects, or of all of them."""
        effects = self.effects if first is None else self.effects[:first]
        return oldest_fact(effect.trace for effect in effects)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one flat dictionary an effect, ready for a table."""
        rows = []
        for effect in self.effects:
            row: dict[str, Any] = dict(effect.key.roles)
            row.update(
                quantity=effect.quantity.id,
                unit=effect.unit,
                base=effect.base,
                scenario=effect.scenario,
                ratio=effect.ratio,
                status=str(effect.status),
                reason=effect.reason,
            )
            if effect.band is not None:
                row.update(p10=effect.band.p10, p50=effect.band.p50, p90=effect.band.p90)
            rows.append(row)
        return rows

    def to_pandas(self) -> Any:
        """Return the effects as a pandas DataFrame (needs the extra ``downstack[pandas]``)."""
        import pandas as pd

        return pd.DataFrame(self.to_rows())
