"""Feedback loops, and how an effect unfolds in time."""

from __future__ import annotations

from typing import Annotated

import strawberry

from downstack import results
from downstack.graphql.enums import EffectStatus, FeedbackStatus
from downstack.graphql.fields import resolved
from downstack.graphql.terms import PerformanceFunction, finite

MONTHS = 60
"""Five years, unless the question says how far."""

HowFar = Annotated[int | None, strawberry.argument(description="How many months after the change, 1 to 240.")]


@strawberry.type(description="Quantities that are computed from each other, and whether they settle.")
class FeedbackLoop:
    """A feedback loop."""

    record: strawberry.Private[results.Feedback]
    path: str = strawberry.field(description="One way round.")
    members: list[strawberry.ID] = strawberry.field(description="The quantities that are computed from each other.")
    status: FeedbackStatus = strawberry.field(description="Whether it settles; only CONVERGED has a number.")
    gain: float | None = strawberry.field(
        description="What a push becomes after one round; below zero it comes back from the other side."
    )
    amplification: float | None = strawberry.field(
        description="What a push from outside grows to, 1/(1 - gain); null where the loop does not settle."
    )
    held: list[strawberry.ID] = strawberry.field(description="Members that the question holds: it is open there.")
    lagged: bool = strawberry.field(description="Whether going round takes time.")
    sentence: str = strawberry.field(description="All of it in words.")

    @resolved("The formulas of its members.")
    def functions(self) -> list[PerformanceFunction]:
        """List the formulas."""
        return [PerformanceFunction.of(item) for item in self.record.functions]

    @classmethod
    def of(cls, record: results.Feedback) -> FeedbackLoop:
        """Wrap a record."""
        return cls(
            record=record,
            path=record.path,
            members=[strawberry.ID(name) for name in record.members],
            status=FeedbackStatus[record.status.name],
            gain=finite(record.gain),
            amplification=finite(record.amplification),
            held=[strawberry.ID(name) for name in record.held],
            lagged=record.lagged,
            sentence=record.sentence,
        )


@strawberry.type(description="The path of one number after a change that is made in month 0.")
class Profile:
    """A path in time."""

    unit: str = strawberry.field(description="The unit of all numbers.")
    base: float | None = strawberry.field(description="Where it stood before.")
    values: list[float | None] = strawberry.field(description="One number a month, month 0 first.")
    statuses: list[EffectStatus] = strawberry.field(description="How far each of them can be trusted.")
    settled: float | None = strawberry.field(description="Where it comes to rest; null where it does not.")
    rest_from: int | None = strawberry.field(
        description="The month from which it stays within a hundredth of the whole change of where it comes to rest; "
        "null when it has not come to rest in these months."
    )

    @classmethod
    def of(cls, record: results.Profile | None) -> Profile | None:
        """Wrap a record."""
        if record is None:
            return None
        return cls(
            unit=record.unit,
            base=finite(record.base),
            values=[finite(value) for value in record.values],
            statuses=[EffectStatus[status.name] for status in record.statuses],
            settled=finite(record.settled),
            rest_from=record.rest_from,
        )
