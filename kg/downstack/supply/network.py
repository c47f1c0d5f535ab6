"""A supply network as numbers: what the simulation runs on, whether it was read from the graph or written in a test.

Flows are ratios to the base, so 1 is the flow without a disruption; times are in months. How many units of an input one
unit of output takes scales the physical amounts on both sides alike and so cancels from the ratios.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from downstack.errors import UserInputError


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the interval that it is known in; `key` names what it rests on, so that it varies only once."""

    value: float
    low: float
    high: float
    key: str = ""

    @classmethod
    def exact(cls, value: float) -> Estimate:
        """Return a number that does not vary."""
        return cls(value, value, value)

    @property
    def varies(self) -> bool:
        """Whether the interval has any width."""
        return self.low < self.high


NOTHING = Estimate.exact(0.0)
NO_HEADROOM = Estimate.exact(1.0)
NONE_DECLARED = Estimate.exact(0.0)
"""Where no elasticity of substitution is stated, none is taken to exist."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What one node draws from another."""

    id: str
    supplier: str
    user: str
    group: str
    weight: Estimate | None = None
    """Within the group, in any unit that the group shares; None when nobody publishes it."""
    mass: float = 1.0
    """The part of the supplier's output that goes this way at the base."""
    tier: int = 0
    """Customers of a lower tier are served first."""
    part: str | None = None
    inventory: Estimate = NOTHING
    """Months of use that the user holds."""
    lead: Estimate = NOTHING
    """Months under way."""
    restoration: float = 3.0
    """Months over which a missing inventory is ordered again; at least one."""
    elasticity: Estimate = NONE_DECLARED


@dataclass(frozen=True, slots=True)
class Node:
    """A place at which something is made, gathered or served."""

    id: str
    technology: str = "assembly"
    headroom: Estimate = NO_HEADROOM
    """Capacity over the flow at the base."""
    ramp: Estimate = NOTHING
    """Months from the end of a disruption until capacity is whole."""
    outside_tier: int = 0
    """The tier of the customers that are not in the network."""
    other_sources: bool = False
    cover: Estimate | None = None
    """What is installed, in months of the flow at the base; None when it is the suppliers' stock, or no stock at all."""
    cover_known: bool = True
    """False when `cover.low` is only a lower bound and the stock may be as large as one likes."""


@dataclass(frozen=True)
class Network:
    """Nodes and edges without circles."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        """Refuse ends that do not exist and circles.

        Raises
        ------
        UserInputError
            If an edge has an end that is no node, or a node is its own supplier over any number of steps.
        """
        for edge in self.edges:
            for end in (edge.supplier, edge.user):
                if end not in self.nodes:
                    raise UserInputError(f"{edge.id} ends at {end}, which is no node", hint="describe the node")
        if len(self.order) < len(self.nodes):
            circle = ", ".join(sorted(set(self.nodes) - set(self.order)))
            raise UserInputError(f"the network runs in a circle: {circle}", hint="a feedback needs a delay")

    @cached_property
    def inputs(self) -> Mapping[str, tuple[Edge, ...]]:
        """Node to the edges that end at it."""
        return {name: tuple(edge for edge in self.edges if edge.user == name) for name in self.nodes}

    @cached_property
    def outputs(self) -> Mapping[str, tuple[Edge, ...]]:
        """Node to the edges that start from it."""
        return {name: tuple(edge for edge in self.edges if edge.supplier == name) for name in self.nodes}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All nodes, suppliers before users; nodes on a circle are left out."""
        left = {name: len(self.inputs[name]) for name in self.nodes}
        ready = sorted(name for name, count in left.items() if count == 0)
        found: list[str] = []
        while ready:
            name = ready.pop(0)
            found.append(name)
            for edge in self.outputs[name]:
                left[edge.user] -= 1
                if left[edge.user] == 0:
                    ready.append(edge.user)
        return tuple(found)

    @cached_property
    def depth(self) -> Mapping[str, int]:
        """How many steps each node stands behind the beginnings of the network, at most."""
        found: dict[str, int] = {}
        for name in self.order:
            found[name] = max((found[edge.supplier] + 1 for edge in self.inputs[name]), default=0)
        return found

    def downstream(self, starts: set[str], through: set[str] | None = None) -> set[str]:
        """Return the nodes that some nodes reach, themselves included; and those that edges of some parts lead to."""
        found = set(starts)
        found |= {edge.user for edge in self.edges if through and edge.part in through}
        for name in self.order:
            if any(edge.supplier in found for edge in self.inputs[name]):
                found.add(name)
        return found

    def groups(self, name: str) -> Mapping[str, tuple[Edge, ...]]:
        """Return the substitution groups of a node's inputs."""
        found: dict[str, list[Edge]] = {}
        for edge in self.inputs[name]:
            found.setdefault(edge.group, []).append(edge)
        return {group: tuple(edges) for group, edges in found.items()}
