"""Supply chains as wholes: who may draw on whom, groups that can be weighed, shares that sum to at most one, no circles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from downstack.errors import UnitError
from downstack.graph.checks.common import Fault, Names
from downstack.graph.supply import DRAWS_ON
from downstack.units import to_base
from downstack.vocabulary import DSO, shorten

ROUNDING = 1e-9
"""Shares that are printed with few digits may sum to a hair more than one."""


def check_chains(names: Names) -> Iterator[Fault]:
    """Yield the faults that several nodes, inputs or allocations make together."""
    yield from _entities(names)
    yield from _technologies(names)
    yield from _groups(names)
    yield from _flows(names)
    yield from _shares(names)
    yield from _circles(names)


def _entities(names: Names) -> Iterator[Fault]:
    """A question names an entity, so one node stands for it."""
    seen: dict[str, str] = {}
    for node in sorted(names.members("ProductionNode")):
        for entity in names.statements.iris(node, DSO + "produces"):
            if entity in seen:
                what = f"{shorten(node)} and {shorten(seen[entity])} both stand for {shorten(entity)}"
                yield Fault(node, DSO + "produces", entity, what, "keep one, or name two entities", "supply-entity")
            seen.setdefault(entity, node)


def _technologies(names: Names) -> Iterator[Fault]:
    """A factory draws on factories, a fleet on what delivers, a service on what is installed."""
    statements = names.statements
    drawing: set[str] = set()
    for item in statements.instances("ProductionInput"):
        for user in statements.iris(item, DSO + "inputOf"):
            drawing.add(user)
            allowed = DRAWS_ON.get(statements.text(user, DSO + "technology") or "", ())
            for supplier in statements.iris(item, DSO + "drawsOn"):
                technology = statements.text(supplier, DSO + "technology")
                if technology is not None and technology not in allowed:
                    what = f"{shorten(user)} cannot draw on {shorten(supplier)}, which is of technology {technology}"
                    remedy = f"name one of: {', '.join(allowed)}" if allowed else "draw on nothing"
                    yield Fault(item, DSO + "drawsOn", supplier, what, remedy, "supply-technology")
    for node in sorted(names.members("ProductionNode")):
        technology = statements.text(node, DSO + "technology")
        if technology in ("collection", "fleet", "service") and node not in drawing:
            what = f"{shorten(node)} gathers nothing: it has no input"
            yield Fault(node, DSO + "technology", None, what, "add a dso:ProductionInput", "supply-technology")


def _groups(names: Names) -> Iterator[Fault]:
    """The weights of one group measure the same, and its suppliers replace one another equally well."""
    statements = names.statements
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item in statements.instances("ProductionInput"):
        for user in statements.iris(item, DSO + "inputOf"):
            groups[user, statements.text(item, DSO + "inputGroup") or ""].append(item)
    for (user, group), items in sorted(groups.items()):
        units: set[str | None] = set()
        for item in items:
            for name in ("shareFact", "alternativeFact"):
                for fact in statements.iris(item, DSO + name):
                    units.add(_base_unit(names, fact))
                    if not _number(names, fact) > 0.0:
                        what = f"{shorten(fact)} is no weight: it is not above zero"
                        yield Fault(item, DSO + name, fact, what, "leave the input out", "share")
            for name in ("unitsPerOutputFact", "outputsPerUnitFact"):
                for fact in statements.iris(item, DSO + name):
                    if not _number(names, fact) > 0.0:
                        what = f"dso:{name} {shorten(fact)} is not above zero"
                        yield Fault(item, DSO + name, fact, what, "leave it out", "supply-fact")
        if len(units) > 1:
            what = f"the weights of the group {group} of {shorten(user)} are of different kinds"
            yield Fault(items[0], DSO + "shareFact", None, what, "use shares or amounts, not both", "share")
        if len({tuple(statements.iris(item, DSO + "elasticityFact")) for item in items}) > 1:
            what = f"the group {group} of {shorten(user)} has several elasticities of substitution"
            yield Fault(
                items[0], DSO + "elasticityFact", None, what, "name one fact at all of its inputs", "supply-fact"
            )


def _flows(names: Names) -> Iterator[Fault]:
    """A flow is a rate or the count of a year; a headroom is none below one."""
    statements = names.statements
    for node in sorted(names.members("ProductionNode")):
        for name, allowed in (("flowFact", ("1/s", "chip")), ("installedFact", ("chip",))):
            for fact in statements.iris(node, DSO + name):
                if _base_unit(names, fact) not in allowed:
                    what = f"dso:{name} {shorten(fact)} is neither a rate nor a count"
                    yield Fault(node, DSO + name, fact, what, f"name a fact in {' or '.join(allowed)}", "supply-fact")
        for fact in statements.iris(node, DSO + "headroomFact"):
            if not _number(names, fact) >= 1.0:
                what = f"the capacity of {shorten(node)} is below what it makes"
                yield Fault(node, DSO + "headroomFact", fact, what, "name a headroom of 1 or more", "supply-fact")


def _base_unit(names: Names, fact: str) -> str | None:
    kinds = names.statements.iris(fact, DSO + "quantity")
    return names.statements.text(kinds[0], DSO + "baseUnit") if kinds else None


def _number(names: Names, fact: str) -> float:
    try:
        return float(names.statements.text(fact, DSO + "value") or "nan")
    except ValueError:
        return float("nan")


def _shares(names: Names) -> Iterator[Fault]:
    """The shares of one supplier are shares, and sum to at most one."""
    statements = names.statements
    sums: dict[str, float] = defaultdict(float)
    last: dict[str, str] = {}
    for item in statements.instances("AllocationShare"):
        for supplier in statements.iris(item, DSO + "allocates"):
            for fact in statements.iris(item, DSO + "shareFact"):
                try:
                    unit = statements.text(fact, DSO + "unit") or "1"
                    sums[supplier] += to_base(_number(names, fact), unit, base_unit="1")
                except UnitError:
                    what = f"{shorten(fact)} is no share"
                    yield Fault(item, DSO + "shareFact", fact, what, "name a fact in % or as a pure number", "share")
                last[supplier] = item
    for supplier, total in sums.items():
        if not total <= 1.0 + ROUNDING:
            what = f"the shares of {shorten(supplier)} sum to {total:.4g}, more than the whole"
            remedy = "keep shares of one division and one period; what is left over is unallocated"
            yield Fault(last[supplier], DSO + "shareFact", None, what, remedy, "share-sum")


def _circles(names: Names) -> Iterator[Fault]:
    """No node is, over however many steps, its own supplier or its own part."""
    statements = names.statements
    ways: dict[str, set[str]] = defaultdict(set)
    for node in names.members("ProductionNode"):
        ways[node].update(statements.iris(node, DSO + "partitionOf"))
    for item in statements.instances("ProductionInput"):
        for user in statements.iris(item, DSO + "inputOf"):
            ways[user].update(statements.iris(item, DSO + "drawsOn"))
    named: set[str] = set()
    for start in sorted(ways):
        waiting, seen = [start], set[str]()
        while waiting and start not in named:
            for following in ways.get(waiting.pop(), ()):
                if following == start:
                    what = f"{shorten(start)} is reached from itself"
                    yield Fault(start, None, None, what, "cut the circle: a feedback needs a delay", "supply-circle")
                    named |= seen | {start}
                elif following not in seen:
                    seen.add(following)
                    waiting.append(following)
