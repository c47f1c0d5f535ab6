"""What a supply shock does: monthly profiles with three bounds, and why.

Profiles are ratios to what would be without the disruption: 1 is unharmed. A number is None where it turns on something
that nobody publishes; its interval then says how far it could go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from downstack.graph.model import Entity, Fact
from downstack.performance.declare import FunctionDeclaration


class SubstitutionBound(StrEnum):
    """How far the suppliers of one input are taken to replace one another."""

    NONE = "NONE"
    """Not at all: every supplier is needed for its part."""
    DECLARED = "DECLARED"
    """By the elasticity of substitution that the graph states."""
    FULL = "FULL"
    """Without limit: what is lost is lost in proportion to the supplier's share, and no more."""


@dataclass(frozen=True, slots=True)
class ShockInterval:
    """A number with the ends between which it lies over all cases; an end is None where it is never reached."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ShockMonth:
    """One month of a profile, counted from 1."""

    month: int
    value: float | None
    low: float
    high: float
    """The ends over all cases."""
    stated_low: float
    stated_high: float
    """The ends with every number as stated: apart only where a share or an installed base is not published."""


@dataclass(frozen=True, slots=True)
class ShockAmount:
    """How much a ratio of 1 is: a flow in a month, or what is installed."""

    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class ShockBinding:
    """What set the output in some months, counted from 1, last one included."""

    first: int
    last: int
    what: str
    """The group of inputs, or ``capacity``."""
    suppliers: tuple[str, ...]
    """The suppliers of that group that lacked, as entities."""


@dataclass(frozen=True, slots=True)
class ShockProfile:
    """What happens at one target under one bound."""

    bound: SubstitutionBound
    flow: tuple[ShockMonth, ...]
    """What is made or delivered; empty for a service."""
    stock: tuple[ShockMonth, ...]
    """What is installed, or what a service can run on; empty where nothing is installed."""
    worst_flow: ShockMonth | None
    """Its month at stated values; `low` and `high` are the worst months of the worst and of the best case."""
    worst_stock: ShockMonth | None
    days_to_impact: ShockInterval
    """From the start of the disruption until the flow (of a service: the stock) begins to fall."""
    recovery_month: int | None
    """The first month in which it is whole again, and stays so; None within the horizon."""
    lost_flow: ShockInterval | None
    """All that is not made or delivered, in months of the flow at the base."""
    binding: tuple[ShockBinding, ...]


@dataclass(frozen=True, slots=True)
class ShockInput:
    """One input of a target on the way of the shock, with the terms of its supply."""

    group: str
    supplier: str
    share: ShockInterval | None
    """Within the group; None when nobody publishes it."""
    per_unit: str | None
    """How much of it one unit takes, in words."""
    base_use: ShockAmount | None
    """How much of it is used in a month without a disruption; None unless flow, share and use per unit are published."""


@dataclass(frozen=True, slots=True)
class ShockShare:
    """The part of a target's output that one customer gets."""

    customer: str | None
    """An entity; None for what no source allocates to anybody."""
    share: ShockInterval


@dataclass(frozen=True, slots=True)
class ShockTarget:
    """What happens at one place of the chain."""

    entity: Entity
    label: str
    technology: str
    base_flow: ShockAmount | None
    base_stock: ShockAmount | None
    first_order: ShockInterval | None
    """Share times shock: the flow that would be lasting without inventory and with suppliers that replace one another."""
    profiles: tuple[ShockProfile, ...]
    """One for each bound, always three."""
    inputs: tuple[ShockInput, ...]
    allocation: tuple[ShockShare, ...]
    """Who gets what of its output, the unallocated rest last; empty where no source says."""
    reason: str
    function: FunctionDeclaration | None
    """The function by which more or fewer accelerators become more or fewer tokens."""
    facts: tuple[Fact, ...]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShockSinglePoint:
    """An essential input with one supplier, as far as the graph knows."""

    supplier: str
    group: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShockNotReached:
    """A target that the shock does not reach, and why."""

    entity: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShockReport:
    """The answer to "what does this disruption do, month by month?"."""

    graph_version: str
    method: str
    disruptions: tuple[str, ...]
    horizon_months: int
    cases: int
    """How many combinations of uncertain numbers stand behind the intervals of each bound."""
    targets: tuple[ShockTarget, ...]
    """Along the chain, what is disrupted first."""
    single_points: tuple[ShockSinglePoint, ...]
    not_reached: tuple[ShockNotReached, ...]
    assumptions: tuple[str, ...]
    """Those of all targets, each once."""
    elapsed_ms: float
