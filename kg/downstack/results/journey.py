"""The answer to "what does one prompt take, layer by layer?"."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from downstack.graph.model import Layer, QuantityKind, Relation
from downstack.results.trace import EffectKey, Status, Trace
from downstack.results.uncertainty import Band

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class JourneyNumber:
    """One number on the way, in the display unit of its quantity."""

    quantity: QuantityKind
    key: EffectKey
    value: float | None
    unit: str
    status: Status
    reason: str | None
    """Why there is no number, which validity range is left, or what is too old."""
    rests_on: tuple[str, ...]
    """The stand-ins that the number rests on; none when it rests on what the sources link to the application."""
    _trace: Callable[[], Trace] = field(repr=False, compare=False)
    band: Band | None = None
    """How sure the number is, in its unit; of the totals of a route, when the question asked for samples."""

    @cached_property
    def trace(self) -> Trace:
        """The number unfolded to formulas and facts."""
        return self._trace()


@dataclass(frozen=True, slots=True)
class JourneyChoice:
    """An entity that the question names, and whether a source links it to the application."""

    role: str
    """model, accelerator or workload."""
    entity: str
    linked: bool
    stand_in: bool
    """True for a model that no source says the application uses: all that rests on it is said of the stand-in."""
    reason: str


@dataclass(frozen=True, slots=True)
class JourneyQuestion:
    """What the sources do not say and the question did not name: nothing is chosen in its place."""

    role: str
    reason: str
    candidates: tuple[str, ...]
    """Entities that could be named; all of them, those that a source links to the application where there are any."""


@dataclass(frozen=True)
class JourneyLayer:
    """What is known of one layer whatever cloud is chosen."""

    layer: Layer
    entities: tuple[str, ...]
    """The entities of the way at this layer."""
    links: tuple[Relation, ...]
    """The cited relations by which the way goes on, or that say who makes and supplies what."""
    numbers: tuple[JourneyNumber, ...]
    notes: tuple[str, ...]
    """What is not known or not modelled, in sentences."""


@dataclass(frozen=True)
class JourneyStage:
    """One layer of one route: its parts of time, energy and cost, and what binds there."""

    layer: Layer
    time: float | None
    """Seconds of the request that are spent at this layer: the sum of `time_parts`; None where one is missing."""
    time_share: float | None
    """Of the request's time."""
    time_parts: tuple[JourneyNumber, ...]
    """What the time is spent on; none at a layer that takes no time of its own."""
    energy_parts: tuple[JourneyNumber, ...]
    """Its parts of the energy of the request; none at a layer that has none of its own."""
    cost_parts: tuple[JourneyNumber, ...]
    """Its parts of what the request costs, by the time that it takes chips up; none at a layer that has none of its own."""
    value_parts: tuple[JourneyNumber, ...]
    """Its parts of the same cost by who is paid: maker, seller and owner of the chips; none at other layers."""
    binding: str | None
    """The resource that binds at this layer; None where nothing is known to."""
    numbers: tuple[JourneyNumber, ...]
    """Further numbers that depend on the cloud."""

    @property
    def energy(self) -> float | None:
        """The sum of `energy_parts`, in J/sequence; None where there are none or one is missing."""
        return _sum(self.energy_parts)

    @property
    def cost(self) -> float | None:
        """The sum of `cost_parts`, in USD/sequence; None where there are none or one is missing."""
        return _sum(self.cost_parts)

    @property
    def value(self) -> float | None:
        """The sum of `value_parts`, in USD/sequence; None where there are none or one is missing."""
        return _sum(self.value_parts)


@dataclass(frozen=True)
class JourneyRoute:
    """The way over one cloud offering with one framework."""

    offering: str
    provider: str | None
    accelerator: str
    framework: str
    time: JourneyNumber | None
    """Of the whole request, as its user waits for it; None without a model or a workload."""
    energy: JourneyNumber | None
    cost: JourneyNumber | None
    binding: str | None
    """The resource on which the request waits longest."""
    stages: tuple[JourneyStage, ...]
    """All seven layers, applications first."""
    notes: tuple[str, ...]
    """Where the reference load asks for more than this way gives, in sentences."""

    @property
    def status(self) -> Status:
        """The status of the time of the request; MISSING_INPUT when none was asked for."""
        return Status.MISSING_INPUT if self.time is None else self.time.status

    @property
    def time_difference(self) -> float | None:
        """Time of the request minus the times of all stages, in seconds: zero but for rounding."""
        return _difference(self.time, [stage.time for stage in self.stages if stage.time_parts])

    @property
    def energy_difference(self) -> float | None:
        """Energy of the request minus the energies of all stages: zero but for rounding."""
        return _difference(self.energy, [stage.energy for stage in self.stages if stage.energy_parts])

    @property
    def cost_difference(self) -> float | None:
        """Cost of the request minus the costs of all stages: zero but for rounding."""
        return _difference(self.cost, [stage.cost for stage in self.stages if stage.cost_parts])

    @property
    def value_difference(self) -> float | None:
        """Cost of the request minus what all are paid: zero but for rounding."""
        return _difference(self.cost, [stage.value for stage in self.stages if stage.value_parts])


@dataclass(frozen=True)
class JourneyReport:
    """One prompt from its application to silicon: time, energy, cost and what binds, layer by layer."""

    graph_version: str
    method: str
    elapsed_ms: float
    as_of: str
    """The date that facts are chosen for and their age is judged on."""
    application: str
    workload: str | None
    model: str | None
    accelerator: str | None
    choices: tuple[JourneyChoice, ...]
    """What the question named, and how it hangs together with the application."""
    questions: tuple[JourneyQuestion, ...]
    """What has to be named before there are numbers."""
    layers: tuple[JourneyLayer, ...]
    """All seven layers, applications first."""
    routes: tuple[JourneyRoute, ...]
    """One for each offering of the accelerator, the cheapest request first, those without a price last."""
    reason: str | None
    """Why there is no route."""
    closed_model: str | None = None
    """The model that is named, when no source states its architecture: nothing that rests on it has a number."""

    @property
    def stand_ins(self) -> tuple[JourneyChoice, ...]:
        """The choices that no source links to the application."""
        return tuple(item for item in self.choices if item.stand_in)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the formulas of time, energy and cost take for granted, each once."""
        totals = (number for item in self.routes for number in (item.time, item.energy, item.cost))
        said = (text for number in totals if number is not None for text in number.trace.assumptions)
        return tuple(dict.fromkeys(said))


def _difference(total: JourneyNumber | None, parts: list[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    if total is None or total.value is None or not known or len(known) < len(parts):
        return None
    return total.value - sum(known)


def _sum(parts: tuple[JourneyNumber, ...]) -> float | None:
    known = [part.value for part in parts if part.value is not None]
    return sum(known) if parts and len(known) == len(parts) else None
