"""From the supply chains of a graph to a network of numbers, and to the amounts behind the ratios."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Fact
from downstack.graph.supply import ProductionInput, ProductionNode, SupplyChains
from downstack.supply.network import NO_HEADROOM, NONE_DECLARED, NOTHING, Edge, Estimate, Network, Node
from downstack.units import to_base

MONTH = to_base(1.0, "month", base_unit="s")
MONTHS_OF_A_YEAR = 12.0
"""Counts of accelerators are those of a year, as their quantities say."""
LEAST_COVER = 12.0
"""What was bought in a year was installed by its end: so many months of the flow are installed at least."""
_LAST_TIER = 1_000
_OUTSIDE = {"proportional": 0, "contract-first": 1, "priority": _LAST_TIER}
"""The tier of who has neither a contract nor a priority, by the rationing rule."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much one is: a flow in a month, or a stock."""

    value: float
    low: float
    high: float
    unit: str


def read_network(chains: SupplyChains) -> Network:
    """Return the network that the simulation runs on; divisions are names and no part of it."""
    nodes = {name: _node(chains, node) for name, node in sorted(chains.nodes.items()) if node.technology != "division"}
    made = {name for name, node in nodes.items() if node.technology == "assembly"}
    users = Counter(item.supplier for item in chains.inputs if item.user in made)
    shared = Counter(item.allocation for item in chains.inputs if item.allocation is not None)
    left = {
        name: 1.0 - sum(share.share.value for share in chains.allocations.values() if share.supplier == name)
        for name in nodes
    }
    outside = Counter(item.supplier for item in chains.inputs if item.user in made and item.allocation is None)
    edges = []
    for item in sorted(chains.inputs, key=lambda item: item.id):
        if item.allocation is not None:
            mass = chains.allocations[item.allocation].share.value / shared[item.allocation]
        elif users[item.supplier]:
            mass = left[item.supplier] / max(outside[item.supplier], 1)
        else:
            mass = 1.0
        edges.append(_edge(chains, item, mass))
    return Network(nodes, tuple(edges))


def estimate(fact: Fact, others: Iterable[Fact] = (), scale: float = 1.0) -> Estimate:
    """Return a fact as a number: its stated interval, widened by what other sources say."""
    every = (fact, *others)
    low = min(item.value if item.low is None else item.low for item in every)
    high = max(item.value if item.high is None else item.high for item in every)
    return Estimate(fact.value * scale, low * scale, high * scale, fact.iri)


def monthly(fact: Fact, others: Iterable[Fact], knowledge: Knowledge) -> Amount:
    """Return a flow as an amount in a month."""
    kind = knowledge.quantities[fact.quantity]
    number = estimate(fact, others, MONTH if kind.unit == "1/s" else 1.0 / MONTHS_OF_A_YEAR)
    return Amount(number.value, number.low, number.high, f"{kind.display_unit.partition('/')[0]}/month")


def base_stock(node: ProductionNode, knowledge: Knowledge) -> Amount | None:
    """Return what a node has installed at the start; None where nobody publishes it."""
    if node.installed is None:
        return None
    number = estimate(node.installed)
    return Amount(number.value, number.low, number.high, knowledge.quantities[node.installed.quantity].unit)


def base_flow(chains: SupplyChains, node: ProductionNode, knowledge: Knowledge) -> Amount | None:
    """Return what a node makes or gets in a month without a disruption; None where nobody publishes it."""
    if node.flow is not None:
        return monthly(node.flow, node.alternatives, knowledge)
    inputs = [item for item in chains.inputs if item.user == node.id]
    if node.technology == "fleet" and inputs and all(item.share is not None for item in inputs):
        parts = [monthly(item.share, item.alternatives, knowledge) for item in inputs if item.share is not None]
        return Amount(
            sum(item.value for item in parts), sum(item.low for item in parts), sum(item.high for item in parts),
            parts[0].unit,
        )  # fmt: skip
    for item in inputs:
        share = None if item.allocation is None else chains.allocations[item.allocation]
        whole = chains.nodes[item.supplier]
        if share is not None and share.customer == node.entity and whole.flow is not None:
            all_of_it = monthly(whole.flow, whole.alternatives, knowledge)
            part = estimate(share.share, share.alternatives)
            return Amount(
                all_of_it.value * part.value, all_of_it.low * part.low, all_of_it.high * part.high, all_of_it.unit
            )
    return None


def _node(chains: SupplyChains, node: ProductionNode) -> Node:
    cover, known = _cover(chains, node) if node.technology == "fleet" else (None, True)
    return Node(
        id=node.id,
        technology=node.technology,
        headroom=NO_HEADROOM if node.headroom is None else estimate(node.headroom),
        ramp=NOTHING if node.ramp is None else estimate(node.ramp, scale=1.0 / MONTH),
        outside_tier=_OUTSIDE[node.rationing],
        other_sources=node.other_sources,
        cover=cover,
        cover_known=known,
    )


def _cover(chains: SupplyChains, node: ProductionNode) -> tuple[Estimate | None, bool]:
    """Return how many months of its flow a fleet has installed, and whether that is more than a lower bound."""
    inputs = [item for item in chains.inputs if item.user == node.id]
    if inputs and all(chains.nodes[item.supplier].technology == "fleet" for item in inputs):
        return None, True
    amounts = [item.share.value for item in inputs if item.share is not None]
    if len(amounts) < len(inputs) or not amounts:
        return NOTHING, False
    if node.installed is None:
        return Estimate.exact(LEAST_COVER), False
    return estimate(node.installed, scale=MONTHS_OF_A_YEAR / sum(amounts)), True


def _edge(chains: SupplyChains, item: ProductionInput, mass: float) -> Edge:
    rule = chains.nodes[item.supplier].rationing
    share = None if item.allocation is None else chains.allocations[item.allocation]
    tier = _OUTSIDE[rule]
    if share is not None and rule == "contract-first" and share.contracted:
        tier = 0
    elif share is not None and rule == "priority" and share.priority is not None:
        tier = share.priority
    return Edge(
        id=item.id,
        supplier=item.supplier,
        user=item.user,
        group=item.group,
        weight=None if item.share is None else estimate(item.share, item.alternatives),
        mass=mass,
        tier=tier,
        part=item.part,
        inventory=NOTHING if item.inventory is None else estimate(item.inventory, scale=1.0 / MONTH),
        lead=NOTHING if item.lead_time is None else estimate(item.lead_time, scale=1.0 / MONTH),
        restoration=3.0 if item.restoration is None else max(item.restoration.value / MONTH, 1.0),
        elasticity=NONE_DECLARED if item.elasticity is None else estimate(item.elasticity),
    )


def nodes_by_entity(chains: SupplyChains) -> Mapping[str, ProductionNode]:
    """Return the node of each entity that has one."""
    return {node.entity: node for _, node in sorted(chains.nodes.items())}
