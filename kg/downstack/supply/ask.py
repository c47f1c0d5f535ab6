"""From what a person asks to what is run: names resolved, sizes checked, nothing counted twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from downstack.errors import UserInputError
from downstack.graph.knowledge import Knowledge
from downstack.graph.names import NameIndex, nearest_words
from downstack.graph.supply import ProductionNode
from downstack.supply.disruption import DEFAULT_MONTHS, Disruption
from downstack.supply.network import Network
from downstack.supply.read import nodes_by_entity

DEFAULT_HORIZON = 24
MAX_HORIZON = 120
"""Ten years: longer than anybody's plan for a factory."""
MAX_DISRUPTIONS = 10

Disruptions = Mapping[str, str] | Sequence[Disruption]


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked question."""

    changes: Mapping[str, Disruption]
    """Node or part to what is lost of it."""
    written: tuple[str, ...]
    horizon: int
    targets: tuple[str, ...] | None
    """Nodes to report; all that are reached unless given."""


class Asking:
    """Reads questions against one graph."""

    def __init__(self, knowledge: Knowledge, network: Network, names: NameIndex) -> None:
        self._knowledge, self._network, self._names = knowledge, network, names
        self._by_entity = nodes_by_entity(knowledge.supply)

    def read(self, disruptions: Disruptions, months: int, horizon: int, targets: Sequence[str] | None) -> Asked:
        """Return a question as it is run.

        Raises
        ------
        UserInputError
            If nothing, too much, more than everything or one thing twice is disrupted, or the times do not fit.
        UnknownNameError
            If an entity is not known.
        """
        if isinstance(disruptions, Mapping):
            given = tuple(Disruption.parse(name, text, months) for name, text in disruptions.items())
        else:
            given = tuple(disruptions)
        if not given:
            raise UserInputError("nothing is disrupted", field="disruptions", hint="write ENTITY=-30%")
        if len(given) > MAX_DISRUPTIONS:
            raise UserInputError(
                f"{len(given)} disruptions are more than the {MAX_DISRUPTIONS} of one question",
                field="disruptions",
                hint="split it",
            )
        if not 1 <= horizon <= MAX_HORIZON:
            raise UserInputError(
                f"the horizon is {horizon} months", field="horizonMonths", hint=f"give 1 to {MAX_HORIZON}"
            )
        changes: dict[str, Disruption] = {}
        written = []
        for item in given:
            item.check()
            if item.months > horizon:
                raise UserInputError(
                    f"the disruption of {item.entity} lasts {item.months} months, the horizon is {horizon}",
                    field="disruptions.months",
                    hint="give a horizon that is longer than the disruption",
                )
            node = self.node(item.entity, field="disruptions.entity")
            written.append(f"{node.entity} {item.percent:+g} % for {item.months} months")
            for name in self._reached_by(node):
                self._refuse_twice(name, changes)
                changes[name] = item
        wanted = None if targets is None else tuple(dict.fromkeys(self._target(name) for name in targets))
        return Asked(changes, tuple(written), horizon, wanted)

    def node(self, name: str, *, field: str) -> ProductionNode:
        """Return the production node of an entity."""
        entity = self._names.resolve(name, field=field)
        node = self._by_entity.get(entity.id)
        if node is None:
            if not self._by_entity:
                raise UserInputError(
                    "this graph describes no supply chain", field=field, hint="open one that holds production nodes"
                )
            near = nearest_words(entity.id, self._by_entity) or tuple(sorted(self._by_entity))[:6]
            raise UserInputError(
                f"{entity.id} is no place of a supply chain: the graph does not say what it makes, from what and for whom",
                field=field,
                hint=f"nearest that are: {', '.join(near)}",
            )
        return node

    def _reached_by(self, node: ProductionNode) -> tuple[str, ...]:
        """Return the nodes, or the part, that a disruption of a node takes hold of."""
        if node.id in self._network.nodes:
            return (node.id,)
        members = tuple(
            name
            for name, item in sorted(self._knowledge.supply.nodes.items())
            if item.partition_of == node.id and name in self._network.nodes
        )
        if members:
            return members
        if any(edge.part == node.id for edge in self._network.edges):
            return (node.id,)
        raise UserInputError(
            f"nothing in the graph draws on {node.entity}", field="disruptions.entity", hint="name what it belongs to"
        )

    def _refuse_twice(self, name: str, changes: Mapping[str, Disruption]) -> None:
        nodes = self._knowledge.supply.nodes
        for other in changes:
            if name == other or name == nodes[other].partition_of or other == nodes[name].partition_of:
                raise UserInputError(
                    f"{nodes[name].entity} is disrupted twice: {nodes[other].entity} is the same output or a part of it",
                    field="disruptions",
                    hint="name the whole or its parts, not both",
                )

    def _target(self, name: str) -> str:
        node = self.node(name, field="targets")
        if node.id not in self._network.nodes:
            raise UserInputError(
                f"{node.entity} is a name for other places of the chain and has no flow of its own",
                field="targets",
                hint="name one of its parts",
            )
        return node.id


__all__ = ["DEFAULT_HORIZON", "DEFAULT_MONTHS", "Asked", "Asking", "Disruptions"]
