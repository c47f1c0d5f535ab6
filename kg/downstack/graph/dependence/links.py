"""One record for each "A needs B": from relations by their rules, from supply chains, and from influences if asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from downstack.graph.dependence.rules import DependenceRule
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Influence, Relation, Source
from downstack.graph.supply import ProductionNode

SUPPLY = "drawsOn"
"""The name of the links that production inputs are."""
PARTITION = "partitionOf"
INFLUENCE = "influences"
FACTORY = "assembly"
WIDE = frozenset({"Company", "CloudProvider"})
"""Classes of entities that are more than one product, and more than their place in the supply chains."""


@dataclass(frozen=True, slots=True)
class Link:
    """One entity needs another, says a relation, a production input or an influence."""

    dependent: str
    provider: str
    relation: str
    """The predicate; ``drawsOn`` and ``partitionOf`` of supply chains, ``influences`` of influences."""
    bond: str
    """``use``, ``make``, ``output`` or ``kind`` as for relations; ``supply`` between places of a supply chain."""
    group: str
    """Providers of one group belong together."""
    alternatives: bool
    """True when any one of the group is enough."""
    source: Source
    as_of: str | None = None
    """The date for which the newest statement is made that was not made later than was asked."""
    part: str | None = None
    """The part of the provider that it comes from, as an entity."""
    sign: str | None = None
    """Of an influence."""


def read_links(knowledge: Knowledge, as_of: str | None = None, *, influences: bool = False) -> tuple[Link, ...]:
    """Return all links, each once, sorted.

    Parameters
    ----------
    knowledge
        The graph version.
    as_of
        Leave out what was stated for a later date; what has no date always holds. Dates of different precision compare
        by the shorter one.
    influences
        Add qualitative influences: what is influenced depends on what influences it.
    """
    found = [*_relations(knowledge, as_of), *_supply(knowledge)]
    if influences:
        found += _influences(knowledge)
    return tuple(sorted(found, key=_order))


def _order(link: Link) -> tuple[str, str, str, str]:
    return link.dependent, link.provider, link.relation, link.group


def _relations(knowledge: Knowledge, as_of: str | None) -> Iterator[Link]:
    stated: dict[tuple[str, str, str], list[Relation]] = defaultdict(list)
    for relation in knowledge.relations:
        if relation.predicate in knowledge.dependence:
            stated[relation.subject, relation.predicate, relation.object].append(relation)
    finer = _finer_needs(knowledge)
    for (subject, predicate, object_), statements in stated.items():
        newest = _newest(statements, as_of)
        if newest is None or subject == object_:
            continue
        rule = knowledge.dependence[predicate]
        if subject not in knowledge.entities or object_ not in knowledge.entities:
            continue
        dependent, provider = (subject, object_) if rule.direction == "subject-on-object" else (object_, subject)
        yield Link(
            dependent,
            provider,
            predicate,
            rule.bond,
            "" if _concerns_a_part(knowledge, dependent, rule) else _group(rule, finer.get(dependent, frozenset())),
            rule.alternatives,
            newest.source,
            newest.as_of,
        )


def _finer_needs(knowledge: Knowledge) -> dict[str, frozenset[str]]:
    """Return, for what has factories in the supply chains, the needs that their inputs state."""
    needs: dict[str, set[str]] = defaultdict(set)
    for item in knowledge.supply.inputs:
        user = knowledge.supply.nodes[item.user]
        if user.technology == FACTORY:
            needs[user.entity].add(item.group)
    return {entity: frozenset(groups) for entity, groups in needs.items()}


def _concerns_a_part(knowledge: Knowledge, dependent: str, rule: DependenceRule) -> bool:
    """Return whether what is made for a company is for some of its products only, which then say so themselves."""
    return rule.bond == "make" and not WIDE.isdisjoint(knowledge.entities[dependent].classes)


def _group(rule: DependenceRule, finer: frozenset[str]) -> str:
    # The production inputs of that need say which alternatives there are; the relation only repeats one of them.
    return "" if rule.need in finer else rule.predicate


def _newest(statements: Iterable[Relation], as_of: str | None) -> Relation | None:
    held = [
        item
        for item in statements
        if as_of is None or item.as_of is None or item.as_of[: len(as_of)] <= as_of[: len(item.as_of)]
    ]
    return max(held, key=lambda item: (item.as_of or "", item.iri), default=None)


def _supply(knowledge: Knowledge) -> Iterator[Link]:
    chains = knowledge.supply
    for item in chains.inputs:
        user, supplier = chains.nodes[item.user], chains.nodes[item.supplier]
        if user.entity != supplier.entity:
            # Elsewhere to unknown extent: what the graph names is then not all there is, so it is no need of its own.
            group = "" if user.other_sources else f"{SUPPLY} {item.group}"
            yield Link(
                user.entity,
                supplier.entity,
                SUPPLY,
                "make" if user.technology == FACTORY else "supply",
                group,
                alternatives=True,
                source=item.source,
                as_of=None if item.share is None else item.share.as_of,
                part=None if item.part is None else chains.nodes[item.part].entity,
            )
    for node in chains.nodes.values():
        whole = None if node.partition_of is None else chains.nodes[node.partition_of]
        if whole is not None:
            yield from _partition(knowledge, node, whole)


def _partition(knowledge: Knowledge, part: ProductionNode, whole: ProductionNode) -> Iterator[Link]:
    if "Company" in knowledge.entities[whole.entity].classes:
        yield _part_of(part.entity, whole.entity, "output", part)
    elif part.technology == "division":
        yield _part_of(part.entity, whole.entity, "use", part)
    else:
        # A name for several places together consists of them, and goes on while one of them does.
        yield _part_of(whole.entity, part.entity, "make", part)


def _part_of(dependent: str, provider: str, bond: str, part: ProductionNode) -> Link:
    return Link(dependent, provider, PARTITION, bond, PARTITION, alternatives=True, source=part.source)


def _influences(knowledge: Knowledge) -> Iterator[Link]:
    stated: dict[tuple[str, str], list[Influence]] = defaultdict(list)
    for item in sorted(knowledge.influences, key=lambda item: item.iri):
        if item.target_entity != item.source_entity:
            stated[item.target_entity, item.source_entity].append(item)
    for (target, source), items in stated.items():
        signs = {item.sign for item in items}
        sign = signs.pop() if len(signs) == 1 else "?"
        yield Link(target, source, INFLUENCE, "use", "", alternatives=False, source=items[0].source, sign=sign)
