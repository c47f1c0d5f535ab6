"""What a number is for and where it comes from: combinations, traces, regimes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
import strawberry

from downstack import results
from downstack.graphql.context import Info
from downstack.graphql.entities import Entity, Fact, entity_by_slug
from downstack.graphql.enums import EffectStatus
from downstack.graphql.feedback import FeedbackLoop
from downstack.graphql.fields import resolved
from downstack.graphql.terms import PerformanceFunction, QuantityKind, finite
from downstack.graphql.workers import in_worker

Answer = TypeVar("Answer")


async def off_the_loop(work: Callable[[], Answer]) -> Answer:
    """Run computation where it holds up no other request: here if this is a worker's thread, or else in a thread."""
    if in_worker():
        return work()
    return await anyio.to_thread.run_sync(work)


@strawberry.type(description="An entity in its role of a combination.")
class KeyRole:
    """One role of a combination."""

    role: str = strawberry.field(description="The role: model, workload, framework, offering, accelerator...")
    slug: strawberry.ID = strawberry.field(description="The slug of the entity in it.")

    @resolved("The entity in it.")
    def entity(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.slug, info)


@strawberry.type(
    description="The combination that a number is for, as slugs; null where it does not depend on the role."
)
class EffectKey:
    """A combination."""

    entity: strawberry.ID | None = strawberry.field(description="The entity, when the number belongs to a single one.")
    model: strawberry.ID | None = strawberry.field(description="The foundation model.")
    accelerator: strawberry.ID | None = strawberry.field(description="The accelerator.")
    offering: strawberry.ID | None = strawberry.field(description="The cloud offering.")
    workload: strawberry.ID | None = strawberry.field(description="The workload.")
    framework: strawberry.ID | None = strawberry.field(description="The serving framework.")
    roles: list[KeyRole] = strawberry.field(description="All roles of the combination.")

    @classmethod
    def of(cls, record: results.EffectKey) -> EffectKey:
        """Wrap a record."""

        def slug(name: str | None) -> strawberry.ID | None:
            return None if name is None else strawberry.ID(name)

        return cls(
            entity=slug(record.entity),
            model=slug(record.get("model")),
            accelerator=slug(record.get("accelerator")),
            offering=slug(record.get("offering")),
            workload=slug(record.get("workload")),
            framework=slug(record.get("framework")),
            roles=[KeyRole(role=role, slug=strawberry.ID(name)) for role, name in record.roles],
        )


@strawberry.type(description="Where one number comes from: a formula with its inputs, or a fact; down to the facts.")
class Trace:
    """A step of an explanation."""

    record: strawberry.Private[results.Trace]
    value: float | None = strawberry.field(description="The number; null when there is none.")
    unit: str = strawberry.field(description="Its unit.")
    status: EffectStatus = strawberry.field(description="How far it can be trusted.")
    reason: str | None = strawberry.field(description="Why there is no number, or which validity range is left.")
    formula_value: float | None = strawberry.field(
        description="Where a published fact is the base: what the formula alone would give."
    )
    intervention: str | None = strawberry.field(description="The change that the question made at this step.")

    @resolved("The quantity of this step.")
    def quantity(self) -> QuantityKind:
        """Wrap the quantity."""
        return QuantityKind.of(self.record.quantity)

    @resolved("The combination of this step.")
    def key(self) -> EffectKey:
        """Wrap the combination."""
        return EffectKey.of(self.record.key)

    @resolved("The formula; null when the number is a fact.")
    def function(self) -> PerformanceFunction | None:
        """Wrap the formula."""
        record = self.record.function
        return None if record is None else PerformanceFunction.of(record)

    @resolved("All facts that the number rests on, each once.")
    def facts(self) -> list[Fact]:
        """List the facts."""
        return [Fact.of(item) for item in self.record.facts]

    @resolved("The fact of the earliest date among all that the number rests on; null where none has a date.")
    def oldest_fact(self) -> Fact | None:
        """Find the oldest fact."""
        oldest = self.record.oldest_fact
        return None if oldest is None else Fact.of(oldest)

    @resolved("The facts read at this step itself: the chosen one first, then other sources.")
    def own_facts(self) -> list[Fact]:
        """List the facts of this step."""
        return [Fact.of(item) for item in self.record.own_facts]

    @resolved("The steps that it was computed from.")
    def inputs(self) -> list[Trace]:
        """List the steps below."""
        return [Trace.of(item) for item in self.record.inputs]

    @resolved(
        "The feedback loop that the number lies on; the inputs are then those of the whole loop, from outside it. Null "
        "where it lies on none."
    )
    def loop(self) -> FeedbackLoop | None:
        """Wrap the loop."""
        return None if self.record.loop is None else FeedbackLoop.of(self.record.loop)

    @resolved("What the formulas leave out, and which facts are assumptions.")
    def assumptions(self) -> list[str]:
        """List the assumptions."""
        return list(self.record.assumptions)

    @classmethod
    def of(cls, record: results.Trace) -> Trace:
        """Wrap a record."""
        return cls(
            record=record,
            value=finite(record.value),
            unit=record.unit,
            status=EffectStatus[record.status.name],
            reason=record.reason,
            formula_value=finite(record.formula_value),
            intervention=record.intervention,
        )


@strawberry.type(description="What binds before and after a change.")
class Regime:
    """A regime."""

    quantity: strawberry.ID = strawberry.field(description="The quantity whose formula has a minimum or maximum.")
    base: str | None = strawberry.field(description="What binds before.")
    scenario: str | None = strawberry.field(description="What binds after.")
    switch_at: str | None = strawberry.field(description="The first change at which another limit binds.")
    switches: bool = strawberry.field(description="True when another limit binds after the change.")

    @classmethod
    def of(cls, record: results.Regime | None) -> Regime | None:
        """Wrap a record."""
        if record is None:
            return None
        return cls(
            quantity=strawberry.ID(record.quantity),
            base=record.base,
            scenario=record.scenario,
            switch_at=record.switch_at,
            switches=record.switches,
        )
