"""Who depends on whom: nodes of a cone, the steps between them, single points, and shares where they are stated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from downstack.graph.model import Entity, Fact, Source


class DependenceDirection(StrEnum):
    """Which way dependence is followed."""

    UP = "up"
    """Towards applications: who depends on it."""
    DOWN = "down"
    """Towards silicon: what it depends on."""


class Reliance(StrEnum):
    """How firmly one entity depends on another, as far as the graph knows."""

    SOLE = "SOLE"
    """No alternative is known: without the one, the other lacks something that it needs."""
    REPLACEABLE = "REPLACEABLE"
    """An alternative is known somewhere on the way, or only a part of it is concerned."""
    QUALITATIVE = "QUALITATIVE"
    """Only an influence leads there: one acts on the other, nobody says that it needs it."""


@dataclass(frozen=True, slots=True)
class DependencyStep:
    """One entity needs another, and who says so."""

    dependent: str
    provider: str
    relation: str
    """The relation of the vocabulary; ``drawsOn`` and ``partitionOf`` of supply chains, ``influences`` of influences."""
    bond: str
    """``use``, ``make``, ``output``, ``kind`` or ``supply``."""
    as_of: str | None
    source: Source
    part: str | None = None
    """The part of the provider that it comes from."""
    sign: str | None = None
    """Of an influence."""
    via: tuple[str, ...] = ()
    """Entities of hidden kinds that the step passes through, from the dependent to the provider; empty for a direct one."""

    @property
    def is_indirect(self) -> bool:
        """Whether the step passes through something that is hidden."""
        return bool(self.via)


@dataclass(frozen=True, slots=True)
class DependencyNode:
    """One entity of the cone."""

    entity: Entity
    depth: int
    """The number of steps of a shortest way."""
    reliance: Reliance | None
    """None where the cone is too large to look."""
    place: str | None
    """What of it stands in the supply chains, where that is not the whole of it."""
    way: tuple[DependencyStep, ...]
    """A shortest way, from the asked entity on."""


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """An entity that every known way from the asked one to some others leads through."""

    entity: Entity
    behind: tuple[str, ...]
    """What is reached through it only, sorted."""
    all_ends: bool
    """True when every end of the cone is behind it, or is it: all ways end up in one hand."""


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """A part of a whole, between 0 and 1; the value is None where it turns on a share that nobody publishes."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ShareChain:
    """One way along which a part of what the one needs comes from the other."""

    entities: tuple[str, ...]
    shares: tuple[ShareInterval, ...]
    """Of each step: the part of the need that is met this way."""
    product: ShareInterval


@dataclass(frozen=True, slots=True)
class Exposure:
    """The part of what one entity needs that comes from another, in the need that rests on it most."""

    dependent: Entity
    provider: Entity
    share: ShareInterval
    need: str | None
    """The group of inputs that rests on it most; None for what has no groups."""
    place: str | None
    """What of the dependent it is said of, where that is not the whole of it."""
    allocated: ShareInterval | None
    """The other way round: the part of the provider's output that is allocated to the dependent, where sources say."""
    chains: tuple[ShareChain, ...]
    """Of that group, along shares that are stated; they sum to the value where all are."""
    unknown: tuple[str, ...]
    """The shares that nobody publishes and that the number turns on, in words."""
    facts: tuple[Fact, ...]
    assumptions: tuple[str, ...]
    """What is taken for granted where nobody says, in words."""


@dataclass(frozen=True, slots=True)
class DependencyReport:
    """The answer to "who depends on it?" or "what does it depend on?"."""

    graph_version: str
    entity: Entity
    direction: DependenceDirection
    max_depth: int
    as_of: str | None
    hidden: tuple[str, ...]
    influences: bool
    nodes: tuple[DependencyNode, ...]
    """Within the depth, nearest first, then by name."""
    reached: int
    """How many there are at any depth."""
    steps: tuple[DependencyStep, ...]
    """All steps between the asked entity and the nodes, hidden kinds collapsed."""
    single_points: tuple[SinglePoint, ...]
    """At any depth, those with most behind them first."""
    exposures: tuple[Exposure, ...]
    """At any depth, known ones first and the largest of them first; only where some share is stated."""
    unknown_shares: int
    """How many of the reached ones have no stated share at all."""
    assumptions: tuple[str, ...]
    elapsed_ms: float

    def node(self, slug: str) -> DependencyNode | None:
        """Return the node of an entity; None when it is not within the depth."""
        return next((item for item in self.nodes if item.entity.id == slug), None)


@dataclass(frozen=True, slots=True)
class DependencyPath:
    """One way between two entities along dependence."""

    direction: DependenceDirection
    """DOWN when the first depends on the second, UP when the second depends on the first."""
    steps: tuple[DependencyStep, ...]
    """From the first to the second."""

    @property
    def length(self) -> int:
        """The number of steps."""
        return len(self.steps)
