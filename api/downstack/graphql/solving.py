"""What solve answers: for each combination the input that meets the goal, or what caps it."""

from __future__ import annotations

import strawberry

from downstack import results
from downstack.graphql.combinations import EffectKey
from downstack.graphql.fields import resolved
from downstack.graphql.terms import QuantityKind, finite


@strawberry.type(description="What one combination needs to meet the goal.")
class SolveRow:
    """A combination of a goal seek."""

    record: strawberry.Private[results.SolveRow]
    reachable: bool = strawberry.field(description="True when some value of the varied quantity meets the goal.")
    value: float | None = strawberry.field(
        description="The varied quantity at which it is met, in `varyUnit`; null when it is out of reach."
    )
    factor: float | None = strawberry.field(description="That value over the one at the base.")
    base: float | None = strawberry.field(description="The target at the base, in the unit of the goal.")
    closest: float | None = strawberry.field(
        description="The target nearest to the goal that any value of the varied quantity gives."
    )
    cap: str | None = strawberry.field(description="What binds there when the goal is out of reach.")
    reason: str | None = strawberry.field(description="Why the goal is out of reach, in words.")

    @resolved("The combination.")
    def key(self) -> EffectKey:
        """Wrap the combination."""
        return EffectKey.of(self.record.key)

    @classmethod
    def of(cls, record: results.SolveRow) -> SolveRow:
        """Wrap a record."""
        return cls(
            record=record,
            reachable=record.reachable,
            value=finite(record.value),
            factor=finite(record.factor),
            base=finite(record.base),
            closest=finite(record.closest),
            cap=record.cap,
            reason=record.reason,
        )


@strawberry.type(description='The answer to "what would be needed?".')
class SolveReport:
    """The answer to a goal seek."""

    record: strawberry.Private[results.SolveReport]
    graph_version: str = strawberry.field(description="The version that answered.")
    goal: float = strawberry.field(description="The value to reach.")
    unit: str = strawberry.field(description="The unit of the goal and of the target.")
    vary: str = strawberry.field(description="The input that may change, as ENTITY.QUANTITY.")
    vary_unit: str = strawberry.field(description="The unit of its values.")

    @resolved("The quantity that is to meet the goal.")
    def target(self) -> QuantityKind:
        """Wrap the quantity."""
        return QuantityKind.of(self.record.target)

    @resolved("One row for every combination that matches.")
    def rows(self) -> list[SolveRow]:
        """List the rows."""
        return [SolveRow.of(item) for item in self.record.rows]

    @classmethod
    def of(cls, record: results.SolveReport) -> SolveReport:
        """Wrap a record."""
        return cls(
            record=record,
            graph_version=record.graph_version,
            goal=record.goal,
            unit=record.unit,
            vary=record.vary,
            vary_unit=record.vary_unit,
        )
