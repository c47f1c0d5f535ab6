"""Shares between the asked entity and all that is reached, as the answer gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from downstack.graph.dependence.index import DependenceIndex
from downstack.graph.dependence.shares import Part, Shares, interval
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Entity, Fact
from downstack.graph.supply import ProductionNode
from downstack.results.dependencies import Exposure, ShareInterval


class Asked(Protocol):
    """What is needed of the one who asks."""

    @property
    def knowledge(self) -> Knowledge:
        """The graph version."""
        ...

    def place(self, name: str) -> ProductionNode | None:
        """Return the place of an entity in the supply chains, where it is not the whole of it."""
        ...


def exposures(
    asked: Asked, index: DependenceIndex, entity: Entity, reached: Sequence[str], upwards: bool, as_of: str | None
) -> tuple[Exposure, ...]:
    """Return the stated shares, the largest first.

    Parameters
    ----------
    asked, index
        The graph version.
    entity, reached
        The entity of the question, and all that is reached from it.
    upwards
        True when those that are reached depend on the entity.
    as_of
        Only facts that were stated by then.
    """
    knowledge = asked.knowledge
    shares = Shares(knowledge, index.links, as_of)
    if upwards:
        pairs = [(name, entity.id, part) for name, part in shares.toward(entity.id, reached).items()]
    else:
        pairs = [(entity.id, name, part) for name in reached for part in shares.toward(name, (entity.id,)).values()]
    found = [_exposure(asked, dependent, provider, part) for dependent, provider, part in pairs]
    return tuple(sorted(found, key=_largest_first))


def _largest_first(item: Exposure) -> tuple[bool, float, float, str, str]:
    share = item.share
    leading = share.high if share.value is None else share.value
    return share.value is None, -leading, -share.low, item.dependent.id, item.provider.id


def _exposure(asked: Asked, dependent: str, provider: str, part: Part) -> Exposure:
    entities, place = asked.knowledge.entities, asked.place(dependent)
    allocation, facts = _allocated(asked.knowledge, dependent, provider)
    return Exposure(
        dependent=entities[dependent],
        provider=entities[provider],
        share=part.share,
        need=part.need,
        place=None if place is None else place.label,
        allocated=allocation,
        chains=part.chains,
        # What nobody publishes matters only where the number turns on it.
        unknown=tuple(dict.fromkeys(part.unknown)) if part.share.value is None else (),
        facts=tuple(dict.fromkeys((*part.facts, *facts))),
        assumptions=tuple(dict.fromkeys(part.assumptions)),
    )


def _allocated(knowledge: Knowledge, dependent: str, provider: str) -> tuple[ShareInterval | None, tuple[Fact, ...]]:
    """Return the part of the provider's output that is allocated to the dependent, as far as sources say."""
    for share in knowledge.supply.allocations.values():
        if share.customer == dependent and knowledge.supply.nodes[share.supplier].entity == provider:
            facts = (share.share, *share.alternatives)
            return interval(facts), facts
    return None, ()
