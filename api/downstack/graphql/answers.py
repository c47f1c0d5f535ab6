"""What impact answers: effects, summaries of layers, and directions without numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.graphql.arguments import After, Before, First, Last
from downstack.graphql.combinations import EffectKey, Regime, Trace, off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.cursors import Named
from downstack.graphql.enums import Date, EffectOrder, EffectStatus
from downstack.graphql.explanation import (
    EffectPath,
    Explanation,
    Flow,
    largest_flows,
    largest_paths,
    rest_of_paths,
)
from downstack.graphql.feedback import MONTHS, FeedbackLoop, HowFar, Profile
from downstack.graphql.fields import resolved
from downstack.graphql.relay import Connection, check_first, page_of, paginate
from downstack.graphql.terms import Influence, Layer, QuantityKind, finite
from downstack.graphql.uncertainty import Band, FactCoverage, VarianceShare

LARGEST = 10
"""Flows and paths of an effect unless the question says how many."""

HowMany = Annotated[int | None, strawberry.argument(description="How many, 1 to 100.")]


@strawberry.type(description="What the change does to one quantity of one combination.")
class Effect:
    """An effect."""

    record: strawberry.Private[results.Effect]
    explanation: strawberry.Private[Explanation]
    unit: str = strawberry.field(description="The unit of base, scenario and change.")
    base: float | None = strawberry.field(description="The number before the change.")
    scenario: float | None = strawberry.field(description="The number after the change.")
    ratio: float | None = strawberry.field(description="Scenario over base.")
    change: float | None = strawberry.field(description="Scenario minus base, in `unit`.")
    status: EffectStatus = strawberry.field(description="How far the numbers can be trusted.")
    becomes: str | None = strawberry.field(
        description='"feasible" or "infeasible" where the change makes it so: there is no size then, and no flow.'
    )
    reason: str | None = strawberry.field(description="Why a number is missing or an extrapolation.")

    @resolved("The combination that the numbers are for.")
    def key(self) -> EffectKey:
        """Wrap the combination."""
        return EffectKey.of(self.record.key)

    @resolved("The layer of the quantity.")
    def layer(self) -> Layer | None:
        """Wrap the layer."""
        return None if self.record.layer is None else Layer.of(self.record.layer)

    @resolved("The quantity that is affected.")
    def quantity(self) -> QuantityKind:
        """Wrap the quantity."""
        return QuantityKind.of(self.record.quantity)

    @resolved("What binds before and after; null when nothing on the way is a minimum or maximum.")
    async def regime(self) -> Regime | None:
        """Look for what binds."""
        return Regime.of(await off_the_loop(lambda: self.record.regime))

    @resolved("How sure the ratio is; null without `samples`, and where most of them have no number.")
    def band(self) -> Band | None:
        """Wrap the band."""
        return Band.of(self.record.band)

    @resolved("What the width of the band comes from, largest first; empty without `samples`.")
    async def variance_shares(self) -> list[VarianceShare]:
        """List the shares."""
        found = await off_the_loop(lambda: self.record.variance_shares)
        return [VarianceShare.of(item) for item in found]

    @resolved("How many of the facts behind base and scenario vary at all.")
    async def fact_coverage(self) -> FactCoverage:
        """Count the facts."""
        return FactCoverage.of(await off_the_loop(lambda: self.record.fact_coverage))

    @resolved("What each formula hands on of the change, largest first; empty when there is nothing to divide.")
    async def flows(self, first: HowMany = LARGEST) -> list[Flow]:
        """List the largest flows."""
        count = check_first(LARGEST if first is None else first)
        return largest_flows(await self.explanation.attribution(), count)

    @resolved("The ways from the changes to this effect, largest first; empty when there is nothing to divide.")
    async def paths(self, first: HowMany = LARGEST) -> list[EffectPath]:
        """List the largest paths."""
        count = check_first(LARGEST if first is None else first)
        return largest_paths(await self.explanation.attribution(), count)

    @resolved(
        "What came along all other paths than the `first` largest: with the amounts of `paths` of the same `first` it "
        "sums to `change`."
    )
    async def other_paths(
        self, first: Annotated[int | None, strawberry.argument(description="As in `paths`.")] = LARGEST
    ) -> float | None:
        """Sum what is left."""
        count = check_first(LARGEST if first is None else first)
        return rest_of_paths(await self.explanation.attribution(), count)

    @resolved("The scenario's number unfolded to formulas and facts.")
    async def trace(self) -> Trace:
        """Unfold the number."""
        return Trace.of(await off_the_loop(lambda: self.record.trace))

    @resolved("The feedback loops that the scenario's number lies on or rests on, nearest first.")
    async def loops(self) -> list[FeedbackLoop]:
        """List the loops."""
        return [FeedbackLoop.of(item) for item in await off_the_loop(lambda: self.record.loops)]

    @resolved("How the effect unfolds month by month; null where nothing on the way acts late.")
    async def profile(self, months: HowFar = MONTHS) -> Profile | None:
        """Follow the effect in time."""
        return Profile.of(await off_the_loop(lambda: self.record.profile(MONTHS if months is None else months)))

    @classmethod
    def of(cls, record: results.Effect) -> Effect:
        """Wrap a record."""
        return cls(
            record=record,
            explanation=Explanation(record),
            unit=record.unit,
            base=finite(record.base),
            scenario=finite(record.scenario),
            ratio=finite(record.ratio),
            change=finite(record.change),
            status=EffectStatus[record.status.name],
            becomes=record.becomes,
            reason=record.reason,
        )


@strawberry.type(description="What a change does within one layer.")
class LayerSummary:
    """A layer's effects in numbers."""

    record: strawberry.Private[results.LayerSummary]
    effects: int = strawberry.field(description="How many effects it has.")
    infeasible: int = strawberry.field(description="How many of them have no number because they are infeasible.")
    missing: int = strawberry.field(description="How many of them lack an input.")

    @resolved("The layer.")
    def layer(self) -> Layer:
        """Wrap the layer."""
        return Layer.of(self.record.layer)

    @resolved("The largest relative effect.")
    def largest(self) -> Effect | None:
        """Wrap the effect."""
        return None if self.record.largest is None else Effect.of(self.record.largest)

    @classmethod
    def of(cls, record: results.LayerSummary) -> LayerSummary:
        """Wrap a record."""
        return cls(record=record, effects=record.effects, infeasible=record.infeasible, missing=record.missing)


@strawberry.type(description="A target that the change does not move.")
class NotReached:
    """A target without effects."""

    quantity: strawberry.ID = strawberry.field(description="The target.")
    reason: str = strawberry.field(description="Why nothing moves it.")


@strawberry.type(
    description="A direction without a number, composed along influences that have no formula. No number is below it."
)
class QualitativeEffect:
    """A direction without a number."""

    path: list[strawberry.ID] = strawberry.field(description="Slugs from the changed entity to the affected one.")
    target: strawberry.ID = strawberry.field(description="The slug of the affected entity.")
    sign: str = strawberry.field(description="The signs along the path composed: +, -, ? or 0.")
    strength: str = strawberry.field(description="The weakest strength along the path.")
    confidence: str = strawberry.field(description="The lowest confidence along the path.")
    influences: list[Influence] = strawberry.field(description="The influences along the path, with mechanisms.")
    numeric: str = strawberry.field(
        description="What is known in numbers up to the first entity of the path, in words."
    )
    summary: str = strawberry.field(description="Where the numbers end and what is said beyond, as a sentence.")

    @classmethod
    def of(cls, record: results.QualitativeEffect) -> QualitativeEffect:
        """Wrap a record."""
        return cls(
            path=[strawberry.ID(slug) for slug in record.path],
            target=strawberry.ID(record.target),
            sign=record.sign,
            strength=record.strength,
            confidence=record.confidence,
            influences=[Influence.of(item) for item in record.influences],
            numeric=record.numeric,
            summary=record.summary,
        )


@strawberry.type(
    description="An influence whose direction the formulas contradict: one of the two is wrong, or holds under another "
    "condition. The numbers stand; the counts are of combinations."
)
class SignFinding:
    """A disagreement between a source and a formula."""

    influence: Influence = strawberry.field(description="The influence.")
    changed: strawberry.ID = strawberry.field(description="The quantity whose rise is meant.")
    affected: strawberry.ID = strawberry.field(description="The quantity that moves.")
    stated: str = strawberry.field(description="The sign that the source states: + or -.")
    agreeing: int = strawberry.field(description="Combinations that move as stated.")
    opposing: int = strawberry.field(description="Combinations that move the other way.")
    still: int = strawberry.field(description="Combinations that do not move.")
    example: str | None = strawberry.field(description="A combination that moves the other way.")
    text: str = strawberry.field(description="The finding as a sentence.")

    @classmethod
    def of(cls, record: results.SignComparison) -> SignFinding:
        """Wrap a record."""
        return cls(
            influence=Influence.of(record.influence),
            changed=strawberry.ID(record.changed),
            affected=strawberry.ID(record.affected),
            stated=record.stated,
            agreeing=record.agreeing,
            opposing=record.opposing,
            still=record.still,
            example=record.example,
            text=record.text,
        )


@strawberry.type(description='The answer to "what does this change do?".')
class ImpactReport:
    """The answer to a question about changes."""

    record: strawberry.Private[results.ImpactReport]
    scope: strawberry.Private[str]
    graph_version: str = strawberry.field(description="The version that answered.")
    method: str = strawberry.field(description="How the effects were computed.")
    elapsed_ms: float = strawberry.field(description="The time it took, in milliseconds.")
    partial: bool = strawberry.field(description="True when the answer is truncated.")
    partial_reason: str | None = strawberry.field(description="Why it is truncated.")
    changes: list[str] = strawberry.field(description="The changes as they were understood.")
    interventions: list[str] = strawberry.field(
        description="Of each changed quantity that a formula computes: whether its in-edges are cut (SET) or kept."
    )
    as_of: Date = strawberry.field(description="The date that facts are chosen for and their age is judged on.")

    @resolved("The effects, page by page.")
    async def effects(
        self,
        info: Info,
        first: First = 20,
        after: After = UNSET,
        order_by: Annotated[
            EffectOrder | None, strawberry.argument(description="The order.")
        ] = EffectOrder.ABS_RELATIVE,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Effect]:
        """Cut a page out of the effects."""
        order = order_by or EffectOrder.ABS_RELATIVE
        asked = page_of(info, first, after, last, before)

        def page() -> Connection[Effect]:
            return paginate(
                ordered(self.record.effects, order),
                Effect.of,
                places=_NAMED,
                scope=f"effects {order.name} {self.scope}",
                signer=info.context.signer,
                page=asked,
            )

        return await off_the_loop(page)

    @resolved("How many effects each layer has and the largest; layers without effects are left out.")
    def by_layer(self) -> list[LayerSummary]:
        """List the summaries."""
        return [LayerSummary.of(item) for item in self.record.by_layer]

    @resolved("Directions without numbers, along influences that have no formula.")
    def qualitative(self) -> list[QualitativeEffect]:
        """List the directions."""
        return [QualitativeEffect.of(item) for item in self.record.qualitative]

    @resolved("Influences whose direction the numbers of this answer contradict.")
    def findings(self) -> list[SignFinding]:
        """List the disagreements."""
        return [SignFinding.of(item) for item in self.record.findings]

    @resolved("Targets that the change does not move, each with the reason.")
    def not_reached(self) -> list[NotReached]:
        """List the targets."""
        return [
            NotReached(quantity=strawberry.ID(item.quantity), reason=item.reason) for item in self.record.not_reached
        ]

    @classmethod
    def of(cls, record: results.ImpactReport, scope: str) -> ImpactReport:
        """Wrap a record."""
        return cls(
            record=record,
            scope=scope,
            graph_version=record.graph_version,
            method=record.method,
            elapsed_ms=record.elapsed_ms,
            partial=record.partial,
            partial_reason=record.partial_reason,
            changes=list(record.changes),
            interventions=list(record.interventions),
            as_of=Date(record.as_of),
        )


_NAMED: Named[results.Effect] = Named(lambda item: " ".join((item.quantity.id, *(slug for _, slug in item.key.roles))))


def ordered(effects: Sequence[results.Effect], order: EffectOrder) -> Sequence[results.Effect]:
    """Return the effects in an order; they come with the largest relative change first."""
    if order is EffectOrder.ABS_CHANGE:
        return sorted(effects, key=lambda item: -1.0 if item.change is None else abs(item.change), reverse=True)
    if order is EffectOrder.QUANTITY:
        return sorted(effects, key=lambda item: item.quantity.id)
    return effects
