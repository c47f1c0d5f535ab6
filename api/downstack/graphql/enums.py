"""The closed vocabularies of the schema, and dates that are only as precise as their source."""

from __future__ import annotations

import re
from enum import Enum
from typing import NewType

import strawberry

from graphql import GraphQLError

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")

Date = NewType("Date", str)
"""An ISO date as text: what a source states to the month stays a month."""


def parse_date(value: object) -> Date:
    """Read a date given by a client."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        return Date(value)
    raise GraphQLError(
        f"{str(value)[:40]!r} is not a date",
        extensions={"code": "BAD_USER_INPUT", "field": "asOf", "hint": "write YYYY-MM-DD"},
    )


DATE_SCALAR = strawberry.scalar(
    name="Date",
    description="An ISO 8601 date: YYYY-MM-DD, or YYYY-MM or YYYY where the source is no more precise.",
    serialize=str,
    parse_value=parse_date,
)


@strawberry.enum(description="One of the seven layers, from applications down to silicon.")
class LayerName(Enum):
    """The layers."""

    APPLICATIONS = 1
    FOUNDATION_MODELS = 2
    SOFTWARE_FRAMEWORKS = 3
    CLOUD_INFRASTRUCTURES = 4
    PROCESSORS = 5
    MEMORY_AND_INTERCONNECT = 6
    SILICON_FABRICATION = 7


@strawberry.enum(description="How far the suppliers of one input are taken to replace one another.")
class SubstitutionBound(Enum):
    """The bounds of a supply shock."""

    NONE = strawberry.enum_value("NONE", description="Not at all: every supplier is needed for its part.")
    DECLARED = strawberry.enum_value("DECLARED", description="By the elasticity of substitution that the graph states.")
    FULL = strawberry.enum_value("FULL", description="Without limit: what is lost is lost in proportion to the share.")


@strawberry.enum(description="How far a number can be trusted: the gravest of everything it rests on.")
class EffectStatus(Enum):
    """The status of a number."""

    OK = strawberry.enum_value("OK", description="Every input is there and every formula holds.")
    STALE = strawberry.enum_value(
        "STALE", description="The number is given, but a fact behind it is older than its quantity allows."
    )
    EXTRAPOLATED = strawberry.enum_value("EXTRAPOLATED", description="Outside the range in which a formula holds.")
    INFEASIBLE = strawberry.enum_value("INFEASIBLE", description="There is no such number; the reason is said.")
    NOT_CONVERGED = strawberry.enum_value("NOT_CONVERGED", description="A feedback loop did not settle.")
    MISSING_INPUT = strawberry.enum_value("MISSING_INPUT", description="A fact is missing; the reason says which.")


@strawberry.enum(description="Whether a feedback loop settles.")
class FeedbackStatus(Enum):
    """How a feedback loop ended."""

    CONVERGED = strawberry.enum_value("CONVERGED", description="It settles, and there is a number.")
    OSCILLATING = strawberry.enum_value(
        "OSCILLATING", description="Every round overshoots, and by no less than the round before."
    )
    DIVERGED = strawberry.enum_value("DIVERGED", description="Every round pushes on, and any push grows.")
    MULTIPLE = strawberry.enum_value("MULTIPLE", description="Where it ends depends on where it starts.")
    MAXITER = strawberry.enum_value(
        "MAXITER", description="The rounds were used up before it was known whether it settles."
    )
    UNDEFINED = strawberry.enum_value("UNDEFINED", description="The formulas give no number at any start.")


@strawberry.enum(description="What kind of statement a fact rests on, most reliable first.")
class Confidence(Enum):
    """How a fact came to be known."""

    MEASURED = "measured"
    DATASHEET = "datasheet"
    VENDOR_CLAIM = "vendor-claim"
    PRESS = "press"
    ESTIMATE = "estimate"
    ASSUMPTION = "assumption"


@strawberry.enum(description="Towards applications (UP) or towards silicon (DOWN).")
class Direction(Enum):
    """A direction through the layers."""

    UP = "up"
    DOWN = "down"


@strawberry.enum(description="How strong an influence is said to be.")
class Strength(Enum):
    """The strength of an influence."""

    WEAK = "weak"
    MODERATE = "moderate"
    STRONG = "strong"


@strawberry.enum(description="How well an influence is supported by its source.")
class InfluenceConfidence(Enum):
    """The confidence in an influence."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@strawberry.enum(description="How the value of a change is meant.")
class ChangeOp(Enum):
    """The operation of a change."""

    SCALE = strawberry.enum_value("SCALE", description="Multiply: 1.4 makes it 1.4 times as much.")
    ADD = strawberry.enum_value("ADD", description="Add, in the unit given.")
    SET = strawberry.enum_value("SET", description="Replace, in the unit given.")
    PERCENT = strawberry.enum_value("PERCENT", description="Change by a percentage: 40 is +40 %.")


@strawberry.enum(description="The order of effects.")
class EffectOrder(Enum):
    """The order of effects."""

    ABS_RELATIVE = strawberry.enum_value("ABS_RELATIVE", description="Largest relative change first, either way.")
    ABS_CHANGE = strawberry.enum_value("ABS_CHANGE", description="Largest absolute change first, each in its unit.")
    QUANTITY = strawberry.enum_value("QUANTITY", description="By quantity, then largest relative change first.")


@strawberry.enum(description="The order of entities.")
class EntityOrder(Enum):
    """The order of entities."""

    SLUG = strawberry.enum_value("SLUG", description="By slug.")
    LABEL = strawberry.enum_value("LABEL", description="By label.")
    LAYER = strawberry.enum_value("LAYER", description="By layer, applications first, then slug.")
