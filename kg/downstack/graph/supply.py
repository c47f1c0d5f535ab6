"""Supply chains as plain frozen records: production nodes, what they draw on, and whom they serve.

The numbers are facts; a record holds the facts that it rests on, so that an answer can cite them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from downstack.graph.model import Fact, Source
from downstack.vocabulary import DCTERMS, DS, DSO, RDFS, SUP

TECHNOLOGIES = ("assembly", "collection", "fleet", "service", "division")
DRAWS_ON: Mapping[str, tuple[str, ...]] = {
    "assembly": ("assembly",),
    "collection": ("assembly", "collection"),
    "fleet": ("assembly", "collection", "fleet"),
    "service": ("fleet", "service"),
}
"""Technology to those that it may draw on: goods go down the chain, and a service runs on what is installed."""
RATIONING = ("proportional", "contract-first", "priority")


@dataclass(frozen=True, slots=True)
class AllocationShare:
    """The part of the output of a node that one customer gets."""

    id: str
    supplier: str
    """The node whose output is divided."""
    customer: str
    """The entity that is served."""
    share: Fact
    alternatives: tuple[Fact, ...]
    """What other sources or periods say of the same share."""
    contracted: bool
    priority: int | None
    source: Source


@dataclass(frozen=True, slots=True)
class ProductionInput:
    """What one node draws from another, and on which terms; an absent fact is something that nobody publishes."""

    id: str
    user: str
    supplier: str
    part: str | None
    """The part of the supplier that it comes from, where one is named."""
    allocation: str | None
    """The allocation of the supplier that it is served from."""
    group: str
    """Suppliers of one group can replace one another; the groups of an assembly are all essential."""
    units_per_output: Fact | None
    outputs_per_unit: Fact | None
    share: Fact | None
    """The weight within the group, or an amount that weights follow from."""
    alternatives: tuple[Fact, ...]
    inventory: Fact | None
    restoration: Fact | None
    lead_time: Fact | None
    elasticity: Fact | None
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class ProductionNode:
    """A place at which something is made (assembly), gathered (collection), installed (fleet) or served; or a division of such places."""

    id: str
    entity: str
    label: str
    technology: str
    """One of :data:`TECHNOLOGIES`."""
    rationing: str
    """One of :data:`RATIONING`."""
    partition_of: str | None
    flow: Fact | None
    alternatives: tuple[Fact, ...]
    """What other sources say of the flow."""
    installed: Fact | None
    headroom: Fact | None
    ramp: Fact | None
    other_sources: bool
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class SupplyChains:
    """All supply chains of one graph version, by the names of their nodes, inputs and allocations."""

    nodes: Mapping[str, ProductionNode]
    inputs: tuple[ProductionInput, ...]
    allocations: Mapping[str, AllocationShare]


NO_SUPPLY = SupplyChains({}, (), {})


class Reader(Protocol):
    """The view of a graph that this module reads through; see :mod:`downstack.graph.store`."""

    def instances(self, name: str) -> list[str]:
        """Return the subjects of a class of the vocabulary."""
        ...

    def one(self, subject: str, predicate: str) -> str | None:
        """Return the only value of a property, or None."""
        ...

    def need(self, subject: str, predicate: str) -> str:
        """Return the only value of a property that must be there."""
        ...

    def all(self, subject: str, predicate: str) -> list[str]:
        """Return all values of a property."""
        ...


def read_supply(reader: Reader, facts: Iterable[Fact], sources: Mapping[str, Source]) -> SupplyChains:
    """Turn checked statements into records."""
    known = {fact.iri: fact for fact in facts}

    def fact(subject: str, name: str) -> Fact | None:
        iri = reader.one(subject, DSO + name)
        return None if iri is None else known[iri]

    def others(subject: str) -> tuple[Fact, ...]:
        return tuple(known[iri] for iri in sorted(reader.all(subject, DSO + "alternativeFact")))

    def name(subject: str, predicate: str) -> str | None:
        iri = reader.one(subject, DSO + predicate)
        return None if iri is None else iri.removeprefix(SUP)

    def source(subject: str) -> Source:
        return sources[reader.need(subject, DCTERMS + "source")]

    nodes = {
        iri.removeprefix(SUP): ProductionNode(
            id=iri.removeprefix(SUP),
            entity=reader.need(iri, DSO + "produces").removeprefix(DS),
            label=reader.need(iri, RDFS + "label"),
            technology=reader.need(iri, DSO + "technology"),
            rationing=reader.need(iri, DSO + "rationing"),
            partition_of=name(iri, "partitionOf"),
            flow=fact(iri, "flowFact"),
            alternatives=others(iri),
            installed=fact(iri, "installedFact"),
            headroom=fact(iri, "headroomFact"),
            ramp=fact(iri, "rampFact"),
            other_sources=reader.one(iri, DSO + "otherSources") == "true",
            note=reader.one(iri, DSO + "note"),
            source=source(iri),
        )
        for iri in reader.instances("ProductionNode")
    }
    inputs = tuple(
        ProductionInput(
            id=iri.removeprefix(SUP),
            user=reader.need(iri, DSO + "inputOf").removeprefix(SUP),
            supplier=reader.need(iri, DSO + "drawsOn").removeprefix(SUP),
            part=name(iri, "drawsOnPart"),
            allocation=name(iri, "underAllocation"),
            group=reader.need(iri, DSO + "inputGroup"),
            units_per_output=fact(iri, "unitsPerOutputFact"),
            outputs_per_unit=fact(iri, "outputsPerUnitFact"),
            share=fact(iri, "shareFact"),
            alternatives=others(iri),
            inventory=fact(iri, "inventoryFact"),
            restoration=fact(iri, "restorationFact"),
            lead_time=fact(iri, "leadTimeFact"),
            elasticity=fact(iri, "elasticityFact"),
            note=reader.one(iri, DSO + "note"),
            source=source(iri),
        )
        for iri in reader.instances("ProductionInput")
    )
    allocations = {
        iri.removeprefix(SUP): AllocationShare(
            id=iri.removeprefix(SUP),
            supplier=reader.need(iri, DSO + "allocates").removeprefix(SUP),
            customer=reader.need(iri, DSO + "allocatedTo").removeprefix(DS),
            share=known[reader.need(iri, DSO + "shareFact")],
            alternatives=others(iri),
            contracted=reader.one(iri, DSO + "contracted") == "true",
            priority=None if (rank := reader.one(iri, DSO + "servicePriority")) is None else int(rank),
            source=source(iri),
        )
        for iri in reader.instances("AllocationShare")
    }
    return SupplyChains(nodes, inputs, allocations)
