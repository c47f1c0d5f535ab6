"""Which part of what one entity needs comes from another: shares multiplied along every chain and added within a need.

Only what is stated counts: weights of production inputs are facts (purchases, allocations, market shares), a relation with
at most one object is all of it, and a part of a company's production is all of that company. The needs of a factory are
each essential, so the one that rests on the other most decides; where a weight is not published the answer is an interval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from downstack.deadline import checkpoint
from downstack.graph.dependence.links import Link
from downstack.graph.dependence.mixing import ALL, NONE, largest, mix, times, weight_shares
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Fact
from downstack.graph.supply import ProductionInput, ProductionNode
from downstack.results.dependencies import ShareChain, ShareInterval

MOST_CHAINS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """What one entity needs of another, with what the number rests on."""

    share: ShareInterval
    need: str | None = None
    chains: tuple[ShareChain, ...] = ()
    unknown: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    assumptions: tuple[str, ...] = ()


NOTHING = Part(NONE)


@dataclass(frozen=True, slots=True)
class _Input:
    supplier: str
    part: str | None
    weight: ShareInterval | None = None
    facts: tuple[Fact, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known already of the parts of one provider, by dependent."""

    provider: str
    parts: dict[str, Part]


class Shares:
    """Answers for one provider at a time, each entity once."""

    def __init__(self, knowledge: Knowledge, links: Iterable[Link], as_of: str | None) -> None:
        self._knowledge = knowledge
        self._as_of = as_of
        self._places = {node.entity: node for _, node in sorted(knowledge.supply.nodes.items())}
        self._inputs: dict[str, list[ProductionInput]] = defaultdict(list)
        for item in knowledge.supply.inputs:
            self._inputs[item.user].append(item)
        self._whole_of: dict[str, list[Link]] = defaultdict(list)
        for link in links:
            rule = knowledge.dependence.get(link.relation)
            if rule is not None and rule.functional:
                self._whole_of[link.dependent].append(link)

    def toward(self, provider: str, dependents: Iterable[str]) -> Mapping[str, Part]:
        """Return what each of some entities needs of a provider; those of which nothing is stated are left out."""
        known = _Known(provider, {provider: Part(ALL, chains=(ShareChain((provider,), (), ALL),))})
        found = {item: self._part(item, known) for item in dependents if item != provider}
        return {item: part for item, part in found.items() if part.share.high > 0.0}

    def _part(self, entity: str, known: _Known) -> Part:
        checkpoint()
        if entity not in known.parts:
            # A circle gives nothing beyond what its first round gave.
            known.parts[entity] = NOTHING
            known.parts[entity] = self._essential(entity, known)
        return known.parts[entity]

    def _essential(self, entity: str, known: _Known) -> Part:
        place = self._places.get(entity)
        needs = [] if place is None else self._needs(place, known)
        needs += [
            self._mixed(entity, link.relation, [_Input(link.provider, None)], False, known)
            for link in self._whole_of.get(entity, ())
            # An offering is rented from one cloud, but not from all that the cloud has.
            if link.bond == "use" or link.provider == known.provider
        ]
        needs = [item for item in needs if item.share.high > 0.0]
        if not needs:
            return NOTHING
        leading = max(needs, key=lambda item: (item.share.high, item.share.low))
        facts = tuple(dict.fromkeys(fact for item in needs for fact in item.facts))
        unknown = tuple(dict.fromkeys(text for item in needs for text in item.unknown))
        taken = tuple(dict.fromkeys([*_said(place), *(text for item in needs for text in item.assumptions)]))
        return Part(largest([item.share for item in needs]), leading.need, leading.chains, unknown, facts, taken)

    def _needs(self, place: ProductionNode, known: _Known) -> list[Part]:
        groups: dict[str, list[_Input]] = defaultdict(list)
        for item in self._inputs[place.id]:
            groups[item.group].append(self._input(item))
        chains = self._knowledge.supply
        whole = None if place.partition_of is None else chains.nodes[place.partition_of]
        if whole is not None and self._belongs_to(place, whole):
            groups["partitionOf"].append(_Input(whole.entity, None))
        if place.technology == "division":
            for _, part in sorted(chains.nodes.items()):
                if part.partition_of == place.id and not self._belongs_to(part, place):
                    groups["partitionOf"].append(_Input(part.entity, None))
        return [
            self._mixed(place.entity, group, items, place.other_sources, known)
            for group, items in sorted(groups.items())
        ]

    def _belongs_to(self, part: ProductionNode, whole: ProductionNode) -> bool:
        """Return whether all of a part is done by the whole; else the whole is a name for several places together."""
        return "Company" in self._knowledge.entities[whole.entity].classes or part.technology == "division"

    def _input(self, item: ProductionInput) -> _Input:
        nodes = self._knowledge.supply.nodes
        every = () if item.share is None else (item.share, *item.alternatives)
        facts = tuple(fact for fact in every if self._holds(fact))
        part = None if item.part is None else nodes[item.part].entity
        return _Input(nodes[item.supplier].entity, part, interval(facts), facts, item.note)

    def _holds(self, fact: Fact) -> bool:
        when = self._as_of
        return when is None or fact.as_of is None or fact.as_of[: len(when)] <= when[: len(fact.as_of)]

    def _mixed(self, entity: str, group: str, items: Sequence[_Input], other: bool, known: _Known) -> Part:
        below = [self._part(known.provider if item.part == known.provider else item.supplier, known) for item in items]
        weights = [item.weight for item in items]
        share = mix(weights, [part.share for part in below], other=other)
        if share.high == 0.0:
            return NOTHING
        chains: list[ShareChain] = []
        for item, part, own in zip(items, below, weight_shares(weights, other=other), strict=True):
            for chain in part.chains:
                # What comes from one part of a supplier goes through the supplier all the same.
                by_part = item.part == known.provider
                through = (item.supplier, *chain.entities) if by_part else chain.entities
                shares = (ALL, *chain.shares) if by_part else chain.shares
                chains.append(ShareChain((entity, *through), (own, *shares), times(own, chain.product)))
        chains.sort(key=lambda chain: (-chain.product.high, chain.entities))
        facts = [fact for item in items for fact in item.facts]
        facts += [fact for part in below for fact in part.facts]
        unknown = [text for part in below for text in part.unknown]
        if len(items) > 1 or other:
            unknown += [self._not_said(entity, group, item) for item in items if item.weight is None]
        label = self._knowledge.entities[entity].label
        taken = [f"{label}, {group}: {item.note}" for item in items if item.note is not None and len(items) > 1]
        taken += [text for part in below for text in part.assumptions]
        return Part(share, group, tuple(chains[:MOST_CHAINS]), tuple(unknown), tuple(facts), tuple(taken))

    def _not_said(self, entity: str, group: str, item: _Input) -> str:
        labels = self._knowledge.entities
        what = "parts" if group == "partitionOf" else group
        return f"how much of the {what} of {labels[entity].label} comes from {labels[item.supplier].label}"


def _said(place: ProductionNode | None) -> tuple[str, ...]:
    return () if place is None or place.note is None else (f"{place.label}: {place.note}",)


def interval(facts: Sequence[Fact]) -> ShareInterval | None:
    """Return a fact as a number, widened by what other sources say; None without one."""
    if not facts:
        return None
    low = min(fact.value if fact.low is None else fact.low for fact in facts)
    high = max(fact.value if fact.high is None else fact.high for fact in facts)
    return ShareInterval(facts[0].value, low, high)
