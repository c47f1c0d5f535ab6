"""The question "what does this disruption do, month by month?", with three bounds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from downstack.graph.knowledge import Knowledge
from downstack.performance.declare import FunctionDeclaration
from downstack.results import ShockAmount, ShockInterval, ShockNotReached, ShockReport, ShockTarget, SubstitutionBound
from downstack.supply.ask import Asked
from downstack.supply.cases import MIX, Cases, corner_cases
from downstack.supply.disruption import capacity
from downstack.supply.explain import (
    GENERAL,
    TOKENS,
    allocation_of,
    assumptions_of,
    facts_of,
    inputs_of,
    on_the_way,
    reason_of,
    single_points,
)
from downstack.supply.gather import Reached, gather
from downstack.supply.network import NOTHING, Estimate, Network
from downstack.supply.profile import known, profile
from downstack.supply.read import Amount, base_flow, base_stock
from downstack.supply.step import Ledger, simulate
from downstack.supply.substitution import Array

BOUNDS = tuple(SubstitutionBound)


@dataclass(frozen=True, slots=True)
class _Outcome:
    reached: Mapping[str, Reached]
    ledger: Ledger
    cases: int

    def columns(self, bound: SubstitutionBound) -> slice:
        place = BOUNDS.index(bound)
        return slice(place * self.cases, (place + 1) * self.cases)


def shock(
    knowledge: Knowledge, network: Network, asked: Asked, functions: Sequence[FunctionDeclaration]
) -> ShockReport:
    """Run a disruption and report it.

    Parameters
    ----------
    knowledge, network
        The graph, and the network read from it.
    asked
        The question, its names resolved and checked.
    functions
        Among them the one by which accelerators become tokens.
    """
    started = time.perf_counter()
    chains = knowledge.supply
    hit = set(asked.changes)
    parts = hit - set(network.nodes)
    affected = network.downstream(hit & set(network.nodes), parts) | parts
    ramps = {name: _ramp(knowledge, network, name) for name in asked.changes}
    cases = corner_cases(network, ramps.values(), affected, asked.horizon)
    outcome = _run(network, cases, asked, affected, ramps)
    lasting = _first_order(network, asked, affected)
    tokens = next((item for item in functions if item.name == TOKENS), None)
    wanted = sorted(
        affected & set(network.nodes) if asked.targets is None else asked.targets,
        key=lambda name: (network.depth[name], name),
    )
    targets = tuple(
        _target(knowledge, network, name, outcome, lasting, affected, tokens) for name in wanted if name in affected
    )
    return ShockReport(
        graph_version=knowledge.version,
        method=f"adaptive regional input-output step, monthly; intervals from {cases.method}",
        disruptions=asked.written,
        horizon_months=asked.horizon,
        cases=cases.count,
        targets=targets,
        single_points=single_points(chains, network, affected),
        not_reached=tuple(
            ShockNotReached(chains.nodes[name].entity, "nothing that is disrupted lies upstream of it; what suppliers lose in orders is not reported")
            for name in wanted
            if name not in affected
        ),
        assumptions=tuple(dict.fromkeys((*GENERAL, *(line for item in targets for line in item.assumptions)))),
        elapsed_ms=(time.perf_counter() - started) * 1e3,
    )  # fmt: skip


def _ramp(knowledge: Knowledge, network: Network, name: str) -> Estimate:
    """Return how long a node takes to come back; a part as long as its whole."""
    whole = name if name in network.nodes else knowledge.supply.nodes[name].partition_of
    return NOTHING if whole is None or whole not in network.nodes else network.nodes[whole].ramp


def _run(network: Network, cases: Cases, asked: Asked, affected: set[str], ramps: Mapping[str, Estimate]) -> _Outcome:
    """Run all bounds at once: the cases stand beside each other, bound after bound."""
    count = cases.count
    tiled = Cases({key: np.tile(values, len(BOUNDS)) for key, values in cases.values.items()}, 3 * count, cases.method)
    capacities = {
        name: capacity(item.percent / 100.0, item.months, tiled.of(ramps[name]), asked.horizon)
        for name, item in asked.changes.items()
    }
    elasticity: dict[str, Array] = {}
    for edge in network.edges:
        stated = tiled.of(edge.elasticity).copy()
        stated[:count], stated[2 * count :] = 0.0, np.inf
        elasticity[edge.id] = stated
    ledger = simulate(network, tiled, capacities, asked.horizon, affected, elasticity)
    return _Outcome(gather(network, tiled, ledger), ledger, count)


def _first_order(network: Network, asked: Asked, affected: set[str]) -> Mapping[str, Reached]:
    """Return the flow that would last: no inventory, no lead time, suppliers that replace one another."""
    bare = Network(network.nodes, tuple(replace(edge, inventory=NOTHING, lead=NOTHING) for edge in network.edges))
    levels = np.array([0.0, -1.0, 1.0])
    cases = Cases({MIX + edge.group: levels for edge in network.edges}, len(levels), "ends")
    capacities = {name: np.full((1, 3), 1.0 + item.percent / 100.0) for name, item in asked.changes.items()}
    free = {edge.id: np.full(3, np.inf) for edge in network.edges}
    return gather(bare, cases, simulate(bare, cases, capacities, 1, affected, free))


def _target(
    knowledge: Knowledge,
    network: Network,
    name: str,
    outcome: _Outcome,
    lasting: Mapping[str, Reached],
    affected: set[str],
    tokens: FunctionDeclaration | None,
) -> ShockTarget:
    chains = knowledge.supply
    node = chains.nodes[name]
    profiles = tuple(
        profile(
            network,
            name,
            outcome.reached[name],
            outcome.ledger,
            bound,
            outcome.columns(bound),
            {other: chains.nodes[other].entity for other in sorted(affected & set(network.nodes))},
        )
        for bound in BOUNDS
    )
    flow = _amount(base_flow(chains, node, knowledge))
    stock = _amount(base_stock(node, knowledge))
    first = lasting[name].flow
    nodes, inputs = on_the_way(chains, name, affected)
    facts = facts_of(chains, nodes, inputs)
    return ShockTarget(
        entity=knowledge.entities[node.entity],
        label=node.label,
        technology=node.technology,
        base_flow=flow,
        base_stock=stock,
        first_order=None
        if first is None
        else ShockInterval(known(first.value[0, 0]), float(first.low.min()), float(first.high.max())),
        profiles=profiles,
        inputs=inputs_of(chains, node, flow),
        allocation=allocation_of(chains, node),
        reason=reason_of(node, profiles[1], flow, stock, knowledge),
        function=tokens if node.technology == "service" else None,
        facts=facts,
        assumptions=assumptions_of(knowledge, nodes, inputs, facts),
    )


def _amount(found: Amount | None) -> ShockAmount | None:
    return None if found is None else ShockAmount(found.value, found.low, found.high, found.unit)
