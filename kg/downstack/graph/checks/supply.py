"""Production nodes, inputs and allocations one by one: ends that exist, words of the list, facts of the right kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from downstack.graph.checks.common import LABEL, Fault, Names, at_most_one, exactly_one, known, sourced, word
from downstack.graph.checks.supply_chain import check_chains
from downstack.graph.supply import RATIONING, TECHNOLOGIES
from downstack.vocabulary import DSO, shorten

_KINDS = {
    "inventoryFact": "inventoryCover",
    "restorationFact": "inventoryRestorationTime",
    "leadTimeFact": "supplyLeadTime",
    "elasticityFact": "elasticityOfSubstitution",
    "rampFact": "recoveryRampTime",
    "headroomFact": "capacityHeadroom",
}
"""The quantity that the fact behind a property must be of."""
_FACTS = ("flowFact", "installedFact", "shareFact", "unitsPerOutputFact", "outputsPerUnitFact", *_KINDS)


def check_supply(names: Names) -> Iterator[Fault]:
    """Yield the faults of production nodes, their inputs and allocations."""
    statements = names.statements
    nodes = names.members("ProductionNode")
    for node in nodes:
        yield from exactly_one(names, node, LABEL, 'add rdfs:label "..."@en')
        yield from _end(names, node, "produces", names.classes, "entity")
        for name, words in (("technology", TECHNOLOGIES), ("rationing", RATIONING)):
            yield from exactly_one(names, node, DSO + name, f"write one of {', '.join(words)}")
            yield from word(names, node, name, words)
        yield from known(names, node, DSO + "partitionOf", nodes, "production node", "describe it")
        yield from _facts(names, node)
        yield from sourced(names, node)
    for item in statements.instances("ProductionInput"):
        yield from _end(names, item, "inputOf", nodes, "production node")
        yield from _end(names, item, "drawsOn", nodes, "production node")
        yield from exactly_one(names, item, DSO + "inputGroup", "name the group, for example memory")
        yield from _facts(names, item)
        yield from sourced(names, item)
        yield from _part(names, item)
    for share in statements.instances("AllocationShare"):
        yield from _end(names, share, "allocates", nodes, "production node")
        yield from _end(names, share, "allocatedTo", names.classes, "entity")
        yield from exactly_one(names, share, DSO + "shareFact", "name the fact that gives the share")
        yield from _facts(names, share)
        yield from sourced(names, share)
    yield from check_chains(names)


def _end(names: Names, subject: str, name: str, among: Collection[str], kind: str) -> Iterator[Fault]:
    yield from exactly_one(names, subject, DSO + name, f"name the {kind}: dso:{name} ...")
    yield from known(names, subject, DSO + name, among, kind, "describe it, or correct the name")


def _facts(names: Names, subject: str) -> Iterator[Fault]:
    facts = names.members("Fact")
    for name in (*_FACTS, "alternativeFact"):
        if name != "alternativeFact":
            yield from at_most_one(names, subject, DSO + name)
        yield from known(names, subject, DSO + name, facts, "fact", "state the number as a dso:Fact")
        for fact in names.statements.iris(subject, DSO + name):
            wanted = _KINDS.get(name)
            if wanted and names.statements.iris(fact, DSO + "quantity") != [DSO + wanted]:
                what = f"dso:{name} leads to {shorten(fact)}, which is no fact of dso:{wanted}"
                yield Fault(subject, DSO + name, fact, what, f"name a fact of dso:{wanted}", "supply-fact")


def _part(names: Names, item: str) -> Iterator[Fault]:
    """A part belongs to the node that is drawn on, and so does an allocation."""
    statements = names.statements
    supplier = statements.iris(item, DSO + "drawsOn")
    for name, owner in (("drawsOnPart", "partitionOf"), ("underAllocation", "allocates")):
        for end in statements.iris(item, DSO + name):
            if statements.iris(end, DSO + owner) != supplier:
                what = f"dso:{name} {shorten(end)} does not belong to what is drawn on"
                yield Fault(item, DSO + name, end, what, f"name one whose dso:{owner} it is", "supply-part")
