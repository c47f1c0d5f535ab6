"""The answer to "what does this change do?"."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from downstack.graph.model import Fact, Influence, Layer
from downstack.results import html
from downstack.results.effects import Effect
from downstack.results.provenance import impact_turtle
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

    def to_arrow(self) -> Any:
        """Return the effects as a table of Apache Arrow (needs the extra ``downstack[arrow]``)."""
        import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

        rows = self.to_rows()
        # Not every combination has every role, or a band.
        columns = dict.fromkeys(name for row in rows for name in row)
        table = pa.table({name: [row.get(name) for row in rows] for name in columns})
        return table.replace_schema_metadata({"graphVersion": self.graph_version, "changes": "; ".join(self.changes)})

    def to_turtle(self, first: int | None = None) -> str:
        """Return the effects, the first or all of them, with their provenance as Turtle (PROV-O, Function Ontology)."""
        effects = self.effects if first is None else self.effects[:first]
        return impact_turtle(self.graph_version, self.as_of, self.changes, effects)

    def _repr_html_(self) -> str:
        """Return the answer as a notebook shows it."""
        shown = self.effects[: html.SHOWN]
        columns = ("quantity", "for", "base", "scenario", "unit", "change", "status")
        rows = [
            (
                escape(item.quantity.id),
                escape(str(item.key)),
                html.number(item.base),
                html.number(item.scenario),
                escape(item.unit),
                html.percent(item.ratio),
                escape(str(item.status)),
            )
            for item in shown
        ]
        notes = [f"{len(self.effects) - len(shown):,} more effects"] if len(self.effects) > len(shown) else []
        notes += [item.text for item in self.findings]
        notes += [*self.interventions, *([self.partial_reason] if self.partial_reason else [])]
        notes.append(
            f"{len(self.qualitative)} directions without a number; as of {self.as_of}, graph {self.graph_version}"
        )
        title = "; ".join(self.changes)
        return html.table(title, columns, rows) + "".join(html.paragraph(note) for note in notes)
