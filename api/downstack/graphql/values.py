"""What value answers: one number for each combination that matches."""

from __future__ import annotations

import strawberry

from downstack import results
from downstack.graph import model
from downstack.graphql.combinations import EffectKey, Regime, Trace, off_the_loop
from downstack.graphql.enums import Date, EffectStatus
from downstack.graphql.feedback import FeedbackLoop
from downstack.graphql.fields import resolved
from downstack.graphql.terms import QuantityKind, finite
from downstack.graphql.uncertainty import Band, FactCoverage, VarianceShare


@strawberry.type(description="One number for one combination.")
class ValueRow:
    """A number."""

    record: strawberry.Private[results.ValueRow]
    value: float | None = strawberry.field(description="The number; null when there is none.")
    unit: str = strawberry.field(description="Its unit.")
    status: EffectStatus = strawberry.field(description="How far it can be trusted.")
    reason: str | None = strawberry.field(description="Why there is no number, or which validity range is left.")

    @resolved("The combination that it is for.")
    def key(self) -> EffectKey:
        """Wrap the combination."""
        return EffectKey.of(self.record.key)

    @resolved("How sure the number is, in its unit; null without `samples`, and where most of them have no number.")
    def band(self) -> Band | None:
        """Wrap the band."""
        return Band.of(self.record.band)

    @resolved("What the width of the band comes from, largest first; empty without `samples`.")
    async def variance_shares(self) -> list[VarianceShare]:
        """List the shares."""
        found = await off_the_loop(lambda: self.record.variance_shares)
        return [VarianceShare.of(item) for item in found]

    @resolved("How many of the facts behind the number vary at all.")
    async def fact_coverage(self) -> FactCoverage:
        """Count the facts."""
        return FactCoverage.of(await off_the_loop(lambda: self.record.fact_coverage))

    @resolved("What binds; null when nothing on the way is a minimum or maximum.")
    async def regime(self) -> Regime | None:
        """Look for what binds."""
        return Regime.of(await off_the_loop(lambda: self.record.regime))

    @resolved("The feedback loops that the number lies on or rests on, nearest first.")
    async def loops(self) -> list[FeedbackLoop]:
        """List the loops."""
        return [FeedbackLoop.of(item) for item in await off_the_loop(lambda: self.record.loops)]

    @resolved("The number unfolded to formulas and facts.")
    async def trace(self) -> Trace:
        """Unfold the number."""
        return Trace.of(await off_the_loop(lambda: self.record.trace))

    @classmethod
    def of(cls, record: results.ValueRow) -> ValueRow:
        """Wrap a record."""
        return cls(
            record=record,
            value=finite(record.value),
            unit=record.unit,
            status=EffectStatus[record.status.name],
            reason=record.reason,
        )


@strawberry.type(description='The answer to "how much is it?".')
class ValueReport:
    """The answer to a question about a quantity."""

    record: strawberry.Private[results.ValueReport]
    graph_version: str = strawberry.field(description="The version that answered.")
    value: float | None = strawberry.field(description="The number, when exactly one combination matches.")
    unit: str = strawberry.field(description="The unit of all numbers.")
    status: EffectStatus = strawberry.field(description="The best status among the rows.")
    as_of: Date = strawberry.field(description="The date that facts are chosen for and their age is judged on.")
    reason: str | None = strawberry.field(description="Why there is no number, when no row or a single one has none.")

    @resolved("The quantity asked for.")
    def quantity(self) -> QuantityKind:
        """Wrap the quantity."""
        return QuantityKind.of(self.record.quantity)

    @resolved("How sure the number is, when exactly one combination matches; null without `samples`.")
    def band(self) -> Band | None:
        """Wrap the band."""
        return Band.of(self.record.band)

    @resolved("What the width of the band comes from, when exactly one combination matches; empty without `samples`.")
    async def variance_shares(self) -> list[VarianceShare]:
        """List the shares."""
        found = await off_the_loop(lambda: self.record.variance_shares)
        return [VarianceShare.of(item) for item in found]

    @resolved("One row for every combination that matches.")
    def rows(self) -> list[ValueRow]:
        """List the rows."""
        return [ValueRow.of(item) for item in self.record.rows]

    @resolved("The trace of the first row; a trace without a number when nothing matches.")
    async def trace(self) -> Trace:
        """Unfold the number of the first row."""
        found = await off_the_loop(lambda: self.record.trace)
        return Trace.of(nothing_matches(self.record.quantity) if found is None else found)

    @classmethod
    def of(cls, record: results.ValueReport) -> ValueReport:
        """Wrap a record."""
        reason = record.rows[0].reason if len(record.rows) == 1 else None
        return cls(
            record=record,
            graph_version=record.graph_version,
            as_of=Date(record.as_of),
            value=finite(record.value),
            unit=record.unit,
            status=EffectStatus[record.status.name],
            reason=reason if record.rows else NOTHING_MATCHES,
        )


NOTHING_MATCHES = "no combination matches"


def nothing_matches(quantity: model.QuantityKind) -> results.Trace:
    """Return the trace of a number that no combination has."""
    return results.Trace(
        quantity=quantity,
        key=results.EffectKey(()),
        value=None,
        unit=quantity.display_unit,
        status=results.Status.MISSING_INPUT,
        function=None,
        inputs=(),
        own_facts=(),
        reason=NOTHING_MATCHES,
    )
