"""How sure an answer is: bands, what their width comes from, and what they do not hold."""

from __future__ import annotations

from enum import Enum

import strawberry

from downstack import results
from downstack.graphql.entities import Fact
from downstack.graphql.terms import PerformanceFunction, finite


@strawberry.type(
    description="How sure a number is, from samples of the uncertain facts and of the errors of the formulas. Percentiles "
    "are of the ratio of scenario to base for an effect, of the number in its unit for a value, and of the difference in "
    "its unit for two scenarios."
)
class Band:
    """A band."""

    p10: float = strawberry.field(description="A tenth of the samples lie below.")
    p50: float = strawberry.field(description="The median of the samples.")
    p90: float = strawberry.field(description="A tenth of the samples lie above.")
    probability_of_rise: float | None = strawberry.field(
        description="The share of samples in which the scenario is above the base, 0 to 1; null for a value."
    )
    probability_of_fall: float | None = strawberry.field(
        description="The share of samples in which the scenario is below the base, 0 to 1; null for a value."
    )
    probability_unchanged: float | None = strawberry.field(
        description="The share of samples in which the two are the same but for rounding, 0 to 1; null for a value."
    )
    probability_of_switch: float | None = strawberry.field(
        description="The share of samples in which another limit binds after the change; null where nothing is a "
        "minimum or maximum."
    )
    samples: int = strawberry.field(description="How many samples the shares are of.")
    widest_p10: float | None = strawberry.field(
        description="The smallest p10 that facts of unknown correlation could make; null where all are known."
    )
    widest_p90: float | None = strawberry.field(
        description="The largest p90 that facts of unknown correlation could make; null where all are known."
    )

    @classmethod
    def of(cls, record: results.Band | None) -> Band | None:
        """Wrap a record."""
        if record is None:
            return None
        return cls(
            p10=record.p10,
            p50=record.p50,
            p90=record.p90,
            probability_of_rise=record.probability_of_rise,
            probability_of_fall=record.probability_of_fall,
            probability_unchanged=record.probability_unchanged,
            probability_of_switch=record.probability_of_switch,
            samples=record.samples,
            widest_p10=record.widest_p10,
            widest_p90=record.widest_p90,
        )


@strawberry.enum(description="What an uncertainty belongs to.")
class UncertaintyKind(Enum):
    """A fact or a function."""

    FACT = strawberry.enum_value("fact", description="A fact: one could look it up.")
    FUNCTION = strawberry.enum_value("function", description="The own error of a function: no fact would remove it.")


@strawberry.type(description="Where the width of a band comes from: an uncertain fact, or the own error of a function.")
class VarianceShare:
    """A share of the variance."""

    kind: UncertaintyKind = strawberry.field(description="Whether it is a fact or a function.")
    fact: Fact | None = strawberry.field(description="The fact: knowing it better would narrow the band.")
    function: PerformanceFunction | None = strawberry.field(description="The function whose own error it is.")
    share: float = strawberry.field(
        description="Its share of the variance of the logarithm, 0 to 1; correlated facts explain each other's part too."
    )

    @classmethod
    def of(cls, record: results.VarianceShare) -> VarianceShare:
        """Wrap a record."""
        return cls(
            kind=UncertaintyKind(record.kind),
            fact=None if record.fact is None else Fact.of(record.fact),
            function=None if record.function is None else PerformanceFunction.of(record.function),
            share=record.share,
        )


@strawberry.type(description="How many of the facts behind a number vary at all; a band holds nothing of the others.")
class FactCoverage:
    """How complete a band is."""

    facts: int = strawberry.field(description="Facts that the number rests on.")
    varying: int = strawberry.field(description="Those with a stated range, or whose sources disagree.")
    exact: int = strawberry.field(description="Those that were taken as exact points.")
    assumptions: int = strawberry.field(description="Those of them that are assumptions: they say what is asked.")
    statement: str = strawberry.field(description="The same as a sentence.")

    @classmethod
    def of(cls, record: results.FactCoverage) -> FactCoverage:
        """Wrap a record."""
        return cls(
            facts=record.facts,
            varying=record.varying,
            exact=record.exact,
            assumptions=record.assumptions,
            statement=record.statement,
        )


@strawberry.type(description="What one uncertain input alone does to a number, all others at their chosen values.")
class TornadoBar:
    """A bar of a tornado."""

    kind: UncertaintyKind = strawberry.field(description="Whether the input is a fact or the own error of a function.")
    fact: Fact | None = strawberry.field(description="The fact that is moved.")
    function: PerformanceFunction | None = strawberry.field(description="The function whose own error is moved.")
    input_p10: float = strawberry.field(
        description="The input at its p10, in the unit of its quantity; for a function the factor by which it errs."
    )
    input_p90: float = strawberry.field(description="The input at its p90.")
    at_p10: float | None = strawberry.field(description="The target with the input at its p10; null without a number.")
    at_p90: float | None = strawberry.field(description="The target with the input at its p90; null without a number.")
    swing: float | None = strawberry.field(description="How far apart the two are, in the unit of the target.")

    @classmethod
    def of(cls, record: results.TornadoBar) -> TornadoBar:
        """Wrap a record."""
        return cls(
            kind=UncertaintyKind(record.kind),
            fact=None if record.fact is None else Fact.of(record.fact),
            function=None if record.function is None else PerformanceFunction.of(record.function),
            input_p10=record.input_p10,
            input_p90=record.input_p90,
            at_p10=finite(record.at_p10),
            at_p90=finite(record.at_p90),
            swing=finite(record.swing),
        )
