"""Why a number is what it is: the facts and assumptions along the way, inputs with one supplier, and the sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from downstack.graph.display import in_unit
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Fact
from downstack.graph.supply import ProductionInput, ProductionNode, SupplyChains
from downstack.results import (
    ShockAmount,
    ShockInput,
    ShockInterval,
    ShockMonth,
    ShockProfile,
    ShockShare,
    ShockSinglePoint,
)
from downstack.supply.network import Network
from downstack.supply.read import estimate

TOKENS = "throughput_tokens_per_second"
"""The function by which accelerators become tokens: at a fixed one, tokens move with accelerators one for one."""

GENERAL = (
    "demand stays what it is: nobody orders more or less because of the disruption",
    "what is not made is lost: nothing is backlogged, and nobody has more capacity than is stated",
    "the bounds order what is lost in all; in a single month a better substitute can be the worse one, for it empties "
    "inventories sooner",
    "the installed base grows by the flow of the base and nothing is retired",
)
"""What every answer assumes."""


def on_the_way(chains: SupplyChains, target: str, affected: set[str]) -> tuple[list[str], list[ProductionInput]]:
    """Return the nodes and inputs on all ways from what is disrupted to a target."""
    nodes, found = [target], list[ProductionInput]()
    for name in nodes:
        for item in chains.inputs:
            if item.user == name and (item.supplier in affected or item.part in affected):
                found.append(item)
                if item.supplier not in nodes:
                    nodes.append(item.supplier)
    return nodes, found


def facts_of(chains: SupplyChains, names: Iterable[str], inputs: Iterable[ProductionInput]) -> tuple[Fact, ...]:
    """Return the facts that the numbers along a way rest on, each once."""
    seen: dict[str, Fact] = {}
    for fact in _facts(chains, names, inputs):
        if fact is not None:
            seen.setdefault(fact.iri, fact)
    return tuple(seen.values())


def _facts(chains: SupplyChains, names: Iterable[str], inputs: Iterable[ProductionInput]) -> Iterator[Fact | None]:
    for name in names:
        node = chains.nodes[name]
        yield from (node.flow, *node.alternatives, node.installed, node.ramp, node.headroom)
    for item in inputs:
        # The members that are not hit decide the weights as well.
        for member in chains.inputs:
            if member.user == item.user and member.group == item.group:
                yield from (member.share, *member.alternatives)
        yield from (item.units_per_output, item.outputs_per_unit, item.inventory, item.restoration)
        yield from (item.lead_time, item.elasticity)
        if item.allocation is not None:
            share = chains.allocations[item.allocation]
            yield from (share.share, *share.alternatives)


def assumptions_of(
    knowledge: Knowledge, names: Iterable[str], inputs: Iterable[ProductionInput], facts: Iterable[Fact]
) -> tuple[str, ...]:
    """Return what is assumed along a way: facts that are assumptions, and what the graph notes of nodes and inputs."""
    chains = knowledge.supply
    lines: dict[str, None] = {}
    for fact in facts:
        if fact.confidence == "assumption":
            unit = "" if fact.unit == "1" else f" {fact.unit}"
            kind = knowledge.quantities[fact.quantity]
            low, high = (None if end is None else in_unit(kind, end, fact.unit) for end in (fact.low, fact.high))
            ends = "" if low is None or high is None else f" ({low:g} to {high:g})"
            lines[f"{fact.entity}.{fact.quantity} = {fact.literal}{unit}{ends} is an assumption"] = None
    for name in names:
        node = chains.nodes[name]
        if node.note:
            lines[f"{node.label}: {node.note}"] = None
    for item in inputs:
        for member in chains.inputs:
            if member.user == item.user and member.group == item.group and member.note:
                lines[f"{chains.nodes[item.user].label}, {item.group}: {member.note}"] = None
    return tuple(lines)


def inputs_of(chains: SupplyChains, node: ProductionNode, flow: ShockAmount | None) -> tuple[ShockInput, ...]:
    """Return the inputs of a node with their shares, what one unit takes of them, and what a flow takes in a month."""
    members: dict[str, list[ProductionInput]] = defaultdict(list)
    for item in chains.inputs:
        if item.user == node.id:
            members[item.group].append(item)
    return tuple(
        ShockInput(
            group,
            chains.nodes[item.supplier].entity,
            share := _share(item, items),
            _per_unit(item),
            None if flow is None or share is None else _use(item, share, flow),
        )
        for group, items in sorted(members.items())
        for item in items
    )


def _share(item: ProductionInput, members: list[ProductionInput]) -> ShockInterval | None:
    if len(members) == 1:
        return ShockInterval(1.0, 1.0, 1.0)
    if any(member.share is None for member in members):
        return None
    numbers = {member.id: estimate(member.share, member.alternatives) for member in members if member.share is not None}
    own = numbers.pop(item.id)
    return ShockInterval(
        own.value / (own.value + sum(other.value for other in numbers.values())),
        own.low / (own.low + sum(other.high for other in numbers.values())),
        own.high / (own.high + sum(other.low for other in numbers.values())),
    )


def _use(item: ProductionInput, share: ShockInterval, flow: ShockAmount) -> ShockAmount | None:
    if share.value is None or share.low is None or share.high is None:
        return None
    if item.units_per_output is not None:
        each, unit = item.units_per_output.value, item.units_per_output.unit.partition("/")[0]
    elif item.outputs_per_unit is not None:
        each, unit = 1.0 / item.outputs_per_unit.value, item.outputs_per_unit.unit.rpartition("/")[2]
    else:
        return None
    return ShockAmount(
        flow.value * share.value * each, flow.low * share.low * each, flow.high * share.high * each, f"{unit}/month"
    )


def allocation_of(chains: SupplyChains, node: ProductionNode) -> tuple[ShockShare, ...]:
    """Return who gets what of a node's output, largest share first, and what is left over."""
    shares = [
        (item.customer, estimate(item.share, item.alternatives))
        for item in chains.allocations.values()
        if item.supplier == node.id
    ]
    if not shares:
        return ()
    named = [
        ShockShare(customer, ShockInterval(share.value, share.low, share.high))
        for customer, share in sorted(shares, key=lambda item: (-item[1].value, item[0]))
    ]
    rest = [1.0 - sum(getattr(share, end) for _, share in shares) for end in ("value", "high", "low")]
    return (*named, ShockShare(None, ShockInterval(*(max(0.0, round(end, 12)) for end in rest))))


def _per_unit(item: ProductionInput) -> str | None:
    if item.units_per_output is not None:
        return f"{item.units_per_output.value:g} of it for one"
    return None if item.outputs_per_unit is None else f"one of it gives {item.outputs_per_unit.value:g}"


def single_points(chains: SupplyChains, network: Network, affected: set[str]) -> tuple[ShockSinglePoint, ...]:
    """Return the essential inputs, of what the shock reaches, that have one supplier as far as the graph knows."""
    users: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(affected & set(network.nodes)):
        if network.nodes[name].technology != "assembly":
            continue
        for group, edges in network.groups(name).items():
            if len(edges) == 1:
                users[chains.nodes[edges[0].supplier].entity, group].append(chains.nodes[name].entity)
    return tuple(
        ShockSinglePoint(supplier, group, tuple(found))
        for (supplier, group), found in sorted(users.items(), key=lambda item: (-len(item[1]), item[0]))
    )


def reason_of(
    node: ProductionNode,
    profile: ShockProfile,
    flow: ShockAmount | None,
    stock: ShockAmount | None,
    knowledge: Knowledge,
) -> str:
    """Return in a sentence why a target fares as it does, under one bound."""
    owners = [
        knowledge.supply.nodes[item.supplier].label
        for item in knowledge.supply.inputs
        if item.user == node.id and knowledge.supply.nodes[item.supplier].technology == "fleet"
    ]
    worst, held = profile.worst_flow, profile.worst_stock
    if node.technology == "service":
        return _service(held)
    if worst is None or worst.low >= 1.0:
        return "nothing of it is lost within the horizon"
    if held is None:
        return _made(profile, knowledge)
    lost = profile.lost_flow
    gone = None if lost is None else lost.high if lost.value is None else lost.value
    if owners and node.technology == "fleet":
        return (
            f"how much it gets of the {' and '.join(owners)}, and what else, is not published: it is hit somewhere between as they are "
            f"(the flow falls by {_fall(worst)}, the installed base by {_fall(held)}) and not at all"
        )
    if flow is None or gone is None:
        before = "how many are installed is not published, so the answer runs from none at all to as many as one likes"
        return f"the flow falls by {_fall(worst)}, the installed base by {_fall(held)}: {before}"
    if stock is not None:
        before = f"the {stock.value:,.0f} that were installed before, {stock.value / flow.value:.1f} months of the flow"
    else:
        before = (
            f"an installed base that is not published and taken to be at least the {12.0 * flow.value:,.0f} of one year"
        )
    return (
        f"the flow falls by {_fall(worst)}, the installed base by {_fall(held)}: of {flow.value:,.0f} a month "
        f"{gone:.2g} months' worth, {gone * flow.value:,.0f}, are not delivered, against {before}, which goes on working"
    )


def _fall(month: ShockMonth) -> str:
    if month.value is None:
        return f"at most {100.0 * (1.0 - month.stated_low):.1f} %"
    return f"{100.0 * (1.0 - month.value):.1f} % at the worst"


def _service(held: ShockMonth | None) -> str:
    if held is None:
        return "what it can be served from is not known"
    return (
        f"it runs on what is installed, not on what is delivered: at a fixed {TOKENS} it can be served "
        f"{_fall(held)} fewer tokens than without the disruption"
    )


def _made(profile: ShockProfile, knowledge: Knowledge) -> str:
    if not profile.binding:
        return "its suppliers deliver less"
    span = profile.binding[0]
    if span.what == "capacity":
        return "its own capacity is what is disrupted"
    names = " and ".join(knowledge.entities[name].label for name in span.suppliers) or "its suppliers"
    return f"{span.what} from {names} is the scarcest input from month {span.first} on; the others would have sufficed"
