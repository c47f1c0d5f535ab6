"""The network month by month: orders, production from the scarcest essential input, rationing, inventories, transit.

One month of one node, suppliers before users:

1. What was shipped a lead time ago arrives and lies beside the inventory.
2. Each group of suppliers allows an output (:mod:`~downstack.supply.substitution`); the node makes the least of these, of
   its capacity and of what is ordered from it.
3. It ships by its rationing rule (:mod:`~downstack.supply.rationing`), usual orders before refills, and takes what it used out of its inventories.
4. It orders what it plans to use, and a part of what its inventories and what is under way lack. Restoring all at once
   would send a wave up the chain long after the disruption.

What is not made is lost: nothing is backlogged, and capacity beyond the base exists only where a headroom is stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from downstack.deadline import checkpoint
from downstack.supply.cases import Cases, group_weights
from downstack.supply.network import Edge, Network
from downstack.supply.rationing import ration
from downstack.supply.substitution import Array, group_output

DEMAND, CAPACITY = -2, -1
"""What sets the output beside a group of inputs: what is ordered, and the node's own capacity."""
_SLACK = 1e-12


@dataclass(slots=True)
class EdgeLedger:
    """What passed along one edge, against its base, each of shape (months, cases)."""

    ordered: Array
    shipped: Array
    arrived: Array
    used: Array
    inventory: Array
    """At the end of the month, in months of use."""
    transit: Array
    """Under way at the end of the month, in months of use."""
    weight: Array
    """Within the group, shape (cases,)."""
    start_inventory: Array
    start_transit: Array


@dataclass(slots=True)
class NodeLedger:
    """What one node did, each of shape (months, cases)."""

    production: Array
    unallocated: Array
    """What the customers get that are not in the network, against their own base."""
    binding: npt.NDArray[np.int64]
    """DEMAND, CAPACITY, or the place of the scarcest group."""


@dataclass(slots=True)
class Ledger:
    """Everything that was made, moved and used."""

    nodes: dict[str, NodeLedger] = field(default_factory=dict)
    edges: dict[str, EdgeLedger] = field(default_factory=dict)


def simulate(
    network: Network,
    cases: Cases,
    capacities: Mapping[str, Array],
    horizon: int,
    hit: set[str],
    elasticity: Mapping[str, Array] | None = None,
) -> Ledger:
    """Run the assemblies of a network.

    Parameters
    ----------
    network
        Collections and services take no part: they order what they get at the base; see
        :mod:`downstack.supply.gather`.
    cases
        The values of what varies.
    capacities
        Node or part to its capacity against the base, shape (months, cases); whole where it is left out.
    horizon
        Months to run.
    hit
        What is disrupted or downstream of it: decides what a mix of suppliers means.
    elasticity
        Edge to its elasticity of substitution in every case, in place of the stated one.
    """
    run = _Run(network, cases, capacities, horizon, hit, elasticity or {})
    for month in range(horizon):
        checkpoint()
        for name in run.order:
            run.month(name, month)
    return run.ledger


class _Run:
    def __init__(
        self,
        network: Network,
        cases: Cases,
        capacities: Mapping[str, Array],
        horizon: int,
        hit: set[str],
        elasticity: Mapping[str, Array],
    ) -> None:
        self.network, self.cases, self.capacities = network, cases, capacities
        self.order = [name for name in network.order if network.nodes[name].technology == "assembly"]
        made = set(self.order)
        self.outputs = {name: tuple(edge for edge in network.outputs[name] if edge.user in made) for name in self.order}
        self.groups = {name: tuple(network.groups(name).values()) for name in self.order}
        self.lead: dict[str, Array] = {}
        self.target: dict[str, Array] = {}
        self.weights: dict[tuple[str, int], Array] = {}
        self.elasticity: dict[tuple[str, int], Array] = {}
        self.next_order: dict[str, Array] = {}
        self.ledger = Ledger()
        shape = (horizon, cases.count)
        for name in self.order:
            self.ledger.nodes[name] = NodeLedger(np.ones(shape), np.ones(shape), np.full(shape, DEMAND, dtype=np.int64))
            for place, edges in enumerate(self.groups[name]):
                self.weights[name, place] = group_weights(edges, hit, cases.mix(edges[0].group))
                stated = cases.of(edges[0].elasticity)
                self.elasticity[name, place] = elasticity.get(edges[0].id, stated)
                for member, edge in enumerate(edges):
                    self._open(edge, self.weights[name, place][member], shape)

    def _open(self, edge: Edge, weight: Array, shape: tuple[int, int]) -> None:
        lead, target = self.cases.of(edge.lead), self.cases.of(edge.inventory)
        self.lead[edge.id], self.target[edge.id] = lead, target
        self.next_order[edge.id] = np.ones(shape[1])
        self.ledger.edges[edge.id] = EdgeLedger(
            ordered=np.ones(shape),
            shipped=np.ones(shape),
            arrived=np.ones(shape),
            used=np.ones(shape),
            inventory=np.ones(shape),
            transit=np.ones(shape),
            weight=weight,
            start_inventory=target.copy(),
            start_transit=lead.copy(),
        )

    def month(self, name: str, month: int) -> None:
        node, book = self.network.nodes[name], self.ledger.nodes[name]
        demand, orders, mass = self._orders(name, month)
        output, binding = demand.copy(), np.full(self.cases.count, DEMAND, dtype=np.int64)
        own = self.capacities.get(name)
        limit = self.cases.of(node.headroom) * (1.0 if own is None else own[month])
        binding = np.where(limit < output - _SLACK, CAPACITY, binding)
        output = np.minimum(output, limit)
        at_hand = []
        for place, edges in enumerate(self.groups[name]):
            held = np.stack([self._arrive(edge, month) for edge in edges])
            allowed = group_output(held, self.weights[name, place], self.elasticity[name, place])
            binding = np.where(allowed < output - _SLACK, place, binding)
            output = np.minimum(output, allowed)
            at_hand.append(held)
        book.production[month], book.binding[month] = output, binding
        for place, edges in enumerate(self.groups[name]):
            self._use(edges, self.weights[name, place], at_hand[place], output, demand, month)
        self._ship(name, month, output, orders, mass)

    def _orders(self, name: str, month: int) -> tuple[Array, Array, Array]:
        """Return what is ordered from a node in all, by each customer, and how large each is; the outside comes last."""
        edges = self.outputs[name]
        orders = np.ones((len(edges) + 1, self.cases.count))
        mass = np.array([*(edge.mass for edge in edges), 0.0])
        mass[-1] = max(1.0 - mass.sum(), 0.0)
        for place, edge in enumerate(edges):
            orders[place] = self.next_order[edge.id]
            self.ledger.edges[edge.id].ordered[month] = orders[place]
            part = self.capacities.get(edge.part or "")
            if part is not None:
                orders[place] = np.minimum(orders[place], part[month])
        return 1.0 + np.sum(mass[:, np.newaxis] * (orders - 1.0), axis=0), orders, mass

    def _arrive(self, edge: Edge, month: int) -> Array:
        """Take in what was shipped a lead time ago, and return what is at hand."""
        book, lead = self.ledger.edges[edge.id], self.lead[edge.id]
        whole = np.floor(lead)
        late = self._shipped(book, month - whole.astype(np.int64) - 1)
        soon = self._shipped(book, month - whole.astype(np.int64))
        book.arrived[month] = soon + (lead - whole) * (late - soon)
        before = book.start_inventory if month == 0 else book.inventory[month - 1]
        return np.asarray(before + book.arrived[month])

    @staticmethod
    def _shipped(book: EdgeLedger, months: npt.NDArray[np.int64]) -> Array:
        found = book.shipped[np.maximum(months, 0), np.arange(len(months))]
        return np.where(months < 0, 1.0, found)

    def _use(
        self, edges: tuple[Edge, ...], weights: Array, at_hand: Array, output: Array, demand: Array, month: int
    ) -> None:
        """Take what was used out of the inventories: the usual mix first, then whoever has more."""
        used = np.minimum(at_hand, output)
        lacking = np.sum(weights * (output - used), axis=0)
        spare = at_hand - used
        room = np.sum(weights * spare, axis=0)
        part = np.divide(lacking, room, out=np.zeros_like(room), where=room > 0.0)
        used = used + spare * np.minimum(part, 1.0)
        for place, edge in enumerate(edges):
            book = self.ledger.edges[edge.id]
            book.used[month] = used[place]
            before = book.start_inventory if month == 0 else book.inventory[month - 1]
            book.inventory[month] = np.maximum(before + (book.arrived[month] - used[place]), 0.0)
            under_way = book.start_transit if month == 0 else book.transit[month - 1]
            book.transit[month] = under_way + (book.shipped[month] - book.arrived[month])
            lacks = (self.target[edge.id] - book.inventory[month]) + (self.lead[edge.id] - book.transit[month])
            self.next_order[edge.id] = np.maximum(demand + lacks / max(edge.restoration, 1.0), 0.0)

    def _ship(self, name: str, month: int, output: Array, orders: Array, mass: Array) -> None:
        edges = self.outputs[name]
        tiers = (*(edge.tier for edge in edges), self.network.nodes[name].outside_tier)
        usual = np.minimum(orders, 1.0)
        given = ration(output, usual, mass, tiers)
        # Who refills an inventory takes nothing from those who order what they always did.
        left = np.maximum(output - np.sum(mass[:, np.newaxis] * given, axis=0), 0.0)
        given = given + ration(left, orders - usual, mass, tiers)
        for place, edge in enumerate(edges):
            self.ledger.edges[edge.id].shipped[month] = given[place]
        self.ledger.nodes[name].unallocated[month] = given[-1]
