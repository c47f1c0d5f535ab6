"""The graph as immutable records with indexes: what every question is answered from.

Built once per graph version by :mod:`downstack.graph.store`, never changed afterwards; a new version is a new object
that replaces the old one in a single assignment.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from downstack.graph.dependence.rules import DependenceRule
from downstack.graph.model import (
    CorrelationGroup,
    Entity,
    Fact,
    Influence,
    Layer,
    PublishedEffect,
    QuantityKind,
    Relation,
    Scenario,
    Source,
    StatedProperty,
)
from downstack.graph.supply import NO_SUPPLY, SupplyChains

CONFIDENCE_ORDER = ("measured", "datasheet", "vendor-claim", "press", "estimate", "assumption")
"""The policy that picks one fact among several: the best confidence first, then the newest."""


@dataclass(frozen=True, slots=True)
class Role:
    """A variable of a binding pattern: the class it ranges over and, when another role determines it, the link."""

    id: str
    entity_class: str
    reached_from: str | None
    via: str | None


@dataclass(frozen=True)
class Knowledge:
    """All records of one graph version."""

    version: str
    layers: tuple[Layer, ...]
    roles: tuple[Role, ...]
    quantities: Mapping[str, QuantityKind]
    entities: Mapping[str, Entity]
    facts: tuple[Fact, ...]
    relations: tuple[Relation, ...]
    influences: tuple[Influence, ...]
    sources: Mapping[str, Source]
    superclasses: Mapping[str, frozenset[str]]
    links: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Predicate to subject slug to object slugs, as stated by direct triples."""
    triples: int
    correlation_groups: Mapping[str, CorrelationGroup] = field(default_factory=dict)
    """IRI to the group of facts whose errors go together."""
    supply: SupplyChains = NO_SUPPLY
    properties: tuple[StatedProperty, ...] = ()
    """Dates, words and answers of yes or no that sources state."""
    effects: tuple[PublishedEffect, ...] = ()
    """What sources say that influences amount to; no answer reads it."""
    dependence: Mapping[str, DependenceRule] = field(default_factory=dict)
    """Predicate to the way in which it carries dependence; those that carry none are absent."""
    scenarios: tuple[Scenario, ...] = ()
    """Questions that somebody keeps, by name; no answer reads them."""

    @cached_property
    def facts_by_subject(self) -> Mapping[tuple[str, str], tuple[Fact, ...]]:
        """Entity and quantity to its facts, best first."""
        groups: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        for fact in self.facts:
            groups[fact.entity, fact.quantity].append(fact)
        return {key: tuple(sorted(group, key=_preference)) for key, group in groups.items()}

    @cached_property
    def facts_by_entity(self) -> Mapping[str, tuple[Fact, ...]]:
        """Entity to all its facts, by quantity and then best first."""
        groups: dict[str, list[Fact]] = defaultdict(list)
        for (entity, _), facts in sorted(self.facts_by_subject.items()):
            groups[entity].extend(facts)
        return {key: tuple(group) for key, group in groups.items()}

    @cached_property
    def properties_by_entity(self) -> Mapping[str, tuple[StatedProperty, ...]]:
        """Entity to its stated properties, by kind and then best first."""
        groups: dict[str, list[StatedProperty]] = defaultdict(list)
        for item in sorted(self.properties, key=lambda item: (item.entity, item.kind, _preference(item))):
            groups[item.entity].append(item)
        return {key: tuple(group) for key, group in groups.items()}

    @cached_property
    def relations_by_entity(self) -> Mapping[str, tuple[Relation, ...]]:
        """Entity to the relations it takes part in, either way."""
        groups: dict[str, list[Relation]] = defaultdict(list)
        for relation in self.relations:
            groups[relation.subject].append(relation)
            if relation.object != relation.subject:
                groups[relation.object].append(relation)
        return {key: tuple(group) for key, group in groups.items()}

    @cached_property
    def influences_by_entity(self) -> Mapping[str, tuple[Influence, ...]]:
        """Entity to the influences that start or end at it."""
        groups: dict[str, list[Influence]] = defaultdict(list)
        for influence in self.influences:
            groups[influence.source_entity].append(influence)
            if influence.target_entity != influence.source_entity:
                groups[influence.target_entity].append(influence)
        return {key: tuple(group) for key, group in groups.items()}

    @cached_property
    def today(self) -> str:
        """The newest date that a fact is of or was read on: "now" for questions without a date of their own.

        Answers depend on the graph version only, never on the clock of the machine.
        """
        dates = (day for fact in self.facts for day in (fact.as_of, fact.source.retrieved) if day)
        return max(dates, default="9999")

    def with_facts(self, replaced: Mapping[tuple[str, str], tuple[Fact, ...]]) -> Knowledge:
        """Return another version in which the facts of some quantities of some entities are others.

        Parameters
        ----------
        replaced
            Entity and quantity to all facts that the new version has of them; none to withdraw what was stated.
        """
        kept = [fact for fact in self.facts if (fact.entity, fact.quantity) not in replaced]
        added = [fact for group in replaced.values() for fact in group]
        digest = hashlib.sha256(self.version.encode())
        for key, group in sorted(replaced.items()):
            digest.update(repr((key, sorted(group, key=_preference))).encode())
        other = replace(
            self, version=digest.hexdigest()[:16], facts=tuple(sorted([*kept, *added], key=lambda f: f.iri))
        )
        groups = {key: tuple(sorted(group, key=_preference)) for key, group in replaced.items() if group}
        rest = {key: group for key, group in self.facts_by_subject.items() if key not in replaced}
        # Known already: grouping and sorting everything again would cost more than the change itself.
        other.__dict__["facts_by_subject"] = {**rest, **groups}
        return other

    def members(self, entity_class: str) -> tuple[str, ...]:
        """Return the slugs of all entities of a class, subclasses included, sorted."""
        return tuple(sorted(slug for slug, item in self.entities.items() if entity_class in item.classes))

    def candidates(self, entity: str, quantity: str, as_of: str | None = None) -> tuple[Fact, ...]:
        """Return the facts that may answer for a quantity on a date, the chosen one first.

        A fact is out when it was superseded, from the day on which it was retracted, or (for an explicit date) when it was
        stated later. One whose validity had
        ended by the date answers only where nothing else does, and the answer then says that it is stale. Dates of
        different precision compare by the shorter one: 2026-08 holds on 2026-08-15.
        """
        return current(self.facts_by_subject.get((entity, quantity), ()), as_of, self.today)


def current(facts: Iterable[Fact], as_of: str | None, today: str) -> tuple[Fact, ...]:
    """Keep the facts that hold on a date, or, where none does any more, those that did; see :meth:`Knowledge.candidates`."""
    kept: list[Fact] = []
    lapsed: list[Fact] = []
    for fact in facts:
        if fact.superseded_by is not None and as_of is None:
            continue
        if fact.retracted_on is not None and (as_of is None or not _before(as_of, fact.retracted_on)):
            continue
        if as_of is not None and fact.as_of is not None and _before(as_of, fact.as_of):
            continue
        ended = fact.valid_until is not None and _before(fact.valid_until, as_of or today)
        (lapsed if ended else kept).append(fact)
    return tuple(kept or lapsed)


def holds_on(relation: Relation, day: str) -> bool:
    """Return whether a relation had been stated by a date and had not ended; dates compare as those of facts do."""
    started = relation.as_of is None or not _before(day, relation.as_of)
    return started and (relation.valid_until is None or not _before(relation.valid_until, day))


def _before(first: str, second: str) -> bool:
    size = min(len(first), len(second))
    return first[:size] < second[:size]


def _preference(fact: Fact | StatedProperty) -> tuple[int, str, str]:
    # Newest first within one confidence: dates are ISO strings, so the complement of each character sorts backwards.
    newest = "".join(chr(0x10FF - ord(character)) for character in (fact.as_of or "0"))
    return CONFIDENCE_ORDER.index(fact.confidence), newest, fact.iri
