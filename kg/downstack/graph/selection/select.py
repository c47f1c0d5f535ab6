"""From conditions to the entities that meet them: every condition is a set of slugs, and sets are joined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from downstack.errors import UnknownNameError, UserInputError
from downstack.graph.ages import check_date
from downstack.graph.bundled import relation_terms
from downstack.graph.knowledge import Knowledge, holds_on
from downstack.graph.model import LAYER_NAMES, Entity, Fact, QuantityKind, Relation
from downstack.graph.names import NameIndex, nearest_words, resolve_quantity
from downstack.graph.selection.comparing import Comparison, check_confidence
from downstack.graph.selection.conditions import QuantityCondition, RelationCondition, Selection
from downstack.graph.selection.ordering import BY_SLUG, EntityOrdering, Place

KEPT = 16
"""Answers that are kept for the next page of the same list."""
ENDS = ("subject", "object")

Slugs = frozenset[str] | set[str]


@dataclass(frozen=True, slots=True)
class SelectedEntities:
    """The entities that were asked for, in order."""

    entities: tuple[Entity, ...]
    place: Callable[[Entity], Place]
    """Where an entity stands in the order."""
    rank: Callable[[Place], tuple[object, ...]]
    """What places compare by."""


class Selector:
    """Answers selections from one graph version; what they share is worked out once."""

    def __init__(self, knowledge: Knowledge, names: NameIndex) -> None:
        self._knowledge = knowledge
        self._names = names
        self._kept = lru_cache(maxsize=KEPT)(self._select)

    def select(self, selection: Selection | None = None, order: EntityOrdering = BY_SLUG) -> SelectedEntities:
        """Return the entities that meet all conditions, in an order.

        Raises
        ------
        UserInputError
            If a name, a class, a unit or a number means nothing, or if there are too many conditions.
        """
        return self._kept(selection or Selection(), order)

    def _select(self, selection: Selection, order: EntityOrdering) -> SelectedEntities:
        selection.check()
        if selection.as_of is not None:
            check_date(selection.as_of)
        entities = self._knowledge.entities
        values = self._values(selection, order)
        found = (
            entities.values()
            if selection == Selection(as_of=selection.as_of, confidence=selection.confidence)
            else [entities[slug] for slug in self._meeting(selection, None, ())]
        )

        def place(entity: Entity) -> Place:
            return order.place(entity, values)

        ordered = sorted(found, key=lambda entity: order.rank(place(entity)))
        return SelectedEntities(tuple(ordered), place, order.rank)

    def _values(self, selection: Selection, order: EntityOrdering) -> Mapping[str, float]:
        if order.by != "quantity":
            return {}
        if order.quantity is None:
            raise UserInputError("the order names no quantity", field="orderByQuantity", hint="name one")
        kind = self._quantity(order.quantity, "orderByQuantity")
        asked = Comparison(QuantityCondition(kind.id), kind, selection.confidence, selection.as_of, self._today)
        return {slug: fact.value for slug, fact in self._facts(kind, asked)}

    @property
    def _today(self) -> str:
        return self._knowledge.today

    def _meeting(self, selection: Selection, as_of: str | None, confidence: tuple[str, ...]) -> Slugs:
        """Return the slugs that meet a selection; what it does not say of dates and statements is as outside it."""
        when = as_of if selection.as_of is None else check_date(selection.as_of)
        believed = selection.confidence or confidence
        check_confidence(believed, "filter.confidence")
        parts = [
            *self._by_kind(selection),
            *(self._by_quantity(item, when, believed) for item in self._quantities(selection)),
            *(self._by_relation(item, when, believed) for item in selection.relations),
            *(self._meeting(item, when, believed) for item in selection.all_of),
        ]
        if selection.any_of is not None:
            parts.append(set().union(*(self._meeting(item, when, believed) for item in selection.any_of)))
        found: Slugs = set.intersection(*map(set, parts)) if parts else set(self._knowledge.entities)
        for item in selection.none_of:
            found = found - self._meeting(item, when, believed)
        return found

    def _by_kind(self, selection: Selection) -> Iterable[Slugs]:
        """Go through what is said of classes, layers and words."""
        if selection.classes is not None:
            yield set().union(*(self._members(name) for name in selection.classes))
        if selection.layers is not None:
            numbers = {LAYER_NAMES.index(self._layer(name)) + 1 for name in selection.layers}
            yield {slug for slug, item in self._knowledge.entities.items() if item.layer in numbers}
        if selection.text is not None:
            text = selection.text.casefold()
            yield {slug for slug, names in self._written.items() if text in names}

    @cached_property
    def _written(self) -> Mapping[str, str]:
        """Slug to all names, folded, with a break between them that no text can hold."""
        return {
            slug: "\0".join((slug, item.label, *item.aliases)).casefold()
            for slug, item in self._knowledge.entities.items()
        }

    @cached_property
    def _by_class(self) -> Mapping[str, frozenset[str]]:
        groups: dict[str, set[str]] = defaultdict(set)
        for slug, item in self._knowledge.entities.items():
            for name in item.classes:
                groups[name].add(slug)
        return {name: frozenset(slugs) for name, slugs in groups.items()}

    def _members(self, name: str) -> frozenset[str]:
        if name not in self._by_class:
            # The vocabulary's classes are written with a capital, and what has a superclass is a class or a property.
            known = {*self._by_class, *(item for item in self._knowledge.superclasses if item[:1].isupper())}
            if name not in known:
                raise UnknownNameError("class", name[:60], nearest_words(name, sorted(known)), field="filter.type")
        return self._by_class.get(name, frozenset())

    @staticmethod
    def _layer(name: str) -> str:
        if name not in LAYER_NAMES:
            raise UnknownNameError("layer", name[:60], nearest_words(name.upper(), LAYER_NAMES), field="filter.layer")
        return name

    def _quantities(self, selection: Selection) -> Iterable[QuantityCondition]:
        yield from selection.quantities
        if selection.with_quantity is not None:
            kind = self._quantity(selection.with_quantity, "filter.withQuantity")
            yield QuantityCondition(kind.id, exists=True)

    def _quantity(self, name: str, field: str) -> QuantityKind:
        return resolve_quantity(name, self._knowledge.quantities, field=field)

    def _by_quantity(self, item: QuantityCondition, as_of: str | None, confidence: tuple[str, ...]) -> Slugs:
        kind = self._quantity(item.quantity, "filter.quantities")
        comparison = Comparison(item, kind, confidence, as_of, self._today)
        found = {slug for slug, fact in self._facts(kind, comparison) if comparison.holds(fact.value)}
        return found if comparison.exists else self._knowledge.entities.keys() - found

    def _facts(self, kind: QuantityKind, comparison: Comparison) -> Iterable[tuple[str, Fact]]:
        for slug, facts in self._subjects.get(kind.id, ()):
            best = comparison.best(facts)
            if best is not None:
                yield slug, best

    @cached_property
    def _subjects(self) -> Mapping[str, list[tuple[str, tuple[Fact, ...]]]]:
        """Quantity to the entities that have facts of it, with these."""
        groups: dict[str, list[tuple[str, tuple[Fact, ...]]]] = defaultdict(list)
        for (slug, quantity), facts in self._knowledge.facts_by_subject.items():
            groups[quantity].append((slug, facts))
        return groups

    @cached_property
    def _relations(self) -> Mapping[str, list[Relation]]:
        groups: dict[str, list[Relation]] = defaultdict(list)
        for relation in self._knowledge.relations:
            groups[relation.predicate].append(relation)
        return groups

    def _stated(self, predicate: str) -> Iterable[Relation]:
        """Return the relations of one kind; one that the vocabulary has and nothing states is no error."""
        name = predicate.strip().removeprefix("dso:")
        if name not in self._relations:
            known = {*self._relations, *(term.name for term in relation_terms())}
            if name not in known:
                raise UnknownNameError(
                    "relation", name[:60], nearest_words(name, sorted(known)), field="filter.relatedTo.predicate"
                )
        return self._relations.get(name, ())

    def _by_relation(self, item: RelationCondition, as_of: str | None, confidence: tuple[str, ...]) -> Slugs:
        field = "filter.relatedTo"
        if item.stands is not None and item.stands not in ENDS:
            raise UserInputError(f"{item.stands[:60]!r} is no end", field=f"{field}.stands", hint="subject or object")
        relations = self._knowledge.relations if item.predicate is None else self._stated(item.predicate)
        others: Slugs | None = None
        if item.entity is not None:
            others = {self._names.resolve(item.entity, field=f"{field}.entity").id}
        if item.other is not None:
            meant = self._meeting(item.other, as_of, confidence)
            others = meant if others is None else others & meant
        found: set[str] = set()
        for relation in relations:
            if as_of is not None and not holds_on(relation, as_of):
                continue
            if item.stands != "object" and (others is None or relation.object in others):
                found.add(relation.subject)
            if item.stands != "subject" and (others is None or relation.subject in others):
                found.add(relation.object)
        return found
