"""The closed vocabularies of the schema, and dates that are only as precise as their source."""

from __future__ import annotations

import re
from enum import Enum
from typing import NewType

import strawberry

from downstack.graphql.fields import member
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

    APPLICATIONS = member(1, description="What users touch: conversational services, software development, agents.")
    FOUNDATION_MODELS = member(2, description="Models pre-trained to predict the next token.")
    SOFTWARE_FRAMEWORKS = member(3, description="What models are written in and served with.")
    CLOUD_INFRASTRUCTURES = member(4, description="Data centres whose computers are rented out.")
    PROCESSORS = member(5, description="Parallel processors specialised on the computations of models.")
    MEMORY_AND_INTERCONNECT = member(6, description="The memory beside the processor and the links between processors.")
    SILICON_FABRICATION = member(7, description="Foundries, process nodes and packaging.")


@strawberry.enum(description="How far the suppliers of one input are taken to replace one another.")
class SubstitutionBound(Enum):
    """The bounds of a supply shock."""

    NONE = member("NONE", description="Not at all: every supplier is needed for its part.")
    DECLARED = member("DECLARED", description="By the elasticity of substitution that the graph states.")
    FULL = member("FULL", description="Without limit: what is lost is lost in proportion to the share.")


@strawberry.enum(description="How far a number can be trusted: the gravest of everything it rests on.")
class EffectStatus(Enum):
    """The status of a number."""

    OK = member("OK", description="Every input is there and every formula holds.")
    STALE = member("STALE", description="The number is given, but a fact behind it is older than its quantity allows.")
    EXTRAPOLATED = member("EXTRAPOLATED", description="Outside the range in which a formula holds.")
    INFEASIBLE = member("INFEASIBLE", description="There is no such number; the reason is said.")
    NOT_CONVERGED = member("NOT_CONVERGED", description="A feedback loop did not settle.")
    MISSING_INPUT = member("MISSING_INPUT", description="A fact is missing; the reason says which.")


@strawberry.enum(description="Whether a feedback loop settles.")
class FeedbackStatus(Enum):
    """How a feedback loop ended."""

    CONVERGED = member("CONVERGED", description="It settles, and there is a number.")
    OSCILLATING = member("OSCILLATING", description="Every round overshoots, and by no less than the round before.")
    DIVERGED = member("DIVERGED", description="Every round pushes on, and any push grows.")
    MULTIPLE = member("MULTIPLE", description="Where it ends depends on where it starts.")
    MAXITER = member("MAXITER", description="The rounds were used up before it was known whether it settles.")
    UNDEFINED = member("UNDEFINED", description="The formulas give no number at any start.")


@strawberry.enum(description="What kind of statement a fact rests on, most reliable first.")
class Confidence(Enum):
    """How a fact came to be known."""

    MEASURED = member("measured", description="Somebody ran it and published the measurement.")
    DATASHEET = member(
        "datasheet", description="The maker's specification states it, or a model's published configuration file."
    )
    VENDOR_CLAIM = member(
        "vendor-claim", description="The maker or seller says so elsewhere: an announcement, a blog, a price list."
    )
    PRESS = member("press", description="A journalist or analyst reports it.")
    ESTIMATE = member("estimate", description="Somebody derived it from other numbers, or judged it.")
    ASSUMPTION = member("assumption", description="Nobody published it; every answer that rests on it says so.")


@strawberry.enum(description="Towards applications (UP) or towards silicon (DOWN).")
class Direction(Enum):
    """A direction through the layers."""

    UP = member("up", description="Towards applications: who needs it.")
    DOWN = member("down", description="Towards silicon: what it needs.")


@strawberry.enum(description="How strong an influence is said to be.")
class Strength(Enum):
    """The strength of an influence."""

    WEAK = member("weak", description="Noticeable beside other causes.")
    MODERATE = member("moderate", description="One of the main causes.")
    STRONG = member("strong", description="The cause that decides.")


@strawberry.enum(description="How well an influence is supported by its source.")
class InfluenceConfidence(Enum):
    """The confidence in an influence."""

    LOW = member("low", description="Said by the source without evidence.")
    MEDIUM = member("medium", description="Argued by the source with evidence from elsewhere.")
    HIGH = member("high", description="Measured by the source, or implied by its own data.")


@strawberry.enum(description="How the value of a change is meant.")
class ChangeOp(Enum):
    """The operation of a change."""

    SCALE = member("SCALE", description="Multiply: 1.4 makes it 1.4 times as much.")
    ADD = member("ADD", description="Add, in the unit given.")
    SET = member("SET", description="Replace, in the unit given.")
    PERCENT = member("PERCENT", description="Change by a percentage: 40 is +40 %.")


@strawberry.enum(description="The order of effects.")
class EffectOrder(Enum):
    """The order of effects."""

    ABS_RELATIVE = member("ABS_RELATIVE", description="Largest relative change first, either way.")
    ABS_CHANGE = member("ABS_CHANGE", description="Largest absolute change first, each in its unit.")
    QUANTITY = member("QUANTITY", description="By quantity, then largest relative change first.")


@strawberry.enum(description="The order of entities; equals go by slug.")
class EntityOrder(Enum):
    """The order of entities."""

    SLUG = member("SLUG", description="By slug.")
    LABEL = member("LABEL", description="By label.")
    LAYER = member("LAYER", description="By layer, applications first.")


@strawberry.enum(description="Which way an order goes. What has no value to be ordered by comes last either way.")
class SortDirection(Enum):
    """The direction of an order."""

    ASC = member("ASC", description="The smallest first, A before Z.")
    DESC = member("DESC", description="The largest first, Z before A.")
